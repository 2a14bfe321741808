"""Each skill with where it stands: judged from git, for every list and screen."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

from workbench.git import Repository
from workbench.reviews.coverage import COVERED
from workbench.reviews.history import Change
from workbench.reviews.listing import SkillRow
from workbench.reviews.model import DEPRECATED, Deprecation, Standing
from workbench.reviews.policy_object import PATHS, policy_skill, version_at, write_tree
from workbench.reviews.present import Present, present
from workbench.reviews.survey import Ahead, Background, look_into, policy_standing, read_background, standing_of
from workbench.reviews.trees import current_trees
from workbench.skills.model import Skill


def rows_in_git(
    repository: Repository,
    skills: Sequence[Skill],
    *,
    among: Sequence[Skill] | None = None,
    ahead: Ahead | None = None,
    seen: Present | None = None,
) -> tuple[tuple[SkillRow, ...], Background]:
    """The skills with their standings, from git, and what those rest on.

    Args:
        among: All skills of the library, where `skills` are not all: a tag's label may stand for none of several.
        ahead: What is being read of it already.
        seen: What the work tree has of these skills, where that is known.
    """
    now = datetime.now(UTC)
    ids = [skill.id for skill in skills]
    # Both are chains of git commands that wait on each other and not on the other chain: half the time.
    with ThreadPoolExecutor(max_workers=1) as beside:
        reading = beside.submit(read_background, repository, skills, among or skills, ahead=ahead)
        trees, coverage = seen or present(repository, ids)
        background = reading.result()
    look_into(background, skills)
    rows = []
    for skill in skills:
        standing = standing_of(skill, trees.get(skill.id), background, now, coverage.get(skill.id, COVERED))
        changes = background.history.get(skill.id, ())
        changed_at = changes[0].at if changes else None
        rows.append(SkillRow(skill, standing, changed_at, _people(changes), _deprecated(standing)))
    background.gains.keep()
    return tuple(rows), background


def _people(changes: Sequence[Change]) -> frozenset[str]:
    return frozenset(who for change in changes for who in (change.author, *change.authors))


def _deprecated(standing: Standing) -> Deprecation | None:
    if not any(DEPRECATED in record.raw for record in standing.records):
        return None
    from workbench.reviews.deprecating import deprecated_now

    return deprecated_now(standing)


def policy_row(repository: Repository) -> tuple[SkillRow, Background]:
    """The library's policy as one row, with where it stands, and what that rests on."""
    background = read_background(repository, (), ())
    with current_trees(repository, PATHS) as current:
        tree = write_tree(current.scratch.run, current.scratch.tree)
    head_tree = version_at(repository, background.head).tree if background.head else None
    standing = policy_standing(background, tree, head_tree, datetime.now(UTC))
    changed_at = next((change.at for change in background.in_force.changes), None)
    return SkillRow(policy_skill(), standing, changed_at), background
