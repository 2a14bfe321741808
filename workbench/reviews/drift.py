"""The copies that agents read against the library: approved, an older approval, a draft, changed, unknown, or nothing.

A copy is judged by its bytes alone; where they are nobody's, what an installer writes into one is folded (`folding`).
Which skill it is a copy of is told by its origin, by where its link leads, then by its name.
"""

import os
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from workbench.errors import InputError
from workbench.git import GitError, Repository
from workbench.reviews.copy_remark import remark
from workbench.reviews.copy_state import STATUSES, CopyState, Drift, Match, Status
from workbench.reviews.copy_tree import CACHED, tree_of_copy
from workbench.reviews.coverage import CACHES
from workbench.reviews.deprecating import deprecation_of
from workbench.reviews.folding import FoldedTree, fold_folder, fold_tree, same_content
from workbench.reviews.installing import trees_approved
from workbench.reviews.judging import rows_in_git
from workbench.reviews.listing import SkillRow, row_outside_git
from workbench.reviews.lockfile import ReadLock, read_lock
from workbench.reviews.model import Deprecation, Record
from workbench.reviews.origins import Origin, Origins, installed_origin, read_origins
from workbench.reviews.records import timestamp
from workbench.skills.clients import CLIENTS
from workbench.skills.files import is_inside, walk
from workbench.skills.model import ROOT_ID, Skill, Skipped
from workbench.skills.treehash import Algorithm, algorithm_of
from workbench.text import plural, visible

if TYPE_CHECKING:
    from workbench.skills.installed import Copy, Installed

MAX_BYTES = 256 << 20

_SCOPES = ("user", "project")
_OTHER_SCOPES = {
    "admin": "an administrator's skill",
    "bundled": "a skill that came with its client",
    "plugin": "a plugin's skill",
}


def find_drift(
    root: Path,
    repository: Repository | None,
    skills: Sequence[Skill],
    installed: "Installed",
    *,
    home: Path | None = None,
) -> Drift:
    """Every installed copy against the library at `root`.

    Args:
        skills: The library's skills.
        installed: What the agents on this machine find.
        home: The user's home folder, whose lock files say where copies came from.
    """
    shelf = _Shelf.read(root, repository, skills, home)
    locks = cache(read_lock)
    others = {copy.path: copy.scope for copy in installed.copies if copy.scope not in _SCOPES}
    left = [Skipped(path, f"{_OTHER_SCOPES[scope]}: nobody copied it") for path, scope in others.items()]
    groups: dict[str, list[Copy]] = {}
    for copy in installed.copies:
        if copy.path not in others:
            groups.setdefault(copy.path, []).append(copy)
    states = [_state(shelf, same, home, locks) for same in groups.values()]
    for one in installed.skipped:
        if _leads_nowhere(one.path) and one.path not in groups:
            states.append(_dangling(shelf, one.path, home))
        else:
            left.append(one)
    states.sort(key=lambda state: (STATUSES.index(state.status), state.name, state.path))
    return Drift(str(root), tuple(states), tuple(dict.fromkeys(left)))


def installed_drift(
    root: Path,
    repository: Repository | None,
    skills: Sequence[Skill],
    *,
    home: Path,
    project: Path,
    env: Mapping[str, str],
) -> Drift:
    """Every copy that an agent would find when it starts in `project`, against the library at `root`.

    Raises:
        InputError: `project` is not a folder that can be read.
    """
    from workbench.skills.installed import find_installed

    return find_drift(root, repository, skills, find_installed(project, home, env=env), home=home)


