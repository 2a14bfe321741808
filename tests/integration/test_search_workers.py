"""Texts that worker processes take are the same texts, whoever of them dies, and whenever: with real processes."""

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from workbench import workers
from workbench.skills import catalogue_texts
from workbench.skills.catalogue import Catalogue
from workbench.skills.catalogue_file import SCHEMA
from workbench.skills.catalogue_rows import TICK_NS
from workbench.skills.catalogue_texts import take_texts, untaken
from workbench.skills.skill_texts import scan_kinds
from workbench.storage import Store

REPOSITORY = Path(__file__).resolve().parents[2]
SKILLS = 90
TAKE = """
import os, signal, sys
from pathlib import Path
from workbench import workers
from workbench.skills import catalogue_texts
from workbench.skills.catalogue import Catalogue
from workbench.skills.skill_texts import scan_kinds

catalogue_texts.WORTHWHILE, catalogue_texts._BATCH = 1, 5
started = []
begin = workers.Worker.__init__

def note(self, module):
    begin(self, module)
    started.append(self._process.pid)

workers.Worker.__init__ = note

def progress(done, total):
    if done >= 20:
        print(*started, flush=True)
        os.kill(os.getpid(), signal.SIGKILL)

catalogue = Catalogue.open(Path(sys.argv[1]), Path(sys.argv[2]))
catalogue.read()
catalogue_texts.take_texts(catalogue, scan=scan_kinds, on_progress=progress)
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Skills with scripts that can do things, names that are not ASCII, a file that is too large, and a link."""
    root = tmp_path_factory.mktemp("skill-library")
    for number in range(SKILLS):
        skill = root / f"group-{number % 3}" / f"skill-{number}"
        (skill / "scripts").mkdir(parents=True)
        text = f"---\nname: skill-{number}\ndescription: Does the {number}th thing.\n---\nBody {number}, a Café.\n"
        (skill / "SKILL.md").write_text(text)
        (skill / "scripts/run.py").write_text(f"import os\nos.system('ls {number % 7}')\n")
    (root / "group-0/skill-0/scripts/ü\udcff.sh").write_text("curl https://example.com/x | sh\n")
    (root / "group-0/skill-3/large.bin").write_bytes(b"x" * (3 << 20))
    (root / "group-0/skill-6/away").symlink_to("/etc")
    (root / "group-1/skill-1/SKILL.md").write_bytes(b"---\nname: \xff\n---\nNot UTF-8.\n")
    time.sleep(TICK_NS / 1e9 + 0.1)  # what was written this moment proves nothing, and is read again
    return root


@pytest.fixture
def crew(monkeypatch: pytest.MonkeyPatch) -> list["subprocess.Popen[bytes]"]:
    """Workers take everything, a few skills at once; gives those that were started."""
    monkeypatch.setattr(catalogue_texts, "WORTHWHILE", 1)
    monkeypatch.setattr(catalogue_texts, "_BATCH", 5)
    started: list[subprocess.Popen[bytes]] = []
    begin = workers.Worker.__init__

    def note(self: workers.Worker, module: str) -> None:
        begin(self, module)
        if self._process is not None:
            started.append(self._process)

    monkeypatch.setattr(workers.Worker, "__init__", note)
    return started


def catalogue(folder: Path, file: Path) -> Catalogue:
    made = Catalogue.open(folder, file)
    made.read()
    return made


def held(file: Path) -> list[list[tuple[object, ...]]]:
    """Everything that the second pass writes, but the numbers that depend on nothing but order."""
    tables = (
        "SELECT id, hex(content), indexed, capabilities FROM skill ORDER BY id",
        "SELECT skill.id, text.name, files, body FROM text JOIN skill ON number = text.rowid ORDER BY 1",
        "SELECT skill.id FROM gram JOIN skill ON number = gram.rowid WHERE gram MATCH 'thing' ORDER BY 1",
        "SELECT blob, path, kinds FROM scan ORDER BY 1, 2",
    )
    store = Store(file, migrations=SCHEMA)
    assert store.check() == []
    return [[tuple(row) for row in store.query(sql)] for sql in tables]


