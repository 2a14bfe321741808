"""What a text has to be is checked exactly, said precisely, and never takes for ever."""

import time
from typing import Any

import pytest

from workbench.errors import InputError
from workbench.testing.demands import demand
from workbench.testing.matchers import check
from workbench.testing.results import Mismatch

SNAPSHOTS = {"good.txt": "hello\n"}


def snapshot(name: str) -> str:
    if name == "binary.txt":
        raise InputError("it is not UTF-8")
    try:
        return SNAPSHOTS[name]
    except KeyError:
        raise FileNotFoundError(name) from None


def found(value: Any, seen: str) -> list[Mismatch]:
    return list(check(demand().read(value, ()), "stdout", seen, snapshot))


@pytest.mark.parametrize(
    ("demand", "fits", "misfits"),
    [
        ("a\n", "a\n", "a"),
        ({"equals": ""}, "", " "),
        ({"contains": "b"}, "abc", "ac"),
        ({"contains": ["a", "c"]}, "abc", "ab"),
        ({"matches": "^b+$"}, "bbb", "abb"),
        ({"matches": "(?m)^two$"}, "one\ntwo\n", "one two\n"),
        ({"json": {"a": [1, None]}}, ' {"a" : [1.0, null]}\n', '{"a": [1]}'),
        ({"json": True}, "true", "1"),
        ({"json": {"a": 1}}, '{"a": 1}', '{"a": true}'),
        ({"json": {"a": 1}}, '{"a": 1}', '{"a": 1, "b": 2}'),
        ({"json": [1]}, "[1]", "[1"),
        ({"json": None}, "null", ""),
        ({"json_schema": {"type": "object", "required": ["a"]}}, '{"a": 1}', "{}"),
        ({"json_schema": {"minItems": 1}}, "[1]", "not json"),
        ({"snapshot": "good.txt"}, "hello\n", "hello"),
        ({"contains": "a", "matches": "b"}, "ab", "a"),
    ],
)
def test_each_matcher_takes_what_fits_and_nothing_else(demand: Any, fits: str, misfits: str) -> None:
    assert found(demand, fits) == []
    assert len(found(demand, misfits)) == 1


def test_a_difference_is_shown_as_a_diff_from_expected_to_seen() -> None:
    (mismatch,) = found("one\ntwo\n", "one\n2\n")
    assert mismatch.message == "stdout differs from line 2"
    assert mismatch.diff.splitlines()[:2] == ["--- expected", "+++ seen"]
    assert {"-two", "+2"} <= set(mismatch.diff.splitlines())


def test_json_is_compared_as_values_and_shown_alike() -> None:
    (mismatch,) = found({"json": {"b": 1, "a": 2}}, '{"a":3,"b":1}')
    assert [line for line in mismatch.diff.splitlines() if line[:1] in "+-"][2:] == ['-  "a": 2,', '+  "a": 3,']


def test_what_is_not_json_is_said_with_the_place() -> None:
    (mismatch,) = found({"json": {}}, '{"a":\n ]}')
    assert mismatch.message == "stdout is not JSON: expecting value in line 2, column 2"


def test_every_place_that_breaks_a_schema_is_said() -> None:
    (mismatch,) = found({"json_schema": {"properties": {"a": {"type": "string"}}, "required": ["b"]}}, '{"a": 1}')
    assert "a: has to be a string" in mismatch.message
    assert "b: is required" in mismatch.message


def test_a_snapshot_that_is_missing_or_broken_is_said() -> None:
    assert found({"snapshot": "none.txt"}, "x")[0].message == (
        "the snapshot 'none.txt' does not exist; `workbench test --update` shows what it would hold and writes it"
    )
    assert found({"snapshot": "binary.txt"}, "x")[0].message.endswith("can't be read: it is not UTF-8")


def test_control_characters_of_a_program_never_reach_a_message() -> None:
    for wanted in ("x", {"json": 1}, {"contains": "\x1b[2J"}, {"matches": "\x1b"}, {"json_schema": {"const": "x"}}):
        for mismatch in found(wanted, '"\x1b]0;title\x07"'):
            assert mismatch.message.isprintable()


def test_a_pattern_that_would_take_for_ever_is_given_up() -> None:
    began = time.perf_counter()
    (mismatch,) = found({"matches": "(a+)+$"}, "a" * 40 + "b")
    assert "could not be matched within" in mismatch.message
    (mismatch,) = found({"matches": "a*b"}, "a" * 1_000_000)
    assert time.perf_counter() - began < 15


@pytest.mark.parametrize("text", ["[" * 100_000, "9" * 10_000, '{"a":' * 5_000])
def test_json_made_to_break_the_parser_is_a_mismatch(text: str) -> None:
    assert len(found({"json": 1}, text)) == 1
    assert len(found({"json_schema": {"type": "string"}}, text)) == 1


def test_a_diff_of_huge_texts_is_bounded() -> None:
    began = time.perf_counter()
    (mismatch,) = found("a\n" * 100_000, "b\n" * 100_000)
    assert time.perf_counter() - began < 2
    assert len(mismatch.diff) < 100_000
    assert len(mismatch.seen) <= 4_000
