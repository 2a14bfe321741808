"""What changed between two trees of a skill, as data; git computes the hunks."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Literal

from workbench.git import RunGit, empty_tree, parse_batch
from workbench.reviews.blob_kinds import kind_of
from workbench.text import decode

FileStatus = Literal["added", "deleted", "modified", "renamed", "mode"]
_STATUS: dict[str, FileStatus] = {"A": "added", "D": "deleted", "M": "modified", "R": "renamed", "T": "modified"}
CONTEXT = 3
"""Unchanged lines around a changed place, unless more are asked for."""

_MOST_LOOKED_INTO = 32_000_000
"""Bytes of binary files that are read for their kinds, the smallest first."""

_HUNK = re.compile(r"@@ -(\d+)(?:,(\d+))? \+(\d+)(?:,(\d+))? @@ ?(.*)")


@dataclass(frozen=True, slots=True)
class DiffLine:
    """One line of a hunk with its numbers on either side; `text` is as git has it, not sanitised."""

    kind: Literal[" ", "+", "-"]
    old: int | None
    new: int | None
    text: str


@dataclass(frozen=True, slots=True)
class Hunk:
    """A changed place with its surroundings."""

    old_start: int
    old_count: int
    new_start: int
    new_count: int
    heading: str
    lines: tuple[DiffLine, ...]


@dataclass(frozen=True, slots=True)
class BlobFacts:
    """What a binary file is: its size in bytes, and its kind by its first bytes; None where it was not looked into."""

    size: int
    kind: str | None


@dataclass(frozen=True, slots=True)
class FileDiff:
    """What changed in one file; paths are relative to the skill.

    Attributes:
        old_path: Where it was before a rename.
        old_mode: Octal git mode; None where the file did not exist.
        binary: Whether git takes it for binary, so that it has no hunks.
        notes: What a reader must not miss and the other fields don't say, one line each; `file_notes` says it all.
        old_id: Id of its blob before, of a submodule its commit; None where it did not exist. Likewise `new_id`.
        similarity: How much of it is as before a rename, in percent.
        old_blob: What it was before, where it is binary. Likewise `new_blob`.
    """

    path: str
    old_path: str | None
    status: FileStatus
    old_mode: str | None
    new_mode: str | None
    binary: bool
    hunks: tuple[Hunk, ...]
    notes: tuple[str, ...] = ()
    old_id: str | None = None
    new_id: str | None = None
    similarity: int | None = None
    old_blob: BlobFacts | None = None
    new_blob: BlobFacts | None = None

    @property
    def added(self) -> int:
        """How many lines came."""
        return sum(line.kind == "+" for hunk in self.hunks for line in hunk.lines)

    @property
    def removed(self) -> int:
        """How many lines went."""
        return sum(line.kind == "-" for hunk in self.hunks for line in hunk.lines)


@dataclass(frozen=True, slots=True)
class SkillDiff:
    """What changed in a skill from `base` (None: nothing, everything is new) to `tree`.

    Attributes:
        folded: Its SKILL.md with the frontmatter compared by key; None where that would hide something or changes
            nothing.
    """

    skill: str
    base: str | None
    base_label: str
    tree: str | None
    files: tuple[FileDiff, ...]
    folded: FileDiff | None = None

    def by_key(self) -> "SkillDiff":
        """The same with the frontmatter compared by key, where that can be done."""
        shown = self.folded
        if shown is None:
            return self
        return replace(self, files=tuple(shown if file.path == shown.path else file for file in self.files))

    @property
    def added(self) -> int:
        """How many lines came, in all files."""
        return sum(file.added for file in self.files)

    @property
    def removed(self) -> int:
        """How many lines went, in all files."""
        return sum(file.removed for file in self.files)


def diff_trees(run: RunGit, base: str | None, tree: str, *, context: int = CONTEXT) -> tuple[FileDiff, ...]:
    """The files that differ between two trees, in git's order."""
    old = base or empty_tree(tree)
    options = ("-r", "-M", "--ignore-submodules=none", "--no-ext-diff", "--no-color", "--full-index", f"-U{context}")
    raw = run("diff-tree", "--raw", "-z", *options, old, tree)
    patches = iter(_patches(run("diff-tree", "-p", *options, old, tree)))
    files = []
    for entry in _raw(raw):
        patch = next(patches)
        # A change of type (a file that became a link) is printed as a removal and an addition.
        files.append(_file(entry, [*patch, *next(patches)] if entry.status == "T" else patch))
    return tuple(_with_facts(run, files))


