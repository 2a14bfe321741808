"""The copies that lock files tell of, held against the disk, against what is approved, and against the quarantine."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from workbench.errors import InputError
from workbench.reviews.copy_entry import Placed, ThisLibrary, placed
from workbench.reviews.copy_remark import remark
from workbench.reviews.copy_tree import CACHED, tree_there
from workbench.reviews.installing import Scope, Where, trees_approved
from workbench.reviews.listing import SkillRow
from workbench.reviews.lockfile import Lock, read_lock
from workbench.reviews.model import Deprecation
from workbench.reviews.quarantine import Kept, place_of
from workbench.reviews.survey import Background
from workbench.skills.naming import is_in_agents_folder
from workbench.text import visible

CopyStatus = Literal["same", "older", "draft", "changed", "missing", "gone", "quarantined", "elsewhere"]
"""`draft`: as it was installed, and not approved; `gone`: the library has the skill no more; `elsewhere`: it is another
library's, and as it was installed."""

SETTLED: frozenset[CopyStatus] = frozenset({"same", "quarantined", "elsewhere"})
"""What sync leaves alone."""

_OTHER_BYTES = "its bytes are not those that were installed"


@dataclass(frozen=True, slots=True)
class InstalledCopy:
    """One installation as its lock entry knows it, held against the disk and against what is approved now.

    Attributes:
        skill: The id of the skill, where it is now.
        approved_tree: What is approved now.
        version: What it was installed as.
        pinned: Whether just that version was asked for, which is still approved: sync keeps it.
        other: The library that it was installed from, where that is another one.
        why: What a reader has to know besides; made visible.
    """

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
    version: str | None = None
    pinned: bool = False
    other: str | None = None
    why: str = ""

    @property
    def settled(self) -> bool:
        """Whether there is nothing for sync to do."""
        return self.status in SETTLED

    def to_json(self) -> dict[str, Any]:
        """One item of `sync --json`."""
        return {
            "name": self.name, "skill": self.skill, "agent": self.agent, "scope": self.scope, "path": self.path,
            "status": self.status, "tree": self.tree, "locked_tree": self.locked_tree,
            "approved_tree": self.approved_tree,
            "deprecated": self.deprecated.to_json() if self.deprecated else None,
            "version": self.version, "pinned": self.pinned, "other": self.other,
            "why": self.why or None,
        }  # fmt: skip


def installations(where: Sequence[Where]) -> list[tuple[Where, str, Placed]]:
    """Every copy that this program put into these folders, by the lock files, with its folder's name.

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
            if (copy := placed(entry, name).get(one.agent)) is not None:
                _hold_name(name, lock)
                found.append((one, name, copy))
    return found


def _hold_name(name: str, lock: Lock) -> None:
    """Refuse an entry that would lead out of the agent's folder: a lock file comes from whoever made the project."""
    if name in ("", ".", "..") or "/" in name or "\0" in name:
        what = f"its entry '{visible(name)[:80]}' is no folder's name, and is not followed"
        raise InputError(what, where=visible(str(lock.path)), remedy="take the entry out")


