"""What the work tree has of many skills at this moment: their trees, and what those do not hold of their folders.

Of a library that is not being worked on, git's comparison with HEAD says that nearly all trees are HEAD's. Only the
skills that differ are stored beside the repository to know theirs; so a large library costs what git's `status` costs.
"""

import os
from collections.abc import Collection, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import NamedTuple

from workbench.git import FEW, Differences, GitError, Repository, differences
from workbench.reviews.coverage import Coverage, coverage_between, coverage_in
from workbench.reviews.trees import current_trees, tree_ids
from workbench.skills.model import ROOT_ID

_ATTRIBUTES = b".gitattributes"


class Present(NamedTuple):
    """Each skill's tree as `git add` would store it, and what it does not hold; what git does not see has no tree."""

    trees: Mapping[str, str]
    coverage: Mapping[str, Coverage]


class Looking:
    """What git says of the whole work tree, begun before anybody knows which skills it is asked for."""

    def __init__(self, repository: Repository) -> None:
        self._repository = repository
        beside = ThreadPoolExecutor(max_workers=2)
        self._listing = beside.submit(self._list_head)
        self._differences = beside.submit(self._compare)
        beside.shutdown(wait=False)

    def _list_head(self) -> bytes | None:
        try:
            return self._repository.run("ls-tree", "-r", "-t", "-z", "--full-tree", "HEAD")
        except GitError:  # there is no commit yet
            return None

    def _compare(self) -> Differences | None:
        try:
            return differences(self._repository)
        except GitError:  # what is wrong is said where each folder is stored
            return None

    def found(self) -> tuple[bytes, Differences] | None:
        """What HEAD holds and what differs from it; None where that is not to be relied on."""
        listing, found = self._listing.result(), self._differences.result()
        return None if listing is None or found is None else (listing, found)


def present(repository: Repository, ids: Sequence[str], looking: Looking | None = None) -> Present:
    """What the work tree has of these skills.

    Args:
        repository: The library's.
        ids: The skills.
        looking: What is being looked up already.
    """
    if len(ids) <= FEW or ROOT_ID in ids:
        return _stored(repository, ids)
    return _mostly_head(repository, ids, looking or Looking(repository)) or _stored(repository, ids)


def _stored(repository: Repository, ids: Sequence[str]) -> Present:
    with current_trees(repository, ids, alone=True) as current:
        return Present(current.trees, coverage_in(repository, current.scratch, ids))


def _mostly_head(repository: Repository, ids: Sequence[str], looking: Looking) -> Present | None:
    """The same from HEAD, as far as nothing differs from it; None where too much does, or git can't be relied on."""
    known = looking.found()
    if known is None:
        return None
    listing, found = known
    wanted = frozenset(ids)
    touched = _touched(found, wanted)
    if touched is None:
        return None
    same = wanted - touched
    trees = tree_ids(listing, same)
    coverage = dict(coverage_between(repository, listing, same, found.ignored))
    if touched:
        stored = _stored(repository, sorted(touched))
        trees |= stored.trees
        coverage |= stored.coverage
    return Present(trees, coverage)


def _touched(found: Differences, ids: frozenset[str]) -> frozenset[str] | None:
    """The skills that have something changed; None where it is many, or what is changed bears on others."""
    touched: set[str] = set()
    for path in found.changed:
        if path.rpartition(b"/")[2] == _ATTRIBUTES:
            return None
        touched |= _around(os.fsdecode(path), ids)
        if len(touched) > FEW:
            return None
    return frozenset(touched)


def _around(path: str, ids: Collection[str]) -> set[str]:
    """The skills that hold a path, or that it holds."""
    parts = path.rstrip("/").split("/")
    holding = {above for size in range(1, len(parts) + 1) if (above := "/".join(parts[:size])) in ids}
    folder = f"{path.rstrip('/')}/"
    return holding | {id_ for id_ in ids if id_.startswith(folder)}
