"""How long the diff of a skill takes to open, against a bare screen: `python benchmarks/diff_open.py`.

A bare screen (one empty Static) is the floor that Textual itself costs here; what counts is what comes on top of it.
"""

import asyncio
import statistics
import time
from typing import Literal

from textual.app import App, ComposeResult
from textual.widgets import Static

from workbench.config import bundled
from workbench.reviews.diff import DiffLine, FileDiff, Hunk, SkillDiff
from workbench.tui import themes
from workbench.tui.widgets.diff_view import DiffView, Layout

THEME = themes.textual_theme(themes.read_theme(bundled("themes") / f"{themes.DEFAULT}.yaml"))
SIZES = (100, 1_000, 5_000, 20_000, 100_000)
ROUNDS = 7
HUNK_LINES = 40


def changed(lines: int) -> SkillDiff:
    """A diff with this many changed lines, half of them removed, in hunks of 40 and files of about 1,000."""
    hunks = []
    for start in range(1, lines + 1, HUNK_LINES):
        old = [_line("-", start + n) for n in range(HUNK_LINES // 2)]
        new = [_line("+", start + n) for n in range(HUNK_LINES // 2)]
        hunks.append(Hunk(start, len(old), start, len(new), "def main()", (*old, *new)))
    files = [
        FileDiff(f"scripts/file{n}.py", None, "modified", "100644", "100644", False, tuple(hunks[n : n + 25]))
        for n in range(0, len(hunks), 25)
    ]
    return SkillDiff("skills/big", "a" * 40, "approved", "b" * 40, tuple(files))


def _line(kind: Literal["+", "-"], number: int) -> DiffLine:
    verb = "read" if kind == "-" else "write"
    return DiffLine(kind, number, number, f"    row = {verb}(path, number={number})  # what line {number} does")


class _App(App[None]):
    def __init__(self, diff: SkillDiff | None, layout: Layout) -> None:
        super().__init__()
        self.diff, self.layout_name = diff, layout
        self.register_theme(THEME)
        self.theme = THEME.name

    def compose(self) -> ComposeResult:
        if self.diff is None:
            yield Static("")
        else:
            yield DiffView(self.diff, layout=self.layout_name)


async def _open(diff: SkillDiff | None, layout: Layout) -> tuple[float, float]:
    """Milliseconds until the first screen is drawn, and for one page down after it."""
    began = time.perf_counter()
    app = _App(diff, layout)
    async with app.run_test(size=(120, 40)) as pilot:
        await pilot.pause()
        opened = (time.perf_counter() - began) * 1000
        began = time.perf_counter()
        if diff is not None:
            app.query_one(DiffView).action_page_down()
        await pilot.pause()
        return opened, (time.perf_counter() - began) * 1000


def _median(diff: SkillDiff | None, layout: Layout) -> tuple[float, float]:
    runs = [asyncio.run(_open(diff, layout)) for _ in range(ROUNDS)]
    return statistics.median(run[0] for run in runs), statistics.median(run[1] for run in runs)


def main() -> None:
    """Measure and print the table."""
    _median(None, "unified")
    floor, page_floor = _median(None, "unified")
    print(f"bare screen: {floor:.0f} ms to open, {page_floor:.0f} ms to draw again; medians of {ROUNDS}, 120x40\n")
    print(f"{'changed lines':>13}  {'layout':<8}{'open':>9}{'above':>9}{'ratio':>8}{'page above':>12}")
    for size in SIZES:
        diff = changed(size)
        for layout in ("unified", "split"):
            opened, page = _median(diff, "unified" if layout == "unified" else "split")
            print(
                f"{size:>13,}  {layout:<8}{opened:>6.0f} ms{opened - floor:>6.0f} ms{opened / floor:>7.2f}x"
                f"{max(0.0, page - page_floor):>9.0f} ms"
            )


if __name__ == "__main__":
    main()
