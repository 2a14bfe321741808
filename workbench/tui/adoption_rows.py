"""What an adoption would do, or did, as rows of a list."""

from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from workbench.text import plural
from workbench.tui.widgets.tones import Span
from workbench.tui.widgets.virtual_list import Row

if TYPE_CHECKING:
    from workbench.reviews.adopting.model import Adoption, Source

GO, OTHER = "go", "other"
SOURCE, SKILL, PLUGIN, SKIPPED = "source:", "skill:", "plugin:", "skipped:"

_ORDER = ("new", "updated", "changed here", "same")
_TONES = {"new": "good", "updated": "attention", "changed here": "attention", "same": "muted"}
_KINDS = {
    "skills": "folder", "archive": "archive", "toolweaver": "ToolWeaver store", "prompts": "prompt templates",
}  # fmt: skip


def rows_of(plan: "Adoption") -> list[Row]:
    """The rows: what enter does, the sources, every skill with what becomes of it, and what is left out."""
    return [
        *_first(plan),
        *(_source(one, plan) for one in plan.sources),
        Row(OTHER, (Span("Another source…", "strong"), "", Span("folder, archive, store, prompt templates", "muted"))),
        *_skills(plan),
        *_left_out(plan),
        *_plugins(plan),
    ]


def counted(plan: "Adoption") -> str:
    """`3 new, 1 updated`: the outcomes that occur."""
    counts: Counter[str] = Counter(one.outcome for one in plan.skills)
    return ", ".join(f"{counts[outcome]:,} {outcome}" for outcome in _ORDER if counts[outcome]) or "no skills"


def _first(plan: "Adoption") -> Iterator[Row]:
    if any(one.outcome in ("new", "updated") for one in plan.skills):
        yield Row(
            GO, (Span("Adopt them all", "title"), "", Span(f"{counted(plan)}, into {_short(plan.library)}", "muted"))
        )
    elif plan.skills:
        yield Row(GO, (Span("Nothing new", "strong"), "", Span(f"{counted(plan)}, in {_short(plan.library)}", "muted")))


def _source(source: "Source", plan: "Adoption") -> Row:
    count = sum(one.path.startswith(f"skills/{source.label}/") for one in plan.skills)
    return Row(
        f"{SOURCE}{source.path}",
        (
            Span(source.label, "strong"),
            plural(count, "skill"),
            Span(f"{_KINDS[source.kind]}  {_short(source.path)}", "muted"),
        ),
    )


def _skills(plan: "Adoption") -> Iterator[Row]:
    for outcome in _ORDER:
        for one in plan.skills:
            if one.outcome == outcome:
                versions = f"versions {', '.join(one.versions)}  " if one.versions else ""
                name = one.path.removeprefix("skills/")
                cells = (name, Span(outcome, _TONES[outcome]), Span(f"{versions}{_short(one.origin)}", "muted"))
                yield Row(f"{SKILL}{one.path}", cells)


def _left_out(plan: "Adoption") -> Iterator[Row]:
    for one in plan.conflicts:
        yield Row(f"{SKIPPED}{one.path} {one.reason}", (one.path, Span("conflict", "bad"), one.reason))
    for one in plan.skipped:
        name = one.path.rpartition("/")[2] or one.path
        yield Row(f"{SKIPPED}{one.path} {one.reason}", (name, Span("skipped", "attention"), one.reason))


def _plugins(plan: "Adoption") -> Iterator[Row]:
    for plugin in plan.plugins:
        cells = (f"plugin of {plugin.client}", Span("not copied", "muted"),
                 Span(f"{plural(plugin.skills, 'skill')}  {_short(plugin.path)}", "muted"))  # fmt: skip
        yield Row(f"{PLUGIN}{plugin.path}", cells)


def _short(place: Path | str) -> str:
    """A path with `~` for the home folder."""
    text, home = str(place), str(Path.home())
    return f"~{text[len(home) :]}" if text.startswith(f"{home}/") else text
