"""Searching one folder for skills as a client does it: bounded, through links, each real folder once."""

import os
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import islice

from workbench.skills.clients import Walk
from workbench.skills.model import SKILL_FILE, STAGING, Skipped
from workbench.text import truncate, visible

MAX_ENTRIES = 100_000

_NEVER = frozenset((".git", "__pycache__", STAGING))
_PACKAGES = frozenset(("node_modules", ".venv", ".tox"))


@dataclass(frozen=True, slots=True)
class FoundFolder:
    """A skill's folder: where a client found it, and the real folder, free of links, that it is.

    Attributes:
        outside: It lies where this program does not read; the client does.
    """

    path: str
    real: str
    outside: bool = False


@dataclass(frozen=True, slots=True)
class Look:
    """What stands in one real folder; names are sorted.

    Attributes:
        skill_file: What its SKILL.md is: a `file`, a `link`, something `odd`, or nothing.
        fault: Why the folder could not be read, or not all of it.
    """

    folders: tuple[str, ...] = ()
    links: tuple[str, ...] = ()
    skill_file: str = ""
    misnamed: str = ""
    fault: str = ""


@dataclass(slots=True)
class Looks:
    """Folders looked into, each once however many clients look."""

    seen: dict[str, Look] = field(default_factory=dict)
    links: dict[str, str | None] = field(default_factory=dict)

    def real(self, link: str) -> str | None:
        """The real path that a link leads to; None if it leads nowhere or in a circle."""
        if link not in self.links:
            try:
                self.links[link] = os.path.realpath(link, strict=True)
            except OSError:
                self.links[link] = None
        return self.links[link]

    def at(self, real: str) -> Look:
        """What stands in the folder `real`, which is free of links."""
        if real not in self.seen:
            self.seen[real] = _look(real)
        return self.seen[real]


@dataclass(slots=True)
class Search:
    """One search of one folder; `found` and `skipped` fill while it runs.

    Attributes:
        client: The client's label, for what is said.
        allowed: Whether this program may read a real folder that a link leads to.
        apart: Folders that the client searches by themselves, and so not as part of another.
    """

    client: str
    walk: Walk
    looks: Looks
    allowed: Callable[[str], bool]
    apart: frozenset[str] = frozenset()
    found: list[FoundFolder] = field(default_factory=list)
    skipped: list[Skipped] = field(default_factory=list)
    _seen: set[str] = field(default_factory=set)

    def run(self, folder: str) -> None:
        """Search `folder` and what is below it, nearest first."""
        real = os.path.realpath(folder)
        if not _is_folder(real):
            if os.path.islink(folder):  # noqa: PTH114 - Path.is_symlink raises where looking is not permitted
                self._skip(folder, f"a link to {_target(folder)}, which is no folder")
            return
        if not self.allowed(real):
            self._skip(folder, f"a link to {_target(folder)}, outside; it is not followed")
            return
        self._seen.add(real)
        waiting = deque([(folder, real, 0)])
        while waiting:
            path, real, depth = waiting.popleft()
            look = self.looks.at(real)
            if look.fault:
                self._skip(path, look.fault)
            if depth or self.walk.at_root:
                self._note(path, real, look)
            if depth < self.walk.depth:
                waiting.extend((*below, depth + 1) for below in self._below(path, real, look))
            elif self.walk.depth > 1:
                for name in look.folders:
                    if name not in _NEVER:
                        deep = f"deeper than the {self.walk.depth} folders that {self._searcher} searches"
                        self._skip(f"{path}/{name}", deep)

    @property
    def _searcher(self) -> str:
        return "the workbench" if self.walk.own_bounds else self.client

    def _note(self, path: str, real: str, look: Look) -> None:
        file = f"{path}/{SKILL_FILE}"
        if look.skill_file == "link" and not self.walk.file_links:
            self._skip(file, f"a link, which {self.client} does not read")
        elif look.skill_file == "link":
            self._note_link(path, real, file)
        elif look.skill_file == "odd":
            self._skip(file, "neither a file nor a link to one")
        elif look.skill_file:
            self.found.append(FoundFolder(path, real))
        elif look.misnamed:
            self._skip(f"{path}/{look.misnamed}", f"not a skill: the file has to be named exactly {SKILL_FILE}")

    def _note_link(self, path: str, real: str, file: str) -> None:
        target = self.looks.real(f"{real}/{SKILL_FILE}")
        if target is None:
            self._skip(file, f"a link to {_target(file)}, which does not exist or leads in a circle")
        elif not os.path.isfile(target):  # noqa: PTH113 - Path.is_file raises where it may not look
            self._skip(file, "neither a file nor a link to one")
        else:
            self.found.append(FoundFolder(path, real, outside=not self.allowed(target)))

    def _below(self, path: str, real: str, look: Look) -> list[tuple[str, str]]:
        """The folders to search next, as (path, real path), as many as there is room for."""
        next_: list[tuple[str, str]] = []
        names = [name for name in (*look.folders, *look.links) if name != SKILL_FILE]
        links = frozenset(look.links)
        followed = 0
        for at, name in enumerate(names):
            if len(self._seen) >= self.walk.folders or followed >= self.walk.folders:
                left = f"{len(names) - at:,} or more here are not"
                self._skip(path, f"only the first {self.walk.folders:,} folders are searched; {left}")
                break
            if self._is_passed_over(path, name):
                continue
            followed += name in links
            target = self._follow(f"{path}/{name}", f"{real.rstrip('/')}/{name}", name in links)
            if target is not None:
                self._seen.add(target)
                next_.append((f"{path}/{name}", target))
        return next_

    def _follow(self, path: str, full: str, is_link: bool) -> str | None:
        """The real folder to search for one entry, free of links; None if there is nothing to search."""
        target = self.looks.real(full) if is_link else full
        if target is None:
            self._skip(path, f"a link to {_target(path)}, which does not exist or leads in a circle")
        elif is_link and not _is_folder(target):
            return None
        elif target in self._seen:
            self._skip(path, f"the same folder as {truncate(visible(target), 120)}, which is searched already")
        elif not is_link or self.allowed(target):
            return target
        elif os.path.isfile(f"{target}/{SKILL_FILE}"):  # noqa: PTH113 - Path.is_file raises where it may not look
            self.found.append(FoundFolder(path, target, outside=True))
        else:
            self._skip(path, f"a link to {_target(path)}, outside; it is not followed")
        return None

    def _is_passed_over(self, path: str, name: str) -> bool:
        if name in _NEVER or f"{path}/{name}" in self.apart:
            return True
        if name in _PACKAGES:
            self._skip(f"{path}/{name}", "installed packages are not searched")
            return True
        if name.startswith(".") and not self.walk.hidden:
            self._skip(f"{path}/{name}", f"{self.client} does not look into folders whose names begin with a dot")
            return True
        return False

    def _skip(self, path: str, reason: str) -> None:
        self.skipped.append(Skipped(path, reason))


