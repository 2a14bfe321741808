"""What is found, and what is remembered of a file while its statements pass."""

from dataclasses import dataclass, field
from typing import NamedTuple

from sql_tokens import Dialect


class Found(NamedTuple):
    """A rule that a statement breaks, on which line, and what it is about."""

    rule: str
    line: int
    detail: str


@dataclass
class Context:
    """What the file has done so far; names of tables as `words.name_at` gives them.

    Attributes:
        rebuilt: Tables that were dropped and whose name a new table took over (SQLite's way to change one).
        lock_timeout: Whether a lock timeout was set, or its absence already reported.
        alters: Whether the statement at hand alters a table that was there before.
    """

    dialect: Dialect
    in_transaction: bool = False
    created: set[str] = field(default_factory=set)
    dropped: set[str] = field(default_factory=set)
    rebuilt: set[str] = field(default_factory=set)
    lock_timeout: bool = False
    alters: bool = False
