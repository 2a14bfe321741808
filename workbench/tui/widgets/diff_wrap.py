"""Where a long line goes on in the next row: behind a blank where one is near, and never within a character."""

from functools import lru_cache

from workbench.text import cell_width

_LEAST = 8
"""In fewer cells nothing is wrapped: a row would hold hardly a word."""


@lru_cache(maxsize=4_096)
def parts(text: str, room: int) -> tuple[tuple[int, int], ...]:
    """The cells at which each row's part of a shown line begins and ends, at most `room` of them in each."""
    if room < _LEAST or (len(text) <= room and text.isascii()):
        return ((0, max(room, cell_width(text))),)
    found = []
    cells = at = 0
    while at < len(text):
        end = _fitting(text, at, room)
        if end < len(text):
            blank = text.rfind(" ", at + room // 2, end)
            end = blank + 1 if blank >= 0 else end
        width = cell_width(text[at:end])
        found.append((cells, cells + width))
        cells += width
        at = end
    return tuple(found) or ((0, room),)


def _fitting(text: str, at: int, room: int) -> int:
    """Where what fits into `room` cells from `at` ends; one character at least."""
    end = min(len(text), at + room)
    part = text[at:end]
    if part.isascii():
        return end
    width = 0
    for place in range(at, end):
        width += cell_width(text[place])
        if width > room:
            return max(place, at + 1)
    # Characters that take no cell belong to the one before them.
    while end < len(text) and cell_width(text[end]) == 0:
        end += 1
    return end
