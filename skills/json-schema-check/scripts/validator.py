"""Checks a JSON value against a schema that `schema.py` has read, and says what is wrong and where."""

import json
from collections.abc import Callable, Hashable
from contextlib import suppress
from dataclasses import dataclass, field
from decimal import Context, Decimal, InvalidOperation
from typing import Any, NamedTuple

from formats import FORMATS
from schema import Schema, SchemaError, escape, is_number

ARITHMETIC = Context(prec=5_000)
TRIAL_LIMIT = 20


class Where(NamedTuple):
    """A place: a JSON pointer into the schema and one into the data."""

    schema: str
    instance: str


@dataclass(frozen=True)
class Failure:
    """One thing that is wrong."""

    instance: str
    keyword: str
    schema: str
    message: str


class EnoughError(Exception):
    """A sink is full."""


@dataclass
class Sink:
    """Failures found so far; raises EnoughError as soon as there is one more than `limit`."""

    limit: int
    failures: list[Failure] = field(default_factory=list)

    def add(self, where: Where, keyword: str, message: str) -> None:
        """Note one failure."""
        if len(self.failures) >= self.limit:
            raise EnoughError
        self.failures.append(Failure(where.instance, keyword, f"#{where.schema}/{escape(keyword)}", message))


@dataclass
class Validator:
    """Checks values against one schema. `assert_formats` makes `format` a demand instead of a note."""

    schema: Schema
    assert_formats: bool = False
    following: set[tuple[str, str]] = field(default_factory=set)
    enums: dict[int, frozenset[Hashable]] = field(default_factory=dict)

    def failures(self, value: Any, limit: int) -> tuple[list[Failure], bool]:
        """What is wrong with the value, and whether there is more than `limit`.

        Raises:
            SchemaError: References run in a circle.
        """
        sink = Sink(limit)
        try:
            self.check(self.schema.root, value, Where("", ""), sink)
        except EnoughError:
            return sink.failures, True
        return sink.failures, False

    def check(self, schema: Any, value: Any, where: Where, sink: Sink) -> None:
        """Check one value against one subschema."""
        if isinstance(schema, bool):
            if not schema:
                sink.add(where, "false", "no value is allowed here")
            return
        for keywords, rule in RULES:
            if not schema.keys().isdisjoint(keywords):
                rule(self, schema, value, where, sink)

    def trial(self, schema: Any, value: Any, where: Where) -> list[Failure]:
        """The failures of a subschema that may fail without the whole failing (at most 20 of them)."""
        sink = Sink(TRIAL_LIMIT)
        with suppress(EnoughError):
            self.check(schema, value, where, sink)
        return sink.failures


def identity(value: Any) -> Hashable:
    """Something equal for two JSON values exactly if JSON Schema calls them equal: 1 is 1.0, and true is not 1."""
    if isinstance(value, list):
        return ("array", tuple(map(identity, value)))
    if isinstance(value, dict):
        return ("object", frozenset((key, identity(part)) for key, part in value.items()))
    return (type_of(value).replace("integer", "number"), value)


