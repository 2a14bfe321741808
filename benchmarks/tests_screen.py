"""How long a key takes to reach the screen while hundreds of test cases run.

    python benchmarks/tests_screen.py [--cases 500] [--keys 60]

Target: under 50 ms from the key to the drawn screen. Measured in a headless terminal on the real screen, from the key
to the point where the app has nothing left to do for it.
"""

import argparse
import asyncio
import os
import statistics
import subprocess
import tempfile
import time
from pathlib import Path

from workbench.config import Settings
from workbench.storage import Store
from workbench.tui.app import WorkbenchApp
from workbench.tui.screens.tests import TestsScreen
from workbench.tui.widgets.virtual_list import VirtualList
from workbench.workspace import Workspace


def made(root: Path, cases: int) -> Workspace:
    """A library with one skill of many trivial cases."""
    folder = root / "library/skills/bench"
    (folder / "tests").mkdir(parents=True)
    (folder / "SKILL.md").write_text("---\nname: bench\ndescription: Measures.\n---\n")
    lines = "".join(f"  - {{name: case {number}, run: ['true']}}\n" for number in range(cases))
    (folder / "tests/bench.yaml").write_text(f"cases:\n{lines}")
    subprocess.run(["git", "init", "-q", str(root / "library")], check=True)
    return Workspace.open(root / "library", settings=Settings(), store=Store(None))


async def measure(workspace: Workspace, keys: int) -> tuple[list[float], list[float], int]:
    """Milliseconds from key to screen before and while cases run, and how many had ended at the last key."""
    app = WorkbenchApp(workspace)
    async with app.run_test(size=(120, 40)) as pilot:
        await app.switch_mode("tests")
        screen = app.screen
        assert isinstance(screen, TestsScreen)
        while not screen._cases.skills:
            await pilot.pause(0.05)
        idle = await press_keys(screen, keys)
        screen.run_cases("skills/bench")
        running = await press_keys(screen, keys, running=True)
        ended = len(screen._results)
        await pilot.press("escape")
        while screen._job is not None:
            await pilot.pause(0.05)
    return idle, running, ended


async def press_keys(screen: TestsScreen, keys: int, *, running: bool = False) -> list[float]:
    """Milliseconds that each step down takes until it is drawn; `running` stops where the cases end."""
    times = []
    rows = screen.query_one(VirtualList)
    for _ in range(keys):
        if running and screen._job is None:
            break
        await asyncio.sleep(0.05)
        drawn, before = asyncio.Event(), time.perf_counter()
        rows.action_cursor_down()
        rows.call_after_refresh(drawn.set)
        await drawn.wait()
        times.append((time.perf_counter() - before) * 1000)
    return sorted(times)


def main() -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cases", type=int, default=500)
    parser.add_argument("--keys", type=int, default=60)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        os.environ.update(HOME=folder, WORKBENCH_DATA=f"{folder}/data", WORKBENCH_CONFIG=f"{folder}/config")
        idle, running, ended = asyncio.run(measure(made(Path(folder), asked.cases), asked.keys))
    for name, times in (("nothing runs", idle), (f"{asked.cases} cases run ({ended} ended)", running)):
        late = times[int(len(times) * 0.95)]
        print(f"key to screen while {name}: median {statistics.median(times):.1f} ms, 95 % {late:.1f} ms")


if __name__ == "__main__":
    main()
