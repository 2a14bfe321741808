"""Imports that are killed, or run beside each other, lose nothing and double nothing: with real processes."""

import json
import os
import select
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from workbench.analytics.claude_logs import import_claude, problems
from workbench.analytics.costs import cost_report
from workbench.storage import Store

REPOSITORY = Path(__file__).resolve().parents[2]

IMPORT = """
import os, signal, sys
from pathlib import Path
from workbench.analytics import claude_logs, claude_plan, claude_workers
from workbench.storage import Store

claude_logs.BATCH_CALLS = 20
claude_plan.PART_BYTES = 9000
claude_workers.WORTHWHILE = int(sys.argv[4])
seen = 0

def on_progress(progress):
    global seen
    seen += 1
    if seen == int(sys.argv[3]):
        os.kill(os.getpid(), signal.SIGKILL)

report = claude_logs.import_claude(Store(Path(sys.argv[1])), [Path(sys.argv[2])], on_progress=on_progress)
print(report.new_calls)
"""

PARALLEL, ALONE = 0, 1 << 40


def start(*arguments: object, script: str = IMPORT) -> "subprocess.Popen[str]":
    env = {**os.environ, "PYTHONPATH": str(REPOSITORY)}
    return subprocess.Popen(
        [sys.executable, "-c", script, *map(str, arguments)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=env,
    )


def finished(process: "subprocess.Popen[str]") -> str:
    out, err = process.communicate(timeout=120)
    assert process.returncode == 0, err
    return out


@pytest.fixture(scope="module")
def logs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Twelve sessions, each call on three lines with growing output, some in two files, and a torn line in each."""
    root = tmp_path_factory.mktemp("logs")
    for session in range(12):
        lines: list[bytes] = []
        for number in range(40):
            ident = f"m{session}-{number}" if number % 10 else f"shared-{number}"
            for output in (1, 5, 100 + number):
                lines.append(json.dumps(line(ident, f"s{session}", output)).encode())
        lines.insert(50, b'{"type":"assistant","message":{"usage":{')
        folder = root / "projects" / f"-p{session % 3}"
        folder.mkdir(parents=True, exist_ok=True)
        (folder / f"s{session}.jsonl").write_bytes(b"\n".join(lines) + b"\n")
    return root


def line(ident: str, session: str, output: int) -> dict[str, Any]:
    usage = {"input_tokens": 2, "output_tokens": output, "cache_read_input_tokens": 1000}
    return {
        "type": "assistant", "timestamp": "2026-11-21T10:00:00Z", "sessionId": session, "cwd": "/p",
        "message": {"id": ident, "model": "claude-opus-5", "usage": usage},
    }  # fmt: skip


CALLS = 12 * 36 + 4
COST = sum(2 * 5000 + 1000 * 500 + (100 + n) * 25_000 for n in range(40) for _ in range(12 if n % 10 else 1))


def check(store: Store) -> None:
    total = cost_report(store, by="session").total
    assert (total.calls, total.cost_nd, total.unpriced_calls) == (CALLS, COST, 0)
    assert [(Path(p.path).name, p.line) for p in problems(store)] == sorted(
        ((f"s{n}.jsonl", 51) for n in range(12)), key=lambda item: (int(item[0][1:-6]) % 3, item[0])
    )
    assert store.check() == []


@pytest.mark.parametrize("workers", [ALONE, PARALLEL])
def test_an_import_that_is_killed_again_and_again_ends_with_every_call_once(
    logs: Path, tmp_path: Path, workers: int
) -> None:
    database = tmp_path / "workbench.db"
    kills = 0
    for kill_at in (1, 4, 9, 6, 5, 7, 3):
        process = start(database, logs, kill_at, workers)
        process.communicate(timeout=120)
        assert process.returncode in (0, -signal.SIGKILL)
        kills += process.returncode == -signal.SIGKILL
    assert kills >= 3
    partly = cost_report(Store(database), by="session").total.calls
    assert partly > 0
    finished(start(database, logs, 0, workers))
    check(Store(database))
    assert finished(start(database, logs, 0, workers)) == "0\n"


def test_a_killed_import_has_committed_some_and_the_next_reads_only_the_rest(logs: Path, tmp_path: Path) -> None:
    database = tmp_path / "workbench.db"
    start(database, logs, 10, ALONE).wait(timeout=120)
    store = Store(database)
    committed = cost_report(store, by="session").total.calls
    assert 0 < committed < CALLS
    assert import_claude(store, [logs]).new_calls == CALLS - committed
    check(store)


@pytest.mark.parametrize("workers", [ALONE, PARALLEL])
def test_imports_at_the_same_time_agree(logs: Path, tmp_path: Path, workers: int) -> None:
    database = tmp_path / "workbench.db"
    processes = [start(database, logs, 0, workers) for _ in range(3)]
    new = [int(finished(process)) for process in processes]
    assert sum(new) == CALLS
    check(Store(database))


def ended(handle: int, seconds: float) -> bool:
    """Whether a process ends in time; not with `select`, which knows no handles above 1,023."""
    waiting = select.poll()
    waiting.register(handle, select.POLLIN)
    return bool(waiting.poll(seconds * 1_000))


@pytest.mark.skipif(not hasattr(os, "pidfd_open"), reason="watches processes in Linux's way")
def test_workers_end_when_the_import_is_killed(logs: Path, tmp_path: Path) -> None:
    script = IMPORT.replace(
        "        os.kill",
        "        from pathlib import Path as P\n"
        "        tasks = P(f'/proc/{os.getpid()}/task').iterdir()\n"
        "        print(*[c for t in tasks for c in (t / 'children').read_text().split()], flush=True)\n"
        "        os.kill",
    )
    process = start(tmp_path / "workbench.db", logs, 1, PARALLEL, script=script)
    out, err = process.communicate(timeout=120)
    assert process.returncode == -signal.SIGKILL, err
    workers = [int(pid) for pid in out.split()]
    assert len(workers) == 2
    for pid in workers:
        try:
            handle = os.pidfd_open(pid)
        except ProcessLookupError:
            continue
        assert ended(handle, 60), f"worker {pid} is still there"
        os.close(handle)


NOTHING_NEW = """
import sys
from pathlib import Path
from workbench.analytics.claude_logs import import_claude
from workbench.storage import Store

assert import_claude(Store(Path(sys.argv[1])), [Path(sys.argv[2])]).files_read == 0
"""


def test_an_import_never_loads_pydantic_and_with_nothing_new_no_prices_either(logs: Path, tmp_path: Path) -> None:
    watch = "\nprint(sorted({'pydantic', 'genai_prices', 'textual', 'httpx'} & sys.modules.keys()))"
    assert finished(start(tmp_path / "workbench.db", logs, 0, ALONE, script=IMPORT + watch)).endswith("[]\n")
    heavy = {"subprocess", "msgspec", "hashlib", "sqlite_utils", "workbench.analytics.prices"}
    watch = f"\nprint({heavy} & sys.modules.keys())"
    assert finished(start(tmp_path / "workbench.db", logs, script=NOTHING_NEW + watch)) == "set()\n"
