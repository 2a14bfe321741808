"""What a skill's current tree is compared with: what was approved last, or any version that can be named."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import date
from typing import TYPE_CHECKING

from workbench.errors import InputError
from workbench.git import Repository, RunGit, WorkTree, empty_tree, parse_batch
from workbench.reviews.diff import CONTEXT, FileDiff, SkillDiff, diff_trees
from workbench.reviews.model import POLICY_ID, Standing
from workbench.reviews.policy_object import PATHS, write_tree
from workbench.reviews.trees import current_trees, write_root_tree
from workbench.skills.model import MAX_SKILL_FILE, ROOT_ID, SKILL_FILE
from workbench.storage import Store
from workbench.text import decode, visible

if TYPE_CHECKING:
    from workbench.reviews.card import Card

MOST_READ = 1_000_000
"""Bytes of a file that is read whole, for its colours or to render it."""


def diff_of(
    repository: Repository, skill_id: str, standing: Standing, base: str | None, *, context: int = CONTEXT
) -> SkillDiff:
    """What changed in a skill since `base`: a revision or tree, by default its last approved tree.

    Args:
        context: Unchanged lines around each changed place.

    Raises:
        InputError: git does not see the folder, or `base` names nothing.
    """
    with _compared(repository, skill_id, standing, base, context) as (diff, _):
        return diff


def card_for(
    repository: Repository, skill_id: str, standing: Standing, base: str | None, store: Store | None, today: date
) -> "Card":
    """What the change of a skill since `base` is about. The arguments are those of `diff_of` and `card.card_of`.

    Raises:
        InputError: As `diff_of` and `card.card_of`.
    """
    from workbench.reviews.card import card_of

    with _compared(repository, skill_id, standing, base, CONTEXT) as (diff, scratch):
        library = (repository.roots() or ("",))[0]
        return card_of(scratch.run, diff, store, today, alike=standing.alike, library=library)


@contextmanager
def _compared(
    repository: Repository, skill_id: str, standing: Standing, base: str | None, context: int
) -> Iterator[tuple[SkillDiff, WorkTree]]:
    """What changed, and where both trees can be read meanwhile."""
    with current_trees(repository, PATHS if skill_id == POLICY_ID else [skill_id]) as current:
        scratch = current.scratch
        tree = write_tree(scratch.run, scratch.tree) if skill_id == POLICY_ID else current.trees.get(skill_id)
        if tree is None:
            raise InputError("git does not see this folder", where=visible(skill_id), remedy="is it ignored?")
        old, label = _approved(repository, standing) if base is None else _named(current.scratch, skill_id, base)
        files = diff_trees(current.scratch.compare, old, tree, context=context)
        yield SkillDiff(skill_id, old, label, tree, files, folded_of(scratch.run, files)), scratch


def folded_of(run: RunGit, files: Sequence[FileDiff]) -> FileDiff | None:
    """The SKILL.md with its frontmatter compared by key; None where that can't be done, or would hide something."""
    file = next((one for one in files if one.path == SKILL_FILE and one.hunks), None)
    if file is None or not file.old_id or not file.new_id or file.old_mode == "120000" or file.new_mode == "120000":
        return None
    asked = f"{file.old_id}\n{file.new_id}\n".encode()
    found = dict(parse_batch(run("cat-file", "--batch", stdin=asked)))
    if any(len(data) > MAX_SKILL_FILE for data in found.values()) or len(found) != 2:
        return None
    from workbench.reviews.frontmatter_diff import by_key

    return by_key(file, found[file.old_id], found[file.new_id])


def contents_of(repository: Repository, skill_id: str, ids: Sequence[str]) -> dict[str, bytes]:
    """Blobs of a skill by id, of its work tree too; those over `MOST_READ` bytes, and what is gone, are left out."""
    found, missing = _small_blobs(repository.run, ids)
    if missing:
        with current_trees(repository, PATHS if skill_id == POLICY_ID else [skill_id]) as current:
            found |= _small_blobs(current.scratch.run, missing)[0]
    return found


