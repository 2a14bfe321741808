"""The latest calls and test cases behind one row of the analytics."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from textual.app import ComposeResult
from textual.containers import Vertical
from textual.widgets import Static

from workbench.tui.jobs import run_job
from workbench.tui.screens.dialog import Dialog
from workbench.tui.toned import toned
from workbench.tui.units import duration, local_time
from workbench.tui.widgets.columns import Column
from workbench.tui.widgets.tones import Span
from workbench.tui.widgets.virtual_list import Row, VirtualList

if TYPE_CHECKING:
    from workbench.analytics.events import Event
    from workbench.workspace import Workspace

MOST_EVENTS = 2_000
"""How far back in the store's events the dialog looks."""

_COLUMNS = (
    Column("At", 16),
    Column("Tool or case", 0),
    Column("Outcome", 11),
    Column("Time", 9, right=True),
    Column("By", 6, least=60),
    Column("Reason", 0, least=80),
)


def events_behind(workspace: "Workspace", by: str, key: str) -> list["Event"]:
    """The newest events of a skill, tool or day, newest first. Takes time."""
    events = workspace.analytics.recent_events(MOST_EVENTS, key if by == "skill" else None)
    if by == "tool":
        return [event for event in events if event.kind == "call" and f"{event.skill}.{event.tool}" == key]
    if by == "day":
        return [event for event in events if local_time(event.at).startswith(key)]
    return events


class UsageDetail(Dialog[None]):
    """The dialog."""

    CSS_PATH = "usage_detail.tcss"
    AUTO_FOCUS = "VirtualList"

    def __init__(self, by: str, key: str) -> None:
        super().__init__()
        self._by = by
        self._key = key

    def compose(self) -> ComposeResult:
        """What it is about, and the events."""
        with Vertical(id="dialog"):
            yield Static(toned(Span(f"{self._by} ", "muted"), Span(self._key, "title"), Span("  latest", "muted")))
            yield VirtualList(_COLUMNS, empty="Reading the store…")

    def on_mount(self) -> None:
        """Read the events."""
        workspace = self.workbench.workspace
        if workspace is not None:
            by, key = self._by, self._key
            run_job(self, "Reading the events", lambda _: events_behind(workspace, by, key), self._show, quiet=True)

    def _show(self, events: "Sequence[Event]") -> None:
        rows = []
        for number, event in enumerate(events):
            ok = event.outcome == "ok"
            tone = "good" if ok else "muted" if event.outcome == "cancelled" else "bad"
            cells = (
                Span(local_time(event.at), "muted"),
                event.tool,
                Span(f"{'✓' if ok else '×'} {event.outcome}", tone),
                duration(event.duration_ms),
                Span(event.source, "attention" if event.source == "demo" else "muted"),
                Span(event.reason or "", "muted"),
            )
            rows.append(Row(str(number), cells))
        self.query_one(VirtualList).show(rows, empty="None of its events is among the latest.")
