"""What a skill can do, as rows: grouped by kind, each with its place, how certain it is, and who accepted it."""

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, NamedTuple

from workbench.errors import WorkbenchError
from workbench.skills.capabilities import Finding, SkillCapabilities, capabilities_of
from workbench.skills.capabilities.accepted import Acceptance, accepted_in, read_accepted, stale
from workbench.skills.capabilities.words import certainty_word, grouped, heading
from workbench.tui.widgets.columns import Column
from workbench.tui.widgets.tones import Span
from workbench.tui.widgets.virtual_list import Row

if TYPE_CHECKING:
    from workbench.reviews.listing import SkillRow
    from workbench.workspace import Workspace

_PLACE = 18
COLUMNS = (Column("can do", 0), Column("where", _PLACE, least=56), Column("how sure", 10))
_FINDING = "finding"
_CAUTION = ("Triage, not a verdict of safety", "it misses a lot")


class Place(NamedTuple):
    """The finding that a row stands for."""

    fingerprint: str
    line: int
    path: str


def capability_rows(workspace: "Workspace", row: "SkillRow") -> list[Row]:
    """The rows of one skill. An acceptance file that can't be read accepts nothing, and says so in a row."""
    found = capabilities_of(workspace.root, row.skill)
    rows = [Row("caution", (Span(_CAUTION[0], "muted"), Span(_CAUTION[1], "muted"), ""))]
    acceptances: tuple[Acceptance, ...] = ()
    try:
        acceptances = read_accepted(workspace.root)
    except WorkbenchError as error:
        rows.append(Row("problem", (Span(f"! {error.where}: {error.what}", "attention"), "", "")))
    return [*rows, *_found(found, accepted_in(row.id, acceptances)), *_rest(found, acceptances)]


def place_of(row: Row | None) -> Place | None:
    """The finding that a row stands for; None for a heading."""
    if row is None or not row.id.startswith(f"{_FINDING}\n"):
        return None
    _, fingerprint, line, path = row.id.split("\n", 3)
    return Place(fingerprint, int(line), path)


def _found(found: SkillCapabilities, accepted: Mapping[str, Acceptance]) -> Iterator[Row]:
    if not found.findings:
        yield Row("nothing", ("nothing was found in its files", "", ""))
    for kind, subjects in grouped(found.findings):
        yield Row(f"kind\n{kind}", (Span(heading(kind), "title"), "", ""))
        for what, places in subjects:
            for number, finding in enumerate(places):
                yield _row(finding, "″" if number else what, accepted.get(finding.fingerprint))


def _row(finding: Finding, what: str, acceptance: Acceptance | None) -> Row:
    id_ = f"{_FINDING}\n{finding.fingerprint}\n{finding.line}\n{finding.path}"
    place = f"{finding.path}:{finding.line}"
    # The end of a path says more than its beginning.
    where = Span(place if len(place) <= _PLACE else f"…{place[1 - _PLACE :]}", "muted")
    if acceptance is not None:
        said = f"  {what}: {acceptance.reason} ({acceptance.by.partition(' <')[0]})"
        return Row(id_, (Span(said, "muted"), where, Span("✓ accepted", "muted")))
    mark = "! " if finding.risky else "  "
    tone = "attention" if finding.risky else "muted" if finding.certainty == "mention" else "plain"
    return Row(id_, (Span(f"{mark}{what}", tone), where, Span(certainty_word(finding), "muted")))


def _rest(found: SkillCapabilities, acceptances: tuple[Acceptance, ...]) -> Iterator[Row]:
    if found.unread:
        yield Row("unread", (Span("was not read", "title"), "", ""))
    for unread in found.unread:
        yield Row(f"unread\n{unread.path}", (f"  {unread.path}", Span(unread.reason, "muted"), ""))
    outdated = stale([found], acceptances)
    if outdated:
        yield Row("stale", (Span("was accepted, and is no longer what was accepted", "title"), "", ""))
    for one, why in outdated:
        cells = (
            Span(f"  {one.kind} {one.what}: {one.reason}", "muted"),
            Span(one.path, "muted"),
            Span(why, "attention"),
        )
        yield Row(f"stale\n{one.fingerprint}", cells)
