"""A dialog that shows a few lines in full."""

from collections.abc import Sequence

from textual.app import ComposeResult
from textual.containers import Vertical
from textual.content import Content
from textual.widgets import Static

from workbench.text import visible
from workbench.tui.screens.dialog import Dialog
from workbench.tui.widgets.text_view import TextLine, TextView


class TextDialog(Dialog[None]):
    """Shows lines under a title; the mouse selects what is to be copied."""

    CSS_PATH = "text_dialog.tcss"
    AUTO_FOCUS = "TextView"

    def __init__(self, title: str, lines: Sequence[TextLine]) -> None:
        super().__init__()
        self._title, self._lines = visible(title), lines

    def compose(self) -> ComposeResult:
        """The title and the lines."""
        with Vertical(id="dialog"):
            yield Static(Content(self._title), id="title")
            yield TextView(self._lines)
