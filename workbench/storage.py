"""The SQLite file: opened, migrated, and written in short transactions that many processes can share.

The file is in WAL mode, so that readers never wait for a writer and a killed process leaves a file that opens. The
schema's version is `PRAGMA user_version`; migrations run forward only, each in one transaction, and are never edited
after they have been released. sqlite-utils builds the schema, `sqlite3` itself does everything on the hot path.
"""

import itertools
import sqlite3
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from workbench.errors import ConflictError, InputError
from workbench.text import truncate, visible

if TYPE_CHECKING:
    from sqlite_utils import Database

BUSY_TIMEOUT_SECONDS = 10.0

Migration = Callable[[sqlite3.Connection], None]
"""One step of a schema, in the transaction that it is called in."""

_in_memory = itertools.count()  # names stores in memory; an id() would come again while an old one is still open


class Store:
    """The open store. One object serves all threads: each gets a connection of its own.

    Args:
        path: The SQLite file; it and its folder are made when missing. None opens a private store in memory.
        migrations: The steps of another schema than the store's own, for files that share only its ways.

    Raises:
        InputError: The file is not a database, is newer than this program, or can't be written.
        ConflictError: Another process holds the write lock for too long.
    """

    def __init__(self, path: Path | None, *, migrations: Sequence[Migration] | None = None) -> None:
        self.path = path
        self._local = threading.local()
        self._lock = threading.Lock()
        self._all: list[sqlite3.Connection] = []
        self._shared = f"file:workbench-{next(_in_memory)}?mode=memory&cache=shared"
        with _readable_errors(self._place):
            if path is not None:
                path.parent.mkdir(parents=True, exist_ok=True)
            steps = [partial(_by_sqlite_utils, step) for step in MIGRATIONS] if migrations is None else migrations
            _migrate(self._connection(), steps, self._place)

    @property
    def _place(self) -> str:
        return str(self.path) if self.path else "store in memory"

    def _connection(self) -> sqlite3.Connection:
        connection: sqlite3.Connection | None = getattr(self._local, "connection", None)
        if connection is None:
            connection = sqlite3.connect(
                str(self.path) if self.path else self._shared,
                uri=self.path is None,
                timeout=BUSY_TIMEOUT_SECONDS,
                isolation_level=None,
                check_same_thread=False,
            )
            connection.row_factory = sqlite3.Row
            connection.execute("PRAGMA foreign_keys = ON")
            if self.path is not None:
                connection.execute("PRAGMA journal_mode = WAL")
                connection.execute("PRAGMA synchronous = NORMAL")
            self._local.connection = connection
            with self._lock:
                self._all.append(connection)
        return connection

    def query(self, sql: str, parameters: Any = ()) -> list[sqlite3.Row]:
        """All rows of a SELECT. Raises as the constructor does."""
        with _readable_errors(self._place):
            return self._connection().execute(sql, parameters).fetchall()

    @contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """A write transaction (`BEGIN IMMEDIATE`): committed at the end, rolled back on any exception."""
        with _readable_errors(self._place):
            connection = self._connection()
            connection.execute("BEGIN IMMEDIATE")
            try:
                yield connection
            except BaseException:
                if connection.in_transaction:  # SQLite itself rolls back when the disk is full
                    connection.execute("ROLLBACK")
                raise
            connection.execute("COMMIT")

    def check(self) -> list[str]:
        """What SQLite's own integrity check finds wrong; empty if the file is sound."""
        return [row[0] for row in self.query("PRAGMA integrity_check") if row[0] != "ok"]

    @property
    def version(self) -> int:
        """The schema's version."""
        return int(self.query("PRAGMA user_version")[0][0])

    def close(self) -> None:
        """Close every thread's connection."""
        with self._lock:
            for connection in self._all:
                connection.close()
            self._all.clear()
        self._local = threading.local()


