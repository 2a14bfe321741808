"""Which client loads which copy of a skill: the answer about one name, and the table of all names."""

import os
import posixpath
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from workbench.errors import InputError, UsageError
from workbench.skills import files
from workbench.skills.client_ids import ClientId
from workbench.skills.installed import Copy, Installed
from workbench.skills.model import SKILL_FILE
from workbench.skills.naming import near
from workbench.skills.treehash import Algorithm, algorithm_of, tree_of_folder
from workbench.text import truncate, visible

MAX_TREE_BYTES = 64 << 20


@dataclass(frozen=True, slots=True)
class Located:
    """One copy, the tree that its folder has (None if that can't be known), and whether the library's skill has it too.

    Attributes:
        same_as_library: None where the library has no skill of this name, or the tree is not known.
    """

    copy: Copy
    tree: str | None
    same_as_library: bool | None

    def to_json(self) -> dict[str, Any]:
        """Exact data for scripts."""
        copy = self.copy
        return {
            "path": copy.path,
            "real_path": copy.real_path,
            "scope": copy.scope,
            "client": copy.client,
            "name": copy.name,
            "description": copy.description,
            "linked": copy.linked,
            "within": copy.within or None,
            "order": copy.order,
            "loads": copy.loads,
            "why": copy.why,
            "shadowed_by": copy.shadowed_by,
            "shadows": list(copy.shadows),
            "tree": self.tree,
            "same_as_library": self.same_as_library,
        }


@dataclass(frozen=True, slots=True)
class Whereabouts:
    """Every copy of one skill, and for each client the path of the copy it takes first, or None."""

    name: str
    copies: tuple[Located, ...]
    loads: Mapping[ClientId, str | None]

    @property
    def is_loaded(self) -> bool:
        """Whether any of the clients loads a copy."""
        return any(self.loads.values())

    def to_json(self) -> dict[str, Any]:
        """Exact data for scripts."""
        return {
            "name": self.name,
            "copies": [located.to_json() for located in self.copies],
            "clients": [{"client": client, "loads": path} for client, path in self.loads.items()],
        }


def whereabouts(
    installed: Installed,
    name: str,
    clients: Sequence[ClientId],
    library: Mapping[str, Collection[str]],
    *,
    cwd: Path | None = None,
) -> Whereabouts:
    """Where the skill that `name` means is, for these clients.

    Args:
        installed: What all clients find.
        name: A name as a client or the frontmatter says it, a folder's name, or the path of a copy.
        clients: Whose copies to tell of.
        library: The trees of the library's skills, by name.
        cwd: What a relative path is relative to.

    Raises:
        UsageError: No copy is meant, for any client; it says which are near.
    """
    wanted = _meant(installed.copies, name, cwd)
    if not wanted:
        words = [word for copy in installed.copies for word in (copy.name, copy.skill.name)]
        hint = near(name, words) or "'workbench skills where' lists the names that there are"
        raise UsageError(f"no client finds a skill '{truncate(visible(name), 120)}'", remedy=hint)
    copies = [copy for copy in wanted if copy.client in clients]
    algorithm = algorithm_of(next((tree for some in library.values() for tree in some), None))
    trees: dict[str, str | None] = {}
    located = []
    for copy in copies:
        if copy.real_path not in trees:
            trees[copy.real_path] = _tree(copy, algorithm)
        tree = trees[copy.real_path]
        known = library.get(copy.skill.name) or library.get(posixpath.basename(copy.path))
        located.append(Located(copy, tree, tree in known if tree and known else None))
    return Whereabouts(
        wanted[0].skill.name if "/" in name or name in (".", "..") else name,
        tuple(located),
        {client: first_loaded(copies, client) for client in clients},
    )


def first_loaded(copies: Sequence[Copy], client: ClientId) -> str | None:
    """The path of the copy that a client takes first of these; one for a part of the project only where it is alone."""
    loaded = [copy for copy in copies if copy.client == client and copy.loads]
    return min(loaded, key=lambda copy: (bool(copy.within), copy.order)).path if loaded else None


def all_names(installed: Installed) -> dict[str, dict[ClientId, Copy]]:
    """For every name, sorted, the copy that each client takes first of those that it knows by that name."""
    names: dict[str, dict[ClientId, Copy]] = {}
    for copy in installed.copies:
        by_client = names.setdefault(copy.name, {})
        if copy.loads:
            by_client.setdefault(copy.client, copy)
    return dict(sorted(names.items()))


def _meant(copies: Sequence[Copy], name: str, cwd: Path | None) -> list[Copy]:
    """The copies of the skill that `name` means: by name, else all of the same name as the copy at this path."""
    found = [copy for copy in copies if name in _words(copy)]
    if found or not name or "\0" in name:
        return found
    full = os.path.normpath(Path(cwd or "/", os.path.expanduser(name)))  # noqa: PTH111 - a Path raises for no such user
    full = full.removesuffix(f"/{SKILL_FILE}")
    paths = {full, os.path.realpath(full)}
    at = {copy.skill.name for copy in copies if copy.path in paths or copy.real_path in paths}
    return [copy for copy in copies if copy.skill.name in at or copy.path in paths or copy.real_path in paths]


def _words(copy: Copy) -> tuple[str, ...]:
    return (copy.name, copy.skill.name, copy.name.rpartition(":")[2], posixpath.basename(copy.path))


def _tree(copy: Copy, algorithm: Algorithm) -> str | None:
    """The tree of a copy's folder; None if it was not read, or is larger than a skill can be."""
    if not copy.loads and copy.shadowed_by is None and copy.skill.problems and not copy.skill.frontmatter:
        return None
    try:
        size = 0
        for _, entry in files.walk(copy.real_path):
            size += entry.stat(follow_symlinks=False).st_size
            if size > MAX_TREE_BYTES:
                return None
        return tree_of_folder(Path(copy.real_path), algorithm=algorithm)
    except (InputError, OSError):
        return None
