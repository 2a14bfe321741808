"""Settings of strangers' programs as data: JSON with or without comments, and TOML, read within bounds."""

import json
import re
from typing import Any

from workbench.skills.model import Problem
from workbench.text import truncate, visible

MAX_JSON = 16 << 20
MAX_COMMENTED = 2 << 20
MAX_TOML = 256 << 10
MAX_DEPTH = 64

_TOKENS = re.compile(r'"(?:[^"\\\n]|\\.)*"|//[^\n]*|/\*(?:.*?\*/|.*)', re.DOTALL)
_TRAILING = re.compile(r'("(?:[^"\\\n]|\\.)*")|,(?=\s*[}\]])')
_LONG_KEY = re.compile(r"(?<![\w\"'-])(?:[\w\"'-]++[ \t]*+\.[ \t]*+){64}")
"""A key of so many parts takes the parser time that grows with their square."""

_AT = re.compile(r"at line (\d+), column (\d+)")
_REMEDY = "mend the file: until then a client ignores it, or reads it differently than it looks"


def read_document(path: str, data: bytes) -> tuple[dict[str, Any], Problem | None]:
    """The mapping that a JSON or TOML file holds, and what is wrong with it; never raises.

    Args:
        path: The file's name decides how it is read; it is also where the problem is.
        data: All of it.
    """
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        return {}, Problem("error", "agent-file-not-utf-8", "it is not UTF-8", path, line, remedy=_REMEDY)
    try:
        value, twice = _toml(text) if path.endswith(".toml") else _json(text)
    except json.JSONDecodeError as error:
        return {}, _malformed(path, "JSON", error.msg, error.lineno, error.colno)
    except RecursionError:
        return {}, _malformed(path, "JSON" if path.endswith(".json") else "TOML", "it nests too deep", 1, None)
    except ValueError as error:
        at = _AT.search(str(error))
        what = str(error).partition(" (at")[0]
        place = (int(at[1]), int(at[2])) if at else (1, None)
        return {}, _malformed(path, "TOML" if path.endswith(".toml") else "JSON", what, *place)
    if not isinstance(value, dict):
        message = "it has to be an object with keys, and is not"
        return {}, Problem("error", "agent-file-shape", message, path, 1, remedy=_REMEDY)
    if _depth(value) > MAX_DEPTH:
        return {}, _malformed(path, "data", f"it nests deeper than {MAX_DEPTH} levels", 1, None)
    if twice:
        message = f"'{truncate(visible(twice), 60)}' stands twice; clients differ in which one counts"
        return value, Problem("warning", "agent-file-duplicate-key", message, path, remedy="take one of them out")
    return value, None


def _malformed(path: str, form: str, what: str, line: int, column: int | None) -> Problem:
    message = f"it is not {form} that can be read: {truncate(visible(what), 100)}"
    return Problem("error", "agent-file-malformed", message, path, line, column, _REMEDY)


def _json(text: str) -> tuple[Any, str | None]:
    twice: list[str] = []

    def pairs(items: list[tuple[str, Any]]) -> dict[str, Any]:
        made = dict(items)
        if len(made) < len(items):
            seen: set[str] = set()
            twice.extend(key for key, _ in items if key in seen or seen.add(key))  # type: ignore[func-returns-value]
        return made

    if not text.strip():
        return {}, None
    try:
        return json.loads(text, object_pairs_hook=pairs), twice[0] if twice else None
    except json.JSONDecodeError:
        if len(text) > MAX_COMMENTED:
            raise
        bare = _TRAILING.sub(lambda found: found[1] or " ", _TOKENS.sub(_blank, text))
        if bare == text:
            raise
        twice.clear()
        return json.loads(bare, object_pairs_hook=pairs), twice[0] if twice else None


def _blank(found: "re.Match[str]") -> str:
    """A comment as spaces, so that places stay true."""
    return found[0] if found[0].startswith('"') else re.sub(r"[^\n]", " ", found[0])


def _toml(text: str) -> tuple[Any, None]:
    import tomllib

    if len(text) > MAX_TOML:
        raise ValueError(f"more than {MAX_TOML >> 10} KiB are not read")
    if _LONG_KEY.search(text):
        raise ValueError(f"a key has more than {MAX_DEPTH} parts")
    return tomllib.loads(text), None


def _depth(value: Any) -> int:
    """How deep it nests, counted without recursion, and no further than matters."""
    level, depth = [value], 0
    while level and depth <= MAX_DEPTH:
        below = [one for item in level for one in _parts(item)]
        level, depth = [one for one in below if isinstance(one, dict | list)], depth + 1
    return depth


def _parts(value: Any) -> list[Any]:
    return list(value.values()) if isinstance(value, dict) else value if isinstance(value, list) else []
