"""Which bytes of which log files are new: what was read before, and whether it is still the same file."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from workbench.analytics.claude_files import LogFile
from workbench.storage import Store

if TYPE_CHECKING:
    from workbench.analytics.claude_scan import Part

PART_BYTES = 16 << 20
"""Bigger files are read in parts of this size, by several workers and in bounded memory."""

NOT_FINISHED = -1
"""Kept as a file's modification time when it was not read to its end: the next import looks at it again."""


@dataclass(frozen=True, slots=True)
class Reading:
    """A file with something to look at.

    Attributes:
        offset: Bytes that were read before.
        lines: Lines that were read before.
        head: The fingerprint of what was read before.
        anew: The file was read before, but is another one now.
    """

    file: LogFile
    offset: int = 0
    lines: int = 0
    head: int = 0
    anew: bool = False

    def parts(self) -> "list[Part]":
        """The parts to scan, in order; none if only the file's date changed."""
        from workbench.analytics.claude_scan import Part

        stop = self.file.size
        return [
            Part(
                path=self.file.path,
                origin=self.file.origin,
                start=start,
                stop=min(start + PART_BYTES, stop),
                aligned=start == self.offset,
            )
            for start in range(self.offset, stop, PART_BYTES)
        ]


def readings(store: Store, agent: str, files: Iterable[LogFile]) -> list[Reading]:
    """The files that changed since they were read, or never were."""
    known = {row["path"]: row for row in store.query("SELECT * FROM log_file WHERE agent = ?", (agent,))}
    planned = (_reading(file, known.get(file.name)) for file in files)
    return [reading for reading in planned if reading is not None]


def _reading(file: LogFile, row: Any) -> Reading | None:
    if row is None:
        return Reading(file)
    if (row["inode"], row["size"], row["mtime_ns"]) == (file.inode, file.size, file.mtime_ns):
        return None
    if file.size < row["offset"] or not _is_the_same(file, row["offset"], row["head"]):
        return Reading(file, anew=True)
    return Reading(file, row["offset"], row["lines"], row["head"])


def _is_the_same(file: LogFile, offset: int, head: int) -> bool:
    from workbench.analytics.claude_scan import fingerprint

    try:
        with open(file.path, "rb", buffering=0) as handle:
            return fingerprint(handle.fileno(), offset) == head
    except OSError:
        return False
