"""Commits that changed skills, as bytes for the cache, and back."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

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


_decoder = msgspec.msgpack.Decoder(tuple[Step, ...])


def encode_steps(steps: Sequence[Step]) -> bytes:
    """Commits, newest first; none where a path or a name is not UTF-8, so that they are read from git each time."""
    try:
        return msgspec.msgpack.encode(tuple(steps))
    except UnicodeEncodeError:
        return b""


def decode_steps(data: bytes) -> tuple[Step, ...]:
    """What `encode_steps` gave; none where the bytes are something else."""
    try:
        return _decoder.decode(data)
    except msgspec.MsgspecError:
        return ()
