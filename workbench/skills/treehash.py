"""The identity of a folder's content without git: the tree id that git would give it, and the manifest digest."""

import hashlib
import os
import stat
from collections.abc import Collection, Iterable
from pathlib import Path
from typing import Literal

from workbench.errors import InputError
from workbench.text import visible

MAX_DEPTH = 64

Algorithm = Literal["sha1", "sha256"]
"""What a repository names its objects by."""

_CHUNK = 1 << 20


def algorithm_of(id_: str | None) -> Algorithm:
    """The algorithm that made an object's id, by the id's length; git's usual one for None."""
    return "sha256" if id_ is not None and len(id_) == 64 else "sha1"


def tree_of_folder(
    folder: Path, *, library_root: bool = False, algorithm: Algorithm = "sha1", without: Collection[str] = ()
) -> str:
    """The tree id that git gives the folder's content as it is on disk (no filters, no ignored files).

    Args:
        folder: The folder; `.git` in it is left out, as are empty folders and what is neither file nor link.
        library_root: Whether it is a library's root, whose `.workbench` is not part of a skill there.
        without: Names that are left out wherever they stand.

    Raises:
        InputError: Something in it can't be read, changes while it is read, or nests too deep.
    """
    never = frozenset((b".git", *map(os.fsencode, without)))
    top = never | {b".workbench"} if library_root else never
    return (_tree(os.fsencode(folder), 0, algorithm, never, top) or _object(b"tree", b"", algorithm)).hex()


def blob_of_file(path: Path, algorithm: Algorithm = "sha1") -> str:
    """The blob id that git gives a regular file's bytes.

    Raises:
        OSError: It can't be read.
        InputError: It changes while it is read.
    """
    return _blob(os.fsencode(path), algorithm).hex()


def blob_of_bytes(data: bytes, algorithm: Algorithm = "sha1") -> str:
    """The blob id that git gives these bytes."""
    return _object(b"blob", data, algorithm).hex()


def manifest_digest(files: Iterable[tuple[str, bytes]]) -> str:
    """The manifest digest of files, as (path, content); see `manifest_of`."""
    return manifest_of((path, hashlib.sha256(data).hexdigest()) for path, data in files)


def manifest_of(hashes: Iterable[tuple[str, str]]) -> str:
    """`sha256:` and the digest over one line `path NUL hex LF` per file, sorted bytewise, from each file's SHA-256.

    This is the digest of `/.well-known/agent-skills/index.json` 0.2.0; paths are relative and `/`-separated.
    """
    lines = [path.encode("utf-8", "surrogateescape") + b"\0" + hex_.encode() + b"\n" for path, hex_ in hashes]
    return f"sha256:{hashlib.sha256(b''.join(sorted(lines))).hexdigest()}"


def _tree(
    folder: bytes, depth: int, algorithm: Algorithm, never: frozenset[bytes], skip: frozenset[bytes]
) -> bytes | None:
    """The binary id of a folder's tree; None if nothing in it would be stored."""
    if depth > MAX_DEPTH:
        raise InputError(f"folders nest deeper than {MAX_DEPTH} levels", where=visible(os.fsdecode(folder)))
    entries = []
    try:
        with os.scandir(folder) as scanned:
            for entry in scanned:
                if entry.name in skip:
                    continue
                if stored := _entry(entry, depth, algorithm, never):
                    entries.append((entry.name, *stored))
    except OSError as error:
        where = visible(os.fsdecode(error.filename if isinstance(error.filename, bytes) else folder))
        raise InputError(f"it can't be read: {error.strerror}", where=where) from error
    if not entries:
        return None
    # Git sorts a folder as if its name ended in a slash.
    entries.sort(key=lambda item: item[0] + b"/" if item[1] == b"40000" else item[0])
    return _object(b"tree", b"".join(mode + b" " + name + b"\0" + id_ for name, mode, id_ in entries), algorithm)


def _entry(
    entry: "os.DirEntry[bytes]", depth: int, algorithm: Algorithm, never: frozenset[bytes]
) -> tuple[bytes, bytes] | None:
    """Mode and binary id of one entry; None for what git does not store."""
    if entry.is_symlink():
        return b"120000", _object(b"blob", os.readlink(entry.path), algorithm)  # noqa: PTH115 - a Path would tidy the target up
    if entry.is_dir(follow_symlinks=False):
        below = _tree(entry.path, depth + 1, algorithm, never, never)
        return (b"40000", below) if below else None
    info = entry.stat(follow_symlinks=False)
    if not stat.S_ISREG(info.st_mode):
        return None
    return (b"100755" if info.st_mode & stat.S_IXUSR else b"100644"), _blob(entry.path, algorithm)


def _blob(path: bytes, algorithm: Algorithm) -> bytes:
    with os.fdopen(os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK), "rb", buffering=0) as file:
        size = os.fstat(file.fileno()).st_size
        digest = hashlib.new(algorithm, b"blob %d\0" % size, usedforsecurity=False)
        seen = 0
        while chunk := file.read(_CHUNK):
            digest.update(chunk)
            seen += len(chunk)
    if seen != size:
        raise InputError("the file changed while it was read", where=visible(os.fsdecode(path)), remedy="try again")
    return digest.digest()


def _object(kind: bytes, data: bytes, algorithm: Algorithm) -> bytes:
    return hashlib.new(algorithm, b"%s %d\0" % (kind, len(data)) + data, usedforsecurity=False).digest()
