"""What a value in a file of cases has to look like: one table both reads it and describes it as JSON Schema."""

import posixpath
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from workbench.skills.bounded_yaml import Path as Place
from workbench.skills.naming import near
from workbench.text import truncate, visible

MAX_TIMEOUT = 600.0
FROM_MATRIX: Mapping[str, Any] = {"type": "string", "pattern": r"\{matrix\."}
"""JSON Schema of a text that a matrix turns into something else before it is read."""

_TIME = re.compile(r"(\d{1,6}(?:\.\d{1,6})?)\s*(ms|s|m)")
_UNITS = {"ms": 0.001, "s": 1.0, "m": 60.0}


@dataclass(frozen=True, slots=True)
class Wrong:
    """One thing that is wrong in a file of cases, and where."""

    place: Place
    code: str
    message: str


class WrongError(Exception):
    """A value is not what it has to be; it may be wrong in several ways."""

    def __init__(self, *found: Wrong) -> None:
        super().__init__("; ".join(one.message for one in found))
        self.found = found


@dataclass(frozen=True, slots=True)
class Shape:
    """How a value is read (`read` raises WrongError), and the JSON Schema of what can be read."""

    read: Callable[[Any, Place], Any]
    schema: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Field:
    """One key of a mapping: its value's shape, and one sentence for who writes it."""

    name: str
    shape: Shape
    help: str
    required: bool = False


def wrong(place: Place, code: str, message: str) -> WrongError:
    """The error that one thing is wrong."""
    return WrongError(Wrong(place, code, message))


def shown(text: str, width: int = 60) -> str:
    """A stranger's text for a message: harmless, quoted and cut."""
    return f"'{truncate(visible(text), width)}'"


def read_fields(value: Any, fields: Sequence[Field], place: Place, what: str) -> dict[str, Any]:
    """The values of a mapping's fields, those that it has; `what` it is stands in the message.

    Raises:
        WrongError: With everything that is wrong: unknown and missing keys, and what each field says.
    """
    if not isinstance(value, dict):
        raise wrong(place, "wrong-type", f"{what} has to be a mapping with any of {_listed(fields)}")
    known = {field.name: field for field in fields}
    found: dict[str, Any] = {}
    errors: list[Wrong] = []
    for key, item in value.items():
        if key not in known:
            hint = near(key, tuple(known)) or f"known: {', '.join(known)}"
            errors.append(Wrong((*place, key), "unknown-key", f"{shown(key)} is not known here; {hint}"))
            continue
        try:
            found[key] = known[key].shape.read(item, (*place, key))
        except WrongError as error:
            errors += error.found
    for field in fields:
        if field.required and field.name not in value:
            errors.append(Wrong(place, f"{field.name}-missing", f"{what} has to have '{field.name}'"))
    if errors:
        raise WrongError(*errors)
    return found


def object_schema(fields: Iterable[Field], **more: Any) -> dict[str, Any]:
    """The JSON Schema of a mapping with these fields and no others."""
    fields = tuple(fields)
    required = [field.name for field in fields if field.required]
    return {
        "type": "object",
        "additionalProperties": False,
        "properties": {field.name: {"description": field.help, **field.shape.schema} for field in fields},
        **({"required": required} if required else {}),
        **more,
    }


def mapping(fields: Sequence[Field], what: str) -> Shape:
    """A mapping with these fields, read to a dict."""
    return Shape(lambda value, place: read_fields(value, fields, place, what), object_schema(fields))


def text(what: str, *, empty: bool = False) -> Shape:
    """Text; whole numbers are taken as they are written, other scalars would not come out so."""

    def read(value: Any, place: Place) -> str:
        if isinstance(value, int) and not isinstance(value, bool):
            return str(value)
        if not isinstance(value, str):
            raise wrong(place, "wrong-type", f"{what} has to be text; put it in quotes")
        if "\0" in value:
            raise wrong(place, "wrong-type", f"{what} can't have a NUL character")
        if not value and not empty:
            raise wrong(place, "wrong-type", f"{what} can't be empty")
        return value

    return Shape(read, {"type": ["string", "integer"], **({} if empty else {"minLength": 1})})


