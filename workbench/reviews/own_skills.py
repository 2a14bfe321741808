"""Which skills a folder has of its own: an agent's project, which has only copies, is no library to install from."""

from collections.abc import Sequence
from functools import cache
from pathlib import Path

from workbench.reviews.copy_entry import placed
from workbench.reviews.lockfile import read_lock
from workbench.skills.model import Skill
from workbench.skills.naming import project_of


def own_skills(root: Path, skills: Sequence[Skill]) -> list[Skill]:
    """Those of a library's skills that no lock file beside the agents' folders has as installed.

    Args:
        root: The library's folder.
    """

    @cache
    def installed(project: str) -> frozenset[str]:
        return frozenset(name for name, entry in read_lock(root / project).skills.items() if placed(entry, name))

    def is_copy(skill: Skill) -> bool:
        project = project_of(skill.id)
        return project is not None and skill.id.rpartition("/")[2] in installed(project)

    return [skill for skill in skills if not is_copy(skill)]
