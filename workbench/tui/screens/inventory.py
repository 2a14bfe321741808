"""What agents read besides skills: the riskiest first, and what of it changed since the user accepted it."""

import os
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, ClassVar

from textual import on
from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.widgets import Button, Static

from workbench.commands import Scope
from workbench.config import home_dir
from workbench.errors import InputError
from workbench.skills.inventory.ledger import Gone, Inventory, acknowledge, take_inventory
from workbench.skills.inventory.model import Entry
from workbench.text import plural, visible
from workbench.tui.bindings import bindings
from workbench.tui.inventory_rows import COLUMNS, about, entry_lines, gone_lines, inventory_rows, row_id, summary
from workbench.tui.jobs import Job
from workbench.tui.screens.dialog import Dialog
from workbench.tui.screens.frame import WorkbenchScreen
from workbench.tui.toned import toned, toned_lines
from workbench.tui.widgets.filtered_list import FilteredList
from workbench.tui.widgets.text_view import TextLine, TextView
from workbench.tui.widgets.tones import Span
from workbench.tui.widgets.virtual_list import Row, VirtualList

if TYPE_CHECKING:
    from workbench.reviews.listing import LibraryView
    from workbench.workspace import Workspace

_EMPTY = (
    "No agent reads anything here besides skills.\n"
    "CLAUDE.md, AGENTS.md, .mcp.json, hooks and sub-agents of this project and of yours would be listed."
)


def look(workspace: "Workspace") -> Inventory:
    """Take the inventory. Takes time."""
    return take_inventory(workspace.root, home_dir(), os.environ, workspace.store, workspace.repository)


class InventoryScreen(WorkbenchScreen[None]):
    """The list."""

    NAME = "Agents' files"
    ABOUT = (
        "What agents on this machine read besides skills, in this project and of yours. Hooks and servers run programs"
        " and stand first. Nothing here is run; of what you accept only a digest is kept, never a text."
    )
    MODE = "inventory"
    SCOPES: ClassVar[tuple[Scope, ...]] = ("lists", "inventory")
    BINDINGS: ClassVar = bindings("inventory")
    CSS_PATH = "inventory.tcss"

    def __init__(self) -> None:
        super().__init__()
        self._found: Inventory | None = None
        self._things: dict[str, Entry | Gone] = {}

    def compose_body(self) -> ComposeResult:
        """The sums, the entries, and the one under the cursor."""
        yield Static(Content(""), id="inventory-head")
        yield FilteredList(COLUMNS, noun="entry", empty="Looking for what agents read…", id="inventory")
        yield Static(Content(""), id="inventory-about")

    def on_mount(self) -> None:
        """Look, if there is a project."""
        self.read()

    def on_screen_resume(self) -> None:
        """Something may have been accepted or changed meanwhile."""
        if self._found is not None:
            self.read()

    def library_changed(self, view: "LibraryView") -> None:
        """Another project, or the same read again."""
        self.read()

    def read(self) -> None:
        """Look again at everything."""
        workspace = self.workspace
        if workspace is None:
            return

        def work(_: Job) -> tuple[Inventory, list[Row]]:
            found = look(workspace)
            return found, inventory_rows(found)

        self.run_job("Looking for what agents read", work, self._show, group="inventory")

    def _show(self, read: tuple[Inventory, list[Row]]) -> None:
        self._found, rows = read
        things: list[Entry | Gone] = [*self._found.entries, *self._found.gone]
        self._things = {row_id(one.key): one for one in things}
        self.query_one(FilteredList).show(rows, empty=_EMPTY)
        self.query_one("#inventory-head", Static).update(toned(*summary(self._found)))
        self._tell(self.query_one(VirtualList).current)

    @on(VirtualList.Moved)
    def _moved(self, event: VirtualList.Moved) -> None:
        self._tell(event.row)

    def _tell(self, row: Row | None) -> None:
        thing = self._things.get(row.id) if row else None
        lines = about(thing) if isinstance(thing, Entry) else [Span("It was accepted and is no longer there.")]
        self.query_one("#inventory-about", Static).update(toned_lines(*lines) if thing else Content(""))

    @on(VirtualList.Opened)
    def _opened(self, event: VirtualList.Opened) -> None:
        """Show one entry in full."""
        thing = self._things.get(event.row.id)
        if thing is not None and self._found is not None:
            self.app.push_screen(AgentFileScreen(self._found, thing))

    def action_accept(self) -> None:
        """Take the entry under the cursor as read, exactly as it is listed."""
        listing = self.query_one(VirtualList)
        thing = self._things.get(listing.current.id) if listing.current else None
        if thing is not None:
            accept(self, [thing], self.read)
            listing.action_cursor_down()

    def action_accept_all(self) -> None:
        """Take every entry that is shown as read, after a question."""
        found = self._found
        if found is None:
            return
        shown = [self._things[row.id] for row in self.query_one(VirtualList).rows if row.id in self._things]
        waiting = [one for one in shown if isinstance(one, Gone) or found.status(one) != "same"]
        if not waiting:
            self.workbench.say("Everything that is shown is as you accepted it.")
            return

        def answered(yes: bool | None) -> None:
            if yes:
                accept(self, waiting, self.read)

        high = sum(isinstance(one, Entry) and one.risk == "high" for one in waiting)
        self.app.push_screen(AcceptDialog(len(waiting), high), answered)