def nested_folders(
    top: str, names: frozenset[str], looks: Looks, depth: int, folders: int
) -> tuple[list[str], list[Skipped]]:
    """The folders below `top` that are named one of `names`, by path, and what was not searched for them.

    No link is followed and nothing inside a found folder is searched. `top` is free of links.
    """
    found: list[str] = []
    skipped: list[Skipped] = []
    waiting = deque([(top, 0)])
    count = 0
    while waiting:
        folder, at = waiting.popleft()
        if count >= folders:
            left = f"only the first {folders:,} folders were searched for nested ones; {len(waiting) + 1:,} were not"
            skipped.append(Skipped(folder, left))
            break
        count += 1
        look = looks.at(folder)
        if look.fault:
            skipped.append(Skipped(folder, look.fault))
        for name in look.folders:
            path = f"{folder.rstrip('/')}/{name}"
            if name in names:
                if folder != top:
                    found.append(path)
            elif name in _PACKAGES:
                skipped.append(Skipped(path, "installed packages are not searched"))
            elif name in _NEVER or name.startswith("."):
                continue
            elif at >= depth:
                skipped.append(Skipped(path, f"deeper than {depth} folders"))
            else:
                waiting.append((path, at + 1))
    return sorted(found), skipped


def _look(real: str) -> Look:
    folders, links = [], []
    skill_file = misnamed = fault = ""
    try:
        with os.scandir(real) as entries:
            for entry in islice(entries, MAX_ENTRIES):
                name = entry.name
                if name == SKILL_FILE:
                    skill_file = _kind(entry)
                if entry.is_symlink():
                    links.append(name)
                elif entry.is_dir(follow_symlinks=False):
                    folders.append(name)
                elif len(name) == len(SKILL_FILE) and name.upper() == SKILL_FILE.upper():
                    misnamed = name
            if next(entries, None) is not None:
                fault = f"only the first {MAX_ENTRIES:,} entries of this folder were read"
    except OSError as error:
        fault = _why(error)
    return Look(tuple(sorted(folders)), tuple(sorted(links)), skill_file, misnamed, fault)


def _kind(entry: "os.DirEntry[str]") -> str:
    if entry.is_symlink():
        return "link"
    return "file" if entry.is_file(follow_symlinks=False) else "odd"


def _is_folder(path: str) -> bool:
    return os.path.isdir(path)  # noqa: PTH112 - Path.is_dir raises where looking is not permitted


def _target(link: str) -> str:
    try:
        return f"'{truncate(visible(os.readlink(link)), 120)}'"  # noqa: PTH115 - a Path would tidy the target up
    except OSError:
        return "nothing"


def _why(error: OSError) -> str:
    if isinstance(error, PermissionError):
        return "permission denied"
    if isinstance(error, FileNotFoundError | NotADirectoryError):
        return "it vanished while it was read"
    return truncate(visible(error.strerror or "it can't be read"), 120)