@dataclass(slots=True)
class _Shelf:
    """The library's skills with everything that a copy is compared with, read once."""

    root: Path
    repository: Repository | None
    rows: Mapping[str, SkillRow]
    approved: Mapping[str, tuple[str, ...]]
    origins: Origins
    records: Sequence[Record] = ()
    by_name: dict[str, list[str]] = field(default_factory=dict)
    by_origin: dict[tuple[str, str], list[str]] = field(default_factory=dict)
    folded: dict[str, FoldedTree | None] = field(default_factory=dict)

    @classmethod
    def read(cls, root: Path, repository: Repository | None, skills: Sequence[Skill], home: Path | None) -> "_Shelf":
        approved: dict[str, tuple[str, ...]] = {}
        records: Sequence[Record] = ()
        if repository is None:
            rows = tuple(row_outside_git(root, skill) for skill in skills)
        else:
            rows, background = rows_in_git(repository, skills)
            records = background.ledger.records
            approved = {row.id: trees_approved(row, background) for row in rows}
            # A copy in the library itself is a skill of it, too, and what its original's approvals say holds for it.
            for copy, original in background.originals.items():
                approved[copy] = (*approved.get(copy, ()), *approved.get(original, ()))
        origins = read_origins(root, skills, records=records, home=home)
        shelf = cls(root, repository, {row.id: row for row in rows}, approved, origins, records)
        for row in rows:
            for name in {row.name, row.id.rpartition("/")[2]}:
                shelf.by_name.setdefault(name, []).append(row.id)
            if key := _place(origins.of(row.id)):
                shelf.by_origin.setdefault(key, []).append(row.id)
        return shelf

    @property
    def algorithm(self) -> Algorithm:
        """What the library names its objects by."""
        trees = (row.standing.tree or row.standing.head_tree for row in self.rows.values())
        return algorithm_of(next(filter(None, trees), None))

    def skills_of(self, copy: "Copy", origin: Origin | None) -> list[str]:
        """The ids that a copy may be one of: by its origin, by where it leads, by its name."""
        place = _place(origin) if origin else None
        if place and (found := self.by_origin.get(place)):
            return found
        real_root = os.path.realpath(self.root)
        if is_inside(copy.real_path, real_root):
            inside = os.path.relpath(copy.real_path, real_root)
            if inside in self.rows:
                return [inside]
        names = (Path(copy.path).name, Path(copy.real_path).name, copy.skill.name)
        return next((self.by_name[name] for name in names if name in self.by_name), [])

    def holds(self, tree: str, skill: str) -> bool:
        """Whether these very bytes are a skill's current or an approved tree."""
        return tree in (*self.approved.get(skill, ()), self.rows[skill].standing.tree)

    def compare(self, own: FoldedTree, tree: str | None) -> Literal["same", "folded", "different"]:
        """How a copy compares with a tree of the library."""
        if tree is None or own.tree == tree:
            return "same" if tree else "different"
        other = self._folded(tree)
        return "folded" if other and same_content(own, other) else "different"

    def _folded(self, tree: str) -> FoldedTree | None:
        """A tree of the library, folded; None where it is not in this clone."""
        if tree not in self.folded:
            self.folded[tree] = None
            if self.repository is not None:
                with suppress(GitError):
                    self.folded[tree] = fold_tree(self.repository.run, tree)
        return self.folded[tree]


def _state(shelf: _Shelf, same: "Sequence[Copy]", home: Path | None, locks: ReadLock) -> CopyState:
    """How one folder stands that one or more clients read."""
    copy = same[0]
    origin = installed_origin(Path(copy.path), copy.skill.frontmatter, home, locks)
    candidates = shelf.skills_of(copy, origin)
    try:
        own, cached = _content(shelf, copy, candidates)
        why = ""
    except InputError as error:
        own, cached, why = None, False, f"it can't be compared: {error.what}"
    skill = candidates[0] if len(candidates) == 1 else None
    if own is not None and skill is None and candidates:
        skill = _by_content(shelf, own, candidates)
        if skill is None:
            names = ", ".join(candidates[:5])
            why = f"{plural(len(candidates), 'skill')} of the library have this name: {visible(names)}"
    if own is None or skill is None:
        found: tuple[Status, Match | None, bool] = ("unknown", None, False)
        why = why or "no skill of the library has this name or origin"
    else:
        found = _judge(shelf, own, skill)
        why = remark(shelf.rows[skill].standing, own.tree)
        why = "; ".join(part for part in (why, CACHED if cached else "") if part)
    return CopyState(
        path=copy.path,
        client=copy.client,
        scope=copy.scope,
        skill=skill,
        name=copy.skill.name or Path(copy.path).name,
        status=found[0],
        tree=own.tree if own else None,
        matches=found[1],
        approved_tree=shelf.rows[skill].standing.approved_tree if skill else None,
        link=copy.real_path if copy.linked else None,
        folded=found[2],
        clients=tuple(dict.fromkeys(one.client for one in same)),
        why=why,
        deprecated=_deprecated(shelf, skill, found[1]) if skill else None,
    )


def _deprecated(shelf: _Shelf, skill: str, match: Match | None) -> Deprecation | None:
    """The word on the version that these bytes are, else on the skill as a whole."""
    return deprecation_of(shelf.rows[skill].standing.records, match.version if match else None)


