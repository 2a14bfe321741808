"""Whether the origins of a library's skills have something new; nothing is written but the cache of what came."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from workbench.errors import CancelledError, InputError, WorkbenchError
from workbench.git import Repository, RunGit
from workbench.reviews.folding import FoldedTree, fold_tree, same_content
from workbench.reviews.ledger import read_ledger
from workbench.reviews.lockfile import LOCK_FILE
from workbench.reviews.origins import Origin, Origins, read_origins
from workbench.reviews.trees import current_trees
from workbench.reviews.upstream import GoneError, Theirs, Upstreams
from workbench.skills.contents import contents_of_tree
from workbench.skills.model import Problem, Skill
from workbench.text import visible

UpdateStatus = Literal["current", "update", "ahead", "gone", "unreachable", "pinned", "unknown"]

UPDATE_SIGNS: dict[UpdateStatus, str] = {
    "current": "✓",
    "update": "↓",
    "ahead": "↑",
    "pinned": "=",
    "gone": "×",
    "unreachable": "!",
    "unknown": "?",
}
"""One sign for each status, for every list: colour alone never says it."""


@dataclass(frozen=True, slots=True)
class Checked:
    """What an origin has for one skill.

    Attributes:
        path: The skill's id.
        theirs: What the origin has now; None where it did not say.
        why: What a reader has to know besides the status, one sentence; empty where there is nothing.
    """

    path: str
    name: str
    origin: Origin
    status: UpdateStatus
    theirs: Theirs | None = None
    why: str = ""

    def to_json(self) -> dict[str, Any]:
        """One item of `update --check --json`."""
        return {
            "path": self.path,
            "name": self.name,
            "origin": self.origin.to_json(),
            "status": self.status,
            "theirs": self.theirs.to_json() if self.theirs else None,
            "why": self.why,
        }


def origins_of(root: Path, repository: Repository | None, skills: Sequence[Skill], home: Path | None) -> Origins:
    """The origins of a library's skills, its records asked, too."""
    records = read_ledger(repository).records if repository else ()
    return read_origins(root, skills, records=records, home=home)


def origin_to_follow(root: Path, repository: Repository, skills: Sequence[Skill], home: Path, skill_id: str) -> Origin:
    """Where a skill is brought up to date from.

    Raises:
        InputError: The library's lock file can't be read, so that another file would be believed in its place.
    """
    origins = origins_of(root, repository, skills, home)
    for problem in origins.problems:
        if problem.code == "lock-unreadable" and problem.path == LOCK_FILE:
            remedy = problem.remedy or "mend it or move it away, then run this again"
            raise InputError(problem.message, where=LOCK_FILE, remedy=remedy)
    return origins.of(skill_id)


def check_updates(
    root: Path,
    repository: Repository,
    skills: Sequence[Skill],
    upstreams: Upstreams,
    *,
    among: Sequence[Skill] = (),
    home: Path | None = None,
    on_checked: Callable[[Checked, int, int], None] | None = None,
    on_problem: Callable[[Problem], None] | None = None,
) -> tuple[Checked, ...]:
    """Ask the origin of each of these skills what is new; one that fails stops no other.

    Args:
        among: All skills of the library, where `skills` are not all.
        on_checked: Told of each answer, with how many there are so far and how many there will be.
        on_problem: Told of what is wrong with the files that name origins.

    Raises:
        CancelledError: `upstreams.cancel` was set.
    """
    origins = origins_of(root, repository, among or skills, home)
    if on_problem:
        for problem in origins.problems:
            on_problem(problem)
    done: list[Checked] = []
    with current_trees(repository, [skill.id for skill in skills]) as current:
        for skill in skills:
            tree = current.trees.get(skill.id)
            checked = check_one(skill, origins.of(skill.id), tree, current.scratch.run, upstreams)
            done.append(checked)
            if on_checked:
                on_checked(checked, len(done), len(skills))
    return tuple(done)


def check_one(skill: Skill, origin: Origin, tree: str | None, run: RunGit, upstreams: Upstreams) -> Checked:
    """Ask the origin of one skill.

    Args:
        tree: The skill's current tree; None where git does not see the folder.
        run: Runs git where that tree can be read.
    """
    if origin.kind == "unknown" or origin.url is None:
        return Checked(skill.id, skill.name, origin, "unknown", why="nothing says where it came from")
    if tree is None:
        return Checked(skill.id, skill.name, origin, "unknown", why="git does not see this folder: is it ignored?")
    if origin.kind in ("archive", "well-known"):
        why = f"an origin of the kind {origin.kind} can't be asked for later versions"
        return Checked(skill.id, skill.name, origin, "unknown", why=why)
    if origin.pinned and origin.ref == origin.revision:
        return Checked(skill.id, skill.name, origin, "pinned", why=f"it is pinned to commit {(origin.ref or '')[:12]}")
    try:
        theirs = upstreams.ask(origin, skill.name)
        return _compared(skill, origin, theirs, tree, run, upstreams)
    except CancelledError:
        raise
    except GoneError as error:
        return Checked(skill.id, skill.name, origin, "gone", why=visible(error.what))
    except WorkbenchError as error:
        remedy = f" ({error.remedy})" if error.remedy else ""
        return Checked(skill.id, skill.name, origin, "unreachable", why=f"{visible(error.what)}{visible(remedy)}")


def _compared(skill: Skill, origin: Origin, theirs: Theirs, tree: str, run: RunGit, upstreams: Upstreams) -> Checked:
    own = fold_tree(run, tree)
    same = _same(own, origin, theirs, run, upstreams)
    unchanged = theirs.tree == origin.tree
    status: UpdateStatus
    why = theirs.note
    if origin.pinned and (unchanged or same):
        status, why = "pinned", f"it is pinned to {visible(origin.ref or '')}"
    elif same:
        status = "current"
    elif unchanged:
        status, why = "ahead", "it was changed here since it was taken"
    else:
        status = "update"
        if origin.pinned:
            why = f"{visible(origin.ref or '')}, which it is pinned to, is not what it was"
        elif origin.tree is None:
            why = theirs.note or "it differs; what was taken is not known"
    return Checked(skill.id, skill.name, origin, status, theirs, why)


def _same(own: FoldedTree, origin: Origin, theirs: Theirs, run: RunGit, upstreams: Upstreams) -> bool:
    """Whether mine and theirs hold the same."""
    if len(own.tree) != len(theirs.tree):
        return contents_of_tree(run, own.tree) == upstreams.contents(origin, theirs)
    if own.tree == theirs.tree:
        return True
    if theirs.folded is not None:
        return same_content(own, theirs.folded)
    # The origin is where it was, so theirs need only be read where an installer changed mine.
    if not own.installed:
        return False
    known = upstreams.fold(origin, theirs)
    return known is not None and same_content(own, known)
