"""Installing what was approved: exactly the approved bytes, from git, into the folder that an agent reads.

Each installation has an entry in the lock file that installers of skills share (`skills-lock.json` in a project,
`.agents/.skill-lock.json` in a home), with the git tree, so that anybody can tell later whether it is still that.
"""

import fcntl
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal

from workbench.errors import ConflictError, InputError, RefusedError
from workbench.git import Repository
from workbench.reviews.copy_entry import Placed, ThisLibrary, entry_with, entry_without, placed
from workbench.reviews.copy_tree import tree_there
from workbench.reviews.listing import SkillRow
from workbench.reviews.lockfile import HOME_LOCK, LOCK_FILE, Lock, changed_lock, hash_of, read_lock, write_lock
from workbench.reviews.placing import place
from workbench.reviews.saving import save_copy
from workbench.reviews.states import approved_trees
from workbench.reviews.survey import Background, evidence_of
from workbench.reviews.tag_evidence import named_release
from workbench.skills.client_ids import CLIENT_IDS
from workbench.skills.clients import CLIENTS, client, outside_folders
from workbench.skills.contents import contents_of_tree
from workbench.skills.files import is_inside
from workbench.skills.model import ROOT_ID
from workbench.text import visible

Scope = Literal["project", "user"]


class OccupiedError(ConflictError):
    """Something that was not installed from here stands in the place."""


@dataclass(frozen=True, slots=True)
class Where:
    """Whose folder: an agent's, in a project or in the user's home."""

    agent: str
    scope: Scope
    project: Path
    home: Path
    env: Mapping[str, str]

    @property
    def folder(self) -> Path:
        """The folder that holds the agent's skills."""
        places = [one for one in client(self.agent).places if one.scope == self.scope]
        if self.scope == "project":
            return self.project / places[0].path
        folders = (folder for one in places for folder in outside_folders(one, self.home, Path("/"), self.env))
        return next(folders)

    @property
    def readers(self) -> tuple[str, ...]:
        """The agents whose folder this is, too."""
        return tuple(agent for agent in CLIENT_IDS if replace(self, agent=agent).folder == self.folder)

    @property
    def lock_root(self) -> Path:
        """The folder that the lock file is relative to."""
        return self.project if self.scope == "project" else self.home

    @property
    def lock_name(self) -> str:
        """The lock file's name below `lock_root`."""
        return LOCK_FILE if self.scope == "project" else HOME_LOCK


@dataclass(frozen=True, slots=True)
class Order:
    """What to install: a tree, under a folder's name.

    Attributes:
        version: Its version, for the lock file.
        forced: Whether it is not approved; the lock file says so.
        pinned: Whether just this version was asked for; the lock file says so, and sync keeps it.
    """

    name: str
    tree: str
    version: str | None
    forced: bool = False
    pinned: bool = False

    def placed(self, skill: str, library: ThisLibrary, digest: str | None) -> Placed:
        """What the lock file says of it."""
        return Placed(
            self.tree, skill, library.source, library.root, self.version, self.pinned, self.forced, digest
        )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Install:
    """What an installation did: `installed`, `updated` or `same`."""

    skill: str
    name: str
    version: str | None
    tree: str
    target: str
    outcome: Literal["installed", "updated", "same"]
    lock: str
    saved: str | None = None
    forced: bool = False
    pinned: bool = False

    def to_json(self) -> dict[str, Any]:
        """The contract of `install --json`."""
        return {
            "skill": self.skill, "name": self.name, "version": self.version, "tree": self.tree, "path": self.target,
            "outcome": self.outcome, "lock": self.lock, "saved": self.saved, "forced": self.forced,
            "pinned": self.pinned,
        }  # fmt: skip


def tree_to_install(
    row: SkillRow, background: Background, version: str | None, *, force: bool
) -> tuple[str, str | None, bool]:
    """The tree to install, its version where one is known, and whether it had to be forced.

    Raises:
        InputError: There is no such version.
        RefusedError: It is not approved, or its tag was moved, and `force` is not set.
    """
    releases = background.releases.get(row.id, ())
    if version is not None:
        found = named_release(releases, version, visible(row.id), moved=force)
        tree: str | None = found.tree
    else:
        approved = row.standing.state == "approved"
        tree = row.standing.tree if approved else row.standing.approved_tree
        if tree is None and force:
            tree = row.standing.head_tree
    if tree is None:
        raise RefusedError("no version of it is approved", where=visible(row.id), remedy="review it first, or --force")
    named = next((one.version for one in reversed(releases) if one.tree == tree and one.stands), None)
    if tree in trees_approved(row, background):
        return tree, named, False
    if not force:
        what = f"the tree {tree[:12]} is not approved"
        raise RefusedError(what, where=visible(row.id), remedy="review it first, or --force, which is recorded")
    return tree, named, True


def trees_approved(row: SkillRow, background: Background) -> tuple[str, ...]:
    """Every tree of a skill that is approved, the one that was approved last first."""
    return approved_trees(evidence_of(row.skill, row.standing.tree, background, datetime.now(UTC)))


