"""What changed between two trees of a skill, as data; git computes the hunks."""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from types import MappingProxyType
from typing import Literal

from workbench.git import RunGit
from workbench.text import decode, hidden_characters, plural, visible

FileStatus = Literal["added", "deleted", "modified", "renamed", "mode"]
_STATUS: dict[str, FileStatus] = {"A": "added", "D": "deleted", "M": "modified", "R": "renamed", "T": "modified"}
CONTEXT = 3
"""Unchanged lines around a changed place, unless more are asked for."""

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
class FileDiff:
    """What changed in one file; paths are relative to the skill.

    Attributes:
        old_path: Where it was before a rename.
        old_mode: Octal git mode; None where the file did not exist.
        binary: Whether git takes it for binary, so that it has no hunks.
        notes: What a reader must not miss, one line each.
        old_id: Id of its blob before; None where it did not exist. Likewise `new_id`.
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
    old = base or decode(run("hash-object", "-t", "tree", "--stdin", stdin=b"")).strip()
    options = ("-r", "-M", "--ignore-submodules=none", "--no-ext-diff", "--no-color", "--full-index", f"-U{context}")
    raw = run("diff-tree", "--raw", "-z", *options, old, tree)
    patches = iter(_patches(run("diff-tree", "-p", *options, old, tree)))
    files = []
    for entry in _raw(raw):
        patch = next(patches)
        # A change of type (a file that became a link) is printed as a removal and an addition.
        files.append(_file(entry, [*patch, *next(patches)] if entry.status == "T" else patch))
    return tuple(files)


@dataclass(frozen=True, slots=True)
class _Entry:
    status: str
    old_mode: str
    new_mode: str
    old_id: str
    new_id: str
    path: str
    old_path: str | None = None


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
        yield _Entry(status[0], old_mode, new_mode, old_id, new_id, path, old_path)


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
        notes=tuple(filter(None, [*_notes(old_mode, new_mode, binary, hunks), _lost_line_end(patch)])),
        old_id=None if came else entry.old_id,
        new_id=None if went else entry.new_id,
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


def _notes(old_mode: str, new_mode: str, binary: bool, hunks: Sequence[Hunk]) -> Iterator[str]:
    """What a reader must not miss about a file."""
    checks: tuple[tuple[bool, str], ...] = (
        (new_mode == "100755" and old_mode != "100755", "now executable"),
        (old_mode == "100755" and new_mode == "100644", "no longer executable"),
        (new_mode == "120000" and old_mode != "120000", "now a symbolic link"),
        (new_mode == old_mode == "120000", "a symbolic link that leads elsewhere now"),
        (new_mode == "160000", "a submodule: its content is not part of what is reviewed"),
        (binary, "binary: its content can't be shown"),
    )
    yield from (note for holds, note in checks if holds)
    for hunk in hunks:
        for line in hunk.lines:
            if line.kind == "+" and (hidden := hidden_characters(line.text)):
                names = ", ".join(dict.fromkeys(name.lower() for _, _, name in hidden))
                yield f"line {line.new}: {plural(len(hidden), 'hidden character')} ({visible(names)})"


def as_text(
    diff: SkillDiff,
    paint: Callable[[str, str], str] = lambda text, _style: text,
    *,
    read_in: Mapping[tuple[str, int], str] = MappingProxyType({}),
) -> Iterator[str]:
    """A diff as lines for a terminal or a file, sanitised; `paint(text, style)` may add colour.

    Args:
        read_in: For hunks (by file and number) that were shown elsewhere: where; their lines are left out.
    """
    for file in diff.files:
        name = visible(file.path) if not file.old_path else f"{visible(file.old_path)} → {visible(file.path)}"
        yield paint(f"{file.status} {name}  +{file.added} -{file.removed}", "file")
        for note in file.notes:
            yield paint(f"  ! {note}", "note")
        for number, hunk in enumerate(file.hunks):
            place = f"@@ -{hunk.old_start},{hunk.old_count} +{hunk.new_start},{hunk.new_count} @@"
            yield paint(f"{place} {visible(hunk.heading)}".rstrip(), "hunk")
            if (file.path, number) in read_in:
                yield paint(f"  the same as in {visible(read_in[file.path, number])}", "note")
                continue
            for line in hunk.lines:
                yield paint(line.kind + visible(line.text.expandtabs(4)), line.kind)
