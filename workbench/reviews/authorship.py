"""Who wrote the change that led to a tree: decided by which commit contains which, not by dates that people choose."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from workbench.reviews.history import Change

if TYPE_CHECKING:
    from workbench.reviews.ancestry import Ancestry


def authors_between(
    changes: Sequence[Change], tree: str, base: str | None, ancestry: "Ancestry | None"
) -> frozenset[str]:
    """E-mails of the authors and co-authors of the changes that led from `base` to `tree` when it first came.

    Whoever restores a tree has not written it.

    Args:
        changes: Every change of the skill, newest first, none before one that contains it.
        ancestry: Which commit contains which; None where history is one line.
    """
    bringing = [number for number, change in enumerate(changes) if change.tree == tree]
    if ancestry is None:
        return _in_one_line(changes[max(bringing, default=0) :], base)
    brought = [changes[number].commit for number in bringing]
    first = [one for one in brought if not any(ancestry.precedes(o, one) for o in brought if o != one)]
    since = changes[next((n for n in bringing if changes[n].commit in first), 0) :]
    bases = [change.commit for change in since if base is not None and change.tree == base]
    if first and bases:
        bases = [one for one in bases if any(ancestry.precedes(one, end) for end in first)]
    # Of the commits that have the base's tree the oldest is the base; those after it brought the tree back.
    past = frozenset(bases)
    people: set[str] = set()
    for change in since:
        if change.commit in past or change.authors <= people:
            continue
        if bases and ancestry.precedes(change.commit, bases[-1]):
            continue
        if change.commit in first or not first or any(ancestry.leads(change.commit, end, past) for end in first):
            people |= change.authors
    return frozenset(people)


def _in_one_line(changes: Sequence[Change], base: str | None) -> frozenset[str]:
    people: set[str] = set()
    for change in changes:
        if base is not None and change.tree == base:
            break
        people |= change.authors
    return frozenset(people)
