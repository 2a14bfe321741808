"""YAML as almost every frontmatter is written, read line by line: what a parser gives for it, in a tenth of the time.

Only what has one reading is taken: `key: words`, quotes without escapes, a folded or literal block of even lines, and
one mapping of such keys below a key. Whatever else stands anywhere in a text leaves the whole of it to the parser.
"""

import re
from collections.abc import Sequence
from functools import cache
from typing import NamedTuple

_OTHER = re.compile("[^\n\x20-\x7e]")
"""Tabs, other ends of lines, and what YAML does not allow, in a text of ASCII."""
_OTHER_LETTERS = "[^\n\x20-\x7e\xa0-\u2027\u202a-\ud7ff\ue000-\ufefe\uff00-\ufffd]"
"""The same in any text, or what YAML does not allow everywhere; compiling it takes longer than most readings."""
_KEY = re.compile(r"( *)([A-Za-z_][A-Za-z0-9_-]{0,99}):(?: +(.+))?")
_NOT_TEXT = frozenset(("yes", "no", "true", "false", "on", "off", "y", "n", "null"))
_BLOCKS = {">": (" ", "\n"), ">-": (" ", ""), "|": ("\n", "\n"), "|-": ("\n", "")}
"""How the lines of a block are joined, and what ends it."""

Value = str | dict[str, str]
Places = dict[tuple[str | int, ...], int]


class Simple(NamedTuple):
    """A mapping of texts, and the line and column of it and of each key; lines count from 0, columns from 1."""

    value: dict[str, Value]
    lines: Places
    columns: Places


def read_simple(text: str) -> Simple | None:
    """The mapping that a text of whole lines is; None where a parser has to read it."""
    if not text.endswith("\n") or (_OTHER if text.isascii() else _other_letters()).search(text):
        return None
    simple = Simple({}, {(): 0}, {(): 1})
    lines = text.split("\n")
    lines.pop()
    at = 0
    while at < len(lines):
        found = _KEY.fullmatch(lines[at])
        if found is None or found[1] or found[2] in simple.value:
            return None
        key, written = found[2], found[3]
        simple.lines[(key,)] = at
        simple.columns[(key,)] = 1
        indented = _indented(lines, at + 1)
        value: Value | None
        if written is None:
            value = _mapping(simple, key, lines, at + 1, indented)
        else:
            value = _value(written, lines[at + 1 : indented])
        if value is None:
            return None
        simple.value[key] = value
        at = indented
    return simple if simple.value else None


@cache
def _other_letters() -> re.Pattern[str]:
    return re.compile(_OTHER_LETTERS)


def _indented(lines: Sequence[str], start: int) -> int:
    """Where the lines end that begin with a space."""
    while start < len(lines) and lines[start][:1] == " ":
        start += 1
    return start


def _value(written: str, below: Sequence[str]) -> str | None:
    if not below:
        return _scalar(written)
    if written not in _BLOCKS:
        return None
    indent = len(below[0]) - len(below[0].lstrip(" "))
    texts = []
    for line in below:
        piece = line[indent:]
        if line[:indent].strip(" ") or piece != piece.strip(" ") or not piece:
            return None
        texts.append(piece)
    joint, end = _BLOCKS[written]
    return joint.join(texts) + end


def _scalar(written: str) -> str | None:
    first = written[0]
    if first in "\"'":
        inner = written[1:-1]
        # In single quotes a backslash is itself, but nobody writes one there.
        return None if len(written) < 2 or written[-1] != first or first in inner or "\\" in inner else inner
    plain = first.isascii() and first.isalpha() and written[-1] not in ": "
    return written if plain and ": " not in written and " #" not in written and _is_text(written) else None


def _is_text(word: str) -> bool:
    return len(word) > 5 or word.lower() not in _NOT_TEXT


def _mapping(simple: Simple, above: str, lines: Sequence[str], start: int, stop: int) -> dict[str, str] | None:
    """The mapping that lines below a key are, noting where its keys stand."""
    made: dict[str, str] = {}
    indent = None
    for at in range(start, stop):
        found = _KEY.fullmatch(lines[at])
        if found is None or found[3] is None or found[2] in made or (indent or found[1]) != found[1]:
            return None
        value = _scalar(found[3])
        if value is None:
            return None
        indent = found[1]
        made[found[2]] = value
        simple.lines[(above, found[2])] = at
        simple.columns[(above, found[2])] = len(indent) + 1
    return made or None
