"""How findings are said to people: grouped by kind and subject, in plain words, with the caution that belongs to it."""

from collections.abc import Iterable, Mapping

from workbench.skills.capabilities.model import CERTAINTIES, KINDS, Finding, Kind

CAUTION = (
    "This shows where to look; it misses things. Rule scanners find 8 to 20 % of malicious skills, so nothing found"
    " does not mean harmless: read what you approve."
)
_HEADINGS: Mapping[Kind, str] = {
    "tools": "may use without asking",
    "subprocess": "starts programs",
    "network": "talks to",
    "environment": "reads environment variables",
    "reads": "reads files",
    "writes": "writes files",
    "install": "installs",
    "download": "downloads",
    "dynamic": "runs code not in its text",
    "secret": "holds what looks like a secret",
    "hidden": "holds what can't be seen",
    "homoglyph": "has look-alike letters",
    "injection": "orders an agent against its user",
    "unreadable": "can't be read: may do anything",
}
_CERTAIN: Mapping[str, str] = {"sure": "sure", "likely": "likely", "mention": "only named"}
_ALARMS_FIRST: tuple[Kind, ...] = ("unreadable", "hidden", "injection", "homoglyph", "secret")


def heading(kind: Kind) -> str:
    """What a kind says a skill does, in words that follow its name."""
    return _HEADINGS[kind]


def certainty_word(finding: Finding) -> str:
    """How certain a finding is, in words."""
    return _CERTAIN[finding.certainty]


def grouped(findings: Iterable[Finding]) -> list[tuple[Kind, list[tuple[str, list[Finding]]]]]:
    """Findings by kind (what is odd about the text first) and subject; the most certain first."""
    by_kind: dict[Kind, dict[str, list[Finding]]] = {}
    for finding in findings:
        by_kind.setdefault(finding.kind, {}).setdefault(finding.what, []).append(finding)
    order = [*_ALARMS_FIRST, *(kind for kind in KINDS if kind not in _ALARMS_FIRST)]
    result = []
    for kind in order:
        subjects = [(what, sorted(places, key=_rank)) for what, places in by_kind.get(kind, {}).items()]
        subjects.sort(key=lambda subject: (not any(f.risky for f in subject[1]), _rank(subject[1][0]), subject[0]))
        if subjects:
            result.append((kind, subjects))
    return result


def _rank(finding: Finding) -> int:
    return CERTAINTIES.index(finding.certainty)
