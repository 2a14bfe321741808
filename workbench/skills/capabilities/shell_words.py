"""The words of shell scripts: quotes, variables and substitutions, as far as they can be known without a shell."""

import re
from collections.abc import Callable
from dataclasses import dataclass, field

from workbench.skills.capabilities.hosts import UNKNOWN

MAX_NESTING = 40
MAX_WORDS = 50_000
"""Substitutions counted too: about half a second's reading."""

_NAME = re.compile(r"[A-Za-z_]\w*")
_PLAIN = re.compile(r"[^\s'\"\\$`;&|<>()#{}]+")
_VARIABLE = re.compile(r"\$([A-Za-z_]\w*)")
_STOPS = re.compile(r"[\"\\$`]")
_ENDS = frozenset(" \t\n;&|)")
_BLANKS = " \t\r"


class TooMuchError(ValueError):
    """Substitutions nest deeper than `MAX_NESTING`, or there are more than `MAX_WORDS` words."""


@dataclass(slots=True)
class Word:
    """One word: `text` holds `UNKNOWN` for what only a run would tell.

    Attributes:
        commands: The commands that are substituted into it.
        quoted: Whether any of it is in quotes, so that it is no keyword.
    """

    text: str
    at: int
    commands: list["Command"] = field(default_factory=list)
    quoted: bool = False


@dataclass(slots=True)
class Command:
    """One simple command.

    Attributes:
        at: Its offset; `end` is where it ends.
        words: The program and its arguments.
        writes: The files that its output is redirected to; `reads` those its input comes from.
        document: The here-document it reads, as (start, end) offsets.
        before: The command that pipes into it.
    """

    at: int
    words: list[Word] = field(default_factory=list)
    writes: list[Word] = field(default_factory=list)
    reads: list[Word] = field(default_factory=list)
    assigned: list[Word] = field(default_factory=list)
    document: tuple[int, int] | None = None
    before: "Command | None" = None
    end: int = 0


@dataclass
class Script:
    """What a script holds.

    Attributes:
        commands: Every command, those in substitutions too.
        variables: Where each variable is read first.
        values: What variables are set to, where that is one text.
        functions: The names of its functions.
    """

    commands: list[Command] = field(default_factory=list)
    variables: dict[str, int] = field(default_factory=dict)
    values: dict[str, str | None] = field(default_factory=dict)
    functions: set[str] = field(default_factory=set)


