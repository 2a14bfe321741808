"""Bringing skills into one git library of one's own: from agents, archives, stores and prompt templates."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from textual import on
from textual.app import ComposeResult
from textual.content import Content
from textual.widgets import Static

from workbench.commands import Scope
from workbench.config import home_dir, personal_library
from workbench.errors import CancelledError, WorkbenchError
from workbench.text import plural, visible
from workbench.tui import adoption_rows
from workbench.tui.screens.frame import WorkbenchScreen
from workbench.tui.widgets.columns import Column
from workbench.tui.widgets.virtual_list import VirtualList

if TYPE_CHECKING:
    from workbench.reviews.adopting.model import Adoption, Source
    from workbench.tui.jobs import Job

_COLUMNS = (Column("", 28), Column("", 12), Column("", 0))
_EMPTY = "No agent on this machine has a folder of skills."


class AdoptScreen(WorkbenchScreen[None]):
    """Says what would be copied, and does it on enter."""

    NAME = "Adopt"
    ABOUT = (
        "Copies the skills installed for agents on this machine, and others you name, into one git library of yours, so"
        " that they can be read, tested and approved. The originals stay as they are; every copy counts as unread."
    )
    CSS_PATH = "adopt.tcss"
    SCOPES: ClassVar[tuple[Scope, ...]] = ("lists",)

    def __init__(self) -> None:
        super().__init__()
        self._plan: Adoption | None = None

    def compose_body(self) -> ComposeResult:
        """What will happen, and from where."""
        yield Static(Content("Adopt skills"), id="title")
        yield Static(Content(self.ABOUT), id="about")
        yield VirtualList(_COLUMNS, heading=False, empty="Looking for agents' folders…", id="sources")

    def on_mount(self) -> None:
        """Look for the agents' folders, and what is to be done with what is in them."""
        self._look("Looking for skills on this machine", None, ())

    def _look(self, title: str, named: Path | None, before: "Sequence[Source]") -> None:
        self.run_job(
            title,
            lambda job: _plan(job, named, before),
            self._planned,
            failed=self._failed,
            group="adopt",
            cancellable=True,
        )

    def _planned(self, plan: "Adoption") -> None:
        self._plan = plan
        self.query_one("#about", Static).update(Content(self.ABOUT if plan.sources else f"{_EMPTY} {self.ABOUT}"))
        self.query_one(VirtualList).show(adoption_rows.rows_of(plan), empty=_EMPTY)

    def _failed(self, error: WorkbenchError) -> None:
        if isinstance(error, CancelledError):
            self.workbench.say("Stopped. Nothing was changed.")
        else:
            self.workbench.show_error(error)

    @on(VirtualList.Opened)
    def _opened(self, event: VirtualList.Opened) -> None:
        id_ = event.row.id
        if id_ == adoption_rows.GO:
            self._adopt()
        elif id_ == adoption_rows.OTHER:
            self._ask()
        elif id_.startswith((adoption_rows.SOURCE, adoption_rows.PLUGIN)):
            place = Path(id_.partition(":")[2])
            if place.is_dir():
                self.workbench.open_library(place)
            else:
                self.workbench.say("It opens once it was adopted.")
        else:
            self.workbench.say(id_.partition(":")[2])

    def _ask(self) -> None:
        from workbench.tui.screens.source_dialog import SourceDialog

        self.app.push_screen(SourceDialog(), self._named)

    def _named(self, path: Path | None) -> None:
        if path is not None:
            self._look(f"Reading {visible(path.name)}", path, self._plan.sources if self._plan else ())

    def _adopt(self) -> None:
        plan = self._plan
        if plan is not None:
            self.run_job(
                "Copying skills into your library",
                lambda job: _adopt(job, plan.sources),
                self._adopted,
                failed=self._failed,
                group="adopt",
                cancellable=True,
            )

    def _adopted(self, done: "Adoption") -> None:
        self.workbench.say(f"Adopted: {adoption_rows.counted(done)}.")
        left = [*done.conflicts, *done.skipped]
        if left:
            first = f"{visible(left[0].path)}: {visible(left[0].reason)}"
            more = f"{plural(len(left), 'place')} skipped or in conflict; {first}"
            self.workbench.notify(more, severity="warning", markup=False)
        self.workbench.open_library(done.library)


def _plan(job: "Job", named: Path | None, before: "Sequence[Source]") -> "Adoption":
    """What adopting these sources would do; at first those of all agents."""
    from workbench.reviews.adopting.adopt import preview
    from workbench.reviews.adopting.sources import agent_sources, plugins_of, source_of

    home = home_dir()
    if named is None:
        sources = list(agent_sources(home))
    else:
        added = source_of(named, home)
        sources = [*(one for one in before if one.path != added.path), added]
    plugins = plugins_of(home)
    return preview(personal_library(), sources, plugins=plugins, on_progress=job.say, cancel=job.cancel)


def _adopt(job: "Job", sources: "Sequence[Source]") -> "Adoption":
    from datetime import UTC, datetime

    from workbench.reviews.adopting.adopt import adopt

    now = datetime.now(UTC)
    return adopt(personal_library(), sources, now, home=home_dir(), on_progress=job.say, cancel=job.cancel)
