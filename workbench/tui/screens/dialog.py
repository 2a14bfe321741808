"""What every dialog over a screen has: a way out on escape, and the keys that work everywhere."""

from typing import TYPE_CHECKING, ClassVar, TypeVar

from textual import on
from textual.screen import ModalScreen
from textual.widgets import Button

from workbench.tui.bindings import bindings_of

if TYPE_CHECKING:
    from workbench.tui.app import WorkbenchApp

ResultT = TypeVar("ResultT")


class Dialog(ModalScreen[ResultT]):
    """A dialog; escape closes it and gives None."""

    BINDINGS: ClassVar = bindings_of("back", "leave", "quit")

    @property
    def workbench(self) -> "WorkbenchApp":
        """The app, with its type."""
        from workbench.tui.app import WorkbenchApp

        assert isinstance(self.app, WorkbenchApp)
        return self.app

    def action_back(self) -> None:
        """Close without doing anything."""
        self.dismiss(None)

    def action_leave(self) -> None:
        """Close without doing anything."""
        self.action_back()

    async def action_quit(self) -> None:
        """Leave the workbench at once."""
        await self.workbench.action_quit()


class Question(Dialog[bool]):
    """A dialog with the buttons `#cancel` and `#confirm`; gives True for a yes, None or False otherwise."""

    @on(Button.Pressed, "#cancel")
    def _cancel(self) -> None:
        self.dismiss(False)

    @on(Button.Pressed, "#confirm")
    def _confirm(self) -> None:
        self.dismiss(True)
