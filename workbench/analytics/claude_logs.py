"""Importing Claude Code's logs: what is new in them goes into the store, exactly once.

Claude Code deletes its logs after a month; what was imported stays, the store is the archive. Calls and how far each
file was read are committed together, so that an import that is killed has neither lost nor doubled anything, and two
imports at once do each other no harm: a call's row is the same whoever writes it, and however often.
"""

import threading
import time
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from workbench.analytics.claude_files import chosen_roots, default_roots, log_files
from workbench.analytics.claude_plan import NOT_FINISHED, Reading, readings
from workbench.errors import CancelledError
from workbench.storage import Store
from workbench.text import visible

if TYPE_CHECKING:
    from workbench.analytics.claude_lines import Call
    from workbench.analytics.claude_scan import Scanned

AGENT = "claude"
BATCH_CALLS = 5000
BATCH_FILES = 200
"""A transaction is committed at so many calls or files: short, so that others who want to write don't wait long."""


@dataclass(frozen=True, slots=True)
class Progress:
    """How far an import is; files and bytes are those with something to read."""

    files: int
    files_total: int
    bytes_read: int
    bytes_total: int
    new_calls: int


@dataclass(frozen=True, slots=True)
class ImportReport:
    """What an import did.

    Attributes:
        roots: The `projects` folders that were looked through; empty where Claude Code has none.
        files: Log files found.
        files_read: Those that had changed.
        bytes_read: Bytes of whole lines read.
        updated_calls: Known calls of which more became known.
        problems: Problems new in this import; the function `problems` lists all.
        priced_calls: Calls, unpriced before, that newer price data has a price for.
    """

    roots: tuple[Path, ...]
    files: int
    files_read: int
    bytes_read: int
    new_calls: int
    updated_calls: int
    problems: int
    priced_calls: int
    seconds: float


@dataclass(frozen=True, slots=True)
class LogProblem:
    """A line, or a file (line 0), of which something was not counted."""

    path: str
    line: int
    reason: str


def import_claude(
    store: Store,
    roots: Sequence[Path] | None = None,
    *,
    on_progress: Callable[[Progress], None] | None = None,
    cancel: threading.Event | None = None,
) -> ImportReport:
    """Bring everything new in Claude Code's logs into the store.

    Args:
        store: Where to.
        roots: Folders that a user named (see `chosen_roots`); None for where Claude Code keeps its logs.
        on_progress: Called in this thread, after each part of a file.
        cancel: Set it to stop; what was read by then is kept, and the next import goes on from there.

    Raises:
        InputError: A named folder has no logs, or the store can't be used.
        ConflictError: Another process holds the store for too long.
        CancelledError: `cancel` was set.
    """
    began = time.monotonic()
    places = default_roots() if roots is None else chosen_roots(roots)
    priced = _retry_unpriced(store)
    files = list(log_files(places))
    changed = readings(store, AGENT, files)
    intake = _Intake(store, changed)
    if changed:
        intake.run(on_progress, cancel)
    return ImportReport(
        roots=tuple(places),
        files=len(files),
        files_read=len(changed),
        bytes_read=intake.bytes_read,
        new_calls=intake.new_calls,
        updated_calls=intake.updated_calls,
        problems=intake.problems,
        priced_calls=priced,
        seconds=time.monotonic() - began,
    )


def problems(store: Store) -> list[LogProblem]:
    """Everything in the logs that was not counted, by file and line."""
    rows = store.query("SELECT path, line, reason FROM log_problem ORDER BY path, line, reason")
    return [LogProblem(row["path"], row["line"], row["reason"]) for row in rows]


def open_scratch(roots: Sequence[Path]) -> Store:
    """A store in memory with just the logs of these folders, for a look at them that changes nothing.

    Raises:
        InputError: A folder has no logs.
    """
    store = Store(None)
    import_claude(store, roots)
    return store


def _retry_unpriced(store: Store) -> int:
    if not store.query("SELECT 1 FROM price WHERE rates = '' LIMIT 1"):
        return 0
    from workbench.analytics.pricing import retry_unpriced

    return retry_unpriced(store)


@dataclass
class _Position:
    """How far the lines of one file have been taken in, in their order."""

    reading: Reading
    offset: int
    lines: int
    head: int
    parts_left: int
    next_part: int = 0
    waiting: "dict[int, Scanned]" = field(default_factory=dict)
    failed: bool = False
    stopped: bool = False
    cleared: bool = False


