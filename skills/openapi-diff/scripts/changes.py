"""What a change is, and the place where changes are collected."""

from dataclasses import dataclass, field
from typing import Literal

Kind = Literal["breaking", "risky", "compatible"]
KINDS: tuple[Kind, ...] = ("breaking", "risky", "compatible")
Direction = Literal["request", "response"]


@dataclass
class Change:
    """One change, and the operations that it shows in.

    Attributes:
        kind: breaking: a correct client can fail; risky: some clients can; compatible: none does.
        operations: A set of operations, as one bit for each in the order of `Changes.operations`.
    """

    kind: Kind
    rule: str
    where: str
    message: str
    operations: int = 0


@dataclass
class Changes:
    """Changes found so far. The same change in a shared schema is one change with several operations.

    Attributes:
        operations: The names of all operations so far; the last one is at hand while `bit` is not 0.
    """

    operations: list[str] = field(default_factory=list)
    bit: int = 0
    found: dict[tuple[str, str, str], Change] = field(default_factory=dict)

    def begin(self, operation: str) -> None:
        """Let what is noted from now on belong to this operation."""
        self.bit = 1 << len(self.operations)
        self.operations.append(operation)

    def add(self, kind: Kind, rule: str, where: str, message: str, bits: int | None = None) -> None:
        """Note a change in the operation at hand, or in those named by `bits`."""
        change = self.found.setdefault((rule, where, message), Change(kind, rule, where, message))
        change.operations |= self.bit if bits is None else bits

    def names(self, change: Change, limit: int) -> list[str]:
        """The operations of a change, at most so many."""
        found: list[str] = []
        bits = change.operations
        while bits and len(found) < limit:
            found.append(self.operations[(bits & -bits).bit_length() - 1])
            bits &= bits - 1
        return found

    def ranked(self) -> list[Change]:
        """All changes, the most serious first."""
        return sorted(self.found.values(), key=lambda c: (KINDS.index(c.kind), c.where, c.rule, c.message))
