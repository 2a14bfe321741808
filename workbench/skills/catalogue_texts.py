"""The second pass over a library: bodies and file names into the search index, and what each skill can do.

It may run in the background, be stopped at any moment and be done by several processes at once: it works through the
skills that changed since their texts were taken, in short transactions, and begins where it left off.
"""

import hashlib
import stat
import threading
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple, Protocol

from workbench.errors import InputError, WorkbenchError
from workbench.skills import files, frontmatter
from workbench.skills.catalogue import Catalogue
from workbench.skills.catalogue_rows import blob_id, code_mark, storable, utf8
from workbench.skills.model import ROOT_ID, SKILL_FILE
from workbench.storage import Store

MAX_BODY = 256 << 10
"""Characters of a body that are searched; what comes after that is left out."""
MAX_NAMED_FILES = 1_000
MAX_READ_FILE = 2 << 20
MAX_READ = 32 << 20
"""Bytes of all of a skill's files that are looked at."""

_BATCH = 50


class Scan(Protocol):
    """What finds out what a file makes a skill able to do: the kinds of capability, from its path and its bytes."""

    def __call__(self, path: str, data: bytes, *, executable: bool) -> Collection[str]:
        """The kinds; never raises, whatever the bytes are."""


def scan_kinds(path: str, data: bytes, *, executable: bool) -> Collection[str]:
    """The kinds of capability of one file, as policies count them: what can't be read counts as every one."""
    from workbench.skills.capabilities import kinds, scan_file

    return kinds(scan_file(path, data, executable=executable))


@dataclass(frozen=True, slots=True)
class Taken:
    """How many skills' texts a second pass took, and how many it left because it was stopped or could not write."""

    skills: int
    left: int


class _Waiting(NamedTuple):
    number: int
    id: str
    name: str
    description: str
    reading: int
    content: bytes | None
    capabilities: str | None


@dataclass(slots=True)
class _Text:
    """What is searched of one skill, and what was found in its files.

    Attributes:
        content: Says whether these are the texts that were taken before.
        scans: (blob, path, kinds) of the files that were scanned just now.
    """

    paths: list[str] = field(default_factory=list)
    body: str = ""
    kinds: set[str] = field(default_factory=set)
    content: bytes = b""
    scans: list[tuple[str, str, str]] = field(default_factory=list)


def take_texts(
    catalogue: Catalogue,
    *,
    scan: Scan | None = None,
    on_progress: Callable[[int, int], None] | None = None,
    cancel: threading.Event | None = None,
) -> Taken:
    """Bring the search index up to date with what the catalogue last read of its library.

    Args:
        catalogue: Its `read` says what there is; without a file nothing is taken.
        scan: Finds out what files can do; None leaves that unknown.
        on_progress: Gets how many skills are done, and of how many.
        cancel: Set to stop between two skills.
    """
    store = catalogue.store
    if store is None:
        return Taken(0, 0)
    waiting = _waiting(catalogue, scan)
    stopped = cancel or threading.Event()
    done = 0
    try:
        while done < len(waiting) and not stopped.is_set():
            batch = []
            for one in waiting[done : done + _BATCH]:
                if stopped.is_set():
                    break
                batch.append((one, _text_of(catalogue, store, one.id, scan)))
            _write(store, batch, scanned=scan is not None)
            done += len(batch)
            if on_progress is not None:
                on_progress(done, len(waiting))
    except WorkbenchError as error:
        # Another process writes, or the file can't be used any more: what is left is done another time.
        catalogue.lost(error)
    return Taken(done, len(waiting) - done)


def capabilities(catalogue: Catalogue) -> dict[str, frozenset[str]]:
    """What each skill can do, by id, as far as the second pass has looked."""
    rows = catalogue.query(
        "SELECT id, capabilities FROM skill WHERE number BETWEEN ? AND ? AND capabilities IS NOT NULL",
        catalogue.numbers(),
    )
    return {id_: frozenset(kinds.split()) for id_, kinds in rows}


def untaken(catalogue: Catalogue) -> int:
    """How many skills' texts are not in the index, or not as they are now."""
    sql = "SELECT count(*) FROM skill WHERE number BETWEEN ? AND ? AND indexed = 0"
    return sum(row[0] for row in catalogue.query(sql, catalogue.numbers()))


