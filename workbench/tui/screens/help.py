"""What this screen is, and every key that works on it."""

from typing import TYPE_CHECKING, Any

from textual import on
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.content import Content
from textual.screen import Screen
from textual.widgets import Static

from workbench.commands import COMMANDS, Scope, command
from workbench.tui.bindings import keys_of, show_key
from workbench.tui.screens.dialog import Dialog
from workbench.tui.screens.frame import WorkbenchScreen
from workbench.tui.widgets.columns import Column
from workbench.tui.widgets.filtered_list import FilteredList
from workbench.tui.widgets.tones import Span
from workbench.tui.widgets.virtual_list import Row, VirtualList

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_WHERE: dict[Scope, str] = {
    "lists": "lists",
    "tabs": "tabs and panes",
    "skill": "on a skill",
    "review": "reviewing",
    "call": "calling a tool",
    "test": "tests",
    "usage": "numbers",
    "everywhere": "everywhere",
}
_COLUMNS = (Column("key", 12), Column("", 16, least=96), Column("what it does", 0), Column("where", 14, least=96))


class HelpScreen(Dialog[None]):
    """Help for the screen under it, made from the registry.

    Args:
        about: The screen that help was asked on.
    """

    CSS_PATH = "help.tcss"
    AUTO_FOCUS = "VirtualList"

    def __init__(self, about: Screen[Any]) -> None:
        super().__init__()
        self._about = about

    def compose(self) -> ComposeResult:
        """What the screen is, and its keys."""
        title, text = "Skill Workbench", ""
        if isinstance(self._about, WorkbenchScreen):
            title, text = self._about.NAME or title, self._about.ABOUT
        with Vertical(id="dialog"):
            yield Static(Content(title), id="title")
            yield Static(Content(text), id="about")
            yield FilteredList(_COLUMNS, noun="key", id="keys")
            yield Static(Content(""), id="whole")

    def on_mount(self) -> None:
        """Fill in the keys; those of the screen first."""
        scopes: tuple[Scope, ...] = self._about.SCOPES if isinstance(self._about, WorkbenchScreen) else ("lists",)
        rows = [row for scope in dict.fromkeys((*scopes, "everywhere")) for row in _rows(scope, self.workbench.keymap)]
        self.query_one(FilteredList).show(rows)

    @on(VirtualList.Moved)
    def _say_whole(self, event: VirtualList.Moved) -> None:
        """Say in full what the key under the cursor does: its row may have no room for that."""
        one = command(event.row.id) if event.row is not None else None
        self.query_one("#whole", Static).update(Content(f"{one.title}: {one.help}" if one else ""))

    def action_back(self) -> None:
        """Close the filter, or help."""
        if not self.query_one(FilteredList).close_filter():
            self.dismiss(None)


def _rows(scope: str, keymap: "Mapping[str, tuple[str, ...]]") -> "Iterator[Row]":
    for one in COMMANDS:
        if one.scope == scope and one.action:
            keys = " ".join(show_key(key) for key in keys_of(one, keymap))
            yield Row(one.id, (Span(keys or "palette", "title"), one.title, one.help, Span(_WHERE[one.scope], "muted")))
