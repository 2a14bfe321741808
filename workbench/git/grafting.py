"""Entries put into a tree at any depth, with few git processes however many there are."""

import posixpath
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Protocol

from workbench.git.deep_entries import tree_entries
from workbench.git.plumbing import GitError, TreeEntry, tree_id


class Trees(Protocol):
    """Where trees are read and written."""

    def entries(self, revision: str, *options: str) -> list[TreeEntry]:
        """The entries of a tree."""

    def stream(self, ids: Sequence[str]) -> Iterator[tuple[str, bytes]]:
        """Types and contents of objects."""

    def make_trees(self, trees: Sequence[Iterable[TreeEntry]]) -> list[str]:
        """Write trees; gives their ids."""


def graft(repository: Trees, tree: str | None, additions: Mapping[str, TreeEntry]) -> str:
    """Write `tree` (None: an empty one) with entries put at their paths (`a/b/c`); gives the new tree's id."""
    folders: dict[str, dict[str, TreeEntry]] = {"": {}}
    for path, entry in additions.items():
        above, _, name = path.rpartition("/")
        folders.setdefault(above, {})[name] = TreeEntry(entry.mode, entry.kind, entry.id, name)
        while above and (above := posixpath.dirname(above)) not in folders:
            folders[above] = {}
    levels: list[list[str]] = []
    for folder in folders:
        depth = folder.count("/") + 1 if folder else 0
        levels += [[] for _ in range(depth + 1 - len(levels))]
        levels[depth].append(folder)
    held = {"": {entry.path: entry for entry in (repository.entries(tree) if tree else [])}}
    for level in levels[1:]:
        held |= _read(repository, held, level)
    made = []
    for folder in (folder for level in reversed(levels) for folder in level):
        held[folder] |= folders[folder]
        made.append(tree_id(held[folder].values()))
        above, _, name = folder.rpartition("/")
        if folder:
            folders[above][name] = TreeEntry("040000", "tree", made[-1], name)
    written = repository.make_trees([held[folder].values() for level in reversed(levels) for folder in level])
    if written != made:
        raise GitError("git gave trees other ids than their content has")
    return made[-1]


def _read(
    repository: Trees, held: Mapping[str, Mapping[str, TreeEntry]], level: Sequence[str]
) -> dict[str, dict[str, TreeEntry]]:
    """What the folders of one level hold already."""
    found: dict[str, dict[str, TreeEntry]] = {folder: {} for folder in level}
    places = {}
    for folder in level:
        above, _, name = folder.rpartition("/")
        entry = held[above].get(name)
        if entry is not None and entry.kind == "tree":
            places[folder] = entry.id
    for (folder, id_), (kind, data) in zip(places.items(), repository.stream(list(places.values())), strict=True):
        if kind != "tree":
            raise GitError(f"object {id_} is a {kind}, and should be a tree")
        found[folder] = {entry.path: entry for entry in tree_entries(data, len(id_) // 2)}
    return found
