"""A list drawn line by line: however many rows it has, only those on the screen are worked out."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import ClassVar, NamedTuple

from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.geometry import Region, Size
from textual.message import Message
from textual.reactive import reactive
from textual.strip import Strip

from workbench.text import fit, keep_end, visible
from workbench.tui.bindings import bindings_of
from workbench.tui.widgets.columns import Column, layout
from workbench.tui.widgets.haystacks import Haystacks
from workbench.tui.widgets.tones import Span, TonedView

_MARK = "▌"
_EDGE = 2
"""Cells before the first column: the cursor's mark and a space."""
_GAP = "  "
_PREPARED_AT_ONCE = 400
_PAUSE_SECONDS = 0.005
"""Between two parts of the rows that are prepared for a filter, so that a key that was pressed goes first."""


class Row(NamedTuple):
    """One row: a stable id, and a cell for each column, shown or not. Texts are raw.

    Attributes:
        also: What a filter finds it by besides its cells.
        counted: Whether it is one of what the list is about, and not a remark beside them.
    """

    id: str
    cells: tuple[str | Span, ...]
    also: str = ""
    counted: bool = True


class VirtualList(TonedView, can_focus=True):
    """Rows in columns, with a cursor and a filter.

    Args:
        columns: What the cells of a row are. The less important ones say from which width on they are shown.
        empty: What is said where there are no rows: why, and the key that helps.
        heading: Whether the columns' titles stand on the first line.

    Attributes:
        elsewhere: Where else one may look if no row holds the words of a filter.
    """

    COMPONENT_CLASSES: ClassVar[set[str]] = {"list--heading", "list--cursor", "list--cursor-away", "list--mark"}
    BINDINGS: ClassVar = bindings_of(
        "move.down", "move.up", "move.page-down", "move.page-up", "move.top", "move.bottom", "open"
    )
    DEFAULT_CSS = """
    VirtualList {
        overflow-x: hidden;
        & > .list--heading { color: $text-muted; }
        & > .list--cursor { background: $cursor; }
        & > .list--cursor-away { background: $surface; }
        & > .list--mark { color: $accent; }
    }
    VirtualList:nocolor > .list--cursor { text-style: reverse; }
    """

    cursor: reactive[int] = reactive(0, init=False, repaint=False)

    @dataclass
    class Moved(Message):
        """The cursor stands on another row; `row` is None where the list is empty."""

        list: "VirtualList"
        row: Row | None

        @property
        def control(self) -> "VirtualList":
            """The list, for `@on` selectors."""
            return self.list

    @dataclass
    class Opened(Message):
        """A row was opened with enter or a second click."""

        list: "VirtualList"
        row: Row

        @property
        def control(self) -> "VirtualList":
            """The list, for `@on` selectors."""
            return self.list

    def __init__(
        self,
        columns: Sequence[Column],
        rows: Sequence[Row] = (),
        *,
        empty: str = "",
        heading: bool = True,
        id: str | None = None,
    ) -> None:
        super().__init__(id=id)
        self._columns = tuple(columns)
        self._all: Sequence[Row] = rows
        self._shown: Sequence[Row] = rows
        self._words: tuple[str, ...] = ()
        self._kept: Collection[str] | None = None
        self._haystacks: Haystacks | None = None
        self._total: int | None = None
        self._empty = empty
        self.elsewhere = ""
        self._heading = heading
        self._laid_out: tuple[int, list[tuple[int, Column, int]]] = (-1, [])

    @property
    def rows(self) -> Sequence[Row]:
        """The rows that pass the filter."""
        return self._shown

    @property
    def total(self) -> int:
        """How many rows that count there are without the filter."""
        if self._total is None:
            self._total = sum(row.counted for row in self._all)
        return self._total

    @property
    def left(self) -> int:
        """How many rows that count pass the filter."""
        return sum(row.counted for row in self._shown)

    @property
    def current(self) -> Row | None:
        """The row under the cursor."""
        return self._shown[self.cursor] if self.cursor < len(self._shown) else None

    def show(self, rows: Sequence[Row], *, empty: str | None = None, columns: Sequence[Column] | None = None) -> None:
        """Show other rows; the filter stays, and the cursor stays on the row with the same id if it is still there."""
        self._haystacks = Haystacks(rows, self._haystacks) if self._haystacks is not None else None
        self._all, self._total = rows, None
        if empty is not None:
            self._empty = empty
        if columns is not None:
            self._columns, self._laid_out = tuple(columns), (-1, [])
        self._refilter()

    def filter(self, text: str, kept: Collection[str] | None = None) -> None:
        """Show rows whose id is among `kept` and that hold every word of `text`, in whatever case and cell."""
        words = tuple(visible(text).casefold().split())
        if words != self._words or kept is not self._kept:
            self._words, self._kept = words, kept
            self._refilter()

    def move_to(self, row_id: str) -> bool:
        """Put the cursor on the row with this id; False if it is not shown."""
        index = self._index_of(row_id)
        if index is not None:
            self.cursor = index
        return index is not None

    def _refilter(self) -> None:
        before = self.current
        self._shown = self._matching() if self._words or self._kept is not None else self._all
        index = self._index_of(before.id) if before else None
        self.virtual_size = self._extent()
        self.set_reactive(VirtualList.cursor, self.validate_cursor(self.cursor if index is None else index))
        self._scroll_to_cursor()
        self.refresh()
        if self.current != before:
            self.call_later(self._say_moved)

    def _say_moved(self) -> None:
        """Say where the cursor is; later, because a message sent while a parent's handler runs ends at that parent."""
        self.post_message(self.Moved(self, self.current))

    def expect_filter(self) -> None:
        """Prepare for the first key of a filter, a little at a time."""
        if self._haystacks is None:
            self._haystacks = Haystacks(self._all)
        self._haystacks.fill(_PREPARED_AT_ONCE)
        if not self._haystacks.complete:
            self.set_timer(_PAUSE_SECONDS, self.expect_filter)

    def _matching(self) -> list[Row]:
        if self._haystacks is None:
            self._haystacks = Haystacks(self._all)
        return self._haystacks.matching(self._words, self._kept)

    def _index_of(self, row_id: str) -> int | None:
        if self.cursor < len(self._shown) and self._shown[self.cursor].id == row_id:
            return self.cursor
        return next((index for index, row in enumerate(self._shown) if row.id == row_id), None)

    def validate_cursor(self, cursor: int) -> int:
        """Keep the cursor on a row."""
        return max(0, min(cursor, len(self._shown) - 1))

    def watch_cursor(self, old: int, new: int) -> None:
        """Draw the two rows again, keep the cursor on the screen, and say where it is."""
        self._refresh_row(old)
        self._refresh_row(new)
        self._scroll_to_cursor()
        self.post_message(self.Moved(self, self.current))

    def _refresh_row(self, index: int) -> None:
        y = index - self.scroll_offset.y + self._top
        self.refresh(Region(0, y, self.size.width, 1))

    @property
    def _top(self) -> int:
        return 1 if self._heading else 0

    @property
    def _page(self) -> int:
        return max(1, self.scrollable_content_region.height - self._top)

    def _extent(self) -> Size:
        return Size(self.scrollable_content_region.width, len(self._shown) + self._top)

    def _scroll_to_cursor(self) -> None:
        first = round(self.scroll_y)
        target = max(self.cursor - self._page + 1, min(first, self.cursor))
        if target != first:
            self.scroll_to(None, target, animate=False, immediate=True)

    def on_mount(self) -> None:
        """Take in the rows it was made with."""
        self.virtual_size = self._extent()

    def on_resize(self) -> None:
        """Lay out again; the cursor stays on the screen."""
        self.virtual_size = self._extent()
        self._scroll_to_cursor()

    def on_focus(self) -> None:
        """The cursor looks different where the focus is."""
        self._refresh_row(self.cursor)

    def on_blur(self) -> None:
        """The cursor looks different where the focus is not."""
        self._refresh_row(self.cursor)

    def action_cursor_down(self) -> None:
        """One row down."""
        self.cursor += 1

    def action_cursor_up(self) -> None:
        """One row up."""
        self.cursor -= 1

    def action_page_down(self) -> None:
        """One page down."""
        self.cursor += self._page

    def action_page_up(self) -> None:
        """One page up."""
        self.cursor -= self._page

    def action_first(self) -> None:
        """To the first row."""
        self.cursor = 0

    def action_last(self) -> None:
        """To the last row."""
        self.cursor = len(self._shown) - 1

    def action_open(self) -> None:
        """Open the row under the cursor."""
        if self.current is not None:
            self.post_message(self.Opened(self, self.current))

    def on_click(self, event: events.Click) -> None:
        """Put the cursor where the mouse is; a second click there opens the row."""
        offset = event.get_content_offset(self)
        if offset is None or offset.y < self._top:
            return
        index = self.scroll_offset.y + offset.y - self._top
        if index < len(self._shown):
            self.cursor = index
            if event.chain == 2:
                self.action_open()

    def render_line(self, y: int) -> Strip:
        """Draw one line of the screen."""
        width = self.scrollable_content_region.width
        if not self._shown:
            return self._empty_line(y, width)
        if self._heading and y == 0:
            return self._heading_line(width)
        index = self.scroll_offset.y + y - self._top
        if index >= len(self._shown):
            return Strip.blank(width, self.ground)
        return self._row_line(self._shown[index], width, here=index == self.cursor)

    def _columns_for(self, width: int) -> list[tuple[int, Column, int]]:
        if self._laid_out[0] != width:
            self._laid_out = (width, layout(self._columns, width - _EDGE - 1))
        return self._laid_out[1]

    def _row_line(self, row: Row, width: int, *, here: bool) -> Strip:
        base = self.ground
        if here:
            name = "list--cursor" if self.has_focus else "list--cursor-away"
            base += self._background(name)
        mark = base + self.get_component_rich_style("list--mark", partial=True)
        segments = [Segment(_MARK if here else " ", mark), Segment(" ", base)]
        taken = _EDGE
        for number, (index, column, cells) in enumerate(self._columns_for(width)):
            cell = row.cells[index]
            text, tone = cell if isinstance(cell, Span) else (cell, "plain")
            segments.append(Segment(_GAP if number else "", base))
            style = base if base.reverse else base + self.tone(tone)  # without colours the row is one bar
            shown = keep_end(visible(text), cells) if column.path else visible(text)
            segments.append(Segment(fit(shown, cells, right=column.right), style))
            taken += cells + (len(_GAP) if number else 0)
        segments.append(Segment(" " * max(0, width - taken), base))
        return Strip(segments, max(width, taken))

    def _heading_line(self, width: int) -> Strip:
        style = self.ground + self.get_component_rich_style("list--heading", partial=True)
        titles = _GAP.join(
            fit(column.title, cells, right=column.right) for _, column, cells in self._columns_for(width)
        )
        return Strip([Segment(" " * _EDGE + titles, style)]).adjust_cell_length(width, style)

    def _empty_line(self, y: int, width: int) -> Strip:
        if self._words:
            shown = visible(" ".join(self._words))
            said = [f"No row contains all of: {shown}", "Esc clears the filter.", *filter(None, [self.elsewhere])]
        elif self._kept is not None:
            said = ["No row passes the filter.", "Esc clears it."]
        else:
            said = self._empty.split("\n")
        text = said[y - 1] if 1 <= y <= len(said) else ""
        style = self.ground + self.tone("muted")
        return Strip([Segment("  " + fit(visible(text), max(0, width - _EDGE)), style)]).adjust_cell_length(
            width, style
        )

    def _background(self, name: str) -> Style:
        style = self.get_component_rich_style(name)
        return Style(bgcolor=style.bgcolor, reverse=style.reverse)
