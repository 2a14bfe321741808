"""Scanning many parts of files on more than one processor."""

import os
from collections.abc import Generator, Sequence

import msgspec

from workbench.analytics.claude_scan import Part, Scanned, scan
from workbench.workers import Worker, share_out

WORKERS = 2
WORTHWHILE = 24 << 20
"""Below so many bytes to read, starting workers takes longer than they save."""

_encode = msgspec.msgpack.Encoder().encode
_decode_scanned = msgspec.msgpack.Decoder(Scanned).decode


def scan_all(parts: Sequence[Part]) -> Generator[tuple[int, Scanned]]:
    """What each part holds, with its index, in the order in which the results come. Closing the iterator stops it."""
    total = sum(part.stop - part.start for part in parts)
    workers = min(WORKERS, os.cpu_count() or 1, len(parts))
    if total < WORTHWHILE or workers < 2:
        for index, part in enumerate(parts):
            yield index, scan(part)
    else:
        yield from share_out(parts, "workbench.analytics.claude_worker", workers, _scan)


def _scan(worker: Worker, part: Part) -> Scanned:
    """What a part holds. If the worker fails it is read here instead: nothing is lost."""
    if (reply := worker.ask(_encode(part))) is not None:
        return _decode_scanned(reply)
    return Scanned(None, part.start, 0, [], []) if worker.killed else scan(part)
