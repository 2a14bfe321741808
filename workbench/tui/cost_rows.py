"""Costs as rows of a list: money to the cent, tokens by how they are billed, and what has no price said so."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Literal

from workbench.analytics.money import dollars
from workbench.tui.units import tokens
from workbench.tui.usage_periods import Stretch
from workbench.tui.widgets.columns import Column
from workbench.tui.widgets.tones import Span
from workbench.tui.widgets.virtual_list import Row

if TYPE_CHECKING:
    from workbench.analytics.costs import CostReport, CostRow
    from workbench.workspace import Workspace

Grouping = Literal["day", "week", "month", "model", "project", "session"]

GROUPINGS: tuple[Grouping, ...] = ("day", "week", "month", "model", "project", "session")
NUMBERS = (
    Column("Cost", 11, right=True),
    Column("Unpriced", 8, right=True),
    Column("Calls", 7, right=True),
    Column("Tokens in", 9, right=True),
    Column("out", 7, right=True),
    Column("cache read", 10, right=True, least=84),
    Column("write 5m", 8, right=True, least=100),
    Column("write 1h", 8, right=True, least=112),
)


@dataclass(frozen=True, slots=True)
class Costs:
    """What the screen shows for one grouping and stretch."""

    report: "CostReport"
    by_day: "Mapping[str, CostRow]"


def read_costs(workspace: "Workspace", by: Grouping, stretch: Stretch, today: date) -> Costs:
    """Ask the store. Takes time."""
    since = stretch.since(today)
    days = workspace.analytics.cost(by="day", since=since)
    report = days if by == "day" else workspace.analytics.cost(by=by, since=since)
    return Costs(report, {row.key: row for row in days.rows})


def cost_rows(rows: "Sequence[CostRow]", *, newest_first: bool) -> list[Row]:
    """The rows of the list."""
    return [Row(row.key, (row.key, *_numbers(row))) for row in (reversed(rows) if newest_first else rows)]


def _numbers(row: "CostRow") -> tuple[str | Span, ...]:
    unpriced = row.unpriced_calls
    sums = row.tokens
    return (
        Span(dollars(row.cost_nd), "attention" if row.cost_nd is None else "strong"),
        Span(f"{unpriced:,}" if unpriced else "", "attention"),
        f"{row.calls:,}",
        *(Span(tokens(n), "muted") for n in (sums.input, sums.output, sums.cache_read)),
        *(Span(tokens(n), "muted") for n in (sums.cache_write_5m, sums.cache_write_1h)),
    )


def places_looked_in(workspace: "Workspace") -> tuple[str, ...]:
    """The folders that the logs were looked for in."""
    from workbench.analytics.claude_files import usual_places

    return tuple(str(place) for place in (workspace.log_roots or usual_places()))
