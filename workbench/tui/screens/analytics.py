"""How skills and tools are used: calls, success and time, by skill, tool or day."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, ClassVar, Literal

from textual import on
from textual.app import ComposeResult
from textual.content import Content
from textual.widgets import Static

from workbench.text import plural
from workbench.tui.bindings import bindings_of, key_of
from workbench.tui.screens.frame import WorkbenchScreen
from workbench.tui.screens.usage_detail import UsageDetail
from workbench.tui.toned import toned
from workbench.tui.units import duration, local_time, percent
from workbench.tui.usage_periods import START, STRETCHES, Stretch, days_of
from workbench.tui.widgets.charts import Bar, BarChart
from workbench.tui.widgets.columns import Column
from workbench.tui.widgets.filtered_list import FilteredList
from workbench.tui.widgets.tones import Span
from workbench.tui.widgets.virtual_list import Row, VirtualList

if TYPE_CHECKING:
    from workbench.analytics.usage import UsageRow
    from workbench.reviews.listing import LibraryView
    from workbench.workspace import Workspace

Grouping = Literal["skill", "tool", "day"]

_GROUPINGS: tuple[Grouping, ...] = ("skill", "tool", "day")
_TITLES: dict[Grouping, str] = {"skill": "skill", "tool": "tool (tests left out)", "day": "day"}
_NUMBERS = (
    Column("Calls", 7, right=True),
    Column("Success", 8, right=True),
    Column("Failed", 7, right=True, least=90),
    Column("p50", 9, right=True),
    Column("p95", 9, right=True),
    Column("Last used", 16, least=76),
)


@dataclass(frozen=True, slots=True)
class Numbers:
    """What the screen shows for one grouping and stretch."""

    rows: "tuple[UsageRow, ...]"
    by_day: "dict[str, UsageRow]"
    has_demo: bool


def read_numbers(workspace: "Workspace", by: Grouping, stretch: Stretch, today: date) -> Numbers:
    """Ask the store. Takes time."""
    since = stretch.since(today)
    days = workspace.analytics.usage(by="day", since=since)
    rows = days if by == "day" else workspace.analytics.usage(by=by, since=since)
    has_demo = bool(workspace.store.query("SELECT 1 FROM event WHERE source = 'demo' LIMIT 1"))
    newest_first = reversed(rows) if by == "day" else rows
    return Numbers(tuple(newest_first), {row.key: row for row in days}, has_demo)


def usage_rows(rows: "tuple[UsageRow, ...]", by: Grouping, names: Mapping[str, str]) -> list[Row]:
    """The rows of the list; a success of less than nine in ten stands out.

    Args:
        rows: What to show.
        by: What a row stands for.
        names: Labels of the skills by id; a skill that is not there, or shares its label, is shown by its id.
    """
    shown = []
    shared = {name for name, count in Counter(names.values()).items() if count > 1}
    for row in rows:
        low = row.success is not None and row.success < 0.9
        skill, dot, tool = row.key.rpartition(".") if by == "tool" else (row.key, "", "")
        name = names.get(skill, skill)
        cells = (
            f"{skill if name in shared else name}{dot}{tool}",
            f"{row.calls:,}",
            Span(percent(row.ok, row.ok + row.failed), "attention" if low else "plain"),
            Span(f"{row.failed:,}", "plain" if row.failed else "muted"),
            duration(row.p50_ms),
            duration(row.p95_ms),
            Span(local_time(row.last_at), "muted"),
        )
        shown.append(Row(row.key, cells))
    return shown


class AnalyticsScreen(WorkbenchScreen[None]):
    """The numbers of what ran."""

    NAME = "Analytics"
    ABOUT = (
        "What ran from this workbench: calls of tools and test cases. Success is the share that ended well, cancelled"
        " ones left out; p50 and p95 are the times within which half, and 95 %, of them ended."
    )
    MODE = "analytics"
    SCOPES: ClassVar = ("lists", "usage")
    BINDINGS: ClassVar = bindings_of("usage.grouping", "usage.period")
    CSS_PATH = "analytics.tcss"

    def __init__(self) -> None:
        super().__init__()
        self._grouping = 0
        self._stretch = START

    def compose_body(self) -> ComposeResult:
        """The totals, the days as a chart, the rows."""
        yield Static(Content(""), id="usage-head")
        yield BarChart("Calls and tests", lambda value: f"{value:,.0f}", id="usage-chart")
        yield FilteredList(self._columns(), noun="row", empty="Reading the store…", id="usage")

    def _columns(self) -> tuple[Column, ...]:
        return (Column(_GROUPINGS[self._grouping].capitalize(), 0), *_NUMBERS)

    def on_mount(self) -> None:
        """Show the numbers if there is a library."""
        self.read()

    def on_screen_resume(self) -> None:
        """Calls and tests may have run meanwhile."""
        self.read()

    def library_changed(self, view: "LibraryView") -> None:
        """Another library, or the same read again."""
        self.read()

    def read(self) -> None:
        """Ask the store for what is to be shown now."""
        workspace = self.workspace
        if workspace is None:
            return
        by, stretch = _GROUPINGS[self._grouping], STRETCHES[self._stretch]
        self.run_job(
            "Adding up", lambda _: read_numbers(workspace, by, stretch, date.today()), self._show, group="numbers"
        )

    def _show(self, numbers: Numbers) -> None:
        stretch = STRETCHES[self._stretch]
        days = days_of(stretch, date.today(), numbers.by_day)
        counts = {day: float(row.calls) for day, row in numbers.by_day.items()}
        chart = self.query_one(BarChart)
        chart.display = bool(numbers.by_day)
        chart.show([Bar(day, counts.get(day, 0.0)) for day in days])
        names = {row.id: row.name for row in self.library.rows} if self.library else {}
        self.query_one(FilteredList).show(
            usage_rows(numbers.rows, _GROUPINGS[self._grouping], names),
            empty=self._why_empty(),
            columns=self._columns(),
        )
        self._head(numbers, stretch)

    def _head(self, numbers: Numbers, stretch: Stretch) -> None:
        days = numbers.by_day.values()
        ok, failed = sum(row.ok for row in days), sum(row.failed for row in days)
        calls = sum(row.calls for row in days)
        self.query_one("#usage-head", Static).update(
            toned(
                Span(plural(calls, "call or test", "calls and tests"), "strong"),
                Span(f"  {percent(ok, ok + failed)} ended well" if calls else "", "good" if not failed else "plain"),
                Span(f"   {stretch.title}, by {_TITLES[_GROUPINGS[self._grouping]]}", "muted"),
                Span("   demo data" if numbers.has_demo else "", "attention"),
            )
        )

    @on(VirtualList.Opened)
    def _opened(self, event: VirtualList.Opened) -> None:
        """Show the calls and cases behind a row."""
        self.app.push_screen(UsageDetail(_GROUPINGS[self._grouping], event.row.id))

    def _why_empty(self) -> str:
        keys = self.workbench.keymap
        call, test, period = (key_of(one, keys) for one in ("tool.call", "test.run", "usage.period"))
        return (
            "Nothing was called or tested in this stretch of time.\n"
            f"Calling a tool ({call} on a skill) and running tests ({test}) fill this; {period} shows another stretch."
        )

    def action_grouping(self) -> None:
        """By skill, tool, day, in turn."""
        self._grouping = (self._grouping + 1) % len(_GROUPINGS)
        self.read()

    def action_period(self) -> None:
        """7, 30, 90 days, all time, in turn."""
        self._stretch = (self._stretch + 1) % len(STRETCHES)
        self.read()
