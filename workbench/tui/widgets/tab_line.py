"""One line of tabs, for views that show one of a few texts."""

from collections.abc import Sequence
from dataclasses import dataclass

from rich.style import Style
from rich.text import Text
from textual import events
from textual.message import Message
from textual.widget import Widget

from workbench.text import cell_width, visible


class TabLine(Widget):
    """Names in a line, one of them selected; each can be clicked."""

    COMPONENT_CLASSES = {"tabs--here", "tabs--other"}  # noqa: RUF012 - Textual reads it as it is
    DEFAULT_CSS = """
    TabLine {
        height: 1;
        padding: 0 1;
        & > .tabs--here { color: $text-accent; text-style: bold underline; }
        & > .tabs--other { color: $text-muted; }
    }
    """

    @dataclass
    class Selected(Message):
        """Another tab was selected by the user."""

        tabs: "TabLine"
        index: int

    def __init__(self, names: Sequence[str], *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._names = list(names)
        self.selected = 0

    def rename(self, index: int, name: str) -> None:
        """Give a tab another name."""
        self._names[index] = name
        self.refresh()

    def select(self, index: int) -> None:
        """Select a tab without saying so."""
        self.selected = index
        self.refresh()

    def step(self, by: int) -> None:
        """Select the tab `by` places further, round the ends."""
        self.pick((self.selected + by) % len(self._names))

    def pick(self, index: int) -> None:
        """Select a tab and say so."""
        self.select(index)
        self.post_message(self.Selected(self, index))

    def on_click(self, event: events.Click) -> None:
        """Select the tab that was clicked. (An `@click` would be drawn as a link.)"""
        index = event.style.meta.get("tab")
        if isinstance(index, int):
            self.pick(index)

    def render(self) -> Text:
        """Draw the line."""
        line = Text(no_wrap=True, end="")
        names = [visible(name) for name in self._names]
        gap = "   " if sum(map(cell_width, names)) + 3 * len(names) <= self.size.width else "  "
        for index, name in enumerate(names):
            look = "tabs--here" if index == self.selected else "tabs--other"
            style = self.get_component_rich_style(look, partial=True)
            line.append(gap if index else "")
            line.append(name, style + Style(meta={"tab": index}))
        return line
