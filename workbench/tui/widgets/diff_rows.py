"""The rows of a diff on the screen: a compact index made once, so that the view draws only what is visible."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from difflib import SequenceMatcher
from enum import IntEnum
from typing import Literal, NamedTuple

from workbench.reviews.diff import DiffLine, Hunk, SkillDiff
from workbench.reviews.diff_text import odd_lines
from workbench.reviews.file_notes import notes_of
from workbench.reviews.odd_characters import has_odd, may_be_odd, odd_characters
from workbench.text import cell_width, visible
from workbench.tui.widgets.diff_wrap import parts

MAX_CHARACTERS = 4_000
"""What is shown of one line at most; the row says how long the line is."""

_MOST_ODD_ROWS = 2_000
"""Rows of a hunk that name what is hidden; where there are more, a line has one such row."""

_TAB_STOP = 4
_TOKEN = re.compile(r"\w+|\s+|[^\w\s]")
_WORD_DIFF_CHARACTERS = 600
_WORD_DIFF_RATIO = 0.4


class RowKind(IntEnum):
    """What one row shows."""

    FILE = 0
    NOTE = 1
    HUNK = 2
    LINE = 3
    PAIR = 4
    BLANK = 5
    ODD = 6
    COMMENT = 7


class Row(NamedTuple):
    """One row of the screen, as indices into the diff.

    For LINE, `left` is the line and `right` the line it replaces or is replaced by; for PAIR they are the two sides;
    for NOTE `left` is the note; for ODD, below a line with something hidden in it, `left` is the line and `right` which
    of its places; for COMMENT `left` is one of the rows that `comment_rows` made. -1 where there is none. `part` counts
    the rows of one long line that is wrapped, from 0.
    """

    kind: RowKind
    file: int
    hunk: int = -1
    left: int = -1
    right: int = -1
    part: int = 0


@dataclass(frozen=True, slots=True)
class DiffRows:
    """All rows of a diff in one layout.

    Attributes:
        rows: Every row, top to bottom.
        files: Row of each file's heading.
        hunks: Rows of all hunk headings.
        text_width: Cells of the widest line of text.
        number_width: Digits of the largest line number, at least three.
    """

    rows: list[Row]
    files: list[int]
    hunks: list[int]
    text_width: int
    number_width: int


def index_rows(diff: SkillDiff, *, split: bool, wrapped: Callable[[int, bool], int] | None = None) -> DiffRows:
    """The rows of `diff`: side by side if `split`, but for files that have one side only.

    Args:
        wrapped: Gives the cells that a line's text has, from the digits of its numbers and whether it stands beside
            another; None to have one row for a line, however long it is.
    """
    digits = _digits(diff)
    rows: list[Row] = []
    files: list[int] = []
    hunks: list[int] = []
    widest = 0
    for f, file in enumerate(diff.files):
        if rows:
            rows.append(Row(RowKind.BLANK, f - 1))
        files.append(len(rows))
        rows.append(Row(RowKind.FILE, f))
        rows.extend(Row(RowKind.NOTE, f, -1, n) for n in range(len(notes_of(file))))
        beside = split and file.status not in ("added", "deleted")
        for h, hunk in enumerate(file.hunks):
            hunks.append(len(rows))
            rows.append(Row(RowKind.HUNK, f, h))
            made = _paired(hunk, f, h) if beside else _in_line(hunk, f, h)
            wide = _widest(hunk)
            if wrapped is not None and wide > (room := wrapped(digits, beside)):
                made = _with_parts(hunk, made, room)
            rows.extend(_with_odd(hunk, made) if may_be_odd(line.text for line in hunk.lines) else made)
            widest = max(widest, wide)
    return DiffRows(rows, files, hunks, 0 if wrapped else widest, digits)


def _digits(diff: SkillDiff) -> int:
    """Digits of the largest line number, at least three."""
    ends = (
        max(hunk.old_start + hunk.old_count, hunk.new_start + hunk.new_count)
        for file in diff.files
        for hunk in file.hunks
    )
    return max(3, len(str(max(ends, default=0))))


def _with_parts(hunk: Hunk, rows: Iterator[Row], room: int) -> Iterator[Row]:
    """The rows of a hunk, a long line in as many as it needs."""
    lines = hunk.lines
    for row in rows:
        sides = (row.left, row.right) if row.kind is RowKind.PAIR else (row.left,)
        count = 1
        for at in sides:
            if at >= 0 and (len(lines[at].text) > room or not lines[at].text.isascii() or "\t" in lines[at].text):
                count = max(count, len(parts(shown_whole(lines[at].text), room)))
        yield row
        for part in range(1, count):
            yield row._replace(part=part)


class Place(NamedTuple):
    """A line by what does not change when it is shown in another way: its file, side and number."""

    path: str
    side: Literal["old", "new"]
    line: int


def place_of(diff: SkillDiff, row: Row) -> Place | None:
    """The line that a row shows or is below, of its new side where it has one; None where there is none."""
    if row.kind not in (RowKind.LINE, RowKind.PAIR, RowKind.ODD):
        return None
    file = diff.files[row.file]
    lines = file.hunks[row.hunk].lines
    sides = (row.right, row.left) if row.kind is RowKind.PAIR else (row.left,)
    for line in (lines[at] for at in sides if at >= 0):
        if line.new is not None:
            return Place(file.path, "new", line.new)
        if line.old is not None:
            return Place(file.path, "old", line.old)
    return None


def row_at(diff: SkillDiff, index: DiffRows, place: Place) -> int | None:
    """The row that shows a line, or the file's heading where none does; None where the file is not there."""
    number = next((n for n, file in enumerate(diff.files) if file.path == place.path), None)
    if number is None:
        return None
    first = index.files[number]
    after = index.files[number + 1] if number + 1 < len(index.files) else len(index.rows)
    for at in range(first, after):
        row = index.rows[at]
        if row.kind in (RowKind.LINE, RowKind.PAIR):
            lines = diff.files[number].hunks[row.hunk].lines
            sides = (row.left,) if row.kind is RowKind.LINE else (row.left, row.right)
            if any(one >= 0 and getattr(lines[one], place.side) == place.line for one in sides):
                return at
    return first


