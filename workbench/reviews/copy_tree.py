"""The tree of an installed copy, with or without what programs that ran in it left behind."""

from collections.abc import Callable
from pathlib import Path

from workbench.errors import InputError
from workbench.reviews.coverage import CACHES
from workbench.skills.treehash import Algorithm, algorithm_of, tree_of_folder

CACHED = "it holds caches besides, which are no part of what was approved"


def tree_of_copy(
    folder: Path, known: Callable[[str], bool], *, algorithm: Algorithm = "sha1", library_root: bool = False
) -> tuple[str, bool]:
    """The tree of a copy's bytes, and whether caches in it were left out.

    They are where only so it is a tree that is known: an approved tree may hold one, too.

    Raises:
        InputError: As `tree_of_folder`.
    """
    tree = tree_of_folder(folder, library_root=library_root, algorithm=algorithm)
    if known(tree):
        return tree, False
    bare = tree_of_folder(folder, library_root=library_root, algorithm=algorithm, without=CACHES)
    return (bare, True) if bare != tree and known(bare) else (tree, False)


def tree_there(target: Path, known: set[str], like: str | None) -> tuple[str | None, bool]:
    """The tree of what stands at a copy's place, hashed as `like` is; None where nothing does, or a link.

    With it comes whether caches were left out; what can't be read is the tree `unreadable`.
    """
    if target.is_symlink() or not target.is_dir():
        return None, False
    try:
        return tree_of_copy(target, known.__contains__, algorithm=algorithm_of(like))
    except InputError:
        return "unreadable", False
