"""Server-sent events out of bytes that arrive in any pieces (WHATWG HTML, section 9.2.6)."""

import codecs
import re
from collections.abc import Iterator
from dataclasses import dataclass

MOST_EVENT = 4 << 20
"""How many characters one event or line may have."""

_END = re.compile(r"\r\n|\r|\n")


class TooLongError(ValueError):
    """An event or a line is longer than anything sensible."""


@dataclass(frozen=True, slots=True)
class Event:
    """One event; `name` is `message` where the server gave none."""

    name: str
    data: str


class EventParser:
    """Takes bytes as they come and gives the events that are whole. An event cut off at the end is none."""

    def __init__(self) -> None:
        self._decoder = codecs.getincrementaldecoder("utf-8-sig")("replace")
        self._line: list[str] = []
        self._line_size = 0
        self._data: list[str] = []
        self._size = 0
        self._name = ""
        self._after_cr = False

    def feed(self, chunk: bytes) -> Iterator[Event]:
        """Take some bytes.

        Raises:
            TooLongError: An event has more than `MOST_EVENT` characters.
        """
        text = self._decoder.decode(chunk)
        if self._after_cr and text:  # the line feed of a CR LF that was cut in two ends nothing
            text = text.removeprefix("\n")
            self._after_cr = False
        if text.endswith("\r"):
            self._after_cr = True
        start = 0
        for end in _END.finditer(text):
            self._keep(text[start : end.start()])
            start = end.end()
            line = "".join(self._line)
            self._line.clear()
            self._line_size = 0
            if (event := self._take(line)) is not None:
                yield event
        self._keep(text[start:])

    def _keep(self, part: str) -> None:
        if part:
            self._line.append(part)
            self._line_size += len(part)
        if self._line_size + self._size > MOST_EVENT:
            raise TooLongError

    def _take(self, line: str) -> Event | None:
        if not line:
            return self._dispatch()
        field, _, value = line.partition(":")
        value = value.removeprefix(" ")
        if field == "data":
            self._data.append(value)
            self._size += len(value) + 1
        elif field == "event":
            self._name = value
        return None

    def _dispatch(self) -> Event | None:
        event = Event(self._name or "message", "\n".join(self._data)) if self._data else None
        self._data.clear()
        self._size = 0
        self._name = ""
        return event
