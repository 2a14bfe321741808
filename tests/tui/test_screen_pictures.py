"""Pictures of the screens of review, calls, tests, analytics and cost, at 80×24 and 120×40.

Nothing in them depends on the clock, on a duration, or on where the library lies.
"""

import json
from collections.abc import Awaitable, Callable
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from textual.pilot import Pilot
from textual.widgets import Input, TextArea

from workbench.analytics.events import Event, record_all
from workbench.reviews.anchoring import spot_of
from workbench.reviews.comments import Comment, Remarks
from workbench.reviews.composing import Target, Words
from workbench.reviews.verdicts import Opinion, decide
from workbench.testing.results import CaseResult, Mismatch
from workbench.tui.screens.call import CallScreen
from workbench.tui.screens.review import ReviewScreen
from workbench.tui.screens.tests import TestsScreen
from workbench.tui.widgets.diff_view import DiffView
from workbench.tui.widgets.virtual_list import VirtualList
from workbench.workspace import Workspace

NARROW, WIDE = (80, 24), (120, 40)
TODAY = date(2026, 11, 21)
AT = datetime(2026, 11, 21, 10, tzinfo=UTC)
CHANGED = """import json, sys
words = [word.strip() for word in sys.argv[1:]]
print(json.dumps({"words": words, "count": len(words), "note": "\u202etrust me\u202c"}))
sys.exit(0)
"""

Steps = Callable[[Pilot[int]], Awaitable[None]]


class FixedDate(date):
    @classmethod
    def today(cls) -> "FixedDate":
        return cls(TODAY.year, TODAY.month, TODAY.day)


