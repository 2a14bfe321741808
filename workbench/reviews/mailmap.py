"""`.mailmap`: the e-mails that are one person's, in git's own format."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

MAILMAP_FILE = ".mailmap"

_LINE = re.compile(r"(?P<name>[^<>#]*)<(?P<email>[^<>]*)>(?:(?P<old_name>[^<>#]*)<(?P<old_email>[^<>]*)>)?")
_MAX_LINES = 20_000


@dataclass(frozen=True, slots=True)
class Mailmap:
    """Proper e-mails by the e-mails that stand for them; all in lower case."""

    proper: Mapping[str, str] = field(default_factory=dict)

    def of(self, email: str) -> str:
        """The e-mail a person is known by, in lower case; the same one where the file says nothing."""
        asked = email.strip().casefold()
        return self.proper.get(asked, asked)

    def everybody(self, emails: Iterable[str]) -> frozenset[str]:
        """These e-mails and those they stand for."""
        plain = {email.strip().casefold() for email in emails}
        return frozenset(plain | {self.of(email) for email in plain})


def parse_mailmap(text: str) -> Mailmap:
    """The e-mails that a `.mailmap` joins. Names play no part: a record and a policy name people by e-mail."""
    proper: dict[str, str] = {}
    for line in text.splitlines()[:_MAX_LINES]:
        found = _LINE.match(line.partition("#")[0])
        if found and found["old_email"]:
            old, new = found["old_email"].strip().casefold(), found["email"].strip().casefold()
            if old and new:
                proper[old] = new
    return Mailmap(proper)
