"""A form for any schema: its fields, what is typed into them, and where errors show."""

from typing import Any

import pytest

from workbench.tools.forms import Field, by_field, fields, parse
from workbench.tools.schemas import validate


def form(**properties: Any) -> tuple[Field, ...]:
    return fields({"type": "object", "properties": properties})


def only(**properties: Any) -> Field:
    [found] = form(**properties)
    return found


@pytest.mark.parametrize(
    ("schema", "kind"),
    [
        ({"type": "string"}, "text"),
        ({"type": "string", "maxLength": 5000}, "multiline"),
        ({"type": "string", "format": "path"}, "path"),
        ({"type": "string", "format": "date"}, "text"),
        ({"type": "integer"}, "integer"),
        ({"type": "number"}, "number"),
        ({"type": "boolean"}, "boolean"),
        ({"enum": ["a", 1]}, "choice"),
        ({"const": 3}, "choice"),
        ({"type": "string", "enum": ["a"]}, "choice"),
        ({"oneOf": [{"const": "a"}, {"const": "b"}]}, "choice"),
        ({"type": "array", "items": {"type": "string"}}, "list"),
        ({"type": "array", "items": {"type": "integer"}}, "list"),
        ({"type": "array", "items": {"type": "object"}}, "json"),
        ({"type": "array", "items": {"type": "array", "items": {"type": "string"}}}, "json"),
        ({"type": "array", "prefixItems": [{}], "items": {"type": "string"}}, "json"),
        ({"type": "array"}, "json"),
        ({"type": "object"}, "json"),
        ({"type": ["string", "integer"]}, "json"),
        ({"anyOf": [{"type": "string"}, {"type": "array"}]}, "json"),
        ({"not": {"type": "string"}}, "json"),
        ({}, "json"),
        (True, "json"),
        ({"type": "null"}, "json"),
        ({"type": "nonsense"}, "json"),
    ],
)
def test_each_schema_has_a_kind(schema: Any, kind: str) -> None:
    assert only(x=schema).kind == kind


@pytest.mark.parametrize(
    "schema",
    [
        {"type": ["string", "null"]},
        {"anyOf": [{"type": "string"}, {"type": "null"}]},
        {"oneOf": [{"type": "null"}, {"anyOf": [{"type": "string"}]}]},
    ],
)
def test_null_as_a_variant_is_a_property_of_the_field(schema: dict[str, Any]) -> None:
    field = only(x=schema)
    assert (field.kind, field.nullable) == ("text", True)


def test_a_field_tells_what_the_schema_says_about_it() -> None:
    field = only(x={"type": "integer", "title": "Top", "description": "How many.", "default": 5, "minimum": 1})
    assert (field.title, field.description, field.initial) == ("Top", "How many.", "5")
    assert (field.has_default, field.default, field.constraints) == (True, 5, {"minimum": 1})


def test_a_password_is_secret() -> None:
    assert only(x={"type": "string", "format": "password"}).secret
    assert not only(x={"type": "string"}).secret


def test_nested_objects_are_dotted_fields_and_deeper_ones_json() -> None:
    def nest(levels: int) -> dict[str, Any]:
        return {"type": "object", "properties": {"d": nest(levels - 1) if levels else {"type": "string"}}}

    assert [(field.name, field.kind) for field in fields(nest(5))] == [("d.d.d", "json")]
    assert [(field.name, field.kind) for field in fields(nest(2))] == [("d.d.d", "text")]


def test_a_schema_that_holds_itself_ends_in_json() -> None:
    node = {"type": "object", "properties": {"label": {"type": "string"}, "child": {"$ref": "#/$defs/node"}}}
    schema = {"type": "object", "properties": {"root": {"$ref": "#/$defs/node"}}, "$defs": {"node": node}}
    assert [(field.name, field.kind) for field in fields(schema)] == [("root.label", "text"), ("root.child", "json")]


@pytest.mark.parametrize(
    "schema",
    [
        {},
        {"$ref": "#"},
        {"$ref": "#/nowhere", "properties": {"a": True}},
        {"allOf": [{"$ref": "#"}, {"properties": {"a": {}}}]},
        {"properties": {"a": {"$ref": "https://example.com"}}},
        {"properties": {"a": {"allOf": 3, "anyOf": [], "enum": [], "items": 7, "type": ["null"]}}},
        {"properties": [], "required": "a"},
        {"properties": {"a": {"anyOf": [None, 3]}}},
        {"properties": {"a": {"type": "array", "items": {"$ref": "#/properties/a"}}}},
    ],
)
def test_no_schema_is_too_odd_for_a_form(schema: Any) -> None:
    for field in fields(schema):
        assert field.name
        assert parse([field], {field.name: "1"}).errors == {} or field.kind == "choice"