def type_of(value: Any) -> str:
    """The narrowest JSON Schema type of a value."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "boolean"
    if is_number(value):
        return "integer" if isinstance(value, int) or value == value.to_integral_value() else "number"
    if isinstance(value, str):
        return "string"
    return "array" if isinstance(value, list) else "object"


def shown(value: Any) -> str:
    """A value in a message: JSON, at most 60 characters."""
    text = str(value) if isinstance(value, Decimal) else json.dumps(value, ensure_ascii=False, default=str)
    return text if len(text) <= 60 else text[:57] + "…"


def ref(validator: Validator, schema: dict[str, Any], value: Any, where: Where, sink: Sink) -> None:
    """`$ref`: the value fits the schema it names, in this document."""
    target = validator.schema.target(schema["$ref"])
    if target is None:
        return
    pointer, subschema = target
    step = (pointer, where.instance)
    if step in validator.following:
        raise SchemaError(f"#{where.schema}: $ref {schema['$ref']!r} runs in a circle without reading any data")
    validator.following.add(step)
    try:
        validator.check(subschema, value, Where(pointer, where.instance), sink)
    finally:
        validator.following.discard(step)


def type_(validator: Validator, schema: dict[str, Any], value: Any, where: Where, sink: Sink) -> None:
    """`type`: the value has one of the types named."""
    wanted = [schema["type"]] if isinstance(schema["type"], str) else schema["type"]
    actual = type_of(value)
    if actual not in wanted and not (actual == "integer" and "number" in wanted):
        sink.add(where, "type", f"{shown(value)} is of type {actual}, not {' or '.join(wanted)}")


def enum(validator: Validator, schema: dict[str, Any], value: Any, where: Where, sink: Sink) -> None:
    """`enum`: the value equals one of those listed."""
    allowed = validator.enums.get(id(schema["enum"]))
    if allowed is None:
        allowed = validator.enums[id(schema["enum"])] = frozenset(map(identity, schema["enum"]))
    if identity(value) not in allowed:
        sink.add(where, "enum", f"{shown(value)} is not one of {shown(schema['enum'])}")


def const(validator: Validator, schema: dict[str, Any], value: Any, where: Where, sink: Sink) -> None:
    """`const`: the value equals the one given."""
    if identity(value) != identity(schema["const"]):
        sink.add(where, "const", f"{shown(value)} is not {shown(schema['const'])}")


def limit(keyword: str, applies: Callable[[Any], bool], fits: Callable[[Any, Any], bool], says: str) -> "Rule":
    """A rule that compares the value, or its size, with the keyword's number."""

    def rule(validator: Validator, schema: dict[str, Any], value: Any, where: Where, sink: Sink) -> None:
        if applies(value) and not fits(value, schema[keyword]):
            sink.add(where, keyword, f"{shown(value)} {says} {shown(schema[keyword])}")

    return rule


def is_multiple(value: Any, divisor: Any) -> bool:
    """Whether the division has no remainder, in decimal arithmetic, so that 0.3 is a multiple of 0.1."""
    try:
        return ARITHMETIC.remainder(Decimal(value), Decimal(divisor)) == 0
    except InvalidOperation:
        raise SchemaError(f"multipleOf {shown(divisor)} can't be decided for {shown(value)}: out of range") from None


def pattern(validator: Validator, schema: dict[str, Any], value: Any, where: Where, sink: Sink) -> None:
    """`pattern`: a string matches somewhere."""
    expression = validator.schema.patterns.get(schema["pattern"])
    if isinstance(value, str) and expression is not None and not expression.search(value):
        sink.add(where, "pattern", f"{shown(value)} does not match {schema['pattern']}")


def format_(validator: Validator, schema: dict[str, Any], value: Any, where: Where, sink: Sink) -> None:
    """`format`: a string has the form named, if formats are demanded and the format is known."""
    known = FORMATS.get(schema["format"])
    if validator.assert_formats and isinstance(value, str) and known is not None and not known(value):
        sink.add(where, "format", f"{shown(value)} is not a valid {schema['format']}")


def all_of(validator: Validator, schema: dict[str, Any], value: Any, where: Where, sink: Sink) -> None:
    """`allOf`: the value fits every subschema."""
    for index, part in enumerate(schema["allOf"]):
        validator.check(part, value, Where(f"{where.schema}/allOf/{index}", where.instance), sink)


def any_of(validator: Validator, schema: dict[str, Any], value: Any, where: Where, sink: Sink) -> None:
    """`anyOf`: the value fits at least one subschema."""
    closest: tuple[int, int, Failure] | None = None
    for index, part in enumerate(schema["anyOf"]):
        failures = validator.trial(part, value, Where(f"{where.schema}/anyOf/{index}", where.instance))
        if not failures:
            return
        if closest is None or len(failures) < closest[0]:
            closest = (len(failures), index, failures[0])
    if closest is not None:
        _, index, failure = closest
        at = f" at {failure.instance}" if failure.instance != where.instance else ""
        sink.add(where, "anyOf", f"fits no alternative; number {index} comes closest: {failure.message}{at}")


