"""Text to read, drawn line by line: wrapped to the width, with line numbers and marks where there are any."""

from collections.abc import Iterable, Sequence
from typing import ClassVar, NamedTuple

from rich.segment import Segment
from textual.geometry import Size
from textual.selection import Selection
from textual.strip import Strip

from workbench.text import cell_width, fit, visible
from workbench.tui.bindings import bindings_of
from workbench.tui.widgets.tones import Span, TonedView

_MOST_CHARACTERS = 20_000
_LABEL = 13
"""Of one line; what is longer is cut and says so."""


class TextLine(NamedTuple):
    """One line of a text, not wrapped yet. Its texts are raw.

    Attributes:
        number: Its number in the file; None where it has none.
        hang: Cells by which what is wrapped is indented.
        sign: One character shown beside the number, in the tone of `tone`.
    """

    spans: tuple[Span, ...] = ()
    number: int | None = None
    hang: int = 0
    sign: str = ""
    tone: str = "plain"


def labelled(label: str, *spans: Span) -> TextLine:
    """A line of facts in a dialog: what it is about, then what is so."""
    return TextLine((Span(f"{label:<{_LABEL}}", "muted"), *spans), hang=_LABEL)


class TextView(TonedView, can_focus=True):
    """A text that can be scrolled, selected and copied."""

    BINDINGS: ClassVar = bindings_of(
        "move.down", "move.up", "move.page-down", "move.page-up", "move.top", "move.bottom"
    )
    DEFAULT_CSS = """
    TextView { padding: 0 1; }
    """

    def __init__(self, lines: Sequence[TextLine] = (), *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._lines: list[TextLine] = []
        self._rows: list[tuple[int, int, int]] = []
        self._width = 0
        self._digits = 0
        self._given = lines

    @property
    def text(self) -> str:
        """What is shown, as plain text."""
        return "\n".join(_plain(line) for line in self._lines)

    def show(self, lines: Iterable[TextLine], *, top: bool = True) -> None:
        """Show another text, from its beginning; with `top` false, from where the reader was."""
        self._lines = [line._replace(spans=tuple(_cut(line.spans))) for line in lines]
        self._digits = max((len(str(line.number)) for line in self._lines if line.number is not None), default=0)
        self._width, self._rows = 0, []
        self._wrap()
        if top:
            self.scroll_to(0, 0, animate=False, immediate=True)
        self.refresh()

    def go_to(self, number: int) -> None:
        """Bring the line with this number near the top."""
        for row, (index, start, _) in enumerate(self._rows):
            if start == 0 and self._lines[index].number == number:
                self.scroll_to(None, max(0, row - 2), animate=False, immediate=True)
                return

    def on_mount(self) -> None:
        """Take in the text it was made with."""
        if self._given:
            self.show(self._given)

    def on_resize(self) -> None:
        """Wrap to the new width."""
        self._wrap()

    @property
    def _gutter(self) -> int:
        return self._digits + 3 if self._digits else 0

    def _wrap(self) -> None:
        width = self.scrollable_content_region.width
        if width == self._width or width <= 0:
            return
        first = self._rows[min(self.scroll_offset.y, len(self._rows) - 1)][0] if self._rows else 0
        self._width = width
        self._rows = [
            (index, start, end)
            for index, line in enumerate(self._lines)
            for start, end in wrap(_plain(line), max(8, width - self._gutter), line.hang)
        ]
        self.virtual_size = Size(width, len(self._rows))
        if first:
            row = next((row for row, (index, _, _) in enumerate(self._rows) if index == first), 0)
            self.scroll_to(None, row, animate=False, immediate=True)

    def action_cursor_down(self) -> None:
        """One line down."""
        self._scroll(1)

    def action_cursor_up(self) -> None:
        """One line up."""
        self._scroll(-1)

    def action_page_down(self) -> None:
        """One page down."""
        self._scroll(self.scrollable_content_region.height - 1)

    def action_page_up(self) -> None:
        """One page up."""
        self._scroll(1 - self.scrollable_content_region.height)

    def action_first(self) -> None:
        """To the beginning."""
        self.scroll_to(None, 0, animate=False, immediate=True)

    def action_last(self) -> None:
        """To the end."""
        self.scroll_to(None, len(self._rows), animate=False, immediate=True)

    def _scroll(self, by: int) -> None:
        self.scroll_to(None, self.scroll_offset.y + by, animate=False, immediate=True)

    def render_line(self, y: int) -> Strip:
        """Draw one line of the screen."""
        row = y + self.scroll_offset.y
        base = self.ground
        width = self.scrollable_content_region.width
        if row >= len(self._rows):
            return Strip.blank(width, base)
        index, start, end = self._rows[row]
        line = self._lines[index]
        segments = self._margin(line, first=start == 0)
        if start:
            segments.append(Segment(" " * line.hang, base))
        left = sum(cell_width(segment.text) for segment in segments)
        at = 0
        for text, tone in line.spans:
            piece = text[max(0, start - at) : max(0, end - at)]
            at += len(text)
            if piece:
                segments.append(Segment(piece, base + self.tone(tone)))
        strip = self._selected(Strip(segments), row, left).adjust_cell_length(width, base)
        return strip.apply_offsets(-left, row)

    def _margin(self, line: TextLine, *, first: bool) -> list[Segment]:
        if not self._digits:
            return []
        number = str(line.number) if first and line.number is not None else ""
        base = self.ground
        return [
            Segment(fit(number, self._digits, right=True) + " ", base + self.tone("muted")),
            Segment(fit(line.sign if first else "", 1) + " ", base + self.tone(line.tone)),
        ]

    def _selected(self, strip: Strip, row: int, left: int) -> Strip:
        """The line with what the mouse has selected standing out."""
        selection = self.text_selection
        span = selection.get_span(row) if selection is not None else None
        if span is None:
            return strip
        start, end = span
        end = strip.cell_length - left if end == -1 else end
        before, inside, after = strip.divide([left + start, left + end, strip.cell_length])
        return Strip.join(
            [before, inside.apply_style(self.screen.get_component_rich_style("screen--selection")), after]
        )

    def get_selection(self, selection: Selection) -> tuple[str, str] | None:
        """What the mouse has selected."""
        rows = [" " * (self._lines[i].hang if s else 0) + _plain(self._lines[i])[s:e] for i, s, e in self._rows]
        return selection.extract("\n".join(rows)), "\n"

    def selection_updated(self, selection: Selection | None) -> None:
        """Draw again what was selected."""
        self.refresh()


def wrap(text: str, width: int, hang: int = 0) -> list[tuple[int, int]]:
    """Where the rows of a wrapped text begin and end, as offsets; a row breaks after a space where there is one."""
    if cell_width(text) <= width:
        return [(0, len(text))]
    rows = []
    start, room = 0, width
    while start < len(text):
        end = _fits(text, start, room)
        if end < len(text):
            space = text.rfind(" ", start, end + 1)
            if space > start and text[start:space].strip():
                end = space + 1
        rows.append((start, end))
        start, room = end, max(4, width - hang)
    return rows


def _fits(text: str, start: int, room: int) -> int:
    """The end of the longest piece from `start` that fits into `room` cells; at least one character."""
    piece = text[start : start + room]
    if piece.isascii():
        return start + len(piece)
    end, used = start, 0
    for char in piece:
        used += cell_width(char)
        if used > room and end > start:
            break
        end += 1
    return end


def _plain(line: TextLine) -> str:
    return "".join([span.text for span in line.spans])


def _cut(spans: tuple[Span, ...]) -> Iterable[Span]:
    """The spans made visible; of a monstrous line only its beginning."""
    room = _MOST_CHARACTERS
    for span in spans:
        if room <= 0:
            yield Span(" … the rest of this line is not shown", "attention")
            return
        yield Span(visible(span.text[:room]), span.tone)
        room -= len(span.text)
