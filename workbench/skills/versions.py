"""Semantic versions and what a skill may demand of one: `>=1.2`, `^1.2`, `~1.2`, `==1.2.3`, `!=1.4`, joined by commas.

Order and pre-releases follow semver.org 2.0.0. A partial version stands for all that begin so: `==1.2` is every 1.2.x,
`>1.2` begins at 1.3.0. `^` keeps the leftmost number that is not zero, `~` the minor one. A pre-release satisfies a
demand only where the demand itself names a pre-release of the same three numbers; without a demand any version will do.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import total_ordering
from typing import Any, Literal

_NUMBER = r"0|[1-9]\d{0,8}"
_VERSION = re.compile(
    rf"v?(?P<major>{_NUMBER})(?:\.(?P<minor>{_NUMBER})(?:\.(?P<patch>{_NUMBER})"
    r"(?:-(?P<pre>[0-9A-Za-z-]+(?:\.[0-9A-Za-z-]+)*))?(?:\+[0-9A-Za-z.-]+)?)?)?"
)

Comparison = Literal[">=", ">", "<", "<="]
OPERATORS = (">=", "<=", "==", "!=", ">", "<", "=", "^", "~")


@total_ordering
@dataclass(frozen=True, slots=True, eq=False)
class Version:
    """A semantic version; build metadata is not kept, because it has no say in the order.

    Attributes:
        numbers: Major, minor, patch.
        pre: The parts of a pre-release, numbers as int; empty for a release.
    """

    numbers: tuple[int, int, int]
    pre: tuple[int | str, ...] = ()

    @property
    def _key(self) -> tuple[Any, ...]:
        parts = tuple((0, part, "") if isinstance(part, int) else (1, 0, part) for part in self.pre)
        return (self.numbers, not self.pre, parts)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Version) and self._key == other._key

    def __lt__(self, other: "Version") -> bool:
        return bool(self._key < other._key)

    def __hash__(self) -> int:
        return hash(self._key)

    def __str__(self) -> str:
        pre = f"-{'.'.join(map(str, self.pre))}" if self.pre else ""
        return ".".join(map(str, self.numbers)) + pre


def parse_version(text: str) -> Version | None:
    """The version that `text` is, numbers that are left out being 0; None if it is none."""
    found = _VERSION.fullmatch(text.strip())
    return None if found is None else _version(found)


def _version(found: "re.Match[str]") -> Version:
    pre = tuple(int(part) if part.isdigit() else part for part in (found["pre"] or "").split(".") if part)
    return Version((int(found["major"]), int(found["minor"] or 0), int(found["patch"] or 0)), pre)


@dataclass(frozen=True, slots=True)
class Clause:
    """One condition: all of `within` hold, or with `outside` not all of them.

    Attributes:
        named: The version it was written with.
    """

    within: tuple[tuple[Comparison, Version], ...]
    named: Version
    outside: bool = False

    def admits(self, version: Version) -> bool:
        """Whether a version meets it, pre-releases by their order alone."""
        return all(_holds(version, sign, bound) for sign, bound in self.within) != self.outside


@dataclass(frozen=True, slots=True)
class Range:
    """What is demanded of a version; without clauses nothing is."""

    clauses: tuple[Clause, ...] = ()

    def admits(self, version: Version) -> bool:
        """Whether a version meets every clause."""
        if not all(clause.admits(version) for clause in self.clauses):
            return False
        if not version.pre or not self.clauses:
            return True
        return any(clause.named.pre and clause.named.numbers == version.numbers for clause in self.clauses)


def parse_clause(operator: str, text: str) -> Clause | None:
    """What an operator of `OPERATORS` and a version demand; None if `text` is no version."""
    found = _VERSION.fullmatch(text)
    if found is None:
        return None
    low = _version(found)
    given = 1 + (found["minor"] is not None) + (found["patch"] is not None)
    after = _after(low, given)
    if operator in ("==", "=", "!="):
        exact: tuple[tuple[Comparison, Version], ...] = ((">=", low), ("<=", low))
        return Clause(exact if given == 3 else ((">=", low), ("<", after)), low, operator == "!=")
    if operator in (">", "<="):
        partial: Comparison = ">=" if operator == ">" else "<"
        sign: Comparison = ">" if operator == ">" else "<="
        return Clause(((sign, low),) if given == 3 else ((partial, after),), low)
    if operator in (">=", "<"):
        return Clause(((">=" if operator == ">=" else "<", low),), low)
    return Clause(((">=", low), ("<", _caret(low, given) if operator == "^" else _after(low, min(given, 2)))), low)


def satisfiable(ranges: Iterable[Range]) -> bool:
    """Whether any version at all meets all of these demands.

    The least one that does is 0.0.0, or stands at or right after a bound: nothing else has to be tried.
    """
    wanted = list(ranges)
    bounds = {bound for one in wanted for clause in one.clauses for _, bound in clause.within}
    tried = {Version((0, 0, 0))}
    for bound in bounds:
        major, minor, patch = bound.numbers
        tried |= {bound, Version(bound.numbers), Version((major, minor, patch + 1))}
        if bound.pre:
            tried.add(Version(bound.numbers, (*bound.pre, 0)))
    return any(all(one.admits(version) for one in wanted) for version in tried)


def _holds(version: Version, sign: Comparison, bound: Version) -> bool:
    if sign == ">=":
        return version >= bound
    if sign == ">":
        return version > bound
    return version < bound if sign == "<" else version <= bound


def _after(version: Version, given: int) -> Version:
    """The first version that does not begin as the first `given` numbers of this one."""
    major, minor, patch = version.numbers
    return Version(((major + 1, 0, 0), (major, minor + 1, 0), (major, minor, patch + 1))[given - 1])


def _caret(version: Version, given: int) -> Version:
    """The first version in which the leftmost number that is not zero (or the last one given) differs."""
    first = next((at for at, number in enumerate(version.numbers[:given], start=1) if number), given)
    return _after(version, first)
