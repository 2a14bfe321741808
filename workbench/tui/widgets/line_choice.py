"""Which lines of a diff a comment is about: those between two rows, of one file and one side."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from workbench.reviews.diff import DiffLine, SkillDiff
from workbench.tui.widgets.diff_rows import Row, RowKind


@dataclass(frozen=True, slots=True)
class Choice:
    """Lines of a file, or the file as a whole.

    Attributes:
        line: The first line; None for the whole file.
        lines: Their texts, as git has them.
    """

    path: str
    side: Literal["old", "new"] = "new"
    line: int | None = None
    end_line: int | None = None
    lines: tuple[str, ...] = ()


def choose(diff: SkillDiff, rows: Sequence[Row], start: int, end: int) -> Choice | None:
    """The lines from one row to another: of the new side where there are any, else of the old one.

    None where the rows are of several files, or nothing between them is of a file.
    """
    first, last = min(start, end), max(start, end)
    some = [row for row in rows[first : last + 1] if row.kind is not RowKind.BLANK]
    files = {row.file for row in some}
    if len(files) != 1:
        return None
    file = diff.files[files.pop()]
    lines = [line for row in some for line in _lines(diff, row)]
    new = [line for line in lines if line.new is not None]
    chosen = new or lines
    if not chosen:
        return Choice(file.path)
    numbers = sorted({line.new if new else line.old for line in chosen} - {None}, key=lambda number: number or 0)
    texts = {(line.new if new else line.old): line.text for line in chosen}
    side: Literal["old", "new"] = "new" if new else "old"
    # The old side of a renamed file is at its old path.
    path = file.path if new else file.old_path or file.path
    return Choice(path, side, numbers[0], numbers[-1], tuple(texts[number] for number in numbers))


def _lines(diff: SkillDiff, row: Row) -> tuple[DiffLine, ...]:
    if row.kind not in (RowKind.LINE, RowKind.PAIR):
        return ()
    lines = diff.files[row.file].hunks[row.hunk].lines
    sides = (row.left,) if row.kind is RowKind.LINE else (row.left, row.right)
    return tuple(dict.fromkeys(lines[at] for at in sides if at >= 0))
