"""Columns for rows drawn as text: aligned, cut to the width, the less important ones only where there is room."""

from collections.abc import Sequence
from dataclasses import dataclass

_GAP = 2


@dataclass(frozen=True, slots=True)
class Column:
    """One column.

    Attributes:
        width: Cells; 0 takes what the others leave.
        right: Aligned to the right, as numbers are.
        least: Shown only from this width of the whole row on.
        path: Cut at the beginning where it is too long, since the end tells one path from another.
    """

    title: str
    width: int
    right: bool = False
    least: int = 0
    path: bool = False


def layout(columns: Sequence[Column], width: int) -> list[tuple[int, Column, int]]:
    """(index, column, cells) of the columns that are shown in a row of `width` cells."""
    shown = [(index, column) for index, column in enumerate(columns) if width >= column.least]
    taken = sum(column.width for _, column in shown) + _GAP * max(0, len(shown) - 1)
    flexible = sum(column.width == 0 for _, column in shown)
    share = max(4, (width - taken) // flexible) if flexible else 0
    return [(index, column, column.width or share) for index, column in shown]
