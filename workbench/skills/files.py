"""The files of a skill's folder, listed and opened without ever leaving it."""

import errno
import os
import stat
from collections.abc import Iterator, MutableMapping
from dataclasses import dataclass
from operator import attrgetter
from pathlib import Path

from workbench.errors import InputError
from workbench.skills.model import ROOT_ID, FileEntry, FileKind
from workbench.text import decode, visible

MAX_FILES = 10_000
MAX_DEPTH = 32
MAX_SHOWN = 2 << 20

Listings = MutableMapping[str, list["os.DirEntry[str]"]]
"""What was in folders when they were listed, by absolute path."""

_NAME = attrgetter("name")
_SNIFFED = 8 << 10
_PIECE = 64 << 10


@dataclass(frozen=True, slots=True)
class Link:
    """A symbolic link in a skill's folder, and where it leads."""

    target: str
    dangling: bool
    leaves: bool


def folder_of(root: Path, skill_id: str) -> str:
    """The absolute path of a skill's folder, free of links.

    Raises:
        InputError: It does not exist, or leads out of the library.
    """
    real_root = os.path.realpath(root)
    try:
        real = os.path.realpath(f"{real_root}/{skill_id}", strict=True)
    except OSError as error:
        raise InputError(f"the skill's folder can't be read: {error.strerror}", where=visible(skill_id)) from error
    if not is_inside(real, real_root):
        raise InputError("the skill's folder is a link out of the library; it is not read", where=visible(skill_id))
    return real


def lacks(root: Path, skill_id: str, name: str) -> bool:
    """Whether a skill's folder is there and has no entry of this name: a quick look before anything is opened."""
    folder = f"{root}/{skill_id}"
    try:
        os.lstat(f"{folder}/{name}")
    except FileNotFoundError:
        return _is_there(folder)
    except OSError:
        return False
    return False


def _is_there(path: str) -> bool:
    try:
        os.lstat(path)
    except OSError:
        return False
    return True


def is_inside(path: str, folder: str) -> bool:
    """Whether an absolute path is `folder` or below it; both free of links."""
    return path == folder or path.startswith(folder.rstrip("/") + "/")


def read_inside(root: Path, relative: str, limit: int) -> bytes:
    """At most `limit` bytes of a regular file of the library, which may be reached by links that stay inside.

    Every folder on the way is opened without following links, so a folder exchanged for a link meanwhile ends in an
    error and not outside.

    Raises:
        InputError: The path leads out of the library, or is not a regular file.
        OSError: It can't be opened or read.
    """
    real_root = os.path.realpath(root)
    try:
        file = _open_below(real_root, relative)
    except OSError as error:
        if error.errno not in (errno.ELOOP, errno.ENOTDIR):
            raise
        real = os.path.realpath(f"{real_root}/{relative}", strict=True)
        if not is_inside(real, real_root):
            what = "the file is a link that leads outside; it is not read"
            raise InputError(what, where=visible(relative)) from error
        file = _open_below(real_root, real[len(real_root.rstrip("/")) + 1 :])
    return _read(file, relative, limit)


def read_below(folder: str, relative: str, limit: int) -> bytes:
    """At most `limit` bytes of a regular file below a folder that is free of links, through no link at all.

    Raises as `read_inside`; a link on the way is an OSError.
    """
    return _read(_open_below(folder, relative), relative, limit)


def _read(file: int, relative: str, limit: int) -> bytes:
    try:
        info = os.fstat(file)
        if not stat.S_ISREG(info.st_mode):
            raise InputError("it is not a regular file", where=visible(relative))
        data = b""
        # Room for all of the limit would take longer to make than most files to read.
        while piece := os.read(file, min(limit - len(data), max(_PIECE, info.st_size + 1))):
            data += piece
        return data
    finally:
        os.close(file)


def _open_below(folder: str, relative: str) -> int:
    """Open a file below a folder, with no link anywhere on the way; gives its descriptor."""
    *folders, name = relative.split("/")
    if ".." in folders or name in ("..", ".", ""):
        raise InputError("the path leads outside; it is not read", where=visible(relative))
    at = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        for part in folders:
            below = os.open(part, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW, dir_fd=at)
            os.close(at)
            at = below
        # Without O_NONBLOCK, opening a named pipe would wait for a writer for ever.
        return os.open(name, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK, dir_fd=at)
    finally:
        os.close(at)


