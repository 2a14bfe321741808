"""Installing what was approved: exactly the approved bytes, from git, into the folder that an agent reads.

Each installation has an entry in the lock file that installers of skills share (`skills-lock.json` in a project,
`.agents/.skill-lock.json` in a home), with the git tree, so that anybody can tell later whether it is still that.
"""

import fcntl
import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal

from workbench.errors import ConflictError, InputError, RefusedError
from workbench.git import Repository
from workbench.reviews.listing import SkillRow
from workbench.reviews.lockfile import HOME_LOCK, LOCK_FILE, Lock, changed_lock, hash_of, read_lock, write_lock
from workbench.reviews.model import Deprecation
from workbench.reviews.origins import without_credentials
from workbench.reviews.placing import place
from workbench.reviews.saving import save_copy
from workbench.reviews.states import approved_trees
from workbench.reviews.survey import Background, evidence_of
from workbench.reviews.tag_evidence import named_release
from workbench.skills.clients import CLIENTS, client, outside_folders
from workbench.skills.contents import contents_of_tree
from workbench.skills.files import is_inside
from workbench.skills.model import ROOT_ID
from workbench.skills.treehash import algorithm_of, tree_of_folder
from workbench.text import visible

Scope = Literal["project", "user"]
CopyStatus = Literal["same", "older", "changed", "missing"]


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
        place_ = next(one for one in client(self.agent).places if one.scope == self.scope)
        if self.scope == "project":
            return self.project / place_.path
        return outside_folders(place_, self.home, Path("/"), self.env)[0]

    @property
    def lock_root(self) -> Path:
        """The folder that the lock file is relative to."""
        return self.project if self.scope == "project" else self.home

    @property
    def lock_name(self) -> str:
        """The lock file's name below `lock_root`."""
        return LOCK_FILE if self.scope == "project" else HOME_LOCK


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

    def to_json(self) -> dict[str, Any]:
        """The contract of `install --json`."""
        return {
            "skill": self.skill, "name": self.name, "version": self.version, "tree": self.tree, "path": self.target,
            "outcome": self.outcome, "lock": self.lock, "saved": self.saved, "forced": self.forced,
        }  # fmt: skip


