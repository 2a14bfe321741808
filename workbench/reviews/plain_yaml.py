"""The YAML that records are written in, read line by line where every line is plain: ten times as fast as a parser.

It answers only where it is sure that a YAML parser gives exactly the same, and leaves everything else to one. Five
thousand records are read whenever nothing is cached, and a parser would take three seconds for them. Most lines of a
record stand in others, too (its library, its reviewer, its checks), so what a short line says is kept.
"""

import re
from functools import lru_cache
from typing import Any, NamedTuple

_MAX_CHARACTERS = 64 << 10
_LINE = re.compile(r"( {0,6})([a-z][a-z0-9_]*):(?: (\S.*))?")
_ITEM = re.compile(r"- (\S.*)")
_MEMBER = re.compile(r"- ([a-z][a-z0-9_]*):(?: (\S.*))?")
_INTEGER = re.compile(r"0|[1-9][0-9]{0,8}")
_QUOTED = re.compile(r"'([ -&(-~]*)'")
_HEX = re.compile(r"(?!0b)(?=[0-9]*[a-f])[0-9a-f]{7,64}")
_VERSION = re.compile(r"[0-9]{1,4}\.[0-9]{1,4}\.[0-9]{1,4}")
_WORDS = re.compile(
    r"[A-Za-z][\w./@+-]*(?::[\w./@+-]+)*[;,]?(?: [\w./@(][\w./@()+-]*(?::[\w./@()+-]+)*[;,]?)*", re.ASCII
)
_SPECIAL = frozenset(("y", "n", "yes", "no", "on", "off", "true", "false", "null"))
_CONTAINERS = (list, dict)
_LITERALS: dict[str, Any] = {"null": None, "true": True, "false": False}


_ITEM_DEPTH = -1
_MEMBER_DEPTH = -2
_SHORT = 200


class _NotPlain(Exception):
    """Something that only a parser can read."""


class _Line(NamedTuple):
    """What one line says: `key: value` so many blanks deep, an item of a list, or the first pair of such an item."""

    depth: int
    key: str
    opens: bool
    value: Any


def read_plain(text: str) -> dict[str, Any] | None:
    """The mapping that `text` holds, exactly as a YAML parser gives it; None where only a parser can tell."""
    if len(text) > _MAX_CHARACTERS or not text.endswith("\n"):
        return None
    try:
        return _mapping(text[:-1].split("\n"))
    except _NotPlain:
        return None


def _mapping(lines: list[str]) -> dict[str, Any]:
    top: dict[str, Any] = {}
    levels: list[tuple[int, dict[str, Any]]] = [(0, top)]
    opened: tuple[dict[str, Any], str] | None = None  # the key whose value the next lines hold
    listed: list[dict[str, Any]] | None = None  # the list of mappings that is being read
    for text in lines:
        depth, key, opens, value = _kept(text) if len(text) <= _SHORT else _line(text)
        if value.__class__ in _CONTAINERS:
            value = value.copy()
        if depth == _ITEM_DEPTH:
            _append(top, opened, value)
            continue
        if depth == _MEMBER_DEPTH:
            listed = _members(top, opened, listed)
            item = {key: value}
            listed.append(item)
            levels = [(0, top), (2, item)]
            opened = (item, key) if opens else None
            continue
        if opened is not None and opened[0][opened[1]] is None:
            if depth != levels[-1][0] + 2:
                raise _NotPlain
            below: dict[str, Any] = {}
            opened[0][opened[1]] = below
            levels.append((depth, below))
        while levels[-1][0] > depth:
            levels.pop()
        listed = listed if depth else None
        mapping = levels[-1][1]
        if levels[-1][0] != depth or key in mapping:
            raise _NotPlain
        mapping[key] = value
        opened = (mapping, key) if opens else None
    if opened is not None and opened[0][opened[1]] is None:
        raise _NotPlain
    return top


def _append(top: dict[str, Any], opened: tuple[dict[str, Any], str] | None, value: Any) -> None:
    """One item of a list directly below a top-level key."""
    if opened is None or opened[0] is not top:
        raise _NotPlain
    if top[opened[1]] is None:
        top[opened[1]] = [value]
    elif isinstance(top[opened[1]], list):
        top[opened[1]].append(value)
    else:
        raise _NotPlain


def _members(
    top: dict[str, Any], opened: tuple[dict[str, Any], str] | None, listed: list[dict[str, Any]] | None
) -> list[dict[str, Any]]:
    """The list that a mapping is an item of: the one under way, or a new one directly below a top-level key."""
    if opened is None:
        if listed is None:
            raise _NotPlain
        return listed
    if opened[0] is not top or top[opened[1]] is not None:
        raise _NotPlain
    begun: list[dict[str, Any]] = []
    top[opened[1]] = begun
    return begun


def _line(text: str) -> _Line:
    if (member := _MEMBER.fullmatch(text)) is not None:
        if member[1] in _SPECIAL:
            raise _NotPlain
        value = member[2]
        return _Line(_MEMBER_DEPTH, member[1], value is None, None if value is None else _scalar(value))
    if (item := _ITEM.fullmatch(text)) is not None:
        return _Line(_ITEM_DEPTH, "", False, _scalar(item[1]))
    found = _LINE.fullmatch(text)
    if found is None or found[2] in _SPECIAL:
        raise _NotPlain
    value = found[3]
    return _Line(len(found[1]), found[2], value is None, None if value is None else _scalar(value))


_kept = lru_cache(maxsize=8_192)(_line)


def _scalar(text: str) -> Any:
    if text in _LITERALS:
        return _LITERALS[text]
    if text == "[]":
        return []
    if text == "{}":
        return {}
    if _INTEGER.fullmatch(text):
        return int(text)
    if quoted := _QUOTED.fullmatch(text):
        return quoted[1]
    if _HEX.fullmatch(text) or _VERSION.fullmatch(text):
        return text
    if _WORDS.fullmatch(text) and text.lower() not in _SPECIAL:
        return text
    raise _NotPlain
