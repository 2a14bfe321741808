"""The skills of a library, read once: what did not change since is taken from the catalogue, and nothing else.

`Catalogue.read` gives exactly what `reader.read_all` does. Which skills there are is always looked up in the folders;
what a skill says is kept by the mark of its folder, and what a SKILL.md says by its blob id, so that a file that was
touched, moved or checked out again is not parsed again. The catalogue's file is a cache that processes share: where it
is busy, damaged or missing, the skills are read as if there were none.
"""

import os
import sqlite3
import threading
import time
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from workbench.errors import ConflictError, WorkbenchError
from workbench.skills.catalogue_file import SCHEMA, begin_anew, open_file
from workbench.skills.catalogue_rows import (
    Mark,
    blob_id,
    code_mark,
    frontmatter_from_text,
    frontmatter_to_text,
    mark_of,
    skill_from_text,
    skill_to_text,
    storable,
    utf8,
)
from workbench.skills.discovery import Found, find
from workbench.skills.files import Listings
from workbench.skills.model import ROOT_ID, Skill, Skipped
from workbench.storage import Store

if TYPE_CHECKING:
    from workbench.skills.frontmatter import Frontmatter

_BATCH = 500
"""So many skills are written in one transaction, so that other processes wait only shortly."""

_SPARE_FRONTMATTERS = 4
"""So many times as many frontmatters as skills are kept, for branches that come and go."""


class Remembered(NamedTuple):
    """A skill that was there when its library was last read."""

    id: str
    name: str


@dataclass(frozen=True, slots=True)
class _Kept:
    """A skill as it was last read; `mark` is None where it has to be read again."""

    skill: Skill
    mark: bytes | None


@dataclass(slots=True)
class _Fresh:
    """A skill that was just read, with what the catalogue keeps of it."""

    skill: Skill
    mark: Mark | None
    looked_ns: int
    blob: str | None = None
    frontmatter: str | None = None

    @property
    def proof(self) -> bytes | None:
        """The mark, if the same mark later means the same content."""
        return self.mark.digest if self.mark is not None and self.mark.proves(self.looked_ns) else None


