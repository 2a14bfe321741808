"""The part of git's index that a few folders need, cut out of the file as it is, with what git knows of each file.

Built anew from names and ids, the entries would lose what `stat` said of each file, and git would convert again what it
takes for unchanged otherwise; the whole index takes git a second for 40,000 files. The format is git's own
(`Documentation/gitformat-index.txt`), versions 2 and 3; of any other kind of index there is no part.
"""

import hashlib
from collections.abc import Sequence
from typing import NamedTuple

_HEADER = 12
_RULES = (b".gitattributes", b".gitignore", b".gitmodules")
"""Where these are missing in the work tree, git reads them from the index."""
_ASSUMED, _EXTENDED, _STAGE, _LENGTH = 0x80, 0x40, 0x30, 0xFFF
_SKIPPED = 0x40
"""Bits of the two bytes of flags, and of the two more that extended entries have."""
_SPLIT, _SPARSE = b"link", b"sdir"
_MODE_AT, _SUBMODULE = 24, (0o160000).to_bytes(4, "big")


class Part(NamedTuple):
    """An index of some entries, and the paths among them that git was told to believe unchanged."""

    data: bytes
    overlooked: list[bytes]


def part_of(index: bytes, folders: Sequence[bytes]) -> Part | None:
    """The entries of `folders`, and those that decide how what is in them is stored.

    None where there is no part to be had: a merge left a path open, one of the entries is a submodule, or the file is
    of another kind or damaged.
    """
    version, count = int.from_bytes(index[4:8], "big"), int.from_bytes(index[8:12], "big")
    digest = next((one for one in (_sha1, _sha256) if index.endswith(one(index[: -len(one(b""))]))), None)
    if digest is None or index[:4] != b"DIRC" or version not in (2, 3):
        return None
    size = len(digest(b""))
    end = len(index) - size
    below = tuple(folder + b"/" for folder in folders)
    exact = frozenset(path for folder in folders for path in _and_above(folder))
    flags_at = 40 + size
    kept: list[bytes] = []
    overlooked: list[bytes] = []
    at = _HEADER
    for _ in range(count):
        flags = at + flags_at
        if flags + 2 > end:
            return None
        high = index[flags]
        if high & _STAGE:
            return None
        start = flags + (4 if high & _EXTENDED else 2)
        length = (high << 8 | index[flags + 1]) & _LENGTH
        stop = start + length if length < _LENGTH else index.index(b"\0", start)
        path = index[start:stop]
        after = at + (stop - at + 8 & ~7)
        if path.startswith(below) or path in exact or path.endswith(_RULES):
            if index[at + _MODE_AT : at + _MODE_AT + 4] == _SUBMODULE:
                return None
            kept.append(index[at:after])
            if high & _ASSUMED or (high & _EXTENDED and index[flags + 2] & _SKIPPED):
                overlooked.append(path)
        at = after
    if at > end or _extensions(index, at, end) & {_SPLIT, _SPARSE}:
        return None
    data = b"".join((index[:8], len(kept).to_bytes(4, "big"), *kept))
    return Part(data + digest(data), overlooked)


def _sha1(data: bytes) -> bytes:
    return hashlib.sha1(data, usedforsecurity=False).digest()


def _sha256(data: bytes) -> bytes:
    return hashlib.sha256(data).digest()


def _extensions(index: bytes, at: int, end: int) -> set[bytes]:
    """The names of what stands after the entries."""
    names = set()
    while at + 8 <= end:
        names.add(index[at : at + 4])
        at += 8 + int.from_bytes(index[at + 4 : at + 8], "big")
    return names


def _and_above(folder: bytes) -> list[bytes]:
    """A folder and those around it: one of them may be a file, a link or a submodule in the index."""
    parts = folder.split(b"/")
    return [b"/".join(parts[:count]) for count in range(1, len(parts) + 1)]
