"""Colours for the lines of a diff: the whole file is read once for each side, so that a string over many lines is one.

Pygments reads it, in a job. It is not asked about everything: a lexer is a set of regular expressions, and some take
minutes for a text made for it. Only languages whose lexers were seen to be linear on such texts are coloured, and only
files of up to a million characters; a line that is longer than a person reads stays plain.
"""

import re
import time
from array import array
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from workbench.text import decode
from workbench.tui.syntax_lines import tone_of

if TYPE_CHECKING:
    from pygments.lexer import Lexer

MOST_CHARACTERS = 1_000_000
LONGEST_LINE = 2_000

TONES = ("plain", "keyword", "string", "number", "comment", "name", "title", "strong", "emphasis")
"""What a colour is called; a line's colours name them by their places here."""

_NUMBER = {tone: number for number, tone in enumerate(TONES)}
_SECONDS = 3.0
_SLICE = 400
_LOOK_UP_AFTER = 50
_LANGUAGES = {
    "md": "md", "markdown": "md", "py": "py", "pyi": "py", "sh": "sh", "bash": "sh", "js": "js", "mjs": "js",
    "cjs": "js", "ts": "ts", "json": "json", "yaml": "yaml", "yml": "yaml", "toml": "toml", "css": "css",
    "html": "html", "htm": "html", "ini": "ini", "cfg": "ini", "go": "go", "rs": "rs", "sql": "sql",
}  # fmt: skip
_SHEBANG = re.compile(r"#!\S*?(?:env\s+(?:-S\s+)?)?(python|bash|sh|node)[\d.]*\b")
_PROGRAMS = {"python": "py", "bash": "sh", "sh": "sh", "node": "js"}


@dataclass(slots=True)
class FileColours:
    """The colours of one side of a file, as far as they are known.

    Attributes:
        lines: The file's lines, to be sure that a line of the diff is the one that was coloured.
        colours: By line, from the first: pairs of where a colour ends, in characters, and its number in `TONES`; None
            for a line that is plain.
    """

    lines: list[str] = field(default_factory=list)
    colours: list["array[int] | None"] = field(default_factory=list)

    def of(self, number: int | None, text: str) -> Iterator[tuple[int, int, str]]:
        """The colours of a line as (start, end, tone); nothing where they are not known, or its text is another."""
        at = (number or 0) - 1
        if not 0 <= at < len(self.colours):
            return
        found = self.colours[at]
        if found is None or self.lines[at] != text.removesuffix("\r"):
            return
        start = 0
        for end, tone in zip(found[::2], found[1::2], strict=True):
            if tone:
                yield start, end, TONES[tone]
            start = end


Slice = tuple[list[str], list["array[int] | None"]]
"""Some lines, following those before, and their colours."""


def language_of(path: str, text: str) -> str | None:
    """The suffix that stands for a file's language, by its name or its first line; None where it stays plain."""
    name = path.rpartition("/")[2].lower()
    if "." in name:
        return _LANGUAGES.get(name.rpartition(".")[2])
    shebang = _SHEBANG.match(text[:200])
    return _PROGRAMS[shebang[1]] if shebang else None


def colour_slices(data: bytes, path: str, stop: Callable[[], bool]) -> Iterator[Slice]:
    """The colours of a file's lines in slices, from the first line; nothing where it stays plain.

    Args:
        data: The whole file.
        path: Its name decides the language.
        stop: Asked now and then whether to give up.
    """
    text = decode(data).replace("\r\n", "\n")
    language = language_of(path, text) if len(text) <= MOST_CHARACTERS else None
    if language is None:
        return
    lines = text.split("\n")
    short = "\n".join(line if len(line) <= LONGEST_LINE else "" for line in lines)
    colours: list[array[int] | None] = []
    sent = 0
    for found in _by_line(_tokens(short, language), stop):
        colours.append(found)
        if len(colours) - sent >= _SLICE:
            yield lines[sent : len(colours)], colours[sent:]
            sent = len(colours)
    if sent < len(colours):
        yield lines[sent : len(colours)], colours[sent:]


def _tokens(text: str, language: str) -> Iterator[tuple[str, str]]:
    """A text as pieces with their tones."""
    head = ""
    if language == "md" and text.startswith("---\n") and (end := text.find("\n---", 3)) > 0:
        head, text = text[: end + 4], text[end + 4 :]
        yield from _read(_lexer("yaml"), head)
    yield from _read(_lexer(language), text)


def _read(lexer: "Lexer", text: str) -> Iterator[tuple[str, str]]:
    known: dict[object, str] = {}
    for _, kind, value in lexer.get_tokens_unprocessed(text):
        tone = known.get(kind)
        if tone is None:
            tone = known[kind] = tone_of(str(kind))
        yield tone, value


def _lexer(language: str) -> "Lexer":
    from pygments.lexers import get_lexer_for_filename

    return get_lexer_for_filename(f"file.{language}", stripnl=False, ensurenl=False)


def _by_line(tokens: Iterable[tuple[str, str]], stop: Callable[[], bool]) -> Iterator["array[int] | None"]:
    """The colours line by line; gives up quietly after a few seconds, or when asked to."""
    began = time.monotonic()
    line: array[int] = array("H")
    at = 0
    for number, (tone, value) in enumerate(tokens, start=1):
        if number % _LOOK_UP_AFTER == 0:
            time.sleep(0)
            if stop() or time.monotonic() - began > _SECONDS:
                return
        colour = _NUMBER.get(tone, 0)
        for part, piece in enumerate(value.split("\n")):
            if part:
                yield line if any(line[1::2]) else None
                line, at = array("H"), 0
            if piece:
                at += len(piece)
                if line and line[-1] == colour:
                    line[-2] = at
                else:
                    line.extend((at, colour))
    yield line if any(line[1::2]) else None
