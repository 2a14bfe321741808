"""Requests for review on what is not checked out: a colleague's branch, a fetched pull request, an agent's proposal.

A request waits while a branch here that HEAD does not contain still has the tree it is about: one that was amended,
merged or dropped is over.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from workbench.git import Repository
from workbench.reviews.ancestry import Ancestry
from workbench.reviews.coverage import COVERED, coverage_at
from workbench.reviews.history import read_history
from workbench.reviews.listing import SkillRow
from workbench.reviews.model import POLICY_ID
from workbench.reviews.pulls import Branch, branches_ahead
from workbench.reviews.survey import Background, look_into, standing_of
from workbench.reviews.trees import trees_at
from workbench.reviews.verify import committed_skills
from workbench.skills.globs import first_match
from workbench.skills.model import ROOT_ID

_WAITING = ("in-review", "changes-requested")


@dataclass(frozen=True, slots=True)
class Elsewhere:
    """A skill as a branch has it, with where it stands there, and what that rests on."""

    row: SkillRow
    branch: Branch
    background: Background


def asked_elsewhere(
    repository: Repository, rows: Sequence[SkillRow], background: Background, now: datetime
) -> tuple[Elsewhere, ...]:
    """The skills on which a review was asked for and that are neither checked out nor at HEAD as they were then.

    Args:
        rows: The skills that are checked out.
        background: What those rest on.
    """
    asked = _asked(rows, background)
    if not asked or background.head is None:
        return ()
    found: list[Elsewhere] = []
    seen: set[tuple[str, str]] = set()
    for branch, trees in _holders(repository, asked).items():
        fresh = {id_: tree for id_, tree in trees.items() if (id_, tree) not in seen}
        seen.update(fresh.items())
        if fresh:
            found += _there(repository, branch, fresh, background, now)
    return tuple(found)


def _asked(rows: Sequence[SkillRow], background: Background) -> dict[str, set[str]]:
    """The trees of each skill on which a review was asked for, but for those that are or were here."""
    asked: dict[str, set[str]] = {}
    for record in background.ledger.kept.all():
        if record.verdict == "request" and record.path != POLICY_ID:
            asked.setdefault(record.path, set()).add(record.tree)
    for row in rows:
        here = {row.standing.tree, row.standing.head_tree}
        asked.get(row.id, set()).difference_update(here, (one.tree for one in background.history.get(row.id, ())))
    policy = background.policy
    excluded = policy.exclude if policy else ()
    return {id_: trees for id_, trees in asked.items() if trees and not first_match(excluded, id_)}


def _holders(repository: Repository, asked: Mapping[str, set[str]]) -> dict[Branch, dict[str, str]]:
    """The branches that have any of these trees where it was asked about, and which."""
    branches = branches_ahead(repository)
    places = [(branch, id_) for branch in branches for id_ in asked if id_ != ROOT_ID]
    known = repository.look_up([f"{branch.commit}:{id_}" for branch, id_ in places])
    held: dict[Branch, dict[str, str]] = {}
    for (branch, id_), entry in zip(places, known, strict=True):
        if entry is not None and entry[0] in asked[id_]:
            held.setdefault(branch, {})[id_] = entry[0]
    for branch in branches if ROOT_ID in asked else ():
        tree = trees_at(repository, branch.commit, [ROOT_ID]).get(ROOT_ID)
        if tree in asked[ROOT_ID]:
            held.setdefault(branch, {})[ROOT_ID] = tree
    return held


def _there(
    repository: Repository, branch: Branch, trees: Mapping[str, str], background: Background, now: datetime
) -> list[Elsewhere]:
    """Those of these skills that still wait, judged as if the branch were checked out."""
    skills = [skill for skill in committed_skills(repository, branch.commit) if skill.id in trees]
    ids = [skill.id for skill in skills]
    history = read_history(repository, ids, branch.commit)
    there = replace(
        background,
        head_trees={**background.head_trees, **trees},
        history={**background.history, **history},
        moved=history.moved,
        ancestry=Ancestry(repository, branch.commit),
    )
    look_into(there, skills)
    coverage = coverage_at(repository, branch.commit, ids)
    found = []
    for skill in skills:
        standing = standing_of(skill, trees[skill.id], there, now, coverage.get(skill.id, COVERED))
        changes = there.history[skill.id]
        if standing.state in _WAITING:
            found.append(Elsewhere(SkillRow(skill, standing, changes[0].at if changes else None), branch, there))
    return found
