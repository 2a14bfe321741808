"""Reading a part of a log file: whole lines only, in bounded memory, each line's calls merged where they are copies."""

import os
import zlib

import msgspec

from workbench.analytics.claude_lines import MARKER, UNKNOWN_MODEL, Call, LineReader
from workbench.analytics.claude_origin import Origin

CHUNK = 1 << 19
MAX_LINE = 8 << 20
"""A longer line is passed over without being held; the longest observed in real logs has 0.96 MB."""

_FINGERPRINT_BYTES = 4096
_OPENING, _CLOSING = b"{"[0], b"}"[0]


class Part(msgspec.Struct, array_like=True, frozen=True):
    """A part of a file to read: every line that begins in `start`..`stop` (bytes).

    Attributes:
        aligned: `start` is known to be the beginning of a line; else the first whole line after it comes first.
    """

    path: bytes
    origin: Origin
    start: int
    stop: int
    aligned: bool


class Scanned(msgspec.Struct, array_like=True):
    """What a part of a file held.

    Attributes:
        begin: The offset of the first line of the part; None where no line begins in it.
        end: The offset behind the last whole line.
        lines: Whole lines read.
        calls: The calls, one for each key.
        problems: (line within this part from 1, reason) of what was not counted.
        failure: Why the file could not be read, or None.
        head: The fingerprint of the file up to `end`.
    """

    begin: int | None
    end: int
    lines: int
    calls: list[Call]
    problems: list[tuple[int, str]]
    failure: str | None = None
    head: int = 0


def scan(part: Part) -> Scanned:
    """Read one part. A file that can't be read gives a `failure`, not an exception; one that is gone gives nothing."""
    found = _Scan(part)
    try:
        handle = os.open(part.path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
    except FileNotFoundError:
        return Scanned(None, part.start, 0, [], [])
    except OSError as error:
        return Scanned(None, part.start, 0, [], [], failure=error.strerror or str(error))
    failure, head = None, 0
    try:
        found.run(handle)
        head = fingerprint(handle, found.position)
    except OSError as error:
        failure = error.strerror or str(error)
    finally:
        os.close(handle)
    return Scanned(found.begin, found.position, found.lines, list(found.calls.values()), found.problems, failure, head)


def fingerprint(handle: int, offset: int) -> int:
    """A checksum of the first and the last bytes before `offset`, by which a file that was read is known again."""
    size = min(offset, _FINGERPRINT_BYTES)
    return zlib.crc32(os.pread(handle, size, offset - size), zlib.crc32(os.pread(handle, size, 0)))


class _Scan:
    """The state of reading one part: position, lines so far, and what was found."""

    def __init__(self, part: Part) -> None:
        self._stop = part.stop
        self._aligned = part.aligned
        self._read_line = LineReader(part.origin).read
        self.begin: int | None = None
        self.position = part.start
        self.lines = 0
        self.calls: dict[str, Call] = {}
        self.problems: list[tuple[int, str]] = []

    def run(self, handle: int) -> None:
        if not self._aligned and not self._align(handle):
            return
        self.begin = self.position
        size = CHUNK
        while self.position < self._stop:
            chunk = b""  # lets go of the last one first: two of a long line's are too many
            chunk = os.pread(handle, size, self.position)
            end = chunk.rfind(b"\n")
            if end >= 0:
                self._lines(chunk, end + 1)
                size = CHUNK
            elif len(chunk) < size:
                return  # the end of the file, and of no line: read when the line is whole
            elif size < MAX_LINE:
                size *= 2
            elif not self._pass_over(handle):
                return

    def _align(self, handle: int) -> bool:
        """Go to the first line that begins at or after the start; the part before has the line that reaches in."""
        self.position -= 1
        while self.position < self._stop:
            chunk = os.pread(handle, CHUNK, self.position)
            end = chunk.find(b"\n")
            if end >= 0:
                self.position += end + 1
                return True
            if not chunk:
                return False
            self.position += len(chunk)
        return False

    def _lines(self, chunk: bytes, end: int) -> None:
        """Every line in `chunk` up to `end`, as far as lines of this part go."""
        view = memoryview(chunk)
        find = chunk.find
        limit = self._stop - self.position
        start = 0
        lines = self.lines
        while start < end and start < limit:
            stop = find(b"\n", start)
            lines += 1
            if find(MARKER, start, stop) >= 0:
                self.lines = lines
                self._counted(view[start:stop])
            elif stop > start and (chunk[start] != _OPENING or chunk[stop - 1] != _CLOSING):
                self.lines = lines
                self._odd(chunk[start:stop])
            start = stop + 1
        self.lines = lines
        self.position += start

    def _counted(self, raw: memoryview) -> None:
        calls, reasons = self._read_line(raw)
        for call in calls:
            known = self.calls.setdefault(call.key, call)
            if known is not call:
                self.calls[call.key] = merged(known, call)
        for reason in reasons:
            self._problem(reason)

    def _odd(self, raw: bytes) -> None:
        """A line without usage is not parsed, but has to look like an object, or else a call may be lost in it."""
        bare = raw.strip(b" \t\r").removeprefix(b"\xef\xbb\xbf")
        if not bare or (bare[:1] == b"{" and bare[-1:] == b"}"):
            return
        if not bare.strip(b"\0"):
            self._problem("nothing but NUL bytes: the end of a write was lost")
        else:
            self._problem("torn line: not a JSON object")

    def _pass_over(self, handle: int) -> bool:
        """Go past a line that is too long to hold; it is a problem only if it could have held a call."""
        position, tail, marked = self.position, b"", False
        while chunk := os.pread(handle, CHUNK, position):
            end = chunk.find(b"\n")
            text = tail + (chunk if end < 0 else chunk[:end])
            marked = marked or MARKER in text
            tail = text[-len(MARKER) :]
            if end >= 0:
                self.lines += 1
                self.position = position + end + 1
                if marked:
                    self._problem(f"not counted: the line is longer than {MAX_LINE >> 20} MiB")
                return True
            position += len(chunk)
        return False

    def _problem(self, reason: str) -> None:
        self.problems.append((self.lines, reason))


def merged(one: Call, other: Call) -> Call:
    """Two copies of a call as one: the most tokens seen of each kind, the first moment, the best attribution.

    A line of the session itself tells project and session before a subagent's or a forked session's copy does; among
    equals the smaller name wins, so that the order of reading makes no difference.
    """
    home = min(one, other, key=attribution)
    return Call(
        key=one.key,
        at=min(one.at, other.at),
        model=min(one.model, other.model, key=lambda name: (name == UNKNOWN_MODEL, name)),
        project=home.project,
        session=home.session,
        sidechain=home.sidechain,
        copied=home.copied,
        input=max(one.input, other.input),
        output=max(one.output, other.output),
        cache_read=max(one.cache_read, other.cache_read),
        cache_write_5m=max(one.cache_write_5m, other.cache_write_5m),
        cache_write_1h=max(one.cache_write_1h, other.cache_write_1h),
        web_searches=max(one.web_searches, other.web_searches),
        terms=max(one.terms or "", other.terms or "") or None,
        logged_nd=max(one.logged_nd or 0, other.logged_nd or 0) or None,
    )


def attribution(call: Call) -> tuple[bool, bool, str, str]:
    """What decides between copies whose project and session count: the smallest."""
    return call.sidechain, call.copied, call.session, call.project
