"""What the texts of a skill name, and whether any of them names a file."""

import posixpath
import re
from collections import Counter
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass

from workbench.skills.model import SKILL_FILE

_TOKEN = re.compile(r"(?:\.{1,2}/)*[\w@+*-][\w@.+*-]{0,100}(?:/[\w@.+*-]{1,100}){0,16}/?")
_IMPORT = re.compile(r"^[ \t]*(?:from|import)[ \t]+\.*([\w.]+)(?:[ \t]+import[ \t]+([\w, \t]+))?", re.MULTILINE)

_MOST_SOUGHT = 32
"""Looking for so many words takes as long as taking every word."""


@dataclass(frozen=True, slots=True)
class Names:
    """What one text names: paths and words as written, the last parts of paths, folders, and modules it imports."""

    words: frozenset[str]
    last: frozenset[str]
    folders: frozenset[str]
    modules: frozenset[str]


def names_in(text: str, sought: Collection[str] = ()) -> Names:
    """What one text names.

    Args:
        text: The text.
        sought: Parts of the names that will be asked for; lines without any need not be read. Empty reads all.
    """
    if 0 < len(sought) <= _MOST_SOUGHT:
        text = _lines_with(text, sought)
    words: set[str] = set()
    last: set[str] = set()
    folders: set[str] = set()
    for written in set(_TOKEN.findall(text)):
        token = written.strip("*").rstrip(".") if written[0] == "*" or written[-1] in "*." else written
        words.add(token)
        if "/" not in token:
            continue
        if written[-1] in "/*":
            folders.add(posixpath.normpath(written.rstrip("/*") or "."))
        above, _, name = token.rpartition("/")
        last.add(name)
        if "*" in name and above:
            folders.add(posixpath.normpath(above))
        if token[0] == ".":
            words.add(posixpath.normpath(token))
    modules: set[str] = set()
    for module, what in _IMPORT.findall(text):
        modules.update(module.split("."))
        modules.update(part.strip() for part in what.split(","))
    return Names(frozenset(words), frozenset(last), frozenset(folders), frozenset(modules))


def parts_of(paths: Collection[str]) -> frozenset[str]:
    """What every way to name one of these files has in it: its stem, or the name of a folder that it is in."""
    folders = {folder for path in paths for folder in path.split("/")[:-1]}
    names = {posixpath.basename(path) for path in paths}
    return frozenset(folders | {name.partition(".")[0] or name for name in names})


def _lines_with(text: str, sought: Collection[str]) -> str:
    """The lines of a text that hold any of these words, in no order."""
    lines: dict[int, int] = {}
    for word in sought:
        at = text.find(word)
        while at >= 0:
            end = text.find("\n", at)
            end = len(text) if end < 0 else end
            lines[text.rfind("\n", 0, at) + 1] = end
            at = text.find(word, end + 1)
    return "\n".join(text[start:end] for start, end in lines.items())


class Mentions:
    """Which files the texts of a skill name, by path, by name, as a module, or with the folder that they are in.

    Args:
        names: What each text names, by the text's path.
        code: The suffixes of scripts.
    """

    def __init__(self, names: Mapping[str, Names], code: tuple[str, ...]) -> None:
        self._names = names
        self._code = code
        self._words = Counter(word for one in names.values() for word in one.words | one.last)
        self._modules = Counter(word for one in names.values() for word in one.modules | one.last)
        self._folders = frozenset(word for one in names.values() for word in one.folders)
        main = names.get(SKILL_FILE)
        if main is not None:
            self._folders |= main.last | {word for word in main.words if "/" in word}
        for path, one in names.items():
            if path.endswith(code):
                self._folders |= one.words

    def has(self, path: str) -> bool:
        """Whether a text other than the file itself names it, or a folder that it is in."""
        own = self._names.get(path)
        name = posixpath.basename(path)
        for word in (path, name):
            if self._words[word] > (own is not None and word in own.words | own.last):
                return True
        stem = name.partition(".")[0]
        if path.endswith(self._code) and self._modules[stem] > (own is not None and stem in own.modules | own.last):
            return True
        return any(one in self._folders or posixpath.basename(one) in self._folders for one in _above(path))


def _above(path: str) -> Iterator[str]:
    while path := posixpath.dirname(path):
        yield path
