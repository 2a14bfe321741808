"""Who fills which step of a chain: different people, one step's approvals all after those of the step before.

The search is exact: if the approvals can fill the chain in any way, it is found. It stops at a bound that no library
of people reaches; what is not found by then counts as not filled.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from itertools import combinations

MAX_TRIES = 20_000


@dataclass(frozen=True, slots=True)
class Filled:
    """How far a chain was filled: the people of each step, in the chain's order; the last may be too few."""

    steps: tuple[tuple[str, ...], ...]
    whole: bool


def fill(people: Sequence[str], steps: Sequence[tuple[int, Callable[[str], bool]]]) -> Filled:
    """Fill the steps as far as it goes.

    Args:
        people: Who gave each approval, oldest first; a person may stand there more than once.
        steps: How many people each step needs, and whether a person may fill it.
    """
    search = _Search(people, steps)
    whole = search.run(0, 0, ())
    return Filled(search.best, whole)


@dataclass(slots=True)
class _Search:
    people: Sequence[str]
    steps: Sequence[tuple[int, Callable[[str], bool]]]
    best: tuple[tuple[str, ...], ...] = ()
    tries: int = field(default=0)

    def run(self, step: int, start: int, chosen: tuple[tuple[str, ...], ...]) -> bool:
        """Fill from `step` on with the approvals from `start` on; remembers the furthest that was reached."""
        self._remember(chosen)
        if step == len(self.steps):
            return True
        count, may = self.steps[step]
        used = {person for people in chosen for person in people}
        first: dict[str, int] = {}
        for at in range(start, len(self.people)):
            person = self.people[at]
            if person not in used and person not in first and may(person):
                first[person] = at
        if len(first) < count:
            self._remember((*chosen, tuple(first)))
            return False
        for group in combinations(first, count):
            self.tries += 1
            if self.tries > MAX_TRIES:
                return False
            if self.run(step + 1, max(first[person] for person in group) + 1, (*chosen, group)):
                return True
        return False

    def _remember(self, chosen: tuple[tuple[str, ...], ...]) -> None:
        if (len(chosen), sum(map(len, chosen))) > (len(self.best), sum(map(len, self.best))):
            self.best = chosen