def matching(diff: SkillDiff, index: DiffRows, words: str) -> list[int]:
    """The rows whose text holds `words`, whatever their case."""
    asked = words.casefold()
    found = []
    for number, row in enumerate(index.rows):
        if row.part:
            continue
        if row.kind is RowKind.LINE:
            sides: tuple[int, ...] = (row.left,)
        elif row.kind is RowKind.PAIR:
            sides = (row.left, row.right)
        else:
            continue
        lines = diff.files[row.file].hunks[row.hunk].lines
        if any(at >= 0 and asked in lines[at].text.casefold() for at in sides):
            found.append(number)
    return found if asked else []


def shown(text: str) -> str:
    """One line of a file as it may reach the screen: tabs expanded, nothing hidden, nothing that acts."""
    text = text[:MAX_CHARACTERS].rstrip("\n").removesuffix("\r")
    return visible(text.expandtabs(_TAB_STOP) if "\t" in text else text)


def places_in_shown(text: str) -> list[int] | None:
    """Where each character of a line begins in `shown(text)`, and its end; None where they are the same."""
    text = text[:MAX_CHARACTERS].rstrip("\n").removesuffix("\r")
    if text.isascii() and text.isprintable():
        return None
    places, at, column = [], 0, 0
    for char in text:
        places.append(at)
        if char == "\t":
            width = _TAB_STOP - column % _TAB_STOP
            at, column = at + width, column + width
        else:
            at += len(visible(char))
            column = 0 if char == "\r" else column + 1
    return [*places, at]