def _with_facts(run: RunGit, files: Sequence[FileDiff]) -> Iterator[FileDiff]:
    """The files, of the binary ones with what they are."""
    ids = dict.fromkeys(id_ for file in files if file.binary for id_ in (file.old_id, file.new_id) if id_)
    sizes: dict[str, int] = {}
    if ids:
        asked = "".join(f"{id_}\n" for id_ in ids).encode()
        for line in decode(run("cat-file", "--batch-check", stdin=asked)).splitlines():
            fields = line.split()
            if len(fields) == 3 and fields[1] == "blob":
                sizes[fields[0]] = int(fields[2])
    room, read = _MOST_LOOKED_INTO, []
    for id_, size in sorted(sizes.items(), key=lambda pair: pair[1]):
        if (room := room - size) < 0:
            break
        read.append(id_)
    said = run("cat-file", "--batch", stdin="".join(f"{id_}\n" for id_ in read).encode()) if read else b""
    kinds = {id_: kind_of(data) for id_, data in parse_batch(said)}
    facts = {id_: BlobFacts(size, kinds.get(id_)) for id_, size in sizes.items()}
    for file in files:
        if file.binary:
            yield replace(file, old_blob=facts.get(file.old_id or ""), new_blob=facts.get(file.new_id or ""))
        else:
            yield file


@dataclass(frozen=True, slots=True)
class _Entry:
    status: str
    old_mode: str
    new_mode: str
    old_id: str
    new_id: str
    path: str
    old_path: str | None = None
    similarity: int | None = None


def _raw(said: bytes) -> Iterator[_Entry]:
    """The entries of `diff-tree --raw -z`."""
    fields = iter([decode(field) for field in said.split(b"\0")])
    for meta in fields:
        if not meta.startswith(":"):
            continue
        old_mode, new_mode, old_id, new_id, status = meta[1:].split()
        first = next(fields)
        moved = status[0] in "RC"
        path, old_path = (next(fields), first) if moved else (first, None)
        alike = int(status[1:]) if moved and status[1:].isdigit() else None
        yield _Entry(status[0], old_mode, new_mode, old_id, new_id, path, old_path, alike)


def _patches(said: bytes) -> list[list[str]]:
    """The lines of each file's patch. No line of a hunk starts like a file's heading, so the split is exact."""
    patches: list[list[str]] = []
    for line in said.split(b"\n"):
        if line.startswith(b"diff --git "):
            patches.append([])
        if patches:
            patches[-1].append(decode(line))
    return patches


def _file(entry: _Entry, patch: Sequence[str]) -> FileDiff:
    hunks = tuple(_hunks(patch))
    binary = any(line.startswith("Binary files ") for line in patch[:8]) and not hunks
    old_mode, new_mode = entry.old_mode, entry.new_mode
    known = _STATUS.get(entry.status, "modified")
    if known == "modified" and not hunks and not binary and old_mode != new_mode:
        known = "mode"
    came, went = entry.status == "A", entry.status == "D"
    return FileDiff(
        path=entry.path,
        old_path=entry.old_path,
        status=known,
        old_mode=None if came else old_mode,
        new_mode=None if went else new_mode,
        binary=binary,
        hunks=hunks,
        notes=tuple(filter(None, [_lost_line_end(patch)])),
        old_id=None if came else entry.old_id,
        new_id=None if went else entry.new_id,
        similarity=entry.similarity,
    )


def _hunks(patch: Sequence[str]) -> Iterator[Hunk]:
    """The hunks of a patch. A hunk ends by its own counts, so no content can pose as what comes after it."""
    lines = iter(patch)
    for heading in lines:
        found = _HUNK.match(heading)
        if found is None:
            continue
        old, old_left = int(found[1]), _count(found[2])
        new, new_left = int(found[3]), _count(found[4])
        hunk = Hunk(old, old_left, new, new_left, found[5], ())
        content: list[DiffLine] = []
        while old_left or new_left:
            line = next(lines)
            if line[:1] == "+":
                content.append(DiffLine("+", None, new, line[1:]))
                new, new_left = new + 1, new_left - 1
            elif line[:1] == "-":
                content.append(DiffLine("-", old, None, line[1:]))
                old, old_left = old + 1, old_left - 1
            elif line[:1] == " ":
                content.append(DiffLine(" ", old, new, line[1:]))
                old, new, old_left, new_left = old + 1, new + 1, old_left - 1, new_left - 1
        yield replace(hunk, lines=tuple(content))


def _count(text: str | None) -> int:
    return 1 if text is None else int(text)


def _lost_line_end(patch: Sequence[str]) -> str | None:
    """Which side's last line has no line end, where only one side's has none: the lines alone look the same."""
    sides = {before[:1] for before, line in pairwise(patch) if line.startswith("\\ No newline")}
    return {"+": "the last line has no line end now", "-": "the last line has a line end now"}.get("".join(sides))
