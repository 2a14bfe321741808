"""The files that a case brings into its working folder, read without leaving the skill."""

import os
from pathlib import Path

from workbench.errors import InputError
from workbench.skills import files
from workbench.text import truncate, visible

MAX_BYTES = 64 << 20
MAX_FILES = 2_000


def read_fixture(folder: str, fixture: str) -> dict[str, bytes]:
    """The files of a fixture by their paths below it; a fixture that is one file is given by its name.

    Links that stay inside the skill are read as what they lead to. Empty folders and permissions are not kept.

    Args:
        folder: The skill's folder, absolute and free of links.
        fixture: Path in it.

    Raises:
        InputError: It does not exist, a link in it leaves the skill, or it is too large.
    """
    shown = f"'{truncate(visible(fixture), 80)}'"
    top = os.path.realpath(f"{folder}/{fixture}")
    if not files.is_inside(top, folder):
        raise InputError(f"the fixture {shown} is a link that leaves the skill; it is not followed")
    if Path(top).is_file():
        return {Path(fixture).name: _read(folder, fixture, MAX_BYTES)}
    if not Path(top).is_dir():
        raise InputError(f"there is no fixture {shown} in the skill")
    contents: dict[str, bytes] = {}
    room = MAX_BYTES
    for path, entry in files.walk(top):
        relative = f"{os.path.relpath(top, folder)}/{path}"
        if entry.is_symlink() and Path(os.path.realpath(entry.path)).is_dir():
            inside = files.is_inside(os.path.realpath(entry.path), folder)
            why = "leads to a folder; copy the folder instead" if inside else "leaves the skill; it is not followed"
            raise InputError(f"the link '{truncate(visible(path), 80)}' in the fixture {why}")
        contents[path] = _read(folder, relative, room)
        room -= len(contents[path])
        if len(contents) > MAX_FILES:
            raise InputError(f"the fixture {shown} has more than {MAX_FILES:,} files")
    return contents


def _read(folder: str, relative: str, room: int) -> bytes:
    try:
        return _read_inside(folder, relative, room)
    except FileNotFoundError as error:
        raise InputError(f"'{truncate(visible(relative), 80)}' leads to nothing") from error
    except OSError as error:
        reason = visible(error.strerror or "unknown reason")
        raise InputError(f"'{truncate(visible(relative), 80)}' can't be read: {reason}") from error


def _read_inside(folder: str, relative: str, room: int) -> bytes:
    data = files.read_inside(Path(folder), relative, room + 1)
    if len(data) > room:
        raise InputError(f"a case can't bring more than {MAX_BYTES >> 20} MiB")
    return data
