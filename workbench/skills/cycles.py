"""Circles in what leads to what."""

from collections import deque
from collections.abc import Collection, Iterable, Mapping, Sequence


def cycles_of(ids: Iterable[str], after: Mapping[str, Sequence[str]]) -> tuple[tuple[str, ...], ...]:
    """For every knot of things that all lead to each other one shortest circle, beginning at its least id.

    Args:
        ids: Where to look.
        after: What each leads to.
    """
    found = []
    for knot in _knots([id_ for id_ in ids if id_ in after], after):
        inside = set(knot)
        first = min(knot)
        if len(knot) > 1 or first in after.get(first, ()):
            found.append(_circle(first, inside, after))
    return tuple(sorted(found))


def _circle(first: str, inside: Collection[str], after: Mapping[str, Sequence[str]]) -> tuple[str, ...]:
    """A shortest way from one back to itself, found breadth first."""
    came: dict[str, str] = {}
    waiting = deque([first])
    while waiting:
        here = waiting.popleft()
        for there in after.get(here, ()):
            if there == first:
                way = [here]
                while way[-1] != first:
                    way.append(came[way[-1]])
                return tuple(reversed(way))
            if there in inside and there not in came:
                came[there] = here
                waiting.append(there)
    raise AssertionError("a knot has a circle")


def _knots(ids: Sequence[str], after: Mapping[str, Sequence[str]]) -> list[list[str]]:
    """The strongly connected components (Tarjan 1972), without recursion: a chain may be as long as the library."""
    index: dict[str, int] = {}
    low: dict[str, int] = {}
    stack: list[str] = []
    on_stack: set[str] = set()
    knots: list[list[str]] = []
    for start in ids:
        if start in index:
            continue
        work = [(start, iter(after.get(start, ())))]
        index[start] = low[start] = len(index)
        stack.append(start)
        on_stack.add(start)
        while work:
            here, left = work[-1]
            there = next(left, None)
            if there is None:
                work.pop()
                if work:
                    low[work[-1][0]] = min(low[work[-1][0]], low[here])
                if low[here] == index[here]:
                    knots.append(_taken(stack, here, on_stack))
            elif there not in index:
                index[there] = low[there] = len(index)
                stack.append(there)
                on_stack.add(there)
                work.append((there, iter(after.get(there, ()))))
            elif there in on_stack:
                low[here] = min(low[here], index[there])
    return knots


def _taken(stack: list[str], here: str, on_stack: set[str]) -> list[str]:
    """What stands on the stack from `here` on, taken off it."""
    knot: list[str] = []
    while not knot or knot[-1] != here:
        knot.append(stack.pop())
        on_stack.discard(knot[-1])
    return knot
