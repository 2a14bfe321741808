"""A program that scans parts of log files: parts come on stdin, what they hold goes to stdout.

`claude_workers` starts it. It imports little, since every worker holds its own copy of it in memory.
"""

import msgspec

from workbench.analytics.claude_scan import Part, scan
from workbench.workers import serve


def main() -> None:
    """Scan parts until stdin ends."""
    encode = msgspec.msgpack.Encoder().encode
    decode = msgspec.msgpack.Decoder(Part).decode
    serve(lambda question: encode(scan(decode(question))))


if __name__ == "__main__":
    main()
