"""Shell scripts taken apart: which commands stand where, with the words that can be known without running anything.

A reader of POSIX shell and the common parts of bash and zsh. It has to survive anything, not to be a shell: what it
can't follow it takes for words.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from workbench.skills.capabilities.shell_words import (
    MAX_NESTING,
    MAX_WORDS,
    Command,
    Script,
    TooMuchError,
    Word,
    WordReader,
)

_ASSIGNMENT = re.compile(r"([A-Za-z_]\w*)(?:\[[^\]\n]{0,80}\])?\+?=")
_HEREDOC = re.compile(r"<<(-?)[ \t]*(['\"]?)([\w.-]{1,80})\2")
_PLAIN_SHELL = re.compile(r"#![^\n]*\b(?:sh|dash|ash)\b")
"""A shell that takes `[[` for a program, so that what follows `||` in it is a command."""
_GAP = re.compile(r"(?:[ \t\r]|\\\n)+")
_SPACE = re.compile(r"\s+")
_SIGNS = frozenset("\n#;|&<>()")
_OPENERS = frozenset(("if", "then", "else", "elif", "while", "until", "do", "!", "{", "}", "time", "fi", "done",
                      "esac"))  # fmt: skip
_LOOPS = frozenset(("for", "select"))
_STRUCTURE = _OPENERS | _LOOPS | {"case", "function"}
_STOPS = re.compile(r"[\"\\$`]")


def read_script(text: str, *, known: Mapping[str, str | None] | None = None) -> Script:
    """Take a script apart.

    Args:
        text: The script.
        known: Values of variables that it does not set itself.

    Raises:
        TooMuchError: It is beyond the bounds.
    """
    reader = _Reader(text)
    reader.script.values.update(known or {})
    reader.commands("", 0)
    return reader.script


@dataclass(slots=True)
class _List:
    """A list of commands while it is read.

    Attributes:
        command: The one that is being read.
        piped: The one whose output it reads.
        cases: For each open `case`, whether a pattern is next.
    """

    command: Command
    found: list[Command] = field(default_factory=list)
    piped: Command | None = None
    cases: list[bool] = field(default_factory=list)


class _Reader:
    """One pass over a script, from left to right; `words` holds the place."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.script = Script()
        self.words = WordReader(text, self.script, self.commands)
        self.documents: list[tuple[Command, bool, str, bool]] = []
        self.last_condition = -1 if _PLAIN_SHELL.match(text) else text.rfind("]]")

    def commands(self, closing: str, depth: int) -> list[Command]:
        """The commands up to the character that closes a substitution, which is taken too."""
        self.words.count += 1
        if depth > MAX_NESTING or self.words.count > MAX_WORDS:
            raise TooMuchError
        text, size, words = self.text, len(self.text), self.words
        now = _List(Command(words.at))
        while words.at < size:
            char = text[words.at]
            if gap := _GAP.match(text, words.at):
                words.at = gap.end()
            elif char == closing and not (char == ")" and now.cases):
                self._finish(now)
                words.at += 1
                return now.found
            elif now.cases and now.cases[-1] and not now.command.words and char != "\n":
                self._skip_pattern(now.cases)
            elif char in _SIGNS and not text.startswith(("<(", ">("), words.at):
                self._sign(char, now, depth)
            else:
                word = words.word(depth)
                if not self._is_syntax(word, now):
                    self._take(word, now.command)
                    if word.text == "[[" and len(now.command.words) == 1 and words.at < self.last_condition:
                        self._condition(depth)
        self._finish(now)
        return now.found

    def _finish(self, now: _List, *, pipe: bool = False) -> None:
        """A command is read; `pipe`: what comes next reads its output."""
        done = now.command
        done.end = self.words.at
        if done.words or done.writes or done.reads or done.assigned:
            done.before = now.piped
            now.found.append(done)
            self.script.commands.append(done)
        now.piped = done if pipe else None
        now.command = Command(self.words.at)

    def _sign(self, char: str, now: _List, depth: int) -> None:
        """What separates, redirects or groups commands."""
        text, words = self.text, self.words
        if char == "\n":
            self._finish(now)
            words.at += 1
            if self.documents:
                self._skip_documents(depth)
            elif space := _SPACE.match(text, words.at):
                words.at = space.end()
        elif char == "#":
            end = text.find("\n", words.at)
            words.at = len(text) if end < 0 else end
        elif char == ";":
            again = text.startswith((";;", ";&"), words.at)
            self._finish(now)
            words.at += 2 if again else 1
            if again and now.cases:
                now.cases[-1] = True
        elif char == "|":
            double = text.startswith("||", words.at)
            self._finish(now, pipe=not double)
            words.at += 2 if double or text.startswith("|&", words.at) else 1
        elif char == "&" and text.startswith("&>", words.at):
            words.at += 3 if text.startswith("&>>", words.at) else 2
            now.command.writes.append(words.next_word(depth))
        elif char == "&":
            self._finish(now)
            words.at += 2 if text.startswith("&&", words.at) else 1
        elif char in "<>":
            self._redirection(now.command, depth)
        elif char == "(":
            self._bracket(now.command, depth)
        else:
            self._finish(now)
            words.at += 1

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

    def _condition(self, depth: int) -> None:
        """What stands between `[[` and `]]`, where `||`, `<` and brackets are no signs of the shell's."""
        text, words = self.text, self.words
        joined = True
        while words.at < len(text):
            char = text[words.at]
            if gap := _GAP.match(text, words.at):
                words.at = gap.end()
            elif char == ";" or (char == "\n" and not joined):
                return  # it is closed nowhere: what follows are commands
            elif char in "&|<>()!\n" and not text.startswith(("<(", ">("), words.at):
                joined = char in "&|(\n"
                words.at += 1
            else:
                joined = False
                word = words.word(depth)
                if word.text == "]]" and not word.quoted:
                    return

    def _is_syntax(self, word: Word, now: _List) -> bool:
        """Whether a word at the start of a command only gives structure."""
        if now.command.words or now.command.assigned or word.quoted:
            return False
        words, text = self.words, word.text
        if text not in _STRUCTURE:
            if not self.text.startswith("()", words.at):
                return False
            words.at += 2
            self.script.functions.add(text)
        elif text == "case":
            words.next_word(0)
            words.next_word(0)
            now.cases.append(True)
        elif text == "function":
            self.script.functions.add(words.next_word(0).text)
        elif text in _LOOPS:
            self.script.values[words.next_word(0).text] = None
            self._skip_list()
        elif text == "esac" and now.cases:
            now.cases.pop()
        return True

    def _skip_list(self) -> None:
        """What a loop runs over: words that are no command (commands substituted into them are read)."""
        words = self.words
        while words.at < len(self.text) and self.text[words.at] not in ";\n":
            before = words.at
            if self.text[words.at] in " \t\r()":
                words.at += 1
            else:
                words.word(1)
            words.at = max(words.at, before + 1)

    def _skip_pattern(self, cases: list[bool]) -> None:
        """The pattern of a `case`, up to its bracket, or `esac`."""
        words = self.words
        if self.text.startswith("esac", words.at):
            words.at += 4
            cases.pop()
            return
        end = self.text.find(")", words.at, words.at + 2000)
        line = self.text.find("\n", words.at)
        if 0 <= line < end and not self.text[words.at : line].rstrip().endswith(("|", "\\")):
            words.at = line + 1
        elif end >= 0:
            words.at = end + 1
            cases[-1] = False
        else:
            words.at = len(self.text) if line < 0 else line + 1

    def _bracket(self, command: Command, depth: int) -> None:
        """Arithmetic, an array, a function's brackets, or commands in a shell of their own."""
        text, words = self.text, self.words
        if text.startswith("((", words.at):
            end = text.find("))", words.at)
            end = len(text) if end < 0 else end
            words.variables_in(words.at, end)
            words.at = end + 2
        elif command.assigned and not command.words and text[words.at - 1 : words.at] == "=":
            words.at += 1
            while words.at < len(text) and text[words.at] != ")":
                before = words.at
                if text[words.at] not in " \t\r\n;&|<>(":
                    words.word(depth + 1)
                words.at = max(words.at, before + 1)
            words.at += 1
        elif text.startswith("()", words.at):
            if command.words:
                self.script.functions.add(command.words.pop().text)
            words.at += 2
        else:
            words.at += 1
            self.commands(")", depth + 1)

    def _redirection(self, command: Command, depth: int) -> None:
        text, words = self.text, self.words
        if document := _HEREDOC.match(text, words.at):
            self.documents.append((command, bool(document[1]), document[3], not document[2]))
            words.at = document.end()
            return
        start = words.at
        while words.at < len(text) and text[words.at] in "<>&|":
            words.at += 1
        sign = text[start : words.at]
        if command.words and command.words[-1].text.isdigit() and text[start - 1 : start].isdigit():
            command.words.pop()
        while words.at < len(text) and text[words.at] in " \t\r":
            words.at += 1
        if words.at >= len(text) or text[words.at] in "\n;)|&":
            return
        word = words.next_word(depth)
        if sign.startswith(">") or sign == "<>":
            if not (sign.endswith("&") and (word.text.isdigit() or word.text == "-")):
                command.writes.append(word)
        elif sign == "<<<":
            command.reads.append(Word("", word.at, word.commands))
        elif not sign.endswith("&"):
            command.reads.append(word)

    def _skip_documents(self, depth: int) -> None:
        """The here-documents that begin on this line."""
        text, words = self.text, self.words
        waiting, self.documents = self.documents, []
        for command, indented, tag, expands in waiting:
            start = at = words.at
            end = following = len(text)
            while at < len(text):
                stop = text.find("\n", at)
                stop = len(text) if stop < 0 else stop
                line = text[at:stop].rstrip("\r")
                if (line.lstrip("\t") if indented else line) == tag:
                    end, following = at, stop + 1
                    break
                at = stop + 1
            command.document = (start, end)
            if expands:
                self._inside(start, end, depth)
            words.at = min(following, len(text))

    def _inside(self, start: int, end: int, depth: int) -> None:
        """What is substituted into a text that expands."""
        if _STOPS.search(self.text, start, end) is None:
            return
        self.words.count += end >> 12  # what the copy costs, so that many in a large file come to an end
        if self.words.count > MAX_WORDS:
            raise TooMuchError
        part = _Reader(self.text[:end])
        part.script = part.words.script = self.script
        words = part.words
        words.count = self.words.count
        words.at = start
        while words.at < end:
            stop = _STOPS.search(part.text, words.at)
            if stop is None:
                break
            words.at = stop.start()
            if part.text[words.at] in '"\\':
                words.at += 1 if part.text[words.at] == '"' else 2
            else:
                words.expansion(Word("", words.at), depth + 1)
        self.words.count = words.count + 1
