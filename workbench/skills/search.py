"""Full-text search over the catalogue: BM25 over names, descriptions, file names and bodies, and parts of names.

A name counts ten times as much as a body, a description five times, a file's name twice. What the words find comes
first, by its score; after it come skills whose name or description only contains the letters (`nvoic` in `invoice`).
Words that very many skills hold say little where they stand in a body: then only names and descriptions, or only names,
are scored, and the other finds follow without a score.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from typing import Any, NamedTuple

from workbench.errors import InputError
from workbench.skills.catalogue import Catalogue
from workbench.skills.query import Query, to_match, to_substrings

FIELDS = ("name", "description", "files", "body")
MARKED, UNMARKED = "\x02", "\x03"
"""What a snippet's found words stand between."""

_MANY = 4_000
MOST_SCORED = 2_000
"""So many finds are scored; of more, only those in names and descriptions."""

_SNIPPET = f"snippet(text, {{}}, '{MARKED}', '{UNMARKED}', '…', 18)"
_SNIPPETS = f"""
SELECT rowid, {", ".join(map(_SNIPPET.format, range(len(FIELDS))))}
FROM text WHERE text MATCH ? AND rowid BETWEEN ? AND ? AND +rowid IN (SELECT value FROM json_each(?))
"""  # noqa: S608 - made of constants
"""All at once and with a `+`: asked for one row after the other, the index would put together each time all that begins
with the last word.
"""


@dataclass(frozen=True, slots=True)
class Hit:
    """One skill that was found.

    Attributes:
        score: The larger the better; comparable within one search only. 0 for what was found by letters or filters.
        matched: The fields that hold any of the words.
        snippet: Text around what was found, or the beginning of the description; raw, with `MARKED` and `UNMARKED`.
    """

    id: str
    name: str
    description: str
    score: float
    matched: tuple[str, ...]
    snippet: str


@dataclass(frozen=True, slots=True)
class Results:
    """What a search found: the best hits, and how many there were in all."""

    hits: tuple[Hit, ...]
    total: int


class _Found(NamedTuple):
    """The numbers of what was found, best first, and the scores of those that have one."""

    numbers: list[int]
    scores: dict[int, float]


def search(catalogue: Catalogue, query: Query, *, limit: int, among: AbstractSet[str] | None = None) -> Results:
    """The skills that hold every word and phrase of `query`, best first.

    Args:
        catalogue: Its index is searched as it is; `catalogue_texts.take_texts` brings it up to date.
        query: Its filters are the caller's matter: `among` is what they left.
        limit: At most so many hits.
        among: Ids of the skills to search; None for all. Without words, these are what is found, by name.

    Raises:
        InputError: There is no index: the catalogue works without its file.
    """
    if catalogue.store is None:
        raise InputError("there is no search index", remedy=catalogue.note or "another process is writing; try again")
    found = _found(catalogue, query)
    numbers = found.numbers
    if among is not None:
        ids = _ids(catalogue, numbers)
        numbers = [number for number in numbers if ids.get(number) in among]
    return Results(tuple(_hits(catalogue, query, numbers[:limit], found.scores)), len(numbers))


def _ids(catalogue: Catalogue, numbers: Sequence[int]) -> dict[int, str]:
    """The ids of what was found: of those alone, or of all skills where that is less work."""
    every = "SELECT json_group_array(number), json_group_array(id) FROM skill WHERE library = ?"
    if len(numbers) > _MANY:
        rows = catalogue.query(every, (catalogue.library(),))
    else:
        these = (
            "SELECT json_group_array(number), json_group_array(id) FROM skill"
            " WHERE number IN (SELECT value FROM json_each(?))"
        )
        rows = catalogue.query(these, (json.dumps(numbers),))
    return {number: id_ for row in rows for number, id_ in zip(*map(json.loads, row), strict=True)}


def _found(catalogue: Catalogue, query: Query) -> _Found:
    """What is found. The index is asked alone: joined, it would be asked once for every skill."""
    if not (query.words or query.phrases):
        sql = "SELECT json_group_array(number) FROM (SELECT number FROM skill WHERE library = ? ORDER BY name, id)"
        return _Found(_column(catalogue, sql, (catalogue.library(),)), {})
    by_words = _by_words(catalogue, to_match(query), catalogue.numbers())
    seen = set(by_words.numbers)
    more = [number for number in _by_letters(catalogue, query) if number not in seen]
    return _Found(by_words.numbers + more, by_words.scores)


