"""How long the command line takes, against a one-command click script in the same run.

    python benchmarks/command_line.py [--runs 15] [--skills 50]

Targets: `--version` at most 2 x the click script; `skills list` on 50 skills at most 0.25 s.
"""

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

CLICK = "import click\n@click.command()\n@click.version_option('1')\ndef main(): pass\nmain()\n"


def make_library(root: Path, skills: int) -> None:
    """A git library of `skills` skills, each with a script and two commits."""
    subprocess.run(["git", "init", "-q", "-b", "main", str(root)], check=True)
    for key, value in (("user.name", "Bench"), ("user.email", "bench@example.com")):
        subprocess.run(["git", "-C", str(root), "config", key, value], check=True)
    for round_ in range(2):
        for number in range(skills):
            folder = root / f"skills/skill-{number:04d}"
            (folder / "scripts").mkdir(parents=True, exist_ok=True)
            front = f"---\nname: skill-{number:04d}\ndescription: Does job {number}. Use for {number}.\n---\n"
            (folder / "SKILL.md").write_text(front + "Body.\n" * (20 + round_))
            (folder / "scripts/run.py").write_text(f"print({number})\n")
        subprocess.run(["git", "-C", str(root), "add", "-A"], check=True)
        subprocess.run(["git", "-C", str(root), "commit", "-qm", f"round {round_}"], check=True)


def seconds(command: list[str], env: dict[str, str]) -> float:
    """Wall time of one run."""
    began = time.perf_counter()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, env=env)
    return time.perf_counter() - began


def main() -> None:
    """Measure and print the table."""
    ask = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ask.add_argument("--runs", type=int, default=15)
    ask.add_argument("--skills", type=int, default=50)
    want = ask.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        library = Path(scratch, "library")
        make_library(library, want.skills)
        script = Path(scratch, "one.py")
        script.write_text(CLICK)
        env = {**os.environ, "WORKBENCH_DATA": f"{scratch}/data"}
        workbench = [sys.executable, "-m", "workbench"]
        commands = {
            "click script --version": [sys.executable, str(script), "--version"],
            "workbench --version": [*workbench, "--version"],
            f"skills list, {want.skills} skills": [*workbench, "--library", str(library), "skills", "list"],
            f"status, {want.skills} skills": [*workbench, "--library", str(library), "status"],
        }
        times: dict[str, list[float]] = {name: [] for name in commands}
        for round_ in range(want.runs + 1):
            for name, command in commands.items():
                took = seconds(command, env)
                if round_:
                    times[name].append(took)
    floor = statistics.median(times["click script --version"])
    print(f"{'command':<28} {'median ms':>10} {'min ms':>8} {'ratio':>7}")
    for name, took in times.items():
        middle = statistics.median(took)
        print(f"{name:<28} {middle * 1000:>10.0f} {min(took) * 1000:>8.0f} {middle / floor:>6.1f}x")


if __name__ == "__main__":
    main()
