"""Totals that no kernel limit covers, watched from outside: processes, memory and disk of a whole run."""

import contextlib
import os
import re
import stat
import time
from collections.abc import Iterator
from pathlib import Path

from workbench.sandbox.model import Limits

_ENTRY_BYTES = 4096  # an empty file or folder takes space too
_DEEPEST = 100
_WALK_SECONDS = 0.02
_WALK_PAUSE_SECONDS = 0.04  # processes may have to be looked at more often than the disk
_MEMORY = re.compile(rb"^(?:RssAnon|RssShmem):\s*(\d+) kB|^Threads:\s*(\d+)", re.MULTILINE)


class Watch:
    """The watch over one run.

    Memory is what the processes hold of their own (private and shared memory, not mapped files). Disk is what the
    run's folders hold, and open files that were deleted or only ever lived in memory.

    Args:
        folders: Folders whose contents count as the run's disk.
        inner: Host process id of the sandbox's first process, or None where there is no sandbox: then only disk is
            watched.
    """

    def __init__(self, folders: tuple[Path, ...], limits: Limits, inner: int | None) -> None:
        self._limits = limits
        self._inner = inner
        self._proc: int | None = None
        self._folders = folders
        self._walk: Iterator[int] | None = None
        self._walked = 0
        self._next_walk = time.monotonic() + _WALK_PAUSE_SECONDS
        self._homeless = 0
        self._hiding: set[str] = set()

    def __enter__(self) -> "Watch":
        return self

    def __exit__(self, *_: object) -> None:
        if self._proc is not None:
            os.close(self._proc)

    def check(self) -> str | None:
        """Which limit is exceeded, as a reason; None while all hold. Takes about 20 ms at most."""
        reason = self._check_processes()
        if reason is None and time.monotonic() >= self._next_walk:
            reason = self._check_disk()
            self._next_walk = time.monotonic() + _WALK_PAUSE_SECONDS
        return reason

    def check_at_end(self) -> str | None:
        """The same for what a program left behind that was quicker than the watch."""
        self._homeless, self._walk = 0, None
        return self._check_disk(seconds=5.0)

    def _check_processes(self) -> str | None:
        if self._proc is None:
            self._proc = _inner_proc(self._inner) if self._inner is not None else None
        if self._proc is None:
            return None
        memory = tasks = 0
        homeless: dict[tuple[int, int], int] = {}
        hiding: set[str] = set()
        try:
            pids = _names(self._proc)
        except (FileNotFoundError, ProcessLookupError):  # the whole sandbox has just ended
            return None
        for pid in pids:
            if not pid.isdigit() or pid == "1":
                continue
            used, threads = _usage(self._proc, pid)
            memory, tasks = memory + used, tasks + threads
            if tasks > self._limits.processes:
                return f"more than {self._limits.processes} processes or threads at once"
            try:
                homeless.update(_homeless_files(self._proc, pid))
            except PermissionError:
                if used:  # a process that has ended, and waits to be asked how, has no memory and no files
                    hiding.add(pid)
        if hiding & self._hiding:  # twice: at its very start a process may be closed for a moment
            return "what it may not: a process that hides its open files"
        self._homeless, self._hiding = sum(homeless.values()), hiding
        if memory > self._limits.memory_bytes:
            return f"more than {size(self._limits.memory_bytes)} of memory in all"
        return None

    def _check_disk(self, seconds: float = _WALK_SECONDS) -> str | None:
        """Walk the folders for a moment; a walk that takes longer is gone on with at the next check."""
        until = time.monotonic() + seconds
        if self._walk is None:
            self._walk, self._walked = _sizes(self._folders), self._homeless
        try:
            for found in self._walk:
                self._walked += found
                if self._walked > self._limits.disk_bytes or time.monotonic() > until:
                    break
            else:
                self._walk = None
        except TooDeepError:
            return f"folders nested deeper than {_DEEPEST}"
        if self._walked > self._limits.disk_bytes:
            return f"more than {size(self._limits.disk_bytes)} of files in all"
        return None


class TooDeepError(Exception):
    """Folders are nested so deep that they can't be watched."""


def _sizes(folders: tuple[Path, ...]) -> Iterator[int]:
    waiting = [(str(folder), 0) for folder in folders]
    while waiting:
        path, depth = waiting.pop()
        if depth > _DEEPEST:
            raise TooDeepError
        try:
            entries = os.scandir(path)
        except PermissionError:
            # Only its owner can have locked it, and what is in it has to be counted.
            with contextlib.suppress(OSError):
                Path(path).chmod(0o700)
            continue
        except OSError:
            continue
        with entries:
            for entry in entries:
                with contextlib.suppress(OSError):
                    status = entry.stat(follow_symlinks=False)
                    if stat.S_ISDIR(status.st_mode):
                        waiting.append((entry.path, depth + 1))
                    yield max(status.st_blocks * 512, _ENTRY_BYTES)


def _inner_proc(inner: int) -> int | None:
    """The sandbox's own /proc, which lists exactly its processes; None until the sandbox is set up."""
    try:
        descriptor = os.open(f"/proc/{inner}/root/proc", os.O_RDONLY | os.O_DIRECTORY)
    except OSError:
        return None
    if os.fstat(descriptor).st_dev == Path("/proc").stat().st_dev:  # still the host's: too early
        os.close(descriptor)
        return None
    return descriptor


def _names(descriptor: int) -> list[str]:
    with os.scandir(descriptor) as found:
        return [entry.name for entry in found]


def _usage(proc: int, pid: str) -> tuple[int, int]:
    """Bytes of memory and number of threads of one process; zeros if it is gone."""
    try:
        with open(os.open(f"{pid}/status", os.O_RDONLY, dir_fd=proc), "rb") as file:
            found = _MEMORY.findall(file.read())
    except OSError:  # it is gone
        return 0, 0
    return sum(int(kilobytes) * 1024 for kilobytes, _ in found if kilobytes), sum(
        int(count) for _, count in found if count
    )


def _homeless_files(proc: int, pid: str) -> dict[tuple[int, int], int]:
    """Sizes of open files that no folder shows any more, by device and inode; PermissionError if it hides them."""
    found: dict[tuple[int, int], int] = {}
    try:
        descriptors = os.open(f"{pid}/fd", os.O_RDONLY | os.O_DIRECTORY, dir_fd=proc)
    except (FileNotFoundError, ProcessLookupError):  # the second where it ends in between
        return found
    try:
        for name in _names(descriptors):
            with contextlib.suppress(FileNotFoundError):
                status = os.stat(name, dir_fd=descriptors)
                if stat.S_ISREG(status.st_mode) and status.st_nlink == 0:
                    found[status.st_dev, status.st_ino] = status.st_blocks * 512
    except (FileNotFoundError, ProcessLookupError):
        return found
    finally:
        os.close(descriptors)
    return found


def size(count: int) -> str:
    """A limit in words."""
    return f"{count >> 20} MiB" if count >= 1 << 20 else f"{count} bytes"
