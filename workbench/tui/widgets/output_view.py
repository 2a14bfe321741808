"""What a program wrote, drawn line by line: bounded, sanitised, following its end while it grows."""

import re
from collections.abc import Sequence
from typing import ClassVar, Literal

from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.geometry import Size
from textual.strip import Strip

from workbench.text import cell_width, plural, truncate, visible_lines
from workbench.tui.bindings import bindings_of
from workbench.tui.widgets.tones import TonedView

Look = Literal["plain", "json", "diff"]

MAX_LINES = 5_000
MAX_LINE_CHARACTERS = 2_000

_JSON = re.compile(
    r'(?P<keyword>"(?:[^"\\]|\\.)*")(?=\s*:)'
    r'|(?P<string>"(?:[^"\\]|\\.)*")'
    r"|(?P<number>-?\d[\d.eE+-]*|true|false|null)"
)


class OutputView(TonedView, can_focus=True):
    """Text of any origin. Only the newest `MAX_LINES` lines are kept, and it says how many were dropped."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {
        "output--added", "output--added-word", "output--removed", "output--removed-word",
    }  # fmt: skip
    BINDINGS: ClassVar = bindings_of(
        "move.down", "move.up", "move.page-down", "move.page-up", "move.top", "move.bottom"
    )
    DEFAULT_CSS = """
    OutputView {
        overflow-x: auto;
        scrollbar-size: 0 1;
        & > .output--added { background: $diff-added; }
        & > .output--added-word { background: $diff-added-word; text-style: bold underline; }
        & > .output--removed { background: $diff-removed; }
        & > .output--removed-word { background: $diff-removed-word; text-style: bold underline; }
    }
    """

    def __init__(self, *, empty: str = "", id: str | None = None) -> None:
        super().__init__(id=id)
        self._empty = empty
        self._lines: list[str] = []
        self._dropped = 0
        self._open_line = ""
        self._look: Look = "plain"
        self._width = 0
        self._partners: dict[int, int] = {}

    @property
    def lines(self) -> Sequence[str]:
        """What is kept, sanitised."""
        return self._lines

    def show(self, text: str, look: Look = "plain") -> None:
        """Show this text in place of what was there, from its first line."""
        self.clear()
        self._look = look
        body = text.removesuffix("\n")
        if body:
            self._add(body, scroll=False)
        self._partners = _partners(self._lines) if look == "diff" else {}
        self.scroll_to(0, 0, animate=False, immediate=True)

    def clear(self) -> None:
        """Forget everything."""
        self._lines, self._open_line, self._dropped, self._width = [], "", 0, 0
        self._partners = {}
        self._measure()

    def append(self, text: str) -> None:
        """Add what came next; a line that is not ended yet goes on where it stopped."""
        if not text:
            return
        if self._open_line:
            self._lines.pop()
        text = self._open_line + text
        self._open_line = text.rpartition("\n")[2][: MAX_LINE_CHARACTERS + 1]
        self._add(text.removesuffix("\n"), scroll=self.is_vertical_scroll_end)

    def _add(self, text: str, *, scroll: bool) -> None:
        wanted = text.rsplit("\n", MAX_LINES)
        if len(wanted) > MAX_LINES:
            self._dropped += wanted[0].count("\n") + 1
            wanted = wanted[1:]
        for line in wanted:
            cut = line[:MAX_LINE_CHARACTERS]
            shown = next(visible_lines(cut))
            if len(line) > len(cut):
                shown += f" … {len(line):,} characters"
            self._lines.append(shown)
            self._width = max(self._width, cell_width(shown))
        if len(self._lines) > MAX_LINES:
            extra = len(self._lines) - MAX_LINES
            self._dropped += extra
            del self._lines[:extra]
        self._measure()
        if scroll:
            self.scroll_to(None, self.max_scroll_y, animate=False, force=True, immediate=True)

    @property
    def _head(self) -> int:
        return 1 if self._dropped else 0

    def _measure(self) -> None:
        width = self.scrollable_content_region.width
        self.virtual_size = Size(max(width, self._width + 2), len(self._lines) + self._head)
        self.refresh()

    def on_resize(self, event: events.Resize) -> None:
        """Fit the scroll range to the new width."""
        self._measure()

    def action_cursor_down(self) -> None:
        """One line down."""
        self.scroll_relative(y=1, animate=False)

    def action_cursor_up(self) -> None:
        """One line up."""
        self.scroll_relative(y=-1, animate=False)

    def action_page_down(self) -> None:
        """One page down."""
        self.scroll_page_down(animate=False)

    def action_page_up(self) -> None:
        """One page up."""
        self.scroll_page_up(animate=False)

    def action_first(self) -> None:
        """To the first line."""
        self.scroll_home(animate=False)

    def action_last(self) -> None:
        """To the last line."""
        self.scroll_end(animate=False)

    def render_line(self, y: int) -> Strip:
        """Draw one line of the screen."""
        width = self.scrollable_content_region.width
        number = y + self.scroll_offset.y - self._head
        note = self.rich_style + self.tone("muted")
        if not self._lines:
            segments = [Segment(truncate(f" {self._empty}", width), note)] if y == 0 else []
            return Strip(segments).adjust_cell_length(width, self.rich_style)
        if number == -1:
            segments = [Segment(f" … {plural(self._dropped, 'earlier line')} not kept", note)]
            return Strip(segments).adjust_cell_length(width, self.rich_style)
        if number >= len(self._lines):
            return Strip.blank(width, self.rich_style)
        line = self._lines[number]
        left = self.scroll_offset.x
        strip = Strip([Segment(" ", self.rich_style), *self._coloured(number)])
        return strip.crop(left, left + width).adjust_cell_length(width, self._fill(line))

    def _fill(self, line: str) -> Style:
        if self._look == "diff" and line[:1] in ("+", "-"):
            return self.get_component_rich_style("output--added" if line[0] == "+" else "output--removed")
        return self.rich_style

    def _coloured(self, number: int) -> list[Segment]:
        line = self._lines[number]
        if number in self._partners:
            return self._changed(line, self._lines[self._partners[number]])
        if self._look != "json":
            style = self._fill(line)
            place = self._look == "diff" and line.startswith("@@")
            return [Segment(line, self.rich_style + self.tone("comment") if place else style)]
        segments, at = [], 0
        for match in _JSON.finditer(line):
            segments.append(Segment(line[at : match.start()], self.rich_style))
            segments.append(Segment(match[0], self.rich_style + self.tone(match.lastgroup or "plain")))
            at = match.end()
        return [*segments, Segment(line[at:], self.rich_style)]

    def _changed(self, line: str, other: str) -> list[Segment]:
        """A line of a diff with the words marked that differ from the line it stands against."""
        from workbench.tui.widgets.diff_rows import changed_words

        is_old = line[0] == "-"
        old, new = (line, other) if is_old else (other, line)
        spans = changed_words(old[1:], new[1:])[0 if is_old else 1]
        style = self._fill(line)
        marked = style + self.get_component_rich_style(f"output--{'removed' if is_old else 'added'}-word")
        segments, at = [Segment(line[0], style)], 1
        for start, end in spans:
            segments += [Segment(line[at : start + 1], style), Segment(line[start + 1 : end + 1], marked)]
            at = end + 1
        return [*segments, Segment(line[at:], style)]


def _partners(lines: Sequence[str]) -> dict[int, int]:
    """Which line of a diff stands against which: the removed lines of a place and the added ones after them."""
    found: dict[int, int] = {}
    at = 0
    while at < len(lines):
        start = at
        while at < len(lines) and lines[at].startswith("-"):
            at += 1
        middle = at
        while at < len(lines) and lines[at].startswith("+"):
            at += 1
        for offset in range(min(middle - start, at - middle)):
            found[start + offset], found[middle + offset] = middle + offset, start + offset
        at = max(at, start + 1)
    return found
