"""`.mailmap`: the e-mails that are one person's, in git's own format."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

MAILMAP_FILE = ".mailmap"

_LINE = re.compile(r"(?P<name>[^<>#]*)<(?P<email>[^<>]*)>(?:(?P<old_name>[^<>#]*)<(?P<old_email>[^<>]*)>)?")
_MAX_LINES = 20_000
_LEFT_OUT = "".join(map(chr, range(33))) + ".,:;\"\\'<>"


@dataclass(frozen=True, slots=True)
class Mailmap:
    """Proper e-mails by the e-mails that stand for them; all in lower case."""

    proper: Mapping[str, str] = field(default_factory=dict)

    def of(self, email: str) -> str:
        """The e-mail a person is known by, in lower case; the same one where the file says nothing."""
        asked = as_committed(email.strip()).casefold()
        return self.proper.get(asked, asked)

    def everybody(self, emails: Iterable[str]) -> frozenset[str]:
        """These e-mails and those they stand for."""
        plain = {as_committed(email.strip()).casefold() for email in emails}
        return frozenset(plain | {self.of(email) for email in plain})


def as_committed(email: str) -> str:
    """An e-mail as a commit holds it: git leaves out some characters, and some more at either end (`ident.c`).

    Two spellings that a commit holds as one are one person's.
    """
    plain = email.strip(_LEFT_OUT)
    return plain.translate(_WITHIN) if _ODD.search(plain) else plain


_WITHIN = dict.fromkeys(map(ord, "<>\n"))
_ODD = re.compile(r"[<>\n]")


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
