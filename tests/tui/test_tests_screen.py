"""Tests run from the screen, live and stoppable, and a failure shows what was expected and what came."""

from typing import Any

import pytest
from rich.segment import Segment
from textual.widgets import Button

from workbench.sandbox.model import Level
from workbench.tui.screens.compared_cases import ComparedCasesScreen
from workbench.tui.screens.file import FileScreen
from workbench.tui.screens.tests import TestsScreen, run_tests_of
from workbench.tui.screens.unsandboxed import UnsandboxedDialog
from workbench.tui.screens.update_snapshot import UpdateSnapshotDialog
from workbench.tui.widgets.output_view import OutputView
from workbench.tui.widgets.virtual_list import VirtualList

FAILING = """
  - name: expects something else
    run: [python, scripts/echo.py, a]
    expect: {exit: 0, stdout: {json: {words: [b], count: 1}}}
"""
ASIDE = """
  - name: is known to fail
    run: ["false"]
    xfail: issue 8
  - name: is not for now
    run: ["true"]
    skip: waits for issue 7
"""
SLOW = """cases:
  - name: sleeps
    run: [python, -c, "import time; time.sleep(60)"]
    timeout: 90s
"""


def outcomes(page: Any) -> dict[str, str]:
    return {name: outcome.word for (_, name), outcome in page.app.screen._outcomes.items()}


async def ready(page: Any) -> VirtualList:
    await page.until(lambda: page.screen._cases.skills, "the cases are read")
    return page.screen.query_one(VirtualList)


def add_case(library: Any, case: str) -> None:
    file = library.root / "skills/echo/tests/echo.yaml"
    file.write_text(file.read_text() + case)


async def test_a_skills_cases_run_with_one_key_and_show_their_outcome(opened: Any) -> None:
    async with opened(mode="tests") as page:
        await ready(page)
        assert "not run" in page.text
        await page.press("t")
        await page.until(lambda: outcomes(page) == {"gives words back": "passed"}, "it passed")
        await page.shows("✓ 1 passed")


async def test_the_last_outcome_is_known_the_next_time_until_the_skill_changes(opened: Any, skill_library: Any) -> None:
    async with opened(mode="tests") as page:
        await ready(page)
        page.workspace.test(["skills/echo"])
        page.app.refresh_library()
        await page.until(lambda: outcomes(page) == {"gives words back": "passed"}, "the stored outcome")
        skill_library.skill("skills/echo", body="Changed.\n")
        page.app.refresh_library()
        await page.until(lambda: outcomes(page) == {}, "nothing is known of the new bytes")


async def test_a_failure_shows_what_was_expected_and_what_came(opened: Any, skill_library: Any) -> None:
    add_case(skill_library, FAILING)
    async with opened(mode="tests") as page:
        rows = await ready(page)
        rows.move_to("skills/echo\0expects something else")
        await page.press("t")
        await page.until(lambda: outcomes(page).get("expects something else") == "failed", "it failed")
        assert "gives words back" not in outcomes(page)
        text = "\n".join(page.screen.query_one(OutputView).lines)
        assert any(line.startswith("-") and '"b"' in line for line in text.split("\n"))
        assert any(line.startswith("+") and '"a"' in line for line in text.split("\n"))
        assert "skills/echo/tests/echo.yaml:" in text
        await page.shows("× failed")


async def test_the_words_that_differ_are_marked(opened: Any, skill_library: Any) -> None:
    add_case(skill_library, FAILING.replace("[b], count: 1", "[a], count: 7"))
    async with opened(mode="tests") as page:
        rows = await ready(page)
        rows.move_to("skills/echo\0expects something else")
        await page.press("t")
        await page.until(lambda: outcomes(page).get("expects something else") == "failed", "it failed")
        view = page.screen.query_one(OutputView)
        number = next(at for at, line in enumerate(view.lines) if line.startswith("-") and "7" in line)
        segments: list[Segment] = view._coloured(number)
        assert [one.text for one in segments if one.style and one.style.underline] == ["7"]
        assert "".join(one.text for one in segments) == view.lines[number]


