"""Who said it: each record held against the signers and e-mails of the policy in force, and against the library.

The strongest proof is an SSH signature of the record by a key that the policy allows its reviewer, at the time the
record names and at the time it was introduced. Without one it is the author of the commit that introduced it: a claim,
as strong as push access to the branch.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

from workbench.reviews.mailmap import Mailmap
from workbench.reviews.model import Record
from workbench.reviews.signers import Signers
from workbench.reviews.sshsig import fingerprint
from workbench.text import visible


@dataclass(frozen=True, slots=True)
class People:
    """Whom the policy in force knows: whose e-mails are one person's, and whose keys sign."""

    mailmap: Mailmap = field(default_factory=Mailmap)
    signers: Signers = field(default_factory=Signers)


def prove(records: Iterable[Record], people: People, libraries: frozenset[str] | None) -> tuple[Record, ...]:
    """The records with how each is proved; one that nothing proves does not count.

    Args:
        records: As they were read.
        people: Of the policy in force.
        libraries: Root commits of this library; None where they can't be known (a shallow clone).
    """
    return tuple(_prove(record, people, libraries) if record.counts else record for record in records)


def _prove(record: Record, people: People, libraries: frozenset[str] | None) -> Record:
    if libraries is not None and str(record.raw.get("library")) not in libraries:
        return replace(record, counts=False, why_not="it is a record of another library")
    doubt = None
    if record.signed is not None:
        doubt = record.signed.wrong or _objection(record, people)
        if doubt is None:
            return replace(record, proof=record.signed.strength, signer=fingerprint(record.signed.key))
    if not _is_by_its_author(record, people.mailmap):
        why = f"{visible(record.author)} committed it in the name of {visible(record.reviewer_email)}"
        return replace(record, counts=False, why_not=f"{why}; {doubt}" if doubt else why, doubt=doubt)
    return replace(record, doubt=doubt) if doubt else record


def _objection(record: Record, people: People) -> str | None:
    """Why a signature that holds proves nothing under the policy; None if it proves who said it."""
    assert record.signed is not None
    lines = list(people.signers.of(record.signed.key))
    key = fingerprint(record.signed.key)
    if not lines:
        return f"the key {key} is not among the allowed signers"
    names = {record.reviewer_email, people.mailmap.of(record.reviewer_email)}
    theirs = [line for line in lines if any(line.is_of(name) for name in names)]
    if not theirs:
        return f"the key {key} is somebody else's, not {visible(record.reviewer_email)}'s"
    introduced = datetime.fromtimestamp(max(0, record.introduced_at), UTC)
    if not any(line.may_sign(record.at, introduced) for line in theirs):
        return f"the key {key} was not allowed to sign reviews then"
    return None


def _is_by_its_author(record: Record, mailmap: Mailmap) -> bool:
    author, reviewer = _ident(record.author.rpartition("<")[2]), _ident(record.reviewer_email)
    return author == reviewer or mailmap.of(author) == mailmap.of(reviewer)


def _ident(email: str) -> str:
    """An e-mail as a commit holds it: git leaves out some characters, and some more at either end."""
    return re.sub(r"[<>\n]", "", email).strip("".join(map(chr, range(33))) + ".,:;\"\\'").casefold()
