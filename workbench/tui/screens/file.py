"""One file of a skill, with its source in colours and its problems in place."""

from typing import ClassVar

from textual.app import ComposeResult
from textual.content import Content
from textual.widgets import Static

from workbench.commands import Scope
from workbench.errors import WorkbenchError
from workbench.skills.model import ROOT_ID
from workbench.text import visible
from workbench.tui.screens.frame import WorkbenchScreen
from workbench.tui.widgets.text_view import TextLine, TextView
from workbench.tui.widgets.tones import Span


class FileScreen(WorkbenchScreen[None]):
    """Shows a file.

    Args:
        skill_id: The skill it belongs to.
        path: Relative to the skill's folder.
        line: The line to begin at.
    """

    NAME = "File"
    ABOUT = "One file of a skill as it stands. Hidden characters are shown as symbols; the mouse selects text to copy."
    MODE = "skills"
    CSS_PATH = "file.tcss"
    SCOPES: ClassVar[tuple[Scope, ...]] = ("lists",)
    AUTO_FOCUS = "TextView"

    def __init__(self, skill_id: str, path: str, line: int | None = None) -> None:
        super().__init__()
        self._skill, self._path, self._line = skill_id, path, line

    def compose_body(self) -> ComposeResult:
        """The path and the text."""
        yield Static(Content(visible(self._path)), id="path")
        yield TextView(id="text")

    def on_mount(self) -> None:
        """Read the file."""
        workspace, view = self.workspace, self.library
        if workspace is None or view is None:
            return
        full = self._path if self._skill == ROOT_ID else f"{self._skill}/{self._path}"
        row = next((row for row in view.rows if row.id == self._skill), None)
        problems = [problem for problem in row.problems if problem.path == full] if row else []

        def read(_: object) -> list[TextLine]:
            from workbench.tui.syntax_lines import source_lines

            return source_lines(workspace.read_file(self._skill, self._path), self._path, problems)

        self.run_job(f"Reading {visible(self._path)}", read, self._show, failed=self._failed)

    def _show(self, lines: list[TextLine]) -> None:
        text = self.query_one(TextView)
        text.show(lines)
        if self._line is not None:
            text.go_to(self._line)

    def _failed(self, error: WorkbenchError) -> None:
        said = [error.what, *(text for text in (error.where, error.remedy) if text)]
        self.query_one(TextView).show(
            [TextLine((Span(text, "muted" if number else "bad"),)) for number, text in enumerate(said)]
        )
