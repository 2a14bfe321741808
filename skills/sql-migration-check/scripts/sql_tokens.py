"""Reads SQL text into statements, with the comments, strings and quoting of PostgreSQL, MySQL and SQLite."""

import re
from array import array
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Literal

Dialect = Literal["postgresql", "mysql", "sqlite"]
Kind = Literal["word", "name", "string", "number", "symbol", "end"]

MAX_TOKENS = 20_000
ROUTINES = frozenset({"TRIGGER", "PROCEDURE", "FUNCTION", "EVENT"})
LOOPS = frozenset({"IF", "LOOP", "WHILE", "REPEAT"})
SPACE = re.compile(r"\s+")
WORD = re.compile(r"[A-Za-z_\u0080-\U0010ffff][\w$]*")
NUMBER = re.compile(r"[0-9][\w.]*")
DOLLAR = re.compile(r"\$(?:[A-Za-z_\u0080-\U0010ffff]\w*)?\$")
LINE_END = re.compile(r"[^\n]*")
COMMENT_EDGE = re.compile(r"/\*|\*/")
VERSION_COMMENT = re.compile(r"/\*M?!\d*")
DELIMITER = re.compile(r"(?i)DELIMITER[ \t]+(\S+)[^\n]*")
COPY_END = re.compile(r"^\\\.[ \t]*$", re.MULTILINE)
DOUBLED = {quote: re.compile(f"{quote}(?:[^{quote}]+|{quote}{quote})*+{quote}") for quote in "'\"`"}
BACKSLASHED = {quote: re.compile(rf"(?s){quote}(?:[^{quote}\\]+|{quote}{quote}|\\.)*+{quote}") for quote in "'\""}


@dataclass(frozen=True, slots=True)
class Token:
    """One token. `text` is upper case for a word, without quotes for a name or string."""

    kind: Kind
    text: str
    line: int


@dataclass(frozen=True, slots=True)
class Comment:
    """A comment without its marks, at most 500 characters of it."""

    text: str
    line: int


@dataclass(frozen=True, slots=True)
class Statement:
    """One statement; `cut` says that only its first tokens were kept."""

    tokens: tuple[Token, ...]
    last_line: int
    cut: bool = False

    @property
    def line(self) -> int:
        """The line on which it starts."""
        return self.tokens[0].line


