"""How fast Claude Code's logs are imported, against ccusage on the same folder in the same run.

    python benchmarks/import_logs.py [--megabytes 500] [--ccusage PATH] [--rounds 3] [--keep DIR]

Generates logs (the same bytes for the same seed), then runs, one after the other and in turns: our import into a fresh
store, our import again with nothing new, and `ccusage --offline`. Wall time is of the whole process; memory is the
highest sum over the process and its children, sampled from /proc as resident (RSS) and as proportional set size (PSS,
which counts a page that processes share once).
"""

import argparse
import json
import os
import random
import shutil
import statistics
import string
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

OURS = (
    "import sys; from pathlib import Path; from workbench.storage import Store;"
    "from workbench.analytics.claude_logs import import_claude;"
    "r = import_claude(Store(Path(sys.argv[1])), [Path(sys.argv[2])]);"
    "print(r.new_calls, r.problems)"
)
TOTAL = (
    "import json, sys; from pathlib import Path; from workbench.storage import Store;"
    "from workbench.analytics.costs import cost_report;"
    "print(json.dumps(cost_report(Store(Path(sys.argv[1])), by='model').to_json()['total']))"
)
MODELS = ("claude-opus-4-5-20251101", "claude-sonnet-4-5-20250929", "claude-haiku-4-5-20251001", "claude-opus-4-6")
SAMPLE_SECONDS = 0.004


@dataclass(frozen=True)
class Run:
    """One measured process: seconds of wall time, highest memory in MB, and its standard output."""

    seconds: float
    rss: float
    pss: float
    output: str


