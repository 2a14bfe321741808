"""Looking back: the version of a skill at which a case began to fail, found by halving its history."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Generic, Literal, TypeVar

Outcome = Literal["good", "bad", "skip"]
V = TypeVar("V")


@dataclass(frozen=True, slots=True)
class Bisected(Generic[V]):
    """What was found.

    Attributes:
        first_bad: The first version that fails; None where there is none to name.
        suspects: Versions before it that could not be tried, of which each may be the first as well.
        tried: Each version that was tried, with its outcome, in the order of trying.
        why: Why there is no first one; empty where there is.
    """

    first_bad: V | None
    suspects: tuple[V, ...] = ()
    tried: tuple[tuple[V, Outcome], ...] = ()
    why: str = ""


def bisect(versions: Sequence[V], judge: Callable[[V], Outcome]) -> Bisected[V]:
    """Find the first bad one of versions given oldest first, taking it that they are good and then bad.

    Versions that can't be judged are passed over; where they stand just before the first bad one, they are suspects.
    """
    tried: list[tuple[V, Outcome]] = []

    def outcome(at: int) -> Outcome:
        known = judge(versions[at])
        tried.append((versions[at], known))
        return known

    if not versions:
        return Bisected(None, why="no version of the skill is known")
    low, high = 0, len(versions) - 1
    if (last := outcome(high)) != "bad":
        why = "the case passes at the newest version" if last == "good" else "the newest version can't be tried"
        return Bisected(None, tried=tuple(tried), why=why)
    while low < high and (first := outcome(low)) != "good":
        if first == "bad":
            why = "the case fails at the oldest version that can be tried: it never passed"
            return Bisected(None, tried=tuple(tried), why=why)
        low += 1
    if low == high:
        return Bisected(None, tried=tuple(tried), why="no version before it can be tried")
    unknown: set[int] = set()
    while (at := _middle(low, high, unknown)) is not None:
        found = outcome(at)
        if found == "good":
            low = at
        elif found == "bad":
            high = at
        else:
            unknown.add(at)
    suspects = tuple(versions[at] for at in range(low + 1, high))
    return Bisected(versions[high], suspects, tuple(tried))


def _middle(low: int, high: int, unknown: set[int]) -> int | None:
    """The version nearest to the middle that was not tried yet; None where there is none between the two."""
    left = [at for at in range(low + 1, high) if at not in unknown]
    return min(left, key=lambda at: abs(at * 2 - low - high)) if left else None