async def test_enter_leads_to_the_reason_and_then_to_its_line(opened: Any, skill_library: Any) -> None:
    add_case(skill_library, FAILING)
    async with opened(mode="tests") as page:
        rows = await ready(page)
        rows.move_to("skills/echo\0gives words back")
        await page.press("enter")
        assert isinstance(page.screen, FileScreen)
        assert (page.screen._path, page.screen._line) == ("tests/echo.yaml", 2)
        await page.press("escape")
        rows.move_to("skills/echo\0expects something else")
        await page.press("t")
        await page.until(lambda: outcomes(page).get("expects something else") == "failed", "it failed")
        await page.press("enter")
        assert page.screen.query_one(OutputView).has_focus
        await page.press("enter")
        assert isinstance(page.screen, FileScreen)
        assert page.screen._line == 8


async def test_what_ran_here_is_forgotten_once_the_skill_changes(opened: Any, skill_library: Any) -> None:
    async with opened(mode="tests") as page:
        await ready(page)
        await page.press("t")
        await page.until(lambda: outcomes(page) == {"gives words back": "passed"}, "it passed")
        await page.until(lambda: page.screen._job is None, "the run is over")
        skill_library.skill("skills/echo", body="Changed.\n")
        page.app.refresh_library()
        await page.until(lambda: outcomes(page) == {}, "nothing is known of the new bytes")


async def test_only_what_failed_runs_again(opened: Any, skill_library: Any) -> None:
    add_case(skill_library, FAILING)
    async with opened(mode="tests") as page:
        await ready(page)
        await page.press("t")
        await page.until(lambda: len(outcomes(page)) == 2 and page.screen._job is None, "both ran")
        file = skill_library.root / "skills/echo/tests/echo.yaml"
        file.write_text(file.read_text().replace("words: [b]", "words: [a]"))
        await page.press("T")
        await page.until(lambda: outcomes(page).get("expects something else") == "passed", "it passes now")
        ran = [event.tool for event in page.workspace.analytics.recent_events() if event.kind == "test"]
        assert ran.count("expects something else") == 2
        assert ran.count("gives words back") == 1


async def test_a_snapshot_is_written_after_its_difference_was_shown_and_a_yes(opened: Any, skill_library: Any) -> None:
    case = "  - name: keeps\n    run: [echo, new]\n    expect: {stdout: {snapshot: keeps.txt}}\n"
    add_case(skill_library, case)
    skill_library.write("skills/echo/tests/keeps.txt", "old\n")
    stored = skill_library.root / "skills/echo/tests/keeps.txt"
    async with opened(mode="tests") as page:
        rows = await ready(page)
        rows.move_to("skills/echo\0keeps")
        await page.press("S")
        assert isinstance(page.screen, TestsScreen)
        await page.press("t")
        await page.until(lambda: outcomes(page).get("keeps") == "failed" and page.screen._job is None, "it failed")
        await page.press("S")
        await page.until(lambda: isinstance(page.screen, UpdateSnapshotDialog), "the difference")
        assert {"-old", "+new"} <= set(page.screen.query_one(OutputView).lines)
        await page.press("escape")
        assert stored.read_text() == "old\n"
        await page.press("S")
        await page.until(lambda: isinstance(page.screen, UpdateSnapshotDialog), "the difference")
        page.screen.query_one("#confirm", Button).press()
        await page.until(lambda: isinstance(page.screen, TestsScreen), "back on the list")
        await page.until(lambda: outcomes(page).get("keeps") == "passed", "it runs again and passes")
        assert stored.read_text() == "new\n"


async def test_the_approved_version_is_compared_with_what_is_there(opened: Any, skill_library: Any) -> None:
    async with opened(mode="tests") as page:
        await ready(page)
        await page.press("v")
        await page.until(lambda: isinstance(page.screen, ComparedCasesScreen), "the screen")
        await page.until(
            lambda: "approved by the rules" in page.said("#compared-head"), "there is nothing to compare with"
        )
        await page.press("escape")
        page.workspace.reviews.decide("skills/echo", "approve", reason="read")
        script = skill_library.root / "skills/echo/scripts/echo.py"
        script.write_text(script.read_text().replace("len(words)", "0"))
        await page.press("v")
        await page.until(lambda: isinstance(page.screen, ComparedCasesScreen), "the screen")
        await page.until(lambda: "1 case got worse" in page.said("#compared-head"), "the answer")
        await page.shows("× broken")
        await page.until(lambda: "other JSON" in page.said("#compared-why"), "the reason")


