"""The lines of files in trees that git holds, each read once."""

import re

from workbench.git import RunGit, TreeEntry, parse_batch, parse_tree
from workbench.reviews.anchoring import Lines
from workbench.text import decode

_HEX = re.compile(r"[0-9a-f]{40,64}")
MAX_BYTES = 4 << 20
"""A larger file has no lines here."""


class TreeFiles:
    """Reads files of trees.

    Args:
        run: Runs git where the trees can be read.
    """

    def __init__(self, run: RunGit) -> None:
        self._run = run
        self._listed: dict[str, dict[str, TreeEntry]] = {}
        self._lines: dict[str, Lines | None] = {}

    def entry(self, tree: str, path: str) -> TreeEntry | None:
        """The entry of a file; None where the tree has none."""
        return self._entries(tree).get(path)

    def with_content(self, tree: str, blob: str) -> str | None:
        """The one path at which a tree has this content; None where it has it nowhere or more than once."""
        paths = [path for path, entry in self._entries(tree).items() if entry.id == blob]
        return paths[0] if len(paths) == 1 else None

    def lines(self, tree: str, path: str) -> Lines | None:
        """The lines of a text file as a diff numbers them; None where there is no such file, or it is no text."""
        entry = self.entry(tree, path)
        if entry is None or entry.kind != "blob":
            return None
        if entry.id not in self._lines:
            data = next((data for _, data in parse_batch(self._run("cat-file", "--batch", stdin=_asked(entry)))), None)
            self._lines[entry.id] = None if data is None else lines_of(data)
        return self._lines[entry.id]

    def _entries(self, tree: str) -> dict[str, TreeEntry]:
        if tree not in self._listed:
            # A record may name anything as its tree, an option too.
            known = _HEX.fullmatch(tree) is not None
            listing = self._run("ls-tree", "-r", "-z", "--full-tree", tree, ok=(0, 128)) if known else b""
            self._listed[tree] = {entry.path: entry for entry in parse_tree(listing)}
        return self._listed[tree]


def lines_of(data: bytes) -> Lines | None:
    """The lines of a file; None for what is binary or too large."""
    if len(data) > MAX_BYTES or b"\0" in data:
        return None
    lines = decode(data).split("\n")
    return Lines(lines[:-1] if lines[-1] == "" else lines)


def _asked(entry: TreeEntry) -> bytes:
    return f"{entry.id}\n".encode()
