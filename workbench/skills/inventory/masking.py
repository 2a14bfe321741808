"""Command lines as they may be shown and stored: what looks like a secret is left out."""

import re
from collections.abc import Sequence

HIDDEN = "•••"

_VALUE = r"(\"[^\"]*\"|'[^']*'|[^\s\"']+)"
_NAMED = re.compile(
    r"(?:api[-_]?key|key|token|secret|passw(?:or)?d|pwd|auth(?:orization)?|credential|cookie|session)s?"
    rf"(?:[-_][\w-]{{0,20}})?(?:([=:])\s{{0,3}}|\s{{1,3}}(?!-)){_VALUE}",
    re.IGNORECASE,
)
_FLAG = re.compile(r"(?<![\w-])--?[\w-]*$")
_PATTERNS = (
    # What a shell puts into the environment of the command that follows.
    (re.compile(rf"(?<![\w$-])([A-Z_][A-Z0-9_]{{0,63}})={_VALUE}"), rf"\1={HIDDEN}"),
    (re.compile(r"(://)[^/\s@\"']{1,256}@"), rf"\1{HIDDEN}@"),
    (re.compile(r"([?&][\w.~-]{1,64}=)[^&\s\"'#]+"), rf"\1{HIDDEN}"),
    (re.compile(r"\b((?:bearer|basic)\s+)[^\s\"']+", re.IGNORECASE), rf"\1{HIDDEN}"),
    (
        re.compile(
            r"\b(?:sk-|ghp_|gho_|ghs_|ghu_|github_pat_|glpat-|xox[abprs]-|hf_|npm_|pypi-|AKIA|ASIA|AIza|eyJ)"
            r"[A-Za-z0-9_.\-]{8,}"
        ),
        HIDDEN,
    ),
)
_LONG = re.compile(r"[A-Za-z0-9_+-]{32,}")
_MOST = 2_000


def masked(text: str) -> str:
    """A command line or a URL without its secrets, as far as they can be told; cut where it is very long."""
    text = f"{text[:_MOST]}…" if len(text) > _MOST else text
    for pattern, shown in _PATTERNS:
        text = pattern.sub(shown, text)
    return _LONG.sub(_without, _NAMED.sub(_unnamed, text))


def masked_argv(argv: Sequence[str]) -> list[str]:
    """The words of a command without their secrets; what stands behind a flag that names a secret is one."""
    shown = []
    for before, word in zip(("", *argv), argv, strict=False):
        behind = before.startswith("-") and not word.startswith("-") and masked(f"{before} x") != f"{before} x"
        shown.append(HIDDEN if behind else masked(word))
    return shown


def _unnamed(found: "re.Match[str]") -> str:
    """`token=…` and `Token: …` are hidden wherever they stand, a word after a space only behind a flag."""
    before = found.string[max(0, found.start() - 60) : found.start()]
    if found[1] is None and not _FLAG.search(before):
        return found[0]
    return found[0][: found.start(2) - found.start()] + HIDDEN


def _without(found: "re.Match[str]") -> str:
    """A long run of letters and digits is hidden where it mixes both cases with digits: no name and no hash does."""
    word = found[0]
    kinds = (str.islower, str.isupper, str.isdigit)
    return HIDDEN if all(any(kind(char) for char in word) for kind in kinds) else word
