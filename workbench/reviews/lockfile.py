"""The lock files that installers of skills keep: `skills-lock.json` 1 in a project, `.skill-lock.json` 3 in a home.

Both say for each skill, by name, where it came from. Neither is trusted: they are read within bounds, what is not as it
has to be is left out and said, and nothing is mended silently. Only the library's own `skills-lock.json` is ever
written; what this program does not know in it stays as it was.
"""

import hashlib
import json
import os
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from workbench.errors import ConflictError, InputError
from workbench.skills.files import read_inside, walk
from workbench.skills.model import Problem
from workbench.text import visible

LOCK_FILE = "skills-lock.json"
HOME_LOCK = ".agents/.skill-lock.json"
MAX_BYTES = 4 << 20
MAX_ENTRIES = 20_000
MAX_HASHED = 64 << 20

_VERSIONS = {LOCK_FILE: 1, HOME_LOCK: 3}
_MARKERS = ("<<<<<<< ", ">>>>>>> ")
# The order that JavaScript's `localeCompare` has for ASCII, lower case before upper where nothing else differs.
_COLLATED = {
    char: rank for rank, char in enumerate("_-,;:!?.'\"()[]{}@*/\\&#%`^+<=>|~$0123456789abcdefghijklmnopqrstuvwxyz")
}


ReadLock = Callable[[Path, str], "Lock"]
"""Reads a lock file as `read_lock` does; one that remembers serves many copies at once."""


@dataclass(frozen=True, slots=True)
class Lock:
    """One lock file as far as it can be read.

    Attributes:
        path: Where it is.
        skills: The entries that are objects, by the name they stand under.
        raw: The whole document, so that unknown keys survive a rewrite.
        problems: What kept it, or an entry, from being read.
    """

    path: Path
    skills: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    raw: Mapping[str, Any] = field(default_factory=dict)
    problems: tuple[Problem, ...] = ()


def read_lock(folder: Path, name: str = LOCK_FILE) -> Lock:
    """The lock file `name` (`LOCK_FILE` or `HOME_LOCK`) below `folder`; an empty one where there is none."""
    path = folder / name
    try:
        data = read_inside(folder, name, MAX_BYTES + 1)
    except (FileNotFoundError, NotADirectoryError):
        return Lock(path)
    except (OSError, InputError) as error:
        why = error.what if isinstance(error, InputError) else error.strerror or "unknown reason"
        return _unreadable(path, name, f"it can't be read: {visible(why)}")
    return parse_lock(path, data, name)


def parse_lock(path: Path, data: bytes, name: str = LOCK_FILE) -> Lock:
    """A lock file from its bytes; never raises."""
    if len(data) > MAX_BYTES:
        return _unreadable(path, name, f"it is larger than {MAX_BYTES >> 20} MiB")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return _unreadable(path, name, "it is not UTF-8")
    if any(line.startswith(_MARKERS) for line in text.splitlines()):
        return _unreadable(path, name, "it holds a merge conflict", "resolve it, then run this again")
    try:
        raw = json.loads(text)
    except (ValueError, RecursionError):
        return _unreadable(path, name, "it is not JSON")
    if not isinstance(raw, dict) or not isinstance(raw.get("skills"), dict):
        return _unreadable(path, name, "it has no 'skills'")
    if raw.get("version") != _VERSIONS[name]:
        return _unreadable(path, name, f"its version is not {_VERSIONS[name]}, the one that is read")
    entries = raw["skills"]
    if len(entries) > MAX_ENTRIES:
        return _unreadable(path, name, f"it has more than {MAX_ENTRIES:,} entries")
    odd = [key for key, entry in entries.items() if not isinstance(entry, dict)]
    problems = tuple(
        Problem("warning", "lock-entry", f"the entry '{visible(key)[:80]}' is not an object", path=name)
        for key in odd[:20]
    )
    return Lock(path, {key: entry for key, entry in entries.items() if isinstance(entry, dict)}, raw, problems)


def _unreadable(path: Path, name: str, why: str, remedy: str = "") -> Lock:
    return Lock(path, problems=(Problem("error", "lock-unreadable", why, path=name, remedy=remedy),))


def changed_lock(lock: Lock, changes: Mapping[str, Mapping[str, Any] | None], name: str = LOCK_FILE) -> bytes:
    """The file with these entries put in (None: taken out), sorted by name, everything else kept.

    Raises:
        ConflictError: The file that is there can't be read, so that writing would lose what it holds.
    """
    if any(problem.code == "lock-unreadable" for problem in lock.problems):
        problem = lock.problems[0]
        raise ConflictError(
            f"{problem.message}, and is not overwritten",
            where=visible(str(lock.path)),
            remedy=problem.remedy or "mend it or move it away, then run this again",
        )
    entries: dict[str, Any] = {**(lock.raw.get("skills") or {})}
    for key, entry in changes.items():
        if entry is None:
            entries.pop(key, None)
        else:
            entries[key] = dict(entry)
    ordered = {key: entries[key] for key in sorted(entries, key=_javascript_order)}
    document = {"version": _VERSIONS[name], **lock.raw, "skills": ordered}
    text = json.dumps(document, indent=2, ensure_ascii=False) + "\n"
    return text.encode("utf-8", "backslashreplace")  # a lone surrogate becomes the escape that JSON has for it


def write_lock(lock: Lock, data: bytes) -> None:
    """Put a lock file's new bytes in its place in one step.

    Raises:
        InputError: The folder can't be written.
    """
    try:
        with tempfile.NamedTemporaryFile(dir=lock.path.parent, prefix=f".{LOCK_FILE}-", delete=False) as beside:
            beside.write(data)
            beside.flush()
            os.fsync(beside.fileno())
        fresh = Path(beside.name)
        fresh.chmod(0o644)
        fresh.replace(lock.path)
    except OSError as error:
        raise InputError(f"it can't be written: {error.strerror}", where=visible(str(lock.path))) from error


def _javascript_order(name: str) -> bytes:
    """Names in the order of JavaScript's `sort`: by UTF-16 units."""
    return name.encode("utf-16-be", "surrogatepass")


def computed_hash(folder: Path) -> str | None:
    """The `computedHash` of a folder; None as `hash_of`, and for one that is too large or can't be read."""
    files: dict[str, bytes] = {}
    left = MAX_HASHED
    try:
        for path, entry in walk(str(folder)):
            if entry.is_file(follow_symlinks=False):
                files[path] = read_inside(folder, path, left + 1)
                left -= len(files[path])
            if left < 0:
                return None
    except (OSError, InputError):
        return None
    return hash_of(files)


def hash_of(files: Mapping[str, bytes]) -> str | None:
    """The `computedHash` of an entry: SHA-256 over each regular file's path and bytes, `node_modules` left out.

    The files' order depends on a locale where a path is not ASCII; there, there is none (None).
    """
    names = [name for name in files if "node_modules" not in name.split("/")[:-1]]
    if not all(name.isascii() and name.isprintable() for name in names):
        return None
    digest = hashlib.sha256()
    for name in sorted(names, key=_locale_order):
        digest.update(name.encode() + files[name])
    return digest.hexdigest()


def _locale_order(name: str) -> tuple[list[int], str]:
    return [_COLLATED.get(char, -1) for char in name.lower()], name.swapcase()
