"""Saving a call as a case of its skill: a name is asked for, the case is written and run once."""

from pathlib import Path

from textual import on
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.content import Content
from textual.widgets import Input, Static

from workbench.errors import WorkbenchError
from workbench.text import visible
from workbench.tools.model import CallResult, Tool
from workbench.tui.jobs import run_job
from workbench.tui.screens.dialog import Dialog
from workbench.workspace import Workspace


class SaveCaseDialog(Dialog[None]):
    """Asks for the case's name.

    Args:
        workspace: The library.
        tool: What was called.
        result: What came of it.
    """

    CSS_PATH = "save_case.tcss"
    AUTO_FOCUS = "#name"

    def __init__(self, workspace: Workspace, tool: Tool, result: CallResult) -> None:
        super().__init__()
        self._workspace, self._tool, self._result = workspace, tool, result
        self._busy = False

    def compose(self) -> ComposeResult:
        """What is written, the name, and what is wrong with it."""
        came = "what came" if self._result.ok else f"that it ends with exit {self._result.exit_code} again"
        about = (
            f"Adds to tests/{visible(self._tool.name)}.yaml of {visible(self._tool.skill)}, expecting {came}."
            " The skill then has to be approved again."
        )
        with Vertical(id="dialog"):
            yield Static(Content("Save this call as a case"), id="title")
            yield Static(Content(about), id="about")
            field = Input(placeholder="name: what the call shows, like 'counts rows and nulls'", id="name")
            field.cursor_blink = False
            yield field
            yield Static(Content(""), id="problem")
            yield Static(Content("Enter saves it and runs it once   Esc cancels"), id="hint")

    @on(Input.Changed)
    def _typed(self) -> None:
        self._say("")

    @on(Input.Submitted)
    def _submitted(self) -> None:
        name = self.query_one("#name", Input).value.strip()
        if not self._busy:
            self._busy = True
            self._say("Saving…")
            run_job(self, "Saving a case", lambda _: self._save(name), self._saved, failed=self._failed, quiet=True)

    def _save(self, name: str) -> str:
        from workbench.testing.saving import said_of, save_case
        from workbench.testing.selection import Wanted

        workspace, tool = self._workspace, self._tool
        saved = save_case(workspace.root, workspace.find(tool.skill), tool, self._result, name, cwd=Path.cwd())
        run = workspace.test([tool.skill], wanted=Wanted(case=name))
        again = next((one for one in run.results if one.case == name), None)
        return f"Saved as {saved.path}:{saved.line}; {said_of(again)}."

    def _saved(self, said: str) -> None:
        self.dismiss(None)
        self.workbench.say(said)
        self.workbench.refresh_library()

    def _failed(self, error: WorkbenchError) -> None:
        self._busy = False
        self._say(f"Not saved: {error}")

    def _say(self, text: str) -> None:
        self.query_one("#problem", Static).update(Content("\n".join(visible(line) for line in text.split("\n"))))