class Shelf:
    """A library's skills, to hold copies against.

    Args:
        library: Which library it is.
        rows: All its skills.
        background: What their standings rest on.
        kept: What is in quarantine.
    """

    def __init__(
        self, library: ThisLibrary, rows: Sequence[SkillRow], background: Background, kept: Sequence[Kept]
    ) -> None:
        self._library = library
        self._rows = {row.id: row for row in rows}
        self._background = background
        self._paths = {place_of(one.path) for one in kept}
        self._names = {one.name for one in kept}
        self._approved: dict[str, tuple[str, ...]] = {}

    def row(self, skill: str) -> SkillRow | None:
        """A skill, by its id."""
        return self._rows.get(skill)

    def copy(self, where: Where, name: str, one: Placed) -> InstalledCopy:
        """How one installation stands."""
        target = where.folder / name
        row = self._rows.get(one.skill) or self._moved(one)
        fields = (name, row.id if row else one.skill, where.agent, where.scope, str(target))
        if not self._library.installed(one):
            return self._of_another(fields, target, one)
        approved = self._trees(row) if row else ()
        now = _approved_now(row) if row else None
        pinned = one.pinned and one.tree in approved
        wanted = one.tree if pinned else now
        tree, cached = tree_there(target, {one.tree, *approved, *([wanted] if wanted else [])}, one.tree or now)
        status = self._status(tree, wanted, approved, one, gone=row is None)
        if tree is None and (place_of(target) in self._paths or {name, row.name if row else name} & self._names):
            status = "quarantined"
        said = [self._why(status, one, row, tree, wanted, target), CACHED if cached else ""]
        if row is not None and row.id != one.skill:
            said.append(f"{visible(one.skill)} is {visible(row.id)} now")
        if pinned and now != one.tree:
            said.append(f"it is kept at {visible(one.version or one.tree[:12])}, as it was asked for")
        if one.pinned and not pinned:
            said.append(f"{visible(one.version or one.tree[:12])} was asked for, and is not approved any more")
        why = "; ".join(part for part in said if part)
        return InstalledCopy(*fields, status, tree, one.tree, now, version=one.version, pinned=pinned, why=why)

    def _of_another(self, fields: tuple[str, str, str, Scope, str], target: Path, one: Placed) -> InstalledCopy:
        """A copy of another library: what is approved there can't be said, only whether it is what was installed."""
        other = one.source or "somewhere else"
        tree, _ = tree_there(target, {one.tree}, one.tree)
        said = [f"it was installed from {visible(other)}"]
        changed = tree not in (None, one.tree)
        if changed:
            said.insert(0, _OTHER_BYTES)
        elif tree is None:
            said.append("nothing stands there")
        status: CopyStatus = "changed" if changed else "elsewhere"
        why = "; ".join(said)
        return InstalledCopy(*fields, status, tree, one.tree, None, version=one.version, other=other, why=why)

    def _status(
        self, tree: str | None, wanted: str | None, approved: Sequence[str], one: Placed, *, gone: bool
    ) -> CopyStatus:
        if tree is None:
            return "missing"
        if gone:
            return "gone"
        if tree == wanted:
            return "same"
        if tree in approved:
            return "older"
        return "draft" if tree == one.tree else "changed"

    def _why(
        self, status: CopyStatus, one: Placed, row: SkillRow | None, tree: str | None, wanted: str | None, target: Path
    ) -> str:
        if status == "gone" or (row is None and status == "missing"):
            return f"the library has no skill '{visible(one.skill)}' any more"
        if status == "missing":
            return "a link stands there, and not the copy" if target.is_symlink() else "nothing stands there"
        if status == "quarantined":
            return "it is in quarantine"
        if status == "older" and wanted:
            return f"{wanted[:12]} is approved now"
        if status == "draft" and row and tree:
            forced = "it was installed with --force" if one.unapproved else "these bytes are not approved any more"
            return remark(row.standing, tree) or forced
        return _OTHER_BYTES if status == "changed" else ""

    def _trees(self, row: SkillRow) -> tuple[str, ...]:
        if row.id not in self._approved:
            self._approved[row.id] = trees_approved(row, self._background)
        return self._approved[row.id]

    def _moved(self, one: Placed) -> SkillRow | None:
        """Where a skill is now that is no longer where it was: the one that keeps its name, and had its bytes.

        A name alone says nothing: another skill may have had it all along.
        """
        theirs = {one.tree, *(record.tree for record in self._background.ledger.of(one.skill))}
        found = [
            row
            for row in self._rows.values()
            if row.id.rpartition("/")[2] == one.skill.rpartition("/")[2]
            and not is_in_agents_folder(row.id)
            and theirs & self._had(row)
        ]
        return found[0] if len(found) == 1 else None

    def _had(self, row: SkillRow) -> set[str | None]:
        history = self._background.history.get(row.id, ())
        return {row.standing.tree, row.standing.head_tree, *(change.tree for change in history)}


def _approved_now(row: SkillRow) -> str | None:
    return row.standing.tree if row.state == "approved" else row.standing.approved_tree