class Generator:
    """Writes log lines shaped like real ones: 60 % of the bytes are users' tool results.

    Args:
        seed: The same seed gives the same bytes.
    """

    def __init__(self, seed: int) -> None:
        self._random = random.Random(seed)
        words = [
            "".join(self._random.choices(string.ascii_lowercase, k=self._random.randint(2, 9))) for _ in range(4000)
        ]
        text = " ".join(self._random.choices(words, k=200_000))
        self._text = json.dumps(text.replace(" the", '\n"usage":{"input_tokens":1} '))[1:-1]
        self._clock = datetime(2026, 9, 1, 8, tzinfo=UTC)
        self._ids = 0

    def write(self, root: Path, size: int) -> int:
        """Write sessions under `root/projects` until `size` bytes are reached; gives the number of distinct calls."""
        written = 0
        while written < size:
            cwd = f"/home/ada/code/project-{self._random.randrange(12)}"
            session = self._uuid()
            folder = root / "projects" / cwd.replace("/", "-")
            folder.mkdir(parents=True, exist_ok=True)
            limit = min(int(self._random.paretovariate(1.2) * 400_000), 40_000_000, size - written + 4000)
            written += self._file(folder / f"{session}.jsonl", self._session(cwd, session, limit))
            if self._random.random() < 0.3:
                agents = folder / session / "subagents"
                agents.mkdir(parents=True)
                lines = self._session(cwd, session, limit // 5, sidechain=True)
                written += self._file(agents / f"agent-{self._hex(8)}.jsonl", lines)
        return self._ids

    def _file(self, path: Path, lines: Iterator[str]) -> int:
        with path.open("w", encoding="utf-8") as file:
            return sum(file.write(line + "\n") for line in lines)

    def _session(self, cwd: str, session: str, limit: int, *, sidechain: bool = False) -> Iterator[str]:
        size = 0
        while size < limit:
            self._clock += timedelta(seconds=self._random.randint(1, 40))
            for line in self._turn(cwd, session, sidechain):
                size += len(line) + 1
                yield line

    def _turn(self, cwd: str, session: str, sidechain: bool) -> Iterator[str]:
        """One request: its message as 2 or 3 lines, some progress, and the tool's result."""
        self._ids += 1
        message, request = f"msg_{self._ids:024d}", f"req_{self._hex(24)}"
        model = self._random.choice(MODELS)
        created = self._random.randint(0, 9000)
        hour = self._random.choice((0, created))
        counts = (
            f'"input_tokens":{self._random.randint(1, 40)},"cache_creation_input_tokens":{created},'
            f'"cache_read_input_tokens":{self._random.randint(8000, 190_000)},"cache_creation":'
            f'{{"ephemeral_5m_input_tokens":{created - hour},"ephemeral_1h_input_tokens":{hour}}}'
        )
        output = 1
        for _ in range(self._random.choice((2, 2, 3))):
            block = self._snippet(self._random.randint(100, 900))
            whole = (
                f'{{"model":"{model}","id":"{message}","type":"message","role":"assistant","content":'
                f'[{{"type":"text","text":"{block}"}}],"stop_reason":null,"stop_sequence":null,"usage":{{{counts},'
                f'"output_tokens":{output},"service_tier":"standard","inference_geo":"not_available"}}}}'
            )
            head, tail = self._head(cwd, session, sidechain), self._tail()
            yield f'{head}"message":{whole},"requestId":"{request}","type":"assistant",{tail}'
            output += self._random.randint(1, 800)
        if sidechain:
            inner = f'{{"type":"assistant","message":{whole},"requestId":"{request}",{tail}'
            data = f'{{"type":"agent_progress","message":{inner}}}'
            yield f'{self._head(cwd, session, False)}"type":"progress","data":{data},{self._tail()}'
        for _ in range(self._random.choice((0, 1, 2))):
            data = f'{{"type":"bash_progress","output":"{self._snippet(300)}","elapsedTimeSeconds":3}}'
            yield f'{self._head(cwd, session, sidechain)}"type":"progress","data":{data},{self._tail()}'
        yield self._result(cwd, session, sidechain)

    def _result(self, cwd: str, session: str, sidechain: bool) -> str:
        """A tool's result: twice in the line, as in real logs."""
        text = self._snippet(min(int(self._random.paretovariate(1.1) * 500), 450_000))
        result = f'{{"tool_use_id":"toolu_{self._hex(24)}","type":"tool_result","content":"{text}"}}'
        return (
            f'{self._head(cwd, session, sidechain)}"type":"user","message":{{"role":"user","content":[{result}]}},'
            f'{self._tail()[:-1]},"toolUseResult":{{"stdout":"{text}","stderr":"","interrupted":false}}}}'
        )

    def _head(self, cwd: str, session: str, sidechain: bool) -> str:
        return (
            f'{{"parentUuid":"{self._uuid()}","isSidechain":{str(sidechain).lower()},"userType":"external",'
            f'"cwd":"{cwd}","sessionId":"{session}","version":"2.1.40","gitBranch":"main",'
        )

    def _tail(self) -> str:
        stamp = self._clock.isoformat(timespec="milliseconds").replace("+00:00", "Z")
        return f'"uuid":"{self._uuid()}","timestamp":"{stamp}"}}'

    def _snippet(self, size: int) -> str:
        start = self._random.randrange(len(self._text) - 900_000)
        return self._text[start : start + size].rstrip("\\").removeprefix('"')

    def _hex(self, size: int) -> str:
        return f"{self._random.getrandbits(size * 4):0{size}x}"

    def _uuid(self) -> str:
        digits = self._hex(32)
        return f"{digits[:8]}-{digits[8:12]}-{digits[12:16]}-{digits[16:20]}-{digits[20:]}"


def measured(argv: list[str], env: dict[str, str]) -> Run:
    """Run a program to its end, and watch the memory of it and its children."""
    with tempfile.TemporaryFile() as output:
        began = time.perf_counter()
        process = subprocess.Popen(argv, env=env, stdout=output, stderr=subprocess.STDOUT)
        rss = pss = 0.0
        while process.poll() is None:
            now_rss, now_pss = _memory(process.pid)
            rss, pss = max(rss, now_rss), max(pss, now_pss)
            time.sleep(SAMPLE_SECONDS)
        seconds = time.perf_counter() - began
        output.seek(0)
        text = output.read().decode(errors="replace")
    if process.returncode:
        raise SystemExit(f"{argv[0]} failed with {process.returncode}:\n{text[-2000:]}")
    return Run(seconds, rss, pss, text)


def timed(argv: list[str], env: dict[str, str]) -> float:
    """Seconds of wall time of a program, undisturbed by watching it."""
    began = time.perf_counter()
    subprocess.run(argv, env=env, stdout=subprocess.DEVNULL, stderr=subprocess.STDOUT, check=True)
    return time.perf_counter() - began


def _memory(pid: int) -> tuple[float, float]:
    """RSS and PSS in MB of a process and its descendants; zeros where the system has no /proc."""
    rss = pss = 0.0
    pids = [pid]
    while pids:
        current = pids.pop()
        try:
            for line in Path(f"/proc/{current}/smaps_rollup").read_text().splitlines():
                if line.startswith("Rss:"):
                    rss += int(line.split()[1]) / 1000
                elif line.startswith("Pss:"):
                    pss += int(line.split()[1]) / 1000
            for task in Path(f"/proc/{current}/task").iterdir():
                pids += map(int, (task / "children").read_text().split())
        except (OSError, ValueError):
            continue
    return rss, pss


def find_ccusage(chosen: str | None) -> str | None:
    """The ccusage to compare with: the one named, or the one on PATH, if it runs."""
    path = chosen or shutil.which("ccusage")
    if path is None:
        return None
    check = subprocess.run([path, "--version"], capture_output=True, text=True, check=False)
    return path if check.returncode == 0 else None


def main() -> None:
    """Generate, measure, print a table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--megabytes", type=int, default=500)
    parser.add_argument("--ccusage")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--keep", type=Path, help="put the logs here, or use those that are here")
    options = parser.parse_args()
    ccusage = find_ccusage(options.ccusage)
    with tempfile.TemporaryDirectory(prefix="workbench-logs-") as scratch:
        root = options.keep or Path(scratch) / "claude"
        if not (root / "projects").is_dir():
            calls = Generator(options.seed).write(root, options.megabytes * 1_000_000)
            print(f"generated {calls:,} calls")
        files = list((root / "projects").rglob("*.jsonl"))
        size = sum(file.stat().st_size for file in files) / 1e6
        print(f"{len(files)} files, {size:,.0f} MB, {os.cpu_count()} processors")
        compare(root, Path(scratch), ccusage, options.rounds)


def compare(root: Path, scratch: Path, ccusage: str | None, rounds: int) -> None:
    """Run everything in turns, and print the medians."""
    env = {**os.environ, "CLAUDE_CONFIG_DIR": str(root), "PYTHONPATH": str(Path(__file__).parents[1]), "NO_COLOR": "1"}
    theirs = [ccusage or "", "claude", "daily", "--offline", "--json"]
    for file in (root / "projects").rglob("*.jsonl"):
        file.read_bytes()  # both start with the files in memory
    first: list[float] = []
    again: list[float] = []
    other: list[float] = []
    for number in range(rounds):
        ours = [sys.executable, "-c", OURS, str(scratch / f"{number}.db"), str(root)]
        first.append(timed(ours, env))
        if ccusage:
            other.append(timed(theirs, env))
        again.append(timed(ours, env))
    watched = measured([sys.executable, "-c", OURS, str(scratch / "watched.db"), str(root)], env)
    report(first, again, other, watched)
    if ccusage:
        run = measured(theirs, env)
        print(f"ccusage: {run.rss:.0f} MB RSS")
        total = measured([sys.executable, "-c", TOTAL, str(scratch / "watched.db")], env)
        compare_totals(total.output, run.output)
    else:
        print("ccusage was not found, or does not run: no comparison (npm install ccusage, then --ccusage PATH)")


def report(first: list[float], again: list[float], other: list[float], watched: Run) -> None:
    """Print the table."""
    base = statistics.median(other) if other else None
    print(f"{'':24}{'median s':>10}{'best s':>10}{'x ccusage':>12}")
    for label, times in (("first import", first), ("again, nothing new", again), ("ccusage --offline", other)):
        if times:
            median = statistics.median(times)
            ratio = f"{median / base:.2f}" if base else "-"
            print(f"{label:24}{median:>10.3f}{min(times):>10.3f}{ratio:>12}")
    print(f"peak memory of the import, all processes: {watched.rss:.0f} MB RSS, {watched.pss:.0f} MB PSS")
    print(f"new calls and problems: {watched.output.strip()}")


def compare_totals(ours: str, theirs: str) -> None:
    """Print both tools' totals of the same logs."""
    mine, other = json.loads(ours), json.loads(theirs)["totals"]
    tokens = mine["tokens"]
    rows = [
        ("input", tokens["input"], other["inputTokens"]),
        ("output", tokens["output"], other["outputTokens"]),
        ("cache read", tokens["cache_read"], other["cacheReadTokens"]),
        ("cache write", tokens["cache_write_5m"] + tokens["cache_write_1h"], other["cacheCreationTokens"]),
        ("USD", mine["usd"], f"{other['totalCost']:.4f}"),
    ]
    for label, one, two in rows:
        print(f"{label:12}{one:>18}{two:>18}  {'same' if one == two else 'DIFFERENT'}")


if __name__ == "__main__":
    main()
