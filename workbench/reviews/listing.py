"""The rows of a library's list: each skill with where it stands, and what a user should know about the library."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from workbench.git import Repository
from workbench.reviews.model import Deprecation, Standing, State
from workbench.skills.model import ROOT_ID, Problem, Skill, Skipped

if TYPE_CHECKING:
    from workbench.reviews.survey import Background


@dataclass(frozen=True, slots=True)
class SkillRow:
    """A skill with where it stands; one row of the list.

    Attributes:
        changed_at: When a commit last changed it, UTC seconds; None if none did.
        authors: Who changed it: names with e-mails, and the e-mails of co-authors.
        deprecated: The word that holds for what stands there now.
    """

    skill: Skill
    standing: Standing
    changed_at: int | None = None
    authors: frozenset[str] = frozenset()
    deprecated: Deprecation | None = None

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
        background: What the rows rest on; None where they rest on no one reading, or were remembered.
    """

    rows: tuple[SkillRow, ...]
    skipped: tuple[Skipped, ...] = ()
    notes: tuple[str, ...] = ()
    head: str | None = None
    branch: str | None = None
    background: "Background | None" = field(default=None, repr=False, compare=False)


def labels(rows: Iterable[SkillRow]) -> dict[str, str]:
    """What tells each of these skills from the others, by id: its name, or the id where several have the name, or one
    that looks like it."""
    rows = tuple(rows)
    counted = Counter(row.name for row in rows)
    return {row.id: row.id if counted[row.name] > 1 or row.standing.alike else row.name for row in rows}


def row_outside_git(root: Path, skill: Skill) -> SkillRow:
    """A skill in a folder that no repository holds: draft or invalid, its tree hashed as git would."""
    if not skill.loads:
        reasons = tuple(problem.message for problem in skill.problems if problem.severity == "error")[:3]
        return SkillRow(skill, Standing("invalid", reasons))
    from workbench.skills.treehash import tree_of_folder

    return SkillRow(
        skill,
        Standing(
            "draft",
            ("not in a git repository",),
            tree=tree_of_folder(root / skill.id, library_root=skill.id == ROOT_ID),
        ),
    )


def situation(repository: Repository, head: str | None, branch: str | None) -> tuple[str, ...]:
    """What about the repository's situation a user should know, with this commit and branch checked out."""
    notes = []
    if head is None:
        notes.append("the repository has no commit yet: commit the skills before reviewing them")
    elif branch is None:
        notes.append("detached head: verdicts are recorded all the same")
    if operation := repository.in_progress():
        notes.append(f"a {operation} is in progress: skills it touches can't be approved until it is finished")
    return tuple(notes)
