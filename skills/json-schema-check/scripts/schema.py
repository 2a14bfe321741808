"""Reads a JSON Schema before it is used: is it well formed, and which of its keywords are not supported?"""

import re
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote

DIALECT = "https://json-schema.org/draft/2020-12/schema"
SUBSCHEMA = ("not", "if", "then", "else", "items", "contains", "additionalProperties", "propertyNames")
SUBSCHEMAS = ("allOf", "anyOf", "oneOf", "prefixItems")
SUBSCHEMA_MAP = ("properties", "patternProperties", "dependentSchemas", "$defs", "definitions")
COUNTS = (
    "minLength",
    "maxLength",
    "minItems",
    "maxItems",
    "minProperties",
    "maxProperties",
    "minContains",
    "maxContains",
)
NUMBERS = ("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf")
STRINGS = ("$schema", "$id", "$ref", "$anchor", "$comment", "title", "description", "pattern", "format")
BOOLEANS = ("uniqueItems", "deprecated", "readOnly", "writeOnly")
ANY = ("const", "default", "examples", "contentEncoding", "contentMediaType", "contentSchema")
TYPES = ("null", "boolean", "object", "array", "number", "string", "integer")
REASONS = {
    "unevaluatedProperties": "needs annotations that this checker does not collect",
    "unevaluatedItems": "needs annotations that this checker does not collect",
    "$dynamicRef": "dynamic references are not followed",
    "$dynamicAnchor": "dynamic references are not followed",
    "$recursiveRef": "a keyword of draft 2019-09",
    "additionalItems": "a keyword of older drafts; 2020-12 has prefixItems and items",
    "dependencies": "a keyword of older drafts; 2020-12 has dependentRequired and dependentSchemas",
    "id": "a keyword of draft 4; 2020-12 has $id",
}


class SchemaError(Exception):
    """The schema itself is wrong; the message says where."""


@dataclass(frozen=True)
class Unsupported:
    """A keyword that is in the schema and is not checked."""

    schema: str
    keyword: str
    reason: str


@dataclass
class Schema:
    """A schema that was read: what it references, its compiled patterns, and what of it can't be checked."""

    root: Any
    anchors: dict[str, str] = field(default_factory=dict)
    patterns: dict[str, re.Pattern[str]] = field(default_factory=dict)
    formats: set[str] = field(default_factory=set)
    unsupported: list[Unsupported] = field(default_factory=list)

    def target(self, reference: str) -> tuple[str, Any] | None:
        """Where a `$ref` leads, as JSON pointer and subschema; None for another document.

        Raises:
            SchemaError: It leads nowhere.
        """
        base, _, fragment = reference.partition("#")
        own = self.root.get("$id", "") if isinstance(self.root, dict) else ""
        if base and base != str(own).rstrip("#"):
            return None
        pointer = unquote(fragment)
        if pointer and not pointer.startswith("/"):
            if pointer not in self.anchors:
                raise SchemaError(f"$ref {reference!r} leads nowhere: there is no $anchor of that name")
            pointer = self.anchors[pointer]
        return pointer, self._at(pointer, reference)

    def _at(self, pointer: str, reference: str) -> Any:
        place = self.root
        for token in pointer.split("/")[1:]:
            key = token.replace("~1", "/").replace("~0", "~")
            if isinstance(place, dict) and key in place:
                place = place[key]
            elif isinstance(place, list) and key.isdecimal() and len(key) < 9 and int(key) < len(place):
                place = place[int(key)]
            else:
                raise SchemaError(f"$ref {reference!r} leads nowhere: nothing is at {pointer!r}")
        return place


def read_schema(root: Any) -> Schema:
    """Look at every subschema once.

    Raises:
        SchemaError: A keyword has a value that it can't have, or a reference leads nowhere.
    """
    schema = Schema(root)
    seen: set[str] = set()
    references: list[tuple[str, str]] = []
    todo: list[tuple[str, Any]] = [("", root)]
    while todo or references:
        if not todo:
            todo += followed(schema, references.pop())
            continue
        pointer, part = todo.pop()
        if pointer in seen:
            continue
        seen.add(pointer)
        if isinstance(part, bool):
            continue
        if not isinstance(part, dict):
            raise SchemaError(f"{shown(pointer)} must be an object, true or false")
        for keyword, value in part.items():
            read_keyword(schema, pointer, keyword, value)
            todo += subschemas(f"{pointer}/{escape(keyword)}", keyword, value)
        if "$ref" in part:
            references.append((pointer, part["$ref"]))
    schema.unsupported.sort(key=lambda found: (found.schema, found.keyword))
    return schema


def followed(schema: Schema, reference: tuple[str, str]) -> list[tuple[str, Any]]:
    """Where one reference leads, if it stays in the document."""
    pointer, text = reference
    target = schema.target(text)
    if target is None:
        schema.unsupported.append(Unsupported(shown(pointer), "$ref", f"{text!r} is another document"))
        return []
    return [target]