class Catalogue:
    """What is known of one library's skills. May be used from many threads.

    Args:
        root: The library's folder.
        store: The open file; None works without one.

    Attributes:
        note: What a user should know about the catalogue itself; empty for nothing.
    """

    def __init__(self, root: Path, store: Store | None, note: str = "") -> None:
        self.root = root
        self.note = note
        self.store = store
        self._real = os.path.realpath(root)
        self._lock = threading.Lock()
        self._kept: dict[str, _Kept] | None = None
        self._parsed: frozenset[str] | None = None

    @classmethod
    def open(cls, root: Path, path: Path | None = None) -> "Catalogue":
        """The catalogue of the library at `root`, kept at `path` or in the data folder. Never fails."""
        store, note = open_file(path)
        return cls(root, store if storable([str(root)]) else None, note)

    def read(self, exclude: Sequence[str] = (), *, within: str = "") -> tuple[tuple[Skill, ...], tuple[Skipped, ...]]:
        """Every skill of the library and what was left out, exactly as `reader.read_all` gives them.

        Raises:
            InputError: The library's folder can't be read.
        """
        looked = time.time_ns()
        found = find(self.root, exclude, within=within)
        with self._lock:
            known = self._known()
            skills, fresh = self._look(found.ids, known, looked, found.listings)
            skills += _unreadable(found)
            self._keep(fresh, gone=_gone(known, found, within))
        return tuple(sorted(skills, key=lambda skill: skill.id)), found.skipped

    def reread(self, ids: Collection[str]) -> tuple[Skill, ...]:
        """These skills as they are now; those whose folder or SKILL.md is gone are unreadable, as in `reader.read`."""
        with self._lock:
            skills, fresh = self._look(sorted(ids), self._known(), time.time_ns())
            self._keep(fresh, gone=())
        return tuple(skills)

    def remembered(self, *, within: str = "") -> tuple[Remembered, ...]:
        """The skills as they were last read, by this or another process, without looking whether they still are so."""
        rows = self.query("SELECT id, name FROM skill WHERE library = ? ORDER BY id", (self.library(),))
        below = f"{within}/"
        return tuple(Remembered(id_, name) for id_, name in rows if not within or f"{id_}/".startswith(below))

    def searchable(self, skills: Sequence[Skill]) -> "Catalogue":
        """This one, or, where it works without a file, one in memory that holds these skills."""
        if self.store is not None:
            return self
        made = Catalogue(self.root, Store(None, migrations=SCHEMA))
        made.reread([skill.id for skill in skills])
        return made

    def _known(self) -> dict[str, _Kept]:
        """What was read before, from the file at first and then from memory."""
        if self._kept is None:
            rows = self.query(
                "SELECT skill.id, fields, mark FROM skill JOIN library ON library.id = skill.library"
                " WHERE root = ? AND code = ?",
                (self._real, code_mark()),
            )
            self._kept = {id_: _Kept(skill_from_text(id_, fields), mark) for id_, fields, mark in rows}
        return self._kept

    def _look(
        self, ids: Collection[str], known: Mapping[str, _Kept], looked: int, listings: Listings | None = None
    ) -> tuple[list[Skill], list[_Fresh]]:
        """The skills of these ids, and those of them that had to be read.

        Args:
            ids: Where skills are.
            known: What was read before.
            looked: When their folders were first looked at, in nanoseconds since 1970.
            listings: What is in their folders, which were just found, so that there is no link on the way to them.
        """
        skills = []
        fresh = []
        if len(ids) - len(known) > _BATCH:  # asking for each would cost more than knowing them all
            rows = self.query("SELECT blob FROM frontmatter WHERE code = ?", (code_mark(),))
            self._parsed = frozenset(row[0] for row in rows)
        for skill_id in ids:
            folder = self._real if skill_id == ROOT_ID else f"{self._real}/{skill_id}"
            certain = listings is not None or os.path.realpath(folder) == folder
            mark = mark_of(folder, listings) if certain else None
            kept = known.get(skill_id)
            if kept is not None and mark is not None and kept.mark == mark.digest:
                skills.append(kept.skill)
                continue
            read = self._read(skill_id, mark, looked)
            skills.append(read.skill)
            fresh.append(read)
        self._parsed = None
        return skills, fresh

    def _read(self, skill_id: str, mark: Mark | None, looked_ns: int) -> _Fresh:
        from workbench.skills import frontmatter, reader  # where nothing changed, neither is needed

        found: dict[str, str] = {}

        def parse(data: bytes) -> "Frontmatter":
            found["blob"] = blob = blob_id(data)
            if (known := self.frontmatter(data, blob)) is not None:
                return known
            matter = frontmatter.parse(data)
            found["frontmatter"] = frontmatter_to_text(matter)
            return matter

        seen = reader.Seen(self._real, mark.listed) if mark is not None else None
        skill = reader.read(self.root, skill_id, parse=parse, seen=seen)
        return _Fresh(skill, mark, looked_ns, found.get("blob"), found.get("frontmatter"))

    def frontmatter(self, data: bytes, blob: str) -> "Frontmatter | None":
        """The frontmatter of a SKILL.md with this blob id, if it was ever parsed."""
        from workbench.skills.frontmatter import parse_again

        if self._parsed is not None and blob not in self._parsed:
            return None
        for row in self.query("SELECT fields FROM frontmatter WHERE blob = ? AND code = ?", (blob, code_mark())):
            return parse_again(data, frontmatter_from_text(row[0]))
        return None

    def numbers(self) -> tuple[int, int]:
        """The first and last number that the library's skills can have in the file; an empty range before any has."""
        library = self.library()
        return (0, -1) if library is None else _range(library)

    def library(self) -> int | None:
        """The library's own number in the file; None before any skill was kept."""
        rows = self.query("SELECT id FROM library WHERE root = ?", (self._real,))
        return rows[0][0] if rows else None

    def query(self, sql: str, parameters: tuple[object, ...]) -> Sequence[Sequence[Any]]:
        """Rows of the file; none where it can't be asked."""
        if self.store is None:
            return ()
        try:
            return self.store.query(sql, parameters)
        except WorkbenchError as error:
            self.lost(error)
            return ()

    def _keep(self, fresh: Sequence[_Fresh], gone: Collection[str]) -> None:
        """Remember what was read, and forget what is no more, here and in the file."""
        known = self._known()
        news = []
        for read in fresh:
            kept = _Kept(read.skill, read.proof)
            # Without a mark nothing says that what the index was made from is still there.
            if kept.mark is None or known.get(read.skill.id) != kept:
                news.append(read)
            known[read.skill.id] = kept
        for skill_id in gone:
            del known[skill_id]
        if self.store is None or not (news or gone):
            return
        try:
            self._write(self.store, [read for read in news if storable([read.skill.id])], gone)
        except WorkbenchError as error:
            self.lost(error)

    def _write(self, store: Store, news: Sequence[_Fresh], gone: Collection[str]) -> None:
        with store.transaction() as connection:
            connection.execute("INSERT OR IGNORE INTO library (root) VALUES (?)", (self._real,))
            ((library,),) = connection.execute("SELECT id FROM library WHERE root = ?", (self._real,)).fetchall()
            connection.executemany(
                "DELETE FROM skill WHERE library = ? AND id = ?", [(library, id_) for id_ in gone if storable([id_])]
            )
        for start in range(0, len(news), _BATCH):
            batch = news[start : start + _BATCH]
            with store.transaction() as connection:
                connection.executemany(_PUT_SKILL, [_row(library, read) for read in batch])
                connection.executemany(
                    "INSERT OR REPLACE INTO frontmatter (blob, code, fields) VALUES (?, ?, ?)",
                    [(read.blob, code_mark(), read.frontmatter) for read in batch if read.frontmatter],
                )
        self._tidy(store)

    def _tidy(self, store: Store) -> None:
        """Let go of frontmatters that no skill has, once they are many."""
        skills, frontmatters = store.query("SELECT (SELECT count(*) FROM skill), (SELECT count(*) FROM frontmatter)")[0]
        if frontmatters > _SPARE_FRONTMATTERS * skills + _BATCH:
            with store.transaction() as connection:
                connection.execute(
                    "DELETE FROM frontmatter WHERE blob NOT IN (SELECT blob FROM skill WHERE blob IS NOT NULL)"
                )

    def lost(self, error: WorkbenchError) -> None:
        """Take it that the file failed: go on without it, and if it is damaged, begin anew for the next start.

        Where other processes are only writing for a long time it is kept; the next reading finds as much to do.
        """
        if isinstance(error, ConflictError):
            return
        store, self.store = self.store, None
        if store is None:
            return
        self.note = f"working without a catalogue: {error.what}"
        if store.path is not None and type(error.__cause__) is sqlite3.DatabaseError:
            begun, self.note = begin_anew(store.path, error.what)
            if begun is not None:
                begun.close()