@dataclass(frozen=True, slots=True)
class InstalledCopy:
    """One installation as its lock entry knows it, held against the disk and against what is approved now."""

    name: str
    skill: str
    agent: str
    scope: Scope
    path: str
    status: CopyStatus
    tree: str | None
    locked_tree: str | None
    approved_tree: str | None
    deprecated: Deprecation | None = None

    def to_json(self) -> dict[str, Any]:
        """One item of `sync --json`."""
        return {
            "name": self.name, "skill": self.skill, "agent": self.agent, "scope": self.scope, "path": self.path,
            "status": self.status, "tree": self.tree, "locked_tree": self.locked_tree,
            "approved_tree": self.approved_tree,
            "deprecated": self.deprecated.to_json() if self.deprecated else None,
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
    named = next((one.version for one in reversed(releases) if one.tree == tree and not one.moved), None)
    now = datetime.now(UTC)
    if tree in approved_trees(evidence_of(row.skill, row.standing.tree, background, now)):
        return tree, named, False
    if not force:
        what = f"the tree {tree[:12]} is not approved"
        raise RefusedError(what, where=visible(row.id), remedy="review it first, or --force, which is recorded")
    return tree, named, True


def install(
    repository: Repository,
    row: SkillRow,
    tree: str,
    version: str | None,
    where: Where,
    saved: Path,
    *,
    forced: bool = False,
    replace_strangers: bool = False,
) -> Install:
    """Put a tree of a skill into an agent's folder, with an entry in the lock file.

    Args:
        repository: The library's.
        row: The skill.
        tree: What to install.
        version: Its version, for the lock file.
        where: Whose folder.
        saved: The folder that local changes are saved to before they are replaced.
        forced: Whether it is not approved; the lock file says so.
        replace_strangers: Replace a folder of that name that was not installed from here, saving it first.

    Raises:
        OccupiedError: Something else stands there.
        ConflictError: The folder is a link out of the project, or the lock file can't
            be read.
        InputError: The tree is not in this clone, or the folder can't be written.
    """
    if repository.resolve(f"{tree}^{{tree}}") is None:
        raise InputError(
            f"the tree {tree[:12]} is not in this clone", where=visible(row.id), remedy="workbench review sync"
        )
    name = folder_name(repository.root, row.id)
    target = where.folder / name
    refuse_a_way_out(where)
    contents = contents_of_tree(repository.run, tree)
    with _locked(where.lock_root):
        lock = read_lock(where.lock_root, where.lock_name)
        entry = lock.skills.get(name)
        changed_lock(lock, {}, where.lock_name)  # refuses early a file that can't be rewritten
        there = _tree_on_disk(target, tree)
        ours = entry is not None and where.agent in _trees(entry)
        if os.path.lexists(target) and not ours and there != tree and not replace_strangers:
            what = f"{visible(str(target))} was not installed from here"
            raise OccupiedError(what, remedy="move it away, or --force, which saves it first")
        kept = None
        known = _trees(entry).get(where.agent) if entry else None
        if os.path.lexists(target) and (there is None or there not in (tree, known)):
            kept = save_copy(target, saved, name)
        if there != tree or target.is_symlink():
            place(target, contents)
        hashed = hash_of({path: one.data for path, one in contents.items() if one.mode != "120000"})
        fresh = _entry(entry or {}, row, repository, where, tree, version, hashed, forced=forced)
        write_lock_file(where, lock, {name: fresh})
    outcome: Literal["installed", "updated", "same"] = "same" if there == tree else "updated" if there else "installed"
    lock_path = str(where.lock_root / where.lock_name)
    return Install(row.id, name, version, tree, str(target), outcome, lock_path, str(kept) if kept else None, forced)


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


def installations(where: Sequence[Where]) -> list[tuple[Where, str, Mapping[str, Any]]]:
    """Every entry of the lock files that this program made for these folders.

    Raises:
        InputError: A lock file can't be read, so that nobody knows what was installed, or names what is no folder.
    """
    found = []
    for one in where:
        lock = read_lock(one.lock_root, one.lock_name)
        if (unreadable := next((p for p in lock.problems if p.code == "lock-unreadable"), None)) is not None:
            other = "user" if one.scope == "project" else "project"
            remedy = f"{unreadable.remedy or 'mend it or move it away'}; --scope {other} looks at the others alone"
            what = f"{unreadable.message}, so what was installed can't be known"
            raise InputError(what, where=visible(str(lock.path)), remedy=remedy)
        for name, entry in lock.skills.items():
            if one.agent in _trees(entry):
                _hold_name(name, lock)
                found.append((one, name, entry))
    return found


def _hold_name(name: str, lock: Lock) -> None:
    """Refuse an entry that would lead out of the agent's folder: a lock file comes from whoever made the project."""
    if name in ("", ".", "..") or "/" in name or "\0" in name:
        what = f"its entry '{visible(name)[:80]}' is no folder's name, and is not followed"
        raise InputError(what, where=visible(str(lock.path)), remedy="take the entry out")


def folder_name(library: Path, skill_id: str) -> str:
    """The name that a copy's folder has."""
    return library.name if skill_id == ROOT_ID else skill_id.rpartition("/")[2]


def status_of(where: Where, name: str, entry: Mapping[str, Any], approved: str | None) -> InstalledCopy:
    """How an installation stands: `same` as what is approved now, `older` as it was installed, `changed`, `missing`."""
    target = where.folder / name
    locked = _trees(entry).get(where.agent)
    tree = _tree_on_disk(target, locked or approved)
    status: CopyStatus
    if tree is None:
        status = "missing"
    elif approved is not None and tree == approved:
        status = "same"
    else:
        status = "older" if tree == locked else "changed"
    skill = str(entry.get("skillPath") or name)
    return InstalledCopy(name, skill, where.agent, where.scope, str(target), status, tree, locked, approved)


def _entry(
    old: Mapping[str, Any],
    row: SkillRow,
    repository: Repository,
    where: Where,
    tree: str,
    version: str | None,
    hashed: str | None,
    *,
    forced: bool,
) -> dict[str, Any]:
    """The lock entry: what the shared formats ask for, and the tree that each agent got."""
    now = f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%S.000Z}"
    remote = repository.config("remote.origin.url")
    source = without_credentials(remote) if remote else str(repository.root)
    fields: dict[str, Any] = {
        **old,
        "source": source,
        "sourceType": "git" if remote else "local",
        "skillPath": row.id,
        "tree": tree,
        "version": version,
        "agents": dict(sorted({**_trees(old), where.agent: tree}.items())),
        "unapproved": True if forced else None,
    }
    if where.scope == "project":
        fields["computedHash"] = hashed
    else:
        fields |= {
            "sourceUrl": source, "skillFolderHash": tree,
            "installedAt": old.get("installedAt") or now, "updatedAt": now,
        }  # fmt: skip
    return {key: value for key, value in fields.items() if value is not None}


def _trees(entry: Mapping[str, Any]) -> dict[str, str]:
    """The tree that each agent got, by its id; only entries that this program made have any."""
    agents = entry.get("agents")
    return {str(a): t for a, t in agents.items() if isinstance(t, str)} if isinstance(agents, dict) else {}


def _tree_on_disk(target: Path, like: str | None) -> str | None:
    """The tree of what stands there, hashed as `like` is; None where nothing does, or nothing that can be read."""
    if target.is_symlink() or not target.is_dir():
        return None
    try:
        return tree_of_folder(target, algorithm=algorithm_of(like))
    except InputError:
        return "unreadable"


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