def _by_words(catalogue: Catalogue, match: str, here: tuple[int, int]) -> _Found:
    """Skills that hold every word, scored where that costs little and says something."""
    if not match:
        return _Found([], {})
    numbers = _matching(catalogue, "text", match, here)
    held, scored = numbers, match
    for columns in ("name description", "name"):
        if len(held) <= MOST_SCORED:
            break
        scored = f"{{{columns}}} : ({match})"
        held = _matching(catalogue, "text", scored, here)
    if not held or len(held) > MOST_SCORED:
        return _Found(numbers, {})
    rows = catalogue.query(
        "SELECT rowid, -rank FROM text WHERE text MATCH ? AND rowid BETWEEN ? AND ? ORDER BY rank", (scored, *here)
    )
    scores = {row[0]: row[1] for row in rows}
    return _Found([*scores, *(number for number in numbers if number not in scores)], scores)


def _matching(catalogue: Catalogue, index: str, match: str, here: tuple[int, int]) -> list[int]:
    """The numbers of the skills that an index finds."""
    sql = f"SELECT json_group_array(rowid) FROM {index} WHERE {index} MATCH ? AND rowid BETWEEN ? AND ?"  # noqa: S608 - one of two names
    return _column(catalogue, sql, (match, *here))


def _column(catalogue: Catalogue, sql: str, parameters: tuple[object, ...]) -> list[Any]:
    """A list that comes as one text, since ten thousand rows take longer to hand over, and to be rid of."""
    return [value for row in catalogue.query(sql, parameters) for value in json.loads(row[0])]


def _by_letters(catalogue: Catalogue, query: Query) -> list[int]:
    """Skills whose name or description contains every word, wherever in a word it stands."""
    parts = [part.casefold() for part in (*query.words, *query.phrases)]
    library = (catalogue.library(),)
    if match := to_substrings(query):
        found = _matching(catalogue, "gram", match, catalogue.numbers())
        # What the second pass has not come to yet has no trigrams.
        left = (
            "SELECT number, name || ' ' || description FROM skill INDEXED BY skill_without_texts"
            " WHERE library = ? AND content IS NULL"
        )
        return found + [number for number, text in catalogue.query(left, library) if _holds(text, parts)]
    # A word of one or two letters has no trigram; a name may still contain it.
    asked = "SELECT json_group_array(number), json_group_array(name) FROM skill WHERE library = ?"
    rows = catalogue.query(asked, library)
    named = [pair for row in rows for pair in zip(*map(json.loads, row), strict=True)]
    return [number for number, name in named if _holds(name, parts)]


def _holds(text: str, parts: Sequence[str]) -> bool:
    folded = text.casefold()
    return all(part in folded for part in parts)


def _hits(catalogue: Catalogue, query: Query, numbers: Sequence[int], scores: Mapping[int, float]) -> Iterator[Hit]:
    """What there is to say about the finds that are shown, in their order."""
    asked = json.dumps(numbers)
    sql = "SELECT number, id, name, description FROM skill WHERE number IN (SELECT value FROM json_each(?))"
    skills = {row[0]: row[1:] for row in catalogue.query(sql, (asked,))}
    match = to_match(query)
    rows = catalogue.query(_SNIPPETS, (match, *catalogue.numbers(), asked)) if match and numbers else ()
    snippets = {row[0]: row[1:] for row in rows}
    for number in numbers:
        if number in skills:  # unless another process took it out meanwhile
            id_, name, description = skills[number]
            matched, snippet = _where(snippets.get(number))
            yield Hit(id_, name, description, round(scores.get(number, 0.0), 4), matched, snippet or description)


def _where(snippets: Sequence[str] | None) -> tuple[tuple[str, ...], str]:
    """The fields that hold any of the words, and the text around those that are found."""
    if snippets is None:
        return (), ""
    named = dict(zip(FIELDS, snippets, strict=True))
    matched = tuple(name for name in FIELDS if MARKED in named[name])
    best = next((name for name in ("description", "body", "files") if name in matched), None)
    return matched, named[best] if best else ""