@pytest.fixture(autouse=True)
def _the_same_day(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("workbench.tui.screens.analytics.date", FixedDate)
    monkeypatch.setattr("workbench.tui.screens.cost.date", FixedDate)


async def until(pilot: Pilot[int], holds: Callable[[], object]) -> None:
    for _ in range(1_000):
        if holds():
            await pilot.pause()
            return
        await pilot.pause(0.01)
    raise AssertionError("the screen never got there")


async def library_read(pilot: Pilot[int]) -> Any:
    app: Any = pilot.app
    await until(pilot, lambda: app.library is not None)
    return app


async def quiet(pilot: Pilot[int]) -> None:
    """Wait until nothing runs any more and no message is up."""
    app: Any = pilot.app
    await until(pilot, lambda: len(app.jobs) == 0)
    app.clear_notifications()
    await pilot.pause()


@pytest.fixture
def changed(skill_library: Any) -> None:
    """The skill was approved, and changed since in a way that hides something."""
    Workspace.open(skill_library.root).reviews.decide("skills/echo", "approve", "Read.")
    skill_library.write("skills/echo/scripts/echo.py", CHANGED)
    (skill_library.root / "skills/echo/scripts/echo.py").chmod(0o755)
    skill_library.write("skills/echo/notes.md", "Words are stripped now.\n")
    skill_library.commit("Strip the words")


def review(*keys: str) -> Steps:
    async def steps(pilot: Pilot[int]) -> None:
        app = await library_read(pilot)
        await app.push_screen(ReviewScreen("skills/echo"))
        await until(pilot, lambda: app.screen.query_one(DiffView).diff is not None)
        await quiet(pilot)
        await pilot.press(*keys)
        await quiet(pilot)

    return steps


@pytest.mark.usefixtures("changed")
def test_a_review_on_a_narrow_screen(snap_compare: Any, app_of: Any) -> None:
    assert snap_compare(app_of(), run_before=review("n", "n"), terminal_size=NARROW)


@pytest.mark.usefixtures("changed")
def test_a_review_on_a_wide_screen(snap_compare: Any, app_of: Any) -> None:
    assert snap_compare(app_of(), run_before=review("s", "N"), terminal_size=WIDE)


@pytest.mark.usefixtures("changed")
def test_the_dialog_of_a_verdict(snap_compare: Any, app_of: Any) -> None:
    assert snap_compare(app_of(), run_before=review("A"), terminal_size=NARROW)


@pytest.fixture
def discussed(changed: None, skill_library: Any) -> None:
    """Somebody commented on the change with a suggestion, and one draft waits."""
    workspace = Workspace.open(skill_library.root)
    row = workspace.row("skills/echo")
    assert workspace.repository is not None
    lines = CHANGED.splitlines()
    spot = spot_of(lines, 2, 2)
    assert spot is not None
    said = Comment("Why strip? Words that begin with a space are lost.", path="scripts/echo.py", line=2, end_line=2,
                   context=spot.context, suggestion="words = sys.argv[1:]\n")  # fmt: skip
    opinion = Opinion("request-changes", "", "tui")
    decide(workspace.repository, row.skill, row.standing, opinion, AT, Remarks((said,)))


def commented(pilot_keys: tuple[str, ...]) -> Steps:
    async def steps(pilot: Pilot[int]) -> None:
        app: Any = await library_read(pilot)
        desk = app.workspace.comments
        desk.keep(desk.compose("skills/echo", Target("notes.md", 1), Words("Say how.")))
        await review(*pilot_keys)(pilot)

    return steps


@pytest.mark.usefixtures("discussed")
def test_comments_on_a_narrow_screen(snap_compare: Any, app_of: Any) -> None:
    keys = ("right_curly_bracket", "right_curly_bracket")
    assert snap_compare(app_of(), run_before=commented(keys), terminal_size=NARROW)


@pytest.mark.usefixtures("discussed")
def test_comments_on_a_wide_screen(snap_compare: Any, app_of: Any) -> None:
    assert snap_compare(app_of(), run_before=commented(("N", "right_curly_bracket")), terminal_size=WIDE)


@pytest.mark.usefixtures("discussed")
def test_the_dialog_of_a_comment(snap_compare: Any, app_of: Any) -> None:
    keys = ("N", "n", "j", "j", "j", "j", "C", "ctrl+t", "tab", "tab")
    assert snap_compare(app_of(), run_before=commented(keys), terminal_size=NARROW)


def test_the_tools(snap_compare: Any, app_of: Any) -> None:
    async def steps(pilot: Pilot[int]) -> None:
        await library_read(pilot)
        await pilot.press("2")
        await until(pilot, lambda: pilot.app.screen.query_one(VirtualList).rows)
        await quiet(pilot)

    assert snap_compare(app_of(), run_before=steps, terminal_size=NARROW)


def form(words: str, times: str, *keys: str) -> Steps:
    async def steps(pilot: Pilot[int]) -> None:
        app = await library_read(pilot)
        await app.push_screen(CallScreen(app.workspace.tool("echo.echo")))
        await until(pilot, lambda: isinstance(app.screen, CallScreen) and app.screen.query(TextArea))
        app.screen.query(TextArea).first().text = words
        app.screen.query(Input).first().value = times
        await pilot.press(*keys)
        await quiet(pilot)

    return steps


def test_a_form_with_errors_beside_its_fields(snap_compare: Any, app_of: Any) -> None:
    assert snap_compare(app_of(), run_before=form("", "many", "ctrl+r"), terminal_size=NARROW)


def test_a_form_that_is_ready_to_run(snap_compare: Any, app_of: Any) -> None:
    assert snap_compare(app_of(), run_before=form("one\ntwo words", "3"), terminal_size=WIDE)


def test_the_cases(snap_compare: Any, app_of: Any) -> None:
    async def steps(pilot: Pilot[int]) -> None:
        app = await library_read(pilot)
        await pilot.press("3")
        await until(pilot, lambda: isinstance(app.screen, TestsScreen) and app.screen._cases.skills)
        await quiet(pilot)

    assert snap_compare(app_of(), run_before=steps, terminal_size=NARROW)


def test_a_case_that_failed(snap_compare: Any, app_of: Any) -> None:
    mismatch = Mismatch(
        "stdout", "equals", "a b", "a c", "stdout differs from line 1", "--- e\n+++ s\n@@ -1 +1 @@\n-a b\n+a c", 4
    )
    result = CaseResult(
        "skills/echo", "gives words back", "failed", 120, 0, (mismatch,), "a c\n", "", None, "bubblewrap",
        "skills/echo/tests/echo.yaml:2",
    )  # fmt: skip

    async def steps(pilot: Pilot[int]) -> None:
        app = await library_read(pilot)
        await pilot.press("3")
        await until(pilot, lambda: isinstance(app.screen, TestsScreen) and app.screen._cases.skills)
        app.screen.on_tests_screen_ended(TestsScreen.Ended(result))
        await until(pilot, lambda: not app.screen._is_stale)
        await pilot.press("j")
        await quiet(pilot)

    assert snap_compare(app_of(), run_before=steps, terminal_size=WIDE)


def moment(day: int, hour: int = 12) -> datetime:
    return datetime(2026, 11, day, hour, tzinfo=UTC)


@pytest.mark.parametrize("size", [NARROW, WIDE], ids=["80x24", "120x40"])
def test_the_analytics(snap_compare: Any, app_of: Any, size: tuple[int, int]) -> None:
    async def steps(pilot: Pilot[int]) -> None:
        app = await library_read(pilot)
        events = [
            Event(
                int(moment(day).timestamp() * 1000),
                "call",
                "skills/echo",
                "echo",
                "failed" if n == 4 else "ok",
                100 * n,
            )
            for day in range(1, 22)
            for n in range(day % 5 + 1)
        ]
        record_all(app.workspace.store, events)
        await pilot.press("4")
        await until(pilot, lambda: pilot.app.screen.query_one(VirtualList).rows)
        await quiet(pilot)

    assert snap_compare(app_of(), run_before=steps, terminal_size=size)


def test_the_costs(snap_compare: Any, app_of: Any) -> None:
    folder = Path.home() / ".claude/projects/-home-you-code"
    folder.mkdir(parents=True)
    lines = []
    for number in range(60):
        model = "a-model-nobody-knows" if number % 7 == 0 else "claude-sonnet-4-5-20250929"
        usage = {"input_tokens": 900 * number, "output_tokens": 400 * number, "cache_read_input_tokens": 90_000}
        lines.append(
            json.dumps(
                {
                    "type": "assistant",
                    "timestamp": f"{moment(number % 20 + 1):%Y-%m-%dT%H:%M:%S.000Z}",
                    "sessionId": f"session-{number % 3}",
                    "cwd": "/home/you/code",
                    "requestId": f"req_{number}",
                    "message": {"id": f"msg_{number}", "model": model, "usage": usage},
                }
            )
        )
    (folder / "log.jsonl").write_text("\n".join(lines) + "\n", encoding="utf-8")

    async def steps(pilot: Pilot[int]) -> None:
        await library_read(pilot)
        await pilot.press("5")
        await until(pilot, lambda: pilot.app.screen.query_one(VirtualList).rows)
        await quiet(pilot)

    assert snap_compare(app_of(), run_before=steps, terminal_size=WIDE)
