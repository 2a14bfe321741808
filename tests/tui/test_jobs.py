"""Work in threads: its result arrives, its failure is a message, and it can be stopped."""

import threading
from typing import Any

from workbench.errors import ConflictError, WorkbenchError
from workbench.tui.jobs import Job, run_job


def messages(page: Any) -> list[str]:
    return [one.message for one in page.app._notifications]


async def test_a_result_arrives_on_the_screens_own_thread(opened: Any) -> None:
    async with opened(size=(80, 24)) as page:
        got: list[tuple[int, bool]] = []
        here = threading.get_ident()
        run_job(
            page.screen,
            "Counting",
            lambda _: threading.get_ident(),
            lambda there: got.append((there, threading.get_ident() == here)),
        )
        await page.until(lambda: got, "the result")
        [(there, on_screen_thread)] = got
        assert there != here
        assert on_screen_thread


async def test_a_failure_is_one_line_with_its_details_a_key_away(opened: Any) -> None:
    def fail(_: Job) -> None:
        raise ConflictError("the tree [/nope] changed", where="skills/\x1becho", remedy="read it again")

    async with opened(size=(80, 24)) as page:
        run_job(page.screen, "Failing", fail, lambda _: None)
        await page.until(lambda: "the tree [/nope] changed\n! details" in messages(page), "the message")
        await page.press("!")
        await page.shows("What went wrong")
        assert "skills/␛echo" in page.text
        assert "read it again" in page.text


async def test_a_defect_in_a_job_is_a_message_and_not_the_end(opened: Any) -> None:
    async with opened(size=(80, 24)) as page:
        run_job(page.screen, "Dividing", lambda _: 1 // 0, lambda _: None)
        await page.until(lambda: any("a defect in the workbench" in said for said in messages(page)), "the message")
        await page.press("!")
        await page.shows("ZeroDivisionError")
        await page.press("escape", "j")
        assert not page.app._exit


async def test_whoever_asks_to_hear_of_a_failure_hears_of_it(opened: Any) -> None:
    heard: list[WorkbenchError] = []

    def fail(_: Job) -> None:
        raise ConflictError("no")

    async with opened(size=(80, 24)) as page:
        run_job(page.screen, "Failing", fail, lambda _: None, failed=heard.append)
        await page.until(lambda: heard, "the failure")
        assert page.app.last_error is None


async def test_escape_stops_what_can_be_stopped_and_its_result_still_arrives(opened: Any) -> None:
    got: list[str] = []

    def work(job: Job) -> str:
        job.say("3 of 12")
        return "stopped" if job.cancel.wait(20) else "never stopped"

    async with opened(size=(80, 24)) as page:
        run_job(page.screen, "Running tests", work, got.append, cancellable=True)
        await page.shows("Running tests")
        assert "3 of 12" in page.text
        assert "Esc cancels" in page.text
        await page.press("escape")
        await page.until(lambda: got == ["stopped"], "the result")
        await page.shows("? Help")


async def test_quick_work_shows_no_progress(opened: Any) -> None:
    async with opened(size=(80, 24)) as page:
        job = run_job(page.screen, "Quick", lambda _: None, lambda _: None)
        assert page.app.jobs.shown_on(page.screen) is None
        await page.until(lambda: len(page.app.jobs) == 0, "it is over")
        assert job.progress == ""


async def test_a_later_job_of_its_group_replaces_one(opened: Any) -> None:
    got: list[str] = []
    release = threading.Event()

    def slow(_: Job) -> str:
        release.wait(20)
        return "old"

    async with opened(size=(80, 24)) as page:
        old = run_job(page.screen, "Old", slow, got.append, group="detail")
        run_job(page.screen, "New", lambda _: "new", got.append, group="detail")
        await page.until(lambda: got == ["new"], "the new result")
        assert old.cancel.is_set()
        release.set()
        await page.app.workers.wait_for_complete()
        await page.pilot.pause()
        assert got == ["new"]


async def test_a_result_for_a_screen_that_was_left_is_dropped(opened: Any) -> None:
    got: list[str] = []
    release = threading.Event()

    def slow(_: Job) -> str:
        release.wait(20)
        return "late"

    async with opened(size=(80, 24)) as page:
        await page.press("@")
        run_job(page.screen, "Slow", slow, got.append)
        await page.press("escape")
        release.set()
        await page.app.workers.wait_for_complete()
        await page.pilot.pause()
        assert got == []