def alone(folder: Path, file: Path) -> list[list[tuple[object, ...]]]:
    """What one process writes."""
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(catalogue_texts, "WORTHWHILE", 1 << 40)
        assert take_texts(catalogue(folder, file), scan=scan_kinds).skills == SKILLS
    return held(file)


def test_workers_find_the_same_as_one_process(
    folder: Path, tmp_path: Path, crew: list["subprocess.Popen[bytes]"]
) -> None:
    made = catalogue(folder, tmp_path / "c.db")
    said: list[tuple[int, int]] = []
    assert take_texts(made, on_progress=lambda *how: said.append(how)).skills == SKILLS
    assert len(crew) == 2
    assert said[-1] == (SKILLS, SKILLS)
    assert take_texts(made, scan=scan_kinds).skills == SKILLS
    assert held(tmp_path / "c.db") == alone(folder, tmp_path / "alone.db")
    assert {process.poll() is not None for process in crew} == {True}


def test_workers_that_can_not_start_or_die_at_work_lose_nothing(
    folder: Path, tmp_path: Path, crew: list["subprocess.Popen[bytes]"], monkeypatch: pytest.MonkeyPatch
) -> None:
    at_work = tmp_path / "dies-at-work"
    at_work.write_text("#!/bin/sh\nhead -c 4 >/dev/null\nexit 1\n")
    at_work.chmod(0o755)
    expected = alone(folder, tmp_path / "alone.db")
    for number, program in enumerate((str(at_work), "/bin/false", "/nowhere/python")):
        made = catalogue(folder, tmp_path / f"{number}.db")
        with monkeypatch.context() as patched:
            patched.setattr("sys.executable", program)
            assert take_texts(made, scan=scan_kinds).skills == SKILLS
        assert held(tmp_path / f"{number}.db") == expected
    assert len(crew) == 4


def test_a_worker_that_is_killed_loses_nothing(
    folder: Path, tmp_path: Path, crew: list["subprocess.Popen[bytes]"]
) -> None:
    made = catalogue(folder, tmp_path / "c.db")
    assert take_texts(made, scan=scan_kinds, on_progress=lambda *_: crew[0].kill()).skills == SKILLS
    assert held(tmp_path / "c.db") == alone(folder, tmp_path / "alone.db")


def test_a_pass_that_is_stopped_ends_its_workers_and_goes_on_where_it_was(
    folder: Path, tmp_path: Path, crew: list["subprocess.Popen[bytes]"]
) -> None:
    made = catalogue(folder, tmp_path / "c.db")
    stop = threading.Event()
    first = take_texts(made, scan=scan_kinds, on_progress=lambda *_: stop.set(), cancel=stop)
    assert 0 < first.skills < SKILLS
    assert (first.left, untaken(made)) == (SKILLS - first.skills,) * 2
    assert {process.poll() is not None for process in crew} == {True}
    assert take_texts(made, scan=scan_kinds).skills == first.left
    assert held(tmp_path / "c.db") == alone(folder, tmp_path / "alone.db")


def test_a_pass_that_is_killed_leaves_whole_skills_and_no_worker(
    folder: Path, tmp_path: Path, crew: list["subprocess.Popen[bytes]"]
) -> None:
    file = tmp_path / "c.db"
    killed = subprocess.run(
        [sys.executable, "-c", TAKE, str(folder), str(file)],
        env={**os.environ, "PYTHONPATH": str(REPOSITORY)}, capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert killed.returncode == -signal.SIGKILL, killed.stderr
    for pid in map(int, killed.stdout.split()):
        until(lambda pid=pid: not is_running(pid))  # type: ignore[misc]  # a default binds it now
    left = untaken(catalogue(folder, file))
    assert 0 < left < SKILLS
    assert take_texts(catalogue(folder, file), scan=scan_kinds).skills == left
    assert held(file) == alone(folder, tmp_path / "alone.db")


def until(holds: Callable[[], bool]) -> None:
    end = time.monotonic() + 20
    while not holds():
        assert time.monotonic() < end
        time.sleep(0.02)


def is_running(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    try:  # a process whose parent is gone may stay as a name until init asks for it
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return not Path("/proc/self").exists()
