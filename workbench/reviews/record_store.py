"""Records as bytes for the cache, and back."""

from collections.abc import Sequence

import msgspec

from workbench.reviews.model import Record

_decoder = msgspec.msgpack.Decoder(tuple[Record, ...])


def encode_records(records: Sequence[Record]) -> bytes:
    """Records as they were read, before anybody judged who said them."""
    try:
        return msgspec.msgpack.encode(tuple(records))
    except UnicodeEncodeError:  # a path that is not UTF-8: read from git each time
        return b""


def decode_records(data: bytes) -> tuple[Record, ...]:
    """What `encode_records` gave; no records where the bytes are something else, so that they are read again."""
    try:
        return _decoder.decode(data)
    except msgspec.MsgspecError:
        return ()
