"""Putting a skill's folder where an agent reads it, in one step: whatever ends the program, old or new stands there."""

import ctypes
import errno
import fcntl
import os
import secrets
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from workbench.errors import InputError
from workbench.skills.contents import Contents, write_contents
from workbench.skills.model import STAGING
from workbench.text import visible

_AT_CWD = -100
_EXCHANGE = 2
_NOT_HERE = frozenset((errno.EXDEV, errno.EACCES, errno.EPERM, errno.EROFS, errno.EEXIST, errno.ENOTDIR, errno.ELOOP))


def place(target: Path, contents: Contents) -> None:
    """Write a folder out of sight of agents and put it in its place; what stood there is removed afterwards.

    A link at the place is replaced, and what it leads to is not touched.

    Raises:
        InputError: It can't be written, or a link in it leads out.
    """
    with _readable_errors(target):
        target.parent.mkdir(parents=True, exist_ok=True)
        near, beside = _stages(target.parent)
        try:
            _place(target, contents, near)
        except OSError as error:
            if error.errno not in _NOT_HERE or near == beside:
                raise
            _place(target, contents, beside)
        _sync_folder(target.parent)


def sweep(folder: Path) -> None:
    """Remove what a program that was ended was writing for a folder of skills; what another one writes now stays."""
    for stage in dict.fromkeys(_stages(folder)):
        with suppress(OSError):
            if stage.is_dir() and not stage.is_symlink():
                with _held(stage, wait=False):
                    pass


def _stages(folder: Path) -> tuple[Path, Path]:
    """Where to write what comes into a folder: near it, where no agent looks, on its file system; else in it."""
    real = Path(os.path.realpath(folder))
    return real.parent / STAGING, real / STAGING


def _place(target: Path, contents: Contents, stage: Path) -> None:
    with _held(stage):
        fresh = stage / secrets.token_hex(4)
        fresh.mkdir()
        write_contents(fresh, contents)
        _sync_folder(fresh)
        swap(fresh, target)


@contextmanager
def _held(stage: Path, *, wait: bool = True) -> Iterator[None]:
    """A staging folder for this program alone, empty at first; it is removed afterwards.

    Whoever holds it may remove what is in it: the lock of an ended program is gone, too.

    Raises:
        OSError: It can't be made, it is a link, or another program has it and `wait` is not set.
    """
    handle = _lock(stage, wait=wait)
    try:
        _empty(stage)
        (stage / ".gitignore").write_text("*\n", encoding="ascii")
        yield
    finally:
        shutil.rmtree(stage, ignore_errors=True)
        os.close(handle)


def _lock(stage: Path, *, wait: bool) -> int:
    while True:
        stage.mkdir(exist_ok=True)
        try:
            handle = os.open(stage, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
        except FileNotFoundError:
            continue
        try:
            fcntl.flock(handle, fcntl.LOCK_EX if wait else fcntl.LOCK_EX | fcntl.LOCK_NB)
            with suppress(FileNotFoundError):
                # Who had it before has removed it: then another folder has its name, or none.
                if os.path.samestat(os.fstat(handle), stage.stat(follow_symlinks=False)):
                    return handle
        except BaseException:
            os.close(handle)
            raise
        os.close(handle)


def _empty(stage: Path) -> None:
    for one in stage.iterdir():
        with suppress(OSError):
            remove(one)


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
