"""Full-text search over the catalogue: BM25 over names, descriptions, file names and bodies, and parts of names.

A name counts ten times as much as a body, a description five times, a file's name twice. What the words find comes
first, by its score; after it come skills whose name or description only contains the letters (`nvoic` in `invoice`).
Words that very many skills hold say little where they stand in a body: then only names and descriptions, or only names,
are scored, and the other finds follow without a score.
"""

from collections.abc import Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from typing import NamedTuple

from workbench.errors import InputError
from workbench.skills.catalogue import Catalogue
from workbench.skills.query import Query, to_match, to_substrings

FIELDS = ("name", "description", "files", "body")
MARKED, UNMARKED = "\x02", "\x03"
"""What a snippet's found words stand between."""

_MANY = 1_000
MOST_SCORED = 2_000
"""So many finds are scored; of more, only those in names and descriptions."""

_SNIPPETS = f"""
SELECT {", ".join(f"snippet(text, {column}, '{MARKED}', '{UNMARKED}', '…', 18)" for column in range(len(FIELDS)))}
FROM text WHERE text MATCH ? AND rowid = ?
"""  # noqa: S608 - made of constants


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
    number: int
    score: float


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
    if among is not None:
        ids = _ids(catalogue, found)
        found = [one for one in found if ids.get(one.number) in among]
    hits = [_hit(catalogue, query, one) for one in found[:limit]]
    return Results(tuple(hits), len(found))


def _ids(catalogue: Catalogue, found: Sequence[_Found]) -> dict[int, str]:
    """The ids of what was found: asked for one by one, or all at once where that is less work."""
    if len(found) > _MANY:
        rows = catalogue.query("SELECT number, id FROM skill WHERE number BETWEEN ? AND ?", catalogue.numbers())
        return {row[0]: row[1] for row in rows}
    sql = "SELECT number, id FROM skill WHERE number = ?"
    return {number: id_ for one in found for number, id_ in catalogue.query(sql, (one.number,))}


def _found(catalogue: Catalogue, query: Query) -> list[_Found]:
    """What is found, best first. The index is asked alone: joined, it would be asked once for every skill."""
    here = catalogue.numbers()
    if not (query.words or query.phrases):
        rows = catalogue.query("SELECT number, 0 FROM skill WHERE number BETWEEN ? AND ? ORDER BY name, id", here)
        return [_Found(*row) for row in rows]
    found = _by_words(catalogue, to_match(query), here)
    seen = {one.number for one in found}
    return found + [_Found(number, 0.0) for number in _by_letters(catalogue, query, here) if number not in seen]


def _by_words(catalogue: Catalogue, match: str, here: tuple[int, int]) -> list[_Found]:
    """Skills that hold every word, scored where that costs little and says something."""
    if not match:
        return []
    sql = "SELECT rowid FROM text WHERE text MATCH ? AND rowid BETWEEN ? AND ?"
    numbers = [row[0] for row in catalogue.query(sql, (match, *here))]
    held, scored = numbers, match
    for columns in ("name description", "name"):
        if len(held) <= MOST_SCORED:
            break
        scored = f"{{{columns}}} : ({match})"
        held = [row[0] for row in catalogue.query(sql, (scored, *here))]
    if len(held) > MOST_SCORED:
        return [_Found(number, 0.0) for number in numbers]
    rows = catalogue.query(
        "SELECT rowid, -rank FROM text WHERE text MATCH ? AND rowid BETWEEN ? AND ? ORDER BY rank", (scored, *here)
    )
    best = [_Found(*row) for row in rows]
    seen = {one.number for one in best}
    return best + [_Found(number, 0.0) for number in numbers if number not in seen]


def _by_letters(catalogue: Catalogue, query: Query, here: tuple[int, int]) -> list[int]:
    """Skills whose name or description contains every word, wherever in a word it stands."""
    parts = [part.casefold() for part in (*query.words, *query.phrases)]
    if match := to_substrings(query):
        rows = catalogue.query("SELECT rowid FROM gram WHERE gram MATCH ? AND rowid BETWEEN ? AND ?", (match, *here))
        found = [row[0] for row in rows]
        # What the second pass has not come to yet has no trigrams.
        left = "SELECT number, name || ' ' || description FROM skill WHERE number BETWEEN ? AND ? AND content IS NULL"
        return found + [number for number, text in catalogue.query(left, here) if _holds(text, parts)]
    # A word of one or two letters has no trigram; a name may still contain it.
    rows = catalogue.query("SELECT number, name FROM skill WHERE number BETWEEN ? AND ?", here)
    return [number for number, name in rows if _holds(name, parts)]


def _holds(text: str, parts: Sequence[str]) -> bool:
    folded = text.casefold()
    return all(part in folded for part in parts)


def _hit(catalogue: Catalogue, query: Query, found: _Found) -> Hit:
    id_, name, description = catalogue.query(
        "SELECT id, name, description FROM skill WHERE number = ?", (found.number,)
    )[0]
    matched, snippet = _where(catalogue, to_match(query), found.number)
    return Hit(id_, name, description, round(found.score, 4), matched, snippet or description)


def _where(catalogue: Catalogue, match: str, number: int) -> tuple[tuple[str, ...], str]:
    """The fields that hold any of the words, and the text around those that are found."""
    rows = catalogue.query(_SNIPPETS, (match, number)) if match else ()
    if not rows:
        return (), ""
    snippets = dict(zip(FIELDS, rows[0], strict=True))
    matched = tuple(name for name in FIELDS if MARKED in snippets[name])
    best = next((name for name in ("description", "body", "files") if name in matched), None)
    return matched, snippets[best] if best else ""
