"""`metadata.requires`: the skills that a skill says it needs, each with the versions that will do and its place.

metadata:
  requires: "pdf-tools>=1.2,<2 csv-profile"
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from workbench.skills.frontmatter import Frontmatter
from workbench.skills.model import Problem
from workbench.skills.versions import OPERATORS, Clause, Range, parse_clause
from workbench.text import truncate, visible

KEY = "requires"
MAX_REQUIREMENTS = 100
MAX_CLAUSES = 10
"""Of one requirement; with more it can't be read."""

_NAME = re.compile(r"[\w][\w./-]{0,255}")
_OPERATOR = re.compile(r"\s*(" + "|".join(map(re.escape, OPERATORS)) + ")")
_VERSION = re.compile(r"\s*([\w.+-]{1,100})")
_COMMA = re.compile(r"\s*,\s*")
_SPACE = re.compile(r"[\s,]*")
_WORD = re.compile(r"\S{1,200}")

_REMEDY = (
    "write names with versions, like 'pdf-tools>=1.2,<2 csv-profile'; the operators are == != >= <= > < ^ and ~, with"
    " a semantic version after each"
)


@dataclass(frozen=True, slots=True)
class Requirement:
    """One skill that is needed.

    Attributes:
        name: A skill's name, or its path in the library.
        text: All of it as written, in one piece: `pdf-tools>=1.2,<2`.
        range: The versions that will do.
        line: In SKILL.md, counted from 1.
        column: In characters, counted from 1.
    """

    name: str
    text: str
    range: Range
    line: int | None = None
    column: int | None = None


def declared(values: Mapping[str, Any]) -> bool:
    """Whether a frontmatter says anything about what the skill needs."""
    metadata = values.get("metadata")
    return isinstance(metadata, dict) and KEY in metadata


def requirements_of(matter: Frontmatter, skill_file: str) -> tuple[tuple[Requirement, ...], tuple[Problem, ...]]:
    """The requirements of a frontmatter, and what is wrong with the others.

    Args:
        matter: As `frontmatter.parse` gave it.
        skill_file: Its file, relative to the library, for the problems.
    """
    metadata = matter.values.get("metadata")
    value = metadata.get(KEY) if isinstance(metadata, dict) else None
    if value is None:
        return (), ()
    places = _Places(matter)
    found: list[Requirement] = []
    problems: list[Problem] = []
    for text in [value] if isinstance(value, str) else value if isinstance(value, list) else [value]:
        if not isinstance(text, str):
            what = f"'metadata.{KEY}' has to be text, or a list of texts"
            problems.append(places.problem(what, skill_file, ""))
            continue
        for one in parse_requirements(text):
            if isinstance(one, str):
                what = f"'{truncate(visible(one), 80)}' is not a requirement that can be read"
                problems.append(places.problem(what, skill_file, one))
            else:
                line, column = places.of(one.text if one.text in matter.text else one.name)
                found.append(Requirement(one.name, one.text, one.range, line, column))
    if len(found) > MAX_REQUIREMENTS:
        what = f"it requires {len(found):,} skills; only the first {MAX_REQUIREMENTS} are looked at"
        problems.append(places.problem(what, skill_file, ""))
    return tuple(found[:MAX_REQUIREMENTS]), tuple(problems[:MAX_REQUIREMENTS])


def parse_requirements(text: str) -> Iterator[Requirement | str]:
    """The requirements of one text, in order; what can't be read comes as the piece of text that it is."""
    at = _skip(text, 0)
    while at < len(text):
        name = _NAME.match(text, at)
        if name is None:
            word = _WORD.match(text, at)
            assert word is not None  # spaces were skipped
            yield word[0]
            at = _skip(text, word.end())
            continue
        clauses, end, readable = _clauses(text, name.end())
        if readable and (end == len(text) or text[end].isspace() or text[end] == ","):
            written = re.sub(r"\s+", "", text[at:end])
            yield Requirement(name[0], written, Range(tuple(clauses)))
        else:
            rest = _WORD.match(text, end)
            end = rest.end() if rest else end
            yield text[at:end].strip()
        at = _skip(text, end)


def _clauses(text: str, at: int) -> tuple[list[Clause], int, bool]:
    """The conditions after a name, where they end, and whether all could be read."""
    clauses: list[Clause] = []
    operator = _OPERATOR.match(text, at)
    while operator is not None:
        version = _VERSION.match(text, operator.end())
        clause = parse_clause(operator[1], version[1]) if version else None
        if version is None or clause is None or len(clauses) == MAX_CLAUSES:
            return clauses, version.end() if version else operator.end(), False
        clauses.append(clause)
        at = version.end()
        comma = _COMMA.match(text, at)
        operator = _OPERATOR.match(text, comma.end()) if comma else None
    return clauses, at, True


def _skip(text: str, at: int) -> int:
    found = _SPACE.match(text, at)
    return found.end() if found else at


class _Places:
    """Where the pieces of the value stand: each is looked for after the one before it."""

    def __init__(self, matter: Frontmatter) -> None:
        self._text = matter.text
        key = f"metadata.{KEY}"
        self._line = matter.lines.get(key)
        self._column = matter.columns.get(key)
        self._at = self._start()

    def of(self, piece: str) -> tuple[int | None, int | None]:
        """Line and column of a piece; those of the key where it is not written so."""
        at = self._text.find(piece, self._at) if piece else -1
        if at < 0 or self._line is None:
            return self._line, self._column
        self._at = at + len(piece)
        # The frontmatter's text begins on the second line of the file.
        return self._text.count("\n", 0, at) + 2, at - self._text.rfind("\n", 0, at)

    def problem(self, what: str, skill_file: str, piece: str) -> Problem:
        """A problem at a piece."""
        line, column = self.of(piece)
        return Problem("error", "requirement-malformed", what, skill_file, line, column, _REMEDY)

    def _start(self) -> int:
        """Where the value begins: after the key."""
        at = 0
        for _ in range((self._line or 2) - 2):
            at = self._text.find("\n", at) + 1
        return at + max(0, (self._column or 1) - 1) + len(KEY)
