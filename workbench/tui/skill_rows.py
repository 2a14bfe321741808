"""How a skill and its state look in a list: a sign and a word for each state, never colour alone."""

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from workbench.reviews.model import STATE_SIGNS
from workbench.tui.widgets.columns import Column
from workbench.tui.widgets.tones import Span
from workbench.tui.widgets.virtual_list import Row

if TYPE_CHECKING:
    from workbench.reviews.listing import SkillRow
    from workbench.reviews.model import State
    from workbench.skills.model import Problem, Skipped

COLUMNS = (
    Column("Skill", 0),
    Column("State", 19),
    Column("Version", 9, least=56),
    Column("Changed", 10, least=56),
    Column("Problems", 11, least=66),
    Column("Path", 30, least=104),
)

SKIPPED = "skipped:"
"""What the ids of skipped places begin with."""

STATE_TONES: "dict[State, str]" = {
    "approved": "good",
    "draft": "muted",
    "in-review": "accent",
    "stale": "attention",
    "changes-requested": "attention",
    "revoked": "bad",
    "invalid": "bad",
}


def state_span(row: "SkillRow") -> Span:
    """The state as a sign, a word and a tone: `✓ approved`."""
    state = row.standing.state
    word = "self-approved" if state == "approved" and row.standing.self_approved else state.replace("-", " ")
    return Span(f"{STATE_SIGNS[state]} {word}", STATE_TONES[state])


def problems_span(problems: "Sequence[Problem]") -> Span:
    """How many problems there are: `2 errors`, `1 warning`; empty where there are none worth a look."""
    for severity, tone in (("error", "bad"), ("warning", "attention")):
        count = sum(problem.severity == severity for problem in problems)
        if count:
            return Span(f"{count} {severity}{'s' if count > 1 else ''}", tone)
    return Span("")


def local_day(at: int | None) -> str:
    """UTC seconds as a day in the user's own zone; empty where there is none."""
    return "" if at is None else f"{datetime.fromtimestamp(at):%Y-%m-%d}"


class SkillRows:
    """The rows of a list of skills; those of skills that are as they were are made only once."""

    def __init__(self) -> None:
        self._made: dict[str, tuple[SkillRow, str, Row]] = {}

    def of(self, rows: "Sequence[SkillRow]") -> list[Row]:
        """The rows, by name."""
        from workbench.reviews.listing import labels

        known, self._made = self._made, {}
        names = labels(rows)
        for row in sorted(rows, key=lambda row: (row.name.casefold(), row.id)):
            made, name = known.get(row.id), names[row.id]
            same = made is not None and made[0] is row and made[1] == name
            self._made[row.id] = made if made is not None and same else (row, name, _list_row(row, name))
        return [made for _, _, made in self._made.values()]


def list_rows(rows: "Sequence[SkillRow]") -> list[Row]:
    """The rows of the list of skills, by name."""
    return SkillRows().of(rows)


def _list_row(row: "SkillRow", name: str) -> Row:
    cells = (
        name,
        state_span(row),
        row.version or "",
        Span(local_day(row.changed_at), "muted"),
        _remark_span(row),
        Span(row.id, "muted"),
    )
    return Row(row.id, cells, row.skill.description if name == row.name else f"{row.name} {row.skill.description}")


def _remark_span(row: "SkillRow") -> Span:
    """The one thing most worth knowing: errors, then a name like another's, then a deprecation, then warnings."""
    found = problems_span(row.problems)
    if found.tone == "bad":
        return found
    if row.standing.alike:
        return Span("looks alike", "attention")
    return Span("deprecated", "attention") if row.deprecated else found


def skipped_rows(skipped: "Sequence[Skipped]") -> list[Row]:
    """The places that were not read as skills, for the end of the list: nothing is skipped in silence."""
    return [
        Row(
            f"{SKIPPED}{one.path}",
            (Span(one.path, "muted"), Span("– skipped", "muted"), "", "", "", Span(one.reason, "muted")),
            counted=False,
        )
        for one in skipped
    ]
