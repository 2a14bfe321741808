"""A form for any JSON Schema, without a screen: its fields, and what was typed into them as arguments.

What a form can't show well (variants, deep objects, schemas that hold themselves) is one field that takes JSON, so
that every schema has a form and every argument can be given.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from workbench.text import truncate, visible
from workbench.tools import schemas

Kind = Literal["text", "multiline", "integer", "number", "boolean", "choice", "path", "list", "json"]

_DEEPEST = 3
_LONG_TEXT = 200
_CONSTRAINTS = (
    "minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf", "minLength", "maxLength", "pattern",
    "minItems", "maxItems", "uniqueItems", "format",
)  # fmt: skip
_SCALARS: Mapping[str, Kind] = {"string": "text", "integer": "integer", "number": "number", "boolean": "boolean"}


@dataclass(frozen=True, slots=True)
class Field:
    """One field.

    Attributes:
        path: Keys from the top of the arguments.
        required: Whether it has to be filled in, given that something around it is.
        top_required: Whether it has to be filled in, whatever else is.
        needed: How many of the objects around it have to be there, even empty.
        has_default: Whether the schema names a default; `default` may then be None, too.
        choices: The values to choose from, as JSON has them.
        constraints: Keywords that bound the value, by their name in the schema.
        nullable: Whether null is allowed.
        secret: Whether what is typed should not be shown.
        of: For a list, what its items are.
    """

    path: tuple[str, ...]
    kind: Kind
    title: str
    description: str = ""
    required: bool = False
    top_required: bool = False
    needed: int = 0
    has_default: bool = False
    default: Any = None
    choices: tuple[Any, ...] = ()
    constraints: Mapping[str, Any] = field(default_factory=dict)
    nullable: bool = False
    secret: bool = False
    of: Kind = "text"

    @property
    def name(self) -> str:
        """The dotted path, as errors name the place."""
        return ".".join(self.path)

    @property
    def initial(self) -> str | bool:
        """What to show in the field at first: the default as it would be typed."""
        if self.kind == "boolean":
            return self.default is True
        return written(self.default, self.kind) if self.has_default else ""


@dataclass(frozen=True, slots=True)
class Filled:
    """What was typed: the arguments, and by field name why something can't be read. Not yet checked by the schema."""

    arguments: dict[str, Any]
    errors: dict[str, str]


def fields(schema: Mapping[str, Any]) -> tuple[Field, ...]:
    """The fields of a form for an object schema; required ones come as the schema orders them, like all others."""
    found = tuple(_fields(schema, schema, (), needed=0, seen=(), deepest=_DEEPEST))
    names = [one.name for one in found]
    if len(set(names)) < len(names):  # a key with a dot in it reads like a nested one: don't nest then
        found = tuple(_fields(schema, schema, (), needed=0, seen=(), deepest=1))
    return found


def parse(form: Sequence[Field], values: Mapping[str, str | bool]) -> Filled:
    """The arguments that these values mean. An empty field is an argument that is not given.

    Args:
        form: The fields.
        values: What was typed, by field name; a list has one item per line, or is JSON.
    """
    arguments: dict[str, Any] = {}
    errors: dict[str, str] = {}
    given: list[tuple[Field, Any]] = []
    empty: list[Field] = []
    for one in form:
        typed = values.get(one.name, "")
        if _is_empty(one, typed):
            empty.append(one)
            continue
        try:
            given.append((one, _value(one, typed)))
        except ValueError as error:
            errors[one.name] = str(error)
    for one in form:
        _make(arguments, one.path[: one.needed])
    for one, value in given:
        _put(arguments, one.path, value)
    for one in empty:
        if one.top_required or (one.required and _around(arguments, one.path)):
            errors[one.name] = "is required"
    return Filled(arguments, errors)


def by_field(form: Sequence[Field], wrong: Mapping[str, str]) -> dict[str, str]:
    """What `schemas.validate` found, by the name of the field that shows the place; `""` where none does."""
    found: dict[str, str] = {}
    for place, message in wrong.items():
        around = [one for one in form if place == one.name or place.startswith(f"{one.name}.")]
        below = [one for one in form if one.name.startswith(f"{place}.")]
        shown = max(around, key=lambda one: len(one.name)) if around else below[0] if below else None
        name = shown.name if shown else ""
        said = message if shown and place == shown.name else f"{visible(place)}: {message}" if place else message
        found.setdefault(name, said)
    return found


def written(value: Any, kind: Kind) -> str:
    """A value as a person would type it into a field of this kind."""
    if value is None:
        return ""
    if kind == "list" and isinstance(value, list) and all(isinstance(item, str) and "\n" not in item for item in value):
        return "\n".join(value)
    if isinstance(value, str) and kind != "json":
        return value
    return json.dumps(value, ensure_ascii=False)


