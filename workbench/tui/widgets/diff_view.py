"""The diff of a skill, drawn line by line: however long it is, only what is on the screen is worked out."""

from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import ClassVar, Literal

from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.geometry import Size
from textual.message import Message
from textual.reactive import reactive
from textual.strip import Strip

from workbench.reviews.diff import FileDiff, SkillDiff
from workbench.tui.bindings import bindings_of
from workbench.tui.diff_colours import FileColours, Slice
from workbench.tui.widgets.diff_cursor import NO_ROWS, DiffCursor
from workbench.tui.widgets.diff_layers import Sight
from workbench.tui.widgets.diff_lines import About, Palette, draw_row, text_room
from workbench.tui.widgets.diff_palette import palette_of
from workbench.tui.widgets.diff_rows import DiffRows, Place, Row, RowKind, index_rows, matching, place_of, row_at

Layout = Literal["auto", "unified", "split"]

SPLIT_FROM = 110
"""Columns from which `auto` shows the two sides beside each other."""

WRAPPED_UP_TO = 5_000
"""Lines of a diff up to which long ones are wrapped unless one says otherwise: each that is long is measured."""

LAYOUTS: tuple[Layout, ...] = ("auto", "unified", "split")

_CACHED_STRIPS = 512
_MOST_COLOURED = 64
"""Sides of files whose colours are kept."""

_MARK = "▌"


