"""What the records of one tree come to: which dissent stands, and which approvals count towards the rules.

Who answers a record names it by its bytes, so an answer is later than what it answers, wherever a merge put the two. An
approval that the rules do not accept settles nothing but its own reviewer's dissent.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from workbench.policy.rules import IDENTITIES
from workbench.reviews.mailmap import Mailmap
from workbench.reviews.model import Record, Standing

DISSENT = ("revoke", "request-changes")

Accepted = Callable[[Record], bool]
"""Whether an approval is one that the policy in force lets count for its tree."""


@dataclass(frozen=True, slots=True)
class TreeVerdicts:
    """What the records of one tree come to.

    Attributes:
        revokes: Those that nothing settled.
        requests: Requests for changes that nothing settled.
        approvals: Those that no later revoke took back.
        refused: Approvals that answer what stands all the same, because the rules do not accept them.
        asked: Whether there was a request or an approval.
    """

    revokes: tuple[Record, ...]
    requests: tuple[Record, ...]
    approvals: tuple[Record, ...]
    refused: tuple[Record, ...]
    asked: bool

    @property
    def open(self) -> tuple[Record, ...]:
        """The dissent that stands."""
        return (*self.revokes, *self.requests)


def verdicts_on(counting: Sequence[Record], tree: str, accepted: Accepted, mailmap: Mailmap) -> TreeVerdicts:
    """What the records that count say of a tree.

    Args:
        counting: A skill's records that count, oldest first.
        accepted: Asked only of approvals that answer somebody else's dissent.
        mailmap: Which e-mails are one person's.
    """
    mine = [record for record in counting if record.tree == tree]
    given = [record for record in mine if record.verdict == "approve"]
    revokes = {record.file for record in mine if record.verdict == "revoke"}
    dissents = [record for record in mine if record.verdict in DISSENT]
    answering: dict[str, list[Record]] = {}
    for record in given:
        for file in record.answers:
            answering.setdefault(file, []).append(record)
    open_, refused = [], {}
    for dissent in dissents:
        answers = answering.get(dissent.file, [])
        if not any(_takes_back(record, dissent, mailmap) or accepted(record) for record in answers):
            open_.append(dissent)
            refused.update({record.file: record for record in answers})
    return TreeVerdicts(
        revokes=tuple(record for record in open_ if record.verdict == "revoke"),
        requests=tuple(record for record in open_ if record.verdict == "request-changes"),
        approvals=tuple(record for record in given if revokes.issubset((*record.answers, *record.after))),
        refused=tuple(refused.values()),
        asked=any(record.verdict in ("request", "approve") for record in mine),
    )


def _takes_back(answer: Record, dissent: Record, mailmap: Mailmap) -> bool:
    """Whether who dissented settles it, proved no weaker than when they did."""
    same = mailmap.of(answer.reviewer_email) == mailmap.of(dissent.reviewer_email)
    return same and IDENTITIES.index(answer.proof) >= IDENTITIES.index(dissent.proof)


def open_records(standing: Standing, tree: str) -> tuple[Record, ...]:
    """The revokes and requests for changes on a tree that nothing has settled: what an approval of it answers."""
    found = [r for r in standing.records if r.counts and r.tree == tree and r.file not in standing.settled]
    return tuple(record for verdict in DISSENT for record in found if record.verdict == verdict)
