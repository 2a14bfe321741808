"""A skill's folder as its rules see it: which files there are, and the texts among them, read within bounds."""

import posixpath
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from workbench.errors import InputError
from workbench.skills import files, reader
from workbench.skills.mentions import Names, names_in, parts_of
from workbench.skills.model import MAX_SKILL_FILE, ROOT_ID, SKILL_FILE
from workbench.text import decode

MAX_TEXTS = 400
MAX_TEXT = 256 << 10
MAX_ALL_TEXTS = 4 << 20

SCRIPTS = (".py", ".sh", ".bash", ".zsh", ".js", ".mjs", ".cjs", ".ts", ".rb", ".pl", ".php", ".lua")
_TEXTS = (*SCRIPTS, "", ".md", ".markdown", ".mdx", ".txt", ".yaml", ".yml", ".json", ".toml", ".html", ".css", ".xml",
          ".jsx", ".tsx", ".cfg", ".ini", ".sql", ".j2")  # fmt: skip


@dataclass(frozen=True, slots=True)
class FolderFile:
    """A regular file of a skill: its size in bytes, and whether its owner may execute it."""

    path: str
    size: int
    executable: bool

    @property
    def suffix(self) -> str:
        """`.py`; empty without one."""
        return posixpath.splitext(self.path)[1].lower()


@dataclass(frozen=True)
class Folder:
    """One skill's folder, without the skills nested in it.

    Attributes:
        real: Its path on disk, free of links.
        files: Its regular files by their path relative to the skill.
        present: The paths of everything in it, folders and links included.
        nested: Folders of skills below this one.
    """

    root: Path
    skill_id: str
    real: str
    files: Mapping[str, FolderFile]
    present: frozenset[str]
    nested: tuple[str, ...] = ()
    _left: list[str] = field(default_factory=list)
    _datas: dict[str, bytes] = field(default_factory=dict)

    def where(self, path: str) -> str:
        """A file's path relative to the library."""
        return path if self.skill_id == ROOT_ID else f"{self.skill_id}/{path}"

    def read(self, path: str, limit: int = MAX_TEXT) -> bytes:
        """At most `limit` bytes of a file. Raises OSError or InputError."""
        if path in self._datas:
            return self._datas[path][:limit]
        try:
            return files.read_below(self.real, path, limit)
        except OSError:  # a link meanwhile, or gone
            return files.read_inside(self.root, self.where(path), limit)

    @cached_property
    def body(self) -> str:
        """The Markdown of its SKILL.md. Raises OSError or InputError where that can't be read."""
        data = self.read(SKILL_FILE, MAX_SKILL_FILE + 1)
        if len(data) < MAX_TEXT:
            self._datas[SKILL_FILE] = data
        return reader.body_of(data)

    @cached_property
    def texts(self) -> Mapping[str, str]:
        """The texts by path, as many as the bounds allow; `complete` says whether that is all of them."""
        found: dict[str, str] = {}
        total = 0
        for path, file in self.files.items():
            if file.suffix not in _TEXTS or path.startswith(".git/"):
                continue
            if file.size > MAX_TEXT or len(found) >= MAX_TEXTS or total + file.size > MAX_ALL_TEXTS:
                self._left.append(path)
                continue
            try:
                data = self.read(path)
            except (OSError, InputError):
                self._left.append(path)
                continue
            if len(data) < MAX_TEXT:
                self._datas[path] = data
            if not files.is_binary(data):
                found[path] = decode(data)
                total += len(data)
        return found

    @property
    def complete(self) -> bool:
        """Whether every text was read, so that what none of them names is really named nowhere."""
        return len(self.texts) > 0 and not self._left

    @cached_property
    def names(self) -> Mapping[str, Names]:
        """What each text names, of the files of this folder."""
        sought = parts_of(self.files)
        return {path: names_in(text, sought) for path, text in self.texts.items()}


def look(root: Path, skill_id: str) -> Folder:
    """The folder of one skill.

    Raises:
        InputError: It can't be listed, leads out of the library, or holds more than `files.MAX_FILES` files.
    """
    folder = files.folder_of(root, skill_id)
    found: dict[str, FolderFile] = {}
    present: set[str] = set()
    nested = []
    for path, entry in files.walk(folder):
        present.add(path)
        present.update(_above(path))
        if path.endswith(f"/{SKILL_FILE}"):
            nested.append(posixpath.dirname(path))
        try:
            if entry.is_file(follow_symlinks=False):
                info = entry.stat(follow_symlinks=False)
                found[path] = FolderFile(path, info.st_size, bool(info.st_mode & 0o100))
        except OSError:
            continue  # it vanished meanwhile
    own = {path: file for path, file in found.items() if not path.startswith(tuple(f"{one}/" for one in nested))}
    return Folder(root, skill_id, folder, own, frozenset(present), tuple(nested))


def _above(path: str) -> Iterator[str]:
    while path := posixpath.dirname(path):
        yield path
