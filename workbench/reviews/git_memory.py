"""What was read of a repository's history, kept by the commit it was read at: a cache, and never a source.

History below a commit does not change, so what was read there stays true; what came since is read anew. The file is the
catalogue's: deleting it loses nothing, and where it can't be used everything is read from git. What is kept carries a
digest over itself, the commit and the code that read it, so that nothing damaged, and nothing that other code would
read otherwise, is taken for it.
"""

import functools
import hashlib
import sqlite3
from pathlib import Path
from typing import NamedTuple

from workbench.config import data_dir
from workbench.errors import WorkbenchError
from workbench.git import Repository
from workbench.skills.catalogue_file import open_file
from workbench.source_mark import source_mark
from workbench.storage import Store

_DIGEST = 16


class Known(NamedTuple):
    """What was kept, and the commit it was read at."""

    commit: str
    value: bytes


class GitMemory:
    """One kind of thing that is kept of one repository."""

    def __init__(self, repository: Repository, kind: str) -> None:
        self._key = f"{kind}\0{repository.common_dir}".encode("utf-8", "surrogateescape")

    def recall(self) -> Known | None:
        """What was kept last; None where nothing was, or the file can't be asked."""
        store = _store()
        if store is None:
            return None
        try:
            rows = store.query("SELECT head, value FROM history WHERE key = ?", (self._key,))
        except WorkbenchError:
            return None
        for row in rows:
            digest, value = row["value"][:_DIGEST], row["value"][_DIGEST:]
            if digest == self._digest(row["head"], value):
                return Known(row["head"], value)
        return None

    def remember(self, commit: str, value: bytes) -> None:
        """Keep this instead of what was kept before; where that can't be done, it is read again the next time."""
        store = _store()
        if store is None:
            return
        try:
            with store.transaction() as connection:
                kept = sqlite3.Binary(self._digest(commit, value) + value)
                connection.execute(_PUT, (self._key, commit, kept))
        except WorkbenchError:
            return

    def _digest(self, commit: str, value: bytes) -> bytes:
        made = hashlib.blake2b(source_mark(*_SOURCES), digest_size=_DIGEST)
        for part in (self._key, commit.encode(), value):
            made.update(b"%d:" % len(part))
            made.update(part)
        return made.digest()


_PUT = "INSERT OR REPLACE INTO history (key, head, value) VALUES (?, ?, ?)"


_SOURCES = ("reviews", "policy", "skills", "git", "text.py")
"""All of the program that what is kept may follow from."""


def _store() -> Store | None:
    try:
        return _opened(data_dir() / "catalogue.db")
    except WorkbenchError:
        return None


@functools.lru_cache(maxsize=8)
def _opened(path: Path) -> Store | None:
    return open_file(path).store
