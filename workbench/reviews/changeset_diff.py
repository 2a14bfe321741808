"""A change set as one diff: the files of all its skills under their paths in the library, what repeats only once."""

from collections.abc import Iterator
from dataclasses import replace

from workbench.reviews.changeset import Changed, ChangeSet
from workbench.reviews.diff import FileDiff, Hunk, SkillDiff
from workbench.skills.model import ROOT_ID


def place(skill_id: str, path: str) -> str:
    """The path in the library of a skill's file."""
    return path if skill_id == ROOT_ID else f"{skill_id}/{path}"


def whole_diff(found: ChangeSet, *, raw: bool = False) -> SkillDiff:
    """All files of a set, skill by skill in its order; hunks that an earlier skill has are noted, not shown.

    Args:
        raw: Whether a frontmatter is shown line by line and not by key.
    """
    files = tuple(file for one in found.skills for file in _files(one, raw=raw))
    return SkillDiff(found.ends.range, found.ends.base, found.ends.base[:12], found.ends.head, files)


def _files(one: Changed, *, raw: bool) -> Iterator[FileDiff]:
    for file in one.files:
        repeated = [one.read_in.get((file.path, number)) for number in range(len(file.hunks))]
        # What repeats is known of the lines as they are, so that the frontmatter of such a file is not put by key.
        shown = file if raw or one.folded is None or one.folded.path != file.path or any(repeated) else one.folded
        hunks = shown.hunks
        if any(repeated):
            hunks = tuple(hunk for hunk, where in zip(file.hunks, repeated, strict=True) if where is None)
        said = tuple(_same(hunk, where) for hunk, where in zip(file.hunks, repeated, strict=True) if where is not None)
        old = place(one.skill.id, file.old_path) if file.old_path else None
        yield replace(
            shown, path=place(one.skill.id, file.path), old_path=old, hunks=hunks, notes=(*said, *shown.notes)
        )


def _same(hunk: Hunk, where: str) -> str:
    added = sum(line.kind == "+" for line in hunk.lines)
    removed = sum(line.kind == "-" for line in hunk.lines)
    return f"line {hunk.new_start or hunk.old_start:,}: +{added:,} -{removed:,}, the same as in {where}"
