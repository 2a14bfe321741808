"""Every copy of a skill that each client would find on this machine, which copy it loads, and what shadows what.

Nothing is executed and nothing is written. A link in a project is followed only to where the project itself or the
user's own skills are; the user's own links are followed wherever they lead, as the clients do.
"""

import os
import posixpath
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path

from workbench.errors import InputError
from workbench.skills import files
from workbench.skills.clients import CLIENTS, Client, ClientId, Place, Scope, Walk, outside_folders
from workbench.skills.loading import refusal
from workbench.skills.model import SKILL_FILE, Problem, Skill, Skipped
from workbench.skills.plugins import Plugin, installed_plugins, offered_plugins
from workbench.skills.reader import parse_skill, unreadable
from workbench.skills.searching import FoundFolder, Looks, Search, nested_folders
from workbench.text import truncate, visible

MAX_READ = 3_000
NESTED_DEPTH = 8
NESTED_FOLDERS = 10_000
MAX_UPWARDS = 64

_HEAD = 128 << 10


@dataclass(frozen=True, slots=True)
class Copy:
    """One skill as one client finds it.

    Attributes:
        path: Its folder where the client found it; `real_path` is the same folder free of links.
        linked: Whether a link led to it.
        name: What the client knows it by; a plugin's is `plugin:skill`.
        skill: What its SKILL.md says; its id is `path`.
        loads: Whether the client has it at start, or once it works where the copy is.
        why: Why it does not load; else what the loading depends on, or None.
        within: The folder of the project that it is for, relative to the start; empty for all of it.
        order: Its place among the client's copies, 0 for the strongest.
        shadowed_by: The copy that the client takes instead.
        shadows: The copies that it takes this one instead of.
    """

    client: ClientId
    path: str
    real_path: str
    scope: Scope
    linked: bool
    name: str
    skill: Skill
    loads: bool
    why: str | None = None
    within: str = ""
    order: int = 0
    shadowed_by: str | None = None
    shadows: tuple[str, ...] = ()

    @property
    def description(self) -> str:
        """As written, not sanitised."""
        return self.skill.description


@dataclass(frozen=True, slots=True)
class Installed:
    """What all clients find: copies by client in each client's own order, and everything that was left out."""

    copies: tuple[Copy, ...]
    skipped: tuple[Skipped, ...]

    def of(self, client: ClientId) -> tuple[Copy, ...]:
        """One client's copies, the strongest first."""
        return tuple(copy for copy in self.copies if copy.client == client)


def find_installed(
    project: Path,
    home: Path,
    clients: Sequence[Client] = CLIENTS,
    env: Mapping[str, str] | None = None,
    *,
    machine: Path = Path("/"),
) -> Installed:
    """Every copy that each client would find when it starts in `project`.

    Args:
        project: The folder the client starts in.
        home: The user's home folder.
        clients: Whose rules to follow.
        env: The client's environment; empty by default, so that the answer depends on the arguments alone.
        machine: The machine's root folder, for what an administrator installed.

    Raises:
        InputError: `project` is not a folder that can be read.
    """
    start = os.path.realpath(project)
    try:
        os.scandir(start).close()
    except OSError as error:
        raise InputError(f"the project can't be read: {error.strerror}", where=visible(str(project))) from error
    machine_wide = _Machine(start, project_top(Path(start)), home, machine, env or {})
    copies: list[Copy] = []
    for client in clients:
        copies += _settled(client, machine_wide.candidates(client))
    return Installed(tuple(copies), tuple(machine_wide.left_out()))


def project_top(start: Path) -> Path:
    """The nearest folder with an entry `.git`, from `start` upwards; `start` itself outside a repository."""
    for folder in (start, *start.parents)[:MAX_UPWARDS]:
        if os.path.lexists(folder / ".git"):
            return folder
    return start


