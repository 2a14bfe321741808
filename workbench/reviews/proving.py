"""Who said it: each record held against the signers and e-mails of the policy in force, and against the library.

The strongest proof is an SSH signature of the record by a key that the policy allows its reviewer, at the time the
record names and at the time both were introduced. Without one it is the author of the commit that introduced it: a
claim, as strong as push access to the branch.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

from workbench.reviews.mailmap import Mailmap, as_committed
from workbench.reviews.model import Record, Signed
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
    genuine = _as_its_author_brought_it(record, people.mailmap)
    doubt = None
    for signed in (record.signed, *record.cosigned) if record.signed is not None else ():
        assert signed is not None
        wrong = signed.wrong or _objection(record, signed, people)
        if wrong is None:
            proved = genuine or record
            return replace(proved, signed=signed, proof=signed.strength, signer=fingerprint(signed.key))
        doubt = doubt or wrong
    if genuine is None:
        why = f"{visible(record.author)} committed it in the name of {visible(record.reviewer_email)}"
        return replace(record, counts=False, why_not=f"{why}; {doubt}" if doubt else why, doubt=doubt)
    return replace(genuine, doubt=doubt) if doubt else genuine


def _as_its_author_brought_it(record: Record, mailmap: Mailmap) -> Record | None:
    """The record with the first commit that brought it in its reviewer's own name; None without one.

    Whoever merges can put a copy of it, by themselves, before that commit.
    """
    if _is_by(record.author, record.reviewer_email, mailmap):
        return record
    for one in record.again:
        if _is_by(one.author, record.reviewer_email, mailmap):
            return replace(record, introduced=one.commit, author=one.author)
    return None


def _objection(record: Record, signed: Signed, people: People) -> str | None:
    """Why a signature that holds proves nothing under the policy; None if it proves who said it."""
    lines = list(people.signers.of(signed.key))
    key = fingerprint(signed.key)
    if not lines:
        return f"the key {key} is not among the allowed signers"
    person = people.mailmap.of(record.reviewer_email)
    others = {name for line in lines for name in line.principals if people.mailmap.of(name) == person}
    names = {record.reviewer_email, person, *others}
    theirs = [line for line in lines if any(line.is_of(name) for name in names)]
    if not theirs:
        return f"the key {key} is somebody else's, not {visible(record.reviewer_email)}'s"
    introduced = [datetime.fromtimestamp(max(0, one.at, signed.at), UTC) for one in record.introductions]
    if not any(line.may_sign(record.at, moment) for line in theirs for moment in introduced):
        return f"the key {key} was not allowed to sign reviews then"
    return None


def _is_by(author: str, reviewer_email: str, mailmap: Mailmap) -> bool:
    email = as_committed(author.rpartition("<")[2])
    return email.casefold() == reviewer_email.casefold() or mailmap.of(email) == mailmap.of(reviewer_email)
