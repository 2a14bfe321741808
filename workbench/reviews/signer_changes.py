"""A reviewer who was known by a key and comes with another one, or with none: worth a question, whoever allowed it.

Each is told once, where it begins. Who never signed, or signs only where the policy asks for it, changes nothing.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from workbench.reviews.mailmap import Mailmap
from workbench.reviews.model import Record
from workbench.reviews.sshsig import fingerprint
from workbench.reviews.tag_evidence import RELEASED
from workbench.text import visible


@dataclass(frozen=True, slots=True)
class SignerChange:
    """The record that a change begins with.

    Attributes:
        person: The reviewer's e-mail, as `.mailmap` joins them.
        before: Fingerprint of the key that they signed with last.
        now: That of the key they sign with from here on; None where they did not sign.
    """

    record: Record
    person: str
    before: str
    now: str | None

    @property
    def text(self) -> str:
        """What to say of the record, in one line."""
        if self.now is None:
            return f"not signed, and before this {visible(self.person)} always signed with {self.before}"
        return f"signed with {self.now}, and before this {visible(self.person)} signed with {self.before}"


@dataclass(slots=True)
class _Known:
    keys: list[str] = field(default_factory=list)
    always: bool = True


def signer_changes(records: Iterable[Record], mailmap: Mailmap) -> Iterator[SignerChange]:
    """The changes in records that count, in the branch's order.

    Args:
        records: All of a library's, oldest first, proved.
        mailmap: Whose e-mails are one person's.
    """
    people: dict[str, _Known] = {}
    for record in records:
        if not record.counts:
            continue
        person = mailmap.of(record.reviewer_email)
        known = people.setdefault(person, _Known())
        key = _key_of(record)
        if key is None and RELEASED in record.raw:
            continue  # a release's own note, which nobody was asked to sign
        if known.keys and key not in known.keys and (key is not None or known.always):
            yield SignerChange(record, person, known.keys[-1], key)
        if key is None:
            known.always = False
        elif key not in known.keys:
            known.keys.append(key)


def _key_of(record: Record) -> str | None:
    """The key of a signature that holds, allowed or not; None without one."""
    if record.signer is not None:
        return record.signer
    signed = record.signed
    return fingerprint(signed.key) if signed is not None and signed.wrong is None and signed.key else None
