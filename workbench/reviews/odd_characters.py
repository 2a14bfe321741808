"""What of a line a reader can't see or takes for something else: one mark for each place, by name and code point.

Marked is everything that `workbench.text` replaces by a symbol, text in variation selectors, and words that mix Latin
letters with others that look like them. A mark says what stands there; it does not say that it is meant to harm.
"""

import re
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, Literal

from workbench.skills.capabilities.hidden import LOOKALIKES, lookalikes
from workbench.text import hidden_characters, plural, truncate, visible

OddKind = Literal["control", "bidirectional", "invisible", "tag", "selector", "look-alike", "unassigned"]

MOST_MARKS = 200
"""Of one line; there may be more."""

_BIDIRECTIONAL = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
_MAY_BE = frozenset(LOOKALIKES) | {chr(code) for code in (*range(0xFE00, 0xFE10), *range(0xE0100, 0xE01F0))}
_TAGS = range(0xE0000, 0xE0080)
_SELECTORS = re.compile("[\ufe00-\ufe0f\U000e0100-\U000e01ef]+")
_MOST_SAID = 60


@dataclass(frozen=True, slots=True)
class Odd:
    """One place in a line.

    Attributes:
        start: Offset of its first character in the line, from 0; `end` is the offset after its last.
        codes: Its different code points, as `U+202E`.
        what: In words, made visible: `U+202E RIGHT-TO-LEFT OVERRIDE`.
    """

    start: int
    end: int
    kind: OddKind
    codes: tuple[str, ...]
    what: str

    def to_json(self) -> dict[str, Any]:
        """All of it, for programs; columns count from 1."""
        return {
            "column": self.start + 1, "characters": self.end - self.start, "kind": self.kind,
            "codes": list(self.codes), "what": self.what,
        }  # fmt: skip


def may_be_odd(lines: Iterable[str]) -> bool:
    """Whether any of these lines may have something to mark: quick, since many lines have few different characters."""
    text = "".join(lines).replace("\t", "")
    if text.isascii() and text.isprintable():
        return False
    characters = set(text)
    return any(char in _MAY_BE or visible(char) != char for char in characters)


def has_odd(text: str) -> bool:
    """Whether a line has anything to mark; quick where it is plain."""
    return not (text.isascii() and text.isprintable()) and next(_odd(text), None) is not None


def odd_characters(text: str) -> tuple[Odd, ...]:
    """The first `MOST_MARKS` places of a line, from left to right; neighbours that are alike are one place."""
    if text.isascii() and text.isprintable():
        return ()
    found: list[Odd] = []
    for odd in _odd(text):
        found.append(odd)
        if len(found) == MOST_MARKS:
            break
    return tuple(sorted(found, key=lambda odd: odd.start))


def _odd(text: str) -> Iterator[Odd]:
    yield from _hidden(text)
    if not text.isascii():
        yield from _selectors(text)
        for word, plain, at in lookalikes(text):
            yield _lookalike(word, plain, at)


def _hidden(text: str) -> Iterator[Odd]:
    """Runs of what `visible` replaces: of one character each, or of tag characters, which spell a text."""
    columns = [column - 1 for _, column, _ in hidden_characters(text.removesuffix("\n").replace("\n", " "))]
    at = 0
    while at < len(columns):
        start, end = at, at + 1
        char = text[columns[at]]
        tags = ord(char) in _TAGS
        while end < len(columns) and columns[end] == columns[end - 1] + 1:
            following = text[columns[end]]
            if not (ord(following) in _TAGS if tags else following == char):
                break
            end += 1
        at = end
        first, last = columns[start], columns[end - 1] + 1
        yield _tagged(text[first:last], first) if tags else _run(char, first, last)


def _run(char: str, first: int, last: int) -> Odd:
    code, name = _code(char), _name(char)
    count = f"{last - first:,} × " if last - first > 1 else ""
    return Odd(first, last, _kind(char), (code,), f"{count}{code} {name}".rstrip())


def _tagged(run: str, first: int) -> Odd:
    said = "".join(chr(ord(char) - 0xE0000) for char in run if 0x20 <= ord(char) - 0xE0000 < 0x7F)
    codes = tuple(dict.fromkeys(map(_code, run)))
    what = f"{plural(len(run), 'tag character')}, {codes[0]} …: {_quoted(said)}" if said else _run(run[0], 0, 1).what
    return Odd(first, first + len(run), "tag", codes, what)


def _selectors(text: str) -> Iterator[Odd]:
    """Variation selectors where no sign has variants, or several in a row, which can spell a text."""
    for match in _SELECTORS.finditer(text):
        before = text[match.start() - 1 : match.start()] if match.start() else ""
        if len(match[0]) == 1 and before and not before.isascii():
            continue
        data = bytes(ord(char) - 0xFE00 if char <= "\ufe0f" else ord(char) - 0xE0100 + 16 for char in match[0])
        codes = tuple(dict.fromkeys(map(_code, match[0])))
        spells = f": {_quoted(data.decode('utf-8', 'replace'))}" if len(data) > 2 else ""
        what = f"{plural(len(match[0]), 'variation selector')}, {codes[0]}{' …' if len(codes) > 1 else ''}{spells}"
        yield Odd(match.start(), match.end(), "selector", codes, what)


def _lookalike(word: str, plain: str, at: int) -> Odd:
    letters = [char for char, other in zip(word, plain, strict=True) if char != other]
    names = ", ".join(f"{_code(char)} {_name(char)}" for char in dict.fromkeys(letters))
    codes = tuple(dict.fromkeys(map(_code, letters)))
    return Odd(at, at + len(word), "look-alike", codes, f"{names} in '{visible(word)}', which looks like '{plain}'")


def _kind(char: str) -> OddKind:
    if char in _BIDIRECTIONAL:
        return "bidirectional"
    category = unicodedata.category(char)
    if category == "Cc":
        return "control"
    return "unassigned" if category in ("Cn", "Co", "Cs") else "invisible"


def _name(char: str) -> str:
    category = unicodedata.category(char)
    known = {"Cc": _CONTROLS.get(char, "control character"), "Co": "private character", "Cs": "lone surrogate"}
    return unicodedata.name(char, known.get(category, "unassigned character"))


_CONTROLS = {
    "\x00": "NULL", "\x07": "BELL", "\x08": "BACKSPACE", "\x0b": "LINE TABULATION", "\x0c": "FORM FEED",
    "\r": "CARRIAGE RETURN", "\x1b": "ESCAPE", "\x7f": "DELETE", "\x85": "NEXT LINE",
    "\x9b": "CONTROL SEQUENCE INTRODUCER", "\x9d": "OPERATING SYSTEM COMMAND",
}  # fmt: skip
"""Unicode gives control characters no names of their own; these are their aliases."""


def _code(char: str) -> str:
    return f"U+{ord(char):04X}"


def _quoted(said: str) -> str:
    return f"they say '{truncate(visible(said), _MOST_SAID)}'"