def test_keys_with_dots_do_not_collide_with_nested_ones() -> None:
    nested = {"type": "object", "properties": {"b": {"type": "string"}}}
    found = form(**{"a.b": {"type": "string"}, "a": nested})
    assert [(field.name, field.kind) for field in found] == [("a.b", "text"), ("a", "json")]
    assert parse(found, {"a.b": "x", "a": '{"b": "y"}'}).arguments == {"a.b": "x", "a": {"b": "y"}}


# What is typed


@pytest.mark.parametrize(
    ("schema", "typed", "value"),
    [
        ({"type": "string"}, " a ", " a "),
        ({"type": "string"}, "5", "5"),
        ({"type": "string", "format": "path"}, " a.csv ", "a.csv"),
        ({"type": "integer"}, " 42 ", 42),
        ({"type": "integer"}, "4.0", 4),
        ({"type": "number"}, "-2.5e3", -2500.0),
        ({"type": "boolean"}, True, True),
        ({"type": "boolean"}, "false", False),
        ({"enum": ["1", 1, True]}, "1", "1"),
        ({"enum": [1, True]}, "true", True),
        ({"type": "array", "items": {"type": "string"}}, "a b\n\nc, d\r\n", ["a b", "c, d"]),
        ({"type": "array", "items": {"type": "string"}}, '["a\\nb"]', ["a\nb"]),
        ({"type": "array", "items": {"type": "string"}}, "[draft", ["[draft"]),
        ({"type": "array", "items": {"type": "integer"}}, "1\n2", [1, 2]),
        ({}, '{"a": [1]}', {"a": [1]}),
    ],
)
def test_what_is_typed_becomes_a_value(schema: dict[str, Any], typed: str | bool, value: object) -> None:
    filled = parse(form(x=schema), {"x": typed})
    assert (filled.arguments, filled.errors) == ({"x": value}, {})
    assert type(filled.arguments["x"]) is type(value)


@pytest.mark.parametrize(
    ("schema", "typed", "says"),
    [
        ({"type": "integer"}, "4.5", "whole number"),
        ({"type": "integer"}, "true", "whole number"),
        ({"type": "integer"}, "1" * 5000, "whole number"),
        ({"type": "number"}, "NaN", "a number"),
        ({"type": "number"}, "x", "a number"),
        ({"type": "boolean"}, "maybe", "true or false"),
        ({"enum": ["a", "b"]}, "c", "one of a, b"),
        ({"type": "array", "items": {"type": "integer"}}, "1\nx", "whole number"),
        ({}, "{", "is not JSON"),
        ({}, "[" * 100_000, "nests too deep"),
        ({}, "Infinity", "is not JSON"),
    ],
)
def test_what_can_not_be_read_is_an_error_of_its_field(schema: dict[str, Any], typed: str, says: str) -> None:
    filled = parse(form(x=schema), {"x": typed})
    assert says in filled.errors["x"]
    assert filled.arguments == {}


def test_an_empty_field_is_not_given_and_a_required_one_is_missed() -> None:
    schema = {"type": "object", "required": ["a"], "properties": {"a": {"type": "string"}, "b": {"type": "boolean"}}}
    filled = parse(fields(schema), {"a": "", "b": False})
    assert (filled.arguments, filled.errors) == ({}, {"a": "is required"})


def test_switching_a_default_off_is_said() -> None:
    assert parse(form(b={"type": "boolean", "default": True}), {"b": False}).arguments == {"b": False}


OPTIONS = {
    "type": "object",
    "required": ["limit"],
    "properties": {"limit": {"type": "integer"}, "order": {"type": "string", "default": "up"}},
}


def test_an_object_that_need_not_be_there_asks_for_nothing_until_something_in_it_is_given() -> None:
    found = form(options=OPTIONS)
    assert parse(found, {}) == parse(found, {"options.order": "up"})
    assert parse(found, {}).arguments == {}
    assert parse(found, {"options.order": "down"}).errors == {"options.limit": "is required"}
    filled = parse(found, {"options.limit": "3"})
    assert (filled.arguments, filled.errors) == ({"options": {"limit": 3}}, {})


def test_an_object_that_has_to_be_there_is_there_even_when_empty() -> None:
    schema = {"type": "object", "required": ["o"], "properties": {"o": {"properties": {"a": {"type": "string"}}}}}
    filled = parse(fields(schema), {})
    assert (filled.arguments, filled.errors) == ({"o": {}}, {})
    assert validate(schema, filled.arguments) == {}


def test_errors_of_the_schema_show_at_the_field_that_holds_the_place() -> None:
    found = form(options=OPTIONS, names={"type": "array", "items": {"type": "string"}})
    wrong = {"options": "is required", "names.2": "has to be a string", "other": "is not an argument", "": "odd"}
    assert by_field(found, wrong) == {
        "options.limit": "options: is required",
        "names": "names.2: has to be a string",
        "": "other: is not an argument",
    }
