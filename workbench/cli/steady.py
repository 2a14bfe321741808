"""Standard output and error that outlive their reader: `workbench review verify | head -1` still says no at its end."""

import errno
import io
import os
import stat
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer


class _Pipe(io.FileIO):
    """A pipe's end; when nobody reads the other, what is written goes nowhere."""

    gone = False

    def write(self, b: "ReadableBuffer", /) -> int:
        try:
            return super().write(b)
        except OSError as error:
            if error.errno != errno.EPIPE:
                raise
        self.gone = True
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, self.fileno())
        os.close(nowhere)
        return memoryview(b).nbytes


def outlive_readers() -> None:
    """Let standard output and error outlive whoever reads them, where they are pipes."""
    for name in ("stdout", "stderr"):
        old = getattr(sys, name)
        try:
            number = old.fileno()
            kind = os.fstat(number).st_mode
        except (OSError, ValueError):  # a stream that is no file
            continue
        if stat.S_ISFIFO(kind) or stat.S_ISSOCK(kind):
            old.flush()
            pipe = io.BufferedWriter(_Pipe(number, "w", closefd=False))
            setattr(sys, name, io.TextIOWrapper(
                pipe, old.encoding, old.errors, line_buffering=old.line_buffering, write_through=old.write_through
            ))  # fmt: skip


def nobody_reads() -> bool:
    """Whether the reader of standard output has gone."""
    raw = getattr(getattr(sys.stdout, "buffer", None), "raw", None)
    return isinstance(raw, _Pipe) and raw.gone
