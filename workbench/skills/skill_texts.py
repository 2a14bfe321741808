"""What of a skill is searched, and what its files make it able to do: read from every file of it that may be read."""

import hashlib
import stat
import sys
from collections.abc import Callable, Collection, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple, Protocol

from workbench.errors import InputError
from workbench.skills import files
from workbench.skills.catalogue_rows import blob_id, code_mark, storable, utf8
from workbench.skills.frontmatter import body_of
from workbench.skills.model import ROOT_ID, SKILL_FILE
from workbench.storage import Store

MAX_BODY = 256 << 10
"""Characters of a body that are searched; what comes after that is left out."""
MAX_NAMED_FILES = 1_000
MAX_READ_FILE = 2 << 20
MAX_READ = 32 << 20
"""Bytes of all of a skill's files that are looked at."""

_MOST_KNOWN = 200_000
"""So many scans are held in memory at most."""


class Scan(Protocol):
    """What finds out what a file makes a skill able to do: the kinds of capability, from its path and its bytes."""

    def __call__(self, path: str, data: bytes, *, executable: bool) -> Collection[str]:
        """The kinds; never raises, whatever the bytes are."""


def scan_kinds(path: str, data: bytes, *, executable: bool) -> Collection[str]:
    """The kinds of capability of one file, as policies count them: what can't be read counts as every one."""
    from workbench.skills.capabilities import kinds, scan_file

    return kinds(scan_file(path, data, executable=executable))


class Texts(NamedTuple):
    """What is searched of one skill, and what was found in its files; all of it can be kept in SQLite.

    Attributes:
        files: The names of its files, one a line.
        kinds: What the files make it able to do, with spaces between.
        content: Hexadecimal; says whether these are the texts that were taken before.
        scans: (blob, path, kinds) of the files that were scanned just now.
    """

    files: str
    body: str
    kinds: str
    content: str
    scans: Sequence[tuple[str, str, str]]


Known = Callable[[str, str], str | None]
"""The kinds that were found in a blob at a path, if it was ever scanned."""


class Scanned:
    """What files were found to be able to do by this code, wherever they are: in memory, as far as there is room."""

    def __init__(self, store: Store) -> None:
        sql = "SELECT blob, path, kinds FROM scan WHERE code = ? LIMIT ?"
        rows = store.query(sql, (code_mark(), _MOST_KNOWN))
        self._kinds = {(blob, path): sys.intern(kinds) for blob, path, kinds in rows}

    def known(self, blob: str, path: str) -> str | None:
        """The kinds that were found, if it was scanned before."""
        return self._kinds.get((blob, path))

    def learn(self, scans: Sequence[tuple[str, str, str]]) -> None:
        """Remember what was scanned just now."""
        if len(self._kinds) < _MOST_KNOWN:
            self._kinds.update(((blob, path), sys.intern(kinds)) for blob, path, kinds in scans)


def asking(store: Store) -> Known:
    """Scans that are asked for one by one: for a few skills that is less than to know them all."""

    def known(blob: str, path: str) -> str | None:
        sql = "SELECT kinds FROM scan WHERE blob = ? AND path = ? AND code = ?"
        return next((str(kinds) for (kinds,) in store.query(sql, (blob, path, code_mark()))), None)

    return known


def texts_of(root: Path, skill_id: str, scan: Scan | None, known: Known) -> Texts:
    """The texts of a skill as it is now; of one that can't be read, none.

    Args:
        root: The library's folder.
        skill_id: The skill's id.
        scan: Finds out what files can do; None leaves that unknown.
        known: What files were found to be able to do before, in whatever skill.
    """
    paths: list[str] = []
    body = ""
    found: set[str] = set()
    scans: dict[tuple[str, str], str] = {}
    digest = hashlib.blake2b(code_mark(), digest_size=16)
    for path, data, executable in _files(root, skill_id):
        paths.append(path)
        blob = "-" if data is None else blob_id(data)
        digest.update(f"{path}\0{executable}\0{blob}\0".encode("utf-8", "surrogatepass"))
        if data is None:
            continue
        if path == SKILL_FILE:
            body = body_of(data)[:MAX_BODY]
        if len(data) > MAX_READ_FILE:
            found.add("unreadable")
        elif scan is not None:
            place = f"{path}*" if executable else path
            kinds = known(blob, place) if storable([place]) else None
            if kinds is None:
                kinds = " ".join(sorted(scan(path, data, executable=executable)))
                scans[blob, place] = kinds
            found.update(kinds.split())
    names = utf8("\n".join(paths[:MAX_NAMED_FILES]))
    kept = [(blob, place, kinds) for (blob, place), kinds in scans.items() if storable([place])]
    return Texts(names, utf8(body), " ".join(sorted(found)), digest.hexdigest(), kept)


def _files(root: Path, skill_id: str) -> Iterator[tuple[str, bytes | None, bool]]:
    """Every file of a skill, its bytes, and whether it may be executed; no bytes of what is a link or can't be read."""
    room = MAX_READ
    try:
        folder = files.folder_of(root, skill_id)
        for path, entry in files.walk(folder):
            data: bytes | None = None
            executable = False
            # A SKILL.md may be a link inside the library; whatever else is a link belongs to another place.
            if room > 0 and (path == SKILL_FILE or entry.is_file(follow_symlinks=False)):
                try:
                    data = _read(root, skill_id, folder, path)
                    executable = bool(entry.stat(follow_symlinks=False).st_mode & stat.S_IXUSR)
                except (OSError, InputError):
                    data = None
            room -= len(data or b"")
            yield path, data, executable
    except (OSError, InputError):
        return


def _read(root: Path, skill_id: str, folder: str, path: str) -> bytes:
    try:
        return files.read_below(folder, path, MAX_READ_FILE + 1)
    except OSError:
        return files.read_inside(root, path if skill_id == ROOT_ID else f"{skill_id}/{path}", MAX_READ_FILE + 1)
