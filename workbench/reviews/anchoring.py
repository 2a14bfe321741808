"""Where a comment's lines are in another state of the file: found by what surrounds them, or not at all.

The lines are looked for (1) by the digest of the lines with three around them on either side; of several such places
the one whose wider surroundings agree longest, then the nearest; (2) by the lines alone, where they stand only once, or
where one place agrees with more of the surroundings than all others. What is not found is outdated, never guessed.
"""

import hashlib
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

AROUND = 3
"""So many lines on either side belong to a context."""
_WIDE = 100
_MOST_PLACES = 200
"""Of lines that stand more often, only the places nearest to where they were are looked at."""
_REACH = 300
"""So far from where it was a context is looked for whose lines are not known."""


class Lines(tuple[str, ...]):
    """The lines of a file, which know where each text stands: many comments on one file are found in no time."""

    @cached_property
    def where(self) -> dict[str, list[int]]:
        """The places of each text, from 1."""
        found: dict[str, list[int]] = {}
        for number, text in enumerate(self, start=1):
            found.setdefault(text, []).append(number)
        return found


@dataclass(frozen=True, slots=True)
class Spot:
    """Lines of a file with what surrounds them; texts as git has them.

    Attributes:
        line: The first line, from 1.
        before: Lines above, the nearest last.
        after: Lines below, the nearest first.
        alone: Whether the same lines stand nowhere else in the file.
    """

    line: int
    within: tuple[str, ...]
    before: tuple[str, ...] = ()
    after: tuple[str, ...] = ()
    alone: bool = True

    @property
    def end_line(self) -> int:
        """The last line."""
        return self.line + len(self.within) - 1

    @property
    def context(self) -> str:
        """The digest that a comment keeps: of the lines and up to three on either side."""
        return _digest(self.before[-AROUND:], self.within, self.after[:AROUND])


def spot_of(lines: Sequence[str], line: int, end_line: int, *, around: int = _WIDE) -> Spot | None:
    """The spot at these lines of a file; None where the file has no such lines."""
    if not 1 <= line <= end_line <= len(lines):
        return None
    within = tuple(lines[line - 1 : end_line])
    before = tuple(lines[max(0, line - 1 - around) : line - 1])
    after = tuple(lines[end_line : end_line + around])
    return Spot(line, within, before, after, alone=_places(lines, within, line) == [line])


def find(spot: Spot, lines: Sequence[str]) -> int | None:
    """The line at which the spot is in another state of its file; None where that is not known."""
    candidates = _places(lines, spot.within, spot.line)
    wanted = spot.context
    exact = [at for at in candidates if _context_at(lines, at, len(spot.within)) == wanted]
    if exact:
        return max(exact, key=lambda at: (_agreement(spot, lines, at), -abs(at - spot.line)))
    ranked = sorted(((_agreement(spot, lines, at), at) for at in candidates), reverse=True)
    if not ranked:
        return None
    best, at = ranked[0]
    if len(ranked) > 1:
        return at if best > ranked[1][0] else None
    # Lines that say little, or stood more than once, are only themselves beside a neighbour of theirs.
    telling = any(sum(map(str.isalnum, text)) > 1 for text in spot.within)
    return at if best or (spot.alone and telling) else None


def find_context(context: str, line: int, count: int, lines: Sequence[str]) -> int | None:
    """The line nearest to `line` at which `count` lines have this context; None where none within reach has.

    For comments on a tree that is not in this clone, of which only the digest is known.
    """
    starts = range(max(1, line - _REACH), min(len(lines) - count + 1, line + _REACH) + 1)
    found = [at for at in starts if _context_at(lines, at, count) == context]
    return min(found, key=lambda at: abs(at - line), default=None)


def _places(lines: Sequence[str], within: Sequence[str], near: int) -> list[int]:
    """The lines at which exactly these lines stand, those nearest to `near` where there are very many."""
    known = lines if isinstance(lines, Lines) else Lines(lines)
    every = known.where.get(within[0], [])
    if len(every) > _MOST_PLACES:
        start = max(0, min(bisect_left(every, near) - _MOST_PLACES // 2, len(every) - _MOST_PLACES))
        every = every[start : start + _MOST_PLACES]
    count = len(within)
    return [at for at in every if count == 1 or tuple(known[at - 1 : at - 1 + count]) == tuple(within)]


def _context_at(lines: Sequence[str], at: int, count: int) -> str:
    start, end = at - 1, at - 1 + count
    return _digest(lines[max(0, start - AROUND) : start], lines[start:end], lines[end : end + AROUND])


def _agreement(spot: Spot, lines: Sequence[str], at: int) -> int:
    """How many lines above and below are the same, without a gap."""
    above = reversed(lines[max(0, at - 1 - _WIDE) : at - 1])
    below = lines[at - 1 + len(spot.within) :][:_WIDE]
    return _run(reversed(spot.before), above) + _run(iter(spot.after), below)


def _run(one: Iterator[str], other: Iterator[str] | Sequence[str]) -> int:
    count = 0
    for left, right in zip(one, other, strict=False):
        if left != right:
            break
        count += 1
    return count


def _digest(before: Sequence[str], within: Sequence[str], after: Sequence[str]) -> str:
    # No line holds a line end, so the counts and the lines say exactly what was given.
    text = "\n".join((f"{len(before)} {len(within)} {len(after)}", *before, *within, *after))
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:32]
