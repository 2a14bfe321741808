"""Which entries differ between two trees, from the bytes of git's tree objects.

The trees of a wide folder follow each other through a history and are nearly the same bytes. What two of them have in
common at either end is found by comparing memory; only what is between is taken apart. So thousands of trees of
thousands of entries are compared in the time in which a comparison by entry reads a few hundred.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable

Entry = tuple[bytes, bytes]
"""An entry of a tree: its octal mode without leading zeros, and its object's id."""

TREE_MODE = b"40000"
_SMALL = 2_000
"""Trees of so few bytes are taken apart sooner than compared."""


class Tree:
    """One tree object's content; where its entries begin is worked out when it is asked for, or taken from a neighbour.

    Args:
        data: Its content.
        width: How many bytes an object id has.
    """

    __slots__ = ("_starts", "_width", "data")

    def __init__(self, data: bytes, width: int) -> None:
        self.data = data
        self._width = width
        self._starts: list[int] | None = None

    @property
    def starts(self) -> list[int]:
        """Where each entry begins."""
        if self._starts is None:
            self._starts = []
            at = 0
            while at < len(self.data):
                self._starts.append(at)
                at = self._next(at)
        return self._starts

    def entries(self, starts: Iterable[int]) -> dict[bytes, Entry]:
        """The entries that begin at these places, by name."""
        data, width = self.data, self._width
        found = {}
        for start in starts:
            blank = data.index(b" ", start)
            end = data.index(b"\0", blank)
            found[data[blank + 1 : end]] = data[start:blank], data[end + 1 : end + 1 + width]
        return found

    def all_entries(self) -> dict[bytes, Entry]:
        """All entries by name."""
        data, width = self.data, self._width
        found = {}
        start = 0
        while start < len(data):
            blank = data.index(b" ", start)
            end = data.index(b"\0", blank)
            start, mode = end + 1 + width, data[start:blank]
            found[data[blank + 1 : end]] = mode, data[end + 1 : start]
        return found

    def differing(self, other: "Tree") -> tuple[dict[bytes, Entry], dict[bytes, Entry]]:
        """The entries of this tree and of another around what differs; some of them may be equal."""
        if len(self.data) + len(other.data) < _SMALL or not self.data or not other.data:
            return self.all_entries(), other.all_entries()
        if self._starts is None and other._starts is not None:
            there, here = other.differing(self)
            return here, there
        starts = self.starts
        first = max(bisect_right(starts, _common_start(self.data, other.data)) - 1, 0)
        last, between = self._until_equal(other, first)
        if other._starts is None:
            after, shift = starts[last:], len(other.data) - len(self.data)
            other._starts = starts[:first] + between + (after if shift == 0 else [start + shift for start in after])
        return self.entries(starts[first:last]), other.entries(between)

    def _until_equal(self, other: "Tree", first: int) -> tuple[int, list[int]]:
        """From entry number `first` on: the entry where all is equal again, and where theirs begin until then."""
        mine, theirs, starts = self.data, other.data, self.starts
        begin = starts[first]
        shift = len(theirs) - len(mine)
        between: list[int] = []
        if begin < len(theirs):
            # Nearly always it is one entry that was changed or added.
            at = other._next(begin)
            for last in (first + 1, first):
                if (
                    at - shift == (starts[last] if last < len(starts) else len(mine))
                    and mine[at - shift :] == theirs[at:]
                ):
                    return last, [begin]
        equal_from = len(theirs) - _common_end(mine, theirs, begin)
        at = begin
        while at < len(theirs):
            if at >= equal_from:
                last = bisect_left(starts, at - shift)
                if last < len(starts) and starts[last] == at - shift:
                    return last, between
            between.append(at)
            at = other._next(at)
        return len(starts), between

    def _next(self, at: int) -> int:
        return self.data.index(b"\0", at) + 1 + self._width


def _common_start(one: bytes, two: bytes) -> int:
    """How many bytes two texts have in common at their beginning."""
    low, high = 0, min(len(one), len(two))
    if one[:high] == two[:high]:
        return high
    while high - low > 1:
        middle = (low + high) // 2
        if one[low:middle] == two[low:middle]:
            low = middle
        else:
            high = middle
    return low


def _common_end(one: bytes, two: bytes, begin: int) -> int:
    """How many bytes two texts have in common at their end, what comes before `begin` left aside."""
    low, high = 0, min(len(one), len(two)) - begin
    if high <= 0 or one[len(one) - high :] == two[len(two) - high :]:
        return max(high, 0)
    while high - low > 1:
        middle = (low + high) // 2
        if one[len(one) - middle : len(one) - low] == two[len(two) - middle : len(two) - low]:
            low = middle
        else:
            high = middle
    return low
