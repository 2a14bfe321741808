"""The store: many processes share it, a killed one harms nothing, and a file that can't be used is named."""

import multiprocessing
import os
import signal
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from workbench import storage
from workbench.analytics.events import Event, record
from workbench.errors import ConflictError, InputError
from workbench.storage import MIGRATIONS, Store


def event(number: int) -> Event:
    return Event(at=number, kind="call", skill="skills/a", tool="t", outcome="ok", duration_ms=1)


def _write(path: str, count: int) -> None:
    store = Store(Path(path))
    for number in range(count):
        record(store, event(number))


def test_processes_that_open_and_write_at_once_lose_nothing(tmp_path: Path) -> None:
    path = tmp_path / "new" / "store.db"
    with multiprocessing.get_context("spawn").Pool(4) as pool:
        pool.starmap(_write, [(str(path), 50)] * 4)
    store = Store(path)
    assert store.query("SELECT count(*) FROM event")[0][0] == 200
    assert store.version == len(MIGRATIONS)
    assert store.check() == []


def test_a_killed_writer_leaves_a_store_that_opens_with_whole_transactions(tmp_path: Path) -> None:
    path = tmp_path / "store.db"
    program = (
        "import sys\nfrom pathlib import Path\nfrom workbench.storage import Store\n"
        "store = Store(Path(sys.argv[1]))\nprint('ready', flush=True)\n"
        "while True:\n"
        "    with store.transaction() as c:\n"
        "        for half in 'ab':\n"
        '            c.execute("INSERT INTO consent VALUES (hex(randomblob(8)), ?, 1)", (half,))\n'
    )
    writer = subprocess.Popen([sys.executable, "-c", program, str(path)], stdout=subprocess.PIPE)
    assert writer.stdout is not None
    writer.stdout.readline()
    while not path.exists() or len(Store(path).query("SELECT 1 FROM consent LIMIT 50")) < 50:
        pass
    os.kill(writer.pid, signal.SIGKILL)
    writer.wait()
    store = Store(path)
    assert store.check() == []
    halves = dict(store.query("SELECT what, count(*) FROM consent GROUP BY what"))  # type: ignore[arg-type]
    assert halves["a"] == halves["b"]


def test_a_failed_transaction_leaves_nothing(tmp_path: Path) -> None:
    store = Store(tmp_path / "store.db")

    def interrupted() -> None:
        with store.transaction() as connection:
            connection.execute("INSERT INTO consent VALUES ('x', 'y', 1)")
            raise RuntimeError

    with pytest.raises(RuntimeError):
        interrupted()
    assert store.query("SELECT * FROM consent") == []


def test_a_store_of_a_newer_program_is_refused_and_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "store.db"
    Store(path).close()
    newer = sqlite3.connect(path)
    newer.execute("PRAGMA user_version = 999")
    newer.close()
    before = path.read_bytes()
    with pytest.raises(InputError, match="schema 999"):
        Store(path)
    assert path.read_bytes() == before


def test_a_store_of_every_older_version_is_brought_forward(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for old in range(len(MIGRATIONS)):
        path = tmp_path / f"{old}.db"
        monkeypatch.setattr(storage, "MIGRATIONS", MIGRATIONS[:old])
        Store(path).close()
        monkeypatch.setattr(storage, "MIGRATIONS", MIGRATIONS)
        assert Store(path).version == len(MIGRATIONS)


def test_a_locked_store_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(storage, "BUSY_TIMEOUT_SECONDS", 0.05)
    path = tmp_path / "store.db"
    holder = Store(path)
    with holder.transaction():
        other = Store(path)
        with pytest.raises(ConflictError, match="another process"):
            record(other, event(1))


@pytest.mark.parametrize(
    "content", [b"not a database, but long enough to be looked at" * 40, b"SQLite format 3\0" + b"\xff" * 4096]
)
def test_a_file_that_is_no_store_is_named_and_left_alone(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "store.db"
    path.write_bytes(content)
    with pytest.raises(InputError) as caught:
        Store(path)
    assert caught.value.where == str(path)
    assert path.read_bytes() == content


def test_a_folder_that_can_not_be_made_names_the_remedy(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    with pytest.raises(InputError) as caught:
        Store(tmp_path / "file" / "store.db")
    assert "WORKBENCH_DATA" in (caught.value.remedy or "")
