"""JSON Schema (2020-12): is it one, what does it say about a place, and do arguments fit it. Never fetches anything."""

import functools
import threading
from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

from workbench.text import truncate, visible
from workbench.tools.patterns import SECONDS, SlowPatternError, complaint, search

if TYPE_CHECKING:
    from jsonschema import ValidationError
    from jsonschema.protocols import Validator

MAX_VALUES = 5_000
MAX_CHECKS = 200_000

_UNCHECKED = frozenset({"unevaluatedProperties", "unevaluatedItems"})  # their work can't be bounded
_MOST_ERRORS = 50
_MOST_PARTS = 200
_SHOWN = 80

Place = tuple[str | int, ...]
"""Where in a document: keys and list positions from the top."""


def schema_complaints(schema: Any) -> Iterator[tuple[Place, str]]:
    """What is wrong with a schema, with the place in it; nothing if it can be used."""
    if _count(schema) > MAX_VALUES:
        yield (), f"it has more than {MAX_VALUES:,} values"
        return
    for error in _limited(_metaschema_validator().iter_errors(schema)):
        yield tuple(error.absolute_path), _message(error)
    for place, key, value in _keywords(schema):
        if key in ("$ref", "$dynamicRef") and isinstance(value, str) and not value.startswith("#"):
            yield (*place, key), f"'{_short(value)}' is elsewhere; only references within the schema are followed"
        elif key == "$ref" and isinstance(value, str) and value.startswith("#/") and lookup(schema, value) is None:
            yield (*place, key), f"there is no '{_short(value)}' in the schema"


def schema_doubts(schema: Any) -> Iterator[tuple[Place, str]]:
    """What is allowed but will not be checked: patterns that Python can't read."""
    for place, key, value in _keywords(schema):
        if key in _UNCHECKED:
            yield (*place, key), f"'{key}' is not checked"
        patterns = [value] if key == "pattern" else list(value) if key == "patternProperties" else []
        for pattern in patterns:
            if isinstance(pattern, str) and (why := complaint(pattern)) is not None:
                yield (*place, key), f"the pattern '{_short(pattern)}' is not checked: {visible(why)}"


def validate(schema: Mapping[str, Any], arguments: Any) -> dict[str, str]:
    """What is wrong with the arguments, by dotted place (`columns.0.name`); empty if they fit.

    A missing or unknown argument is reported at its own place; what concerns the whole is at the place `""`.
    """
    found: dict[str, str] = {}
    _work.left = MAX_CHECKS
    try:
        for error in _limited(_validator(schema).iter_errors(arguments)):
            for place, message in _placed(error):
                found.setdefault(".".join(map(str, place)), message)
    except RecursionError:
        found[""] = "the schema, or the arguments, go round in circles or nest too deep to be checked"
    except _TooMuchWorkError:
        found[""] = f"the schema takes more than {MAX_CHECKS:,} checks for these arguments"
    except SlowPatternError:
        found[""] = f"a pattern of the schema took longer than {SECONDS:g} s to check"
    except _unresolvable() as error:
        found[""] = f"the schema refers to something that is not in it: {_short(str(error))}"
    return found


def lookup(schema: Any, reference: str) -> Any:
    """The part of a schema that a local reference (`#/…`) means; None if it is not there."""
    current = schema
    for raw in reference.removeprefix("#").split("/")[1:]:
        part = unquote(raw).replace("~1", "/").replace("~0", "~")
        if isinstance(current, Mapping) and part in current:
            current = current[part]
        elif isinstance(current, list) and part.isdigit() and int(part) < len(current):
            current = current[int(part)]
        else:
            return None
    return current


def resolved(schema: Any, whole: Any) -> dict[str, Any]:
    """A schema with its own reference followed and its `allOf` joined, as far as that can be said simply.

    Keywords beside a reference win over the ones it leads to. A reference that leads round in a circle, or nowhere,
    gives what was found on the way.
    """
    return _resolved(schema, whole, frozenset(), [_MOST_PARTS])


def properties(schema: Any, whole: Any | None = None) -> dict[str, Any]:
    """The named properties of an object schema, through references and `allOf`."""
    found = resolved(schema, schema if whole is None else whole).get("properties")
    return dict(found) if isinstance(found, Mapping) else {}


def _resolved(schema: Any, whole: Any, seen: frozenset[str], room: list[int]) -> dict[str, Any]:
    room[0] -= 1
    if not isinstance(schema, Mapping) or room[0] < 0:
        return {}
    own = {key: value for key, value in schema.items() if key not in ("$ref", "allOf")}
    parts = list(schema["allOf"]) if isinstance(schema.get("allOf"), list) else []
    reference = schema.get("$ref")
    if isinstance(reference, str) and reference.startswith("#") and reference not in seen:
        parts.insert(0, lookup(whole, reference))
        seen |= {reference}
    joined: dict[str, Any] = {}
    for part in parts:
        joined = _joined(joined, _resolved(part, whole, seen, room))
    return _joined(joined, own)


def _joined(first: dict[str, Any], second: dict[str, Any]) -> dict[str, Any]:
    joined = {**first, **second}
    if isinstance(first.get("properties"), Mapping) and isinstance(second.get("properties"), Mapping):
        joined["properties"] = {**first["properties"], **second["properties"]}
    if isinstance(first.get("required"), list) and isinstance(second.get("required"), list):
        joined["required"] = list(dict.fromkeys([*first["required"], *second["required"]]))
    return joined


def _count(value: Any) -> int:
    count, waiting = 0, [value]
    while waiting and count <= MAX_VALUES:
        current = waiting.pop()
        count += 1
        if isinstance(current, Mapping):
            waiting.extend(current.values())
        elif isinstance(current, list):
            waiting.extend(current)
    return count