def content(what: str) -> Shape:
    """Text of any kind, exactly as it is written."""

    def read(value: Any, place: Place) -> str:
        if not isinstance(value, str):
            raise wrong(place, "wrong-type", f"{what} has to be text; put it in quotes")
        return value

    return Shape(read, {"type": "string"})


def line(what: str) -> Shape:
    """One line of text that says something."""

    def read(value: Any, place: Place) -> str:
        if not isinstance(value, str) or not value.strip() or "\n" in value.strip():
            raise wrong(place, "wrong-type", f"{what} has to be one line of text")
        return value.strip()

    return Shape(read, {"type": "string", "minLength": 1})


def data() -> Shape:
    """Any value."""
    return Shape(lambda value, _: value, {})


def choice(what: str, meanings: Mapping[str, Any]) -> Shape:
    """One of some words; gives what it means."""

    def read(value: Any, place: Place) -> Any:
        if not isinstance(value, str) or value not in meanings:
            hint = near(str(value), tuple(meanings)) or f"known: {', '.join(meanings)}"
            raise wrong(place, "wrong-type", f"{what} can't be {shown(str(value))}; {hint}")
        return meanings[value]

    return Shape(read, {"anyOf": [{"enum": list(meanings)}, FROM_MATRIX]})


def whole(what: str, least: int, most: int) -> Shape:
    """A whole number."""

    def read(value: Any, place: Place) -> int:
        if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= most:
            raise wrong(place, "wrong-type", f"{what} has to be a whole number from {least} to {most}")
        return value

    return Shape(read, {"anyOf": [{"type": "integer", "minimum": least, "maximum": most}, FROM_MATRIX]})


def time(what: str) -> Shape:
    """A stretch of time, read to seconds."""

    def read(value: Any, place: Place) -> float:
        seconds: float | None = None
        if isinstance(value, int | float) and not isinstance(value, bool):
            seconds = float(value)
        elif isinstance(value, str) and (found := _TIME.fullmatch(value.strip())):
            seconds = float(found[1]) * _UNITS[found[2]]
        if seconds is None or not 0 < seconds <= MAX_TIMEOUT:
            message = f"{what} has to be a time like 5s or 500ms, more than 0 and at most {MAX_TIMEOUT:.0f}s"
            raise wrong(place, "wrong-type", message)
        return seconds

    as_text = {"type": "string", "pattern": rf"^\s*{_TIME.pattern}\s*$"}
    as_number = {"type": "number", "exclusiveMinimum": 0, "maximum": MAX_TIMEOUT}
    return Shape(read, {"anyOf": [as_number, as_text, FROM_MATRIX]})


def relative_path(what: str = "a path") -> Shape:
    """A path that stays in its folder, read to its normal form."""

    def read(value: Any, place: Place) -> str:
        if not isinstance(value, str) or not value or "\0" in value:
            raise wrong(place, "wrong-type", f"{what} has to be text")
        normal = posixpath.normpath(value)
        if normal.startswith(("/", "../")) or normal in ("..", "."):
            raise wrong(place, "path-leaves", f"{what} {shown(value, 80)} has to be relative and stay inside")
        return normal

    return Shape(read, {"type": "string", "minLength": 1})


def items(shape: Shape, what: str, *, least: int = 1, most: int = 1000) -> Shape:
    """A list, read to a tuple."""

    def read(value: Any, place: Place) -> tuple[Any, ...]:
        if not isinstance(value, list) or not least <= len(value) <= most:
            count = f" of {least} to {most}" if isinstance(value, list) else ""
            raise wrong(place, "wrong-type", f"{what} has to be a list{count}")
        return tuple(shape.read(item, (*place, at)) for at, item in enumerate(value))

    return Shape(read, {"type": "array", "items": shape.schema, "minItems": least, "maxItems": most})


def named(keys: Shape, values: Shape, what: str) -> Shape:
    """A mapping from names to values; `keys` reads the names."""

    def read(value: Any, place: Place) -> dict[str, Any]:
        if value is None:
            return {}
        if not isinstance(value, dict):
            raise wrong(place, "wrong-type", f"{what} has to be a mapping")
        return {keys.read(key, (*place, key)): values.read(item, (*place, key)) for key, item in value.items()}

    return Shape(read, {"type": ["object", "null"], "additionalProperties": values.schema})


def _listed(fields: Iterable[Field]) -> str:
    return ", ".join(field.name for field in fields)
