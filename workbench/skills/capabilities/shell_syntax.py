"""Shell scripts taken apart: which commands stand where, with the words that can be known without running anything.

A reader of POSIX shell and the common parts of bash and zsh. It has to survive anything, not to be a shell: what it
can't follow it takes for words.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from workbench.skills.capabilities.hosts import UNKNOWN

MAX_NESTING = 40
MAX_COMMANDS = 50_000

_ASSIGNMENT = re.compile(r"([A-Za-z_]\w*)(?:\[[^\]\n]{0,80}\])?\+?=")
_NAME = re.compile(r"[A-Za-z_]\w*")
_PLAIN = re.compile(r"[^\s'\"\\$`;&|<>()#{}]+")
_HEREDOC = re.compile(r"<<(-?)[ \t]*(['\"]?)([\w.-]{1,80})\2")
_STOPS = re.compile(r"[\"\\$`]")
_BLANKS = " \t\r"
_OPENERS = frozenset(
    ("if", "then", "else", "elif", "while", "until", "do", "!", "{", "}", "time", "fi", "done", "esac")
)
_LOOPS = frozenset(("for", "select"))


class TooDeep(ValueError):
    """Substitutions nest deeper than `MAX_NESTING`, or there are more than `MAX_COMMANDS` commands."""


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


def read_script(text: str, *, known: Mapping[str, str | None] | None = None) -> Script:
    """Take a script apart.

    Raises:
        TooDeep: It is beyond the bounds.
    """
    reader = _Reader(text)
    reader.script.values.update(known or {})
    reader.commands("", 0)
    return reader.script


class _Reader:
    """One pass over a text, from left to right."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.at = 0
        self.script = Script()
        self.documents: list[tuple[Command, bool, str, bool]] = []

    def commands(self, closing: str, depth: int) -> list[Command]:
        """The commands up to the character that closes a substitution, which is taken too."""
        if depth > MAX_NESTING:
            raise TooDeep
        text, size = self.text, len(self.text)
        found: list[Command] = []
        command = Command(self.at)
        piped: Command | None = None
        cases: list[bool] = []  # for each open `case`, whether a pattern is next

        def finish(pipe: bool = False) -> None:
            nonlocal command, piped
            command.end = self.at
            done = command
            if done.words or done.writes or done.reads or done.assigned:
                done.before = piped
                found.append(done)
                self.script.commands.append(done)
                if len(self.script.commands) > MAX_COMMANDS:
                    raise TooDeep
            piped = done if pipe else None
            command = Command(self.at)

        while self.at < size:
            char = text[self.at]
            if char in _BLANKS:
                self.at += 1
            elif char == "\n":
                finish()
                self.at += 1
                self._skip_documents(depth)
            elif char == "#":
                end = text.find("\n", self.at)
                self.at = size if end < 0 else end
            elif char == closing and not (closing == ")" and cases):
                finish()
                self.at += 1
                return found
            elif cases and cases[-1] and not command.words:
                self._skip_pattern(cases)
            elif char == ";":
                finish()
                again = text.startswith((";;", ";&"), self.at)
                self.at += 2 if again else 1
                if again and cases:
                    cases[-1] = True
            elif char == "|":
                double = text.startswith("||", self.at)
                finish(pipe=not double)
                self.at += 2 if double or text.startswith("|&", self.at) else 1
            elif char == "&" and text.startswith("&>", self.at):
                self.at += 3 if text.startswith("&>>", self.at) else 2
                command.writes.append(self._next_word(depth))
            elif char == "&":
                finish()
                self.at += 2 if text.startswith("&&", self.at) else 1
            elif char in "<>" and not text.startswith(("<(", ">("), self.at):
                self._redirection(command, depth)
            elif char == "(":
                self._open_bracket(command, finish, depth)
            elif char == ")":
                finish()
                self.at += 1
            else:
                word = self._word(depth)
                if not self._is_syntax(word, command, cases):
                    self._take(word, command)
        finish()
        return found

    def _take(self, word: Word, command: Command) -> None:
        """A word of a command: an assignment in front of it, or the program and its arguments."""
        assignment = None if command.words else _ASSIGNMENT.match(self.text, word.at)
        if assignment is None:
            if not command.words and not command.assigned:
                command.at = word.at
            command.words.append(word)
            return
        name = assignment[1]
        value = word.text[len(assignment[0]) :]
        values = self.script.values
        values[name] = value if name not in values or values[name] == value else None
        command.assigned.append(word)

    def _is_syntax(self, word: Word, command: Command, cases: list[bool]) -> bool:
        """Whether a word at the start of a command only gives structure."""
        if command.words or command.assigned or word.quoted:
            return False
        if word.text in _OPENERS:
            if word.text == "esac" and cases:
                cases.pop()
            return True
        if word.text == "case":
            self._next_word(0)
            self._next_word(0)
            cases.append(True)
            return True
        if word.text == "function" or word.text in _LOOPS:
            name = self._next_word(0).text
            if word.text == "function":
                self.script.functions.add(name)
            else:
                self.script.values[name] = None
                self._skip_list()
            return True
        if self.text.startswith("()", self.at):
            self.at += 2
            self.script.functions.add(word.text)
            return True
        return False

    def _skip_list(self) -> None:
        """What a loop runs over: words that are no command (commands substituted into them are read)."""
        while self.at < len(self.text) and self.text[self.at] not in ";\n":
            before = self.at
            if self.text[self.at] in _BLANKS or self.text[self.at] in "()":
                self.at += 1
            else:
                self._word(1)
            self.at = max(self.at, before + 1)

    def _skip_pattern(self, cases: list[bool]) -> None:
        """The pattern of a `case`, up to its bracket, or `esac`."""
        if self.text.startswith("esac", self.at):
            self.at += 4
            cases.pop()
            return
        end = self.text.find(")", self.at)
        line = self.text.find("\n", self.at)
        if end < 0:
            self.at = len(self.text)
        elif 0 <= line < end and not self.text[self.at : line].rstrip().endswith(("|", "\\")):
            self.at = line + 1
        else:
            self.at = end + 1
            cases[-1] = False

    def _open_bracket(self, command: Command, finish: "object", depth: int) -> None:
        text = self.text
        if text.startswith("((", self.at):
            end = text.find("))", self.at)
            self._variables_in(self.at, len(text) if end < 0 else end)
            self.at = len(text) if end < 0 else end + 2
        elif command.assigned and not command.words and text[self.at - 1 : self.at] == "=":
            self.at += 1  # an array: its words are no commands
            while self.at < len(text) and text[self.at] != ")":
                if text[self.at] in " \t\r\n;&|<>(":
                    self.at += 1
                else:
                    before = self.at
                    self._word(depth + 1)
                    self.at = max(self.at, before + 1)
            self.at += 1
        elif text.startswith("()", self.at):
            if command.words:
                self.script.functions.add(command.words.pop().text)
            self.at += 2
        else:
            self.at += 1
            self.commands(")", depth + 1)

    def _redirection(self, command: Command, depth: int) -> None:
        text = self.text
        if document := _HEREDOC.match(text, self.at):
            self.documents.append((command, bool(document[1]), document[3], not document[2]))
            self.at = document.end()
            return
        start = self.at
        while self.at < len(text) and text[self.at] in "<>&|":
            self.at += 1
        sign = text[start : self.at]
        while self.at < len(text) and text[self.at] in _BLANKS:
            self.at += 1
        if self.at >= len(text) or text[self.at] in "\n;)":
            return
        word = self._next_word(depth)
        if sign.startswith(">") or sign in ("<>",):
            if not (sign.endswith("&") and (word.text.isdigit() or word.text == "-")):
                command.writes.append(word)
        elif sign == "<<<":
            command.reads.append(Word(UNKNOWN, word.at, word.commands))
        elif not sign.endswith("&"):
            command.reads.append(word)
        if command.words and command.words[-1].text.isdigit() and text[start - 1 : start].isdigit():
            command.words.pop()

    def _skip_documents(self, depth: int) -> None:
        """The here-documents that begin on this line."""
        waiting, self.documents = self.documents, []
        for command, indented, tag, expands in waiting:
            start = self.at
            end = len(self.text)
            at = start
            while at <= len(self.text):
                stop = self.text.find("\n", at)
                line = self.text[at : stop if stop >= 0 else len(self.text)]
                if (line.lstrip("\t") if indented else line).rstrip("\r") == tag:
                    end = at
                    at = stop if stop >= 0 else len(self.text)
                    break
                if stop < 0:
                    at = len(self.text)
                    break
                at = stop + 1
            command.document = (start, end)
            if expands:
                self._inside(start, end, depth)
            self.at = min(len(self.text), at + 1) if end < len(self.text) else len(self.text)

    def _inside(self, start: int, end: int, depth: int) -> None:
        """What is substituted into a text that expands."""
        part = _Reader(self.text[:end])
        part.script = self.script
        part.at = start
        while part.at < end:
            stop = _STOPS.search(part.text, part.at)
            if stop is None:
                return
            part.at = stop.start()
            if part.text[part.at] in '"\\':
                part.at += 1 if part.text[part.at] == '"' else 2
            else:
                part._expansion(Word("", part.at), depth + 1)

    def _next_word(self, depth: int) -> Word:
        while self.at < len(self.text) and self.text[self.at] in _BLANKS:
            self.at += 1
        return self._word(depth)

    def _word(self, depth: int) -> Word:
        """One word, from here to the blank or sign that ends it."""
        text, size = self.text, len(self.text)
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
            elif char in "$`":
                pieces.append(self._expansion(word, depth))
            elif char == "\\":
                following = text[self.at + 1 : self.at + 2]
                pieces.append("" if following == "\n" else following)
                self.at += 2
            elif char in "<>" and text.startswith("(", self.at + 1) and not pieces:
                self.at += 2
                word.commands += self.commands(")", depth + 1)
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
                pieces.append(self._expansion(word, depth))
        return "".join(pieces)

    def _expansion(self, word: Word, depth: int) -> str:
        """What a dollar sign or a backtick stands for, as far as that can be told."""
        text = self.text
        if text[self.at] == "`":
            self.at += 1
            word.commands += self.commands("`", depth + 1)
            return UNKNOWN
        if text.startswith("$((", self.at):
            end = text.find("))", self.at)
            end = len(text) if end < 0 else end
            self._variables_in(self.at, end)
            self.at = end + 2
            return UNKNOWN
        if text.startswith("$(", self.at):
            self.at += 2
            word.commands += self.commands(")", depth + 1)
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
            raise TooDeep
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
                self._expansion(word, depth + 1)
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

    def _variables_in(self, start: int, end: int) -> None:
        for match in re.compile(r"\$([A-Za-z_]\w*)").finditer(self.text, start, end):
            self._variable(match[1], match.start())


def _ansi(text: str) -> str:
    """A text of `$'…'` with its escapes resolved."""

    def char(match: re.Match[str]) -> str:
        return chr(int(match[1] or match[2], 16 if match[1] else 8))

    return re.sub(r"\\(?:x([0-9a-fA-F]{1,2})|([0-7]{1,3}))", char, text)