@dataclass(slots=True)
class _Machine:
    """One look at a machine from one project; what several clients read is read once."""

    start: str
    top: Path
    home: Path
    root: Path
    env: Mapping[str, str]
    looks: Looks = field(default_factory=Looks)
    skills: dict[str, Skill] = field(default_factory=dict)
    skipped: dict[tuple[str, str], Skipped] = field(default_factory=dict)
    unread: set[str] = field(default_factory=set)
    _nested: list[str] | None = None
    _roots: tuple[str, ...] = ()

    def candidates(self, client: Client) -> Iterator[Copy]:
        """The copies of one client, the strongest first; which one wins is not settled yet."""
        for place in client.places:
            for folder in self._folders(place):
                nested = self._below_start(folder) if place.scope == "project" else ""
                for found in self._search(client, folder, client.walk, place.scope):
                    yield self._copy(client, found, place.scope, nested)
        for plugin in self._plugins(client):
            walk = replace(client.walk, depth=1, at_root=True)
            for folder in plugin.skills:
                for found in self._search(client, folder, walk, "plugin", inside=plugin.folder):
                    copy = self._copy(client, found, "plugin", "")
                    label = copy.skill.name if found.real == plugin.folder else copy.name
                    name = f"{plugin.name}:{label}" if client.id in ("claude", "codex") else label
                    yield replace(copy, name=name, loads=copy.loads and plugin.why is None, why=plugin.why or copy.why)

    def left_out(self) -> Iterable[Skipped]:
        """Everything that was not read, each once."""
        reason = f"not read: only the first {MAX_READ:,} skills are"
        self._skip(Skipped(path, reason) for path in self.unread)
        return sorted(self.skipped.values(), key=lambda one: (one.path, one.reason))

    def _folders(self, place: Place) -> Iterator[str]:
        """The folders that a place stands for, the strongest first."""
        if place.scope != "project":
            yield from map(str, outside_folders(place, self.home, self.root, self.env))
            return
        above = [self.start]
        if place.reach in ("upwards", "around"):
            while above[-1] != str(self.top):
                above.append(posixpath.dirname(above[-1]))
        for folder in above if place.inner_first else reversed(above):
            yield f"{folder.rstrip('/')}/{place.path}"
        if place.reach in ("nested", "around"):
            first, _, rest = place.path.partition("/")
            for folder in self._nested_named(first):
                yield f"{folder}/{rest}"

    def _nested_named(self, name: str) -> list[str]:
        """The nested folders of this name, from one walk over the project for all places and clients."""
        if self._nested is None:
            places = [place for one in CLIENTS for place in one.places if place.reach in ("nested", "around")]
            names = frozenset(place.path.split("/")[0] for place in places)
            self._nested, skipped = nested_folders(self.start, names, self.looks, NESTED_DEPTH, NESTED_FOLDERS)
            self._skip(skipped)
        return [folder for folder in self._nested if folder.endswith(f"/{name}")]

    def _search(
        self, client: Client, folder: str, walk: Walk, scope: Scope, *, inside: str | None = None
    ) -> list[FoundFolder]:
        allowed: Callable[[str], bool]
        if inside is not None:
            allowed = partial(_is_in_any, (inside,))
        elif scope == "project":
            allowed = partial(_is_in_any, self._readable_roots())
        else:
            allowed = _is_anywhere
        search = Search(client.label, walk, self.looks, allowed, self._places_of(client))
        search.run(folder)
        self._skip(search.skipped)
        return search.found

    def _places_of(self, client: Client) -> frozenset[str]:
        outside = [place for place in client.places if place.scope != "project"]
        return frozenset(
            str(path) for place in outside for path in outside_folders(place, self.home, self.root, self.env)
        )

    def _readable_roots(self) -> tuple[str, ...]:
        """Where a project's links may lead: the project, and the user's and the administrator's own skills."""
        if not self._roots:
            outside = [place for one in CLIENTS for place in one.places if place.scope != "project" and place.path]
            folders = [folder for place in outside for folder in outside_folders(place, self.home, self.root, self.env)]
            self._roots = (str(self.top), *dict.fromkeys(os.path.realpath(folder) for folder in folders))
        return self._roots

    def _plugins(self, client: Client) -> tuple[Plugin, ...]:
        skipped: list[Skipped] = []
        plugins = installed_plugins(client, self.top, self.home, self.env, self.looks, skipped)
        if client.id == "claude":
            plugins += offered_plugins(self.top, skipped)
        self._skip(skipped)
        return plugins

    def _copy(self, client: Client, found: FoundFolder, scope: Scope, within: str) -> Copy:
        skill = self._skill(found)
        why = refusal(client, skill) if skill else None
        loads = why is None
        if found.outside:
            why = "a link out of the project; the client follows it, the workbench does not read it"
        elif skill is None:
            why = f"not read: only the first {MAX_READ:,} skills are"
        elif loads and within:
            why = f"once {client.label} works in {truncate(visible(within), 80)}"
        elif loads and client.id == "gemini" and scope == "project":
            why = "if you trust this folder"
        folder = posixpath.basename(found.path)
        skill = replace(skill, id=found.path) if skill else Skill(found.path, folder)
        name = folder if client.identity == "folder" else skill.name
        linked = os.path.normpath(found.path) != found.real
        return Copy(client.id, found.path, found.real, scope, linked, name, skill, loads, why, within)

    def _skill(self, found: FoundFolder) -> Skill | None:
        """What a copy says; None if it is not read."""
        if found.outside:
            return None
        if found.real not in self.skills:
            if len(self.skills) >= MAX_READ:
                self.unread.add(found.real)
                return None
            self.skills[found.real] = _read(found.real)
        return self.skills[found.real]

    def _below_start(self, folder: str) -> str:
        """The part of the project that a nested folder belongs to; empty for the start and what is above it."""
        inside = folder.removeprefix(f"{self.start.rstrip('/')}/")
        return "/".join(inside.split("/")[:-2]) if inside != folder else ""

    def _skip(self, skipped: Iterable[Skipped]) -> None:
        for one in skipped:
            self.skipped.setdefault((one.path, one.reason), one)


