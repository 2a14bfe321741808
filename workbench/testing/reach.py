"""Which files of a skill its cases reach, as far as that can be read: named in commands, imported, named in scripts.

Reading says less than running: a script whose name is put together at run time is not seen, and one that is only
mentioned is. Nothing is run or imported.
"""

import ast
import posixpath
import re
import warnings
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from workbench.errors import InputError
from workbench.skills import files
from workbench.testing.cases import FOLDER
from workbench.testing.model import Case
from workbench.text import decode
from workbench.tools.manifest import MANIFEST
from workbench.tools.model import CallForm, Tool

MAX_SCRIPT = 256 << 10
MAX_SCRIPTS = 500

_CODE = (".py", ".sh", ".bash", ".zsh", ".js", ".mjs", ".cjs", ".ts", ".rb", ".pl", ".php", ".lua", ".ps1", ".r")
_WORDS = re.compile(r"[\w@%+,./-]{1,200}")
_NOT_CODE = (f"{FOLDER}/", "evals/", ".")


@dataclass(slots=True)
class SkillFiles:
    """The files of one skill, and which of them its scripts name.

    Attributes:
        paths: Every file, relative to the skill.
        scripts: Those that are programs, outside its tests.
    """

    folder: Path
    paths: frozenset[str]
    scripts: tuple[str, ...]
    _named: dict[str, frozenset[str]] = field(default_factory=dict)

    def reached(self, case: Case, tools: Mapping[str, Tool]) -> frozenset[str]:
        """What a case reaches, itself or through a script that it reaches; a folder stands for all in it."""
        start = {path for text in _texts(case, tools) for path in self._in_text(text, "")}
        start |= {path for path in _own(case, tools) if path}
        waiting, found = list(start), set(start)
        while waiting:
            path = waiting.pop()
            for named in self._from(path) - found:
                found.add(named)
                waiting.append(named)
        return frozenset(found)

    def _from(self, path: str) -> frozenset[str]:
        """The files that a script names or imports."""
        if path not in self._named:
            self._named[path] = frozenset(self._read(path)) if path in self.scripts else frozenset()
        return self._named[path]

    def _read(self, path: str) -> Iterator[str]:
        try:
            text = decode(files.read_inside(self.folder, path, MAX_SCRIPT))
        except (OSError, InputError):
            return
        beside = posixpath.dirname(path)
        yield from self._in_text(text, beside)
        if path.endswith(".py"):
            for module in _imported(text):
                for folder in dict.fromkeys((beside, "", "scripts")):
                    name = posixpath.join(folder, module.replace(".", "/"))
                    yield from (one for one in (f"{name}.py", f"{name}/__init__.py") if one in self.paths)

    def _in_text(self, text: str, beside: str) -> Iterator[str]:
        for word in set(_WORDS.findall(text)):
            for folder in dict.fromkeys(("", beside)):
                # What follows a variable (`$here/lib.sh`) begins with a slash, and is meant from there.
                path = posixpath.normpath(posixpath.join(folder, word.lstrip("/")))
                if path in self.paths:
                    yield path


def files_of(root: Path, skill_id: str) -> SkillFiles:
    """The files of a skill; a skill that is too large to list has none."""
    try:
        folder = files.folder_of(root, skill_id)
        found = [(path, entry.is_file() and bool(entry.stat().st_mode & 0o100)) for path, entry in files.walk(folder)]
    except (InputError, OSError):
        return SkillFiles(Path(root), frozenset(), ())
    scripts = [
        path
        for path, executable in found
        if (executable or posixpath.splitext(path)[1].lower() in _CODE)
        and not path.startswith(_NOT_CODE)
        and posixpath.basename(path) != "__init__.py"
    ]
    return SkillFiles(Path(folder), frozenset(path for path, _ in found), tuple(sorted(scripts)[:MAX_SCRIPTS]))


def unreached(skill: SkillFiles, reached: Iterable[frozenset[str]]) -> tuple[str, ...]:
    """The scripts of a skill that none of its cases reaches."""
    met = frozenset().union(*reached)
    return tuple(path for path in skill.scripts if path not in met)


def _own(case: Case, tools: Mapping[str, Tool]) -> Iterator[str]:
    """The files that a case names in its own fields."""
    yield case.fixture or ""
    yield posixpath.normpath(case.call.rpartition(":")[0]) if case.call else ""
    yield from (stub.file or "" for stub in case.http)
    demands = [case.expect.stdout, case.expect.stderr, case.expect.output, *case.expect.files.values()]
    yield from (f"{FOLDER}/{one.value}" for many in demands for one in many if one.kind == "snapshot")
    if case.tool is not None:
        yield MANIFEST
        tool = tools.get(case.tool)
        if tool is not None and isinstance(tool.form, CallForm):
            yield posixpath.normpath(tool.form.file)


def _texts(case: Case, tools: Mapping[str, Tool]) -> Iterator[str]:
    """The texts of a case in which a file may be named."""
    for command in (case.run, *case.setup, *case.teardown):
        yield from command
    yield from case.env.values()
    yield from _values(case.arguments)
    tool = tools.get(case.tool) if case.tool is not None else None
    if tool is not None and not isinstance(tool.form, CallForm):
        yield from (part if isinstance(part, str) else part[0] for part in tool.form.argv)


def _values(value: Any) -> Iterator[str]:
    waiting = [value]
    while waiting:
        current = waiting.pop()
        if isinstance(current, str):
            yield current
        elif isinstance(current, Mapping):
            waiting += current.values()
        elif isinstance(current, list):
            waiting += current


def _imported(source: str) -> Iterator[str]:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            tree = ast.parse(source)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            prefix = f"{node.module}." if node.module else ""
            yield from ([node.module] if node.module else [])
            yield from (f"{prefix}{alias.name}" for alias in node.names)
