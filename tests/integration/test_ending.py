"""Ended early, by ctrl+c or by the system: what was started is stopped, and what was made for a while is gone."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

WAITS = """\
import pathlib, subprocess, sys
child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
pathlib.Path(sys.argv[1]).write_text(str(child.pid))
child.wait()
"""

SIGNALS = [signal.SIGINT, signal.SIGTERM, signal.SIGHUP]


def start(*args: str, **env: str) -> subprocess.Popen[str]:
    """The command line, as from a terminal that sends it ctrl+c."""
    heeds = "import signal; signal.signal(signal.SIGINT, signal.default_int_handler)"
    program = f"{heeds}; from workbench.__main__ import main; main()"
    command = [sys.executable, "-c", program, *args]
    pipe = subprocess.PIPE
    return subprocess.Popen(command, stdout=pipe, stderr=pipe, text=True, env={**os.environ, **env})


def wait_for(condition: Any) -> None:
    until = time.monotonic() + 30
    while not condition():
        assert time.monotonic() < until, "it did not happen within 30 seconds"
        time.sleep(0.01)


def is_gone(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except OSError:
        return True


@pytest.fixture
def waiting(library: Any, tmp_path: Path) -> Path:
    """A library whose one tool, and one case, wait for ten minutes; gives the file that names their child."""
    mark = tmp_path / "mark"
    library.skill("skills/a")
    library.write("skills/a/wait.py", WAITS)
    library.write("skills/a/tools.yaml", "tools:\n  - {name: wait, description: W., run: [python, wait.py, '{mark}'],\n"
                  "     input_schema: {type: object, properties: {mark: {type: string}}}}\n")  # fmt: skip
    case = f"  - {{name: waits, tool: wait, with: {{mark: '{mark}'}}, timeout: 600s, expect: {{exit: 0}}}}\n"
    library.write("skills/a/tests/case.yaml", f"cases:\n{case}")
    library.commit()
    return mark


@pytest.mark.parametrize("number", SIGNALS)
@pytest.mark.parametrize("command", ["call", "test"])
def test_what_runs_is_stopped_with_all_it_started(waiting: Path, command: str, number: int, tmp_path: Path) -> None:
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    arguments = json.dumps({"mark": str(waiting)})
    what = ("tools", "call", "a.wait", "--args", arguments) if command == "call" else ("test", "a")
    process = start(*what, "--unsandboxed", TMPDIR=str(scratch))
    wait_for(lambda: waiting.exists() and waiting.read_text())
    process.send_signal(number)
    _, said = process.communicate(timeout=30)
    assert process.returncode == 130
    assert "Traceback" not in said
    wait_for(lambda: is_gone(int(waiting.read_text())))
    assert list(scratch.iterdir()) == []


@pytest.mark.parametrize("number", SIGNALS)
def test_the_demonstration_is_removed(library: Any, tmp_path: Path, number: int) -> None:
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    process = start("demo", TMPDIR=str(scratch))
    wait_for(lambda: any(scratch.glob("workbench-demo-*/library/.git")))
    process.send_signal(number)
    process.communicate(timeout=30)
    assert process.returncode == 130
    assert list(scratch.iterdir()) == []


def test_a_reader_that_goes_away_is_no_failure(library: Any) -> None:
    for number in range(300):
        library.skill(f"skills/skill-{number:03d}")
    command = [sys.executable, "-m", "workbench", "skills", "list"]
    with subprocess.Popen(command, cwd=library.root, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as listing:
        assert listing.stdout is not None
        assert listing.stderr is not None
        listing.stdout.close()
        assert b"rror" not in listing.stderr.read()
    assert listing.returncode == 0


@pytest.mark.parametrize("also_errors", [False, True])
@pytest.mark.parametrize(
    ("command", "code"),
    [
        ("review verify", 1), ("review verify --json", 1), ("policy check a", 1), ("sync --check --home home", 1),
        ("test a", 1), ("skills validate", 1), ("skills list", 0), ("--help", 0),
    ],
)  # fmt: skip
def test_an_answer_is_the_same_where_nobody_reads_it(
    library: Any, workbench: Any, command: str, code: int, also_errors: bool
) -> None:
    library.skill("skills/a")
    library.write("skills/a/tests/x.yaml", "cases: [{name: x, command: ['false']}]\n")
    library.write("skills/b/SKILL.md", "no frontmatter\n")
    library.commit()
    assert workbench("review", "approve", "a", "-m", "read it").code == 0
    assert workbench("install", "a", "--agent", "claude", "--home", "home").code == 0
    library.write(".claude/skills/a/SKILL.md", "changed")
    library.skill("skills/a", body="Another.\n")
    library.commit()
    reading, writing = os.pipe()
    os.close(reading)
    with os.fdopen(writing, "wb") as closed:
        errors = subprocess.STDOUT if also_errors else subprocess.PIPE
        argv = [sys.executable, "-m", "workbench", *command.split()]
        done = subprocess.run(argv, stdout=closed, stderr=errors, check=False)
    assert (done.returncode, b"Traceback" in (done.stderr or b"")) == (code, False)