def one_of(validator: Validator, schema: dict[str, Any], value: Any, where: Where, sink: Sink) -> None:
    """`oneOf`: the value fits exactly one subschema."""
    trials = [
        validator.trial(part, value, Where(f"{where.schema}/oneOf/{index}", where.instance))
        for index, part in enumerate(schema["oneOf"])
    ]
    fitting = [index for index, failures in enumerate(trials) if not failures]
    if len(fitting) > 1:
        sink.add(where, "oneOf", f"fits {len(fitting)} alternatives ({', '.join(map(str, fitting))}), not exactly one")
    elif not fitting:
        index, failures = min(enumerate(trials), key=lambda trial: len(trial[1]))
        at = f" at {failures[0].instance}" if failures[0].instance != where.instance else ""
        sink.add(where, "oneOf", f"fits no alternative; number {index} comes closest: {failures[0].message}{at}")


def not_(validator: Validator, schema: dict[str, Any], value: Any, where: Where, sink: Sink) -> None:
    """`not`: the value does not fit the subschema."""
    if not validator.trial(schema["not"], value, Where(f"{where.schema}/not", where.instance)):
        sink.add(where, "not", f"{shown(value)} fits a schema that it must not fit")


def if_(validator: Validator, schema: dict[str, Any], value: Any, where: Where, sink: Sink) -> None:
    """`if`, `then`, `else`."""
    failed = validator.trial(schema["if"], value, Where(f"{where.schema}/if", where.instance))
    branch = "else" if failed else "then"
    if branch in schema:
        validator.check(schema[branch], value, Where(f"{where.schema}/{branch}", where.instance), sink)


def properties(validator: Validator, schema: dict[str, Any], value: Any, where: Where, sink: Sink) -> None:
    """`properties`, `patternProperties` and `additionalProperties`, which depend on each other."""
    if not isinstance(value, dict):
        return
    named = schema.get("properties", {})
    patterns = schema.get("patternProperties", {})
    for name, item in value.items():
        instance = f"{where.instance}/{escape(name)}"
        matched = False
        if name in named:
            matched = True
            validator.check(named[name], item, Where(f"{where.schema}/properties/{escape(name)}", instance), sink)
        for text, part in patterns.items():
            expression = validator.schema.patterns.get(text)
            if expression is not None and expression.search(name):
                matched = True
                validator.check(part, item, Where(f"{where.schema}/patternProperties/{escape(text)}", instance), sink)
        rest = schema.get("additionalProperties", True)
        if matched or rest is True:
            continue
        if rest is False:
            sink.add(Where(where.schema, instance), "additionalProperties", f"{shown(name)} is not a known property")
        else:
            validator.check(rest, item, Where(f"{where.schema}/additionalProperties", instance), sink)


def items(validator: Validator, schema: dict[str, Any], value: Any, where: Where, sink: Sink) -> None:
    """`prefixItems` and `items`, which depend on each other."""
    if not isinstance(value, list):
        return
    prefix = schema.get("prefixItems", [])
    rest = schema.get("items", True)
    for index, item in enumerate(value):
        instance = f"{where.instance}/{index}"
        if index < len(prefix):
            validator.check(prefix[index], item, Where(f"{where.schema}/prefixItems/{index}", instance), sink)
        elif rest is not True and not isinstance(rest, list):
            validator.check(rest, item, Where(f"{where.schema}/items", instance), sink)


def contains(validator: Validator, schema: dict[str, Any], value: Any, where: Where, sink: Sink) -> None:
    """`contains` with `minContains` and `maxContains`."""
    if not isinstance(value, list):
        return
    least, most = schema.get("minContains", 1), schema.get("maxContains")
    inner = f"{where.schema}/contains"
    fitting = sum(
        not validator.trial(schema["contains"], item, Where(inner, f"{where.instance}/{index}"))
        for index, item in enumerate(value)
    )
    if fitting < least:
        sink.add(where, "contains", f"{fitting} items fit, fewer than {least}")
    if most is not None and fitting > most:
        sink.add(where, "maxContains", f"{fitting} items fit, more than {most}")