def accept(screen: WorkbenchScreen[None], things: Sequence[Entry | Gone], then: Callable[[], object]) -> None:
    """Keep the digests of these things in a worker, and go on."""
    workspace = screen.workspace
    if workspace is None:
        return
    entries = [one for one in things if isinstance(one, Entry)]
    gone = [one for one in things if isinstance(one, Gone)]
    unreadable = [one for one in entries if one.digest is None]
    if unreadable:
        screen.workbench.show_error(
            InputError("what can't be read can't be accepted", where=visible(unreadable[0].path),
                       remedy=unreadable[0].problem.remedy if unreadable[0].problem else None)
        )  # fmt: skip

    def done(count: int) -> None:
        if count:
            screen.workbench.say(f"{plural(count, 'entry', 'entries')} accepted.")
        then()

    screen.run_job("Accepting", lambda _: acknowledge(workspace.store, workspace.root, entries, gone), done)


class AgentFileScreen(WorkbenchScreen[None]):
    """One entry in full.

    Args:
        found: The inventory it stands in.
        thing: The entry, as it was listed: accepting it accepts exactly that.
    """

    NAME = "Agents' file"
    ABOUT = "One thing that agents read or start: what changed since you accepted it, and what it says now."
    MODE = "inventory"
    SCOPES: ClassVar[tuple[Scope, ...]] = ("lists",)
    BINDINGS: ClassVar = bindings("inventory")
    CSS_PATH = "inventory.tcss"
    AUTO_FOCUS = "TextView"

    def __init__(self, found: Inventory, thing: Entry | Gone) -> None:
        super().__init__()
        self._found, self._thing = found, thing

    def compose_body(self) -> ComposeResult:
        """The path and the text."""
        yield Static(Content(visible(f"{self._thing.path} {self._thing.name}".rstrip())), id="agent-file-path")
        yield TextView(id="agent-file-text")

    def on_mount(self) -> None:
        """Read it."""
        workspace, thing = self.workspace, self._thing
        if workspace is None:
            return

        def read(_: Job) -> list[TextLine]:
            if isinstance(thing, Gone):
                return gone_lines(thing)
            try:
                return entry_lines(self._found, thing, workspace.repository)
            except OSError as error:
                raise InputError(f"it can't be read: {error.strerror}", where=visible(thing.path)) from error

        self.run_job(f"Reading {visible(thing.path)}", read, self._show)

    def _show(self, lines: list[TextLine]) -> None:
        self.query_one(TextView).show(lines)

    def action_accept(self) -> None:
        """Take it as read, exactly as it was listed."""
        accept(self, [self._thing], lambda: self.dismiss(None))

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Only this one can be accepted here."""
        return action != "accept_all"


class AcceptDialog(Dialog[bool]):
    """Whether to take many entries as read; gives True for a yes."""

    CSS_PATH = "inventory.tcss"
    AUTO_FOCUS = "#cancel"

    def __init__(self, count: int, high: int) -> None:
        super().__init__()
        self._count, self._high = count, high

    def compose(self) -> ComposeResult:
        """How many there are, and the two answers: Cancel first."""
        risk = f"Programs that start, or wide permissions: {self._high:,}." if self._high else "None runs a program."
        with Vertical(id="dialog"):
            yield Static(toned(Span(f"Take {plural(self._count, 'entry', 'entries')} as read?", "title")))
            yield Static(toned(Span(risk, "attention" if self._high else "muted")), id="risk")
            with Horizontal(id="buttons"):
                yield Button("Cancel", id="cancel", compact=True)
                yield Button("Accept all of them", id="confirm", compact=True)

    @on(Button.Pressed)
    def _answered(self, event: Button.Pressed) -> None:
        self.dismiss(event.button.id == "confirm")
