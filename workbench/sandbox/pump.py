"""A running program's streams: fed and read without blocking, bounded, and handed on in calm portions."""

import contextlib
import os
import selectors
import time
from typing import IO, Literal

from workbench.sandbox.model import OnOutput, Stream

_CHUNK = 1 << 16
_HAND_ON_SECONDS = 0.05

Channel = Literal["stdout", "stderr", "result"]


class Pump:
    """The streams of one program.

    Args:
        stdin: The program's standard input and what to write there, or None.
        readable: File descriptors to read, by channel; the pump closes them.
        ended: A descriptor that becomes readable when the program ends, where the system has one.
        most_bytes: How much is kept of each channel; what comes after is not.
        on_output: Called with what arrived, at most about 20 times a second for each stream.
    """

    def __init__(
        self,
        stdin: tuple[IO[bytes], bytes] | None,
        readable: dict[Channel, int],
        ended: int | None,
        most_bytes: int,
        on_output: OnOutput | None,
    ) -> None:
        self._selector = selectors.DefaultSelector()
        self._input = memoryview(stdin[1] if stdin else b"")
        self._most_bytes = most_bytes
        self._on_output = on_output
        self._kept: dict[Channel, bytearray] = {channel: bytearray() for channel in readable}
        self._handed_on: dict[Stream, int] = {"stdout": 0, "stderr": 0}
        self._handed_on_at = time.monotonic()
        self.overflowed: Channel | None = None
        if stdin is not None:
            os.set_blocking(stdin[0].fileno(), False)
            self._selector.register(stdin[0], selectors.EVENT_WRITE, "stdin")
        for channel, descriptor in readable.items():
            os.set_blocking(descriptor, False)
            self._selector.register(descriptor, selectors.EVENT_READ, channel)
        if ended is not None:
            self._selector.register(ended, selectors.EVENT_READ, "ended")

    def __enter__(self) -> "Pump":
        return self

    def __exit__(self, *_: object) -> None:
        for key in list(self._selector.get_map().values()):
            if key.data != "ended":
                self._close(key)
        self._selector.close()

    def kept(self, channel: Channel) -> bytes:
        """What was read of a channel so far."""
        return bytes(self._kept.get(channel, b""))

    def turn(self, seconds: float) -> None:
        """Move what can be moved now, waiting at most `seconds` for something to do."""
        for key, _ in self._selector.select(seconds):
            if key.data == "stdin":
                self._feed(key)
            elif key.data != "ended":
                self._read(key)
        if self._on_output is not None and time.monotonic() - self._handed_on_at >= _HAND_ON_SECONDS:
            self.hand_on()

    def drain(self) -> None:
        """Read what is left after the program's end, without waiting for anybody who still holds a stream open."""
        while any(key.data not in ("stdin", "ended") for key in self._selector.get_map().values()):
            ready = [key for key, _ in self._selector.select(0) if key.data not in ("stdin", "ended")]
            if not ready or self.overflowed:
                break
            for key in ready:
                self._read(key)
        self.hand_on()

    def hand_on(self) -> None:
        """Give what arrived since the last time to whoever listens."""
        self._handed_on_at = time.monotonic()
        if self._on_output is None:
            return
        for stream, already in self._handed_on.items():
            new = bytes(self._kept.get(stream, b"")[already:])
            if new:
                self._handed_on[stream] = already + len(new)
                self._on_output(stream, new)

    def _feed(self, key: selectors.SelectorKey) -> None:
        try:
            written = os.write(key.fd, self._input[:_CHUNK])
        except BlockingIOError:
            return
        except OSError:  # the program closed its standard input: it does not want more
            self._close(key)
            return
        self._input = self._input[written:]
        if not self._input:
            self._close(key)

    def _read(self, key: selectors.SelectorKey) -> None:
        try:
            data = os.read(key.fd, _CHUNK)
        except BlockingIOError:
            return
        except OSError:
            data = b""
        if not data:
            self._close(key)
            return
        kept = self._kept[key.data]
        room = self._most_bytes - len(kept)
        kept += data[:room]
        if len(data) > room:
            self.overflowed = self.overflowed or key.data

    def _close(self, key: selectors.SelectorKey) -> None:
        self._selector.unregister(key.fileobj)
        with contextlib.suppress(OSError):
            if isinstance(key.fileobj, int):
                os.close(key.fd)
            else:
                key.fileobj.close()  # type: ignore[attr-defined]  # a HasFileno that is stdin, which has close()
