"""What is demanded of a text: the matchers that a case names, read with everything that is wrong with them."""

import re
from collections.abc import Mapping
from typing import Any

from workbench.skills.bounded_yaml import Path as Place
from workbench.skills.naming import near
from workbench.testing.model import Matcher, MatcherKind, Normaliser, NormaliserKind
from workbench.testing.shapes import (
    Field,
    Shape,
    Wrong,
    WrongError,
    content,
    data,
    object_schema,
    read_fields,
    relative_path,
    shown,
    wrong,
)
from workbench.text import truncate, visible

_MOST = 100
_DEEPEST = 8
_WORDS: tuple[NormaliserKind, ...] = ("paths", "times", "ids")


def demand(*, of_file: bool = False) -> Shape:
    """What a text has to be: plain text (equal), a mapping of matchers, or a list of these (all hold).

    Args:
        of_file: It is a file's, so that `absent` may be demanded.
    """
    kinds = _MATCHERS + ((_ABSENT,) if of_file else ())
    name = "file_demand" if of_file else "demand"
    return Shape(lambda value, place: _read(value, place, kinds), {"$ref": f"#/$defs/{name}"})


def definitions() -> dict[str, Any]:
    """The parts of the JSON Schema that demands refer to."""
    return {
        name: {
            "anyOf": [
                {"type": "string"},
                object_schema((*kinds, _not(name), _NORMALISE), minProperties=1),
                {"type": "array", "items": {"$ref": f"#/$defs/{name}"}, "minItems": 1},
            ]
        }
        for name, kinds in (("demand", _MATCHERS), ("file_demand", (*_MATCHERS, _ABSENT)))
    }


def _read(value: Any, place: Place, kinds: tuple[Field, ...], depth: int = 0) -> tuple[Matcher, ...]:
    if depth > _DEEPEST:
        raise wrong(place, "matcher", f"matchers nest deeper than {_DEEPEST} levels")
    if isinstance(value, str):
        return (Matcher("equals", value),)
    found: list[Matcher] = []
    if isinstance(value, list) and value:
        for at, item in enumerate(value):
            found += _read(item, (*place, at), kinds, depth + 1)
    elif isinstance(value, dict) and value:
        found += _of_mapping(value, place, kinds, depth)
    else:
        names = ", ".join(kind.name for kind in kinds)
        key = next((part for part in reversed(place) if isinstance(part, str)), "")
        message = "demands nothing; give" if value in ({}, []) else "has to be text, a list, or a mapping with"
        raise wrong(place, "matcher", f"{shown(key)} {message} any of {names}")
    if len(found) > _MOST:
        raise wrong(place, "matcher", f"more than {_MOST} matchers")
    return tuple(found)


def _of_mapping(value: Mapping[str, Any], place: Place, kinds: tuple[Field, ...], depth: int) -> list[Matcher]:
    known = {kind.name: kind.shape for kind in kinds}
    found: list[Matcher] = []
    errors: list[Wrong] = []
    normalise: tuple[Normaliser, ...] = ()
    for key, item in value.items():
        at = (*place, key)
        try:
            if key == "not":
                found += _negated(_read(item, at, kinds, depth + 1), at)
            elif key == "normalise":
                normalise = _NORMALISE.shape.read(item, at)
            elif key in known:
                values = item if key in ("contains", "matches") and isinstance(item, list) and item else [item]
                kind: MatcherKind = key  # type: ignore[assignment]  # the table's names are the kinds
                found += [Matcher(kind, known[key].read(one, at)) for one in values]
            else:
                names = (*known, "not", "normalise")
                hint = near(key, names) or f"known: {', '.join(names)}"
                errors.append(Wrong(at, "matcher", f"{shown(key)} is not a matcher; {hint}"))
        except WrongError as error:
            errors += error.found
    if not errors and not found:
        errors.append(Wrong(place, "matcher", "'normalise' alone demands nothing; give a matcher beside it"))
    if not errors and any(one.kind == "absent" for one in found) and len(found) > 1:
        errors.append(Wrong(place, "matcher", "a file that is absent can't be anything else as well"))
    if errors:
        raise WrongError(*errors)
    return [Matcher(one.kind, one.value, one.negated, (*normalise, *one.normalise)) for one in found]


def _negated(matchers: tuple[Matcher, ...], place: Place) -> list[Matcher]:
    for one in matchers:
        if one.negated or one.kind in ("absent", "snapshot"):
            inner = "not" if one.negated else one.kind
            raise wrong(place, "matcher", f"'{inner}' can't stand in 'not'")
    return [Matcher(one.kind, one.value, True, one.normalise) for one in matchers]


