"""What the workbench adds to a test case, and how many trivial cases run in a second.

    python benchmarks/testing.py [--runs 30] [--cases 500] [--jobs 2]

Targets: at most 15 ms for one case above its program, 500 trivial cases at least 60/s on two cores. The bare sandbox
(bubblewrap with everything unshared and one bind) is run in turn with the cases, so that a busy machine slows both:
the ratios then still say something. `own CPU` is this process's alone, which no other load changes much.
"""

import argparse
import os
import resource
import statistics
import subprocess
import tempfile
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from workbench.sandbox.probe import probe
from workbench.sandbox.python import interpreter
from workbench.skills.model import Skill
from workbench.skills.reader import read
from workbench.testing.cases import load_cases
from workbench.testing.model import Case
from workbench.testing.runner import run_cases

BARE = ("bwrap", "--unshare-all", "--ro-bind", "/", "/", "true")
PROGRAMS = {
    "true": ("run: ['true']", ("true",)),
    "python": ("run: [python, -S, -c, 'print(1)']", (str(interpreter()), "-I", "-S", "-c", "print(1)")),
    "with HTTP": (
        "http: [{request: {path: /}, times: 0}], run: [python, -S, -c, 'print(1)']",
        (str(interpreter()), "-I", "-S", "-c", "print(1)"),
    ),
    "with stages": ("setup: [['true']], teardown: [['true']], run: ['true']", ("true",)),
}


def timed(action: Callable[[], object]) -> float:
    """Milliseconds that one call takes."""
    began = time.perf_counter()
    action()
    return (time.perf_counter() - began) * 1000


def own_cpu() -> float:
    """Milliseconds of processor time that this process has used."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    return (used.ru_utime + used.ru_stime) * 1000


def library(root: Path, cases: str) -> tuple[Skill, tuple[Case, ...]]:
    """A skill with these cases, and they."""
    folder = root / "skills/bench"
    (folder / "tests").mkdir(parents=True, exist_ok=True)
    (folder / "scripts").mkdir(exist_ok=True)
    (folder / "SKILL.md").write_text("---\nname: bench\ndescription: Measures.\n---\n")
    (folder / "tests/bench.yaml").write_text(f"cases:\n{cases}")
    skill = read(root, "skills/bench")
    found, problems = load_cases(root, skill)
    assert not problems, problems
    return skill, found


def run(root: Path, skill: Skill, cases: Sequence[Case], jobs: int) -> None:
    """Run cases; all have to pass."""
    pairs = [(skill, case) for case in cases]
    done = run_cases(root, pairs, store=None, library=None, trees={}, tools=lambda _: (), jobs=jobs)
    assert done.passed == len(cases), [one.reason for one in done.results if one.reason]


def bare() -> None:
    """The bare sandbox, once."""
    subprocess.run(BARE, check=True, env={})


def cost(root: Path, runs: int) -> None:
    """Print what one case costs above its program."""
    print(f"{'one case':<12} {'program ms':>11} {'bare ms':>8} {'case ms':>8} {'added ms':>9} {'own CPU ms':>11}")
    for name, (form, argv) in PROGRAMS.items():
        skill, (case,) = library(root, f"  - {{name: x, {form}}}\n")
        plain, walls, confined, cpu = [], [], [], []
        for round_ in range(runs + 1):
            one = timed(lambda argv=argv: subprocess.run(argv, check=True, stdout=subprocess.DEVNULL))
            two = timed(bare)
            before = own_cpu()
            three = timed(lambda skill=skill, case=case: run(root, skill, [case], 1))
            if round_:
                plain.append(one)
                walls.append(two)
                confined.append(three)
                cpu.append(own_cpu() - before)
        a, b, c, d = map(statistics.median, (plain, walls, confined, cpu))
        print(f"{name:<12} {a:>11.1f} {b:>8.1f} {c:>8.1f} {c - a:>9.1f} {d:>11.1f}")


def rate(root: Path, count: int, jobs: int) -> None:
    """Print how many trivial cases run in a second, beside the bare sandbox."""
    skill, cases = library(root, "".join(f"  - {{name: c{number}, run: ['true']}}\n" for number in range(count)))
    with ThreadPoolExecutor(jobs) as pool:
        reference = timed(lambda: list(pool.map(lambda _: bare(), range(count))))
    before = own_cpu()
    took = timed(lambda: run(root, skill, cases, jobs))
    cpu = (own_cpu() - before) / count
    per_second, most = count / took * 1000, count / reference * 1000
    print(f"\n{'many cases':<12} {'jobs':>5} {'per s':>7} {'bare per s':>11} {'ratio':>6} {'own CPU ms':>11}")
    print(f"{count:<12,} {jobs:>5} {per_second:>7.0f} {most:>11.0f} {per_second / most:>6.2f} {cpu:>11.1f}")


def main() -> None:
    """Measure and print the tables."""
    ask = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ask.add_argument("--runs", type=int, default=30)
    ask.add_argument("--cases", type=int, default=500)
    ask.add_argument("--jobs", type=int, default=os.cpu_count() or 1)
    want = ask.parse_args()
    print(f"sandbox: {probe()}; {os.cpu_count()} cores; load {os.getloadavg()[0]:.1f}")
    with tempfile.TemporaryDirectory() as scratch:
        cost(Path(scratch), want.runs)
        rate(Path(scratch), want.cases, want.jobs)


if __name__ == "__main__":
    main()
