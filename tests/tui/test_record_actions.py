"""What was recorded, from the screen: searched, kept as a receipt, checked; a version tested, a folder proposed."""

import json
import os
from pathlib import Path
from typing import Any

import pytest

from tests.tui.test_version_actions import fill
from workbench.tui.screens.changeset import ChangeSetScreen
from workbench.tui.screens.form_dialog import FormDialog
from workbench.tui.screens.policy import PolicyScreen
from workbench.tui.screens.review_log import ReviewLogScreen
from workbench.tui.screens.skill import SkillScreen
from workbench.tui.screens.text_dialog import TextDialog
from workbench.tui.widgets.text_view import TextView
from workbench.tui.widgets.virtual_list import VirtualList
from workbench.workspace import Workspace

ID = "skills/echo"
CASE = "cases:\n  - {name: says it, run: [sh, scripts/say.sh], expect: {stdout: {contains: one}}}\n"


@pytest.fixture
def decided(skill_library: Any) -> Any:
    """The skill `echo`, its 1.0.0 released with a case that passes on it alone, and a dissent since."""
    desk = Workspace.open(skill_library.root)
    skill_library.write(
        f"{ID}/SKILL.md",
        "---\nname: echo\ndescription: Says it. Use it to say.\nmetadata: {version: '1.0.0'}\n---\nSay it.\n",
    )
    skill_library.write(f"{ID}/scripts/say.sh", "echo one\n")
    skill_library.write(f"{ID}/tests/say.yaml", CASE)
    skill_library.commit("Version 1.0.0")
    desk.reviews.decide(ID, "approve", "Read every line.")
    desk.versions.release(ID)
    skill_library.write(f"{ID}/scripts/say.sh", "echo two\n")
    skill_library.commit("Say two")
    desk.reviews.decide(ID, "request-changes", "It says two now.")
    return skill_library


async def dialog(page: Any, command: str, kind: type) -> Any:
    await page.app.run_command(command, page.screen)
    await page.until(lambda: isinstance(page.screen, kind), kind.__name__)
    return page.screen


async def told(page: Any) -> str:
    await page.until(lambda: isinstance(page.screen, TextDialog), "TextDialog")
    await page.until(lambda: page.screen.query(TextView))
    return str(page.screen.query_one(TextView).text)


async def test_every_verdict_is_listed_found_and_shown_in_full(opened: Any, decided: Any) -> None:
    async with opened() as page:
        screen = await dialog(page, "review.log", ReviewLogScreen)
        rows = screen.query_one(VirtualList)
        await page.until(lambda: rows.current is not None, "the records")
        await page.pilot.press("slash", *"request", "enter")
        await page.pilot.press("enter")
        said = await told(page)
        assert "It says two now." in said
        assert "records/skills/echo/" in said


async def test_a_receipt_is_shown_kept_and_checked(opened: Any, decided: Any, tmp_path: Path) -> None:
    kept = tmp_path / "receipt.json"
    async with opened(SkillScreen(ID)) as page:
        await dialog(page, "review.receipt", FormDialog)
        await fill(page, of="1.0.0", path=str(kept))
        assert "Read every line." in await told(page)
        receipt = json.loads(kept.read_text())
        assert receipt["version"] == "1.0.0"
        await page.pilot.press("escape")
        await dialog(page, "review.verify-receipt", FormDialog)
        await fill(page, path=str(kept))
        assert "the receipt holds" in await told(page)
        await page.pilot.press("escape")
        receipt["decisions"][0]["reason"] = "Did not read it."
        kept.write_text(json.dumps(receipt))
        await dialog(page, "review.verify-receipt", FormDialog)
        await fill(page, path=str(kept))
        assert "×" in await told(page)


async def test_a_receipt_takes_no_files_place(opened: Any, decided: Any, tmp_path: Path) -> None:
    there = tmp_path / "mine.json"
    there.write_text("mine")
    async with opened(SkillScreen(ID)) as page:
        await dialog(page, "review.receipt", FormDialog)
        await fill(page, of="1.0.0", path=str(there))
        await page.until(lambda: page.app.last_error is not None, "an error")
        assert there.read_text() == "mine"


async def test_an_old_version_is_tested_with_its_own_cases(opened: Any, decided: Any) -> None:
    async with opened(SkillScreen(ID)) as page:
        await dialog(page, "version.test", FormDialog)
        await fill(page, version="v1.0.0")
        said = await told(page)
        assert "passed  says it" in said
        assert "2 of 2 cases passed" in said


async def test_a_proposed_folder_is_opened_as_a_review(opened: Any, decided: Any, tmp_path: Path) -> None:
    folder = tmp_path / "sing"
    folder.mkdir()
    (folder / "SKILL.md").write_text("---\nname: sing\ndescription: Sings. Use when a song is wanted.\n---\nSing.\n")
    async with opened() as page:
        await dialog(page, "propose", FormDialog)
        await fill(page, folder=str(folder), reason="We sing a lot.")
        await page.until(lambda: isinstance(page.screen, ChangeSetScreen), "the review of the proposal")
        assert "workbench/propose/sing" in decided.git("branch", "--list", "workbench/propose/*")


async def test_the_policy_in_force_is_told_apart_from_the_file_here(opened: Any, decided: Any) -> None:
    decided.write(".workbench/policy.yaml", "schema: 1\nrequire: [{self_approval: false, checks: [tests]}]\n")
    decided.commit("Rules")
    decided.write(".workbench/policy.yaml", "schema: 1\nrequire: 5\n")
    async with opened() as page:
        screen = await dialog(page, "policy", PolicyScreen)
        text = screen.query_one(TextView)
        await page.until(lambda: "rule 1" in text.text, "the rules")
        assert "checks tests" in text.text
        assert ".workbench/policy.yaml" in text.text
        assert "can be used" not in text.text


async def test_a_policy_file_that_is_no_file_is_said_and_hangs_nothing(opened: Any, decided: Any) -> None:
    (decided.root / ".workbench").mkdir(exist_ok=True)
    os.mkfifo(decided.root / ".workbench/policy.yaml")
    async with opened() as page:
        screen = await dialog(page, "policy", PolicyScreen)
        text = screen.query_one(TextView)
        await page.until(lambda: "in force" in text.text, "the rules")
        assert "not a regular file" in text.text
