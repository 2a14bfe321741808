"""Comments between the rows of a diff: each below its line, wrapped to the width, folded to one row when done."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip

from workbench.reviews.diff import SkillDiff
from workbench.text import cell_width, truncate, visible, visible_lines
from workbench.tui.widgets.diff_rows import DiffRows, Row, RowKind
from workbench.tui.widgets.text_view import wrap
from workbench.tui.widgets.tones import Span

Side = Literal["old", "new"]

_MOST_ROWS = 400
"""So many rows of one comment are shown; the rest is counted."""
_LEAST_ROOM = 20
_BAR = "┃ "


@dataclass(frozen=True, slots=True)
class Remark:
    """What stands below a line: a thread, or a draft.

    Attributes:
        id: Names it among all that are shown.
        path: The file; None for the skill as a whole.
        line: The line below which it stands, of `side`; None for the whole file, or where its line is gone.
        where: Its place in words, said where it can't stand below its line.
        head: Who, when, in which state.
        body: What is said, block by block; each is raw text in a tone.
        short: All of it on one row, while it is folded.
        tone: Of the bar beside it.
    """

    id: str
    path: str | None
    line: int | None
    side: Side
    where: str
    head: tuple[Span, ...]
    body: tuple[Span, ...]
    short: tuple[Span, ...]
    folded: bool = False
    tone: str = "accent"


@dataclass(frozen=True, slots=True)
class Said:
    """One row of a remark; its text is visible already.

    Attributes:
        remark: Which one, by its place among all.
        first: Whether it is the remark's first row.
    """

    remark: int
    spans: tuple[Span, ...]
    first: bool = False


def with_remarks(
    diff: SkillDiff, index: DiffRows, remarks: Sequence[Remark], room: int
) -> tuple[DiffRows, list[Said], list[int]]:
    """The rows with the remarks between them; what their rows say; and the row of each remark's beginning.

    A COMMENT row's `left` is its place in what they say. Remarks whose line is not among the rows stand below the
    file's heading, those of files that did not change above everything.

    Args:
        room: Cells for text.
    """
    said: list[Said] = []
    rows: list[Row] = []
    starts: list[int] = []
    shifts: list[tuple[int, int]] = []
    below = _homes(diff, index, remarks)

    def put(numbers: Sequence[int], file: int, *, named: bool) -> None:
        for number in numbers:
            starts.append(len(rows))
            for one in _lines(remarks[number], number, room, named=named):
                rows.append(Row(RowKind.COMMENT, file, -1, len(said)))
                said.append(one)

    put(below.get(-1, ()), 0, named=True)
    for at, row in enumerate(index.rows):
        shifts.append((at, len(rows)))
        rows.append(row)
        if at + 1 == len(index.rows) or not index.rows[at + 1].part:
            put(below.get(at - row.part, ()), row.file, named=row.kind in (RowKind.FILE, RowKind.NOTE))
    moved = dict(shifts)
    shifted = replace(
        index, rows=rows, files=[moved[at] for at in index.files], hunks=[moved[at] for at in index.hunks]
    )
    return shifted, said, starts


def draw_said(said: Said, indent: int, ground: Style, tones: Sequence[Style], bar: Style, width: int) -> Strip:
    """One row of a remark, exactly `width` cells.

    Args:
        tones: The style of each of its spans.
    """
    segments = [Segment(" " * indent, ground), Segment(_BAR, ground + bar)]
    segments += [Segment(span.text, ground + tone) for span, tone in zip(said.spans, tones, strict=True)]
    return Strip(segments).adjust_cell_length(width, ground)


def _homes(diff: SkillDiff, index: DiffRows, remarks: Sequence[Remark]) -> dict[int, list[int]]:
    """The row below which each remark stands: -1 for the top."""
    wanted: dict[tuple[str, Side, int], list[int]] = {}
    headings = {file.path: index.files[number] for number, file in enumerate(diff.files)}
    homes: dict[int, list[int]] = {}
    for number, remark in enumerate(remarks):
        if remark.path in headings and remark.line is not None:
            wanted.setdefault((remark.path, remark.side, remark.line), []).append(number)
    placed: set[int] = set()
    if wanted:
        some = {number for number, file in enumerate(diff.files) if any(file.path == path for path, _, _ in wanted)}
        for at, row in enumerate(index.rows):
            if row.file not in some:
                continue
            for key in _keys(diff, row):
                if numbers := wanted.pop(key, None):
                    homes.setdefault(_last_of(index, at), []).extend(numbers)
                    placed.update(numbers)
    for number, remark in enumerate(remarks):
        if number not in placed:
            heading = headings.get(remark.path or "")
            homes.setdefault(-1 if heading is None else _last_of(index, heading), []).append(number)
    return homes


def _keys(diff: SkillDiff, row: Row) -> Iterator[tuple[str, Side, int]]:
    """The lines that a row shows."""
    if row.kind not in (RowKind.LINE, RowKind.PAIR):
        return
    file = diff.files[row.file]
    lines = file.hunks[row.hunk].lines
    old, new = (row.left, row.left) if row.kind is RowKind.LINE else (row.left, row.right)
    if new >= 0 and (number := lines[new].new) is not None:
        yield file.path, "new", number
    if old >= 0 and (number := lines[old].old) is not None:
        yield file.path, "old", number


def _last_of(index: DiffRows, at: int) -> int:
    """The last of the rows that belong to a line or a heading: notes stand between it and a remark."""
    while at + 1 < len(index.rows) and index.rows[at + 1].kind in _BELONGING:
        at += 1
    return at


_BELONGING = (RowKind.NOTE, RowKind.ODD)


def _lines(remark: Remark, number: int, room: int, *, named: bool) -> Iterator[Said]:
    where = (Span(f"{visible(remark.where)}  ", "title"),) if named and remark.where else ()
    room = max(_LEAST_ROOM, room - len(_BAR))
    if remark.folded:
        yield Said(number, _fit((*where, *remark.short), room), first=True)
        return
    yield Said(number, _fit((*where, *remark.head), room), first=True)
    count = 0
    for block in remark.body:
        for line in visible_lines(block.text.rstrip("\n")):
            for start, end in wrap(line, room):
                count += 1
                if count <= _MOST_ROWS:
                    yield Said(number, (Span(line[start:end], block.tone),))
    if count > _MOST_ROWS:
        yield Said(number, (Span(f"… {count - _MOST_ROWS:,} more rows: workbench review comments", "muted"),))


def _fit(spans: Sequence[Span], room: int) -> tuple[Span, ...]:
    """Spans on one row, made visible and cut where there is no room for more."""
    kept = []
    for span in spans:
        text = visible(span.text)
        width = cell_width(text)
        if width > room:
            kept.append(Span(truncate(text, room), span.tone))
            break
        kept.append(Span(text, span.tone))
        room -= width
    return tuple(kept)
