"""Asking for something to adopt: a folder, an archive, a store, prompt templates."""

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


class SourceDialog(Dialog[Path]):
    """A path, completed as one types; gives it, or None on escape."""

    CSS_PATH = "source_dialog.tcss"
    AUTO_FOCUS = "#path"

    def compose(self) -> ComposeResult:
        """The question, the path, and what was wrong with it."""
        with Vertical(id="dialog"):
            yield Static(Content("Adopt from"), id="title")
            about = "A folder of skills, a .skill or .zip archive, a ToolWeaver store, or prompt templates in YAML."
            yield Static(Content(about), id="about")
            path = Input(placeholder="~/Downloads/pdf.skill", suggester=_Paths(), id="path")
            path.cursor_blink = False
            yield path
            yield Static(Content(""), id="problem")
            yield Static(Content("Enter adds it, and copies nothing yet   Esc cancels"), id="hint")

    @on(Input.Submitted)
    def _submitted(self, event: Input.Submitted) -> None:
        path = expanded(Path(event.value.strip() or "."))
        if not path.is_dir() and not path.is_file():
            said = f"There is no folder or file {visible(str(path))}"
            self.query_one("#problem", Static).update(Content(said))
            return
        self.dismiss(path)


class _Paths(Suggester):
    """Completes the path of a folder or a file."""

    def __init__(self) -> None:
        super().__init__(use_cache=False, case_sensitive=True)

    async def get_suggestion(self, value: str) -> str | None:
        """The first entry that begins with what was typed."""
        typed = expanded(Path(value))
        parent, start = (typed, "") if value.endswith("/") else (typed.parent, typed.name)
        try:
            names = sorted(entry.name for entry in parent.iterdir() if entry.name.startswith(start))
        except OSError:
            return None
        shown = [name for name in names if start.startswith(".") or not name.startswith(".")]
        return value[: len(value) - len(start)] + shown[0] if shown else None
