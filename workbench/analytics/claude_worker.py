"""A program that scans parts of log files: parts come on stdin, what they hold goes to stdout, length-prefixed.

`claude_workers` starts it. It imports little, since every worker holds its own copy of it in memory.
"""

import os
import sys
from contextlib import suppress
from typing import IO

import msgspec

from workbench.analytics.claude_scan import Part, scan

_LENGTH = 4


def send(stream: IO[bytes], message: bytes) -> None:
    """Write one message."""
    stream.write(len(message).to_bytes(_LENGTH, "big") + message)
    stream.flush()


def receive(stream: IO[bytes]) -> bytes | None:
    """Read the next message; None at the end of the stream."""
    size = stream.read(_LENGTH)
    if len(size) < _LENGTH:
        return None
    message = stream.read(int.from_bytes(size, "big"))
    return message if len(message) == int.from_bytes(size, "big") else None


def main() -> None:
    """Scan parts until stdin ends: the one who asks closes it, or is gone."""
    encode = msgspec.msgpack.Encoder().encode
    decode = msgspec.msgpack.Decoder(Part).decode
    with suppress(BrokenPipeError, KeyboardInterrupt):
        while (message := receive(sys.stdin.buffer)) is not None:
            send(sys.stdout.buffer, encode(scan(decode(message))))
    os._exit(0)  # what is left for a broken pipe needs no flush


if __name__ == "__main__":
    main()
