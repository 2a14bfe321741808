"""The inventory of one project and one user: every place looked into, within bounds and without leaving the roots."""

import os
import posixpath
import re
import shlex
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from workbench.errors import InputError
from workbench.skills import files
from workbench.skills.clients import CLIENTS, own_folder
from workbench.skills.inventory.documents import MAX_JSON
from workbench.skills.inventory.model import KINDS, RISKS, Entry, Root, Source, path_text
from workbench.skills.inventory.places import HOME, NESTED, PLUGIN, PROJECT, USER, Place
from workbench.skills.inventory.settings import entries_of_settings
from workbench.skills.inventory.texts import entries_of_text, imports_of, reads_as_path
from workbench.skills.model import Problem, Skipped
from workbench.text import decode, truncate, visible

MAX_ENTRIES = 5_000
MAX_FOLDERS = 20_000
MAX_DEPTH = 12
MAX_LINKED = 100
MAX_IMPORTS = 100
MAX_HOPS = 5
"""Imports that are followed in all, and from one file to the next."""

_NEVER = frozenset((".git", "node_modules", "__pycache__", ".venv", ".tox", ".mypy_cache", ".ruff_cache"))
_PLUGIN_MARK = ".claude-plugin"
_PLUGIN_DEPTH = 5
_ROOT_VARIABLES = re.compile(r"^\"?\$\{?(CLAUDE_PROJECT_DIR|CLAUDE_PLUGIN_ROOT|workspaceFolder|PWD)\}?\"?/")


def collect(project: Path, home: Path, env: Mapping[str, str]) -> tuple[tuple[Entry, ...], tuple[Skipped, ...]]:
    """Everything that agents read besides skills, the riskiest first, and what was not looked into.

    Args:
        project: The project's folder.
        home: The user's home folder.
        env: The environment in which the clients would start: it may name other folders.
    """
    collecting = _Collecting(Root(Path(os.path.realpath(project)), "", "project"), Root(home, "~/", "user"))
    collecting.project_files()
    collecting.user_files(env)
    collecting.scripts()
    ordered = sorted(
        collecting.entries.values(),
        key=lambda e: (RISKS.index(e.risk), KINDS.index(e.kind), e.scope, e.path, e.name),
    )
    if len(ordered) > MAX_ENTRIES:
        what = f"only the {MAX_ENTRIES:,} riskiest of {len(ordered):,} entries are listed"
        collecting.skipped.append(Skipped(".", what))
    return tuple(ordered[:MAX_ENTRIES]), tuple(collecting.skipped)


def entries_in(source: Source, data: bytes, project: str = "") -> list[Entry]:
    """The entries of one file from its bytes: as it is now, or as it once was."""
    path = source.root.shown + source.path
    if source.reader in ("settings", "mcp"):
        return entries_of_settings(source, path, data, project)
    return entries_of_text(source, path, data)