class _Intake:
    """Takes in what the scan of the changed files finds, batch by batch."""

    def __init__(self, store: Store, changed: Sequence[Reading]) -> None:
        self._store = store
        self._changed = changed
        self._calls: dict[str, Call] = {}
        self._found: list[tuple[str, int, str]] = []
        self._touched: dict[int, _Position] = {}
        self.bytes_read = self.new_calls = self.updated_calls = self.problems = 0

    def run(self, on_progress: Callable[[Progress], None] | None, cancel: threading.Event | None) -> None:
        """Scan all changed files, and commit what is in them."""
        from workbench.analytics.call_store import Names
        from workbench.analytics.claude_workers import scan_all

        self._names = Names()
        per_file = [reading.parts() for reading in self._changed]
        positions = [
            _Position(reading, reading.offset, reading.lines, reading.head, len(parts))
            for reading, parts in zip(self._changed, per_file, strict=True)
        ]
        self._touched = {number: position for number, position in enumerate(positions) if not position.parts_left}
        places = [(file, part) for file, parts in enumerate(per_file) for part in range(len(parts))]
        total = sum(part.stop - part.start for parts in per_file for part in parts)
        done = len(self._touched)
        with closing(scan_all([part for parts in per_file for part in parts])) as results:
            for index, scanned in results:
                number, part = places[index]
                done += self._take(number, positions[number], part, scanned)
                if len(self._calls) >= BATCH_CALLS or len(self._touched) >= BATCH_FILES:
                    self._commit()
                if on_progress is not None:
                    on_progress(Progress(done, len(positions), self.bytes_read, total, self.new_calls))
                if cancel is not None and cancel.is_set():
                    self._commit()
                    raise CancelledError(
                        "the import was stopped", remedy="what was read is kept; the next import goes on from there"
                    )
        self._commit()

    def _take(self, number: int, position: _Position, part: int, scanned: "Scanned") -> bool:
        """Take in one result, and those of the same file that waited for it; gives whether the file is done."""
        position.waiting[part] = scanned
        self._touched[number] = position
        while (ready := position.waiting.pop(position.next_part, None)) is not None:
            position.next_part += 1
            position.parts_left -= 1
            self._take_calls(ready.calls)
            if ready.failure and not position.failed:
                position.failed = True
                self._found.append((position.reading.file.name, 0, f"the file can't be read: {visible(ready.failure)}"))
            if ready.begin is None:
                continue
            if ready.begin != position.offset:
                position.stopped = True  # the file changed while it was read: the next import sees to the rest
            if position.stopped or position.failed:
                continue
            name = position.reading.file.name
            self._found += [(name, position.lines + line, visible(reason)) for line, reason in ready.problems]
            self.bytes_read += ready.end - position.offset
            position.lines += ready.lines
            position.offset, position.head = ready.end, ready.head
        return position.parts_left == 0

    def _take_calls(self, calls: "Sequence[Call]") -> None:
        from workbench.analytics.claude_scan import merged

        for call in calls:
            known = self._calls.setdefault(call.key, call)
            if known is not call:
                self._calls[call.key] = merged(known, call)

    def _commit(self) -> None:
        """Write calls, problems and positions in one transaction."""
        from workbench.analytics.call_store import write_calls

        if not self._touched:
            return
        touched = list(self._touched.values())
        anew = [(p.reading.file.name,) for p in touched if p.reading.anew and not p.cleared]
        readable = [(p.reading.file.name,) for p in touched if not p.failed]
        with self._store.transaction() as connection:
            new, updated = write_calls(connection, self._names, list(self._calls.values()))
            connection.executemany("DELETE FROM log_problem WHERE path = ?", anew)
            connection.executemany("DELETE FROM log_problem WHERE path = ? AND line = 0", readable)
            before = connection.total_changes
            connection.executemany("INSERT INTO log_problem VALUES (?, ?, ?) ON CONFLICT DO NOTHING", self._found)
            found = connection.total_changes - before
            connection.executemany(_KEEP_POSITION, map(_row, touched))
        self.new_calls += new
        self.updated_calls += updated
        self.problems += found
        for position in touched:
            position.cleared = True
        self._calls, self._found, self._touched = {}, [], {}


_KEEP_POSITION = (
    "INSERT OR REPLACE INTO log_file (path, agent, inode, size, mtime_ns, offset, lines, head)"
    " VALUES (?, ?, ?, ?, ?, ?, ?, ?)"
)


def _row(position: _Position) -> tuple[object, ...]:
    file = position.reading.file
    finished = position.parts_left == 0 and not position.stopped and not position.failed
    return (
        file.name, AGENT, file.inode, file.size, file.mtime_ns if finished else NOT_FINISHED,
        position.offset, position.lines, position.head,
    )  # fmt: skip