@dataclass
class Reader:
    """Walks through SQL text once; `notes` and `unterminated` fill while `statements` is consumed.

    Attributes:
        notes: The comments that `wanted` matches.
    """

    sql: str
    dialect: Dialect
    first_line: int = 1
    wanted: re.Pattern[str] | None = None
    notes: list[Comment] = field(default_factory=list)
    unterminated: list[tuple[int, str]] = field(default_factory=list)
    delimiter: str = ";"
    _starts: "array[int]" = field(default_factory=lambda: array("q"))

    def __post_init__(self) -> None:
        self._starts.extend(match.end() for match in re.finditer("\n", self.sql))

    def line_at(self, position: int) -> int:
        """The number of the line at a position of the text."""
        return bisect_right(self._starts, position) + self.first_line

    def statements(self) -> Iterator[Statement]:
        """The statements in order; the body of a trigger, procedure or function belongs to its CREATE."""
        tokens: list[Token] = []
        depth = count = 0
        routine = False
        for token in self.tokens():
            if token.kind == "end" or (token.kind == "symbol" and token.text == ";"):
                if token.kind == "symbol" or (routine and depth > 0 and self.delimiter == ";"):
                    continue
                if tokens:
                    yield Statement(tuple(tokens), token.line, count > MAX_TOKENS)
                tokens, depth, count, routine = [], 0, 0, False
                continue
            count += 1
            if count <= 12 and token.text in ROUTINES and tokens and tokens[0].text == "CREATE":
                routine = True
            if routine and token.kind == "word":
                depth += nesting(token, tokens[-1] if tokens else None)
            if count <= MAX_TOKENS:
                tokens.append(token)
        if tokens:
            yield Statement(tuple(tokens), tokens[-1].line, count > MAX_TOKENS)

    def tokens(self) -> Iterator[Token]:
        """The tokens in order; `end` stands for the end of a statement."""
        position = 0
        head: list[str] = []
        while position < len(self.sql):
            token, after = self._next(position)
            if token is not None:
                if token.kind == "end":
                    after = self._skip_copy_data(head, after)
                    head = []
                elif len(head) < 400:
                    head.append(token.text)
                yield token
            position = after

    def _skip_copy_data(self, head: list[str], position: int) -> int:
        if self.dialect == "postgresql" and head[:1] == ["COPY"] and "STDIN" in head:
            end = COPY_END.search(self.sql, position)
            return end.end() if end else len(self.sql)
        return position

    def _next(self, at: int) -> tuple[Token | None, int]:
        """The token at a position, or None for space and comments, and where the next one starts."""
        sql, char, line = self.sql, self.sql[at], self.line_at(at)
        if space := SPACE.match(sql, at):
            return None, space.end()
        if self._is_comment(at):
            return None, self._comment(at)
        if self.dialect == "mysql" and (change := DELIMITER.match(sql, at)) and self._starts_line(at):
            self.delimiter = change[1]
            return None, change.end()
        if sql.startswith(self.delimiter, at):
            return Token("end", self.delimiter, line), at + len(self.delimiter)
        if self.dialect == "postgresql" and char == "\\" and self._starts_line(at):
            return None, end_of_line(sql, at)
        if quoted := self._quoted(at):
            return quoted
        if word := WORD.match(sql, at):
            return Token("word", word[0].upper(), line), word.end()
        if number := NUMBER.match(sql, at):
            return Token("number", number[0], line), number.end()
        return Token("symbol", char, line), at + 1

    def _starts_line(self, at: int) -> bool:
        return at == 0 or self.sql[at - 1] == "\n"

    def _is_comment(self, at: int) -> bool:
        sql = self.sql
        if sql.startswith("--", at):
            return self.dialect != "mysql" or at + 2 >= len(sql) or sql[at + 2].isspace()
        if sql.startswith("*/", at):
            return self.dialect == "mysql"
        return sql.startswith("/*", at) or (self.dialect == "mysql" and sql[at] == "#")

    def _comment(self, at: int) -> int:
        """Take in the comment at a position and return where it ends."""
        sql, line = self.sql, self.line_at(at)
        if sql[at] in "-#":
            end = end_of_line(sql, at)
            self._note(sql[at:end].lstrip("-#"), line)
            return end
        if sql.startswith("*/", at):
            return at + 2
        if self.dialect == "mysql" and (conditional := VERSION_COMMENT.match(sql, at)):
            return conditional.end()
        depth, end = 1, at + 2
        while depth:
            edge = COMMENT_EDGE.search(sql, end)
            if edge is None:
                self.unterminated.append((line, "comment"))
                return len(sql)
            end = edge.end()
            if edge[0] == "*/":
                depth -= 1
            elif self.dialect == "postgresql":
                depth += 1
        self._note(sql[at + 2 : end - 2], line)
        return end

    def _note(self, text: str, line: int) -> None:
        head = text[:500].strip()
        if self.wanted is not None and self.wanted.search(head):
            self.notes.append(Comment(head, line))

    def _quoted(self, at: int) -> tuple[Token, int] | None:
        """The string or quoted name at a position, with where it ends."""
        sql, char, line = self.sql, self.sql[at], self.line_at(at)
        if self.dialect == "postgresql":
            if char in "eE" and sql.startswith("'", at + 1):
                return self._closed(BACKSLASHED["'"], at + 1, "string", line)
            if char == "$" and (tag := DOLLAR.match(sql, at)):
                close = sql.find(tag[0], tag.end())
                if close < 0:
                    self.unterminated.append((line, f"string {tag[0]}"))
                    return Token("string", "", line), len(sql)
                return Token("string", sql[tag.end() : close], self.line_at(tag.end())), close + len(tag[0])
        if char == "[" and self.dialect == "sqlite":
            close = sql.find("]", at)
            if close >= 0:
                return Token("name", sql[at + 1 : close], line), close + 1
        if char == "'":
            return self._closed((BACKSLASHED if self.dialect == "mysql" else DOUBLED)["'"], at, "string", line)
        if char == '"':
            return self._closed((BACKSLASHED if self.dialect == "mysql" else DOUBLED)['"'], at, "name", line)
        if char == "`" and self.dialect != "postgresql":
            return self._closed(DOUBLED["`"], at, "name", line)
        return None

    def _closed(self, form: re.Pattern[str], at: int, kind: Kind, line: int) -> tuple[Token, int]:
        match = form.match(self.sql, at)
        if match is None:
            self.unterminated.append((line, "string" if kind == "string" else "quoted name"))
            return Token(kind, "", line), len(self.sql)
        quote = self.sql[at]
        return Token(kind, match[0][1:-1].replace(quote * 2, quote), line), match.end()


def end_of_line(sql: str, at: int) -> int:
    """Where the line of a position ends, before its line feed."""
    end = sql.find("\n", at)
    return len(sql) if end < 0 else end


def nesting(token: Token, before: Token | None) -> int:
    """How a word changes the depth of blocks in a routine: BEGIN and CASE open one, END closes one."""
    after_end = before is not None and before.text == "END"
    if token.text in ("BEGIN", "CASE") and not after_end:
        return 1
    if token.text == "END":
        return -1
    return 1 if after_end and token.text in LOOPS else 0