@dataclass(slots=True)
class _Collecting:
    """One look at everything."""

    project: Root
    home: Root
    entries: dict[tuple[str, str, str, str], Entry] = field(default_factory=dict)
    skipped: list[Skipped] = field(default_factory=list)
    imports: int = 0

    def project_files(self) -> None:
        for place in PROJECT:
            self.place(self.project, place)
        for folder in self._below():
            self.nested(folder)

    def user_files(self, env: Mapping[str, str]) -> None:
        if self.home.folder == self.project.folder:
            return
        for place in HOME:
            self.place(self.home, place)
        for client in CLIENTS:
            root = self._own_root(own_folder(client, self.home.folder, env))
            for place in USER[client.id]:
                self.place(root, place)
            if client.id == "claude":
                for plugin in self._plugins(root):
                    for place in PLUGIN:
                        self.place(root, replace(place, path=f"{plugin}/{place.path}"))

    def _own_root(self, folder: Path) -> Root:
        if folder.is_relative_to(self.home.folder):
            return Root(folder, f"~/{folder.relative_to(self.home.folder).as_posix()}/", "user")
        return Root(folder, f"{path_text(str(folder))}/", "user")

    def place(self, root: Root, place: Place) -> None:
        """Read one file, or every file of a folder."""
        if not place.suffixes:
            self.file(Source(root, place.path, place.reader, place.clients))
            return
        self._folder(root, place, place.path, [])

    def _folder(self, root: Root, place: Place, path: str, seen: list[str]) -> None:
        """Read every file of a folder; linked folders are followed as clients do, as far as they stay in the root."""
        full = root.folder / path
        if not os.path.lexists(full):
            return
        shown = path_text(root.shown + path)
        real = os.path.realpath(full)
        if not files.is_inside(real, os.path.realpath(root.folder)):
            out = InputError("the folder is a link that leads outside; it is not read")
            self.unreadable(Source(root, path, place.reader, place.clients), out)
            return
        if any(files.is_inside(real, one) for one in seen):
            self.skipped.append(Skipped(shown, "a link to a folder that is listed already"))
            return
        if len(seen) > MAX_LINKED:
            self.skipped.append(Skipped(shown, f"only {MAX_LINKED} linked folders are looked into"))
            return
        if not os.path.lexists(real):
            self.skipped.append(Skipped(shown, "a link that leads nowhere"))
            return
        seen.append(real)
        try:
            found = sorted((name, _is_linked_folder(entry)) for name, entry in files.walk(real))
        except (OSError, InputError) as error:
            what = error.what if isinstance(error, InputError) else "it can't be looked into"
            self.skipped.append(Skipped(shown, what))
            return
        for name, is_folder in found:
            if is_folder:
                self._folder(root, place, f"{path}/{name}", seen)
            elif name.lower().endswith(place.suffixes):
                self.file(Source(root, f"{path}/{name}", place.reader, place.clients))

    def file(self, source: Source, hops: int = 0) -> None:
        """Read one file, if it is there, and what it imports."""
        try:
            data = files.read_inside(source.root.folder, source.path, MAX_JSON + 1)
        except (FileNotFoundError, NotADirectoryError):
            if os.path.islink(source.root.folder / source.path):  # noqa: PTH114 - Path.is_symlink raises where looking is not permitted
                self.skipped.append(Skipped(path_text(source.root.shown + source.path), "a link that leads nowhere"))
            return
        except (OSError, InputError) as error:
            self.unreadable(source, error)
            return
        found = entries_in(source, data, str(self.project.folder))
        for entry in found:
            known = self.entries.get(entry.key)
            if known is not None:
                entry = replace(entry, clients=tuple(dict.fromkeys((*known.clients, *entry.clients))))
            self.entries[entry.key] = entry
        if source.reader == "instructions" and "codex" not in source.clients:
            self._follow(source, decode(data), hops)

    def unreadable(self, source: Source, error: OSError | InputError) -> None:
        """A file that is there and can't be read is an entry all the same."""
        path = source.root.shown + source.path
        what = error.what if isinstance(error, InputError) else f"it can't be read: {visible(error.strerror or '')}"
        remedy = "a client may follow the link where this program does not; look at it by hand"
        problem = Problem("error", "agent-file-unreadable", what, path, remedy=remedy)
        kinds = {"settings": "hook", "mcp": "mcp-server", "plugin": "hook"}
        risk = "high" if source.reader in kinds else "medium"
        kind = kinds.get(source.reader, source.reader)
        entry = Entry(kind, path_text(path), "", source.root.scope, source.clients, None, risk, problem=problem)  # type: ignore[arg-type]  # the readers' other names are kinds
        self.entries[entry.key] = entry

    def _follow(self, source: Source, text: str, hops: int) -> None:
        """What instructions import, as far as it lies in the project or the home folder."""
        for written, line in imports_of(text):
            target = self._target(source, written)
            where = f"{source.root.shown}{source.path}"
            if target is None:
                if reads_as_path(written):
                    self._say(source, f"it imports '{truncate(visible(written), 80)}', which is outside the project and"
                              " the home folder and is not read", where, line)  # fmt: skip
                continue
            root, path = target
            if not os.path.isfile(root.folder / path):  # noqa: PTH113 - Path.is_file raises where looking is not permitted
                if reads_as_path(written):
                    self._say(
                        source, f"it imports '{truncate(visible(written), 80)}', which does not exist", where, line
                    )
                continue
            imported = Source(root, path, "instructions", source.clients)
            known = self.entries.get((root.scope, "instructions", path_text(root.shown + path), ""))
            if known is not None and set(source.clients) <= set(known.clients):
                continue
            if hops >= MAX_HOPS or self.imports >= MAX_IMPORTS:
                self.skipped.append(Skipped(path_text(where), f"line {line}: imports are followed no further"))
                return
            self.imports += 1
            self.file(imported, hops + 1)

    def _target(self, source: Source, written: str) -> tuple[Root, str] | None:
        """The root and the path that an import means; None for what is in no root."""
        if "\0" in written:
            return None
        if written.startswith("~/"):
            full = posixpath.join(str(self.home.folder), written[2:])
        else:
            full = posixpath.join(str(source.root.folder), posixpath.dirname(source.path), written)
        full = posixpath.normpath(full)
        for root in (source.root, self.project, self.home):
            if full.startswith(f"{root.folder}/"):
                return root, full[len(str(root.folder)) + 1 :]
        return None

    def _say(self, source: Source, what: str, where: str, line: int) -> None:
        """Note what is wrong with an import at the entry of the file that imports; more of it is listed as skipped."""
        key = (source.root.scope, "instructions", path_text(where), "")
        entry = self.entries.get(key)
        if entry is not None and entry.problem is not None:
            self.skipped.append(Skipped(path_text(where), f"line {line}: {what}"))
        elif entry is not None:
            problem = Problem("warning", "agent-import", what, where, line, remedy="mend or take out the import")
            self.entries[key] = replace(entry, problem=problem)

    def _below(self) -> Iterator[str]:
        """The folders of the project, within bounds and following no link."""
        waiting = [("", 0)]
        looked = 0
        while waiting:
            folder, depth = waiting.pop()
            looked += 1
            if looked > MAX_FOLDERS:
                what = f"only the first {MAX_FOLDERS:,} folders were looked into for instructions and plugins"
                self.skipped.append(Skipped(folder or ".", what))
                return
            prefix = f"{folder}/" if folder else ""
            try:
                with os.scandir(self.project.folder / folder) as scanned:
                    entries = list(scanned)
                names = [one.name for one in entries if one.is_dir(follow_symlinks=False)]
            except OSError:
                self.skipped.append(Skipped(path_text(folder) or ".", "it can't be looked into"))
                continue
            self._note_links_out(self.project, prefix, entries)
            yield folder
            below = [prefix + name for name in sorted(names, reverse=True) if name not in _NEVER]
            if depth < MAX_DEPTH:
                waiting += [(path, depth + 1) for path in below]
            elif below:
                self.skipped.append(Skipped(path_text(folder), f"deeper than {MAX_DEPTH} folders"))

    def _note_links_out(self, root: Root, prefix: str, entries: "list[os.DirEntry[str]]") -> None:
        """Linked folders that lead out of a root; where one leads inside, its target is looked into itself."""
        inside = os.path.realpath(root.folder)
        for one in entries:
            if _is_linked_folder(one) and not files.is_inside(os.path.realpath(one.path), inside):
                path = f"{prefix}{one.name}"
                if not any(path == place.path or path.startswith(f"{place.path}/") for place in PROJECT):
                    what = "a linked folder that leads outside; it is not looked into"
                    self.skipped.append(Skipped(path_text(root.shown + path), what))

    def nested(self, folder: str) -> None:
        """A folder's own instructions, and a plugin that lies there."""
        prefix = f"{folder}/" if folder else ""
        full = self.project.folder / folder
        if folder and not folder.startswith(".claude"):
            for name, clients in NESTED.items():
                if os.path.lexists(full / name):
                    self.file(Source(self.project, prefix + name, "instructions", clients))
            if os.path.lexists(full / ".cursor/rules"):
                self.place(self.project, Place(f"{prefix}.cursor/rules", "rule", ("cursor",), (".mdc", ".md")))
        if os.path.lexists(full / _PLUGIN_MARK):
            for place in PLUGIN:
                self.place(self.project, replace(place, path=prefix + place.path))

    def _plugins(self, root: Root) -> Iterator[str]:
        """The folders of the user's installed plugins."""
        waiting = [("plugins", 0)]
        looked = 0
        while waiting and looked < MAX_FOLDERS:
            folder, depth = waiting.pop()
            looked += 1
            try:
                with os.scandir(root.folder / folder) as scanned:
                    entries = list(scanned)
                names = sorted(one.name for one in entries if one.is_dir(follow_symlinks=False))
            except OSError as error:
                if not isinstance(error, FileNotFoundError):
                    self.skipped.append(Skipped(path_text(root.shown + folder), "it can't be looked into"))
                continue
            for one in entries:
                if _is_linked_folder(one):
                    shown = path_text(f"{root.shown}{folder}/{one.name}")
                    self.skipped.append(Skipped(shown, "a linked folder is not looked into for plugins"))
            if _PLUGIN_MARK in names:
                yield folder
            if depth < _PLUGIN_DEPTH:
                waiting += [(f"{folder}/{name}", depth + 1) for name in names if name not in _NEVER]

    def scripts(self) -> None:
        """The files that hooks and servers start, where they lie in a root: when one changes, what runs changes."""
        for entry in [one for one in self.entries.values() if one.kind in ("hook", "mcp-server")]:
            for run in entry.runs if entry.source else ():
                for word in _words(run)[:20]:
                    assert entry.source is not None
                    self._script(entry.source, word)

    def _script(self, source: Source, word: str) -> None:
        variable = _ROOT_VARIABLES.match(word)
        bare = word[variable.end() :] if variable else word
        if "$" in bare or bare.startswith("-") or len(bare) > 500 or not posixpath.splitext(bare)[1]:
            return
        root, folder = source.root, ""
        if variable and variable[1] == "CLAUDE_PLUGIN_ROOT":
            folder = source.path.removesuffix("/hooks/hooks.json").removesuffix("/.mcp.json")
        elif variable:
            root = self.project
        target = self._target(Source(root, f"{folder}/x" if folder else "x", "", ()), bare)
        if target is not None and os.path.isfile(target[0].folder / target[1]):  # noqa: PTH113 - as above
            self.file(Source(target[0], target[1], "script", source.clients))


def _is_linked_folder(entry: "os.DirEntry[str]") -> bool:
    try:
        return entry.is_symlink() and entry.is_dir()
    except OSError:
        return False


def _words(run: str) -> list[str]:
    try:
        return shlex.split(run)
    except ValueError:
        return run.split()