def _settled(client: Client, candidates: Iterable[Copy]) -> list[Copy]:
    """One client's copies with what shadows what; `candidates` come strongest first."""
    copies: list[Copy] = []
    by_folder: dict[str, Copy] = {}
    winners: dict[str, Copy] = {}
    shadows: dict[str, list[str]] = {}
    for copy in candidates:
        same = by_folder.setdefault(copy.real_path, copy)
        if same is not copy and same.path == copy.path and same.scope != "plugin":
            continue  # two places that are one, as when the project is the home folder
        winner = winners.get(copy.name)
        if same is not copy and same.loads and copy.loads:
            copy = replace(copy, loads=False, why=f"the same folder as {visible(same.path)}", shadowed_by=same.path)
        elif copy.loads and winner is not None and copy.within:
            name = f"{copy.within}:{copy.name}" if client.identity == "folder" else copy.name
            copy = replace(copy, name=name)
        elif copy.loads and winner is not None and client.clash == "first":
            why = f"{visible(winner.path)} comes first"
            copy = replace(copy, loads=False, why=why, shadowed_by=winner.path)
        if copy.loads and (not copy.within or client.identity == "folder"):
            winners.setdefault(copy.name, copy)
        if copy.shadowed_by is not None:
            shadows.setdefault(copy.shadowed_by, []).append(copy.path)
        copies.append(replace(copy, order=len(copies)))
    return [replace(copy, shadows=tuple(shadows.get(copy.path, ())) if copy.loads else ()) for copy in copies]


def _read(real: str) -> Skill:
    """What the SKILL.md in a real folder says; only its beginning is read, which holds all that a client lists."""
    try:
        file = os.path.realpath(f"{real}/{SKILL_FILE}", strict=True)
        data = files.read_inside(Path(posixpath.dirname(file)), posixpath.basename(file), _HEAD)
    except InputError as error:
        return unreadable(real, Problem("error", "skill-file-unreadable", error.what))
    except PermissionError:
        return unreadable(real, Problem("error", "skill-file-unreadable", "permission denied"))
    except OSError:
        return unreadable(real, Problem("error", "skill-file-vanished", "it vanished while it was read"))
    whole = data if len(data) < _HEAD else data[: data.rfind(b"\n") + 1]
    return parse_skill(real, whole, folder_name=posixpath.basename(real))


def _is_in_any(folders: Sequence[str], real: str) -> bool:
    return any(files.is_inside(real, folder) for folder in folders)


def _is_anywhere(_real: str) -> bool:
    return True
