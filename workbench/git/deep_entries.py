"""Everything below many trees, one git process for each level of folders."""

from collections.abc import Iterator, Sequence
from typing import Protocol

from workbench.git.plumbing import GitError, TreeEntry

Entry = tuple[bytes, bytes]
"""An entry of a tree: its octal mode without leading zeros, and its object's id."""

TREE_MODE = b"40000"


class Streams(Protocol):
    """Where objects are read."""

    def stream(self, ids: Sequence[str]) -> Iterator[tuple[str, bytes]]:
        """Types and contents of objects."""


def deep_entries(repository: Streams, trees: Sequence[str]) -> dict[str, list[TreeEntry]]:
    """The files, links and submodules below each of these trees, as `ls-tree -r` lists them but in no order.

    Raises:
        GitError: A tree is not here.
    """
    found: dict[str, list[TreeEntry]] = {tree: [] for tree in trees}
    waiting = [(tree, "", tree) for tree in found]
    while waiting:
        ids = list(dict.fromkeys(id_ for _, _, id_ in waiting))
        read = {id_: _entries(id_, *said) for id_, said in zip(ids, repository.stream(ids), strict=True)}
        below = []
        for tree, prefix, id_ in waiting:
            for entry in read[id_]:
                path = f"{prefix}{entry.path}"
                if entry.kind == "tree":
                    below.append((tree, f"{path}/", entry.id))
                else:
                    found[tree].append(TreeEntry(entry.mode, entry.kind, entry.id, path))
        waiting = below
    return found


def _entries(id_: str, kind: str, data: bytes) -> list[TreeEntry]:
    if kind != "tree":
        raise GitError(f"object {id_} is a {kind}, and should be a tree")
    return tree_entries(data, len(id_) // 2)


def tree_entries(data: bytes, width: int) -> list[TreeEntry]:
    """The entries of a tree object's content.

    Args:
        data: The content.
        width: How many bytes an object id has.
    """
    found = []
    for name, (mode, id_) in raw_entries(data, width).items():
        kind = "tree" if mode == TREE_MODE else "commit" if mode == b"160000" else "blob"
        found.append(TreeEntry(mode.decode().zfill(6), kind, id_.hex(), name.decode("utf-8", "surrogateescape")))
    return found


def raw_entries(data: bytes, width: int) -> dict[bytes, Entry]:
    """The entries of a tree object's content by name, as git keeps them. `width` is as for `tree_entries`.

    Raises:
        ValueError: The content is damaged.
    """
    found = {}
    start = 0
    while start < len(data):
        blank = data.index(b" ", start)
        end = data.index(b"\0", blank)
        start, mode = end + 1 + width, data[start:blank]
        found[data[blank + 1 : end]] = mode, data[end + 1 : start]
    return found
