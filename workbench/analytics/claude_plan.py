"""Which bytes of which log files are new: what was read before, and whether it is still the same file."""

import hashlib
import os
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from workbench.analytics.claude_files import LogFile
from workbench.analytics.claude_scan import Part
from workbench.storage import Store

PART_BYTES = 16 << 20
"""Bigger files are read in parts of this size, by several workers and in bounded memory."""

_FINGERPRINT_BYTES = 4096
NOT_FINISHED = -1
"""Kept as a file's modification time when it was not read to its end: the next import looks at it again."""


@dataclass(frozen=True, slots=True)
class Reading:
    """A file with something to look at.

    Attributes:
        offset: Bytes that were read before.
        lines: Lines that were read before.
        anew: The file was read before, but is another one now.
    """

    file: LogFile
    offset: int = 0
    lines: int = 0
    anew: bool = False

    def parts(self) -> list[Part]:
        """The parts to scan, in order; none if only the file's date changed."""
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
    if file.size < row["offset"] or fingerprint(file.path, row["offset"]) != row["head"]:
        return Reading(file, anew=True)
    return Reading(file, row["offset"], row["lines"])


def fingerprint(path: bytes, offset: int) -> int:
    """A hash of the first and the last bytes before `offset`, to know them again; 0 if the file can't be read."""
    size = min(offset, _FINGERPRINT_BYTES)
    try:
        with open(path, "rb", buffering=0) as file:
            ends = os.pread(file.fileno(), size, 0) + os.pread(file.fileno(), size, offset - size)
    except OSError:
        return 0
    return int.from_bytes(hashlib.blake2b(ends, digest_size=8).digest(), "big", signed=True)
