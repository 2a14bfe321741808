"""What git's plumbing says and what it is told, as plain data."""

import os
from collections.abc import Iterator
from dataclasses import dataclass

from workbench.errors import InputError


class GitError(InputError):
    """A git command failed; `stderr` is what it said."""

    def __init__(self, what: str, *, where: str | None = None, remedy: str | None = None, stderr: str = "") -> None:
        super().__init__(what, where=where, remedy=remedy)
        self.stderr = stderr


@dataclass(frozen=True, slots=True)
class TreeEntry:
    """One entry of a tree: octal mode, object type, object id, name or path."""

    mode: str
    kind: str
    id: str
    path: str


@dataclass(frozen=True, slots=True)
class Identity:
    """Who the user is to git."""

    name: str
    email: str


def parse_tree(listing: bytes) -> list[TreeEntry]:
    """The entries that `git ls-tree -z` printed."""
    entries = []
    for line in listing.split(b"\0"):
        if line:
            head, _, path = line.partition(b"\t")
            mode, kind, id_ = head.decode().split()[:3]
            entries.append(TreeEntry(mode, kind, id_, os.fsdecode(path)))
    return entries


def parse_batch(said: bytes) -> Iterator[tuple[str, bytes]]:
    """(id, content) of each object that `git cat-file --batch` printed."""
    at = 0
    while at < len(said):
        end = said.index(b"\n", at)
        fields = said[at:end].decode().split()
        at = end + 1
        if len(fields) == 3:
            size = int(fields[2])
            yield fields[0], said[at : at + size]
            at += size + 1
