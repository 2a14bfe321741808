"""A library read again where it changed, and only there: the skills whose files are among some paths."""

import os
from collections.abc import Collection, Iterator
from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

from workbench.skills.model import ROOT_ID, SKILL_FILE

if TYPE_CHECKING:
    from workbench.reviews.listing import LibraryView, SkillRow
    from workbench.skills.model import Skill
    from workbench.workspace import Workspace

MOST_PATHS = 500
"""After more changes than this at once the whole library is read: the system may have left some out, too."""
MOST_SKILLS = 50

_MARKS = frozenset((SKILL_FILE, ".git", "pyvenv.cfg", ".gitignore", ".gitattributes"))
"""Files that say of folders what they are."""


class Renewed(NamedTuple):
    """A library after changes; `whole` says that all of it should be read once more, for links and what is skipped."""

    view: "LibraryView"
    whole: bool = False


class _Touched(NamedTuple):
    """What changed paths mean: skills to read again, and folders in which skills may have come or gone."""

    skills: frozenset[str]
    folders: frozenset[str]


def renew(workspace: "Workspace", view: "LibraryView", paths: Collection[str]) -> Renewed | None:
    """The view with what changed at `paths` (relative to the library) read again.

    None says that all of the library has to be read: too much changed, or the rules.
    """
    if len(paths) > MOST_PATHS or any(path.partition("/")[0] == ".workbench" for path in paths):
        return None
    known = {row.id: row for row in view.rows}
    touched = _touched(workspace, known.keys(), paths)
    if touched is None or len(touched.skills) > MOST_SKILLS:
        return None
    ids = set(touched.skills)
    gone: set[str] = set()
    for folder in touched.folders:
        there, here = _look_in(workspace, known.keys(), folder)
        ids |= there
        gone |= here - there
    if not (ids or gone):
        return Renewed(view, bool(touched.folders))
    if len(ids) > MOST_SKILLS:
        return None
    again = {skill.id: skill for skill in workspace.catalogue.reread(ids - gone)}
    rows = {id_: row for id_, row in known.items() if id_ not in gone}
    skills = [again.get(id_) or row.skill for id_, row in rows.items()]
    skills += [skill for id_, skill in again.items() if id_ not in rows]
    rows |= {row.id: row for row in _rows(workspace, list(again.values()), skills)}
    ordered = tuple(rows[id_] for id_ in sorted(rows))
    return Renewed(replace(view, rows=ordered, background=None), bool(touched.folders))


def _touched(workspace: "Workspace", known: Collection[str], paths: Collection[str]) -> _Touched | None:
    skills: set[str] = set()
    folders: set[str] = set()
    for path in paths:
        owners = [folder for folder in _above(path) if folder in known]
        skills.update(owners)
        folder, _, name = path.rpartition("/")
        full = f"{workspace.root}/{path}"
        there = os.path.lexists(full)
        if name == SKILL_FILE and (folder or ROOT_ID) in known and there and not os.path.islink(full):  # noqa: PTH114
            continue
        if name.upper() == SKILL_FILE.upper() or name in _MARKS or os.path.islink(full):  # noqa: PTH114
            folders.add(folder)
        elif os.path.isdir(full):  # noqa: PTH112 - Path.is_dir raises where looking is not permitted
            folders.add(path)
        elif not there and (path in known or any(id_.startswith(f"{path}/") for id_ in known)):
            folders.add(folder)
    if "" in folders:
        return None
    return _Touched(frozenset(skills), frozenset(folders))


def _above(path: str) -> Iterator[str]:
    """The folders around a path, the skill at the root included."""
    while path:
        path = path.rpartition("/")[0]
        yield path or ROOT_ID


def _look_in(workspace: "Workspace", known: Collection[str], folder: str) -> tuple[set[str], set[str]]:
    """The skills in and below a folder: those that are there, and those that were known."""
    from workbench.errors import WorkbenchError
    from workbench.reviews.excluding import excluded
    from workbench.skills.discovery import find

    below = f"{folder}/"
    before = {id_ for id_ in known if id_ == folder or id_.startswith(below)}
    if workspace.within and not f"{below}".startswith(f"{workspace.within}/"):
        return set(), set()
    try:
        found = find(workspace.root, excluded(workspace.root, workspace.repository), within=folder)
    except WorkbenchError:
        return set(), before
    return set(found.ids), before


def _rows(workspace: "Workspace", changed: "list[Skill]", among: "list[Skill]") -> "tuple[SkillRow, ...]":
    from workbench.reviews.judging import rows_in_git
    from workbench.reviews.listing import row_outside_git

    if not changed:
        return ()
    if workspace.repository is None:
        return tuple(row_outside_git(workspace.root, skill) for skill in changed)
    return rows_in_git(workspace.repository, changed, among=among)[0]
