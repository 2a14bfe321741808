"""The first line of every screen: which library, which branch, which of the places, and how the skills stand."""

from collections import Counter
from typing import TYPE_CHECKING, ClassVar

from rich.style import Style
from rich.text import Text
from textual import events
from textual.widget import Widget

from workbench.commands import command
from workbench.text import cell_width, plural, truncate, visible
from workbench.tui.bindings import keys_of, show_key

if TYPE_CHECKING:
    from workbench.reviews.model import State
    from workbench.tui.app import WorkbenchApp

MODES = ("skills", "tools", "tests", "analytics", "cost")
FURTHER = ("copies", "graph", "inventory", "queue")
"""Places that are named only where there is room, or where one is."""

_ROOM_FOR_FURTHER = 140

_WAITING: "tuple[State, ...]" = ("invalid", "revoked", "changes-requested", "stale", "in-review", "draft")
"""The states that ask something of a person, the most urgent first."""


class HeaderLine(Widget):
    """One line; the places in it can be clicked."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {"header--name", "header--key", "header--here", "header--muted"}
    DEFAULT_CSS = """
    HeaderLine {
        height: 1;
        dock: top;
        background: $panel;
        color: $foreground;
        & > .header--name { color: $foreground; text-style: bold; }
        & > .header--key { color: $text-muted; }
        & > .header--here { color: $text-accent; text-style: bold; }
        & > .header--muted { color: $text-muted; }
    }
    """

    def __init__(self, mode: str = "") -> None:
        super().__init__()
        self._mode = mode

    def on_mount(self) -> None:
        """Follow the library."""
        self._app.library_signal.subscribe(self, lambda _: self.refresh())

    @property
    def _app(self) -> "WorkbenchApp":
        from workbench.tui.app import WorkbenchApp

        assert isinstance(self.app, WorkbenchApp)
        return self.app

    def render(self) -> Text:
        """Draw the line: the library gives way first, then the counts."""
        width = self.size.width
        places = self._places()
        counts = self._counts()
        room = width - places.cell_len - 3
        if counts.cell_len > room - 16:
            counts = Text()
        left = self._library(max(0, room - counts.cell_len))
        gap = width - 1 - left.cell_len - 2 - places.cell_len - counts.cell_len - 1
        line = Text(" ", no_wrap=True, end="")
        line.append_text(left).append("  ").append_text(places).append(" " * max(0, gap)).append_text(counts)
        return line

    def on_click(self, event: events.Click) -> None:
        """Go to the place that was clicked. (An `@click` would be drawn as a link.)"""
        if mode := event.style.meta.get("place"):
            self._app.action_go(mode)

    def _library(self, room: int) -> Text:
        workspace, view = self._app.workspace, self._app.library
        if workspace is None:
            return Text("Skill Workbench", self._style("name"))
        branch = visible(view.branch) if view and view.branch else ""
        name = truncate(visible(workspace.name), max(8, room - (cell_width(branch) + 2 if branch else 0)))
        text = Text(name, self._style("name"))
        if branch and room - cell_width(name) > 8:
            text.append("  " + truncate(branch, room - cell_width(name) - 2), self._style("muted"))
        return text

    def _places(self) -> Text:
        text = Text()
        further = [mode for mode in FURTHER if mode == self._mode or self.size.width >= _ROOM_FOR_FURTHER]
        for mode in (*MODES, *further):
            one = command(f"open.{mode}")
            here = mode == self._mode
            click = Style(meta={"place": mode})
            text.append("" if not text else "  ")
            key = show_key(keys_of(one, self._app.keymap)[0])
            text.append(key + " ", self._style("here" if here else "key") + click)
            text.append(one.title, self._style("here" if here else "muted") + click)
        return text

    def _counts(self) -> Text:
        view = self._app.library
        if view is None:
            return Text()
        states = Counter(row.state for row in view.rows)
        waiting = [f"{states[state]} {state}" for state in _WAITING if states[state]][:2]
        return Text(" · ".join([plural(len(view.rows), "skill"), *waiting]), self._style("muted"))

    def _style(self, name: str) -> Style:
        return self.get_component_rich_style(f"header--{name}", partial=True)
