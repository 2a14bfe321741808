"""How an installed copy, and what an origin has new, look in a list: a sign and a word for each, never colour alone."""

import contextlib
from collections.abc import Mapping, Sequence

from workbench.config import home_dir
from workbench.errors import InputError
from workbench.reviews.checking import UPDATE_SIGNS, Checked, UpdateStatus
from workbench.reviews.copy_state import STATUS_SIGNS, CopyState, Status
from workbench.skills.files import is_inside
from workbench.tui.widgets.columns import Column
from workbench.tui.widgets.tones import Span
from workbench.tui.widgets.virtual_list import Row

COLUMNS = (
    Column("Copy of", 0),
    Column("Status", 18),
    Column("Client", 17),
    Column("Scope", 8, least=90),
    Column("Origin", 14, least=70),
    Column("Folder", 44, least=118),
)

TAB_COLUMNS = (Column("folder", 0), Column("status", 18), Column("client", 24, least=70), Column("scope", 8, least=70))

NO_COPY = "skill:"
"""What the ids of rows begin with that stand for a skill without a copy."""

_TONES: Mapping[Status, str] = {
    "approved": "good",
    "older": "attention",
    "draft": "muted",
    "changed": "bad",
    "unknown": "attention",
    "dangling": "bad",
}
_UPDATE_TONES: Mapping[UpdateStatus, str] = {
    "current": "muted",
    "update": "accent",
    "ahead": "muted",
    "pinned": "muted",
    "gone": "bad",
    "unreachable": "attention",
    "unknown": "muted",
}


def status_span(copy: CopyState) -> Span:
    """The status as a sign, a word and a tone: `✓ approved`."""
    version = f" {copy.matches.version}" if copy.status == "older" and copy.matches and copy.matches.version else ""
    folded = " (folded)" if copy.folded else ""
    return Span(f"{STATUS_SIGNS[copy.status]} {copy.status}{version}{folded}", _TONES[copy.status])


def update_span(checked: Checked | None) -> Span:
    """What the origin has, as a sign and a word; empty where it was not asked."""
    if checked is None:
        return Span("")
    return Span(f"{UPDATE_SIGNS[checked.status]} {checked.status}", _UPDATE_TONES[checked.status])


def copy_rows(copies: Sequence[CopyState], checked: Mapping[str, Checked]) -> list[Row]:
    """The rows of the list: the copies, and after them the skills without one whose origins have something to say."""
    rows = [
        Row(
            copy.path,
            (
                copy.name,
                status_span(copy),
                Span(clients(copy), "muted"),
                Span(copy.scope, "muted"),
                update_span(checked.get(copy.skill or "")),
                Span(place(copy.path), "muted"),
            ),
        )
        for copy in copies
    ]
    shown = {copy.skill for copy in copies}
    rows += [
        Row(f"{NO_COPY}{id_}", (one.name, Span("– no copy", "muted"), "", "", update_span(one), Span(id_, "muted")))
        for id_, one in checked.items()
        if id_ not in shown and one.status not in ("current", "unknown")
    ]
    return rows


def place(path: str) -> str:
    """A folder as people write it: below the home folder with `~`."""
    with contextlib.suppress(InputError):
        home = str(home_dir())
        if is_inside(path, home):
            return f"~{path[len(home) :]}"
    return path


def clients(copy: CopyState) -> str:
    """Who reads a copy: `claude +2`."""
    more = len(copy.clients) - 1
    return f"{copy.client} +{more}" if more > 0 else copy.client


def about_copy(copy: CopyState) -> list[Span]:
    """What there is to say of one copy, a line each."""
    leads = f" → {place(copy.link)}" if copy.link else ""
    lines = [Span(f"{place(copy.path)}{leads}", "muted")]
    if copy.matches:
        version = f"version {copy.matches.version}, " if copy.matches.version else ""
        lines.append(Span(f"These bytes are {version}approved on {copy.matches.at[:10]}."))
    if copy.deprecated:
        lines.append(Span(copy.deprecated.said, "attention"))
    if copy.why:
        lines.append(Span(f"{copy.why[:1].upper()}{copy.why[1:]}.", "attention"))
    return lines


def about_origin(checked: Checked) -> Span:
    """What an origin said, in one line."""
    theirs = checked.theirs
    has_new = theirs is not None and checked.status == "update"
    new = f"  {theirs.version or (theirs.revision or theirs.tree)[:12]}" if theirs and has_new else ""
    why = f"  {checked.why}" if checked.why else ""
    sign = update_span(checked)
    return Span(f"{sign.text}{new}  {checked.origin.label if checked.origin.url else ''}{why}", sign.tone)
