"""Which skill a person means by a name, a path in the library, or a path on disk."""

import difflib
import os
import re
from collections.abc import Sequence
from pathlib import Path

from workbench.errors import UsageError
from workbench.skills.model import ROOT_ID, SKILL_FILE, Skill
from workbench.text import truncate, visible

_SHOWN = 8
_AGENTS_FOLDER = re.compile(r"(?:^|/)\.[^/]+/skills?/[^/]+$")


def resolve(skills: Sequence[Skill], name: str, *, cwd: Path | None, root: Path) -> Skill:
    """The one skill that `name` stands for: a skill id, else a path on disk, else a label that one skill has.

    Copies in agents' folders only count for a label where no skill elsewhere has it.
    `.`, `./x`, `../x` and absolute paths are always paths on disk, seen from `cwd`.

    Raises:
        UsageError: No skill is meant, or more than one.
    """
    by_id = {skill.id: skill for skill in skills}
    explicit = cwd is not None and (name in (".", "..") or name.startswith(("./", "../", "/", "~")))
    if not explicit and (same := by_id.get(name.rstrip("/") or name)):
        return same
    on_disk = _on_disk(name, cwd, root)
    if on_disk is not None and (same := by_id.get(on_disk)):
        return same
    labelled = [skill for skill in skills if skill.name == name] if not explicit else []
    labelled = [skill for skill in labelled if not is_in_agents_folder(skill.id)] or labelled
    if len(labelled) == 1:
        return labelled[0]
    shown = truncate(visible(name), 120)
    if labelled:
        ids = [visible(skill.id) for skill in labelled]
        more = f" and {len(ids) - _SHOWN} more" if len(ids) > _SHOWN else ""
        raise UsageError(
            f"{len(ids)} skills are called '{shown}'", remedy=f"name one by its path: {', '.join(ids[:_SHOWN])}{more}"
        )
    raise UsageError(f"there is no skill '{shown}'", where=visible(str(root)), remedy=_near(skills, name))


def is_in_agents_folder(id_: str) -> bool:
    """Whether a skill lies where agents read it in a project, as `.claude/skills/x` does, and may be a copy."""
    return _AGENTS_FOLDER.search(id_) is not None


def project_of(id_: str) -> str | None:
    """The folder in the library in which an agent reads a skill, "" for the library's own; None for any other skill."""
    found = _AGENTS_FOLDER.search(id_)
    return id_[: found.start()] if found else None


def _on_disk(name: str, cwd: Path | None, root: Path) -> str | None:
    """The path that `name` has on disk, relative to the library; None outside it."""
    if cwd is None or not name or "\0" in name:
        return None
    real_root = os.path.realpath(root)
    # Only the library's own folder is made free of links: a linked skill is listed under the link's path.
    path = os.path.normpath(Path(cwd, os.path.expanduser(name)))  # noqa: PTH111 - a Path raises for an unknown user
    for base in dict.fromkeys((os.path.realpath(path), _through(path))):
        relative = os.path.relpath(base, real_root)
        if relative != ".." and not relative.startswith("../"):
            if relative == SKILL_FILE:
                return ROOT_ID
            return relative.removesuffix(f"/{SKILL_FILE}")
    return None


def _through(path: str) -> str:
    folder, _, last = path.rpartition("/")
    return f"{os.path.realpath(folder or '/')}/{last}"


def _near(skills: Sequence[Skill], name: str) -> str:
    if not skills:
        return "the library has no skills"
    words = [*(skill.name for skill in skills), *(skill.id for skill in skills)]
    return near(name, words) or "'workbench skills list' shows what there is"


def near(name: str, words: Sequence[str]) -> str | None:
    """A hint at the words a misspelt `name` may have meant; None if none is near."""
    wanted = name.casefold()
    known = list(dict.fromkeys(words))
    found = [word for word in known if wanted and wanted in word.casefold()][:_SHOWN]
    found = found or difflib.get_close_matches(name[:200], known, n=3)
    return f"did you mean {', '.join(visible(word) for word in found)}?" if found else None