def subschemas(pointer: str, keyword: str, value: Any) -> Iterator[tuple[str, Any]]:
    """The subschemas right under a keyword, with their JSON pointers."""
    if keyword in SUBSCHEMA and not isinstance(value, list):
        yield pointer, value
    elif keyword in SUBSCHEMAS:
        yield from ((f"{pointer}/{index}", part) for index, part in enumerate(value))
    elif keyword in SUBSCHEMA_MAP:
        yield from ((f"{pointer}/{escape(name)}", part) for name, part in value.items())


def read_keyword(schema: Schema, pointer: str, keyword: str, value: Any) -> None:
    """Check the shape of one keyword's value, and note what is not supported."""
    if keyword.startswith("x-"):
        return
    if keyword == "items" and isinstance(value, list):
        reason = "an array is the form of older drafts; 2020-12 has prefixItems"
        schema.unsupported.append(Unsupported(shown(pointer), keyword, reason))
        return
    shape = SHAPES.get(keyword)
    if shape is None:
        reason = REASONS.get(keyword, "not a keyword of JSON Schema 2020-12; a spelling mistake?")
        schema.unsupported.append(Unsupported(shown(pointer), keyword, reason))
        return
    wanted, fits = shape
    if not fits(value):
        raise SchemaError(f"{shown(pointer)}: {keyword} must be {wanted}")
    if keyword == "$anchor":
        schema.anchors[value] = pointer
    elif keyword == "format":
        schema.formats.add(value)
    elif keyword == "pattern":
        read_pattern(schema, pointer, keyword, value)
    elif keyword == "patternProperties":
        for pattern in value:
            read_pattern(schema, pointer, keyword, pattern)
    elif keyword == "$schema" and value.rstrip("#") != DIALECT:
        schema.unsupported.append(Unsupported(shown(pointer), keyword, f"{value!r} is not the 2020-12 dialect"))
    elif keyword == "$id" and pointer:
        schema.unsupported.append(Unsupported(shown(pointer), keyword, "only the root's $id is used for references"))


def read_pattern(schema: Schema, pointer: str, keyword: str, pattern: str) -> None:
    """Compile a pattern the way ECMA-262 reads it: `$` is the very end, and `\\d` and `\\w` are ASCII."""
    python = re.sub(r"\\.|\[(?:\\.|[^\]\\])*\]|\$", lambda m: r"\Z" if m[0] == "$" else m[0], pattern, flags=re.DOTALL)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            schema.patterns[pattern] = re.compile(python, re.ASCII)
    except (re.error, OverflowError, RecursionError) as error:
        reason = f"the pattern can't be read as a Python regular expression: {error}"
        schema.unsupported.append(Unsupported(shown(pointer), keyword, reason))


def escape(name: str) -> str:
    """A name as a token of a JSON pointer."""
    return name.replace("~", "~0").replace("/", "~1")


def shown(pointer: str) -> str:
    """A pointer into the schema as reports show it."""
    return f"#{pointer}"


def is_number(value: Any) -> bool:
    """Whether the value is a JSON number."""
    return not isinstance(value, (bool, str, list, dict)) and value is not None


def is_count(value: Any) -> bool:
    """Whether the value is a whole number of at least 0."""
    whole = isinstance(value, int) or (is_number(value) and value == value.to_integral_value())
    return is_number(value) and whole and bool(value >= 0)


def is_strings(value: Any) -> bool:
    """Whether the value is an array of strings."""
    return isinstance(value, list) and all(isinstance(item, str) for item in value)


def is_type(value: Any) -> bool:
    """Whether the value is a type name, or an array of them."""
    return value in TYPES if isinstance(value, str) else is_strings(value) and set(value) <= set(TYPES)


Shape = tuple[str, Callable[[Any], bool]]
SHAPES: dict[str, Shape] = {
    **dict.fromkeys(SUBSCHEMA, ("a schema", lambda value: isinstance(value, (dict, bool)))),
    **dict.fromkeys(SUBSCHEMAS, ("an array of schemas that is not empty", lambda v: isinstance(v, list) and bool(v))),
    **dict.fromkeys(SUBSCHEMA_MAP, ("an object of schemas", lambda value: isinstance(value, dict))),
    **dict.fromkeys(COUNTS, ("a whole number of at least 0", is_count)),
    **dict.fromkeys(NUMBERS, ("a number", is_number)),
    **dict.fromkeys(STRINGS, ("a string", lambda value: isinstance(value, str))),
    **dict.fromkeys(BOOLEANS, ("true or false", lambda value: isinstance(value, bool))),
    **dict.fromkeys(ANY, ("any value", lambda value: True)),
    "multipleOf": ("a number greater than 0", lambda value: is_number(value) and bool(value > 0)),
    "type": (f"one of {', '.join(TYPES)}, or an array of them", is_type),
    "enum": ("an array", lambda value: isinstance(value, list)),
    "required": ("an array of strings", is_strings),
    "dependentRequired": (
        "an object of arrays of strings",
        lambda value: isinstance(value, dict) and all(map(is_strings, value.values())),
    ),
}