def walk(folder: str, listings: Listings | None = None) -> Iterator[tuple[str, "os.DirEntry[str]"]]:
    """Every file and link below a folder, as (relative path, entry): bounded, without `.git`, following nothing.

    Args:
        folder: Free of links.
        listings: What is known of this folder and of those below; it is used up.

    Raises:
        InputError: There are more than `MAX_FILES` files, or folders nest deeper than `MAX_DEPTH`.
    """
    waiting = [("", 0)]
    count = 0
    while waiting:
        prefix, depth = waiting.pop()
        if depth > MAX_DEPTH:
            raise InputError(f"folders nest deeper than {MAX_DEPTH} levels", where=visible(prefix))
        try:
            listed = listings.pop(f"{folder}/{prefix}"[:-1], None) if listings else None
            entries = sorted(_list(f"{folder}/{prefix}") if listed is None else listed, key=_NAME)
        except PermissionError as error:
            raise InputError("permission denied", where=visible(prefix or ROOT_ID)) from error
        except (FileNotFoundError, NotADirectoryError):
            continue
        below = []
        for entry in entries:
            if entry.name == ".git":
                continue
            if entry.is_dir(follow_symlinks=False):
                below.append((f"{prefix}{entry.name}/", depth + 1))
                continue
            count += 1
            if count > MAX_FILES:
                raise InputError(f"the folder holds more than {MAX_FILES:,} files")
            yield prefix + entry.name, entry
        waiting.extend(reversed(below))


def _list(folder: str) -> list["os.DirEntry[str]"]:
    with os.scandir(folder) as scanned:
        return list(scanned)


def link_of(folder: str, relative: str) -> Link:
    """Where a link in a skill's folder leads; `folder` is free of links."""
    path = f"{folder}/{relative}"
    target = os.readlink(path)  # noqa: PTH115 - a Path would tidy the target up
    # A target that does not exist still says whether it would be inside.
    real = os.path.realpath(path)
    return Link(target, dangling=not os.path.exists(path), leaves=not is_inside(real, folder))  # noqa: PTH110 - Path.exists raises where looking is not permitted


def list_files(root: Path, skill_id: str) -> tuple[FileEntry, ...]:
    """Every file of a skill's folder, nested skills' files included.

    Raises:
        InputError: The folder can't be read, leads out of the library, or is too large to list.
    """
    folder = folder_of(root, skill_id)
    entries = []
    for path, entry in walk(folder):
        try:
            entries.append(_entry(folder, path, entry))
        except FileNotFoundError:
            continue
    return tuple(sorted(entries, key=lambda entry: entry.path))


def _entry(folder: str, path: str, entry: "os.DirEntry[str]") -> FileEntry:
    info = entry.stat(follow_symlinks=False)
    if entry.is_symlink():
        link = link_of(folder, path)
        return FileEntry(path, info.st_size, False, "link", link.target, link.dangling, link.leaves)
    executable = bool(info.st_mode & stat.S_IXUSR)
    return FileEntry(path, info.st_size, executable, _kind(folder, path, info.st_mode))


def _kind(folder: str, path: str, mode: int) -> FileKind:
    if not stat.S_ISREG(mode):
        return "other"
    try:
        head = read_inside(Path(folder), path, _SNIFFED)
    except (OSError, InputError):
        return "other"
    return "binary" if is_binary(head) else "text"


def read_text(root: Path, skill_id: str, path: str) -> str:
    """The text of one file of a skill, with what is not UTF-8 replaced.

    Raises:
        InputError: It is binary, larger than `MAX_SHOWN`, leads out of the library, or can't be read.
    """
    relative = path if skill_id == ROOT_ID else f"{skill_id}/{path}"
    try:
        data = read_inside(root, relative, MAX_SHOWN + 1)
    except OSError as error:
        raise InputError(f"the file can't be read: {error.strerror}", where=visible(relative)) from error
    if is_binary(data[:_SNIFFED]):
        raise InputError("the file is binary", where=visible(relative))
    if len(data) > MAX_SHOWN:
        raise InputError(f"the file is larger than {MAX_SHOWN >> 20} MiB", where=visible(relative))
    return decode(data)


def is_binary(head: bytes) -> bool:
    """Whether a file's first bytes are not text, as git judges it: they hold a NUL byte."""
    return b"\0" in head