def _fields(
    schema: Any, whole: Mapping[str, Any], path: tuple[str, ...], *, needed: int, seen: tuple[str, ...], deepest: int
) -> Iterator[Field]:
    said, _ = _without_null(schemas.resolved(schema, whole), whole)
    wanted = said.get("required")
    names = [name for name in wanted if isinstance(name, str)] if isinstance(wanted, list) else []
    properties = said.get("properties")
    known = dict(properties) if isinstance(properties, Mapping) else {}
    for name in [*known, *(name for name in dict.fromkeys(names) if name not in known)]:
        part = known.get(name, {})
        at = (*path, name)
        references = _references(part)
        inner = schemas.resolved(part, whole)
        is_needed = name in names and needed == len(path)
        if len(at) < deepest and not set(references) & set(seen) and _is_plain_object(_without_null(inner, whole)[0]):
            below = (*seen, *references)
            deeper = len(at) if is_needed else needed
            yield from _fields(part, whole, at, needed=deeper, seen=below, deepest=deepest)
        else:
            yield _field(at, inner, whole, required=name in names, top_required=is_needed, needed=needed)


def _references(schema: Any) -> tuple[str, ...]:
    """What a schema, or a variant of it, refers to."""
    if not isinstance(schema, Mapping):
        return ()
    variants = [schema, *(schema.get("anyOf") or ()), *(schema.get("oneOf") or ())]
    found = [variant.get("$ref") for variant in variants if isinstance(variant, Mapping)]
    return tuple(reference for reference in found if isinstance(reference, str))


def _is_plain_object(said: Mapping[str, Any]) -> bool:
    """Whether an object is all said by its properties, so that fields can stand for it."""
    free = said.get("additionalProperties", False)
    closed = free is False or free is True
    plain = not any(key in said for key in ("anyOf", "oneOf", "if", "not", "patternProperties", "const", "enum"))
    return said.get("type", "object") == "object" and bool(said.get("properties")) and closed and plain


def _field(
    path: tuple[str, ...],
    said: dict[str, Any],
    whole: Mapping[str, Any],
    *,
    required: bool,
    top_required: bool,
    needed: int,
) -> Field:
    said, nullable = _without_null(said, whole)
    kind, choices, of = _kind(said, whole)
    format_ = said.get("format")
    return Field(
        path,
        kind,
        title=_text(said.get("title")) or path[-1],
        description=_text(said.get("description")),
        required=required,
        top_required=top_required,
        needed=needed,
        has_default="default" in said,
        default=said.get("default"),
        choices=choices,
        constraints={key: said[key] for key in _CONSTRAINTS if key in said},
        nullable=nullable,
        secret=kind == "text" and (format_ == "password" or said.get("writeOnly") is True),
        of=of,
    )


def _without_null(said: dict[str, Any], whole: Mapping[str, Any]) -> tuple[dict[str, Any], bool]:
    """The schema without its allowance of null, and whether there was one; a single variant left is joined in."""
    nullable = isinstance(said.get("enum"), list) and None in said["enum"]
    kinds = said.get("type")
    if isinstance(kinds, list):
        rest = [kind for kind in kinds if kind != "null"]
        nullable = nullable or len(rest) < len(kinds)
        said = {**said, "type": rest[0] if len(rest) == 1 else rest}
    for key in ("anyOf", "oneOf"):
        variants = said.get(key)
        if not isinstance(variants, list):
            continue
        forms = [schemas.resolved(variant, whole) for variant in variants]
        rest = [form for form in forms if form.get("type") != "null" and form != {"const": None}]
        nullable = nullable or len(rest) < len(forms)
        if len(rest) == 1:
            bare = {name: value for name, value in said.items() if name != key}
            said, deeper = _without_null({**rest[0], **bare}, whole)
            nullable = nullable or deeper
        else:
            said = {**said, key: rest}
    return said, nullable


def _kind(said: Mapping[str, Any], whole: Mapping[str, Any]) -> tuple[Kind, tuple[Any, ...], Kind]:
    choices = _choices(said)
    if choices:
        return "choice", choices, "text"
    kind = said.get("type")
    if any(key in said for key in ("anyOf", "oneOf")) or isinstance(kind, list):
        return "json", (), "text"
    if kind == "string":
        return _text_kind(said), (), "text"
    if isinstance(kind, str) and kind in _SCALARS:
        return _SCALARS[kind], (), "text"
    if kind == "array" and "prefixItems" not in said and "items" in said:
        items, nullable = _without_null(schemas.resolved(said["items"], whole), whole)
        of, of_choices, _ = _kind(items, whole) if items.get("type") != "array" else ("json", (), "text")
        if of == "choice" and all(isinstance(choice, str) for choice in of_choices):
            of = "text"
        if not nullable and of in ("text", "path", "integer", "number"):
            return "list", of_choices, of
    return "json", (), "text"


