"""Fewer paths that cover many: git compares every path it meets with every path it was given."""

import posixpath
from collections.abc import Collection, Sequence

FEW = 64
"""So many paths are named one by one; more cost git about as much as the folders around them."""


def covering(folders: Sequence[str], *, most: int = FEW) -> list[str]:
    """At most about `most` folders that hold all of `folders`, as deep as that allows; never the top folder itself.

    What is between them is covered too. A library with more folders than that at its top gets all of those.
    """
    cover = list(dict.fromkeys(folders))
    while len(cover) > most:
        deepest = max(path.count("/") for path in cover)
        if deepest == 0:
            return _outermost(cover)
        cover = list(dict.fromkeys(posixpath.dirname(path) if path.count("/") == deepest else path for path in cover))
    return _outermost(cover)


def _outermost(paths: Collection[str]) -> list[str]:
    """The paths that are not below another one."""
    kept: list[str] = []
    for path in sorted(paths, key=lambda path: path.split("/")):
        if not kept or not path.startswith(f"{kept[-1]}/"):
            kept.append(path)
    return kept
