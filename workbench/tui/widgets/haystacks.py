"""What a filter looks for its words in: the text of each row of a list, made once, and some at a time."""

from collections.abc import Collection, Sequence
from itertools import compress
from operator import attrgetter
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from workbench.tui.widgets.virtual_list import Row

_ID = attrgetter("id")


class Haystacks:
    """The texts of rows, in lower case."""

    def __init__(self, rows: "Sequence[Row]", before: "Haystacks | None" = None) -> None:
        self._rows = rows
        self._done = 0
        self._texts: list[str]
        known: dict[int, str] = {}
        if before is not None and before._done:
            # The rows of before live as long as `before`, so that an id stands for one of them.
            known = {id(row): text for row, text in zip(before._rows, before._texts, strict=True) if text}
        self._texts = [known.get(id(row), "") for row in rows] if known else [""] * len(rows)

    @property
    def complete(self) -> bool:
        """Whether every row has its text."""
        return self._done >= len(self._texts)

    def fill(self, count: int) -> None:
        """Make the texts of so many rows that have none yet."""
        rows, texts = self._rows, self._texts
        while count > 0 and self._done < len(texts):
            if not texts[self._done]:
                texts[self._done] = _text(rows[self._done])
                count -= 1
            self._done += 1

    def matching(self, words: Sequence[str], kept: Collection[str] | None) -> "list[Row]":
        """The rows whose id is among `kept` and that hold all of the words, which are in lower case."""
        self.fill(len(self._texts))
        rows, texts = list(self._rows), self._texts
        for number, word in enumerate(words, start=1):
            holds = [word in text for text in texts]
            rows = list(compress(rows, holds))
            texts = list(compress(texts, holds)) if number < len(words) else texts
        return rows if kept is None else list(compress(rows, map(kept.__contains__, map(_ID, rows))))


def _text(row: "Row") -> str:
    """A line break stands between cells, and after them, so that no row's text is empty."""
    return "\n".join([*[cell if isinstance(cell, str) else cell.text for cell in row.cells], row.also, ""]).casefold()
