"""The queue on the screen: the order and the words of the command line, and the review one key away."""

import shutil
from datetime import UTC, datetime
from typing import Any

import pytest

from workbench.analytics.events import Event, record_all
from workbench.reviews.queue_text import facts
from workbench.tui.screens.changeset import ChangeSetScreen
from workbench.tui.screens.queue import QueueScreen
from workbench.tui.screens.review import ReviewScreen
from workbench.tui.widgets.filtered_list import FilteredList
from workbench.workspace import Workspace

NARROW, WIDE = (80, 24), (120, 40)


@pytest.fixture
def mixed(skill_library: Any) -> Any:
    """`echo` is approved and released; `old` was approved and changed; `runner` and `words` were never read."""
    for name in ("old", "words", "runner"):
        skill_library.skill(f"skills/{name}")
    skill_library.write("skills/runner/scripts/run.py", "import subprocess\nsubprocess.run(['ls'])\n")
    skill_library.commit()
    reviews = Workspace.open(skill_library.root).reviews
    for name in ("echo", "old"):
        reviews.decide(f"skills/{name}", "approve", "Read.")
    skill_library.git("tag", "-a", "-m", "one", "echo/v1.0.0")
    skill_library.skill("skills/old", body="Other words.\n")
    skill_library.commit()
    return skill_library


async def queued(page: Any, count: int) -> list[str]:
    await page.until(lambda: isinstance(page.screen, QueueScreen), "the queue")
    shown = page.screen.query_one(FilteredList).list
    await page.until(lambda: len(shown.rows) == count, f"{count} skills")
    return [row.id for row in shown.rows]


@pytest.mark.parametrize("size", [NARROW, WIDE])
async def test_the_queue_has_the_order_and_the_words_of_the_command_line(opened: Any, mixed: Any, size: Any) -> None:
    async with opened(size=size) as page:
        await page.press("9")
        shown = await queued(page, 4)
        waiting = page.workspace.reviews.queue()
        assert shown == [one.row.id for one in waiting]
        assert shown[0] == "skills/runner"
        assert shown[-1] == "skills/echo"
        for words in ("waits for you", "! high", "released", "waits for you: 2 · went stale: 1 · released: 1"):
            await page.shows(words)
        await page.shows(facts(waiting[0])[0])


async def test_what_waits_on_a_branch_opens_as_a_range(opened: Any, mixed: Any) -> None:
    mixed.git("switch", "-q", "-c", "topic")
    mixed.skill("skills/echo", body="Newer words.\n")
    mixed.commit()
    Workspace.open(mixed.root).reviews.decide("skills/echo", "request", "Please.")
    mixed.git("switch", "-q", "main")
    async with opened(size=WIDE) as page:
        await page.press("9")
        shown = await queued(page, 5)
        at = shown.index("skills/echo on topic")
        await page.press(*["down"] * at)
        await page.shows("on topic: workbench review open HEAD...topic")
        await page.press("enter")
        await page.until(lambda: isinstance(page.screen, ChangeSetScreen), "the range")


async def test_enter_opens_the_review_of_the_skill(opened: Any, mixed: Any) -> None:
    async with opened() as page:
        await page.press("9")
        await queued(page, 4)
        await page.press("enter")
        await page.until(lambda: isinstance(page.screen, ReviewScreen))
        assert page.screen.skill_id == "skills/runner"
        await page.press("escape")
        await queued(page, 4)


async def test_use_stands_beside_what_waits(opened: Any, mixed: Any) -> None:
    async with opened() as page:
        now = int(datetime.now(UTC).timestamp() * 1000)
        called = [
            Event(
                now, "call", "skills/runner", "run", "failed" if at < 3 else "ok", 5, library=page.workspace.library_id
            )
            for at in range(12)
        ]
        record_all(page.workspace.store, called)
        await page.press("9")
        await queued(page, 4)
        await page.shows("used 12 times in 30 days, 25% failed")


async def test_an_approval_moves_the_skill_down_when_the_library_is_read_again(opened: Any, mixed: Any) -> None:
    async with opened() as page:
        await page.press("9")
        await queued(page, 4)
        page.workspace.reviews.decide("skills/runner", "approve", "Read.")
        await page.press("r")
        await page.shows("waits for you: 1 · went stale: 1 · approved: 1")
        assert (await queued(page, 4))[-2:] == ["skills/runner", "skills/echo"]


async def test_the_filter_finds_by_group_and_reason(opened: Any, mixed: Any) -> None:
    async with opened() as page:
        await page.press("9")
        await queued(page, 4)
        await page.press("/")
        await page.type("waits high")
        assert await queued(page, 1) == ["skills/runner"]


async def test_nothing_to_do_is_said_and_an_empty_library_teaches(opened: Any, skill_library: Any) -> None:
    async with opened() as page:
        page.workspace.reviews.decide("skills/echo", "approve", "Read.")
        await page.press("9")
        await page.shows("Nothing waits: every skill is approved.")
        shutil.rmtree(skill_library.root / "skills")
        await page.press("r")
        await page.shows("nothing waits for anybody")


async def test_outside_git_it_says_why_there_is_no_queue(opened: Any, skill_library: Any) -> None:
    shutil.rmtree(skill_library.root / ".git")
    async with opened() as page:
        await page.press("9")
        await page.shows("a queue of reviews needs a git repository")
        await page.shows("git init")
        await page.press("d", "enter")
        assert isinstance(page.screen, QueueScreen)
