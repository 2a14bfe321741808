"""What the files of a skill say about other skills: links and paths into their folders, imports, and their names.

Each file is read once and each line matched once against patterns; whatever looks like a name is then looked up, so
that ten thousand names cost no more than ten. Nothing is run, imported or followed out of the library.
"""

import posixpath
import re
from collections.abc import Iterator, Sequence
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

_MAX_LINE = 2_000
_SCRIPTS = (".py", ".sh", ".bash", ".zsh", ".js", ".mjs", ".cjs", ".ts")
_DOCUMENTS = (".md", ".markdown")
_DATA = (".yaml", ".yml")
_COMMENT = re.compile(r"\s*(#|//)")
_FENCE = re.compile(r" {0,3}(```|~~~)")
_PATH = re.compile(r"(?<![\w.-])(?:\.\./)+[\w.@+-]+(?:/[\w.@+-]+){0,32}")
_QUOTED = re.compile(r"`/?(?P<code>[^`\n]{1,64})`|(?<![\w/.:~$}-])/(?P<slash>\w[\w-]{0,63})(?![\w/.-])")
_CALLED = (
    re.compile(r"(?<![\w/.@-])(\w[\w-]{0,63})[\"'”’*_]{0,3}\s{1,3}skill(?!\w)", re.IGNORECASE),
    re.compile(r"(?<!\w)skills?:?\s{1,3}[\"'“‘*_]{1,3}(\w[\w-]{0,63})(?![\w-])", re.IGNORECASE),
)
_NAMES_SKILL = re.compile(r"[\"'”’*_]{0,3}\s{1,3}skill(?!\w)", re.IGNORECASE)
_SKILL_NAMED = re.compile(r"(?<!\w)skills?:?\s{1,3}[\"'“‘*_]{0,3}$", re.IGNORECASE)
_TOOL = re.compile(r"\s*(?:-\s*)?[\"']?tool[\"']?\s*:\s*[\"']?(?P<skill>[^\s\"'#]{1,256})\.[\w-]+[\"']?\s*(?:[,#}]|$)")
_MODULE = re.compile(r"\s*(?:from|import)\s+(?P<module>[A-Za-z_]\w*)")
_JOINED = re.compile(r"(?:/|,)\s*[\"'](?P<name>[^\"'/\\]{1,64})[\"']")
_UPWARDS = ("parent", "..", "__file__", "__dirname", "dirname")


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
    """The skills of a library by everything that may stand for them."""

    ids: frozenset[str]
    by_name: dict[str, tuple[str, ...]] = field(default_factory=dict)

    @classmethod
    def of(cls, skills: Sequence[Skill]) -> "Names":
        """The names of these skills: their labels, and their folders' names."""
        found: dict[str, list[str]] = {}
        for skill in skills:
            for name in {skill.name, posixpath.basename(skill.id)} - {ROOT_ID}:
                found.setdefault(name, []).append(skill.id)
        return cls(frozenset(skill.id for skill in skills), {name: tuple(ids) for name, ids in found.items()})

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


def references_of(root: Path, skill: Skill, names: Names) -> tuple[list[Reference], list[Skipped]]:
    """The first place of each kind at which a skill's files name each other skill, and what was not looked into."""
    reading = _Reading(root, skill, names)
    reading.run()
    return list(reading.found.values()), reading.skipped


