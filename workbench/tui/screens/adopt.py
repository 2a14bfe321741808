"""Copying the skills of the agents on this machine into one git library of one's own."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from textual import on
from textual.app import ComposeResult
from textual.content import Content
from textual.widgets import Static

from workbench.commands import Scope
from workbench.config import personal_library
from workbench.text import plural, visible
from workbench.tui.screens.frame import WorkbenchScreen
from workbench.tui.widgets.columns import Column
from workbench.tui.widgets.tones import Span
from workbench.tui.widgets.virtual_list import Row, VirtualList

if TYPE_CHECKING:
    from workbench.reviews.adopting.model import Adoption, Source

_COLUMNS = (Column("", 26), Column("", 0))
_GO = "go"


@dataclass(frozen=True, slots=True)
class Found:
    """A folder to adopt from, and how many skills it holds."""

    source: "Source"
    skills: int


class AdoptScreen(WorkbenchScreen[None]):
    """Says what would be copied, and does it on enter."""

    NAME = "Adopt"
    ABOUT = (
        "Copies the skills installed for agents on this machine into one git library of yours, so that they can be"
        " read, tested and approved. The originals stay as they are; every copy counts as unread."
    )
    CSS_PATH = "adopt.tcss"
    SCOPES: ClassVar[tuple[Scope, ...]] = ("lists",)

    def compose_body(self) -> ComposeResult:
        """What will happen, and from where."""
        yield Static(Content("Adopt skills"), id="title")
        yield Static(Content(self.ABOUT), id="about")
        yield VirtualList(_COLUMNS, heading=False, empty="Looking for agents' folders…", id="sources")

    def on_mount(self) -> None:
        """Look for the agents' folders."""
        self.run_job("Looking for skills on this machine", lambda _: _look(), self._found)

    def _found(self, found: list[Found]) -> None:
        rows = [
            Row(str(one.source.path), (one.source.label, f"{plural(one.skills, 'skill')}  {one.source.path}"))
            for one in found
        ]
        if any(one.skills for one in found):
            library = str(personal_library())
            rows.insert(0, Row(_GO, (Span("Adopt them all", "title"), Span(f"into {library}", "muted"))))
        empty = "No agent on this machine has a folder of skills.\no opens a folder of your choice."
        self.query_one(VirtualList).show(rows, empty=empty)

    @on(VirtualList.Opened)
    def _opened(self, event: VirtualList.Opened) -> None:
        if event.row.id != _GO:
            self.workbench.open_library(Path(event.row.id))
            return
        self.run_job("Copying skills into your library", lambda _: _adopt(), self._adopted, group="adopt")

    def _adopted(self, done: "Adoption") -> None:
        new = sum(one.outcome in ("new", "updated") for one in done.skills)
        self.workbench.say(f"{plural(new, 'skill')} copied, {len(done.skills) - new:,} already there.")
        if done.skipped:
            first = done.skipped[0]
            more = f"{plural(len(done.skipped), 'place')} skipped; {visible(first.path)}: {visible(first.reason)}"
            self.workbench.notify(more, severity="warning", markup=False)
        self.workbench.open_library(done.library)


def _look() -> list[Found]:
    from workbench.errors import WorkbenchError
    from workbench.reviews.adopting.sources import agent_sources
    from workbench.skills.discovery import find

    found = []
    for source in agent_sources(Path.home()):
        try:
            found.append(Found(source, len(find(source.path).ids)))
        except WorkbenchError:
            found.append(Found(source, 0))
    return found


def _adopt() -> "Adoption":
    from datetime import UTC, datetime

    from workbench.reviews.adopting.adopt import adopt
    from workbench.reviews.adopting.sources import agent_sources

    return adopt(personal_library(), agent_sources(Path.home()), datetime.now(UTC))
