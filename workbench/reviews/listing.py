"""The rows of a library's list: each skill with where it stands, and what a user should know about the library."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from workbench.git import Repository
from workbench.reviews.coverage import COVERED
from workbench.reviews.history import Change
from workbench.reviews.model import Standing, State
from workbench.reviews.policy_object import PATHS, policy_skill, version_at, write_tree
from workbench.reviews.present import present
from workbench.reviews.survey import Ahead, Background, look_into, policy_standing, read_background, standing_of
from workbench.reviews.trees import current_trees
from workbench.skills.model import ROOT_ID, Problem, Skill, Skipped
from workbench.skills.treehash import tree_of_folder

if TYPE_CHECKING:
    from workbench.reviews.deprecating import Deprecation


@dataclass(frozen=True, slots=True)
class SkillRow:
    """A skill with where it stands; one row of the list.

    Attributes:
        changed_at: When a commit last changed it, UTC seconds; None if none did.
        authors: Who changed it: names with e-mails, and the e-mails of co-authors.
    """

    skill: Skill
    standing: Standing
    changed_at: int | None = None
    authors: frozenset[str] = frozenset()

    @property
    def id(self) -> str:
        """The skill's path in the library."""
        return self.skill.id

    @property
    def name(self) -> str:
        """The label."""
        return self.skill.name

    @property
    def state(self) -> State:
        """The derived state."""
        return self.standing.state

    @property
    def version(self) -> str | None:
        """The version the skill says it has."""
        return self.skill.version

    @property
    def problems(self) -> tuple[Problem, ...]:
        """What is wrong with it."""
        return self.skill.problems

    @property
    def deprecated(self) -> "Deprecation | None":
        """The word that holds for what stands there now."""
        if not self.standing.records:
            return None
        from workbench.reviews.deprecating import deprecated_now

        return deprecated_now(self.standing)

    def to_json(self) -> dict[str, Any]:
        """One item of `skills list --json`."""
        old = self.deprecated
        return {
            "name": self.name,
            "path": self.id,
            "state": self.state,
            "reasons": list(self.standing.reasons),
            "released": self.standing.released,
            "tree": self.standing.tree,
            "head_tree": self.standing.head_tree,
            "approved_tree": self.standing.approved_tree,
            "self_approved": self.standing.self_approved,
            "uncovered": list(self.standing.uncovered),
            "version": self.version,
            "deprecated": old.to_json() if old else None,
            "description": self.skill.description,
            "changed_at": self.changed_at and f"{datetime.fromtimestamp(self.changed_at, UTC):%Y-%m-%dT%H:%M:%SZ}",
            "problems": [problem.to_json() for problem in self.problems],
        }


@dataclass(frozen=True, slots=True)
class LibraryView:
    """All skills of a library at one moment, and what a user should know about it.

    Attributes:
        background: What the rows rest on; None where they rest on no one reading.
    """

    rows: tuple[SkillRow, ...]
    skipped: tuple[Skipped, ...] = ()
    notes: tuple[str, ...] = ()
    head: str | None = None
    branch: str | None = None
    background: Background | None = field(default=None, repr=False, compare=False)


def rows_in_git(
    repository: Repository, skills: Sequence[Skill], *, among: Sequence[Skill] | None = None, ahead: Ahead | None = None
) -> tuple[tuple[SkillRow, ...], Background]:
    """The skills with their standings, from git, and what those rest on.

    Args:
        among: All skills of the library, where `skills` are not all: a tag's label may stand for none of several.
        ahead: What is being read of it already.
    """
    now = datetime.now(UTC)
    ids = [skill.id for skill in skills]
    # Both are chains of git commands that wait on each other and not on the other chain: half the time.
    with ThreadPoolExecutor(max_workers=1) as beside:
        reading = beside.submit(read_background, repository, skills, among or skills, ahead=ahead)
        trees, coverage = present(repository, ids)
        background = reading.result()
    look_into(background, skills)
    rows = tuple(
        SkillRow(
            skill,
            standing_of(skill, trees.get(skill.id), background, now, coverage.get(skill.id, COVERED)),
            next((change.at for change in background.history.get(skill.id, ())), None),
            _people(background.history.get(skill.id, ())),
        )
        for skill in skills
    )
    background.gains.keep()
    return rows, background


def _people(changes: Sequence[Change]) -> frozenset[str]:
    return frozenset(who for change in changes for who in (change.author, *change.authors))


def policy_row(repository: Repository) -> tuple[SkillRow, Background]:
    """The library's policy as one row, with where it stands, and what that rests on."""
    background = read_background(repository, (), ())
    with current_trees(repository, PATHS) as current:
        tree = write_tree(current.scratch.run, current.scratch.tree)
    head_tree = version_at(repository, background.head).tree if background.head else None
    standing = policy_standing(background, tree, head_tree, datetime.now(UTC))
    changed_at = next((change.at for change in background.in_force.changes), None)
    return SkillRow(policy_skill(), standing, changed_at), background


def row_outside_git(root: Path, skill: Skill) -> SkillRow:
    """A skill in a folder that no repository holds: draft or invalid, its tree hashed as git would."""
    if not skill.loads:
        reasons = tuple(problem.message for problem in skill.problems if problem.severity == "error")[:3]
        return SkillRow(skill, Standing("invalid", reasons))
    return SkillRow(
        skill,
        Standing(
            "draft",
            ("not in a git repository",),
            tree=tree_of_folder(root / skill.id, library_root=skill.id == ROOT_ID),
        ),
    )


def situation(repository: Repository, head: str | None) -> tuple[str, ...]:
    """What about the repository's situation a user should know."""
    notes = []
    if head is None:
        notes.append("the repository has no commit yet: commit the skills before reviewing them")
    elif repository.branch() is None:
        notes.append("detached head: verdicts are recorded all the same")
    if operation := repository.in_progress():
        notes.append(f"a {operation} is in progress: skills it touches can't be approved until it is finished")
    return tuple(notes)
