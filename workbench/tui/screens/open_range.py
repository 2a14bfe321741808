"""Asking for a range or a pull request to read as one review."""

from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.content import Content
from textual.widgets import Input, Static

from workbench.errors import WorkbenchError
from workbench.reviews.pulls import Offer
from workbench.text import visible
from workbench.tui.bindings import bindings_of
from workbench.tui.jobs import Job, run_job
from workbench.tui.screens.dialog import Dialog
from workbench.tui.widgets.columns import Column
from workbench.tui.widgets.tones import Span
from workbench.tui.widgets.virtual_list import Row, VirtualList


class OpenRangeDialog(Dialog[None]):
    """A range is typed, or one of those that suggest themselves is taken."""

    BINDINGS: ClassVar = bindings_of("pane.next", "pane.previous")
    CSS_PATH = "open_range.tcss"
    AUTO_FOCUS = "#range"

    def compose(self) -> ComposeResult:
        """The question, the range, what is offered, and what was wrong with it."""
        with Vertical(id="dialog"):
            yield Static(Content("Review a range or a pull request"), id="title")
            yield Static(
                Content("Every skill that it touches, as one review. A pull request is fetched, not checked out."),
                id="about",
            )
            typed = Input(placeholder="main...HEAD or pr/123", id="range")
            typed.cursor_blink = False
            yield typed
            yield VirtualList((Column("Range", 28), Column("About", 0)), heading=False, empty="", id="offers")
            yield Static(Content(""), id="problem")
            yield Static(Content("Enter opens   Tab goes to what is offered   Esc cancels"), id="hint")

    def on_mount(self) -> None:
        """Look for what can be offered."""
        workspace = self.workbench.workspace
        if workspace is not None:
            sets = workspace.sets

            def work(_: Job) -> tuple[Offer, ...]:
                return sets.offers()

            run_job(self, "Looking for ranges", work, self._offer, failed=self._failed, quiet=True)

    def _offer(self, offers: tuple[Offer, ...]) -> None:
        rows = [Row(one.range, (one.range, Span(one.about, "muted"))) for one in offers]
        shown = self.query_one(VirtualList)
        shown.show(
            rows,
            empty="Nothing is offered: HEAD adds nothing to the default branch, and no pull request was fetched.",
        )
        shown.styles.height = max(1, min(8, len(rows)))

    def _failed(self, error: WorkbenchError) -> None:
        self._say(error.what)

    def _say(self, text: str) -> None:
        self.query_one("#problem", Static).update(Content(visible(text)))

    @on(VirtualList.Opened)
    def _taken(self, event: VirtualList.Opened) -> None:
        self._open(event.row.id)

    @on(Input.Submitted)
    def _submitted(self, event: Input.Submitted) -> None:
        """Open what was typed; nothing typed means the first that is offered."""
        first = self.query_one(VirtualList).current
        typed = event.value.strip() or (first.id if first is not None else "")
        if not typed:
            self._say("Name a range: main...HEAD, or a pull request: pr/123, mr/123")
            return
        self._open(typed)

    def _open(self, range_: str) -> None:
        from workbench.tui.screens.changeset import ChangeSetScreen

        workbench = self.workbench
        self.dismiss(None)
        workbench.push_screen(ChangeSetScreen(range_))
