"""Mending what can be mended safely: planned first, shown, and written only over the bytes that were read."""

import contextlib
import difflib
import os
import secrets
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from workbench.errors import ConflictError, InputError
from workbench.skills import files
from workbench.skills.fix_text import mended
from workbench.skills.model import MAX_SKILL_FILE, Problem, Skill
from workbench.text import decode, visible, visible_lines

_MAX_SCRIPT = 16 << 20


@dataclass(frozen=True, slots=True)
class Fix:
    """One file that can be mended.

    Attributes:
        path: Relative to the library.
        before: Its bytes as they were read, and `after` as they would be written.
        executable: Whether it gets its executable bit.
        codes: The problems that go away.
    """

    path: str
    before: bytes
    after: bytes
    executable: bool
    codes: tuple[str, ...]

    def diff(self) -> Iterator[str]:
        """What would change, as the lines of a unified diff that are safe to show."""
        shown = visible(self.path)
        if self.executable:
            yield f"mode +x {shown}"
        if self.before == self.after:
            return
        old, new = (list(visible_lines(_whole(data))) for data in (self.before, self.after))
        yield from difflib.unified_diff(old, new, f"a/{shown}", f"b/{shown}", lineterm="", n=2)

    def to_json(self, *, applied: bool) -> dict[str, Any]:
        """All of it but the bytes, for programs."""
        return {"path": self.path, "codes": list(self.codes), "diff": list(self.diff()), "applied": applied}


def plan(root: Path, skill: Skill, problems: tuple[Problem, ...]) -> tuple[Fix, ...]:
    """What of a skill's problems can be mended; nothing is written.

    A file that is a link, or reached through one, is left alone: what it leads to may be another skill's.
    """
    fixes = []
    try:
        data = files.read_inside(root, skill.skill_file, MAX_SKILL_FILE + 1)
    except (OSError, InputError):
        return ()
    if len(data) <= MAX_SKILL_FILE and not _through_link(root, skill.skill_file):
        after, codes = mended(data)
        if codes:
            fixes.append(Fix(skill.skill_file, data, after, False, codes))
    for problem in problems:
        if problem.code == "script-not-executable" and problem.path and not _through_link(root, problem.path):
            try:
                data = files.read_inside(root, problem.path, _MAX_SCRIPT)
            except (OSError, InputError):
                continue
            # Without an interpreter named in it, being executable would not help.
            if data.startswith(b"#!") and not data.partition(b"\n")[0].endswith(b"\r"):
                fixes.append(Fix(problem.path, data, data, True, (problem.code,)))
    return tuple(fixes)


def apply(root: Path, fix: Fix) -> None:
    """Write one fix: beside the file, and then in its place, so that a reader sees the old bytes or the new ones.

    Raises:
        ConflictError: The file is not what it was when the fix was planned.
        InputError: It can't be written.
    """
    try:
        _apply(os.path.realpath(root), fix)
    except OSError as error:
        raise InputError(f"it can't be mended: {error.strerror}", where=visible(fix.path)) from error


def _apply(root: str, fix: Fix) -> None:
    *folders, name = fix.path.split("/")
    folder = os.open(root, os.O_RDONLY | os.O_DIRECTORY)
    try:
        for part in folders:
            below = os.open(part, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW, dir_fd=folder)
            os.close(folder)
            folder = below
        with os.fdopen(os.open(name, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK, dir_fd=folder), "rb") as opened:
            info = os.fstat(opened.fileno())
            if not stat.S_ISREG(info.st_mode) or opened.read(len(fix.before) + 1) != fix.before:
                what = "the file changed since it was read; nothing was written"
                raise ConflictError(what, where=visible(fix.path), remedy="run it again")
            mode = stat.S_IMODE(info.st_mode)
            if fix.executable:
                # Whoever may read it may then run it.
                os.fchmod(opened.fileno(), mode | (mode & 0o444) >> 2)
        if fix.after != fix.before:
            _replace(folder, name, fix.after, mode)
    finally:
        os.close(folder)


def _replace(folder: int, name: str, data: bytes, mode: int) -> None:
    beside = f".{name[:100]}.{secrets.token_hex(6)}"
    try:
        with os.fdopen(os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600, dir_fd=folder), "wb") as new:
            new.write(data)
            new.flush()
            os.fchmod(new.fileno(), mode)
            os.fsync(new.fileno())
        os.rename(beside, name, src_dir_fd=folder, dst_dir_fd=folder)
    except BaseException:
        with contextlib.suppress(FileNotFoundError):
            os.unlink(beside, dir_fd=folder)
        raise
    os.fsync(folder)


def _through_link(root: Path, relative: str) -> bool:
    real = os.path.realpath(root)
    return os.path.realpath(f"{real}/{relative}") != f"{real}/{relative}"


def _whole(data: bytes) -> str:
    """The text with what a line's end hides made visible, so that a diff of it is not empty."""
    return "\n".join(f"{line[:-1]}␍" if line.endswith("\r") else line for line in decode(data).split("\n"))
