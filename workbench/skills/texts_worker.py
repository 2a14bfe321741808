"""A program that takes the texts of skills: ids come on stdin, texts go to stdout. `catalogue_texts` starts it.

It reads skills and the scans of before, and writes nothing: whoever asked keeps what it found.
"""

import gc
import json
import os
from contextlib import suppress
from pathlib import Path

from workbench.skills.catalogue_file import SCHEMA
from workbench.skills.skill_texts import Scanned, scan_kinds, texts_of
from workbench.storage import Store
from workbench.workers import serve

MODULE = "workbench.skills.texts_worker"
_POLITENESS = 10
"""Steps by which the screen goes first."""


def question(root: Path, file: Path, ids: list[str], *, scanning: bool) -> bytes:
    """What a worker is asked: the texts of these skills of a library, whose catalogue is that file."""
    return json.dumps([str(root), str(file), ids, scanning]).encode()


class _Taker:
    """Takes texts; knows one catalogue's scans."""

    def __init__(self) -> None:
        self._file = ""
        self._scanned: Scanned | None = None

    def answer(self, asked: bytes) -> bytes:
        root, file, ids, scanning = json.loads(asked)
        if self._scanned is None or self._file != file:
            store = Store(Path(file), migrations=SCHEMA)
            self._file, self._scanned = file, Scanned(store)
            store.close()
        taken = []
        for skill_id in ids:
            texts = texts_of(Path(root), skill_id, scan_kinds if scanning else None, self._scanned.known)
            self._scanned.learn(texts.scans)
            taken.append(texts)
        return json.dumps(taken).encode()


def main() -> None:
    """Take texts until stdin ends."""
    with suppress(OSError):
        os.nice(_POLITENESS)
    gc.set_threshold(50_000, 20, 100)  # syntax trees are many objects and no cycles
    serve(_Taker().answer)


if __name__ == "__main__":
    main()
