"""JSON Schema from strangers: refused where it is wrong, bounded where it is hostile, never fetched."""

import time

import pytest

from workbench.tools.patterns import SlowPatternError, complaint, search
from workbench.tools.schemas import MAX_VALUES, lookup, properties, resolved, schema_complaints, schema_doubts, validate

OBJECT = {
    "type": "object",
    "required": ["path"],
    "additionalProperties": False,
    "properties": {
        "path": {"type": "string"},
        "top": {"type": "integer", "minimum": 1, "maximum": 100},
        "columns": {"type": "array", "items": {"type": "object", "required": ["name"]}},
        "mode": {"enum": ["fast", "slow"]},
    },
}


def test_arguments_that_fit_are_fine() -> None:
    assert validate(OBJECT, {"path": "x", "top": 3, "columns": [{"name": 1}], "mode": "fast"}) == {}


def test_every_wrong_argument_is_named_at_its_own_place() -> None:
    wrong = validate(OBJECT, {"top": 0, "columns": [{"name": 1}, {}], "mode": "other", "zz": 1})
    assert wrong == {
        "path": "is required",
        "top": "has to be at least 1",
        "columns.1.name": "is required",
        "mode": "has to be one of fast, slow",
        "zz": "is not an argument; known: path, top, columns, mode",
    }


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ({"path": 1}, "has to be a string"),
        ({"path": True}, "has to be a string"),
        ({"path": None}, "has to be a string"),
    ],
)
def test_a_wrong_type_says_the_right_one(value: dict[str, object], message: str) -> None:
    assert validate(OBJECT, value) == {"path": message}


def test_hostile_text_in_a_message_is_visible_and_short() -> None:
    wrong = validate({"type": "object", "additionalProperties": False}, {"\x1b[31m" + "x" * 1000: 1})
    assert validate({"enum": ["\x1b[31m" * 1000]}, 1)[""].startswith("has to be one of ␛[31m")
    assert len(validate({"enum": ["\x1b[31m" * 1000]}, 1)[""]) < 200
    assert list(wrong.values()) == ["is not an argument"]


def test_errors_are_bounded() -> None:
    schema = {"type": "object", "additionalProperties": {"type": "string"}}
    assert len(validate(schema, {str(n): n for n in range(10_000)})) <= 50


# Is it a schema


@pytest.mark.parametrize(
    ("schema", "place", "says"),
    [
        ({"type": "strnig"}, ("type",), "fits none"),
        ({"properties": {"a": {"type": 3}}}, ("properties", "a", "type"), "fits none"),
        ({"required": "path"}, ("required",), "has to be a list"),
        ({"properties": {"a": {"$ref": "https://example.com/x"}}}, ("properties", "a", "$ref"), "is elsewhere"),
        ({"$ref": "other.json#/a"}, ("$ref",), "is elsewhere"),
        ({"properties": {"a": {"$ref": "#/$defs/b"}}}, ("properties", "a", "$ref"), "there is no"),
    ],
)
def test_a_bad_schema_is_refused_with_the_place(schema: object, place: tuple[str, ...], says: str) -> None:
    found = dict(schema_complaints(schema))
    assert says in found[place]


def test_an_enormous_schema_is_refused() -> None:
    schema = {"enum": list(range(MAX_VALUES + 1))}
    assert [place for place, _ in schema_complaints(schema)] == [()]


def test_data_that_looks_like_a_reference_is_none() -> None:
    schema = {"properties": {"$ref": {"type": "string"}, "a": {"default": {"$ref": "https://example.com"}}}}
    assert list(schema_complaints(schema)) == []


def test_what_is_not_checked_is_said() -> None:
    doubts = dict(schema_doubts({"properties": {"a": {"pattern": r"\p{L}+"}}, "unevaluatedProperties": False}))
    assert "is not checked" in doubts[("properties", "a", "pattern")]
    assert "is not checked" in doubts[("unevaluatedProperties",)]


# Hostile schemas


def test_a_reference_elsewhere_is_never_followed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("urllib.request.urlopen", lambda *_, **__: pytest.fail("it connected"))
    assert "not in it" in validate({"$ref": "http://127.0.0.1:9/schema.json"}, 1)[""]


def test_a_schema_that_refers_to_itself_ends() -> None:
    assert "circles" in validate({"$ref": "#"}, 1)[""]
    assert resolved({"$ref": "#"}, {"$ref": "#"}) == {}
    tree = {"type": "object", "properties": {"child": {"$ref": "#"}}, "additionalProperties": False}
    assert validate(tree, {"child": {"child": {}}}) == {}
    assert validate(tree, {"child": {"x": 1}}) == {"child.x": "is not an argument; known: child"}


def doubling(levels: int) -> dict[str, object]:
    definitions: dict[str, object] = {
        f"d{n}": {"allOf": [{"$ref": f"#/$defs/d{n + 1}"}, {"$ref": f"#/$defs/d{n + 1}"}]} for n in range(levels)
    }
    return {"$ref": "#/$defs/d0", "$defs": {**definitions, f"d{levels}": {"type": "object"}}}


def test_references_that_multiply_each_other_are_bounded() -> None:
    began = time.monotonic()
    assert "more than" in validate(doubling(40), {})[""]
    resolved(doubling(40), doubling(40))
    assert time.monotonic() - began < 20
    assert validate(doubling(8), {}) == {}


def test_a_pattern_that_takes_for_ever_is_given_up() -> None:
    began = time.monotonic()
    wrong = validate({"type": "string", "pattern": "^((a+)+)+$"}, "a" * 60 + "!")
    assert "took longer" in wrong[""]
    assert time.monotonic() - began < 10


def test_patterns_are_searched_and_may_have_several_repetitions() -> None:
    assert search("^[a-z]+(-[a-z]+)*$", "a-long-kebab-name-here")
    assert not search("^[a-z]+(-[a-z]+)*$", "Not a long kebab name")
    assert search("b", "abc")
    with pytest.raises(SlowPatternError):
        search("^(a|a)*(b)*$", "a" * 60 + "!")


def test_a_pattern_that_python_can_not_read_judges_nothing() -> None:
    assert complaint(r"\p{L}") is not None
    assert search(r"\p{L}", "1")


# Looking into schemas


def test_references_and_joined_schemas_are_looked_through() -> None:
    schema = {
        "allOf": [{"$ref": "#/$defs/base"}, {"properties": {"b": {}}, "required": ["b"]}],
        "properties": {"c": {}},
        "$defs": {"base": {"properties": {"a": {}}, "required": ["a"]}},
    }
    assert list(properties(schema)) == ["a", "b", "c"]
    assert resolved(schema, schema)["required"] == ["a", "b"]


def test_a_local_reference_may_have_escapes() -> None:
    assert lookup({"a/b": {"c~d": [{"x": 1}]}}, "#/a~1b/c~0d/0") == {"x": 1}
    assert lookup({"a b": 1}, "#/a%20b") == 1
    assert lookup({"a": [1]}, "#/a/7") is None
