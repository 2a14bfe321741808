"""What every full screen has: a line that says where one is, a body, and a footer with the keys that work."""

from collections.abc import Callable
from typing import TYPE_CHECKING, ClassVar, TypeVar

from textual import events
from textual.app import ComposeResult
from textual.screen import Screen

from workbench.commands import Scope
from workbench.errors import WorkbenchError
from workbench.tui.jobs import Job, run_job
from workbench.tui.widgets.header_line import HeaderLine
from workbench.tui.widgets.key_bar import KeyBar

if TYPE_CHECKING:
    from workbench.reviews.listing import LibraryView
    from workbench.tui.app import WorkbenchApp
    from workbench.workspace import Workspace

LEAST_WIDTH, LEAST_HEIGHT = 60, 15

ResultT = TypeVar("ResultT")
T = TypeVar("T")


class WorkbenchScreen(Screen[ResultT]):
    """A full screen of the workbench.

    A subclass sets `NAME`, `ABOUT` and `SCOPES`, writes `compose_body`, and overrides `library_changed` where it shows
    something of the library.

    Attributes:
        NAME: What help and titles call it.
        ABOUT: One or two sentences for help: what one is looking at.
        SCOPES: Whose keys help lists, besides those that work everywhere.
        MODE: The mode it belongs to, marked in the header; empty for none.
    """

    NAME: ClassVar[str] = ""
    ABOUT: ClassVar[str] = ""
    SCOPES: ClassVar[tuple[Scope, ...]] = ("lists",)
    MODE: ClassVar[str] = ""

    AUTO_FOCUS: ClassVar[str | None] = "VirtualList"

    def compose(self) -> ComposeResult:
        """The header line, the body, the footer."""
        yield HeaderLine(self.MODE)
        yield from self.compose_body()
        yield KeyBar()

    def compose_body(self) -> ComposeResult:
        """The widgets between the header line and the footer."""
        return iter(())

    @property
    def workbench(self) -> "WorkbenchApp":
        """The app, with its type."""
        from workbench.tui.app import WorkbenchApp

        assert isinstance(self.app, WorkbenchApp)
        return self.app

    @property
    def workspace(self) -> "Workspace | None":
        """The open library; None before one is open."""
        return self.workbench.workspace

    @property
    def library(self) -> "LibraryView | None":
        """What was last read of the library; None before that."""
        return self.workbench.library

    def on_mount(self) -> None:
        """Follow the library. (Textual calls the `on_mount` of a class and of all its bases.)"""
        self.workbench.library_signal.subscribe(self, self.library_changed)

    def on_resize(self, event: events.Resize) -> None:
        """Where there is no room, say so instead; the style sheet hides the rest."""
        if (event.size.width < LEAST_WIDTH or event.size.height < LEAST_HEIGHT) and not self.query("#too-small"):
            from textual.content import Content
            from textual.widgets import Static

            said = f"The workbench needs {LEAST_WIDTH} columns and {LEAST_HEIGHT} rows."
            self.mount(Static(Content(said), id="too-small"))

    def library_changed(self, view: "LibraryView") -> None:
        """The library was read, or read again, or is another one: show what it holds now."""

    def run_job(
        self,
        title: str,
        function: Callable[[Job], T],
        done: Callable[[T], None],
        *,
        failed: Callable[[WorkbenchError], None] | None = None,
        group: str = "default",
        cancellable: bool = False,
        quiet: bool = False,
    ) -> Job:
        """Run work in a thread for this screen; the arguments are those of `jobs.run_job`."""
        return run_job(self, title, function, done, failed=failed, group=group, cancellable=cancellable, quiet=quiet)

    def go_back(self) -> bool:
        """Close something inside this screen on escape; gives False if there is nothing to close."""
        return False
