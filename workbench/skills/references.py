"""What the files of a skill say about other skills: links and paths into their folders, imports, and their names.

Each file is read once and each line matched once against patterns; whatever looks like a name is then looked up, so
that ten thousand names cost no more than ten. Nothing is run, imported or followed out of the library.
"""

import os
import posixpath
import re
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from workbench.errors import InputError
from workbench.skills import files
from workbench.skills.links import relative_links
from workbench.skills.model import ROOT_ID, SKILL_FILE, Skill, Skipped
from workbench.text import decode

EdgeKind = Literal["declared", "link", "import", "mention"]

MAX_FILES = 200
MAX_BYTES = 256 << 10
MAX_REFERENCES = 1_000
"""Of one skill each: files that are looked into, bytes of each, and references that are kept."""

_SCRIPTS = (".py", ".sh", ".bash", ".zsh", ".js", ".mjs", ".cjs", ".ts")
_DOCUMENTS = (".md", ".markdown")
_DATA = (".yaml", ".yml")
_FENCE = re.compile(r"^ {0,3}(```|~~~)", re.MULTILINE)
_PATH = re.compile(r"\.\./(?:\.\./){0,32}[\w.@+-]{1,255}(?:/[\w.@+-]{1,255}){0,32}")
_CODE = re.compile(r"`/?([^`\n]{1,64})`")
_SLASH = re.compile(r"/(\w[\w-]{0,63})(?![\w/.-])")
_SKILL = re.compile(r"kill(s?):?(?!\w)")
_BEFORE = re.compile(r"(?<![\w/.@-])(\w[\w-]{0,63})[`\"'”’*_]{0,3}\s{1,3}$")
_AFTER = re.compile(r"\s{1,3}[`\"'“‘*_]{1,3}(\w[\w-]{0,63})(?![\w-])")
_NOT_BEFORE_PATH = re.compile(r"[\w.-]")
_NOT_BEFORE_SLASH = re.compile(r"[\w/.:~$}`-]")
"""What must not stand before a match. It is checked afterwards: a pattern that begins with plain text is searched for
ten times faster than one that looks behind itself."""

_WORD = re.compile(r"\w")
_NEAR = 80
"""Characters before the word "skill" in which a name can end."""
_TOOL = re.compile(
    r"[\"']?tool[\"']?[ \t]*:[ \t]*[\"']?(?P<skill>[^\s\"'#,{}]{1,256})\.[\w-]+[\"']?[ \t]*(?:[,#}]|$)", re.MULTILINE
)
_MODULE = re.compile(r"^[ \t]*(?:from|import)[ \t]+(?P<module>[A-Za-z_]\w*)", re.MULTILINE)
_JOINED = re.compile(r"[/,][ \t]*[\"'](?P<name>[^\"'/\\\n]{1,64})[\"']")
_UPWARDS = ("parent", "..", "__file__", "__dirname", "dirname")


_Hit = tuple[int, str, EdgeKind]
"""Where in a text, which skill's id, and how."""


@dataclass(frozen=True, slots=True)
class Reference:
    """One place where a skill names another.

    Attributes:
        to: The other skill's id.
        path: The file, relative to the library.
        line: Counted from 1.
    """

    to: str
    kind: EdgeKind
    path: str
    line: int


@dataclass(slots=True)
class Names:
    """The skills of a library by everything that may stand for them.

    Attributes:
        root: The library's folder, free of links.
        ids: Of all its skills.
        holders: Folders that hold skills somewhere below.
        by_name: Ids by label and by the folder's name.
    """

    root: str
    ids: frozenset[str]
    holders: frozenset[str]
    by_name: dict[str, tuple[str, ...]] = field(default_factory=dict)

    @classmethod
    def of(cls, root: Path, skills: Sequence[Skill]) -> "Names":
        """The names of these skills: their labels, and their folders' names."""
        found: dict[str, list[str]] = {}
        for skill in skills:
            for name in {skill.name, posixpath.basename(skill.id)} - {ROOT_ID}:
                found.setdefault(name, []).append(skill.id)
        by_name = {name: tuple(ids) for name, ids in found.items()}
        ids = frozenset(skill.id for skill in skills)
        return cls(os.path.realpath(root), ids, _folders_above(ids), by_name)

    def nearest(self, name: str, seen_from: str) -> str | None:
        """The skill of this name: of several the one beside `seen_from`, else the first by its path."""
        ids = self.by_name.get(name)
        if ids is None:
            return None
        folder = posixpath.dirname(seen_from)
        return next((id_ for id_ in ids if posixpath.dirname(id_) == folder), min(ids))

    def owner(self, path: str) -> str | None:
        """The skill that a path of the library belongs to; None for none, and for what only a root skill holds."""
        while path and path not in (ROOT_ID, "..", "/"):
            if path in self.ids:
                return path
            path = posixpath.dirname(path)
        return None


