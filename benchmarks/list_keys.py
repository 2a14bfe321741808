"""From a key to the painted line in a list of 10,000 rows, and how long lists of other sizes take to open.

    python benchmarks/list_keys.py [--rows 10000] [--presses 40]

Runs the real widget in a headless terminal of 120x40. A key counts as painted once the compositor has drawn the
screen that it led to; what a terminal then needs is not in it.
"""

import argparse
import asyncio
import os
import statistics
import time
from pathlib import Path

os.environ.setdefault("TEXTUAL_FPS", "120")  # as `workbench.tui.launch` does, before Textual reads it

from textual import events
from textual.app import App, ComposeResult

from workbench.tui import app as app_module
from workbench.tui.app import WorkbenchApp
from workbench.tui.widgets.columns import Column
from workbench.tui.widgets.filtered_list import FilteredList
from workbench.tui.widgets.tones import Span
from workbench.tui.widgets.virtual_list import Row, VirtualList

COLUMNS = (Column("Skill", 0), Column("State", 19), Column("Version", 9), Column("Changed", 10))
TARGET_MS = 16.0
KEYS = ("j", "k", "ctrl+d", "ctrl+u", "G", "g")


def rows(count: int) -> list[Row]:
    """So many rows as a large library would have."""
    return [
        Row(f"skills/skill-{n}", (f"skill-{n}", Span("✓ approved", "good"), "1.2.0", Span("2026-11-21", "muted")))
        for n in range(count)
    ]


class ListApp(WorkbenchApp):
    """The workbench's own app, so that theme, guard and key handling are in the measurement."""

    CSS_PATH = Path(app_module.__file__).with_name("app.tcss")
    MODES = {}  # noqa: RUF012
    DEFAULT_MODE = "_default"

    def compose(self) -> ComposeResult:
        """Only the list."""
        yield FilteredList(COLUMNS, noun="skill")

    def offer_libraries(self) -> None:
        """The list is all there is."""


async def paint(app: App[int], key: str) -> float:
    """Milliseconds from handing a key to the screen until its consequences are drawn."""
    painted = asyncio.Event()
    original = app.screen._compositor_refresh

    def refreshed() -> None:
        original()
        painted.set()

    app.screen._compositor_refresh = refreshed  # type: ignore[method-assign]
    began = time.perf_counter()
    app.post_message(events.Key(key, key if len(key) == 1 else None))
    try:
        await asyncio.wait_for(painted.wait(), 1)
    finally:
        app.screen._compositor_refresh = original  # type: ignore[method-assign]
    return (time.perf_counter() - began) * 1000


async def measure(count: int, presses: int) -> None:
    """Print one table of keys and one line of opening times."""
    app = ListApp()
    async with app.run_test(size=(120, 40)) as pilot:
        listing = app.query_one(VirtualList)
        listing.focus()
        app.query_one(FilteredList).show(rows(count))
        await pilot.pause()
        await pilot.press("j")
        print(f"{count:,} rows, 120x40, {presses} presses each; target {TARGET_MS:.0f} ms")
        print(f"{'key':<8}{'median':>10}{'p95':>10}{'worst':>10}")
        for key in KEYS:
            other = {"j": "k", "k": "j", "G": "g", "g": "G"}.get(key)
            times = []
            for _ in range(presses):
                if key == "k" and listing.cursor == 0:
                    listing.action_last()
                    await pilot.pause()
                if other in ("g", "G"):
                    (listing.action_first if key == "G" else listing.action_last)()
                    await pilot.pause()
                if key == "ctrl+u" and listing.cursor < 40:
                    listing.action_last()
                    await pilot.pause()
                times.append(await paint(app, key))
            times.sort()
            p95 = times[int(len(times) * 0.95) - 1]
            print(f"{key:<8}{statistics.median(times):>8.1f}ms{p95:>8.1f}ms{times[-1]:>8.1f}ms")
        for words in ("7", "skill 42", "nothing at all"):
            began = time.perf_counter()
            listing.filter(words)
            print(f"filter {words!r:<18}{(time.perf_counter() - began) * 1000:>8.1f}ms  {len(listing.rows):,} rows")
        listing.filter("")
        for other_count in (100, 10_000, 100_000):
            made = rows(other_count)
            began = time.perf_counter()
            listing.show(made)
            await pilot.pause()
            print(f"show {other_count:>9,} rows {(time.perf_counter() - began) * 1000:>12.1f}ms")


def main() -> None:
    """Parse the arguments and measure."""
    ask = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    ask.add_argument("--rows", type=int, default=10_000)
    ask.add_argument("--presses", type=int, default=40)
    want = ask.parse_args()
    asyncio.run(measure(want.rows, want.presses))


if __name__ == "__main__":
    main()
