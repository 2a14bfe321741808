"""How the queue looks in a list: who is waited for, how risky, how old, how much it is used."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from workbench.reviews.listing import labels
from workbench.reviews.queue_text import GROUP_WORDS, age_words, place_words, risk_words, use_words, why
from workbench.tui.skill_rows import state_span
from workbench.tui.widgets.columns import Column
from workbench.tui.widgets.tones import Span
from workbench.tui.widgets.virtual_list import Row

if TYPE_CHECKING:
    from workbench.reviews.queue import Risk, Waiting

COLUMNS = (
    Column("Skill", 0),
    Column("Waits", 16),
    Column("State", 19, least=84),
    Column("Risk", 9),
    Column("Days", 5, right=True),
    Column("Calls", 6, right=True, least=76),
    Column("Failed", 6, right=True, least=84),
    Column("Path", 30, least=132),
)

RISK_SPANS: "dict[Risk, Span]" = {
    "high": Span("! high", "bad"),
    "unknown": Span("? unknown", "attention"),
    "medium": Span("medium", "attention"),
    "low": Span("low", "muted"),
}
_GROUPS = {"mine": "accent", "others": "plain", "stale": "attention", "approved": "muted", "released": "muted"}


def queue_rows(waiting: "Sequence[Waiting]") -> list[Row]:
    """The rows, in the order of the queue."""
    names = labels({one.row.id: one.row for one in waiting}.values())
    return [Row(one.key, _cells(one, names[one.row.id]), one.reason) for one in waiting]


def _cells(one: "Waiting", name: str) -> tuple[str | Span, ...]:
    used = one.usage if one.usage is not None and one.usage.calls else None
    return (
        name,
        Span(GROUP_WORDS[one.group], _GROUPS[one.group]),
        state_span(one.row),
        RISK_SPANS[one.risk],
        "" if one.age_days is None else f"{one.age_days:,}",
        f"{used.calls:,}" if used else "",
        f"{used.failed / used.calls:.0%}" if used else "",
        Span(one.key, "muted"),
    )


def about(one: "Waiting") -> list[Span]:
    """What is said of the row under the cursor, a line each: its branch, what it waits for, its risk, age and use."""
    lines = [
        Span(place_words(one), "plain"),
        Span(why(one), "attention"),
        Span(risk_words(one), RISK_SPANS[one.risk].tone),
    ]
    lines.append(Span("; ".join(filter(None, (age_words(one), use_words(one)))), "muted"))
    return [line for line in lines if line.text]