def _small_blobs(run: RunGit, ids: Sequence[str]) -> tuple[dict[str, bytes], list[str]]:
    """The blobs that are there and not too large, and the ids of those that are not there."""
    if not ids:
        return {}, []
    said = decode(run("cat-file", "--batch-check", stdin="".join(f"{id_}\n" for id_ in ids).encode())).splitlines()
    fields = [line.split() for line in said]
    small = [one[0] for one in fields if len(one) == 3 and one[1] == "blob" and int(one[2]) <= MOST_READ]
    asked = "".join(f"{id_}\n" for id_ in small).encode()
    found = dict(parse_batch(run("cat-file", "--batch", stdin=asked))) if small else {}
    return found, [id_ for id_, one in zip(ids, fields, strict=True) if len(one) != 3]


def changed_paths(
    repository: Repository, standings: Mapping[str, Standing], base: str | None
) -> tuple[dict[str, frozenset[str]], frozenset[str]]:
    """The files of each skill that differ from `base`, relative to it, and the skills that git does not see.

    Args:
        standings: The skills, by id.
        base: A revision or tree; by default each skill's last approved tree, or HEAD's where it was never approved.

    Raises:
        InputError: `base` names nothing.
    """
    found = {}
    with current_trees(repository, list(standings)) as current:
        for id_, tree in current.trees.items():
            old = _approved(repository, standings[id_])[0] if base is None else None
            if old is None and (base is not None or repository.head() is not None):
                old = _named(current.scratch, id_, base or "HEAD")[0]
            if tree != old:
                old = old or empty_tree(tree)
                said = current.scratch.compare("diff-tree", "-r", "--name-only", "--no-renames", "-z", old, tree)
                found[id_] = frozenset(filter(None, decode(said).split("\0")))
        return found, frozenset(standings.keys() - current.trees.keys())


def _approved(repository: Repository, standing: Standing) -> tuple[str | None, str]:
    """The last approved tree, and what to call it; None where there is none to compare with."""
    tree = standing.approved_tree
    if tree is None:
        return None, "nothing: it was never approved"
    if repository.resolve(f"{tree}^{{tree}}") is None:
        return None, f"nothing: the approved tree {tree[:12]} is not in this clone"
    return tree, f"approved {tree[:12]}"


def diff_between(repository: Repository, skill_id: str, before: str, after: str) -> SkillDiff:
    """What changed in a skill from one revision or tree to another.

    Raises:
        InputError: One of them names no version of the skill.
    """
    with current_trees(repository, []) as current:
        old, label = _named(current.scratch, skill_id, before)
        new, missing = _named(current.scratch, skill_id, after)
        if new is None:
            raise InputError(missing.removeprefix("nothing: "), where=visible(skill_id))
        return SkillDiff(skill_id, old, label, new, diff_trees(current.scratch.compare, old, new))


def named_tree(scratch: WorkTree, skill_id: str, base: str) -> str | None:
    """The tree of a skill that a revision, a tree's id or its first digits name; None where a commit has none.

    Raises:
        InputError: It names nothing.
    """
    return _named(scratch, skill_id, base)[0]


def _named(scratch: WorkTree, skill_id: str, base: str) -> tuple[str | None, str]:
    """The tree that a revision, a tree's id or its first digits name; None where a commit has no such skill."""
    where = visible(skill_id)
    commit = _resolve(scratch, f"{base}^{{commit}}")
    if commit is None:
        tree = _resolve(scratch, f"{base}^{{tree}}")
        if tree is None:
            remedy = f"name a commit, a tag, a tree or a released version: workbench version list {where}"
            raise InputError(f"'{visible(base)}' names no version of this skill", where=where, remedy=remedy)
        return tree, visible(base)
    if skill_id == POLICY_ID:
        return write_tree(scratch.run, commit), visible(base)
    if skill_id == ROOT_ID:
        return write_root_tree(scratch.run, commit), visible(base)
    tree = _resolve(scratch, f"{commit}:{skill_id}")
    return tree, visible(base) if tree else f"nothing: {visible(base)} has no such skill"


def _resolve(scratch: WorkTree, name: str) -> str | None:
    said = scratch.run("rev-parse", "--verify", "--quiet", "--end-of-options", name, ok=(0, 1, 128))
    return decode(said).strip() or None
