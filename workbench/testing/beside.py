"""Writing into a skill's `tests` folder: each file in one step, never through a link, never outside the skill."""

import contextlib
import os
import tempfile
from pathlib import Path

from workbench.errors import InputError
from workbench.skills import files
from workbench.skills.model import ROOT_ID
from workbench.text import visible


def write_beside(root: Path, skill: str, relative: str, data: bytes) -> None:
    """Write a file of a skill, with the folders above it.

    Args:
        root: The library's folder.
        skill: The skill's id.
        relative: The file's path in the skill's folder.
        data: All that it will hold.

    Raises:
        InputError: It would leave the skill, is a link, or can't be written.
    """
    folder = files.folder_of(root, skill)
    where = visible(relative if skill == ROOT_ID else f"{skill}/{relative}")
    target = Path(folder, relative)
    above = os.path.realpath(target.parent)
    if not files.is_inside(above, folder):
        raise InputError("the file would be written outside the skill, through a link", where=where)
    if target.is_symlink():
        raise InputError("the file is a link; it is not written through", where=where, remedy="replace it by a file")
    beside: Path | None = None
    try:
        Path(above).mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(dir=above, prefix=f".{target.name[:50]}-", delete=False) as file:
            beside = Path(file.name)
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        beside.chmod(0o644)
        beside.replace(target)
    except OSError as error:
        if beside is not None:
            with contextlib.suppress(OSError):
                beside.unlink()
        why = visible(error.strerror or "the system refused")
        remedy = "make the folder writable, or work in a copy that is"
        raise InputError(f"the file can't be written: {why}", where=where, remedy=remedy) from error
