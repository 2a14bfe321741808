"""The language in which one looks for skills: words, "phrases in quotes", and filters like `state:stale -cap:network`.

The command line's search, the screen's search and the filter of the list all read it here. Nothing that is typed can be
a syntax error of the search engine: words and phrases are handed on as quoted strings, never as they are.
"""

import difflib
import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal, Protocol

from workbench.errors import UsageError
from workbench.skills.model import Problem
from workbench.text import truncate, visible

MAX_TERMS = 64
"""So many words, phrases and filters are read; what comes after that is left out."""
MAX_TERM = 200

STATES = ("invalid", "revoked", "changes-requested", "approved", "in-review", "stale", "draft")
CAPABILITIES = (
    "tools", "subprocess", "network", "environment", "reads", "writes", "install", "download", "dynamic", "secret",
    "hidden", "homoglyph", "injection", "unreadable",
)  # fmt: skip
_PREFIX_FROM = 3
_SEVERITIES = ("error", "warning", "info")

Key = Literal["state", "cap", "author", "name", "path", "problem", "version"]
KEYS: tuple[Key, ...] = ("state", "cap", "author", "name", "path", "problem", "version")

_TOKEN = re.compile(
    r'(?P<negated>-?)(?P<key>[A-Za-z][A-Za-z_-]*):(?!//)(?P<value>"[^"]*"?|\S*)|"(?P<phrase>[^"]*)"?|\S+'
)


@dataclass(frozen=True, slots=True)
class Filter:
    """One filter: which field, what it has to be, and whether it must not be that instead."""

    key: Key
    value: str
    negated: bool = False

    def __str__(self) -> str:
        return f"{'-' * self.negated}{self.key}:{self.value}"


@dataclass(frozen=True, slots=True)
class Query:
    """What somebody looks for: every word, every phrase and every filter has to hold.

    Attributes:
        words: As typed; the last one may be the beginning of a word.
        phrases: Texts whose words have to stand together.
        filters: What has to be so besides the text.
    """

    words: tuple[str, ...] = ()
    phrases: tuple[str, ...] = ()
    filters: tuple[Filter, ...] = ()

    def asks_for(self, *keys: Key) -> bool:
        """Whether a filter looks at one of these fields."""
        return any(one.key in keys for one in self.filters)


class Row(Protocol):
    """What filters look at; where a skill stands comes from above, since this room does not know reviews."""

    @property
    def id(self) -> str:
        """The skill's path in the library."""

    @property
    def name(self) -> str:
        """The label."""

    @property
    def version(self) -> str | None:
        """The version the skill says it has."""

    @property
    def problems(self) -> Sequence[Problem]:
        """What is wrong with it."""

    @property
    def state(self) -> str:
        """The derived state."""

    @property
    def authors(self) -> Collection[str]:
        """Who changed it: names and e-mails."""


def parse_query(text: str) -> Query:
    """Read what somebody typed. A quote that is not closed ends with the text; a filter without a value is left out.

    Raises:
        UsageError: There is no such filter, or it can't have this value; it names what is near.
    """
    words, phrases, filters = [], [], []
    for number, found in enumerate(_TOKEN.finditer(text.replace("\0", " "))):
        if number >= MAX_TERMS:
            break
        if found["key"] is not None:
            value = found["value"].strip('"')[:MAX_TERM]
            made = _filter(found["key"], value, negated=bool(found["negated"]))
            filters += [made] if made.value else []
        elif found["phrase"] is not None:
            phrases += [found["phrase"][:MAX_TERM]] if found["phrase"].strip() else []
        else:
            words.append(found[0][:MAX_TERM])
    return Query(tuple(words), tuple(phrases), tuple(filters))


def _filter(key: str, value: str, *, negated: bool) -> Filter:
    for known in KEYS:
        if key.lower() == known:
            _check_value(known, value)
            return Filter(known, value, negated)
    near = difflib.get_close_matches(key.lower(), KEYS, n=1, cutoff=0.5)
    hint = f"did you mean '{near[0]}:'?" if near else f"there are {', '.join(f'{one}:' for one in KEYS)}"
    shown = truncate(visible(f"{key}:{value}"), 60)
    raise UsageError(
        f"there is no filter '{truncate(visible(key), 40)}:'",
        remedy=f'{hint} To search for the text itself, put it in quotes: "{shown}"',
    )


