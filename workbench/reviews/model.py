"""Verdicts and what follows from them, as plain data."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

from workbench.policy.rules import Identity
from workbench.text import visible

State = Literal["invalid", "revoked", "changes-requested", "approved", "in-review", "stale", "draft"]
Verdict = Literal["request", "comment", "request-changes", "approve", "revoke", "baseline"]

STATE_SIGNS: dict[State, str] = {
    "invalid": "×",
    "revoked": "⊘",
    "changes-requested": "!",
    "approved": "✓",
    "in-review": "◔",
    "stale": "~",
    "draft": "○",
}
"""One sign for each state, for every list: colour alone never says it."""

VERDICTS: tuple[Verdict, ...] = ("request", "comment", "request-changes", "approve", "revoke", "baseline")
REVIEWS_REF = "refs/heads/workbench/reviews"
POLICY_ID = "@policy"
"""What the library's policy is called where skills have their ids."""


@dataclass(frozen=True, slots=True)
class Signed:
    """The signature beside a record, its arithmetic checked.

    Attributes:
        key: The public key that made it, in SSH's wire format; empty where it is no signature of the record.
        strength: Whether somebody had to touch the key.
        wrong: Why it is no signature of the record; None if it is one.
        at: When it was brought, UTC seconds, as `Introduction` has it.
    """

    key: bytes = b""
    strength: Literal["signature", "touch"] = "signature"
    wrong: str | None = None
    at: int = 0


@dataclass(frozen=True, slots=True)
class Introduction:
    """A commit that brought a record.

    Attributes:
        author: Name and e-mail of its author.
        at: When it was made, UTC seconds: what it says, but never before what it builds on.
    """

    commit: str
    author: str
    at: int = 0


@dataclass(frozen=True, slots=True)
class Record:
    """One verdict, as it stands on the reviews branch.

    Attributes:
        path: Id of the skill it is about.
        tree: The tree that was read.
        base: The tree it was compared with.
        at: When the reviewer says it was; the order of records is the branch's, never this.
        file: Its path on the reviews branch: the record's own identity.
        introduced: The commit that brought it.
        author: Name and e-mail of that commit's author.
        introduced_at: When that commit was made, UTC seconds, as `Introduction` has it.
        again: The other commits that brought the same file, as a merge of branches can, in the branch's order.
        after: Of an approval: the revokes of its tree that were on the branch before it, by whatever way it came.
        blob: Id of the file's bytes in git; empty where they are not stored yet.
        counts: Whether it counts for the rules; `why_not` says why it does not.
        signed: The signature beside it, if there is one.
        cosigned: More signatures beside it that hold.
        proof: How it is proved who said it, under the policy in force.
        signer: Fingerprint of the key that proves it; None without one.
        doubt: What is wrong with its signature, where that proves nothing.
        signer_change: What to say where its reviewer was known by another key; only `Ledger.log` fills it in.
        raw: All its fields.
    """

    path: str
    skill: str
    tree: str
    digest: str
    commit: str | None
    base: str | None
    version: str | None
    verdict: Verdict
    reviewer_name: str
    reviewer_email: str
    via: str
    reason: str
    at: datetime
    file: str
    introduced: str
    author: str
    answers: tuple[str, ...] = ()
    counts: bool = True
    why_not: str | None = None
    introduced_at: int = 0
    blob: str = ""
    signed: Signed | None = None
    proof: Identity = "author"
    signer: str | None = None
    doubt: str | None = None
    signer_change: str | None = None
    raw: Mapping[str, Any] = field(default_factory=dict)
    again: tuple[Introduction, ...] = ()
    after: tuple[str, ...] = ()
    cosigned: tuple[Signed, ...] = ()

    @property
    def introductions(self) -> tuple[Introduction, ...]:
        """Every commit that brought it, in the branch's order."""
        return (Introduction(self.introduced, self.author, self.introduced_at), *self.again)

    def to_json(self) -> dict[str, Any]:
        """All fields of the record, and where it stands."""
        return {
            **self.raw,
            "file": self.file,
            "introduced": self.introduced,
            "author": self.author,
            "counts": self.counts,
            "why_not": self.why_not,
            "proof": self.proof,
            "signer": self.signer,
            "doubt": self.doubt,
            "signer_change": self.signer_change,
        }


