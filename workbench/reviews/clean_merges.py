"""Merges that git makes without anybody's help: whoever asked for one has written nothing."""

import tempfile
from collections.abc import Mapping, Sequence

from workbench.git import Repository, parse_tree
from workbench.skills.model import ROOT_ID
from workbench.text import decode

_FAILED = (128, 129)
"""Exit codes of a git that can't merge these, or is older than 2.38 and can't merge trees at all."""


def merged_cleanly(repository: Repository, parents: Sequence[str], trees: Mapping[str, str | None]) -> frozenset[str]:
    """Those of the skills whose tree after a merge of two commits is the one that git itself gives.

    Nothing is written to the repository.

    Args:
        parents: Of the merge; of more than two, or of one, nothing is known.
        trees: The merge's trees by skill id.
    """
    if len(parents) != 2:
        return frozenset()
    with tempfile.TemporaryDirectory(prefix="workbench-merge-") as scratch:
        objects = str(repository.common_dir / "objects")
        env = {"GIT_OBJECT_DIRECTORY": scratch, "GIT_ALTERNATE_OBJECT_DIRECTORIES": objects}
        said = repository.run("merge-tree", "--write-tree", "--no-messages", *parents, env=env, ok=(0, 1, *_FAILED))
        root, *_ = decode(said).splitlines() or [""]
        if not root:
            return frozenset()
        paths = [id_ for id_ in trees if id_ != ROOT_ID]
        listed = repository.run("ls-tree", "-z", "--full-tree", root, "--", *paths, env=env) if paths else b""
    found = {entry.path: entry.id for entry in parse_tree(listed)} | {ROOT_ID: root}
    return frozenset(id_ for id_, tree in trees.items() if tree is not None and found.get(id_) == tree)
