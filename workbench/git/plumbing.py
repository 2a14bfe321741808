"""What git's plumbing says and what it is told, as plain data."""

import hashlib
import os
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple, Protocol

from workbench.errors import InputError
from workbench.text import decode

_LAST_SECOND = 253_370_764_800
"""The year 9999 begins."""


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


class RunGit(Protocol):
    """Runs git where both trees can be read."""

    def __call__(self, *args: str, stdin: bytes | None = None, ok: Sequence[int] = (0,)) -> bytes:
        """What the command prints."""


def empty_tree(like: str) -> str:
    """The id of the empty tree, which git knows without having it, where ids are like this one."""
    return _tree_id(b"", long=len(like) == 64)


def parse_tree(listing: bytes) -> list[TreeEntry]:
    """The entries that `git ls-tree -z` printed."""
    entries = []
    for line in listing.split(b"\0"):
        if line:
            head, _, path = line.partition(b"\t")
            mode, kind, id_ = head.decode().split()[:3]
            entries.append(TreeEntry(mode, kind, id_, os.fsdecode(path)))
    return entries


def format_tree(entries: Iterable[TreeEntry]) -> bytes:
    """Entries as `git mktree -z` reads them."""
    return b"".join(
        f"{e.mode} {e.kind} {e.id}\t".encode() + e.path.encode("utf-8", "surrogateescape") + b"\0" for e in entries
    )


def tree_id(entries: Iterable[TreeEntry]) -> str:
    """The id that git gives a tree of these entries (none of them deeper), which need not be in its order."""
    rows = [(entry, entry.path.encode("utf-8", "surrogateescape")) for entry in entries]
    rows.sort(key=lambda row: row[1] + b"/" if row[0].kind == "tree" else row[1])
    body = b"".join(b"%b %b\0%b" % (e.mode.lstrip("0").encode(), name, bytes.fromhex(e.id)) for e, name in rows)
    return _tree_id(body, long=any(len(entry.id) == 64 for entry, _ in rows))


def _tree_id(body: bytes, *, long: bool) -> str:
    data = b"tree %d\0%b" % (len(body), body)
    return hashlib.sha256(data).hexdigest() if long else hashlib.sha1(data, usedforsecurity=False).hexdigest()


def seconds_of(said: str) -> int:
    """A commit's date in UTC seconds, as `%ct` gives it; 0 where it has none, or none that a calendar has."""
    seconds = int(said) if re.fullmatch(r"[0-9]{1,12}", said) else 0
    return seconds if seconds <= _LAST_SECOND else 0


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


class RawChange(NamedTuple):
    """One path that a commit changed: how (`A`, `M`, `D`, `T`, one letter a parent), and its new mode and id.

    What is removed has a mode and an id of zeros.
    """

    status: str
    mode: str
    id: str
    path: str

    @property
    def is_removal(self) -> bool:
        """Whether the commit has nothing at the path."""
        return self.status.endswith("D")


class LogEntry(NamedTuple):
    """One commit as `git log` printed it: the fields that were asked for, and its raw changes."""

    fields: tuple[str, ...]
    changes: tuple[RawChange, ...]


def parse_log(said: bytes, count: int) -> Iterator[LogEntry]:
    """The commits that `git log -z --raw` printed with a format of `count` NUL-separated fields.

    Only NUL separates anything, which no name, message or path can hold, so that none can pose as another commit. The
    first field has to be the commit's id.
    """
    tokens = said.split(b"\0")
    at = 0
    while at < len(tokens):
        if not tokens[at].strip(b"\n"):
            at += 1
            continue
        fields = tuple(decode(token) for token in tokens[at : at + count])
        at += count
        if at < len(tokens) and not tokens[at].strip(b"\n"):
            at += 1  # git puts one more NUL before the changes of a merge
        changes = []
        while at + 1 < len(tokens) and tokens[at].lstrip(b"\n").startswith(b":"):
            changes.append(_raw_change(decode(tokens[at].strip(b"\n")), os.fsdecode(tokens[at + 1])))
            at += 2
        yield LogEntry(fields, tuple(changes))


def _raw_change(meta: str, path: str) -> RawChange:
    *parts, status = meta.lstrip(":").split(" ")  # modes of each parent and the commit, ids of each, then how
    return RawChange(status, parts[len(parts) // 2 - 1], parts[-1], path)