async def test_skipped_and_expected_failures_have_a_sign_and_a_reason(opened: Any, skill_library: Any) -> None:
    add_case(skill_library, ASIDE)
    async with opened(mode="tests") as page:
        rows = await ready(page)
        await page.press("t")
        await page.until(lambda: outcomes(page).get("is known to fail") == "xfail", "it failed as expected")
        assert outcomes(page)["is not for now"] == "skipped"
        await page.shows("~ xfail")
        await page.shows("○ skipped")
        await page.shows("2 skipped or failing as expected")
        rows.move_to("skills/echo\0is not for now")
        detail = page.screen.query_one(OutputView)
        await page.until(lambda: "waits for issue 7" in "\n".join(detail.lines), "the reason")


async def test_a_stored_expected_failure_is_known_the_next_time(opened: Any, skill_library: Any) -> None:
    add_case(skill_library, ASIDE)
    async with opened(mode="tests") as page:
        await ready(page)
        page.workspace.test(["skills/echo"])
        page.app.refresh_library()
        await page.until(lambda: outcomes(page).get("is known to fail") == "xfail", "the stored outcome")
        assert outcomes(page)["is not for now"] == "skipped"


async def test_a_run_can_be_stopped_with_escape(opened: Any, skill_library: Any) -> None:
    skill_library.write("skills/echo/tests/echo.yaml", SLOW)
    async with opened(mode="tests") as page:
        await ready(page)
        await page.press("t")
        await page.until(lambda: outcomes(page).get("sleeps") == "running", "it runs")
        await page.press("escape")
        await page.until(lambda: page.screen._job is None, "it stopped")
        assert outcomes(page)["sleeps"] != "passed"


async def test_the_key_on_a_skill_leads_here_and_runs_its_cases(opened: Any) -> None:
    async with opened() as page:
        await run_tests_of(page.app, "skills/echo")
        assert isinstance(page.screen, TestsScreen)
        await page.until(lambda: outcomes(page).get("gives words back") == "passed", "it passed")


async def test_a_case_file_with_an_error_is_shown_with_its_place(opened: Any, skill_library: Any) -> None:
    add_case(skill_library, "  - name: broken\n    tool: nothing-like-it\n    expekt: {}\n")
    async with opened(mode="tests", size=(80, 24)) as page:
        await ready(page)
        await page.shows("problem")
        assert "tests/echo.yaml" in "\n".join(page.screen.query_one(OutputView).lines)


async def test_hostile_case_names_and_output_act_on_nothing(opened: Any, skill_library: Any) -> None:
    skill_library.write(
        "skills/echo/tests/echo.yaml",
        'cases:\n  - name: "\\e[2J[/nope]"\n    run: [python, -c, "print(chr(27) + \'[2J[/nope]\')"]\n'
        '    expect: {stdout: {equals: "x"}}\n',
    )
    async with opened(mode="tests") as page:
        rows = await ready(page)
        await page.press("j", "t")
        await page.until(lambda: "failed" in outcomes(page).values(), "it failed")
        assert rows.current is not None
        assert "␛[2J[/nope]" in page.text
        assert "\x1b" not in page.text


async def test_without_a_sandbox_one_skill_is_asked_about(opened: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    gone = Level("none", works=False, reason="there is no bubblewrap here", remedy="install it")
    monkeypatch.setattr("workbench.sandbox.run.probe", lambda: gone)
    async with opened(mode="tests") as page:
        await ready(page)
        await page.press("t")
        await page.until(lambda: isinstance(page.screen, UnsandboxedDialog), "the question")
        await page.press("tab", "enter")
        await page.until(lambda: isinstance(page.screen, TestsScreen), "the list")
        await page.until(lambda: outcomes(page).get("gives words back") == "passed", "it passed")


async def test_a_library_without_cases_says_what_would_bring_one(opened: Any, skill_library: Any) -> None:
    (skill_library.root / "skills/echo/tests/echo.yaml").unlink()
    async with opened(mode="tests") as page:
        await page.shows("No skill of this library brings a test case.")
