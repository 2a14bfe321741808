"""How the skills of a change set look in a list, and what the set changes besides them."""

from typing import TYPE_CHECKING

from workbench.reviews.model import STATE_SIGNS
from workbench.text import plural, visible
from workbench.tui.queue_rows import RISK_SPANS
from workbench.tui.skill_rows import STATE_TONES
from workbench.tui.widgets.columns import Column
from workbench.tui.widgets.tones import Span
from workbench.tui.widgets.virtual_list import Row

if TYPE_CHECKING:
    from workbench.reviews.changeset import Changed, ChangeSet

COLUMNS = (
    Column("Skill", 0),
    Column("State", 19),
    Column("Risk", 9),
    Column("+", 5, right=True),
    Column("-", 5, right=True),
    Column("Can do more", 34, least=104),
)


def set_rows(found: "ChangeSet") -> list[Row]:
    """The skills, in the order of the set."""
    return [Row(one.skill.id, _cells(one)) for one in found.skills]


def _cells(one: "Changed") -> tuple[str | Span, ...]:
    return (
        one.skill.id,
        _state(one),
        RISK_SPANS[one.risk],
        f"{sum(file.added for file in one.files):,}",
        f"{sum(file.removed for file in one.files):,}",
        Span(", ".join(sorted(one.gains or ())), "attention"),
    )


def _state(one: "Changed") -> Span:
    if one.standing is None:
        return Span("– removed", "muted")
    state = one.standing.state
    return Span(f"{STATE_SIGNS[state]} {state.replace('-', ' ')}", STATE_TONES[state])


def beside(found: "ChangeSet") -> list[str]:
    """What the set changes besides the skills that are shown; the texts are made visible."""
    said = []
    if found.policy_changes:
        said.append("The library's rules change too: they are approved apart, as @policy.")
    if found.excluded:
        said.append(f"The policy leaves out {', '.join(map(visible, found.excluded))}.")
    for one in found.skills:
        if one.made is not None and one.made.trouble is not None:
            said.append(f"{visible(one.skill.id)}: {one.made.said()}.")
    if found.outside:
        said.append(f"{plural(len(found.outside), 'changed file')} outside these skills.")
    return said