@contextmanager
def _readable_errors(place: str) -> Iterator[None]:
    try:
        yield
    except sqlite3.OperationalError as error:
        if "locked" in str(error) or "busy" in str(error):
            raise ConflictError(
                f"another process held the store for more than {BUSY_TIMEOUT_SECONDS:.0f} seconds",
                where=place,
                remedy="wait for it to finish, or see which process has the file open",
            ) from error
        raise InputError(
            f"the store can't be used: {error}",
            where=place,
            remedy="check that the folder can be written, or set WORKBENCH_DATA to another folder",
        ) from error
    except sqlite3.DatabaseError as error:
        raise InputError(
            f"the store is damaged: {error}",
            where=place,
            remedy="move the file away (nothing of git's is in it), or restore a copy",
        ) from error
    except UnicodeEncodeError as error:
        raise InputError(
            f"the store can't hold a name that is not UTF-8: '{truncate(visible(str(error.object)), 80)}'",
            where=place,
            remedy="rename the file or folder",
        ) from error
    except OSError as error:
        raise InputError(
            f"the store's folder can't be made: {error.strerror}",
            where=place,
            remedy="set WORKBENCH_DATA to a folder that can be written",
        ) from error


def _migrate(connection: sqlite3.Connection, steps: Sequence[Migration], place: str) -> None:
    if _version(connection) == len(steps):
        return
    if _version(connection) > len(steps):
        raise InputError(
            f"the store has schema {_version(connection)}, this program knows {len(steps)}",
            where=place,
            remedy="update the workbench, or set WORKBENCH_DATA to another folder",
        )
    connection.execute("BEGIN IMMEDIATE")
    try:
        for step in steps[_version(connection) :]:
            step(connection)
        connection.execute(f"PRAGMA user_version = {len(steps)}")
    except BaseException:
        connection.execute("ROLLBACK")
        raise
    connection.execute("COMMIT")


def _by_sqlite_utils(step: Callable[["Database"], None], connection: sqlite3.Connection) -> None:
    from sqlite_utils import Database

    step(Database(connection))


def _version(connection: sqlite3.Connection) -> int:
    return int(connection.execute("PRAGMA user_version").fetchone()[0])


def _events(db: "Database") -> None:
    """Calls and test runs: what ran, on which bytes, how long, and what came of it."""
    db.table("event").create(
        {
            "id": int,
            "at": int,  # UTC milliseconds
            "kind": str,  # call | test
            "library": str,  # root commit, or the folder's path outside git
            "skill": str,  # skill id
            "tree": str,  # the skill's tree that ran, where known
            "tool": str,  # tool name within the skill, or the case's name
            "source": str,  # person | test | agent | demo
            "outcome": str,  # ok | failed | timeout | cancelled | refused | limit | error | skipped
            "exit_code": int,
            "duration_ms": int,
            "sandbox": str,  # the level in force
            "reason": str,  # why it did not end well, one line
            "run": str,  # groups the cases of one test run
            "detail": str,  # JSON
        },
        pk="id",
        not_null={"at", "kind", "skill", "tool", "source", "outcome", "duration_ms"},
        strict=True,
    )
    db.table("event").create_index(["at"])
    db.table("event").create_index(["skill", "at"])


def _model_calls(db: "Database") -> None:
    """Model requests read from agents' logs; integers and dimension tables keep half a million rows small."""
    db.table("log_name").create({"id": int, "name": str}, pk="id", not_null={"name"}, strict=True)
    db.table("log_name").create_index(["name"], unique=True)
    db.table("log_file").create(
        {
            "path": str,
            "agent": str,
            "inode": int,
            "size": int,
            "mtime_ns": int,
            "offset": int,  # bytes read so far, always at the end of a line
            "lines": int,  # lines read so far
            "head": int,  # checksum of the first and the last bytes read: tells a rewritten file from a grown one
        },
        pk="path",
        strict=True,
    )
    db.table("log_problem").create(
        {"path": str, "line": int, "reason": str}, pk=("path", "line", "reason"), strict=True
    )
    db.table("model_call").create(
        {
            "key": int,  # 64-bit hash of the message id
            "at": int,  # UTC milliseconds, of the first line seen
            "model": int,  # log_name.id
            "project": int,
            "session": int,
            "sidechain": int,  # 1: a subagent's
            "copied": int,  # 1: known only from a forked session's copy
            "input": int,
            "output": int,
            "cache_read": int,
            "cache_write_5m": int,
            "cache_write_1h": int,
            "web_searches": int,
            "terms": str,  # what changes the price: "speed=fast geo=us tier=batch"; null for the standard
            "logged_nd": int,  # nano-dollars that the agent itself wrote beside the call, where it did
            "price": int,  # price.id; null while unpriced, or where the agent's own amount counts
            "cost_nd": int,  # nano-dollars, null while unpriced
        },
        pk="key",
        strict=True,
    )
    db.table("model_call").create_index(["at"])
    db.execute("CREATE INDEX model_call_unpriced ON model_call (model) WHERE cost_nd IS NULL")
    db.table("price").create(
        {
            "id": int,
            "model": str,
            "day": str,  # ISO day (UTC) from which the rates hold, empty for ever
            "rates": str,  # JSON; empty: `source` knows no price for this model
            "source": str,
        },
        pk="id",
        strict=True,
    )
    db.table("price").create_index(["model", "day", "rates"], unique=True)


