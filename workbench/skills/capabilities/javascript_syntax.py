"""JavaScript and TypeScript as tokens, without a parser: enough to see what is called with which texts."""

import re
from collections.abc import Iterator
from typing import Literal, NamedTuple

from workbench.skills.capabilities.hosts import UNKNOWN

MAX_NESTING = 60
MAX_TOKENS = 250_000
MOST_ARGUMENTS = 400
"""Tokens of a call or a pattern that are looked at."""

_TOKEN = re.compile(
    r"\s*(?:(?P<word>[A-Za-z_$#\u0080-\uffff][\w$\u0080-\uffff]*)|(?P<number>\d[\w.]*)"
    r"|(?P<text>\"(?:[^\"\\\n]|\\[\s\S])*\"?|'(?:[^'\\\n]|\\[\s\S])*'?)|)"
)
_TEMPLATE = re.compile(r"(?:[^`\\$]|\\.|\$(?!\{))+", re.DOTALL)
_REGEX = re.compile(r"/(?![*/])(?:[^/\\\[\n]|\\.|\[(?:[^\]\\\n]|\\.)*\])+/[a-z]*")
_ESCAPE = re.compile(r"\\(?:x([0-9a-fA-F]{2})|u([0-9a-fA-F]{4})|u\{([0-9a-fA-F]{1,6})\}|(.))", re.DOTALL)
_SIMPLE = {"n": "\n", "t": "\t", "r": "\r", "\n": "", "0": ""}
_VALUE_BEFORE = frozenset(("return", "typeof", "case", "in", "of", "delete", "void", "throw", "new", "else", "do"))

TokenKind = Literal["word", "text", "number", "sign", "regex"]


class TooManyError(ValueError):
    """A program has more than `MAX_TOKENS` tokens."""


class Token(NamedTuple):
    """One token: the `text` of a string is its value, with `UNKNOWN` for what a template puts in."""

    kind: TokenKind
    text: str
    at: int
    template: bool = False


def read_tokens(text: str) -> list[list[Token]]:
    """The tokens of a program, and those inside the templates' expressions as lists of their own.

    Raises:
        TooManyError: There are more than `MAX_TOKENS`.
    """
    reader = _Reader(text)
    reader.lists.append([])
    reader.read(reader.lists[0], "", 0)
    return reader.lists


def destructured(tokens: list[Token]) -> Iterator[tuple[str, str]]:
    """`a, b: c, d = 1` as (name, local name)."""
    number = 0
    while number < len(tokens):
        token = tokens[number]
        if token.kind == "word" and (number == 0 or tokens[number - 1].text == ","):
            renamed = number + 2 < len(tokens) and tokens[number + 1].text == ":"
            yield token.text, tokens[number + 2].text if renamed else token.text
        number += 1


def arguments_at(tokens: list[Token], at: int) -> tuple[list[list[Token]], int]:
    """The arguments of the call whose bracket opens at this place, and the offset where they end."""
    given: list[list[Token]] = [[]]
    depth = 0
    last = tokens[at]
    for token in tokens[at + 1 : at + 1 + MOST_ARGUMENTS]:
        last = token
        if token.kind == "sign":
            if token.text in "([{":
                depth += 1
            elif token.text in ")]}":
                if depth == 0:
                    break
                depth -= 1
            elif token.text == "," and depth == 0:
                given.append([])
                continue
        given[-1].append(token)
    return ([] if given == [[]] else given), last.at + 1


class _Reader:
    def __init__(self, text: str) -> None:
        self.text = text
        self.at = 0
        self.lists: list[list[Token]] = []
        self.count = 0

    def read(self, found: list[Token], closing: str, depth: int) -> None:
        """Tokens up to the bracket that closes an expression in a template."""
        text, size = self.text, len(self.text)
        open_braces = 0
        while self.at < size:
            match = _TOKEN.match(text, self.at)
            kind = match.lastgroup if match else None
            if match and kind in ("word", "number"):
                found.append(Token(kind, match[kind], match.start(kind)))  # type: ignore[arg-type]  # the group's name
                self.at = match.end()
                self.count += 1
                if self.count > MAX_TOKENS:
                    raise TooManyError
                continue
            if match and kind == "text":
                found.append(Token("text", _value(match["text"][1:].removesuffix(match["text"][0])), match.start(kind)))
                self.at = match.end()
                continue
            self.at = match.end() if match else self.at
            if self.at >= size:
                return
            char = text[self.at]
            if char == "`":
                start = self.at
                found.append(Token("text", self._template(depth), start, True))
            elif char == "/" and text[self.at + 1 : self.at + 2] in ("/", "*"):
                line = text[self.at + 1] == "/"
                end = text.find("\n" if line else "*/", self.at + 2)
                self.at = size if end < 0 else end + (1 if line else 2)
            elif char == "/" and _starts_regex(found) and (regex := _REGEX.match(text, self.at, self.at + 2000)):
                found.append(Token("regex", regex[0], self.at))
                self.at = regex.end()
            else:
                self.at += 1
                self.count += 1
                if self.count > MAX_TOKENS:
                    raise TooManyError
                if closing and char == "{":
                    open_braces += 1
                elif closing and char == "}":
                    if open_braces == 0:
                        return
                    open_braces -= 1
                found.append(Token("sign", char, self.at - 1))

    def _template(self, depth: int) -> str:
        text, size = self.text, len(self.text)
        pieces: list[str] = []
        self.at += 1
        while self.at < size:
            if plain := _TEMPLATE.match(text, self.at):
                pieces.append(_value(plain[0]))
                self.at = plain.end()
            elif text[self.at] == "`":
                self.at += 1
                break
            elif depth < MAX_NESTING and text.startswith("${", self.at):
                self.at += 2
                inner: list[Token] = []
                self.lists.append(inner)
                self.read(inner, "}", depth + 1)
                pieces.append(UNKNOWN)
            else:
                pieces.append(text[self.at])
                self.at += 1
        return "".join(pieces)


def _starts_regex(found: list[Token]) -> bool:
    """Whether a slash begins a regular expression: after a value it divides."""
    if not found:
        return True
    last = found[-1]
    if last.kind == "word":
        return last.text in _VALUE_BEFORE
    return last.kind == "sign" and last.text not in ")]}"


def _value(text: str) -> str:
    return _ESCAPE.sub(_unescaped, text) if "\\" in text else text


def _unescaped(match: re.Match[str]) -> str:
    code = match[1] or match[2] or match[3]
    if code:
        number = int(code, 16)
        return chr(number) if number < 0x110000 else "\ufffd"
    return _SIMPLE.get(match[4], match[4])
