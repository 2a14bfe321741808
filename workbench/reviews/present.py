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


def present(repository: Repository, ids: Sequence[str]) -> Present:
    """What the work tree has of these skills."""
    quick = _mostly_head(repository, ids) if len(ids) > FEW and ROOT_ID not in ids else None
    return quick or _stored(repository, ids)


def _stored(repository: Repository, ids: Sequence[str]) -> Present:
    with current_trees(repository, ids, alone=True) as current:
        return Present(current.trees, coverage_in(repository, current.scratch, ids))


def _mostly_head(repository: Repository, ids: Sequence[str]) -> Present | None:
    """The same from HEAD, as far as nothing differs from it; None where too much does, or git can't be relied on."""
    head = repository.head()
    if head is None:
        return None
    with ThreadPoolExecutor(max_workers=1) as beside:
        listing = beside.submit(repository.run, "ls-tree", "-r", "-t", "-z", "--full-tree", head)
        try:
            found = differences(repository)
        except GitError:  # what is wrong is said where each folder is stored
            return None
        wanted = frozenset(ids)
        touched = None if found is None else _touched(found, wanted)
        if found is None or touched is None:
            return None
        same = wanted - touched
        trees = tree_ids(listing.result(), same)
        coverage = dict(coverage_between(repository, listing.result(), same, found.ignored))
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