def shown_whole(text: str) -> str:
    """A line as it is drawn: what may be shown of it, and how long it is where that is not all."""
    more = f" … {len(text):,} characters" if len(text) > MAX_CHARACTERS else ""
    return shown(text) + more


def changed_words(old: str, new: str) -> tuple[list[tuple[int, int]], list[tuple[int, int]]]:
    """Which characters of two shown lines differ, as spans of each; empty where the lines have too little in common."""
    if max(len(old), len(new)) > _WORD_DIFF_CHARACTERS:
        return [], []
    left, right = _TOKEN.findall(old), _TOKEN.findall(new)
    matcher = SequenceMatcher(None, left, right, autojunk=False)
    if matcher.ratio() < _WORD_DIFF_RATIO:
        return [], []
    left_at, right_at = _offsets(left), _offsets(right)
    old_spans, new_spans = [], []
    for tag, a, b, c, d in matcher.get_opcodes():
        if tag != "equal":
            if b > a:
                old_spans.append((left_at[a], left_at[b]))
            if d > c:
                new_spans.append((right_at[c], right_at[d]))
    return old_spans, new_spans


def _offsets(tokens: list[str]) -> list[int]:
    offsets = [0]
    for token in tokens:
        offsets.append(offsets[-1] + len(token))
    return offsets


def _widest(hunk: Hunk) -> int:
    """Cells of the hunk's widest line; only lines that could be the widest are measured."""
    widest = 0
    for line in hunk.lines:
        text = line.text
        if text.isascii() and text.isprintable():
            if len(text) > widest:
                widest = min(len(text), MAX_CHARACTERS)
        else:
            widest = max(widest, cell_width(shown(text)))
    return widest


def _blocks(lines: tuple[DiffLine, ...]) -> Iterator[tuple[int, int, int]]:
    """Runs of lines as (start, where additions begin, end): an unchanged line alone, or removals with what follows."""
    i, count = 0, len(lines)
    while i < count:
        start = i
        if lines[i].kind == " ":
            i += 1
            yield start, i, i
            continue
        while i < count and lines[i].kind == "-":
            i += 1
        middle = i
        while i < count and lines[i].kind == "+":
            i += 1
        yield start, middle, i


def _in_line(hunk: Hunk, f: int, h: int) -> Iterator[Row]:
    for start, middle, end in _blocks(hunk.lines):
        pairs = min(middle - start, end - middle)
        for i in range(start, middle):
            yield Row(RowKind.LINE, f, h, i, middle + i - start if i - start < pairs else -1)
        for i in range(middle, end):
            yield Row(RowKind.LINE, f, h, i, start + i - middle if i - middle < pairs else -1)


def _paired(hunk: Hunk, f: int, h: int) -> Iterator[Row]:
    for start, middle, end in _blocks(hunk.lines):
        if middle == end and hunk.lines[start].kind == " ":
            yield Row(RowKind.PAIR, f, h, start, start)
            continue
        for i in range(max(middle - start, end - middle)):
            left = start + i if start + i < middle else -1
            right = middle + i if middle + i < end else -1
            yield Row(RowKind.PAIR, f, h, left, right)


def _with_odd(hunk: Hunk, rows: Iterator[Row]) -> Iterator[Row]:
    """The rows of a hunk, below each line that has something hidden in it a row for each place."""
    room = _MOST_ODD_ROWS
    behind: list[Row] = []
    for row in rows:
        if not row.part:
            yield from behind
            behind = []
        yield row
        if row.part:
            continue
        sides = (row.left, row.right) if row.kind is RowKind.PAIR and row.left != row.right else (row.left,)
        for at in sides:
            if at >= 0 and has_odd(hunk.lines[at].text):
                count = len(odd_lines(odd_characters(hunk.lines[at].text[:MAX_CHARACTERS]))) if room > 0 else 1
                room -= count
                behind += [Row(RowKind.ODD, row.file, row.hunk, at, place) for place in range(max(1, count))]
    yield from behind