class WordReader:
    """Reads words from left to right, from `at` on.

    Args:
        text: The script.
        script: Takes the variables that are read.
        substitute: Reads the commands of a substitution up to its closing character, at a depth.
    """

    def __init__(self, text: str, script: Script, substitute: Callable[[str, int], list[Command]]) -> None:
        self.text = text
        self.at = 0
        self.script = script
        self.substitute = substitute
        self.count = 0
        self.in_backticks = False

    def next_word(self, depth: int) -> Word:
        """The next word on this line."""
        while self.at < len(self.text) and self.text[self.at] in _BLANKS:
            self.at += 1
        return self.word(depth)

    def word(self, depth: int) -> Word:
        """One word, from here to the blank or sign that ends it."""
        text, size = self.text, len(self.text)
        self.count += 1
        if self.count > MAX_WORDS:
            raise TooMuchError
        if (simple := _PLAIN.match(text, self.at)) and (simple.end() == size or text[simple.end()] in _ENDS):
            at, self.at = self.at, simple.end()
            return Word(simple[0], at)
        word = Word("", self.at)
        pieces: list[str] = []
        while self.at < size:
            plain = _PLAIN.match(text, self.at)
            if plain:
                pieces.append(plain[0])
                self.at = plain.end()
                continue
            char = text[self.at]
            if char == "'":
                end = text.find("'", self.at + 1)
                end = size if end < 0 else end
                pieces.append(text[self.at + 1 : end])
                word.quoted = True
                self.at = end + 1
            elif char == '"':
                word.quoted = True
                pieces.append(self._quoted(word, depth))
            elif char == "`" and self.in_backticks:
                break
            elif char in "$`":
                pieces.append(self.expansion(word, depth))
            elif char == "\\":
                following = text[self.at + 1 : self.at + 2]
                pieces.append("" if following == "\n" else following)
                self.at += 2
            elif char in "<>" and text.startswith("(", self.at + 1) and not pieces:
                self.at += 2
                word.commands += self.substitute(")", depth + 1)
                pieces.append(UNKNOWN)
            elif char in "{}#":
                pieces.append(char)
                self.at += 1
            else:
                break
        if self.at == word.at:
            self.at += 1  # a sign that is out of place: never stand still
        word.text = "".join(pieces)
        return word

    def _quoted(self, word: Word, depth: int) -> str:
        """What stands in double quotes."""
        text, size = self.text, len(self.text)
        pieces: list[str] = []
        self.at += 1
        while self.at < size:
            stop = _STOPS.search(text, self.at)
            if stop is None:
                pieces.append(text[self.at :])
                self.at = size
                break
            pieces.append(text[self.at : stop.start()])
            self.at = stop.start()
            char = text[self.at]
            if char == '"':
                self.at += 1
                break
            if char == "\\":
                following = text[self.at + 1 : self.at + 2]
                pieces.append(following if following in '"\\$`' else "" if following == "\n" else f"\\{following}")
                self.at += 2
            else:
                pieces.append(self.expansion(word, depth))
        return "".join(pieces)

    def expansion(self, word: Word, depth: int) -> str:
        """What a dollar sign or a backtick stands for, as far as that can be told."""
        text = self.text
        if text[self.at] == "`":
            self.at += 1
            outer, self.in_backticks = self.in_backticks, True
            word.commands += self.substitute("`", depth + 1)
            self.in_backticks = outer
            return UNKNOWN
        if text.startswith("$((", self.at):
            end = text.find("))", self.at)
            end = len(text) if end < 0 else end
            self.variables_in(self.at, end)
            self.at = end + 2
            return UNKNOWN
        if text.startswith("$(", self.at):
            self.at += 2
            outer, self.in_backticks = self.in_backticks, False
            word.commands += self.substitute(")", depth + 1)
            self.in_backticks = outer
            return UNKNOWN
        if text.startswith("${", self.at):
            return self._braced(word, depth)
        if text.startswith("$'", self.at):
            end = text.find("'", self.at + 2)
            end = len(text) if end < 0 else end
            value = _ansi(text[self.at + 2 : end])
            word.quoted = True
            self.at = end + 1
            return value
        name = _NAME.match(text, self.at + 1)
        if name:
            at, self.at = self.at, name.end()
            return self._variable(name[0], at)
        self.at += 2 if text[self.at + 1 : self.at + 2] not in ("", '"', " ", "\n", "\t") else 1
        return UNKNOWN

    def _braced(self, word: Word, depth: int) -> str:
        if depth > MAX_NESTING:
            raise TooMuchError
        text, size = self.text, len(self.text)
        at = self.at
        self.at += 2
        if text[self.at : self.at + 1] in ("!", "#"):
            self.at += 1
        name = _NAME.match(text, self.at)
        value = UNKNOWN
        if name:
            self.at = name.end()
            known = self._variable(name[0], at)
            value = known if text[self.at : self.at + 1] == "}" else UNKNOWN
        while self.at < size and text[self.at] not in "}\n":
            char = text[self.at]
            if char == '"':
                self._quoted(word, depth + 1)
            elif char in "$`":
                self.expansion(word, depth + 1)
            elif char == "\\":
                self.at += 2
            else:
                self.at += 1
        self.at += 1
        return value

    def _variable(self, name: str, at: int) -> str:
        if name not in self.script.values:
            self.script.variables.setdefault(name, at)
            return UNKNOWN
        value = self.script.values[name]
        return UNKNOWN if value is None else value

    def variables_in(self, start: int, end: int) -> None:
        """Note the variables of an arithmetic expression."""
        for match in _VARIABLE.finditer(self.text, start, end):
            self._variable(match[1], match.start())


def _ansi(text: str) -> str:
    """A text of `$'…'` with its escapes resolved."""

    def char(match: re.Match[str]) -> str:
        return chr(int(match[1] or match[2], 16 if match[1] else 8))

    return re.sub(r"\\(?:x([0-9a-fA-F]{1,2})|([0-7]{1,3}))", char, text)
