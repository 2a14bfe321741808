"""One row of the costs in full: exact amounts, and for a session each of its calls."""

from typing import TYPE_CHECKING, ClassVar

from textual.app import ComposeResult
from textual.containers import Vertical
from textual.widgets import Static

from workbench.analytics.money import dollars, usd
from workbench.text import plural
from workbench.tui.jobs import run_job
from workbench.tui.screens.dialog import Dialog
from workbench.tui.toned import toned, toned_lines
from workbench.tui.units import local_time, tokens
from workbench.tui.widgets.columns import Column
from workbench.tui.widgets.tones import Span
from workbench.tui.widgets.virtual_list import Row, VirtualList

if TYPE_CHECKING:
    from workbench.analytics.costs import CallDetail, CostRow

_COLUMNS = (
    Column("At", 16),
    Column("Model", 0),
    Column("Cost", 9, right=True),
    Column("in", 6, right=True),
    Column("out", 6, right=True),
    Column("cache read", 10, right=True, least=70),
)


def facts(row: "CostRow") -> tuple[Span | str, ...]:
    """Everything that is known of a row, one line each."""
    exact = usd(row.cost_nd)
    sums = row.tokens
    unpriced = f"unpriced     {plural(row.unpriced_calls, 'call')}: no price is known, and they are not in the cost"
    return (
        f"cost         {dollars(row.cost_nd)}" + (f" (exactly {exact} USD)" if exact else ""),
        f"calls        {row.calls:,}",
        Span(unpriced, "attention") if row.unpriced_calls else "unpriced     none",
        f"tokens       {sums.input:,} in   {sums.output:,} out",
        f"cached       {sums.cache_read:,} read   {sums.cache_write_5m:,} written for 5 minutes"
        f"   {sums.cache_write_1h:,} for 1 hour",
    )


class CostDetail(Dialog[None]):
    """The dialog."""

    CSS_PATH = "cost_detail.tcss"
    AUTO_FOCUS: ClassVar = "VirtualList"

    def __init__(self, grouping: str, row: "CostRow") -> None:
        super().__init__()
        self._grouping = grouping
        self._row = row

    def compose(self) -> ComposeResult:
        """The key, the facts, and a session's calls."""
        with Vertical(id="dialog"):
            yield Static(toned(Span(f"{self._grouping} ", "muted"), Span(self._row.key or "unknown", "title")))
            yield Static(toned_lines(*facts(self._row)), id="facts")
            if self._grouping == "session":
                yield VirtualList(_COLUMNS, empty="Reading its calls…")

    def on_mount(self) -> None:
        """Read a session's calls."""
        workspace = self.workbench.workspace
        if self._grouping != "session" or workspace is None:
            return
        from workbench.analytics.costs import session_calls

        session = self._row.key
        run_job(self, "Reading the calls", lambda _: session_calls(workspace.store, session), self._show, quiet=True)

    def _show(self, calls: "list[CallDetail]") -> None:
        rows = [
            Row(
                str(number),
                (
                    local_time(call.at),
                    call.model + (" (sidechain)" if call.sidechain else ""),
                    Span(dollars(call.cost_nd), "attention" if call.cost_nd is None else "strong"),
                    tokens(call.tokens.input),
                    tokens(call.tokens.output),
                    tokens(call.tokens.cache_read),
                ),
            )
            for number, call in enumerate(calls)
        ]
        self.query_one(VirtualList).show(rows, empty="No call of it is stored.")
