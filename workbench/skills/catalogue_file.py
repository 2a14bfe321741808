"""The file of the catalogue: its schema, and how it is opened whatever state it is in.

Everything in it can be read again from the libraries, so a file that is damaged, or that a newer program left, is moved
aside and begun anew; where that can't be done either, the workbench works without it.
"""

import fcntl
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from workbench.config import data_dir
from workbench.errors import ConflictError, WorkbenchError
from workbench.storage import Migration, Store

_WITHOUT = "working without a catalogue, so every start reads every skill"


class Opened(NamedTuple):
    """The catalogue's file, None where there can be none; and what a user should know about it, or an empty text."""

    store: Store | None
    note: str = ""


def open_file(path: Path | None = None) -> Opened:
    """Open the catalogue at `path`, by default `catalogue.db` in the data folder. Never fails."""
    try:
        path = path or data_dir() / "catalogue.db"
        return Opened(Store(path, migrations=SCHEMA))
    except ConflictError:
        return Opened(None)
    except WorkbenchError as error:
        why = error.what
    return begin_anew(path, why) if path is not None else Opened(None, f"{_WITHOUT}: {why}")


def begin_anew(path: Path, why: str) -> Opened:
    """Move a file aside that can't be used, unless another process has just done so, and begin one. Never fails."""
    try:
        with _alone(path):
            if (store := _sound(path)) is not None:
                return Opened(store)
            aside = path.with_name(f"{path.name}.aside")
            path.replace(aside)
            for rest in ("-wal", "-shm"):
                path.with_name(path.name + rest).unlink(missing_ok=True)
            note = f"the catalogue was begun anew ({why}); the old file is {aside.name} beside it"
            return Opened(Store(path, migrations=SCHEMA), note)
    except (WorkbenchError, OSError):
        return Opened(None, f"{_WITHOUT}: {why}")


def _sound(path: Path) -> Store | None:
    """The file, open, if nothing is wrong with it."""
    try:
        store = Store(path, migrations=SCHEMA)
        return store if not store.check() else None
    except WorkbenchError:
        return None


@contextmanager
def _alone(path: Path) -> Iterator[None]:
    """Only one process at a time moves the file: another might otherwise move the new one."""
    with path.with_name(f"{path.name}.lock").open("wb") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _skills(connection: sqlite3.Connection) -> None:
    """What reading gave, by skill and by blob."""
    _run(
        connection,
        "CREATE TABLE library (id INTEGER PRIMARY KEY, root TEXT NOT NULL UNIQUE) STRICT",
        """CREATE TABLE skill (
            number INTEGER PRIMARY KEY, -- library * 2^32 and upwards, so that an index can be asked for one library's
            library INTEGER NOT NULL REFERENCES library (id),
            id TEXT NOT NULL,
            name TEXT NOT NULL,
            description TEXT NOT NULL,
            fields TEXT NOT NULL, -- JSON
            blob TEXT, -- of its SKILL.md, where that could be read
            mark BLOB, -- of its folder; null where it proves nothing
            code BLOB NOT NULL, -- what read it
            UNIQUE (library, id)
        ) STRICT""",
        """CREATE TABLE frontmatter (
            blob TEXT PRIMARY KEY,
            code BLOB NOT NULL,
            fields TEXT NOT NULL -- JSON
        ) STRICT, WITHOUT ROWID""",
    )


def _texts(connection: sqlite3.Connection) -> None:
    """What is searched: whole texts, and three letters in a row of names and descriptions for parts of words.

    The rows of both carry the skill's number and go with it. Bodies have no trigrams: those of names and descriptions
    take about twice the text, those of bodies would make the file several times as large as the library.
    """
    _run(
        connection,
        "ALTER TABLE skill ADD COLUMN reading INTEGER NOT NULL DEFAULT 0",  # grows whenever the skill is read
        "ALTER TABLE skill ADD COLUMN content BLOB",  # what the texts were taken from; null for nothing
        "ALTER TABLE skill ADD COLUMN indexed INTEGER NOT NULL DEFAULT 0",  # 1: `content` is what the folder holds
        "ALTER TABLE skill ADD COLUMN capabilities TEXT",  # kinds with spaces between; null where nobody looked
        "CREATE TABLE scan (blob TEXT, path TEXT, code BLOB, kinds TEXT, PRIMARY KEY (blob, path)) WITHOUT ROWID",
        "CREATE VIRTUAL TABLE text USING fts5 (name, description, files, body,"
        " tokenize = 'unicode61 remove_diacritics 2')",
        "INSERT INTO text (text, rank) VALUES ('rank', 'bm25(10.0, 5.0, 2.0, 1.0)')",
        "CREATE VIRTUAL TABLE gram USING fts5 (name, description,"
        " tokenize = 'trigram', content = 'skill', content_rowid = 'number')",
        # Rows are put into both by the second pass, together with `content`; they have to go with the old values.
        """CREATE TRIGGER skill_changed AFTER UPDATE OF name, description ON skill
        WHEN old.content IS NOT NULL AND (old.name <> new.name OR old.description <> new.description) BEGIN
            INSERT INTO gram (gram, rowid, name, description)
            VALUES ('delete', old.number, old.name, old.description);
            DELETE FROM text WHERE rowid = old.number;
            UPDATE skill SET content = NULL WHERE number = old.number;
        END""",
        """CREATE TRIGGER skill_gone AFTER DELETE ON skill WHEN old.content IS NOT NULL BEGIN
            INSERT INTO gram (gram, rowid, name, description)
            VALUES ('delete', old.number, old.name, old.description);
            DELETE FROM text WHERE rowid = old.number;
        END""",
    )


def _run(connection: sqlite3.Connection, *statements: str) -> None:
    """Statements one by one: `executescript` would end the migration's transaction."""
    for statement in statements:
        connection.execute(statement)


def _history(connection: sqlite3.Connection) -> None:
    """What was read of repositories' histories, by kind and repository, and the commit it was read at."""
    _run(connection, "CREATE TABLE history (key BLOB PRIMARY KEY, head TEXT NOT NULL, value BLOB NOT NULL) STRICT")


def _often_asked(connection: sqlite3.Connection) -> None:
    """What every search asks: which skills have no texts yet, and what each is called; a row of `skill` is long."""
    _run(
        connection,
        "CREATE INDEX skill_without_texts ON skill (library) WHERE content IS NULL",
        "CREATE INDEX skill_waiting ON skill (library) WHERE indexed = 0",
        "CREATE INDEX skill_name ON skill (library, name, id)",
    )


SCHEMA: tuple[Migration, ...] = (_skills, _texts, _history, _often_asked)