@dataclass(frozen=True, slots=True)
class Standing:
    """Where a skill stands: derived from git each time, never stored.

    Attributes:
        state: The first of the states, in DESIGN's order, that holds.
        reasons: Why, one line each.
        tree: The current tree; None where git does not see the folder.
        head_tree: The tree at HEAD; None if it was never committed.
        approved_tree: The tree that met the rules last, of those in the history where there is one.
        released: The version whose tag is on this tree.
        self_approved: Whether the approval is by the author of the change.
        records: Every record of this skill, in the branch's order.
        alike: Which skills of the library its name looks like, as a sentence.
        uncovered: What an agent finds in the folder that no approval of the tree can cover.
        settled: Files of the revokes and requests for changes, of any tree, that an approval settled.
    """

    state: State
    reasons: tuple[str, ...] = ()
    tree: str | None = None
    head_tree: str | None = None
    approved_tree: str | None = None
    released: str | None = None
    self_approved: bool = False
    records: tuple[Record, ...] = ()
    uncovered: tuple[str, ...] = ()
    alike: tuple[str, ...] = ()
    settled: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Checks:
    """How a skill's checks stood: what its record keeps, and what could not be found out, one sentence each."""

    fields: Mapping[str, Any] = field(default_factory=dict)
    unknown: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Recorded:
    """What a verdict left in git: the record and the commit that brought it; `notes` say what it could not hold."""

    record: Record
    commit: str
    notes: tuple[str, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """The contract of `review approve --json`."""
        return {"commit": self.commit, "record": self.record.to_json(), "notes": list(self.notes)}


DEPRECATED = "deprecated"
"""The key of a record that deprecates; what it holds is `{version, successor, undone}`."""


@dataclass(frozen=True, slots=True)
class Deprecation:
    """What is deprecated and what to use instead; the texts are raw.

    Attributes:
        version: None for the skill as a whole.
        successor: `NAME` or `NAME@VERSION`; None where there is none.
    """

    version: str | None
    successor: str | None
    reason: str
    by: str
    at: datetime

    @property
    def said(self) -> str:
        """One line that can be shown: `deprecated, use other@2.0.0: why (Ada)`."""
        use = f", use {visible(self.successor)}" if self.successor else ""
        why = f": {' '.join(visible(self.reason).split())}" if self.reason else ""
        return f"deprecated{use}{why} ({visible(self.by)})"

    def to_json(self) -> dict[str, Any]:
        """`deprecated` of a version in `version list --json`."""
        return {
            "version": self.version, "successor": self.successor, "reason": self.reason, "by": self.by,
            "at": self.at.isoformat(),
        }  # fmt: skip


@dataclass(frozen=True, slots=True)
class Judged:
    """Whether the rules hold for one skill at HEAD, and why or why not."""

    path: str
    name: str
    ok: bool
    state: State
    tree: str | None
    reasons: tuple[str, ...]
    records: tuple[Record, ...] = ()
    deprecated: Deprecation | None = None

    def to_json(self) -> dict[str, Any]:
        """One item of `skills` in `verify --json`."""
        return {
            "name": self.name, "path": self.path, "ok": self.ok, "state": self.state, "tree": self.tree,
            "reasons": list(self.reasons), "records": [record.to_json() for record in self.records],
            "deprecated": self.deprecated.to_json() if self.deprecated else None,
        }  # fmt: skip


@dataclass(frozen=True, slots=True)
class Verification:
    """Whether the rules hold for every skill that was asked about."""

    ok: bool
    commit: str | None
    skills: tuple[Judged, ...]
    notes: tuple[str, ...] = ()