def _folders_above(ids: Iterable[str]) -> frozenset[str]:
    above: set[str] = set()
    for id_ in ids:
        folder = posixpath.dirname(id_)
        while folder not in above:
            above.add(folder)
            folder = posixpath.dirname(folder)
    return frozenset({ROOT_ID if folder == "" else folder for folder in above})


def references_of(skill: Skill, names: Names) -> tuple[list[Reference], list[Skipped]]:
    """The first place of each kind at which a skill's files name each other skill, and what was not looked into."""
    reading = _Reading(skill, names, skill.id in names.holders)
    reading.run()
    return list(reading.found.values()), reading.skipped


@dataclass(slots=True)
class _Reading:
    """One skill while its files are read; `nests` says whether other skills lie in its folder."""

    skill: Skill
    names: Names
    nests: bool
    found: dict[tuple[str, EdgeKind], Reference] = field(default_factory=dict)
    skipped: list[Skipped] = field(default_factory=list)

    def run(self) -> None:
        folder = self.names.root if self.skill.id == ROOT_ID else f"{self.names.root}/{self.skill.id}"
        try:
            wanted = list(self._wanted(folder))
        except (OSError, InputError) as error:
            self._skip("", error.what if isinstance(error, InputError) else "its files can't be listed")
            wanted = [SKILL_FILE]
        if len(wanted) > MAX_FILES:
            self._skip("", f"only the first {MAX_FILES} of {len(wanted):,} files are looked into for other skills")
        for path in wanted[:MAX_FILES]:
            try:
                data = files.read_below(self.names.root, self._in_library(path), MAX_BYTES + 1)
            except (OSError, InputError):
                self._skip(path, "it can't be read, or is a link")
                continue
            if len(data) > MAX_BYTES:
                self._skip(path, f"only its first {MAX_BYTES >> 10} KiB are looked into for other skills")
            self._read(path, decode(data[:MAX_BYTES]))
            if len(self.found) > MAX_REFERENCES:
                self._skip("", f"only the first {MAX_REFERENCES:,} references to other skills are kept")
                self.found = dict(list(self.found.items())[:MAX_REFERENCES])
                return

    def _wanted(self, folder: str) -> Iterator[str]:
        """The files that can name another skill, SKILL.md first; a nested skill's are its own."""
        yield SKILL_FILE
        for path, entry in files.walk(folder):
            lower = path.lower()
            if path == SKILL_FILE or not lower.endswith(_SCRIPTS + _DOCUMENTS + _DATA) or entry.is_symlink():
                continue
            if lower.endswith(_DATA) and path != "tools.yaml" and not path.startswith("tests/"):
                continue
            if not self.nests or self.names.owner(self._in_library(path)) in (self.skill.id, None):
                yield path

    def _in_library(self, path: str) -> str:
        return path if self.skill.id == ROOT_ID else f"{self.skill.id}/{path}"

    def _skip(self, path: str, reason: str) -> None:
        self.skipped.append(Skipped(self._in_library(path) if path else self.skill.id, reason))

    def _read(self, path: str, text: str) -> None:
        """Everything in one file, in the order of its lines."""
        lower = path.lower()
        if lower.endswith(_DOCUMENTS):
            found = [*self._links(path, text), *self._mentions(text)]
        elif lower.endswith(_DATA):
            found = [*self._paths(path, text, "import"), *self._tools(text)]
        else:
            found = [*self._paths(path, text, "import"), *self._joined(text)]
            found += self._modules(text) if lower.endswith(".py") else ()
            found = [one for one in found if not _in_comment(text, one[0])]
        for at, to, kind in sorted(found):
            if to != self.skill.id and (to, kind) not in self.found:
                line = text.count("\n", 0, at) + 1
                self.found[to, kind] = Reference(to, kind, self._in_library(path), line)

    def _paths(self, path: str, text: str, kind: EdgeKind) -> Iterator[_Hit]:
        """Relative paths that lead upwards, as seen from the file's folder, or else from the skill's."""
        if "../" in text:
            for found in _PATH.finditer(text):
                if not _follows(text, found.start(), _NOT_BEFORE_PATH) and (to := self._target(path, found[0])):
                    yield found.start(), to, kind

    def _target(self, path: str, target: str) -> str | None:
        above = posixpath.dirname(self._in_library(path))
        for base in dict.fromkeys((above, "" if self.skill.id == ROOT_ID else self.skill.id)):
            owner = self.names.owner(posixpath.normpath(posixpath.join(base, target)))
            if owner is not None and owner != self.skill.id:
                return owner
        return None

    def _links(self, path: str, text: str) -> Iterator[_Hit]:
        yield from self._paths(path, text, "link")
        if ("](" in text or "]:" in text) and (
            self.nests or "%2" in text
        ):  # every other link that leaves has ../ in it
            starts = [0, *(found.end() for found in re.finditer("\n", text))]
            for link in relative_links(text):
                if to := self._target(path, link.path):
                    yield starts[link.line - 1], to, "link"

    def _mentions(self, text: str) -> Iterator[_Hit]:
        fences = [found.start() for found in _FENCE.finditer(text)] if "```" in text or "~~~" in text else []
        for at, name in self._named(text):
            to = self.names.nearest(name, self.skill.id)
            if to is not None and bisect_right(fences, at) % 2 == 0:
                yield at, to, "mention"

    def _named(self, text: str) -> Iterator[tuple[int, str]]:
        """Whatever may be a skill's name: a distinctive one in code or after a slash, any that is called a skill."""
        for found in _CODE.finditer(text):
            if found[1].strip() in self.names.by_name and is_distinctive(found[1]):
                yield found.start(), found[1].strip()
        for found in _SLASH.finditer(text):
            known = found[1] in self.names.by_name and is_distinctive(found[1])
            if known and not _follows(text, found.start(), _NOT_BEFORE_SLASH):
                yield found.start(), found[1]
        for word in _SKILL.finditer(text):
            start = word.start() - 1
            if text[max(0, start) : start + 1] not in ("s", "S") or _follows(text, start, _WORD):
                continue
            near = max(0, start - _NEAR)
            if not word[1] and (before := _BEFORE.search(text[near:start])):
                yield near + before.start(1), before[1]
            if after := _AFTER.match(text, word.end()):
                yield after.start(1), after[1]

    def _tools(self, text: str) -> Iterator[_Hit]:
        """What cases call of other skills: `tool: pdf-tools.split`."""
        for found in _TOOL.finditer(text):
            name = found["skill"]
            to = name if name in self.names.ids else self.names.nearest(name, self.skill.id)
            if to is not None and not _in_comment(text, found.start()):
                yield found.start(), to, "import"

    def _joined(self, text: str) -> Iterator[_Hit]:
        """Paths that a script puts together: `Path(__file__).parents[2] / "pdf-tools"`."""
        if not any(word in text for word in _UPWARDS):
            return
        for found in _JOINED.finditer(text):
            to = self._beside(found["name"])
            if to and any(word in _line(text, found.start()) for word in _UPWARDS):
                yield found.start(), to, "import"

    def _modules(self, text: str) -> Iterator[_Hit]:
        """Modules named as a skill beside this one, where the script says where modules are."""
        if "sys.path" in text:
            for found in _MODULE.finditer(text):
                if to := self._beside(found["module"].replace("_", "-")):
                    yield found.start("module"), to, "import"

    def _beside(self, name: str) -> str | None:
        """The skill in the folder of this name beside this skill's."""
        sibling = posixpath.join(posixpath.dirname(self.skill.id), name)
        return sibling if is_distinctive(name) and sibling in self.names.ids else None


def _follows(text: str, at: int, what: "re.Pattern[str]") -> bool:
    return at > 0 and what.match(text, at - 1) is not None


def _line(text: str, at: int) -> str:
    """The line around a place, at most a few hundred characters of it."""
    start = text.rfind("\n", 0, at) + 1
    end = text.find("\n", at)
    return text[max(start, at - 200) : min(end if end >= 0 else len(text), at + 200)]


def _in_comment(text: str, at: int) -> bool:
    """Whether a place is on a line that is a comment from its start."""
    start = text.rfind("\n", 0, at) + 1
    return text[start : start + 200].lstrip().startswith(("#", "//"))


def is_distinctive(name: str) -> bool:
    """Whether a name says enough that it can't be taken for a common word: it has two parts, or a digit in it."""
    return len(name) > 4 and ("-" in name.strip("-") or any(char.isdigit() for char in name))
