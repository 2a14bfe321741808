"""Which tree each skill's folder has: at a commit, and in the work tree as `git add` would store it."""

import os
import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from workbench.git import FEW, Repository, RunGit, TreeEntry, WorkTree, format_tree, parse_tree, tree_id
from workbench.skills.model import ROOT_ID, SKILL_FILE
from workbench.text import decode

WORKBENCH_FOLDER = ".workbench"
_TREE = re.compile(rb"(?<![^\0])040000 tree ([0-9a-f]+)\t([^\0]+)\0")
_LISTING = ("--literal-pathspecs", "ls-tree", "-z", "--full-tree", "-d", "-r", "-t")


@dataclass(frozen=True, slots=True)
class CurrentTrees:
    """The work tree's trees by skill id, and the scratch store that can read them while it is open."""

    trees: Mapping[str, str]
    ignored: frozenset[str]
    scratch: WorkTree


@contextmanager
def current_trees(repository: Repository, ids: Sequence[str], *, alone: bool = False) -> Iterator[CurrentTrees]:
    """The current trees of these skills; ignored and unstorable folders have none.

    Args:
        repository: The library's.
        ids: Of the skills.
        alone: Whether nothing but these trees is asked of the scratch store: for a few of many that is much less work.
    """
    with repository.work_tree(ids, alone=alone) as scratch:
        trees = tree_ids(scratch.run(*_LISTING, scratch.tree, *_asked(ids)), frozenset(ids))
        if ROOT_ID in ids:
            trees[ROOT_ID] = write_root_tree(scratch.run, scratch.tree)
        yield CurrentTrees(trees, scratch.ignored, scratch)


def trees_at(repository: Repository, revision: str, ids: Sequence[str]) -> dict[str, str]:
    """The trees of these skills at a commit; those it does not have are left out."""
    trees = tree_ids(repository.lasting(*_LISTING, revision, *_asked(ids)), frozenset(ids))
    if ROOT_ID in ids:
        trees[ROOT_ID] = tree_id(_without_workbench(repository.entries(revision)))
    return trees


def skills_at(repository: Repository, revision: str) -> dict[str, str | None]:
    """The blob of the SKILL.md of each skill at a commit, by skill id; None for one that is a link."""
    found: dict[str, str | None] = {}
    for entry in repository.entries(revision, "-r"):
        folder, _, name = entry.path.rpartition("/")
        if name == SKILL_FILE and entry.kind == "blob":
            found[folder or ROOT_ID] = None if entry.mode == "120000" else entry.id
    return found


def write_root_tree(run: RunGit, treeish: str) -> str:
    """Write the tree of a skill at the root of `treeish`, where `run` writes; gives its id."""
    kept = _without_workbench(parse_tree(run("ls-tree", "-z", "--full-tree", treeish)))
    return decode(run("mktree", "-z", "--missing", stdin=format_tree(kept))).strip()


def _asked(ids: Sequence[str]) -> tuple[str, ...]:
    """Where git looks for trees: at a few paths, or, for many, once through everything."""
    return ("--", *(id_ for id_ in ids if id_ != ROOT_ID)) if len(ids) <= FEW else ()


def tree_ids(listing: bytes, ids: Collection[str]) -> dict[str, str]:
    """The trees of these skills in what `git ls-tree -z` printed."""
    wanted = {os.fsencode(id_): id_ for id_ in ids}
    return {wanted[path]: id_.decode() for id_, path in _TREE.findall(listing) if path in wanted}


def _without_workbench(entries: Iterable[TreeEntry]) -> list[TreeEntry]:
    return [entry for entry in entries if entry.path != WORKBENCH_FOLDER]