def _unreadable(found: Found) -> list[Skill]:
    """The skills that must not be read."""
    if not found.blocked:
        return []
    from workbench.skills.reader import unreadable

    return [unreadable(skill_id, problem) for skill_id, problem in found.blocked]


def _gone(known: Mapping[str, _Kept], found: Found, within: str) -> list[str]:
    """The skills that were known in the part that was searched, and are no more."""
    here = set(found.ids)
    below = f"{within}/"
    return [id_ for id_ in known if id_ not in here and (not within or id_ == within or id_.startswith(below))]


def _range(library: int) -> tuple[int, int]:
    return library << 32, (library + 1 << 32) - 1


_PUT_SKILL = """
INSERT INTO skill (number, library, id, name, description, fields, blob, mark, code)
VALUES (
    (SELECT coalesce(max(number), :first) + 1 FROM skill WHERE number BETWEEN :first AND :last),
    :library, :id, :name, :description, :fields, :blob, :mark, :code
)
ON CONFLICT (library, id) DO UPDATE SET
    name = excluded.name, description = excluded.description, fields = excluded.fields, blob = excluded.blob,
    mark = excluded.mark, code = excluded.code, indexed = 0,
    reading = reading + 1
"""


def _row(library: int, read: _Fresh) -> dict[str, object]:
    first, last = _range(library)
    return {
        "first": first,
        "last": last,
        "library": library,
        "id": read.skill.id,
        "name": utf8(read.skill.name),
        "description": utf8(read.skill.description),
        "fields": skill_to_text(read.skill),
        "blob": read.blob,
        "mark": read.proof,
        "code": code_mark(),
    }
