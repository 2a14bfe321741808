"""Bringing back what a program wrote, by pattern, within bounds, and never through a link."""

import fnmatch
import os
import stat
from collections import deque
from collections.abc import Iterable, Iterator
from pathlib import Path

_MOST_FOLDERS = 10_000


def collect(
    work: Path, patterns: Iterable[str], given: frozenset[str], most_bytes: int
) -> tuple[dict[str, bytes], tuple[str, ...]]:
    """The regular files below `work` that match a pattern, and the names of those that did not fit.

    Args:
        work: The working folder of a run that has ended.
        patterns: Globs relative to it: `*`, `?`, `[…]` within a name, `**` for any folders.
        given: Places that were there before and are not looked into.
        most_bytes: How much all files together may hold; a file that does not fit is left out whole.
    """
    wanted = tuple(patterns)
    files: dict[str, bytes] = {}
    left_out: list[str] = []
    if not wanted:
        return files, ()
    for place in _files(work, given, left_out):
        if not any(matches(place, pattern) for pattern in wanted):
            continue
        content = _read(work / place, most_bytes)
        if content is None:
            left_out.append(place)
        else:
            files[place] = content
            most_bytes -= len(content)
    return files, tuple(left_out)


def _files(work: Path, given: frozenset[str], left_out: list[str]) -> Iterator[str]:
    waiting = deque([""])
    for _ in range(_MOST_FOLDERS):
        if not waiting:
            return
        prefix = waiting.popleft()
        try:
            entries = _entries(work / prefix)
        except OSError:
            left_out.append(prefix)
            continue
        for entry in entries:
            place = prefix + entry.name
            if place in given:
                continue
            if entry.is_dir(follow_symlinks=False):
                waiting.append(place + "/")
            elif entry.is_file(follow_symlinks=False):
                yield place
    left_out.extend(waiting)


def _entries(folder: Path) -> list[os.DirEntry[str]]:
    try:
        found = os.scandir(folder)
    except PermissionError:
        folder.chmod(0o700)
        found = os.scandir(folder)
    with found:
        return sorted(found, key=lambda entry: entry.name)


def _read(path: Path, most_bytes: int) -> bytes | None:
    flags = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK
    try:
        try:
            descriptor = os.open(path, flags)
        except PermissionError:
            path.chmod(0o600)
            descriptor = os.open(path, flags)
    except OSError:
        return None
    with open(descriptor, "rb") as file:
        status = os.fstat(file.fileno())
        if not stat.S_ISREG(status.st_mode) or status.st_size > most_bytes:
            return None
        return file.read(status.st_size)


def matches(place: str, pattern: str) -> bool:
    """Whether a `/`-separated path matches a glob; never slow, whatever the pattern.

    `*`, `?` and `[…]` stay within one name, `**` stands for any number of names.
    """
    wanted = pattern.split("/")
    states = _reach({0}, wanted)
    for name in place.split("/"):
        after = set()
        for state in states:
            if state == len(wanted):
                continue
            if wanted[state] == "**":
                after.add(state)
            elif fnmatch.fnmatchcase(name, wanted[state]):
                after.add(state + 1)
        states = _reach(after, wanted)
    return len(wanted) in states or (wanted[-1] == "**" and len(wanted) - 1 in states)


def _reach(states: set[int], wanted: list[str]) -> set[int]:
    """The states and those after each `**`, which may stand for no name at all."""
    reached = set(states)
    for state in range(len(wanted)):
        if state in reached and wanted[state] == "**":
            reached.add(state + 1)
    return reached
