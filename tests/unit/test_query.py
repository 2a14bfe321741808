"""The language in which one looks for skills: what it reads, what it refuses, and that nothing typed can break it."""

import sqlite3
import typing
from dataclasses import dataclass, field

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.errors import UsageError
from workbench.reviews.model import State
from workbench.skills.model import Problem
from workbench.skills.query import KEYS, STATES, Filter, Query, admitted, parse_query, to_match, to_substrings


@dataclass
class Row:
    id: str = "skills/csv-profile"
    name: str = "csv-profile"
    version: str | None = "1.2.0"
    problems: tuple[Problem, ...] = (Problem("warning", "broken-link", "x"),)
    state: str = "stale"
    authors: frozenset[str] = field(default_factory=lambda: frozenset({"Ada L <ada@example.com>"}))


def holds(text: str, can: frozenset[str] | None = frozenset({"network"})) -> bool:
    row = Row()
    return list(admitted(parse_query(text), [row], {} if can is None else {row.id: can})) == [row.id]


def test_words_phrases_and_filters_are_told_apart() -> None:
    query = parse_query('csv "two words" state:stale -cap:network author:"Ada L" last')
    assert query == Query(
        ("csv", "last"),
        ("two words",),
        (Filter("state", "stale"), Filter("cap", "network", negated=True), Filter("author", "Ada L")),
    )


@pytest.mark.parametrize(
    "text",
    [
        "state:stale", "state:st", "STATE:stale", "-state:approved", "cap:network", "cap:net", "-cap:secret",
        "author:ADA", "author:example.com", "author:\"ada l\"",
        "name:csv", "name:csv-*", "path:skills/", "path:*profile",
        "problem:broken-link", "problem:broken", "problem:warning", "-problem:error", "version:1", "version:1.2",
        "version:1.2.0", "-version:none", "state:", "state:stale name:csv",
    ],
)  # fmt: skip
def test_filters_that_hold(text: str) -> None:
    assert holds(text)


@pytest.mark.parametrize(
    "text",
    [
        "state:draft", "-state:stale", "cap:secret", "-cap:network", "author:bob", "name:profile-*", "path:other",
        "problem:error", "problem:name", "version:1.20", "version:2", "version:none", "state:stale name:pdf",
    ],
)  # fmt: skip
def test_filters_that_do_not_hold(text: str) -> None:
    assert not holds(text)


def test_of_what_nobody_looked_at_no_capability_is_said_to_be_or_not_to_be() -> None:
    assert not holds("cap:network", None)
    assert not holds("-cap:network", None)


@pytest.mark.parametrize(
    ("text", "near"),
    [("stat:draft", "'state:'"), ("autor:x", "'author:'"), ("state:aproved", "'state:approved'"),
     ("cap:netwrok", "'cap:network'"), ("zzz:1", "there are state:")],
)  # fmt: skip
def test_what_is_no_filter_is_refused_with_what_is_near(text: str, near: str) -> None:
    with pytest.raises(UsageError) as caught:
        parse_query(text)
    assert near in (caught.value.remedy or "")


def test_an_address_and_quoted_text_are_words() -> None:
    assert parse_query("https://example.com").words == ("https://example.com",)
    assert parse_query('"stat:draft"').phrases == ("stat:draft",)


def test_the_states_are_those_of_the_reviews() -> None:
    assert typing.get_args(State) == STATES


def test_a_short_or_unfinished_word_is_no_prefix() -> None:
    assert to_match(parse_query("csv pro")) == '"csv" AND "pro" *'
    assert to_match(parse_query("pr")) == '"pr"'
    assert to_match(parse_query("csv c++")) == '"csv" AND "c++"'
    assert to_substrings(parse_query("ab cde")) is None


PIECES = [
    '"', "*", "^", "(", ")", "AND", "OR", "NOT", "NEAR(", ":", "-", "+", "{a b}:", "name:", "x", "\0", "\ud800", "';--",
    "'", "\\", "state:dr", "%", "_", "é", "\u202e",
]  # fmt: skip
TYPED = st.text(max_size=60) | st.lists(st.sampled_from(PIECES), max_size=12).map(" ".join)


@given(TYPED)
def test_whatever_is_typed_is_no_syntax_error(text: str) -> None:
    try:
        query = parse_query(text)
    except UsageError:
        return
    index = sqlite3.connect(":memory:")
    index.execute("CREATE VIRTUAL TABLE t USING fts5 (name, description)")
    index.execute("CREATE VIRTUAL TABLE g USING fts5 (name, tokenize = 'trigram')")
    index.execute("INSERT INTO t VALUES ('csv', 'x')")
    for table, match in (("t", to_match(query)), ("g", to_substrings(query))):
        if match:
            index.execute(f"SELECT rank FROM {table} WHERE {table} MATCH ?", (match,)).fetchall()
    index.close()


def test_a_very_long_query_is_read_within_bounds() -> None:
    query = parse_query("x" * 100_000 + " y" * 100_000)
    assert len(query.words) == 64
    assert len(query.words[0]) == 200


def test_every_filter_is_tested_here() -> None:
    assert set(KEYS) == {"state", "cap", "author", "name", "path", "problem", "version"}