def unique_items(validator: Validator, schema: dict[str, Any], value: Any, where: Where, sink: Sink) -> None:
    """`uniqueItems`: no two items are equal."""
    if not schema["uniqueItems"] or not isinstance(value, list):
        return
    first: dict[Hashable, int] = {}
    for index, item in enumerate(value):
        earlier = first.setdefault(identity(item), index)
        if earlier != index:
            sink.add(where, "uniqueItems", f"items {earlier} and {index} are equal: {shown(item)}")
            return


def required(validator: Validator, schema: dict[str, Any], value: Any, where: Where, sink: Sink) -> None:
    """`required`: these properties are there."""
    if isinstance(value, dict):
        for name in schema["required"]:
            if name not in value:
                sink.add(where, "required", f"the property {shown(name)} is missing")


def property_names(validator: Validator, schema: dict[str, Any], value: Any, where: Where, sink: Sink) -> None:
    """`propertyNames`: every name fits."""
    if isinstance(value, dict):
        for name in value:
            place = Where(f"{where.schema}/propertyNames", f"{where.instance}/{escape(name)}")
            validator.check(schema["propertyNames"], name, place, sink)


def dependent_required(validator: Validator, schema: dict[str, Any], value: Any, where: Where, sink: Sink) -> None:
    """`dependentRequired`: if one property is there, so are others."""
    if isinstance(value, dict):
        for name, needed in schema["dependentRequired"].items():
            for other in needed:
                if name in value and other not in value:
                    sink.add(where, "dependentRequired", f"{shown(name)} needs the property {shown(other)} too")


def dependent_schemas(validator: Validator, schema: dict[str, Any], value: Any, where: Where, sink: Sink) -> None:
    """`dependentSchemas`: if a property is there, the whole object fits a schema."""
    if isinstance(value, dict):
        for name, part in schema["dependentSchemas"].items():
            if name in value:
                place = Where(f"{where.schema}/dependentSchemas/{escape(name)}", where.instance)
                validator.check(part, value, place, sink)


def of(kind: type) -> Callable[[Any], bool]:
    """Whether a value is of this Python type."""
    return lambda value: isinstance(value, kind)


Rule = Callable[[Validator, dict[str, Any], Any, Where, Sink], None]
RULES: tuple[tuple[tuple[str, ...], Rule], ...] = (
    (("$ref",), ref),
    (("type",), type_),
    (("enum",), enum),
    (("const",), const),
    (("minimum",), limit("minimum", is_number, lambda value, bound: value >= bound, "is less than")),
    (("maximum",), limit("maximum", is_number, lambda value, bound: value <= bound, "is greater than")),
    (("exclusiveMinimum",), limit("exclusiveMinimum", is_number, lambda v, bound: v > bound, "is not greater than")),
    (("exclusiveMaximum",), limit("exclusiveMaximum", is_number, lambda v, bound: v < bound, "is not less than")),
    (("multipleOf",), limit("multipleOf", is_number, is_multiple, "is not a multiple of")),
    (("minLength",), limit("minLength", of(str), lambda value, size: len(value) >= size, "is shorter than")),
    (("maxLength",), limit("maxLength", of(str), lambda value, size: len(value) <= size, "is longer than")),
    (("pattern",), pattern),
    (("format",), format_),
    (("minItems",), limit("minItems", of(list), lambda v, size: len(v) >= size, "has fewer items than")),
    (("maxItems",), limit("maxItems", of(list), lambda v, size: len(v) <= size, "has more items than")),
    (("uniqueItems",), unique_items),
    (("contains",), contains),
    (("minProperties",), limit("minProperties", of(dict), lambda v, size: len(v) >= size, "has fewer properties than")),
    (("maxProperties",), limit("maxProperties", of(dict), lambda v, size: len(v) <= size, "has more properties than")),
    (("required",), required),
    (("propertyNames",), property_names),
    (("dependentRequired",), dependent_required),
    (("dependentSchemas",), dependent_schemas),
    (("properties", "patternProperties", "additionalProperties"), properties),
    (("prefixItems", "items"), items),
    (("allOf",), all_of),
    (("anyOf",), any_of),
    (("oneOf",), one_of),
    (("not",), not_),
    (("if",), if_),
)
