"""What is offered where there is nothing to show: every way to a library, ready to open."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from textual import on
from textual.app import ComposeResult
from textual.content import Content
from textual.widgets import Static

from workbench.commands import Scope
from workbench.config import bundled, personal_library
from workbench.text import plural, visible
from workbench.tui.screens.frame import WorkbenchScreen
from workbench.tui.widgets.columns import Column
from workbench.tui.widgets.tones import Span
from workbench.tui.widgets.virtual_list import Row, VirtualList

if TYPE_CHECKING:
    from workbench.reviews.listing import LibraryView
    from workbench.tui.jobs import Job

_COLUMNS = (Column("", 24), Column("", 0))
_FOLDER = "folder:"
_ADOPT = "adopt"
_OTHER = "other"


@dataclass(frozen=True, slots=True)
class Offer:
    """A folder of skills on this machine, and how many there are."""

    label: str
    folder: Path
    skills: int


class StartScreen(WorkbenchScreen[None]):
    """The first thing a newcomer sees."""

    NAME = "Start"
    ABOUT = "No skills were found where the workbench was started. Open one of these; nothing is changed by looking."
    CSS_PATH = "start.tcss"
    SCOPES: ClassVar[tuple[Scope, ...]] = ("lists",)

    def compose_body(self) -> ComposeResult:
        """A few words, and the ways to a library."""
        yield Static(Content("Skill Workbench"), id="title")
        yield Static(Content("Nothing that an agent uses is unread, untested or unpriced."), id="promise")
        yield Static(Content(self._why()), id="why")
        yield VirtualList(_COLUMNS, _rows(()), heading=False, id="offers")

    def _why(self) -> str:
        workspace = self.workspace
        where = visible(_short(workspace.root if workspace else Path.cwd()))
        return f"There are no skills in {where}. What would you like to look at?"

    def on_mount(self) -> None:
        """Look for the agents' folders meanwhile."""
        self.run_job("Looking for skills on this machine", _look, self._found, quiet=True)

    def _found(self, offers: list[Offer]) -> None:
        self.query_one(VirtualList).show(_rows(offers))

    def library_changed(self, view: "LibraryView") -> None:
        """A library with skills is open: this screen is no longer needed."""
        if view.rows and self.is_current:
            self.dismiss(None)

    @on(VirtualList.Opened)
    def _opened(self, event: VirtualList.Opened) -> None:
        if event.row.id == _ADOPT:
            self.workbench.action_show("adopt")
        elif event.row.id == _OTHER:
            self.workbench.action_show("open_library")
        else:
            self.workbench.open_library(Path(event.row.id.removeprefix(_FOLDER)))


def _look(job: "Job") -> list[Offer]:
    """The libraries of this machine that hold skills."""
    from workbench.errors import WorkbenchError
    from workbench.reviews.adopting.sources import agent_sources
    from workbench.skills.discovery import find

    folders = [("Your own library", personal_library()), ("The bundled skills", bundled("skills"))]
    folders += [(f"Skills of {source.label}", source.path) for source in agent_sources(Path.home())]
    offers = []
    for label, folder in folders:
        if job.cancel.is_set() or not folder.is_dir():
            continue
        try:
            count = len(find(folder).ids)
        except WorkbenchError:
            continue  # it can't be read, so it is no offer; opening it by its path says why
        if count:
            offers.append(Offer(label, folder, count))
    return offers


def _rows(offers: Sequence[Offer]) -> list[Row]:
    rows = [
        Row(
            f"{_FOLDER}{offer.folder}",
            (Span(offer.label, "strong"), Span(_about(offer), "muted")),
        )
        for offer in offers or [Offer("The bundled skills", bundled("skills"), 0)]
    ]
    return [
        *rows,
        Row(
            _ADOPT,
            (Span("Adopt", "strong"), Span("copy your agents' skills into one git library of yours", "muted")),
        ),
        Row(_OTHER, (Span("Another folder…", "strong"), Span("type its path", "muted"))),
    ]


def _about(offer: Offer) -> str:
    count = f"{plural(offer.skills, 'skill')}  " if offer.skills else ""
    return count + _short(offer.folder)


def _short(folder: Path) -> str:
    """The path, with `~` for the home folder."""
    home = Path.home()
    return f"~/{folder.relative_to(home)}" if folder.is_relative_to(home) else str(folder)
