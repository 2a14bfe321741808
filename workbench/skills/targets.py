"""Which skills a path on disk stands for: a skill's folder, anything in it, or a folder of skills."""

import os
from dataclasses import dataclass
from pathlib import Path

from workbench.errors import InputError
from workbench.skills import reader
from workbench.skills.discovery import find
from workbench.skills.model import ROOT_ID, SKILL_FILE, Skill
from workbench.text import visible

_MAX_CLIMB = 64


@dataclass(frozen=True, slots=True)
class Target:
    """One skill, and the folder that its paths are relative to."""

    root: Path
    skill: Skill


def targets_of(path: Path, library: Path) -> tuple[Target, ...]:
    """The skills that a path stands for; none where it is in no skill and no skill is below it.

    A path in the library belongs to the library; one outside to the git repository around it, else to the folder that
    the skill is in.

    Raises:
        InputError: The path can't be looked at.
    """
    # Links on the way are followed, but not the last: a linked skill is listed under the link's path.
    whole = Path(os.path.normpath(Path.cwd() / path))
    given = Path(os.path.realpath(whole.parent), whole.name)
    real_library = Path(os.path.realpath(library))
    if (above := _skill_around(given)) is not None:
        root = _root(above, real_library, above.parent)
        return _read(root, _relative(above, root), exact=True)
    if not _is_folder(given):
        return ()
    root = _root(given, real_library, given)
    return _read(root, _relative(given, root), exact=False)


def _skill_around(path: Path) -> Path | None:
    """The nearest folder with a SKILL.md, at `path` or above it; nothing above a repository's top is looked at."""
    at = path if _is_folder(path) else path.parent
    for _ in range(_MAX_CLIMB):
        if os.path.lexists(at / SKILL_FILE):
            return at
        if os.path.lexists(at / ".git") or at == at.parent:
            return None
        at = at.parent
    return None


def _root(folder: Path, library: Path, otherwise: Path) -> Path:
    if folder.is_relative_to(library):
        return library
    at = folder
    for _ in range(_MAX_CLIMB):
        if os.path.lexists(at / ".git"):
            return at
        if at == at.parent:
            break
        at = at.parent
    return otherwise


def _relative(folder: Path, root: Path) -> str:
    relative = folder.relative_to(root).as_posix()
    return "" if relative == ROOT_ID else relative


def _read(root: Path, within: str, *, exact: bool) -> tuple[Target, ...]:
    if exact and within:
        # A folder that is a link itself is not walked, and read under its own path all the same.
        found = find(root, within=within)
        blocked = {skill_id: problem for skill_id, problem in found.blocked if skill_id == within}
        if within in blocked:
            return (Target(root, reader.unreadable(within, blocked[within])),)
        return (Target(root, reader.read(root, within)),)
    if exact:
        return (Target(root, reader.read(root, ROOT_ID)),)
    skills, skipped = reader.read_all(root, within=within)
    if not skills and (
        refused := [one for one in skipped if one.path in (within, ROOT_ID) and "permission" in one.reason]
    ):
        raise InputError(f"the folder can't be read: {refused[0].reason}", where=visible(str(root / within)))
    return tuple(Target(root, skill) for skill in skills)


def _is_folder(path: Path) -> bool:
    return os.path.isdir(path)  # noqa: PTH112 - Path.is_dir raises where looking is not permitted
