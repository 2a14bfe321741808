"""How long the workbench takes to show something useful, beside an empty Textual app on the same machine.

    python benchmarks/first_paint.py [--skills 50] [--runs 7]

Generates a git library, starts both programs in a real pseudo-terminal of 120x40, and measures the time from the start
of the process until the screen says what it has to: a word of the empty app, the last skill of the list of the
workbench. Also the peak memory (VmHWM) of the workbench. Targets: at most 2.5 times the empty app, at most 60 MiB.
Both run from compiled modules, as installed programs do: the first run, which does not count, compiles into a folder of
the benchmark's own, wherever the interpreter was told to keep none.
"""

import argparse
import fcntl
import os
import pty
import select
import statistics
import struct
import subprocess
import sys
import tempfile
import termios
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
MOST_RATIO = 2.5
MOST_MIB = 60
_PATIENCE_SECONDS = 30

EMPTY_APP = """
from textual.app import App
from textual.widgets import Static
class Empty(App):
    def compose(self):
        yield Static("EMPTY-APP")
Empty().run()
"""


def make_library(folder: Path, skills: int) -> str:
    """A git library of so many skills with a few commits; gives a word that shows that the list is there."""
    run = ["git", "-C", str(folder), "-c", "user.name=Ada", "-c", "user.email=ada@example.com"]
    subprocess.run([*run, "init", "-q", "-b", "main"], check=True)
    for number in range(skills):
        skill = folder / "skills" / f"skill-{number:03}"
        (skill / "scripts").mkdir(parents=True)
        (skill / "SKILL.md").write_text(
            f"---\nname: skill-{number:03}\ndescription: Does thing {number}. Use it when {number} is asked for.\n"
            f'metadata:\n  version: "1.0.{number}"\n---\n\n# Thing {number}\n\n' + "Some words to read.\n" * 40
        )
        (skill / "scripts" / "run.py").write_text("print('hello')\n")
        if number % 10 == 9:
            subprocess.run([*run, "add", "-A"], check=True)
            subprocess.run([*run, "commit", "-q", "-m", f"Add ten, up to {number}"], check=True)
    return f"skill-{min(skills, 30) - 1:03}"


def start(argv: list[str], word: str, env: dict[str, str]) -> tuple[float, float]:
    """Seconds from the start until `word` is on the terminal, and the peak memory in MiB half a second later."""
    terminal, inside = pty.openpty()
    fcntl.ioctl(inside, termios.TIOCSWINSZ, struct.pack("HHHH", 40, 120, 0, 0))
    began = time.perf_counter()
    program = subprocess.Popen(
        argv, stdin=inside, stdout=inside, stderr=inside, start_new_session=True, env={**os.environ, **env}
    )
    os.close(inside)
    try:
        took = _until(terminal, word.encode(), began)
        _drain(terminal, 0.5)
        return took, _peak(program.pid)
    finally:
        program.kill()
        program.wait()
        os.close(terminal)


def _until(terminal: int, word: bytes, began: float) -> float:
    seen = b""
    while time.perf_counter() - began < _PATIENCE_SECONDS:
        if select.select([terminal], [], [], 0.5)[0]:
            seen += os.read(terminal, 65536)
            if word in seen:
                return time.perf_counter() - began
    raise SystemExit(f"{word.decode()!r} never came; the last bytes: {seen[-400:]!r}")


def _drain(terminal: int, seconds: float) -> None:
    end = time.perf_counter() + seconds
    while time.perf_counter() < end:
        if select.select([terminal], [], [], 0.05)[0]:
            os.read(terminal, 65536)


def _peak(pid: int) -> float:
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmHWM"):
            return int(line.split()[1]) / 1024
    return float("nan")


def main() -> None:
    """Parse the arguments, measure, print one table; exit 1 if a target is missed."""
    ask = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    ask.add_argument("--skills", type=int, default=50)
    ask.add_argument("--runs", type=int, default=7)
    want = ask.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        library = Path(folder) / "library"
        library.mkdir()
        word = make_library(library, want.skills)
        env = {
            "TERM": "xterm-256color",
            "COLORTERM": "truecolor",
            "HOME": folder,
            "WORKBENCH_DATA": f"{folder}/data",
            "WORKBENCH_CONFIG": f"{folder}/config",
            "PYTHONPATH": str(ROOT),
            "PYTHONPYCACHEPREFIX": f"{folder}/compiled",
            "PYTHONDONTWRITEBYTECODE": "",
        }
        python = sys.executable
        empty: list[float] = []
        ours: list[float] = []
        peaks: list[float] = []
        for number in range(want.runs + 1):
            first = start([python, "-c", EMPTY_APP], "EMPTY-APP", env)[0]
            took, peak = start([python, "-m", "workbench", "--library", str(library)], word, env)
            if number:  # the first run only warms the caches
                empty.append(first)
                ours.append(took)
                peaks.append(peak)
    ratio = statistics.median(ours) / statistics.median(empty)
    print(f"{want.skills} skills, {want.runs} runs, 120x40, {os.cpu_count()} cores")
    print(f"{'':<28}{'median':>10}{'best':>10}{'worst':>10}")
    for name, times in (("empty Textual app", empty), ("workbench, list is there", ours)):
        values = (statistics.median(times), min(times), max(times))
        print(f"{name:<28}" + "".join(f"{value * 1000:>8.0f}ms" for value in values))
    print(f"ratio of the medians {ratio:.2f} (at most {MOST_RATIO}), of the best {min(ours) / min(empty):.2f}")
    print(f"peak memory of the workbench {max(peaks):.1f} MiB (at most {MOST_MIB})")
    sys.exit(ratio > MOST_RATIO or max(peaks) > MOST_MIB)


if __name__ == "__main__":
    main()