class DiffView(DiffCursor, can_focus=True):
    """A diff with a line cursor, unified or side by side."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {
        "diff--added", "diff--added-word", "diff--removed", "diff--removed-word", "diff--file", "diff--status",
        "diff--gap", "diff--cursor", "diff--mark",
    }  # fmt: skip
    BINDINGS: ClassVar = bindings_of(
        "move.down", "move.up", "move.page-down", "move.page-up", "move.top", "move.bottom"
    )
    DEFAULT_CSS = """
    DiffView {
        overflow-x: auto;
        scrollbar-size: 0 1;
        & > .diff--added { background: $diff-added; }
        & > .diff--added-word { background: $diff-added-word; text-style: bold underline; }
        & > .diff--removed { background: $diff-removed; }
        & > .diff--removed-word { background: $diff-removed-word; text-style: bold underline; }
        & > .diff--file { background: $surface; text-style: bold; }
        & > .diff--status { background: $surface; color: $text-accent; text-style: bold; }
        & > .diff--gap { background: $surface; }
        & > .diff--cursor { background: $cursor; }
        & > .diff--mark { color: $accent; }
    }
    DiffView:nocolor {
        & > .diff--cursor { text-style: reverse; }
        & > .diff--removed { text-style: dim; }
    }
    """

    diff_layout: reactive[Layout] = reactive("auto", init=False)
    wrap: reactive[bool] = reactive(True, init=False)

    @dataclass
    class Moved(Message):
        """The cursor stands on another row.

        Attributes:
            file: Index of the file it is in.
            hunk: Number of the hunk, counted from 1 over all files; 0 above the first.
        """

        diff_view: "DiffView"
        file: int
        hunk: int

    @dataclass
    class Uncoloured(Message):
        """A file is drawn whose colours are not known."""

        diff_view: "DiffView"
        file: FileDiff

    def __init__(self, diff: SkillDiff | None = None, *, layout: Layout = "auto", id: str | None = None) -> None:
        super().__init__(id=id)
        self._diff: SkillDiff | None = None
        self._counts: list[About] = []
        self._strips: OrderedDict[tuple[int, int, int, bool], Strip] = OrderedDict()
        self._indices: dict[tuple[bool, int], DiffRows] = {}
        self._index = NO_ROWS
        self._wrap_chosen = False
        self._styles: Palette | None = None
        self._words = ""
        self._colours: dict[str, FileColours] = {}
        self._asked: set[str] = set()
        self.set_reactive(DiffView.diff_layout, layout)
        self._split = False
        if diff is not None:
            self.load(diff)

    @property
    def diff(self) -> SkillDiff | None:
        """What is shown."""
        return self._diff

    @property
    def split(self) -> bool:
        """Whether the two sides stand beside each other now."""
        return self._split

    @property
    def hunk_count(self) -> int:
        """How many changed places there are."""
        return len(self._index.hunks)

    def load(self, diff: SkillDiff, *, at: Place | None = None) -> None:
        """Show another diff, from its first row, or with the cursor on the line that `at` names."""
        self._diff = diff
        self._asked.clear()
        self._counts = [About(file.added, file.removed) for file in diff.files]
        self._indices.clear()
        self._index = NO_ROWS
        self.set_reactive(DiffView.cursor, 0)
        if not self._wrap_chosen:
            few = sum(len(hunk.lines) for file in diff.files for hunk in file.hunks) <= WRAPPED_UP_TO
            self.set_reactive(DiffView.wrap, few)
        if self.size:
            self._arrange()
            self.scroll_to(0, 0, animate=False, immediate=True)
            if at is not None and (row := row_at(diff, self._index, at)) is not None:
                self.cursor = row
                self.scroll_to_cursor(top=True)
            self.refresh()

    @property
    def place(self) -> Place | None:
        """The line that the cursor is on, for finding it again in another diff; None above the first."""
        return place_of(self._diff, self._index.rows[self.cursor]) if self._diff and self._index.rows else None

    def mark_viewed(self, paths: frozenset[str]) -> None:
        """Tick these files."""
        files = self._diff.files if self._diff else ()
        self._counts = [
            counts._replace(viewed=file.path in paths) for counts, file in zip(self._counts, files, strict=True)
        ]
        self._strips.clear()
        self.refresh()

    def find(self, words: str, *, forward: bool = True, here: bool = False) -> tuple[int, int]:
        """Put the cursor on the next line that holds `words`, whatever their case, beginning anew after the last.

        What holds them is marked in every line, until another search or one for nothing.

        Args:
            here: Whether the cursor's own line will do.

        Returns:
            Which of the lines that hold them it is, counted from 1, and how many there are; zeros if none does.
        """
        if words != self._words:
            self._words = words
            self._strips.clear()
            self.refresh()
        found = matching(self._diff, self._index, words) if self._diff else []
        if not found:
            return 0, 0
        if forward:
            row = next((row for row in found if row > self.cursor or (here and row == self.cursor)), found[0])
        else:
            row = next((row for row in reversed(found) if row < self.cursor), found[-1])
        self.cursor = row
        self.scroll_to_cursor()
        return found.index(row) + 1, len(found)

    def _wants_split(self) -> bool:
        return self._has_room_for_both if self.diff_layout == "auto" else self.diff_layout == "split"

    @property
    def _has_room_for_both(self) -> bool:
        return self.scrollable_content_region.width >= SPLIT_FROM

    def _arrange(self) -> None:
        """Take the index of the layout in force; make it where it is asked for the first time."""
        self._split = self._wants_split()
        if self._diff is not None:
            width = self.scrollable_content_region.width
            key = (self._split, width if self.wrap else 0)
            if key not in self._indices:
                room = partial(text_room, width) if self.wrap else None
                self._indices = {known: index for known, index in self._indices.items() if known[1] == key[1]}
                self._indices[key] = index_rows(self._diff, split=self._split, wrapped=room)
            self._index = self._overlaid(self._indices[key])
        self._measure()

    def _overlaid(self, index: DiffRows) -> DiffRows:
        """The rows that are shown, made from those of the diff alone."""
        return index

    def _measure(self) -> None:
        self._strips.clear()
        self._styles = None
        width = self.scrollable_content_region.width
        room = text_room(width, self._index.number_width, self._split)
        hidden = max(0, self._index.text_width - room)
        self.virtual_size = Size(width + hidden, len(self._index.rows))

    def on_resize(self, event: events.Resize) -> None:
        """Change the layout with the width; the cursor stays on its line."""
        if self.wrap or self._wants_split() != self._split or not self._indices:
            self._relayout()
        else:
            self._measure()
            self.scroll_to_cursor()

    def watch_diff_layout(self) -> None:
        """Show the layout that was chosen; the cursor stays on its line."""
        self._relayout()
        self.refresh()

    def watch_wrap(self) -> None:
        """Wrap long lines or let them run out of the screen; the cursor stays on its line."""
        self._relayout()
        self.scroll_to(0, None, animate=False, immediate=True)
        self.refresh()

    def notify_style_update(self) -> None:
        """Forget what was drawn in another theme's colours."""
        self._strips.clear()
        self._styles = None
        super().notify_style_update()

    def _relayout(self) -> None:
        row = self._index.rows[self.cursor] if self._index.rows else None
        wanted = self._wanted()
        self._arrange()
        if row is not None:
            found = wanted()
            self.cursor = min(self._row_like(row) if found is None else found, len(self._index.rows) - 1)
            self.scroll_to_cursor()

    def _wanted(self) -> Callable[[], int | None]:
        """Finds the cursor's row again once the rows are others; by default as the line that it shows."""
        return lambda: None

    def _row_like(self, wanted: Row) -> int:
        """The row of this layout that shows what `wanted` showed in the other."""
        texts = (RowKind.LINE, RowKind.PAIR)
        line = wanted.left if wanted.left >= 0 else wanted.right
        start = self._index.files[wanted.file]
        for number in range(start, len(self._index.rows)):
            row = self._index.rows[number]
            if row.file != wanted.file:
                break
            alike = row.kind in texts if wanted.kind in texts else row.kind is wanted.kind
            if alike and not row.part and row.hunk == wanted.hunk and line in (row.left, row.right):
                return number
        return start

    def watch_cursor(self, old: int, new: int) -> None:
        """Draw the two rows again, keep the cursor on the screen, and say where it is."""
        self.refresh_line(old)
        self.refresh_line(new)
        self.scroll_to_cursor()
        self.post_message(self.Moved(self, self.file_at_cursor, self.hunk_at_cursor))

    def action_toggle_wrap(self) -> None:
        """Wrap long lines, or have each in one row."""
        self._wrap_chosen = True
        self.wrap = not self.wrap

    def action_toggle_layout(self) -> None:
        """From what goes by the width to the other way, to this one for good, and back."""
        ways: tuple[Layout, ...] = (
            ("auto", "unified", "split") if self._has_room_for_both else ("auto", "split", "unified")
        )
        self.diff_layout = ways[(ways.index(self.diff_layout) + 1) % len(ways)]

    def on_click(self, event: events.Click) -> None:
        """Put the cursor where the mouse is."""
        offset = event.get_content_offset(self)
        if offset is not None:
            self.cursor = round(self.scroll_y) + offset.y

    def render_line(self, y: int) -> Strip:
        """Draw one line of the screen."""
        number = y + self.scroll_offset.y
        width = self.scrollable_content_region.width
        if number >= len(self._index.rows):
            return Strip.blank(width, self.rich_style)
        left = self.scroll_offset.x
        key = (number, left, width, bool(self._words) and number == self.cursor)
        strip = self._strips.get(key)
        if strip is None:
            strip = self._drawn(self._index.rows[number], left, width)
            self._strips[key] = strip
            if len(self._strips) > _CACHED_STRIPS:
                self._strips.popitem(last=False)
        if number == self.cursor and self._index.rows:
            strip = self._under_cursor(strip)
        return strip

    def _drawn(self, row: Row, left: int, width: int) -> Strip:
        """One row, exactly `width` cells, before the cursor is laid over it."""
        assert self._diff is not None
        file, sight = self._diff.files[row.file], self._sight(row)
        scrolled = None if self.wrap else left
        return draw_row(file, self._counts[row.file], row, self._palette, scrolled, width, sight)

    def _under_cursor(self, strip: Strip) -> Strip:
        """Mark the row; what came and what went keeps its colour."""
        plain = self.rich_style
        mark = plain + self.get_component_rich_style("diff--mark", partial=True)
        cursor = self.get_component_rich_style("diff--cursor")
        lit = Style(bgcolor=cursor.bgcolor, reverse=cursor.reverse)
        body = [
            Segment(text, style + lit if style is not None and style.bgcolor == plain.bgcolor else style)
            for text, style, _ in strip.crop(1)
        ]
        return Strip([Segment(_MARK, mark + lit), *body], strip.cell_length)

    def _sight(self, row: Row) -> Sight:
        """What is known of a row besides; the colours of a file are asked for when it is drawn for the first time."""
        assert self._diff is not None
        file = self._diff.files[row.file]
        old, new = self._colours.get(file.old_id or ""), self._colours.get(file.new_id or "")
        if old is None and new is None and file.path not in self._asked and not self.app.no_color:
            self._asked.add(file.path)
            self.post_message(self.Uncoloured(self, file))
        return Sight(old, new, self._words, row is self._index.rows[self.cursor])

    def begin_colours(self, blob: str) -> None:
        """The colours of a blob are being worked out."""
        self._colours[blob] = FileColours()
        while len(self._colours) > _MOST_COLOURED:
            self._colours.pop(next(iter(self._colours)))

    def add_colours(self, blob: str, more: Slice) -> None:
        """Colour the next lines of a blob."""
        known = self._colours.get(blob)
        if known is not None:
            known.lines += more[0]
            known.colours += more[1]
            self._strips.clear()
            self.refresh()

    @property
    def _palette(self) -> Palette:
        if self._styles is None:
            self._styles = palette_of(self, self._index.number_width)
        return self._styles
