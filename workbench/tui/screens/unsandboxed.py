"""The question whether a skill may run without a sandbox: for exactly one tree, never by default."""

from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical
from textual.widgets import Button, Static

from workbench.tui.screens.dialog import Question
from workbench.tui.toned import toned, toned_lines
from workbench.tui.widgets.tones import Span

_RISK = (
    "Without a sandbox the program has all that you have: your files, your network, your credentials. A yes holds for"
    " exactly the bytes this skill has now; any change asks again."
)


class UnsandboxedDialog(Question):
    """Gives True for a yes, None or False otherwise."""

    CSS_PATH = "unsandboxed.tcss"
    AUTO_FOCUS = "#cancel"

    def __init__(self, skill: str, reason: str | None) -> None:
        super().__init__()
        self._skill = skill
        self._reason = reason or "programs can't be confined on this machine"

    def compose(self) -> ComposeResult:
        """Why nothing ran, what to do about it, and the two answers: Cancel first."""
        with Vertical(id="dialog"):
            yield Static(toned(Span("Nothing ran: there is no sandbox", "title")), id="title")
            yield Static(toned_lines(self._reason), id="reason")
            yield Static(toned_lines(Span(_RISK, "attention")), id="risk")
            with Horizontal(id="buttons"):
                yield Button("Cancel", id="cancel", compact=True)
                yield Button("Run this tree without a sandbox", id="confirm", compact=True)