@dataclass(slots=True)
class _Reading:
    """One skill while its files are read."""

    root: Path
    skill: Skill
    names: Names
    found: dict[tuple[str, EdgeKind], Reference] = field(default_factory=dict)
    skipped: list[Skipped] = field(default_factory=list)

    def run(self) -> None:
        try:
            folder = files.folder_of(self.root, self.skill.id)
            wanted = list(self._wanted(folder))
        except (OSError, InputError) as error:
            self._skip("", getattr(error, "what", None) or "it can't be read")
            return
        if len(wanted) > MAX_FILES:
            self._skip("", f"only the first {MAX_FILES} of {len(wanted):,} files are looked into for other skills")
        for path in wanted[:MAX_FILES]:
            try:
                data = files.read_inside(Path(folder), path, MAX_BYTES + 1)
            except (OSError, InputError):
                self._skip(path, "it can't be read")
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
            if path == SKILL_FILE or entry.is_symlink() or not path.lower().endswith(_SCRIPTS + _DOCUMENTS + _DATA):
                continue
            inside = self._in_library(path)
            if path.lower().endswith(_DATA) and path != "tools.yaml" and not path.startswith("tests/"):
                continue
            if self.names.owner(inside) in (self.skill.id, None):
                yield path

    def _in_library(self, path: str) -> str:
        return path if self.skill.id == ROOT_ID else f"{self.skill.id}/{path}"

    def _skip(self, path: str, reason: str) -> None:
        self.skipped.append(Skipped(self._in_library(path) if path else self.skill.id, reason))

    def _read(self, path: str, text: str) -> None:
        lower = path.lower()
        if lower.endswith(_DOCUMENTS):
            for link in relative_links(text):
                self._path(link.path, "link", path, link.line)
            self._document(path, text)
        elif lower.endswith(_DATA):
            self._data(path, text)
        else:
            self._script(path, text, python=lower.endswith(".py"))

    def _note(self, to: str | None, kind: EdgeKind, path: str, line: int) -> None:
        if to is not None and to != self.skill.id and (to, kind) not in self.found:
            self.found[to, kind] = Reference(to, kind, self._in_library(path), line)

    def _path(self, target: str, kind: EdgeKind, path: str, line: int) -> None:
        """A relative path, as seen from its file's folder, or else from the skill's."""
        above = posixpath.dirname(self._in_library(path))
        for base in dict.fromkeys((above, "" if self.skill.id == ROOT_ID else self.skill.id)):
            owner = self.names.owner(posixpath.normpath(posixpath.join(base, target)))
            if owner is not None and owner != self.skill.id:
                self._note(owner, kind, path, line)
                return

    def _document(self, path: str, text: str) -> None:
        fenced = False
        for number, line in enumerate(text.split("\n"), start=1):
            if len(line) > _MAX_LINE:
                continue
            if "../" in line:
                for found in _PATH.finditer(line):
                    self._path(found[0], "link", path, number)
            if ("```" in line or "~~~" in line) and _FENCE.match(line):
                fenced = not fenced
            elif not fenced:
                self._mentions(path, number, line)

    def _mentions(self, path: str, number: int, line: str) -> None:
        if "`" in line or "/" in line:
            for found in _QUOTED.finditer(line):
                name = (found["code"] or found["slash"]).strip()
                if name in self.names.by_name and (is_distinctive(name) or _is_called(line, found)):
                    self._note(self.names.nearest(name, self.skill.id), "mention", path, number)
        if "kill" in line:
            for pattern in _CALLED:
                for found in pattern.finditer(line):
                    self._note(self.names.nearest(found[1], self.skill.id), "mention", path, number)

    def _data(self, path: str, text: str) -> None:
        """A `tools.yaml` or a file of cases: a tool of another skill, or a path into it."""
        for number, line in enumerate(text.split("\n"), start=1):
            if len(line) > _MAX_LINE or _COMMENT.match(line):
                continue
            if "../" in line:
                for found in _PATH.finditer(line):
                    self._path(found[0], "import", path, number)
            if "tool" in line and (tool := _TOOL.match(line)):
                to = tool["skill"] if tool["skill"] in self.names.ids else None
                self._note(to or self.names.nearest(tool["skill"], self.skill.id), "import", path, number)

    def _script(self, path: str, text: str, *, python: bool) -> None:
        """A script: relative paths, paths that are put together, and modules that another skill's folder is named."""
        modules = python and "sys.path" in text
        for number, line in enumerate(text.split("\n"), start=1):
            if len(line) > _MAX_LINE or _COMMENT.match(line):
                continue
            if "../" in line:
                for found in _PATH.finditer(line):
                    self._path(found[0], "import", path, number)
            if ('"' in line or "'" in line) and any(word in line for word in _UPWARDS):
                for joined in _JOINED.finditer(line):
                    self._beside(joined["name"], path, number)
            if modules and ("import" in line) and (module := _MODULE.match(line)):
                self._beside(module["module"].replace("_", "-"), path, number)

    def _beside(self, name: str, path: str, line: int) -> None:
        """A folder beside this skill's that a script names."""
        sibling = posixpath.join(posixpath.dirname(self.skill.id), name)
        if is_distinctive(name) and sibling in self.names.ids:
            self._note(sibling, "import", path, line)


def is_distinctive(name: str) -> bool:
    """Whether a name says enough that it can't be taken for a common word: it has two parts, or a digit in it."""
    return len(name) > 4 and ("-" in name.strip("-") or any(char.isdigit() for char in name))


def _is_called(line: str, found: "re.Match[str]") -> bool:
    """Whether the text around a quoted name calls it a skill."""
    if found["code"] is None:
        return False
    return bool(_NAMES_SKILL.match(line, found.end()) or _SKILL_NAMED.search(line, 0, found.start()))
