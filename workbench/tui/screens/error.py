"""The last thing that went wrong, in full: what, where, and what to do next."""

from typing import ClassVar

from textual.app import ComposeResult
from textual.containers import VerticalScroll
from textual.content import Content
from textual.widgets import Static

from workbench.errors import WorkbenchError
from workbench.text import visible_block
from workbench.tui.bindings import bindings_of
from workbench.tui.clipboard import copy
from workbench.tui.screens.dialog import Dialog


class ErrorDialog(Dialog[None]):
    """Shows one error; its text can be copied."""

    CSS_PATH = "error.tcss"
    BINDINGS: ClassVar = bindings_of("skill.copy")
    AUTO_FOCUS = "#text"

    def __init__(self, error: Exception) -> None:
        super().__init__()
        self._error = error

    def compose(self) -> ComposeResult:
        """The three answers; for a defect, the traceback to report."""
        with VerticalScroll(id="dialog"):
            yield Static(Content("What went wrong"), id="title")
            yield Static(_content(self._error), id="text")
            yield Static(Content("y copies   Esc closes"), id="hint")

    def action_copy(self) -> None:
        """Copy the text."""
        copy(self.workbench, plain(self._error))


def plain(error: Exception) -> str:
    """An error as text, sanitised."""
    if isinstance(error, WorkbenchError):
        return visible_block(str(error))
    import traceback

    return visible_block("".join(traceback.format_exception(error)))


def _content(error: Exception) -> Content:
    if not isinstance(error, WorkbenchError):
        return Content.assemble(
            "A defect in the workbench; your files are as they were. Please report this:\n\n", plain(error)
        )
    parts: list[tuple[str, str]] = [(visible_block(error.what), "bold")]
    if error.where:
        parts += [("\n\nwhere  ", "$text-muted"), (visible_block(error.where), "")]
    if error.remedy:
        parts += [("\n\nnext   ", "$text-muted"), (visible_block(error.remedy), "")]
    return Content.assemble(*parts)
