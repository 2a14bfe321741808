#!/usr/bin/env python3
"""Check a JSON file against the schema that a prompt's input or answer has to fit. Needs nothing but Python.

    check.py input INPUT.json      against ../schemas/input.json
    check.py output ANSWER.json    against ../schemas/output.json

Exit code 0: it fits. 1: it does not; standard error says where. 2: something can't be read. Keywords of the schema
that are not looked at are named on standard error.
"""

import json
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

KEYWORDS = ("type", "enum", "const", "required", "properties", "additionalProperties", "items", "minLength",
            "maxLength", "minimum", "maximum", "minItems", "maxItems")  # fmt: skip
_SILENT = ("title", "description", "default", "examples", "$schema", "$id", "format", "$comment", "deprecated")
_TYPES: dict[str, Callable[[Any], bool]] = {
    "string": lambda v: isinstance(v, str), "object": lambda v: isinstance(v, dict),
    "array": lambda v: isinstance(v, list), "boolean": lambda v: isinstance(v, bool), "null": lambda v: v is None,
    "number": lambda v: isinstance(v, int | float) and not isinstance(v, bool),
    "integer": lambda v: (isinstance(v, int) and not isinstance(v, bool)) or (isinstance(v, float) and v.is_integer()),
}  # fmt: skip


def complaints(schema: Any, value: Any, place: str = "") -> Iterator[str]:
    """What in a value does not fit a schema, as far as the keywords above say."""
    if not isinstance(schema, dict):
        return
    where = place or "it"
    kinds = schema.get("type")
    named = [kinds] if isinstance(kinds, str) else kinds if isinstance(kinds, list) else []
    if named and not any(_TYPES[kind](value) for kind in named if kind in _TYPES):
        yield f"{where} has to be {' or '.join(map(str, named))}"
        return
    if isinstance(schema.get("enum"), list) and value not in schema["enum"]:
        yield f"{where} has to be one of {json.dumps(schema['enum'])}"
    if "const" in schema and value != schema["const"]:
        yield f"{where} has to be {json.dumps(schema['const'])}"
    for least, most, size in _sizes(value):
        if isinstance(schema.get(least), int | float) and size < schema[least]:
            yield f"{where} is less than {least} {schema[least]}"
        if isinstance(schema.get(most), int | float) and size > schema[most]:
            yield f"{where} is more than {most} {schema[most]}"
    if isinstance(value, list):
        for number, item in enumerate(value):
            yield from complaints(schema.get("items"), item, f"{place}[{number}]")
    if isinstance(value, dict):
        yield from _of_object(schema, value, place)


def _sizes(value: Any) -> Iterator[tuple[str, str, float]]:
    if isinstance(value, str):
        yield "minLength", "maxLength", len(value)
    elif isinstance(value, list):
        yield "minItems", "maxItems", len(value)
    elif isinstance(value, int | float) and not isinstance(value, bool):
        yield "minimum", "maximum", value


def _of_object(schema: Mapping[str, Any], value: Mapping[str, Any], place: str) -> Iterator[str]:
    known = schema.get("properties")
    known = known if isinstance(known, dict) else {}
    required = schema.get("required")
    for name in required if isinstance(required, list) else []:
        if name not in value:
            yield f"{place or 'it'} lacks '{name}', which is required"
    for name, item in value.items():
        inner = f"{place}.{name}" if place else name
        if name in known:
            yield from complaints(known[name], item, inner)
        elif schema.get("additionalProperties") is False:
            yield f"'{inner}' is not known"
        else:
            yield from complaints(schema.get("additionalProperties"), item, inner)


def unchecked(schema: Any) -> set[str]:
    """The keywords of a schema that are not looked at here."""
    found: set[str] = set()
    if isinstance(schema, dict):
        found |= {key for key in schema if key not in KEYWORDS and key not in _SILENT}
        inner = schema.get("properties")
        below = list(inner.values()) if isinstance(inner, dict) else []
        for one in [*below, schema.get("items"), schema.get("additionalProperties")]:
            found |= unchecked(one)
    return found


def wrong_with(which: str, value: Any) -> list[str]:
    """Everything in a value that does not fit the schema for `input` or `output`; a schema that is not there fits all.

    Raises:
        OSError: The schema can't be read.
        ValueError: It is not JSON.
    """
    file = Path(__file__).resolve().parent.parent / "schemas" / f"{which}.json"
    if not file.exists():
        return []
    schema = json.loads(file.read_text(encoding="utf-8"))
    for keyword in sorted(unchecked(schema)):
        sys.stderr.write(f"note: '{keyword}' in the schema is not checked here\n")
    return list(complaints(schema, value))


def main(arguments: Sequence[str]) -> int:
    """Do what the command line says; gives the exit code."""
    try:
        if len(arguments) != 2 or arguments[0] not in ("input", "output"):
            raise ValueError("usage: check.py input|output FILE.json")
        wrong = wrong_with(arguments[0], json.loads(Path(arguments[1]).read_text(encoding="utf-8")))
    except (OSError, ValueError, RecursionError) as error:
        sys.stderr.write(f"error: {error}\n")
        return 2
    sys.stderr.write("".join(f"{one}\n" for one in wrong))
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
