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
            number INTEGER PRIMARY KEY,
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


def _run(connection: sqlite3.Connection, *statements: str) -> None:
    """Statements one by one: `executescript` would end the migration's transaction."""
    for statement in statements:
        connection.execute(statement)


SCHEMA: tuple[Migration, ...] = (_skills,)