def _consents(db: "Database") -> None:
    """What this user said yes to, by the hash of exactly that thing."""
    db.table("consent").create(
        {"subject": str, "what": str, "at": int}, pk=("subject", "what"), not_null={"at"}, strict=True
    )


def _mcp_listings(db: "Database") -> None:
    """What MCP servers said their tools are, by the hash of exactly what was asked."""
    db.table("mcp_listing").create(
        {"hash": str, "at": int, "tools": str}, pk="hash", not_null={"at", "tools"}, strict=True
    )


def _agent_files(db: "Database") -> None:
    """What agents read besides skills, as this user last acknowledged it: digests only, never a text."""
    db.table("agent_file").create(
        {
            "project": str,  # the project's folder; empty for the user's own files
            "kind": str,
            "path": str,  # relative to the project, or with ~/
            "name": str,  # which thing in the file; empty where the file is the thing
            "digest": str,
            "at": int,  # UTC milliseconds
        },
        pk=("project", "kind", "path", "name"),
        not_null={"digest", "at"},
        strict=True,
    )


def _reviews_seen(db: "Database") -> None:
    """The head of each reviews branch that this user saw last, by repository and remote."""
    db.table("reviews_seen").create({"place": str, "head": str}, pk="place", not_null={"head"}, strict=True)


def _viewed(db: "Database") -> None:
    """The changed files that this user looked at, each bound to its contents before and after."""
    db.table("viewed").create(
        {"library": str, "skill": str, "path": str, "pair": str, "at": int},
        pk=("library", "skill", "path"),
        not_null={"pair", "at"},
        strict=True,
    )


def _drafts(db: "Database") -> None:
    """Comments of reviews that this user wrote and has not sent."""
    db.execute(
        """CREATE TABLE draft (
            id INTEGER PRIMARY KEY AUTOINCREMENT,  -- never given twice, so that no late command hits another draft
            key TEXT NOT NULL UNIQUE,              -- random, new with every edit: tells what was sent already
            library TEXT NOT NULL,
            skill TEXT NOT NULL,
            tree TEXT,                             -- the tree that has the line
            path TEXT,
            side TEXT NOT NULL,
            spot TEXT,                             -- JSON: the lines with what surrounds them
            text TEXT NOT NULL,
            suggestion TEXT,
            reply_to TEXT,
            resolves TEXT,
            at INTEGER NOT NULL                    -- UTC milliseconds
        ) STRICT"""
    )
    db.table("draft").create_index(["library", "skill"])


def _reruns(db: "Database") -> None:
    """Whether making a generated skill again gave the same bytes, by a hash of its tree, its inputs and the command."""
    db.table("rerun").create(
        {"subject": str, "same": int, "at": int}, pk="subject", not_null={"same", "at"}, strict=True
    )


MIGRATIONS: tuple[Callable[["Database"], None], ...] = (
    _events,
    _model_calls,
    _consents,
    _mcp_listings,
    _agent_files,
    _reviews_seen,
    _viewed,
    _drafts,
    _reruns,
)