def _check_value(key: Key, value: str) -> None:
    known = {"state": STATES, "cap": CAPABILITIES}.get(key)
    if known is None or any(one.startswith(value.lower()) for one in known):
        return
    near = difflib.get_close_matches(value.lower(), known, n=1, cutoff=0.5)
    what = "state" if key == "state" else "capability"
    hint = f"did you mean '{key}:{near[0]}'?" if near else f"one of: {', '.join(known)}"
    raise UsageError(f"there is no {what} '{truncate(visible(value), 40)}'", remedy=hint)


def admitted(query: Query, rows: Iterable[Row], can: Mapping[str, Collection[str]]) -> Iterator[str]:
    """The ids of the skills for which every filter of a query holds; its words are the search's matter.

    Args:
        query: What is looked for.
        rows: The skills, with where they stand.
        can: What they can do, by id; of one that is missing nobody knows, and no filter on that holds, negated or not.
    """
    left = list(rows)
    for one in query.filters:
        if one.key != "cap":
            test, value, negated = _TESTS[one.key], one.value.casefold(), one.negated
            left = [row for row in left if test(row, value) != negated]
    kinds = [(one.value.casefold(), one.negated) for one in query.filters if one.key == "cap"]
    for row in left:
        if not kinds or _can(can.get(row.id), kinds):
            yield row.id


def _can(capabilities: Collection[str] | None, kinds: Sequence[tuple[str, bool]]) -> bool:
    if capabilities is None:
        return False
    return all(any(kind.startswith(value) for kind in capabilities) != negated for value, negated in kinds)


def _state(row: Row, value: str) -> bool:
    return row.state.startswith(value)


def _author(row: Row, value: str) -> bool:
    return any(value in author.casefold() for author in row.authors)


def _name(row: Row, value: str) -> bool:
    return _text(row.name, value)


def _path(row: Row, value: str) -> bool:
    return _text(row.id, value)


def _text(text: str, value: str) -> bool:
    """Contained, or, where there is a `*`, matched as a whole."""
    return _glob(value).match(text.casefold()) is not None if "*" in value else value in text.casefold()


@lru_cache(maxsize=64)
def _glob(value: str) -> re.Pattern[str]:
    import fnmatch

    return re.compile(fnmatch.translate(value))


def _problem(row: Row, value: str) -> bool:
    # Loops, because `any` of a generator takes several times as long for the many rows without problems.
    if value in _SEVERITIES:
        for problem in row.problems:  # noqa: SIM110
            if problem.severity == value:
                return True
        return False
    for problem in row.problems:  # noqa: SIM110
        if problem.code.startswith(value):
            return True
    return False


def _version(row: Row, value: str) -> bool:
    """`1`, `1.2` and `1.2.0` all name 1.2.0; `none` is no version at all."""
    if value == "none":
        return row.version is None
    said = (row.version or "").casefold()
    return said == value or said.startswith(value if value.endswith(".") else f"{value}.")


_TESTS: Mapping[str, Callable[[Row, str], bool]] = {
    "state": _state, "author": _author, "name": _name, "path": _path, "problem": _problem, "version": _version,
}  # fmt: skip


def to_match(query: Query) -> str:
    """The words and phrases as an FTS5 expression, each quoted; empty where none holds a letter or digit.

    The last word, if it has three letters or more, also stands for every word that begins with it.
    """
    said = [word for word in query.words if _has_token(word)]
    quoted = [_quoted(word) for word in said]
    if quoted and query.words[-1] == said[-1] and said[-1][-3:].isalnum() and len(said[-1]) >= _PREFIX_FROM:
        quoted[-1] += " *"
    return " AND ".join([*quoted, *(_quoted(phrase) for phrase in query.phrases if _has_token(phrase))])


def to_substrings(query: Query) -> str | None:
    """The words and phrases as a trigram expression; None where one is too short to be found that way."""
    parts = [*query.words, *query.phrases]
    if not parts or any(len(part) < 3 for part in parts):
        return None
    return " AND ".join(map(_quoted, parts))


def _quoted(text: str) -> str:
    clean = text.encode("utf-8", "replace").decode("utf-8").replace('"', '""')
    return f'"{clean}"'


def _has_token(text: str) -> bool:
    return any(char.isalnum() for char in text)
