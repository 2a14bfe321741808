"""`.workbench/allowed_signers`: whose keys sign reviews, in the format of ssh-keygen's manual (ALLOWED SIGNERS)."""

import base64
import binascii
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from fnmatch import fnmatchcase

from workbench.reviews.sshsig import NAMESPACE, fingerprint

SIGNERS_FILE = ".workbench/allowed_signers"

_MAX_LINES = 10_000
_OPTION = re.compile(r'([A-Za-z-]+)(?:=(?:"([^"]*)"|([^",\s]*)))?(?:,|$)')
_KEY_TYPE = re.compile(r"(?:sk-)?(?:ssh|ecdsa)-[a-z0-9@.-]+")
_MOMENT = re.compile(r"(\d{4})(\d{2})(\d{2})(?:(\d{2})(\d{2})(\d{2})?)?(Z?)")


@dataclass(frozen=True, slots=True)
class Signer:
    """One line: a key, whose it is, and when it may sign.

    Attributes:
        principals: Patterns of e-mails, `!` before one excludes; `*` and `?` as in file names.
        key: The public key in SSH's wire format.
        namespaces: Patterns of what it may sign; None for anything.
        after: It may sign from then on.
        before: It may sign until then.
    """

    principals: tuple[str, ...]
    key: bytes
    namespaces: tuple[str, ...] | None = None
    after: datetime | None = None
    before: datetime | None = None

    @property
    def fingerprint(self) -> str:
        """As `ssh-keygen -l` prints it."""
        return fingerprint(self.key)

    def is_of(self, email: str) -> bool:
        """Whether the key is this person's."""
        return _any(self.principals, email)

    def may_sign(self, *moments: datetime) -> bool:
        """Whether the key may sign reviews, at each of these moments."""
        for_reviews = self.namespaces is None or _any(self.namespaces, NAMESPACE)
        return for_reviews and all(
            (self.after is None or moment >= self.after) and (self.before is None or moment < self.before)
            for moment in moments
        )


@dataclass(frozen=True, slots=True)
class Signers:
    """The keys that may sign, and the lines that were not understood, as (line, why)."""

    keys: tuple[Signer, ...] = ()
    skipped: tuple[tuple[int, str], ...] = ()

    def of(self, key: bytes) -> Iterator[Signer]:
        """The lines that name a key."""
        return (signer for signer in self.keys if signer.key == key)


def parse_signers(text: str) -> Signers:
    """The lines of an allowed_signers file; one that is not understood allows nobody."""
    keys, skipped = [], []
    for number, line in enumerate(text.splitlines()[:_MAX_LINES], start=1):
        bare = line.strip()
        if bare and not bare.startswith("#"):
            found = _signer(bare)
            if isinstance(found, Signer):
                keys.append(found)
            else:
                skipped.append((number, found))
    return Signers(tuple(keys), tuple(skipped))


def _signer(line: str) -> Signer | str:
    """The signer of a line, or why there is none."""
    head = re.match(r'(?:"([^"]+)"|(\S+))\s+(.*)', line)
    if head is None:
        return "there is no key"
    principals = tuple(part for part in (head[1] or head[2]).split(",") if part)
    words = head[3].split()
    options: dict[str, str] = {}
    if words and not _KEY_TYPE.fullmatch(words[0]):
        options_text, rest = _cut_options(head[3])
        parsed = _options(options_text)
        if isinstance(parsed, str):
            return parsed
        options, words = parsed, rest.split()
    if len(words) < 2 or not _KEY_TYPE.fullmatch(words[0]):
        return "there is no key"
    try:
        key = base64.b64decode(words[1], validate=True)
        after, before = _moment(options.get("valid-after")), _moment(options.get("valid-before"))
    except (binascii.Error, ValueError):
        return "the key or a time can't be read"
    said = options.get("namespaces")
    namespaces = None if said is None else tuple(part for part in said.split(",") if part)
    return Signer(principals, key, namespaces, after, before)


def _cut_options(text: str) -> tuple[str, str]:
    """The options and what follows: they end at the first blank outside quotes."""
    quoted = False
    for at, char in enumerate(text):
        quoted ^= char == '"'
        if char.isspace() and not quoted:
            return text[:at], text[at:]
    return text, ""


def _options(text: str) -> dict[str, str] | str:
    found: dict[str, str] = {}
    at = 0
    while at < len(text):
        option = _OPTION.match(text, at)
        if option is None:
            return "its options can't be read"
        name = option[1].lower()
        if name not in ("namespaces", "valid-after", "valid-before"):
            return "certificates are not supported" if name == "cert-authority" else f"the option {name} is not known"
        found[name] = option[2] or option[3] or ""
        at = option.end()
    return found


def _moment(text: str | None) -> datetime | None:
    """`YYYYMMDD[HHMM[SS]][Z]`: in UTC with the Z, else in this machine's zone, as ssh-keygen reads it."""
    if text is None:
        return None
    found = _MOMENT.fullmatch(text)
    if found is None:
        raise ValueError(text)
    parts = [int(part or 0) for part in found.groups()[:6]]
    moment = datetime(*parts)  # type: ignore[arg-type]  # six numbers
    return moment.replace(tzinfo=UTC) if found[7] else moment.astimezone(UTC)


def _any(patterns: tuple[str, ...], text: str) -> bool:
    """Whether a pattern matches and no `!pattern` does."""
    asked = text.casefold()
    if any(pattern.startswith("!") and _matches(pattern[1:], asked) for pattern in patterns):
        return False
    return any(not pattern.startswith("!") and _matches(pattern, asked) for pattern in patterns)


def _matches(pattern: str, text: str) -> bool:
    """As OpenSSH's match_pattern: `*` and `?` alone are special, a bracket is itself."""
    return fnmatchcase(text, pattern.casefold().replace("[", "[[]"))