def _not(name: str) -> Field:
    return Field("not", Shape(lambda value, _: value, {"$ref": f"#/$defs/{name}"}), "None of these may hold.")


def _quoted_text(what: str) -> Shape:
    """Text, or a list of texts of which each counts; only the list's items are read here."""

    def read(value: Any, place: Place) -> str:
        if not isinstance(value, str):
            raise wrong(place, "matcher", f"'{what}' has to be text or a list of texts")
        return value

    one = {"type": "string"}
    return Shape(read, {"anyOf": [one, {"type": "array", "items": one, "minItems": 1}]})


def _pattern() -> Shape:
    texts = _quoted_text("matches")

    def read(value: Any, place: Place) -> str:
        return checked_pattern(texts.read(value, place), place, "'matches'")

    return Shape(read, texts.schema)


def checked_pattern(value: str, place: Place, what: str) -> str:
    """A regular expression that Python can read.

    Raises:
        WrongError: It can't.
    """
    from workbench.tools.patterns import complaint

    if (why := complaint(value)) is not None:
        raise wrong(place, "matcher", f"{what} is not a regular expression: {truncate(visible(why), 100)}")
    return value


def _schema(value: Any, place: Place) -> Any:
    from workbench.tools.schemas import schema_complaints

    if not isinstance(value, dict):
        raise wrong(place, "matcher", "'json_schema' has to be a mapping")
    for inner, message in schema_complaints(value):
        where = f" at '{visible('.'.join(map(str, inner)))}'" if inner else ""
        raise wrong((*place, *inner), "matcher", f"'json_schema' is not a JSON Schema{where}: {message}")
    return value


def _equals(value: Any, place: Place) -> str:
    if not isinstance(value, str):
        raise wrong(place, "matcher", "'equals' has to be text; 'json' compares other values")
    return value


def _snapshot(value: Any, place: Place) -> Any:
    if not isinstance(value, str):
        raise wrong(place, "matcher", "'snapshot' has to be the name of a file beside the cases")
    return relative_path("the snapshot").read(value, place)


def _absent(value: Any, place: Place) -> bool:
    if value is not True:
        raise wrong(place, "matcher", "'absent' can only be true; leave it out otherwise")
    return True


def _normaliser(value: Any, place: Place) -> Normaliser:
    for word in _WORDS:
        if value == word:
            return Normaliser(word)
    if not isinstance(value, dict):
        hint = near(str(value), _WORDS) or f"known: {', '.join(_WORDS)} and {{replace: REGEX, with: TEXT}}"
        raise wrong(place, "matcher", f"'normalise' does not know {shown(str(value))}; {hint}")
    found = read_fields(value, _REPLACE, place, "a replacement")
    pattern = checked_pattern(found["replace"], (*place, "replace"), "'replace'")
    try:
        re.sub(pattern, found["with"], "")
    except (re.error, IndexError) as error:
        message = f"'with' does not fit its pattern: {truncate(visible(str(error)), 100)}"
        raise wrong((*place, "with"), "matcher", message) from error
    return Normaliser("replace", pattern, found["with"])


def _normalisers(value: Any, place: Place) -> tuple[Normaliser, ...]:
    if not isinstance(value, list):
        return (_normaliser(value, place),)
    return tuple(_normaliser(one, (*place, at)) for at, one in enumerate(value))


_REPLACE = (
    Field("replace", content("'replace'"), "A regular expression.", required=True),
    Field("with", content("'with'"), r"What to put instead; \1 is its first group.", required=True),
)
_ONE_NORMALISER = {"anyOf": [{"enum": list(_WORDS)}, object_schema(_REPLACE)]}
_NORMALISE = Field(
    "normalise",
    Shape(_normalisers, {"anyOf": [_ONE_NORMALISER, {"type": "array", "items": _ONE_NORMALISER}]}),
    "What to make alike before the matchers beside it look: paths, times, ids, or a replacement.",
)
_MATCHERS = (
    Field("equals", Shape(_equals, {"type": "string"}), "Exactly this text."),
    Field("contains", _quoted_text("contains"), "This text, or each of these, is in it."),
    Field("matches", _pattern(), "This regular expression, or each of these, is found anywhere in it."),
    Field("json", data(), "It is JSON, and this value; mind that nothing else may be in it."),
    Field("json_schema", Shape(_schema, {"type": "object"}), "It is JSON that fits this JSON Schema (2020-12)."),
    Field("snapshot", Shape(_snapshot, {"type": "string"}), "The text of this file beside the cases."),
)
_ABSENT = Field("absent", Shape(_absent, {"const": True}), "There is no such file.")
