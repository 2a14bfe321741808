"""The question before something is done: what will happen, line by line, and the two answers."""

from collections.abc import Sequence

from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.widgets import Button, Static

from workbench.text import visible
from workbench.tui.screens.dialog import Question
from workbench.tui.widgets.text_view import TextLine, TextView


class ConfirmDialog(Question):
    """Gives True for a yes, None or False otherwise.

    Args:
        title: The question.
        lines: What will happen.
        answer: What the yes is called.
    """

    CSS_PATH = "confirm.tcss"
    AUTO_FOCUS = "#cancel"

    def __init__(self, title: str, lines: Sequence[TextLine], answer: str) -> None:
        super().__init__()
        self._title, self._lines, self._answer = visible(title), lines, answer

    def compose(self) -> ComposeResult:
        """What will happen, and the two answers: Cancel first."""
        with Vertical(id="dialog"):
            yield Static(Content(self._title), id="title")
            yield TextView(self._lines)
            with Horizontal(id="buttons"):
                yield Button("Cancel", id="cancel", compact=True)
                yield Button(Content(visible(self._answer)), id="confirm", variant="primary", compact=True)