def _keywords(schema: Any) -> Iterator[tuple[Place, str, Any]]:
    """Every key of every mapping in a schema. Data in it (`const`, `default`) is not gone into."""
    waiting: list[tuple[Place, Any]] = [((), schema)]
    while waiting:
        place, current = waiting.pop()
        if isinstance(current, Mapping):
            is_names = bool(place) and place[-1] in ("properties", "$defs", "patternProperties", "dependentSchemas")
            for key, value in current.items():
                if not is_names:
                    yield place, key, value
                if is_names or key not in ("const", "default", "enum", "examples"):
                    waiting.append(((*place, key), value))
        elif isinstance(current, list):
            waiting.extend(((*place, at), item) for at, item in enumerate(current))


def _limited(errors: "Iterator[ValidationError]") -> "Iterator[ValidationError]":
    for _, error in zip(range(_MOST_ERRORS), errors, strict=False):
        yield error


def _placed(error: "ValidationError") -> Iterator[tuple[Place, str]]:
    place: Place = tuple(error.absolute_path)
    instance: Any = error.instance
    wanted: Any = error.validator_value
    if error.validator == "required":
        yield from (((*place, name), "is required") for name in wanted if name not in instance)
    elif error.validator == "additionalProperties" and isinstance(instance, Mapping):
        known = error.schema.get("properties", {}) if isinstance(error.schema, Mapping) else {}
        unknown = [name for name in instance if name not in known]
        hint = f"; known: {_short(', '.join(known))}" if known else ""
        yield from (((*place, name), f"is not an argument{hint}") for name in unknown[:_MOST_ERRORS])
    else:
        yield place, _message(error)


def _message(error: "ValidationError") -> str:
    """One short sentence: the library's own repeats whole documents."""
    wanted: Any = error.validator_value
    words: dict[str, Callable[[], str]] = {
        "type": lambda: f"has to be {_either(wanted)}",
        "enum": lambda: f"has to be one of {_short(', '.join(map(str, wanted)))}",
        "const": lambda: f"has to be {_short(str(wanted))}",
        "minimum": lambda: f"has to be at least {wanted}",
        "maximum": lambda: f"has to be at most {wanted}",
        "exclusiveMinimum": lambda: f"has to be more than {wanted}",
        "exclusiveMaximum": lambda: f"has to be less than {wanted}",
        "multipleOf": lambda: f"has to be a multiple of {wanted}",
        "minLength": lambda: f"has to have at least {wanted} characters",
        "maxLength": lambda: f"has to have at most {wanted} characters",
        "minItems": lambda: f"has to have at least {wanted} items",
        "maxItems": lambda: f"has to have at most {wanted} items",
        "uniqueItems": lambda: "has the same item twice",
        "pattern": lambda: f"has to match {_short(str(wanted))}",
        "anyOf": lambda: "fits none of the forms that are allowed",
        "oneOf": lambda: "has to fit exactly one of the forms that are allowed",
        "not": lambda: "has a form that is not allowed",
    }
    known = words.get(str(error.validator))
    return known() if known is not None else _short(error.message)


def _either(types: Any) -> str:
    names = {"null": "nothing", "array": "a list", "integer": "a whole number", "object": "an object"}
    listed = types if isinstance(types, list) else [types]
    return " or ".join(names.get(name, f"a {_short(str(name))}") for name in listed)


def _short(text: str) -> str:
    return truncate(visible(text), _SHOWN)


class _TooMuchWorkError(Exception):
    """A schema of references that multiply each other."""


class _Work(threading.local):
    """How many keywords this thread may still check; a schema of forty lines can ask for 2**40."""

    left = 0


_work = _Work()


@functools.cache
def _validator_class() -> "type[Validator]":
    from jsonschema import Draft202012Validator
    from jsonschema.validators import extend

    keywords = {**Draft202012Validator.VALIDATORS, "pattern": _pattern, "patternProperties": _pattern_properties}
    counted = {name: _unchecked if name in _UNCHECKED else _counted(check) for name, check in keywords.items()}
    made: type[Validator] = extend(Draft202012Validator, counted)  # type: ignore[no-untyped-call]  # upstream
    return made


def _counted(check: Callable[..., Any]) -> Callable[..., Any]:
    def checked(*arguments: Any) -> Any:
        _work.left -= 1
        if _work.left < 0:
            raise _TooMuchWorkError
        return check(*arguments)

    return checked


def _unchecked(*_: Any) -> None:
    return None


def _pattern(validator: "Validator", wanted: str, instance: Any, schema: Any) -> "Iterator[ValidationError]":
    from jsonschema import ValidationError

    if isinstance(instance, str) and not search(wanted, instance):
        yield ValidationError("does not match")


def _pattern_properties(validator: Any, wanted: Any, instance: Any, schema: Any) -> "Iterator[ValidationError]":
    if isinstance(instance, dict):
        for expression, subschema in wanted.items():
            for name, value in instance.items():
                if search(expression, name):
                    yield from validator.descend(value, subschema, path=name, schema_path=expression)


def _validator(schema: Mapping[str, Any]) -> "Validator":
    from referencing import Registry

    # An empty registry of our own: the default one would fetch what a reference names.
    return _validator_class()(dict(schema), registry=Registry())


@functools.cache
def _metaschema_validator() -> "Validator":
    from jsonschema import Draft202012Validator

    return Draft202012Validator(Draft202012Validator.META_SCHEMA)


def _unresolvable() -> type[Exception]:
    from referencing.exceptions import Unresolvable

    return Unresolvable
