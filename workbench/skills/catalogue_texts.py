"""The second pass over a library: bodies and file names into the search index, and what each skill can do.

It may run in the background, be stopped at any moment and be done by several processes at once: it works through the
skills that changed since their texts were taken, in short transactions, and begins where it left off. Where they are
many, worker processes read and scan them, and this one only writes.
"""

import json
import os
import threading
from collections.abc import Callable, Generator, Sequence
from contextlib import closing
from dataclasses import dataclass
from typing import NamedTuple

from workbench.errors import WorkbenchError
from workbench.skills.catalogue import Catalogue
from workbench.skills.catalogue_rows import code_mark
from workbench.skills.skill_texts import Scan, Scanned, Texts, asking, scan_kinds, texts_of
from workbench.storage import Store

WORKERS = 2
WORTHWHILE = 300
"""Below so many skills, starting workers takes longer than they save."""

_BATCH = 50
_MANY = 500
"""From so many skills on, all scans of before are read at once."""


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


_Batch = Sequence[tuple[_Waiting, Texts]]


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
        with closing(_batches(catalogue, store, waiting, scan, stopped)) as batches:
            for batch in batches:
                if not batch:
                    break
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
    sql = "SELECT count(*) FROM skill INDEXED BY skill_waiting WHERE library = ? AND indexed = 0"
    return sum(row[0] for row in catalogue.query(sql, (catalogue.library(),)))


def _waiting(catalogue: Catalogue, scan: Scan | None) -> list[_Waiting]:
    rows = catalogue.query(
        "SELECT number, id, name, description, reading, content, capabilities FROM skill"
        " WHERE number BETWEEN ? AND ? AND (indexed = 0 OR (? AND capabilities IS NULL))",
        (*catalogue.numbers(), scan is not None),
    )
    return [_Waiting(*row) for row in rows]


def _batches(
    catalogue: Catalogue, store: Store, waiting: Sequence[_Waiting], scan: Scan | None, stopped: threading.Event
) -> Generator[_Batch]:
    """The texts of what waits, in parts that are written at once; less of it once it was stopped."""
    parts = [waiting[start : start + _BATCH] for start in range(0, len(waiting), _BATCH)]
    workers = min(WORKERS, os.cpu_count() or 1, len(parts))
    shared = workers > 1 and len(waiting) >= WORTHWHILE and scan in (None, scan_kinds) and store.path is not None
    scanned = Scanned(store) if len(waiting) >= _MANY and not shared else None
    known = scanned.known if scanned is not None else asking(store)

    def take(part: Sequence[_Waiting]) -> _Batch:
        batch = []
        for one in part:
            if stopped.is_set():
                break
            texts = texts_of(catalogue.root, one.id, scan, known)
            if scanned is not None:
                scanned.learn(texts.scans)
            batch.append((one, texts))
        return batch

    path = store.path
    if not shared or path is None:
        yield from map(take, parts)
        return
    from workbench.skills.texts_worker import MODULE, question
    from workbench.workers import Worker, share_out

    def ask(worker: Worker, part: Sequence[_Waiting]) -> _Batch:
        reply = worker.ask(question(catalogue.root, path, [one.id for one in part], scanning=scan is not None))
        if reply is not None:
            return list(zip(part, (Texts(*texts) for texts in json.loads(reply)), strict=True))
        return [] if worker.killed else take(part)

    with closing(share_out(parts, MODULE, workers, ask, cancel=stopped)) as done:
        for _, batch in done:
            yield batch


def _write(store: Store, batch: _Batch, *, scanned: bool) -> None:
    """Put texts into the index, unless the skill was read again meanwhile: these texts may then be the old ones."""
    with store.transaction() as connection:
        for waiting, texts in batch:
            content = bytes.fromhex(texts.content)
            same = content == waiting.content
            kinds = texts.kinds if scanned else waiting.capabilities if same else None
            current = connection.execute(
                "UPDATE skill SET indexed = 1, content = ?, capabilities = ? WHERE number = ? AND reading = ?",
                (content, kinds, waiting.number, waiting.reading),
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
                (waiting.number, waiting.name, waiting.description, texts.files, texts.body),
            )
        connection.executemany(
            "INSERT OR REPLACE INTO scan (blob, path, code, kinds) VALUES (?, ?, ?, ?)",
            [(blob, path, code_mark(), kinds) for _, texts in batch for blob, path, kinds in texts.scans],
        )