def _content(shelf: _Shelf, copy: "Copy", candidates: Sequence[str]) -> tuple[FoldedTree, bool]:
    """The bytes of a copy, and whether caches in it were left out of them.

    Folded, which takes another reading, only where no skill has them as they are.
    """
    folder = Path(copy.real_path)
    left = MAX_BYTES
    for _, entry in walk(str(folder)):
        left -= entry.stat(follow_symlinks=False).st_size
        if left < 0:
            raise InputError(f"it has more than {MAX_BYTES >> 20} MiB")

    def known(tree: str) -> bool:
        return any(shelf.holds(tree, id_) for id_ in candidates)

    root = candidates == [ROOT_ID]
    tree, cached = tree_of_copy(folder, known, library_root=root, algorithm=shelf.algorithm)
    plain = FoldedTree(tree, tree, False)
    if root or not candidates or known(tree):
        return plain, cached
    folded = fold_folder(folder, algorithm=shelf.algorithm)
    if any(_judge(shelf, folded, id_)[0] != "changed" for id_ in candidates):
        return folded, False
    bare = fold_folder(folder, algorithm=shelf.algorithm, without=CACHES)
    if any(_judge(shelf, bare, id_)[0] != "changed" for id_ in candidates):
        return bare, True
    return folded, False


def _by_content(shelf: _Shelf, own: FoldedTree, candidates: Sequence[str]) -> str | None:
    """The one of several skills that a copy's bytes are of; None where none or several have them."""
    fitting = [id_ for id_ in candidates if _judge(shelf, own, id_)[0] != "changed"]
    return fitting[0] if len(fitting) == 1 else None


def _judge(shelf: _Shelf, own: FoldedTree, skill: str) -> tuple[Status, Match | None, bool]:
    """The status of these bytes as a copy of a skill, the approval they have, and whether they had to be folded."""
    for number, tree in enumerate(shelf.approved.get(skill, ())):
        compared = shelf.compare(own, tree)
        if compared != "different":
            status: Status = "older" if number else "approved"
            return status, _match(shelf.rows[skill], tree), compared == "folded"
    compared = shelf.compare(own, shelf.rows[skill].standing.tree)
    return ("changed", None, False) if compared == "different" else ("draft", None, compared == "folded")


def _match(row: SkillRow, tree: str) -> Match | None:
    said = [record for record in row.standing.records if record.counts and record.tree == tree]
    record = next((record for record in reversed(said) if record.verdict == "approve"), None)
    return Match(record.version, record.commit, timestamp(record.at)) if record else None


def _place(origin: Origin) -> tuple[str, str] | None:
    """An origin as something to compare: its address without what may be left out, and the path in it."""
    if origin.url is None or origin.kind in ("local", "archive", "unknown"):
        return None
    address = origin.url.removesuffix("/").removesuffix(".git").casefold()
    return (address, origin.path) if origin.path else None


def _leads_nowhere(path: str) -> bool:
    return os.path.islink(path) and not os.path.exists(path)  # noqa: PTH110, PTH114 - a Path raises where looking is not permitted


def _dangling(shelf: _Shelf, path: str, home: Path | None) -> CopyState:
    """A link to nothing, in a folder that agents read."""
    above, name = os.path.split(path)
    ids = shelf.by_name.get(name, [])
    clients, scope = _readers(above, home)
    return CopyState(
        path=path,
        client=clients[0] if clients else "unknown",
        scope=scope,
        skill=ids[0] if len(ids) == 1 else None,
        name=name,
        status="dangling",
        approved_tree=shelf.rows[ids[0]].standing.approved_tree if len(ids) == 1 else None,
        link=os.readlink(path),  # noqa: PTH115 - a Path would tidy the target up
        clients=tuple(clients),
        why="the link leads to nothing",
    )


def _readers(folder: str, home: Path | None) -> tuple[list[str], str]:
    """The clients that read a folder, by how its path ends, and the scope of its place."""
    relative = os.path.relpath(folder, home) if home else ""
    at_home: list[str] = list(
        dict.fromkeys(c.id for c in CLIENTS for p in c.places if p.scope == "user" and p.path == relative)
    )
    if at_home:
        return at_home, "user"
    places: list[tuple[str, str]] = [(c.id, p.path) for c in CLIENTS for p in c.places if p.scope == "project"]
    return list(dict.fromkeys(id_ for id_, path in places if folder.endswith(f"/{path}"))), "project"
