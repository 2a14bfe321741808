"""Asking for the folder of another library."""

from pathlib import Path

from textual import on
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.content import Content
from textual.suggester import Suggester
from textual.widgets import Input, Static

from workbench.config import expanded
from workbench.text import visible
from workbench.tui.screens.dialog import Dialog


class OpenLibraryDialog(Dialog[None]):
    """A path, completed as one types."""

    CSS_PATH = "open_library.tcss"
    AUTO_FOCUS = "#path"

    def compose(self) -> ComposeResult:
        """The question, the path, and what was wrong with it."""
        with Vertical(id="dialog"):
            yield Static(Content("Open a library"), id="title")
            yield Static(Content("A folder with skills, in git or not. Right arrow takes the suggestion."), id="about")
            path = Input(placeholder="~/skills", suggester=_Folders(), id="path")
            path.cursor_blink = False
            yield path
            yield Static(Content(""), id="problem")
            yield Static(Content("Enter opens   Esc cancels"), id="hint")

    @on(Input.Submitted)
    def _submitted(self, event: Input.Submitted) -> None:
        folder = expanded(Path(event.value.strip() or "."))
        if not folder.is_dir():
            self.query_one("#problem", Static).update(Content(f"There is no folder {visible(str(folder))}"))
            return
        self.dismiss(None)
        self.workbench.open_library(folder)


class _Folders(Suggester):
    """Completes the path of a folder."""

    def __init__(self) -> None:
        super().__init__(use_cache=False, case_sensitive=True)

    async def get_suggestion(self, value: str) -> str | None:
        """The first folder that begins with what was typed."""
        typed = expanded(Path(value))
        parent, start = (typed, "") if value.endswith("/") else (typed.parent, typed.name)
        try:
            names = sorted(entry.name for entry in parent.iterdir() if entry.name.startswith(start) and entry.is_dir())
        except OSError:
            return None
        shown = [name for name in names if start.startswith(".") or not name.startswith(".")]
        return value[: len(value) - len(start)] + shown[0] if shown else None