def _text_kind(said: Mapping[str, Any]) -> Kind:
    if said.get("format") == "path":
        return "path"
    longest = said.get("maxLength")
    is_long = isinstance(longest, int) and longest > _LONG_TEXT
    return "multiline" if is_long or said.get("format") in ("multiline", "textarea") else "text"


def _choices(said: Mapping[str, Any]) -> tuple[Any, ...]:
    """What can be chosen: `enum`, `const`, or variants that are all constants."""
    if isinstance(said.get("enum"), list):
        return tuple(value for value in said["enum"] if value is not None)
    if "const" in said:
        return (said["const"],)
    for key in ("anyOf", "oneOf"):
        variants = said.get(key)
        if isinstance(variants, list) and variants:
            found = [_choices(variant) if isinstance(variant, Mapping) else () for variant in variants]
            if all(found):
                return tuple(choice for choices in found for choice in choices)
    return ()


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""


def _is_empty(one: Field, typed: str | bool) -> bool:
    """Whether a field says nothing. An untouched switch that is off, and not required, says nothing either.

    Nor does an untouched default inside an object that need not be there: it would bring the object with it.
    """
    if one.has_default and typed == one.initial and one.needed < len(one.path) - 1:
        return True
    if isinstance(typed, bool):
        return not typed and not one.required and one.default is not True
    return not typed if one.kind in ("text", "multiline") else not typed.strip()


def _value(one: Field, typed: str | bool) -> Any:
    """What was typed as the field's kind; ValueError with a sentence that can be shown."""
    if isinstance(typed, bool):
        return typed
    if one.kind in ("text", "multiline", "path"):
        return typed if one.kind != "path" else typed.strip()
    if one.kind == "choice":
        return _chosen(one, typed)
    if one.kind == "boolean":
        said = {"true": True, "yes": True, "false": False, "no": False}.get(typed.strip().lower())
        if said is None:
            raise ValueError("has to be true or false")
        return said
    if one.kind == "list":
        return _items(one, typed)
    if one.kind in ("integer", "number"):
        return _number(typed, one.kind)
    return _json(one, typed)


def _chosen(one: Field, typed: str) -> Any:
    for choice in one.choices:
        if typed == written(choice, "choice"):
            return choice
    shown = ", ".join(written(choice, "choice") for choice in one.choices)
    raise ValueError(f"has to be one of {truncate(visible(shown), 80)}")


def _number(typed: str, kind: Kind) -> int | float:
    try:
        value = json.loads(typed.strip(), parse_constant=_refuse)
    except (ValueError, RecursionError):
        value = None
    if kind == "integer" and isinstance(value, float) and value.is_integer():
        value = int(value)
    if isinstance(value, bool) or not isinstance(value, int if kind == "integer" else int | float):
        raise ValueError("has to be a whole number" if kind == "integer" else "has to be a number")
    return value


def _items(one: Field, typed: str) -> list[Any]:
    if typed.lstrip().startswith("["):
        try:
            value = json.loads(typed, parse_constant=_refuse)
        except (ValueError, RecursionError):
            value = None
        if isinstance(value, list):
            return value
    lines = [line.removesuffix("\r") for line in typed.split("\n")]
    lines = [line for line in lines if line.strip()]
    return [_number(line, one.of) if one.of in ("integer", "number") else line for line in lines]


def _json(one: Field, typed: str) -> Any:
    try:
        return json.loads(typed, parse_constant=_refuse)
    except RecursionError as error:
        raise ValueError("nests too deep") from error
    except ValueError as error:
        said = error.msg if isinstance(error, json.JSONDecodeError) else str(error)
        raise ValueError(f"is not JSON: {visible(said)}") from error


def _refuse(name: str) -> None:
    raise ValueError(f"{name} is not JSON")


def _make(arguments: dict[str, Any], path: tuple[str, ...]) -> dict[str, Any]:
    for name in path:
        arguments = arguments.setdefault(name, {})
    return arguments


def _put(arguments: dict[str, Any], path: tuple[str, ...], value: Any) -> None:
    _make(arguments, path[:-1])[path[-1]] = value


def _around(arguments: Mapping[str, Any], path: tuple[str, ...]) -> bool:
    """Whether the object that a field belongs to is given."""
    current: Any = arguments
    for name in path[:-1]:
        if not isinstance(current, Mapping) or name not in current:
            return False
        current = current[name]
    return True
