"""What the sandbox adds to a program's own time: the same programs with and without it, in turn, in one run.

    python benchmarks/sandbox.py [--runs 20]

Target: at most 15 ms above the program itself.
"""

import argparse
import statistics
import subprocess
import tempfile
import time
from pathlib import Path

from workbench.sandbox.model import Program
from workbench.sandbox.probe import probe
from workbench.sandbox.python import interpreter
from workbench.sandbox.run import run


def timed(action: object) -> float:
    """Milliseconds that one call takes."""
    began = time.perf_counter()
    assert callable(action)
    action()
    return (time.perf_counter() - began) * 1000


def main() -> None:
    """Measure and print the table."""
    ask = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ask.add_argument("--runs", type=int, default=20)
    want = ask.parse_args()
    print(f"sandbox: {probe()}")
    print(f"{'program':<12} {'plain ms':>9} {'sandboxed ms':>13} {'added ms':>9}")
    with tempfile.TemporaryDirectory() as scratch:
        skill = Path(scratch)
        (skill / "SKILL.md").write_text("x")
        (skill / "scripts").mkdir()
        programs = {"true": ("true",), "python -c": ("python", "-c", "print(1)")}
        for name, argv in programs.items():
            plain_argv = [str(interpreter()), "-I", *argv[1:]] if argv[0] == "python" else list(argv)
            program = Program(argv, folder=skill)
            plain, confined = [], []
            for round_ in range(want.runs + 1):
                one = timed(lambda argv=plain_argv: subprocess.run(argv, capture_output=True, check=True))
                two = timed(lambda program=program: run(program))
                if round_:
                    plain.append(one)
                    confined.append(two)
            a, b = statistics.median(plain), statistics.median(confined)
            print(f"{name:<12} {a:>9.1f} {b:>13.1f} {b - a:>9.1f}")


if __name__ == "__main__":
    main()
