"""What differs between an installed copy and the library, or between HEAD and an update, as a diff to read."""

import os
from pathlib import Path

from workbench.errors import InputError
from workbench.git import Repository
from workbench.reviews.copy_state import CopyState
from workbench.reviews.diff import SkillDiff, diff_trees
from workbench.reviews.merging import without_metadata
from workbench.reviews.trees import trees_at
from workbench.skills.contents import contents_of_folder, contents_of_tree, store
from workbench.text import visible


def diff_of_copy(repository: Repository, copy: CopyState, current: str | None = None) -> SkillDiff:
    """What a copy has that is not as it was approved last, an installer's changes folded.

    Args:
        current: The skill's current tree, to compare with where nothing was approved.

    Raises:
        InputError: There is nothing to compare, or it can't be read.
    """
    base = copy.approved_tree or current
    if copy.tree is None or copy.skill is None:
        raise InputError(copy.why or "there is nothing to compare it with", where=visible(copy.path))
    with repository.work_tree([copy.skill] if base == current else []) as scratch:
        theirs = contents_of_folder(Path(os.path.realpath(copy.path)))
        if base is None:
            old, label = None, "nothing: it was never approved"
        else:
            known, theirs_folded, _ = without_metadata(contents_of_tree(scratch.run, base), theirs, {})
            old, theirs = store(scratch.run, known), dict(theirs_folded)
            label = f"{'approved' if copy.approved_tree else 'current'} {base[:12]}"
        files = diff_trees(scratch.compare, old, store(scratch.run, theirs))
    return SkillDiff(copy.skill, base, label, copy.tree, files)


def diff_of_update(repository: Repository, skill_id: str, commit: str) -> SkillDiff:
    """What the commit of an update changes in its skill."""
    trees = [trees_at(repository, revision, [skill_id]).get(skill_id) for revision in (f"{commit}^", commit)]
    old, new = trees
    if new is None:
        raise InputError("this commit does not have the skill", where=visible(skill_id))
    with repository.work_tree([]) as scratch:
        return SkillDiff(skill_id, old, f"HEAD {(old or '')[:12]}", new, diff_trees(scratch.compare, old, new))
