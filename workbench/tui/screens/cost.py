"""What the agents on this machine cost: read from their logs, by day, week, month, model, project and session."""

from datetime import date
from typing import TYPE_CHECKING, ClassVar

from textual import on
from textual.app import ComposeResult
from textual.content import Content
from textual.widgets import Static

from workbench.analytics.money import dollars
from workbench.errors import CancelledError, WorkbenchError
from workbench.text import plural
from workbench.tui.bindings import bindings_of, key_of
from workbench.tui.cost_rows import GROUPINGS, NUMBERS, Costs, cost_rows, places_looked_in, read_costs
from workbench.tui.jobs import Job
from workbench.tui.screens.cost_detail import CostDetail
from workbench.tui.screens.frame import WorkbenchScreen
from workbench.tui.toned import toned
from workbench.tui.units import size
from workbench.tui.usage_periods import START, STRETCHES, days_of
from workbench.tui.widgets.charts import Bar, BarChart
from workbench.tui.widgets.columns import Column
from workbench.tui.widgets.filtered_list import FilteredList
from workbench.tui.widgets.tones import Span
from workbench.tui.widgets.virtual_list import VirtualList

if TYPE_CHECKING:
    from workbench.analytics.claude_logs import ImportReport, Progress
    from workbench.reviews.listing import LibraryView


class CostScreen(WorkbenchScreen[None]):
    """The costs."""

    NAME = "Cost"
    ABOUT = (
        "What the model calls in the agents' logs on this machine cost at list prices. A call whose model has no known"
        " price is unpriced: it is counted, but never as nothing."
    )
    MODE = "cost"
    SCOPES: ClassVar = ("lists", "usage")
    BINDINGS: ClassVar = bindings_of("usage.grouping", "usage.period", "usage.import")
    CSS_PATH = "cost.tcss"

    def __init__(self) -> None:
        super().__init__()
        self._grouping = 0
        self._stretch = START
        self._costs: Costs | None = None
        self._imported: ImportReport | None = None
        self._importing = False

    def compose_body(self) -> ComposeResult:
        """The total, the days as a chart, the rows."""
        yield Static(Content(""), id="cost-head")
        yield BarChart("Cost", lambda value: dollars(round(value)), id="cost-chart")
        yield FilteredList(self._columns(), noun="row", empty="Reading the agents' logs…", id="costs")

    def _columns(self) -> tuple[Column, ...]:
        return (Column(GROUPINGS[self._grouping].capitalize(), 0), *NUMBERS)

    def on_mount(self) -> None:
        """Show what is stored, and read what the logs have new."""
        self.read()
        self.action_import_logs()

    def library_changed(self, view: "LibraryView") -> None:
        """Another library may have logs of its own."""
        if self._imported is None:
            self.action_import_logs()

    def read(self) -> None:
        """Ask the store for what is to be shown now."""
        workspace = self.workspace
        if workspace is None:
            return
        by, stretch = GROUPINGS[self._grouping], STRETCHES[self._stretch]
        self.run_job("Adding up", lambda _: read_costs(workspace, by, stretch, date.today()), self._show, group="costs")

    def action_import_logs(self) -> None:
        """Read what the logs have new, unless that is under way."""
        workspace = self.workspace
        if workspace is None or self._importing:
            return
        self._importing = True

        def work(job: Job) -> "ImportReport":
            def tell(progress: "Progress") -> None:
                job.say(
                    f"{progress.files:,} of {plural(progress.files_total, 'file')},"
                    f" {size(progress.bytes_read)} of {size(progress.bytes_total)}"
                )

            return workspace.analytics.import_logs(on_progress=tell, cancel=job.cancel)

        self.run_job(
            "Reading the agents' logs", work, self._read_logs, failed=self._not_read, group="import", cancellable=True
        )

    def _read_logs(self, report: "ImportReport") -> None:
        self._importing = False
        self._imported = report
        if report.new_calls:
            self.workbench.say(f"{plural(report.new_calls, 'new call')} read in {report.seconds:.1f} s")
        self.read()

    def _not_read(self, error: WorkbenchError) -> None:
        self._importing = False
        if isinstance(error, CancelledError):
            again = key_of("usage.import", self.workbench.keymap)
            self.workbench.say(f"Stopped. What was read so far is kept; {again} goes on from there.")
        else:
            self.workbench.show_error(error)
        self.read()

    def _show(self, costs: Costs) -> None:
        self._costs = costs
        stretch = STRETCHES[self._stretch]
        chart = self.query_one(BarChart)
        chart.display = bool(costs.by_day)
        bars = []
        for day in days_of(stretch, date.today(), costs.by_day):
            row = costs.by_day.get(day)
            nano = 0 if row is None else row.cost_nd
            bars.append(Bar(day, None if nano is None else float(nano)))
        chart.show(bars)
        self.query_one(FilteredList).show(
            cost_rows(costs.report.rows, newest_first=GROUPINGS[self._grouping] in ("day", "week", "month")),
            empty=self._why_empty(),
            columns=self._columns(),
        )
        self._head(costs)

    def _why_empty(self) -> str:
        workspace = self.workspace
        if self._importing or workspace is None:
            return "Reading the agents' logs…"
        places = "\n".join(f"  {place}" for place in places_looked_in(workspace))
        if self._imported is not None and not self._imported.files:
            return f"No agent logs were found. Looked in:\n{places}\nCLAUDE_CONFIG_DIR names another folder."
        period, again = (key_of(one, self.workbench.keymap) for one in ("usage.period", "usage.import"))
        return f"No model call in this stretch of time.\n{period} shows another one, {again} reads the logs again."

    def _head(self, costs: Costs) -> None:
        total = costs.report.total
        unpriced = f" + {plural(total.unpriced_calls, 'unpriced call')}" if total.unpriced_calls else ""
        cost = "no cost" if not total.calls else dollars(total.cost_nd)
        self.query_one("#cost-head", Static).update(
            toned(
                Span(cost, "strong"),
                Span(unpriced if total.cost_nd is not None else f" ({plural(total.calls, 'call')})", "attention")
                if total.unpriced_calls
                else "",
                Span(f"   {plural(total.calls, 'model call')}", "plain"),
                Span(f"   {STRETCHES[self._stretch].title}, by {GROUPINGS[self._grouping]}", "muted"),
            )
        )

    @on(VirtualList.Opened)
    def _opened(self, event: VirtualList.Opened) -> None:
        """Show a row in full; a session with each of its calls."""
        if self._costs is not None:
            row = next((row for row in self._costs.report.rows if row.key == event.row.id), None)
            if row is not None:
                self.app.push_screen(CostDetail(GROUPINGS[self._grouping], row))

    def action_grouping(self) -> None:
        """By day, week, month, model, project, session, in turn."""
        self._grouping = (self._grouping + 1) % len(GROUPINGS)
        self.read()

    def action_period(self) -> None:
        """7, 30, 90 days, all time, in turn."""
        self._stretch = (self._stretch + 1) % len(STRETCHES)
        self.read()
