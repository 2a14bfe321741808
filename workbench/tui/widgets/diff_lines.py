"""How one row of a diff looks: signs, numbers, what changed within a line, and marks where a line goes on."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip

from workbench.reviews.diff import DiffLine, FileDiff
from workbench.reviews.diff_text import odd_lines
from workbench.reviews.file_notes import notes_of
from workbench.reviews.odd_characters import odd_characters
from workbench.text import cell_width, fit, keep_end, visible
from workbench.tui.widgets.diff_layers import PLAIN_SIGHT, Layer, Sight, hidden_places, in_shown, layered, matches
from workbench.tui.widgets.diff_rows import MAX_CHARACTERS, Row, RowKind, changed_words, shown, shown_whole
from workbench.tui.widgets.diff_wrap import parts

_STATUS = {"added": "A", "deleted": "D", "modified": "M", "renamed": "R", "mode": "X"}
_CUT_LEFT, _CUT_RIGHT = "‹", "›"

_REVERSE = Style(reverse=True)

Spans = Sequence[tuple[int, int]]


@dataclass(frozen=True, slots=True)
class Palette:
    """The styles of a diff, and how wide its line numbers are.

    Attributes:
        tones: What a tone of the language looks like on a line of a kind: the colour only.
        hidden: Lies over what can't be seen; `match` over what was searched for, `match_here` where the cursor is.
    """

    plain: Style
    added: Style
    added_word: Style
    removed: Style
    removed_word: Style
    number: Style
    file: Style
    status: Style
    hunk: Style
    note: Style
    gap: Style
    digits: int
    tones: Mapping[tuple[str, str], Style] = field(default_factory=dict)
    hidden: Style = _REVERSE
    match: Style = _REVERSE
    match_here: Style = _REVERSE

    def of(self, kind: str) -> tuple[Style, Style]:
        """The styles of a line and of the words in it that changed."""
        if kind == "+":
            return self.added, self.added_word
        if kind == "-":
            return self.removed, self.removed_word
        return self.plain, self.plain


class About(NamedTuple):
    """What a file's heading says besides: lines that came and went, and whether the file was ticked as viewed."""

    added: int
    removed: int
    viewed: bool = False


class _Cut(NamedTuple):
    """What of a line is drawn: from `left` on, or (None) the part of it that stands in this row."""

    left: int | None
    part: int


def draw_row(
    file: FileDiff, about: About, row: Row, palette: Palette, left: int | None, width: int, sight: Sight = PLAIN_SIGHT
) -> Strip:
    """One row, exactly `width` cells; `left` is how far the text is scrolled, None where long lines are wrapped.

    The first cell is free for the cursor's mark.
    """
    if row.kind is RowKind.BLANK:
        return Strip.blank(width, palette.plain)
    if row.kind is RowKind.FILE:
        segments = _heading(file, about, palette, width)
    elif row.kind is RowKind.NOTE:
        segments = [Segment(fit(f"   ! {visible(notes_of(file)[row.left])}", width), palette.note)]
    elif row.kind is RowKind.HUNK:
        hunk = file.hunks[row.hunk]
        place = f"   @@ -{hunk.old_start},{hunk.old_count} +{hunk.new_start},{hunk.new_count} @@ "
        segments = [Segment(fit(place + visible(hunk.heading), width), palette.hunk)]
    elif row.kind is RowKind.ODD:
        segments = [Segment(fit(_odd(file.hunks[row.hunk].lines[row.left], row.right), width), palette.note)]
    elif row.kind is RowKind.LINE:
        segments = _unified(file.hunks[row.hunk].lines, row, palette, _Cut(left, row.part), width, sight)
    else:
        segments = _side_by_side(file.hunks[row.hunk].lines, row, palette, _Cut(left, row.part), width, sight)
    return Strip(segments).adjust_cell_length(width, palette.plain)


def _odd(line: DiffLine, place: int) -> str:
    """What stands below a line of one place in it: which side it is on, and what is there."""
    said = odd_lines(odd_characters(line.text[:MAX_CHARACTERS]))
    words = said[place] if place < len(said) else "hidden characters beyond what is shown of this line"
    return f"    {line.kind} ! {words}"


def text_room(width: int, digits: int, split: bool) -> int:
    """Cells for the text of one line in a view of this width."""
    return (width - 2) // 2 - digits - 3 if split else width - 2 * digits - 5


