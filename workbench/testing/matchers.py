"""Whether a text is what a case demands of it, and where it is not."""

import difflib
import json
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from workbench.testing.model import Matcher
from workbench.testing.normalise import normalise
from workbench.testing.results import Mismatch
from workbench.text import truncate, visible

_SHOWN = 4_000
_DIFF_LINES = 400
_COMPLAINTS = 5

ReadSnapshot = Callable[[str], str]
"""Gives the text of a snapshot by its name beside the cases; raises OSError or InputError."""


def check(matchers: tuple[Matcher, ...], where: str, seen: str, snapshot: ReadSnapshot) -> Iterator[Mismatch]:
    """What in `seen` is not as demanded."""
    from workbench.tools.patterns import SECONDS, SlowPatternError

    for matcher in matchers:
        found = _mismatch_of if not matcher.negated else _mismatch_of_negated
        try:
            mismatch = found(matcher, where, normalise(seen, matcher.normalise), snapshot)
        except SlowPatternError:
            pattern = f" than {_quoted(matcher.value)}" if matcher.kind == "matches" else ""
            message = f"{where} could not be matched within {SECONDS:g} s; use a simpler pattern{pattern}"
            mismatch = _mismatch(where, matcher.kind, str(matcher.value), seen, message)
        if mismatch:
            yield mismatch


def _mismatch_of(matcher: Matcher, where: str, seen: str, snapshot: ReadSnapshot) -> Mismatch | None:
    kind, value = matcher.kind, matcher.value
    if kind == "json":
        return _json(value, where, seen)
    if kind == "json_schema":
        return _json_schema(value, where, seen)
    if kind == "contains":
        if value in seen:
            return None
        return _mismatch(where, kind, value, seen, f"{where} does not contain {_quoted(value)}")
    if kind == "matches":
        return _matches(value, where, seen)
    if kind == "snapshot":
        return _snapshot(value, where, seen, snapshot)
    if value == seen:
        return None
    return _mismatch(where, kind, value, seen, _differs(where, value, seen), unified(value, seen))


def _mismatch_of_negated(matcher: Matcher, where: str, seen: str, snapshot: ReadSnapshot) -> Mismatch | None:
    if _mismatch_of(matcher, where, seen, snapshot) is not None:
        return None
    words = {
        "equals": "is exactly what it must not be",
        "contains": f"contains {_quoted(str(matcher.value))}, which it must not",
        "matches": f"matches {_quoted(str(matcher.value))}, which it must not",
        "json": "is the JSON that it must not be",
        "json_schema": "fits the schema, which it must not",
    }
    wanted = matcher.value if isinstance(matcher.value, str) else _pretty(matcher.value)
    return _mismatch(where, f"not {matcher.kind}", wanted, seen, f"{where} {words[matcher.kind]}")


def _differs(where: str, expected: str, seen: str) -> str:
    if not seen:
        return f"{where} is empty"
    if not expected:
        return f"{where} is not empty"
    pairs = enumerate(zip(expected.split("\n"), seen.split("\n"), strict=False), start=1)
    line = next((number for number, (one, other) in pairs if one != other), None)
    return f"{where} differs from line {line}" if line else f"{where} differs in its last lines"


def _matches(pattern: str, where: str, seen: str) -> Mismatch | None:
    from workbench.tools.patterns import search

    if search(pattern, seen):
        return None
    return _mismatch(where, "matches", pattern, seen, f"{where} does not match {_quoted(pattern)}")


def _snapshot(name: str, where: str, seen: str, snapshot: ReadSnapshot) -> Mismatch | None:
    from workbench.errors import InputError

    shown = _quoted(name)
    try:
        expected = snapshot(name)
    except FileNotFoundError:
        return _mismatch(where, "snapshot", "", seen, _missing(shown), unified("", seen))
    except (OSError, InputError) as error:
        why = error.what if isinstance(error, InputError) else visible(error.strerror or "it can't be read")
        return _mismatch(where, "snapshot", "", seen, f"the snapshot {shown} can't be read: {why}")
    if expected == seen:
        return None
    return _mismatch(where, "snapshot", expected, seen, _differs(where, expected, seen), unified(expected, seen))


def _missing(shown: str) -> str:
    return f"the snapshot {shown} does not exist; `workbench test --update` shows what it would hold and writes it"


def _json(expected: Any, where: str, seen: str) -> Mismatch | None:
    wanted = _pretty(expected)
    try:
        value = _loads(seen)
        if same(expected, value):
            return None
        got = _pretty(value)
    except (ValueError, RecursionError) as error:
        return _mismatch(where, "json", wanted, seen, f"{where} is not JSON: {_why(error)}")
    return _mismatch(where, "json", wanted, got, f"{where} is other JSON than expected", unified(wanted, got))


def _json_schema(schema: Mapping[str, Any], where: str, seen: str) -> Mismatch | None:
    from workbench.tools.schemas import validate

    wanted = _pretty(schema)
    try:
        value = _loads(seen)
    except (ValueError, RecursionError) as error:
        return _mismatch(where, "json_schema", wanted, seen, f"{where} is not JSON: {_why(error)}")
    found = validate(schema, value)
    if not found:
        return None
    said = [f"{place}: {message}" if place else message for place, message in found.items()]
    more = f" (and {len(said) - _COMPLAINTS} more)" if len(said) > _COMPLAINTS else ""
    listed = "; ".join(truncate(visible(one), 120) for one in said[:_COMPLAINTS])
    return _mismatch(where, "json_schema", wanted, _pretty(value), f"{where} does not fit the schema: {listed}{more}")


def same(expected: Any, seen: Any) -> bool:
    """Whether two JSON values are equal; `1` equals `1.0`, but `true` is not `1`."""
    if isinstance(expected, bool) or isinstance(seen, bool):
        return expected is seen
    if isinstance(expected, dict) and isinstance(seen, dict):
        return expected.keys() == seen.keys() and all(same(item, seen[key]) for key, item in expected.items())
    if isinstance(expected, list) and isinstance(seen, list):
        return len(expected) == len(seen) and all(map(same, expected, seen))
    return bool(expected == seen)


def unified(expected: str, seen: str) -> str:
    """A unified diff from what was expected to what was seen, of bounded size; lines are not sanitised."""
    old, new = expected.split("\n"), seen.split("\n")
    cut = max(len(old), len(new)) > _DIFF_LINES
    old, new = [line[:_SHOWN] for line in old[:_DIFF_LINES]], [line[:_SHOWN] for line in new[:_DIFF_LINES]]
    lines = list(difflib.unified_diff(old, new, "expected", "seen", lineterm=""))
    if cut:
        lines.append(f"(only the first {_DIFF_LINES} lines are compared here)")
    return "\n".join(lines)


def _mismatch(where: str, matcher: str, expected: str, seen: str, message: str, diff: str = "") -> Mismatch:
    return Mismatch(where, matcher, expected[:_SHOWN], seen[:_SHOWN], message, diff)


def _quoted(text: str) -> str:
    return f"'{truncate(visible(text), 100)}'"


def _loads(text: str) -> Any:
    return json.loads(text)


def _pretty(value: Any) -> str:
    return json.dumps(value, indent=2, sort_keys=True, ensure_ascii=False)


def _why(error: Exception) -> str:
    if isinstance(error, json.JSONDecodeError):
        return f"{error.msg[:1].lower()}{error.msg[1:]} in line {error.lineno}, column {error.colno}"
    return "it nests too deep" if isinstance(error, RecursionError) else truncate(visible(str(error)), 100)
