"""What a skill can do, as plain data: one finding for each place that says so.

A finding is triage: it shows a person where to look. That there is none proves nothing, because published recall of
rule scanners on malicious skills is 8 to 20 %.
"""

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Literal, get_args

from workbench.skills.capabilities.ordinary import CREDENTIALS, REGISTRY, UNBOUNDED, is_ordinary

Kind = Literal[
    "tools", "subprocess", "network", "environment", "reads", "writes", "install", "download", "dynamic", "secret",
    "hidden", "homoglyph", "injection", "unreadable",
]  # fmt: skip
Certainty = Literal["sure", "likely", "mention"]

KINDS: tuple[Kind, ...] = get_args(Kind)
CAPABILITIES: frozenset[str] = frozenset(KINDS[:9])
"""The kinds that are something a skill can do; the others are something wrong with its text."""
RISKY: frozenset[str] = frozenset(
    ("subprocess", "network", "install", "download", "dynamic", "secret", "hidden", "homoglyph", "injection",
     "unreadable")
)  # fmt: skip
"""The kinds that a person should have looked at; `--open` lists those of them that nobody accepted."""
CERTAINTIES: tuple[Certainty, ...] = get_args(Certainty)

SCANNER = 4
"""The version of what looks for capabilities, which records name: raised when the same bytes give other findings."""

_FINGERPRINT_DIGITS = 16


@dataclass(frozen=True, slots=True)
class Finding:
    """One place that says what a skill can do.

    Attributes:
        kind: What sort of thing it is.
        what: Its subject, normalised: a program, host, variable, path, package or character.
        path: The file, relative to the skill's folder.
        line: Counted from 1.
        column: In characters, counted from 1.
        evidence: The source, in one line, cut; a secret in it is masked. Not sanitised for a terminal.
        certainty: `sure` where code does it, `likely` where a pattern or an instruction says so, `mention` where it is
            only named.
    """

    kind: Kind
    what: str
    path: str
    line: int
    column: int
    evidence: str
    certainty: Certainty = "sure"

    @property
    def fingerprint(self) -> str:
        """16 hex digits over kind, subject, file and evidence: the same when lines move, another when they change."""
        evidence = " ".join(self.evidence.split())
        text = "\0".join((self.kind, self.what, self.path, evidence))
        return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:_FINGERPRINT_DIGITS]

    @property
    def risky(self) -> bool:
        """Whether a person should have looked at it: of a kind in `RISKY`, more than a mention, nothing ordinary.

        A program that a document has an agent start is ordinary too: the agent's client asks for it or was told not to.
        """
        if self.certainty == "mention":
            return False
        if self.kind == "subprocess":
            return self.what in UNBOUNDED or (self.certainty == "sure" and not is_ordinary(self.what))
        if self.kind == "reads":
            return self.what.endswith(CREDENTIALS)
        return self.kind in RISKY and self.what != REGISTRY

    def to_json(self) -> dict[str, Any]:
        """All of it, for programs."""
        return {
            "kind": self.kind, "what": self.what, "path": self.path, "line": self.line, "column": self.column,
            "evidence": self.evidence, "certainty": self.certainty, "fingerprint": self.fingerprint,
        }  # fmt: skip


@dataclass(frozen=True, slots=True)
class Unread:
    """A file of a skill that was not scanned, and why, in one sentence without a full stop."""

    path: str
    reason: str


@dataclass(frozen=True, slots=True)
class SkillCapabilities:
    """Everything that was found in one skill, in the order of its files, and what could not be looked at."""

    skill: str
    findings: tuple[Finding, ...] = ()
    unread: tuple[Unread, ...] = ()

    @property
    def kinds(self) -> tuple[Kind, ...]:
        """The kinds that were found, as they are, in the order of `KINDS`; mentions count too."""
        found = {finding.kind for finding in self.findings}
        return tuple(kind for kind in KINDS if kind in found)


@dataclass(frozen=True, slots=True)
class Difference:
    """What a skill can do after a change and could not before, and the other way round.

    Attributes:
        gained: Findings whose kind and subject are new, or more certain than before.
        lost: Findings whose kind and subject are gone.
        gained_kinds: Kinds, for policies: `kinds` of after that `kinds` of before lacks.
        lost_kinds: Likewise.
    """

    gained: tuple[Finding, ...]
    lost: tuple[Finding, ...]
    gained_kinds: frozenset[str]
    lost_kinds: frozenset[str]


def kinds(findings: Iterable[Finding], *, least: Certainty = "likely") -> frozenset[str]:
    """The kinds that a policy has to count: what can't be read counts as every capability.

    Args:
        findings: Of one skill.
        least: How certain a finding has to be; by default what is only mentioned does not count.
    """
    counted = CERTAINTIES[: CERTAINTIES.index(least) + 1]
    found = {finding.kind for finding in findings if finding.certainty in counted}
    return frozenset(found) | CAPABILITIES if "unreadable" in found else frozenset(found)


def compare(before: Sequence[Finding], after: Sequence[Finding]) -> Difference:
    """What a change lets a skill do: by kind and subject, so that moved or renamed files gain nothing."""
    strongest_before, strongest_after = _strongest(before), _strongest(after)
    gained = [one for key, one in strongest_after.items() if _rank(one) < _rank(strongest_before.get(key))]
    lost = [one for key, one in strongest_before.items() if key not in strongest_after]
    kinds_before, kinds_after = kinds(before), kinds(after)
    return Difference(tuple(gained), tuple(lost), kinds_after - kinds_before, kinds_before - kinds_after)


def _strongest(findings: Iterable[Finding]) -> dict[tuple[str, str], Finding]:
    found: dict[tuple[str, str], Finding] = {}
    for finding in findings:
        key = (finding.kind, finding.what)
        if _rank(finding) < _rank(found.get(key)):
            found[key] = finding
    return found


def _rank(finding: Finding | None) -> int:
    return len(CERTAINTIES) if finding is None else CERTAINTIES.index(finding.certainty)
