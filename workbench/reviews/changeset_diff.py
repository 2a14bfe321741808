"""A change set as one diff: the files of all its skills under their paths in the library, what repeats only once."""

import posixpath
from collections.abc import Iterator
from dataclasses import replace

from workbench.reviews.changeset import Changed, ChangeSet
from workbench.reviews.diff import FileDiff, Hunk, SkillDiff
from workbench.skills.model import ROOT_ID


def place(skill_id: str, path: str) -> str:
    """The path in the library of a skill's file, or of one that it is made of."""
    return path if skill_id == ROOT_ID else posixpath.normpath(f"{skill_id}/{path}")


def whole_diff(found: ChangeSet, *, raw: bool = False) -> SkillDiff:
    """All files of a set, skill by skill in its order; hunks that an earlier skill has are noted, not shown.

    Args:
        raw: Whether a frontmatter is shown line by line and not by key.
    """
    own = {place(one.skill.id, file.path) for one in found.skills for file in one.files}
    shown: dict[str, FileDiff] = {}
    for one in found.skills:
        # What several are made of is shown with the first of them, and what is a skill's own with that.
        inputs = (file for file in _inputs(one) if file.path not in own)
        for file in (*inputs, *_files(one, raw=raw)):
            shown.setdefault(file.path, file)
    return SkillDiff(found.ends.range, found.ends.base, found.ends.base[:12], found.ends.head, tuple(shown.values()))


def owners(found: ChangeSet) -> dict[str, tuple[str, FileDiff]]:
    """By its path in the library: the skill that a file of the diff is shown with, and the file as that one has it."""
    inputs = ((one.skill.id, file) for one in found.skills for file in (one.made.files if one.made else ()))
    own = ((one.skill.id, file) for one in found.skills for file in one.files)
    shown: dict[str, tuple[str, FileDiff]] = {}
    for id_, file in (*own, *inputs):
        shown.setdefault(place(id_, file.path), (id_, file))
    return shown


def sources(found: ChangeSet) -> dict[str, tuple[str, str]]:
    """By its path in the library, also the one before a rename: the skill of a file, and its path in that skill."""
    known: dict[str, tuple[str, str]] = {}
    for path, (id_, file) in owners(found).items():
        known[path] = (id_, file.path)
        if file.old_path:
            known.setdefault(place(id_, file.old_path), (id_, file.old_path))
    return known


def _inputs(one: Changed) -> Iterator[FileDiff]:
    for file in one.made.files if one.made else ():
        old = place(one.skill.id, file.old_path) if file.old_path else None
        said = f"an input: what {one.skill.id} is made of"
        yield replace(file, path=place(one.skill.id, file.path), old_path=old, notes=(said, *file.notes))


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
