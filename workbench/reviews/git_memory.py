"""What was read of a repository's history, kept by the commit it was read at: a cache, and never a source.

History below a commit does not change, so what was read there stays true; what came since is read anew. The file is the
catalogue's: deleting it loses nothing, and where it can't be used everything is read from git.
"""

import functools
import sqlite3
from pathlib import Path
from typing import NamedTuple

from workbench.config import data_dir
from workbench.errors import WorkbenchError
from workbench.git import Repository
from workbench.skills.catalogue_file import open_file
from workbench.storage import Store

FORMAT = 1
"""Raised when what is kept has another form or meaning."""


class Known(NamedTuple):
    """What was kept, and the commit it was read at."""

    commit: str
    value: bytes


class GitMemory:
    """One kind of thing that is kept of one repository."""

    def __init__(self, repository: Repository, kind: str) -> None:
        self._key = f"{kind}\0{FORMAT}\0{repository.common_dir}".encode("utf-8", "surrogateescape")

    def recall(self) -> Known | None:
        """What was kept last; None where nothing was, or the file can't be asked."""
        store = _store()
        if store is None:
            return None
        try:
            rows = store.query("SELECT head, value FROM history WHERE key = ?", (self._key,))
        except WorkbenchError:
            return None
        return Known(rows[0]["head"], rows[0]["value"]) if rows else None

    def remember(self, commit: str, value: bytes) -> None:
        """Keep this instead of what was kept before; where that can't be done, it is read again the next time."""
        store = _store()
        if store is None:
            return
        try:
            with store.transaction() as connection:
                connection.execute(_PUT, (self._key, commit, sqlite3.Binary(value)))
        except WorkbenchError:
            return


_PUT = "INSERT OR REPLACE INTO history (key, head, value) VALUES (?, ?, ?)"


def _store() -> Store | None:
    try:
        return _opened(data_dir() / "catalogue.db")
    except WorkbenchError:
        return None


@functools.lru_cache(maxsize=8)
def _opened(path: Path) -> Store | None:
    return open_file(path).store
