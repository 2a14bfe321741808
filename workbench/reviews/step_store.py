"""Commits that changed skills, as bytes for the cache, and back."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

import msgspec


@dataclass(frozen=True, slots=True)
class Step:
    """One commit, and the trees that it gave to skills; None where it removed one.

    Attributes:
        at: When it was committed, UTC seconds.
        authors: E-mails of its author and co-authors, lower case.
    """

    commit: str
    at: int
    author: str
    authors: tuple[str, ...]
    subject: str
    trees: Mapping[str, str | None]


class Steps(NamedTuple):
    """Commits, newest first, and the skills whose changes were looked for in them."""

    ids: frozenset[str]
    steps: tuple[Step, ...]


_decoder = msgspec.msgpack.Decoder(Steps)


def encode_steps(steps: Steps) -> bytes:
    """Steps as bytes; none where a path or a name is not UTF-8, so that they are read from git each time."""
    try:
        return msgspec.msgpack.encode(steps)
    except UnicodeEncodeError:
        return b""


def decode_steps(data: bytes) -> Steps | None:
    """What `encode_steps` gave; None where the bytes are something else."""
    try:
        return _decoder.decode(data) if data else None
    except msgspec.MsgspecError:
        return None