def _heading(file: FileDiff, about: About, palette: Palette, width: int) -> list[Segment]:
    """Sign, path, what happened to the file, and how many lines came and went."""
    numbers = f"+{about.added:,} -{about.removed:,} " if about.added or about.removed else ""
    word: str = "mode changed" if file.status == "mode" else file.status
    word += "  ✓ viewed" if about.viewed else ""
    path = keep_end(visible(file.path), max(8, width - len(numbers) - len(word) - 6))
    return [
        Segment(f" {_STATUS[file.status]} ", palette.status),
        Segment(fit(f"{path}  ", min(cell_width(path) + 2, width - 3)), palette.file),
        Segment(fit(word, max(0, width - 5 - cell_width(path) - len(numbers))), palette.file + Style(bold=False)),
        Segment(numbers, palette.file + Style(bold=False)),
    ]


def _unified(
    lines: Sequence[DiffLine], row: Row, palette: Palette, cut: _Cut, width: int, sight: Sight
) -> list[Segment]:
    line = lines[row.left]
    old, new = (None, None) if cut.part else (line.old, line.new)
    numbers = f" {_number(old, palette.digits)} {_number(new, palette.digits)} "
    words = _words(line, lines[row.right] if row.right >= 0 else None)
    room = text_room(width, palette.digits, False)
    return [Segment(numbers, palette.number), *_text(line, words, palette, cut, room, sight)]


def _side_by_side(
    lines: Sequence[DiffLine], row: Row, palette: Palette, cut: _Cut, width: int, sight: Sight
) -> list[Segment]:
    old = lines[row.left] if row.left >= 0 else None
    new = lines[row.right] if row.right >= 0 else None
    room = text_room(width, palette.digits, True)
    pair = (new, old) if old is not new else (None, None)
    return [
        Segment(" ", palette.plain),
        *_side(old, pair[0], old.old if old else None, palette, cut, room, sight),
        Segment(" ", palette.plain),
        *_side(new, pair[1], new.new if new else None, palette, cut, room, sight, width % 2),
    ]


def _side(
    line: DiffLine | None,
    other: DiffLine | None,
    number: int | None,
    palette: Palette,
    cut: _Cut,
    room: int,
    sight: Sight,
    spare: int = 0,
) -> list[Segment]:
    if line is None:
        return [Segment(" " * (palette.digits + room + spare + 3), palette.gap)]
    numbers = Segment(f"{_number(None if cut.part else number, palette.digits)} ", palette.number)
    return [numbers, *_text(line, _words(line, other), palette, cut, room, sight, spare)]


def _words(line: DiffLine, other: DiffLine | None) -> Spans:
    """The spans of `line` that differ from the line it stands against."""
    if other is None or line.kind == " ":
        return ()
    if line.kind == "-":
        return changed_words(shown(line.text), shown(other.text))[0]
    return changed_words(shown(other.text), shown(line.text))[1]


def _text(
    line: DiffLine, words: Spans, palette: Palette, cut: _Cut, room: int, sight: Sight, spare: int = 0
) -> list[Segment]:
    """The sign and the visible part of a line, `room` cells, `spare` ones and two, with marks where it goes on."""
    base, word = palette.of(line.kind)
    text = shown_whole(line.text)
    whole = Strip(layered(text, base, _layers(line, words, word, palette, sight)))
    if cut.left is None:
        found = parts(text, room)
        begin, end = found[cut.part] if cut.part < len(found) else (0, 0)
        body = whole.crop(begin, end).adjust_cell_length(room + spare, base)
        return [Segment(line.kind, base), *body, Segment(" ", base)]
    room += spare
    length = whole.cell_length
    body = whole.crop(cut.left, cut.left + room).adjust_cell_length(room, base)
    if cut.left > 0 and length > 0:
        body = Strip.join([Strip([Segment(_CUT_LEFT, palette.number + base)]), body.crop(1)])
    rest = _CUT_RIGHT if length > cut.left + room else " "
    return [Segment(line.kind, base), *body, Segment(rest, base)]


def _number(number: int | None, digits: int) -> str:
    return " " * digits if number is None else f"{number:>{digits}}"


def _layers(line: DiffLine, words: Spans, word: Style, palette: Palette, sight: Sight) -> list[Layer]:
    """What lies over a line's text; what was searched for is on top, then what is hidden."""
    kind = line.kind
    marks = [
        (start, end, palette.tones[kind, tone])
        for start, end, tone in sight.colours(line)
        if (kind, tone) in palette.tones
    ]
    layers = list(in_shown(line.text, marks))
    layers += [(start, end, word) for start, end in words]
    found = palette.match_here if sight.current else palette.match
    above = [(start, end, palette.hidden) for start, end in hidden_places(line.text)]
    above += [(start, end, found) for start, end in matches(line.text, sight.words)]
    return layers + list(in_shown(line.text, above))