def _waiting(catalogue: Catalogue, scan: Scan | None) -> list[_Waiting]:
    rows = catalogue.query(
        "SELECT number, id, name, description, reading, content, capabilities FROM skill"
        " WHERE number BETWEEN ? AND ? AND (indexed = 0 OR (? AND capabilities IS NULL))",
        (*catalogue.numbers(), scan is not None),
    )
    return [_Waiting(*row) for row in rows]


def _text_of(catalogue: Catalogue, store: Store, skill_id: str, scan: Scan | None) -> _Text:
    """The texts of a skill, from every file of it that may be read."""
    text = _Text()
    digest = hashlib.blake2b(code_mark(), digest_size=16)
    for path, data, executable in _files(catalogue.root, skill_id):
        text.paths.append(path)
        blob = "-" if data is None else blob_id(data)
        digest.update(f"{path}\0{executable}\0{blob}\0".encode("utf-8", "surrogatepass"))
        if data is None:
            continue
        if path == SKILL_FILE:
            text.body = (catalogue.frontmatter(data, blob) or frontmatter.parse(data)).body[:MAX_BODY]
        if len(data) > MAX_READ_FILE:
            text.kinds.add("unreadable")
        elif scan is not None:
            text.kinds.update(_kinds(store, scan, path, data, executable=executable, scans=text.scans))
    text.content = digest.digest()
    return text


def _files(root: Path, skill_id: str) -> Iterator[tuple[str, bytes | None, bool]]:
    """Every file of a skill, its bytes, and whether it may be executed; no bytes of what is a link or can't be read."""
    prefix = "" if skill_id == ROOT_ID else f"{skill_id}/"
    room = MAX_READ
    try:
        for path, entry in files.walk(files.folder_of(root, skill_id)):
            data: bytes | None = None
            executable = False
            # A SKILL.md may be a link inside the library; whatever else is a link belongs to another place.
            if room > 0 and (path == SKILL_FILE or entry.is_file(follow_symlinks=False)):
                try:
                    data = files.read_inside(root, prefix + path, MAX_READ_FILE + 1)
                    executable = bool(entry.stat(follow_symlinks=False).st_mode & stat.S_IXUSR)
                except (OSError, InputError):
                    data = None
            room -= len(data or b"")
            yield path, data, executable
    except (OSError, InputError):
        return


def _kinds(
    store: Store, scan: Scan, path: str, data: bytes, *, executable: bool, scans: list[tuple[str, str, str]]
) -> Collection[str]:
    """What a file makes a skill able to do; a file that was scanned before, in whatever skill, is known by its blob."""
    blob = blob_id(data)
    place = f"{path}*" if executable else path
    if not storable([place]):
        return scan(path, data, executable=executable)
    sql = "SELECT kinds FROM scan WHERE blob = ? AND path = ? AND code = ?"
    for (kinds,) in store.query(sql, (blob, place, code_mark())):
        return str(kinds).split()
    found = sorted(scan(path, data, executable=executable))
    scans.append((blob, place, " ".join(found)))
    return found


def _write(store: Store, batch: Sequence[tuple[_Waiting, _Text]], *, scanned: bool) -> None:
    """Put texts into the index, unless the skill was read again meanwhile: these texts may then be the old ones."""
    with store.transaction() as connection:
        for waiting, text in batch:
            same = text.content == waiting.content
            kinds = " ".join(sorted(text.kinds)) if scanned else waiting.capabilities if same else None
            current = connection.execute(
                "UPDATE skill SET indexed = 1, content = ?, capabilities = ? WHERE number = ? AND reading = ?",
                (text.content, kinds, waiting.number, waiting.reading),
            )
            if current.rowcount == 0 or same:
                continue
            if waiting.content is None:
                connection.execute(
                    "INSERT INTO gram (rowid, name, description) VALUES (?, ?, ?)",
                    (waiting.number, waiting.name, waiting.description),
                )
            connection.execute("DELETE FROM text WHERE rowid = ?", (waiting.number,))
            connection.execute(
                "INSERT INTO text (rowid, name, description, files, body) VALUES (?, ?, ?, ?, ?)",
                (waiting.number, waiting.name, waiting.description, _names(text.paths), utf8(text.body)),
            )
        connection.executemany(
            "INSERT OR REPLACE INTO scan (blob, path, code, kinds) VALUES (?, ?, ?, ?)",
            [(blob, path, code_mark(), kinds) for _, text in batch for blob, path, kinds in text.scans],
        )


def _names(paths: Sequence[str]) -> str:
    return utf8("\n".join(paths[:MAX_NAMED_FILES]))
