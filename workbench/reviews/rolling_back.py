"""Going back to an earlier version of a skill: a new commit, which leaves every commit and record as it was."""

import os
from dataclasses import dataclass
from datetime import datetime
from pathlib import PurePosixPath
from typing import Any

from workbench.errors import ConflictError, InputError, UsageError, WorkbenchError
from workbench.git import Repository, TreeEntry
from workbench.reviews.comparing import named_tree
from workbench.reviews.listing import SkillRow
from workbench.reviews.survey import Background
from workbench.reviews.tag_evidence import refuse_moved
from workbench.reviews.trees import WORKBENCH_FOLDER, current_trees
from workbench.skills.model import ROOT_ID
from workbench.text import visible

APPROVED = "approved"


@dataclass(frozen=True, slots=True)
class RolledBack:
    """The commit that restored an earlier tree; None where HEAD has that tree already."""

    skill: str
    name: str
    to: str
    tree: str
    commit: str | None
    state: str = ""

    def to_json(self) -> dict[str, Any]:
        """The contract of `version rollback --json`."""
        return {"skill": self.skill, "to": self.to, "tree": self.tree, "commit": self.commit, "state": self.state}


def roll_back(repository: Repository, row: SkillRow, background: Background, to: str, now: datetime) -> RolledBack:
    """Make a commit on the current branch in which the skill has an earlier tree; nothing else changes.

    HEAD moves last: whatever ends this before leaves, at worst, the earlier files staged and not committed.

    Args:
        repository: The library's.
        row: The skill.
        background: What its standing rests on.
        to: A released version, `approved` for the last approved tree, or any revision or tree.
        now: The moment of the commit.

    Raises:
        ConflictError: The folder has changes that are not committed, something that git does not keep stands where a
            file would come back, another operation is under way, or HEAD moved meanwhile.
        RefusedError: The version's tag was moved.
        InputError: There is no such version, or this clone lacks it or its tag.
    """
    standing = row.standing
    if operation := repository.in_progress():
        raise ConflictError(
            f"a {operation} is in progress", where=visible(str(repository.root)), remedy="finish it first"
        )
    head = repository.head()
    if head is None or standing.head_tree is None or standing.tree != standing.head_tree:
        remedy = "commit or put away what is there first, so that nothing is lost"
        raise ConflictError("its folder is not what HEAD has", where=visible(row.id), remedy=remedy)
    tree = earlier_tree(repository, row, background, to)
    if tree == standing.head_tree:
        return RolledBack(row.id, row.name, to, tree, None)
    where = _pathspecs(row.id)
    if repository.run("diff-index", "--cached", "--name-only", "-z", head, "--", *where):
        remedy = "commit it, or unstage it: git restore --staged"
        raise ConflictError("something else of it is staged", where=visible(row.id), remedy=remedy)
    # git never stored the tree of a skill at the root: HEAD has it together with the workbench's own folder.
    _refuse_what_stands_there(repository, row.id, head if row.id == ROOT_ID else standing.head_tree, tree)
    who = repository.identity()
    message = f"Roll {visible(row.name)} back to {visible(to)}\n\nSkill: {visible(row.id)}\nSkill-Tree: {tree}\n"
    commit = repository.commit(_with(repository, head, row.id, tree), [head], message, who, now)
    repository.run("checkout", "--quiet", "--no-overlay", commit, "--", *where)
    try:
        repository.move_ref("HEAD", commit, head, "workbench: rollback")
    except WorkbenchError:
        repository.run("checkout", "--quiet", "--no-overlay", head, "--", *where)
        raise
    return RolledBack(row.id, row.name, to, tree, commit)


def _pathspecs(skill_id: str) -> tuple[str, ...]:
    """What of the work tree is the skill's."""
    if skill_id != ROOT_ID:
        return (f":(literal,top){skill_id}",)
    return (":(top)", f":(exclude,literal,top){WORKBENCH_FOLDER}")


def _refuse_what_stands_there(repository: Repository, skill_id: str, now: str, then: str) -> None:
    """Make sure that no file comes back over one that git does not keep: nobody would have it any more.

    Raises:
        ConflictError: One would.
    """
    kept = {entry.path for entry in repository.entries(now, "-r")}
    folder = repository.root if skill_id == ROOT_ID else repository.root / skill_id
    for entry in repository.entries(then, "-r"):
        if entry.path in kept:
            continue
        parents = [str(parent) for parent in PurePosixPath(entry.path).parents if str(parent) not in (".", *kept)]
        for path in (entry.path, *parents):
            place = folder / path
            in_the_way = os.path.lexists(place) and (path == entry.path or place.is_symlink() or not place.is_dir())
            if in_the_way and not any(one.startswith(f"{path}/") for one in kept):
                raise ConflictError(
                    "a file that git does not keep stands where one would come back",
                    where=visible(f"{skill_id}/{path}"),
                    remedy="move it away first, so that it is not lost",
                )


def earlier_tree(repository: Repository, row: SkillRow, background: Background, to: str) -> str:
    """The tree of a skill that `to` names. Args and raises as `roll_back`."""
    where = visible(row.id)
    tree: str | None
    if to == APPROVED:
        tree = row.standing.approved_tree
        if tree is None:
            raise InputError("no version of it was approved by the rules in force", where=where)
    else:
        releases = {one.version: one for one in background.releases.get(row.id, ())}
        found = releases.get(to.removeprefix("v"))
        if found is not None:
            refuse_moved(found, where)
        tree = found.tree if found else None
        if tree is None:
            with current_trees(repository, [row.id]) as current:
                tree = named_tree(current.scratch, row.id, to)
    if tree is None:
        raise InputError(f"{visible(to)} has no such skill", where=where)
    if repository.resolve(f"{tree}^{{tree}}") is None:
        raise InputError(f"the tree {tree[:12]} is not in this clone", where=where, remedy="workbench review sync")
    return tree


def _with(repository: Repository, head: str, skill_id: str, tree: str) -> str:
    """HEAD's tree with a skill's replaced."""
    if skill_id != ROOT_ID:
        return repository.graft(f"{head}^{{tree}}", {skill_id: TreeEntry("040000", "tree", tree, skill_id)})
    own = [entry for entry in repository.entries(head) if entry.path == WORKBENCH_FOLDER]
    return repository.make_tree([*repository.entries(tree), *own])


def last_version(background: Background, row: SkillRow) -> str:
    """The version to go back to where none is named: the last released one that is not what HEAD has.

    Raises:
        UsageError: There is none.
    """
    for one in reversed(background.releases.get(row.id, ())):
        if one.tree is not None and one.tree != row.standing.head_tree and one.stands:
            return one.version
    remedy = "--to approved, or --to VERSION"
    raise UsageError("no earlier version was released", where=visible(row.id), remedy=remedy)