def install(
    repository: Repository,
    row: SkillRow,
    order: Order,
    where: Where,
    library: ThisLibrary,
    saved: Path,
    *,
    replace_strangers: bool = False,
) -> Install:
    """Put a tree of a skill into an agent's folder, with an entry in the lock file.

    Args:
        repository: The library's.
        row: The skill.
        order: What to install.
        where: Whose folder.
        library: Which library it is installed from.
        saved: The folder that local changes are saved to before they are replaced.
        replace_strangers: Replace a folder of that name that was not installed from here, saving it first.

    Raises:
        OccupiedError: Something else stands there.
        ConflictError: The folder is a link out of the project, or the lock file can't
            be read.
        InputError: The tree is not in this clone, or the folder can't be written.
    """
    tree = order.tree
    if repository.resolve(f"{tree}^{{tree}}") is None:
        raise InputError(
            f"the tree {tree[:12]} is not in this clone", where=visible(row.id), remedy="workbench review sync"
        )
    target = where.folder / order.name
    refuse_a_way_out(where)
    contents = contents_of_tree(repository.run, tree)
    with _locked(where.lock_root):
        lock = read_lock(where.lock_root, where.lock_name)
        entry = lock.skills.get(order.name, {})
        changed_lock(lock, {}, where.lock_name)  # refuses early a file that can't be rewritten
        before = [one for agent, one in placed(entry, order.name).items() if agent in where.readers]
        stranger = next((one for one in before if not library.may_replace(one, row.id)), None)
        known = {tree, *(one.tree for one in before if one is not stranger)}
        there, _ = tree_there(target, known, tree)
        unknown = not before and os.path.lexists(target) and there != tree
        if (stranger or unknown) and not replace_strangers:
            raise _occupied(target, stranger, library)
        kept = save_copy(target, saved, order.name) if os.path.lexists(target) and there not in known else None
        if there != tree or target.is_symlink():
            place(target, contents)
        hashed = hash_of({path: one.data for path, one in contents.items() if one.mode != "120000"})
        fresh = order.placed(row.id, library, hashed if where.scope == "project" else None)
        agents = [agent for agent in where.readers if agent == where.agent or agent in placed(entry, order.name)]
        user = where.scope == "user"
        write_lock_file(
            where, lock, {order.name: entry_with(entry, agents, fresh, library, datetime.now(UTC), user=user)}
        )
    outcome: Literal["installed", "updated", "same"] = "same" if there == tree else "updated" if there else "installed"
    lock_path = str(where.lock_root / where.lock_name)
    kept_at = str(kept) if kept else None
    return Install(
        row.id, order.name, order.version, tree, str(target), outcome, lock_path, kept_at, order.forced, order.pinned
    )


def forget(where: Where, name: str) -> None:
    """Take what an agent got out of a lock file's entry, and the entry where nothing else is in it.

    Raises:
        ConflictError: The lock file can't be read.
        InputError: It can't be written.
    """
    with _locked(where.lock_root):
        lock = read_lock(where.lock_root, where.lock_name)
        if name in lock.skills:
            write_lock_file(where, lock, {name: entry_without(lock.skills[name], where.readers)})


def _occupied(target: Path, stranger: Placed | None, library: ThisLibrary) -> OccupiedError:
    what = f"{visible(str(target))} was not installed from here"
    if stranger is not None and library.installed(stranger):
        what = f"{visible(str(target))} is a copy of another skill of this library, {visible(stranger.skill)}"
    elif stranger is not None:
        what += f", but from {visible(stranger.source or 'another library')} ({visible(stranger.skill)})"
    return OccupiedError(what, remedy="move it away and take its entry out of the lock file, or --force, which saves "
                         "it first" if stranger else "move it away, or --force, which saves it first")  # fmt: skip


def refuse_a_way_out(where: Where) -> None:
    """Write in a project only below it, or where the user's own skills are: the links in it are another's words.

    Raises:
        ConflictError: The agent's folder is, or is below, a link that leads elsewhere.
    """
    if where.scope == "user":
        return
    real = os.path.realpath(where.folder)
    own = [
        outside_folders(one, where.home, Path("/"), where.env)
        for c in CLIENTS
        for one in c.places
        if one.scope == "user" and one.path
    ]
    roots = (where.project, *(folder for folders in own for folder in folders))
    if not any(is_inside(real, os.path.realpath(root)) for root in roots):
        what = f"it leads out of the project, to {visible(real)}"
        raise ConflictError(what, where=visible(str(where.folder)), remedy="remove the link, or --scope user")


def write_lock_file(where: Where, lock: Lock, changes: Mapping[str, Mapping[str, Any] | None]) -> None:
    """Put changes into a lock file, making its folder where there is none yet."""
    lock.path.parent.mkdir(parents=True, exist_ok=True)
    write_lock(lock, changed_lock(lock, changes, where.lock_name))


def folder_name(library: Path, skill_id: str) -> str:
    """The name that a copy's folder has."""
    return library.name if skill_id == ROOT_ID else skill_id.rpartition("/")[2]


@contextmanager
def _locked(folder: Path) -> Iterator[None]:
    """One installation at a time into one place, so that no entry of a lock file is lost."""
    folder.mkdir(parents=True, exist_ok=True)
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)
