"""How the copies that agents read stand to a library, as plain data."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Literal

from workbench.reviews.model import Deprecation
from workbench.skills.model import Skipped

Status = Literal["approved", "older", "draft", "changed", "unknown", "dangling"]

STATUSES: tuple[Status, ...] = ("dangling", "changed", "older", "draft", "unknown", "approved")
"""The most urgent first."""

STATUS_SIGNS: Mapping[Status, str] = {
    "approved": "✓",
    "older": "~",
    "draft": "○",
    "changed": "!",
    "unknown": "?",
    "dangling": "×",
}
"""One sign for each status, for every list: colour alone never says it."""


@dataclass(frozen=True, slots=True)
class Match:
    """The approval that a copy's bytes have: the version they call themselves, the commit they were seen at, when."""

    version: str | None
    commit: str | None
    at: str


@dataclass(frozen=True, slots=True)
class CopyState:
    """One installed copy and how it stands to the library.

    Attributes:
        path: Its folder, where the agents find it.
        client: The first client that reads it; `clients` are all of them.
        skill: Id of the library's skill that it is a copy of; None where there is none, or more than one.
        tree: Of its bytes as they are; None where there are none.
        matches: The approval that these bytes have.
        approved_tree: The tree of the skill that was approved last.
        link: Where the copy's folder leads, if it is a link.
        folded: Whether it is the same only once an installer's metadata is folded.
        why: What a reader has to know besides, one sentence.
        deprecated: The word that holds for these bytes, or for the skill as a whole.
    """

    path: str
    client: str
    scope: str
    skill: str | None
    name: str
    status: Status
    tree: str | None = None
    matches: Match | None = None
    approved_tree: str | None = None
    link: str | None = None
    folded: bool = False
    clients: tuple[str, ...] = ()
    why: str = ""
    deprecated: Deprecation | None = None

    def to_json(self) -> dict[str, Any]:
        """One item of `skills drift --json`."""
        return {**asdict(self), "deprecated": self.deprecated.to_json() if self.deprecated else None}


@dataclass(frozen=True, slots=True)
class Drift:
    """All installed copies against one library; the most urgent first."""

    library: str
    copies: tuple[CopyState, ...]
    skipped: tuple[Skipped, ...] = ()

    @property
    def counts(self) -> dict[Status, int]:
        """How many copies have each status."""
        counted = Counter(copy.status for copy in self.copies)
        return {status: counted.get(status, 0) for status in STATUSES}

    @property
    def ok(self) -> bool:
        """Whether every copy is what was approved last."""
        return all(copy.status == "approved" for copy in self.copies)

    def to_json(self) -> dict[str, Any]:
        """The contract of `skills drift --json`."""
        return {
            "library": self.library,
            "copies": [copy.to_json() for copy in self.copies],
            "counts": self.counts,
            "skipped": [asdict(one) for one in self.skipped],
        }
