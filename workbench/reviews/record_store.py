"""Records as bytes for the cache, and back: those of one skill without reading all the others'."""

from collections.abc import Sequence
from functools import cache, cached_property
from typing import TYPE_CHECKING

from workbench.reviews.model import Record

if TYPE_CHECKING:
    import msgspec


class Records:
    """Records in the branch's order, before anybody judged who said them.

    Args:
        items: The skill's path with each; the record itself, or its bytes in the cache, which are read when asked for.
        encoded: What they were decoded from.
        newest: The newest date of the branch where they were read, UTC seconds.
    """

    def __init__(
        self, items: "Sequence[tuple[str, Record | msgspec.Raw]]", encoded: bytes | None = None, newest: int = 0
    ) -> None:
        self._items = items
        self.newest = newest
        self.encoded = encoded
        self._known: dict[str, tuple[Record, ...]] = {}

    @classmethod
    def of_these(cls, records: Sequence[Record], newest: int = 0) -> "Records":
        """Records that were read."""
        return cls([(record.path, record) for record in records], newest=newest)

    def all(self) -> tuple[Record, ...]:
        """All of them, oldest first."""
        return self._all

    @cached_property
    def _all(self) -> tuple[Record, ...]:
        return tuple(_read(item) for _, item in self._items)

    def of(self, path: str) -> tuple[Record, ...]:
        """Those of one skill, oldest first."""
        if path not in self._known:
            self._known[path] = tuple(_read(item) for item in self._by_path.get(path, ()))
        return self._known[path]

    @cached_property
    def _by_path(self) -> "dict[str, list[Record | msgspec.Raw]]":
        found: dict[str, list[Record | msgspec.Raw]] = {}
        for path, item in self._items:
            found.setdefault(path, []).append(item)
        return found


def _read(item: "Record | msgspec.Raw") -> Record:
    return item if isinstance(item, Record) else _decoder_of_records().decode(item)


@cache
def _decoder_of_records() -> "msgspec.msgpack.Decoder[Record]":
    import msgspec

    return msgspec.msgpack.Decoder(Record)


def encode_records(records: Records) -> bytes:
    """Records as they were read, before anybody judged who said them; none where a path is not UTF-8."""
    if records.encoded is not None:
        return records.encoded
    import msgspec

    try:
        return msgspec.msgpack.encode((records.newest, [(record.path, record) for record in records.all()]))
    except (UnicodeEncodeError, OverflowError):  # read from git each time
        return b""


def decode_records(data: bytes) -> Records | None:
    """What `encode_records` gave; None where the bytes are something else, so that they are read again."""
    if not data:
        return None
    import msgspec

    try:
        newest, items = msgspec.msgpack.decode(data, type=tuple[int, tuple[tuple[str, msgspec.Raw], ...]])
        return Records(items, data, newest)
    except msgspec.MsgspecError:
        return None
