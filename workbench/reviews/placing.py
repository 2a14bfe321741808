"""Putting a skill's folder where an agent reads it, in one step: whatever ends the program, old or new stands there."""

import ctypes
import os
import secrets
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from workbench.errors import InputError
from workbench.skills.contents import Contents, write_contents
from workbench.text import visible

_AT_CWD = -100
_EXCHANGE = 2


def place(target: Path, contents: Contents) -> None:
    """Write a folder beside its place and put it there; what stood there is removed afterwards.

    A link at the place is replaced, and what it leads to is not touched.

    Raises:
        InputError: It can't be written, or a link in it leads out.
    """
    with _readable_errors(target):
        target.parent.mkdir(parents=True, exist_ok=True)
        beside = target.with_name(f".{target.name}.{secrets.token_hex(4)}")
        beside.mkdir()
        try:
            write_contents(beside, contents)
            _sync_folder(beside)
            swap(beside, target)
        finally:
            remove(beside)
        _sync_folder(target.parent)


def swap(fresh: Path, target: Path) -> None:
    """Put `fresh` at `target`; what stood there is then at `fresh`, if anything did."""
    if not os.path.lexists(target):
        fresh.rename(target)
        return
    if target.is_symlink():
        old = fresh.with_name(f"{fresh.name}.link")
        target.rename(old)
        fresh.rename(target)
        old.rename(fresh)
        return
    if _exchange(fresh, target):
        return
    old = fresh.with_name(f"{fresh.name}.old")
    target.rename(old)
    fresh.rename(target)
    old.rename(fresh)


def _exchange(one: Path, other: Path) -> bool:
    """Let two names change places at once, where the system can (Linux)."""
    rename = getattr(ctypes.CDLL(None, use_errno=True), "renameat2", None)
    if rename is None:
        return False
    return bool(rename(_AT_CWD, os.fsencode(one), _AT_CWD, os.fsencode(other), _EXCHANGE) == 0)


def remove(path: Path) -> None:
    """Remove a folder, a file or a link, if it is there; nothing that a link leads to."""
    if path.is_symlink() or path.is_file():
        path.unlink()
    elif path.exists():
        shutil.rmtree(path)


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


@contextmanager
def _readable_errors(target: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        where = visible(str(error.filename or target))
        raise InputError(f"the skill can't be written: {error.strerror}", where=where) from error
