"""Asking for the name of a new skill, making it and opening it."""

from typing import TYPE_CHECKING

from textual import on
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.content import Content
from textual.widgets import Input, Static

from workbench.errors import UsageError, WorkbenchError
from workbench.skills import scaffold
from workbench.text import visible
from workbench.tui.jobs import run_job
from workbench.tui.screens.dialog import Dialog

if TYPE_CHECKING:
    from workbench.reviews.listing import LibraryView
    from workbench.skills.scaffold import NewSkill

_QUESTIONS = (("name", "name: a-z, 0-9 and hyphens"), ("description", "what it does and when to use it"))


class NewSkillDialog(Dialog[None]):
    """A name, checked as one types, and what the skill does."""

    CSS_PATH = "new_skill.tcss"
    AUTO_FOCUS = "#name"

    def __init__(self) -> None:
        super().__init__()
        self._made: str | None = None

    def compose(self) -> ComposeResult:
        """The two questions, and what is wrong with the answers."""
        with Vertical(id="dialog"):
            yield Static(Content("New skill"), id="title")
            yield Static(Content("Made below skills/, with a tool and a case to start from."), id="about")
            for id_, hint in _QUESTIONS:
                field = Input(placeholder=hint, id=id_)
                field.cursor_blink = False
                yield field
            yield Static(Content(""), id="problem")
            yield Static(Content("Enter makes it and opens it   Tab next field   Esc cancels"), id="hint")

    def on_mount(self) -> None:
        """The new skill opens once the library was read again."""
        self.workbench.library_signal.subscribe(self, self._read_again)

    @on(Input.Changed, "#name")
    def _typed(self, event: Input.Changed) -> None:
        self._say(_complaint(event.value.strip()) if event.value.strip() else "")

    @on(Input.Submitted)
    def _submitted(self) -> None:
        name = self.query_one("#name", Input).value.strip()
        description = self.query_one("#description", Input).value.strip()
        workspace = self.workbench.workspace
        if workspace is None:
            self._say("No library is open.")
        elif complaint := _complaint(name):
            self._say(complaint)
        elif self._made is None:
            parent = workspace.root / scaffold.FOLDER
            run_job(
                self,
                f"Making {name}",
                lambda _: scaffold.create(name, parent, description=description),
                self._done,
                failed=self._failed,
            )

    def _done(self, made: "NewSkill") -> None:
        self._made = f"{scaffold.FOLDER}/{made.name}"
        self.workbench.refresh_library()

    def _failed(self, error: WorkbenchError) -> None:
        self._say(f"{error.what}: {error.remedy}" if error.remedy else error.what)

    def _read_again(self, view: "LibraryView") -> None:
        if self._made is None:
            return
        made = self._made
        self.dismiss(None)
        if any(row.id == made for row in view.rows):
            self.workbench.show_skill(made)
        else:
            self.workbench.say(f"{made} was made; the part of the library that is shown does not hold it.")

    def _say(self, text: str) -> None:
        self.query_one("#problem", Static).update(Content(visible(text)))


def _complaint(name: str) -> str:
    """What is wrong with a name; empty if nothing is."""
    try:
        scaffold.check_name(name)
    except UsageError as error:
        return f"This can't be its name. {error.remedy}"
    return ""
