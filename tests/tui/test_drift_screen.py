"""The screen of copies: how each stands, what differs, what the origins have new, and an update to read."""

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from workbench.tui.screens.compared import ComparedScreen
from workbench.tui.screens.drift import DriftScreen
from workbench.tui.widgets.diff_view import DiffView
from workbench.tui.widgets.filtered_list import FilteredList
from workbench.tui.widgets.skill_detail import SkillDetail
from workbench.workspace import Workspace

NARROW, WIDE = (80, 24), (120, 40)


@pytest.fixture
def copies(skill_library: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The skill `echo` is approved and installed, once as approved, once changed, once as a link to nothing."""
    project = tmp_path / "project"
    project.mkdir()
    monkeypatch.chdir(project)
    Workspace.open(skill_library.root).reviews.decide("skills/echo", "approve", "Read.")
    home = tmp_path / "home"
    for folder in (".claude/skills/echo", ".cursor/skills/echo"):
        shutil.copytree(skill_library.root / "skills/echo", home / folder)
    (home / ".cursor/skills/echo/scripts/echo.py").write_text("import os\nprint(os.environ)\n")
    (home / ".gemini/skills").mkdir(parents=True)
    (home / ".gemini/skills/echo").symlink_to("/nowhere/echo")
    return home


@pytest.fixture
def upstream(skill_library: Any, tmp_path: Path) -> Any:
    """Another repository that the skill came from, which has moved on."""
    made = type(skill_library)(tmp_path / "upstream")
    shutil.copytree(skill_library.root / "skills/echo", made.root / "echo")
    made.commit("Same")
    entry = {
        "source": f"file://{made.root}", "sourceType": "git", "skillPath": "echo/SKILL.md",
        "tree": made.git("rev-parse", "HEAD:echo"), "revision": made.git("rev-parse", "HEAD"),
    }  # fmt: skip
    skill_library.write("skills-lock.json", json.dumps({"version": 1, "skills": {"echo": entry}}))
    skill_library.commit("Lock")
    made.write("echo/new.md", "New there.\n")
    made.commit("New")
    return made


async def said(page: Any, words: str) -> None:
    """Wait until a message holds these words."""
    await page.until(lambda: any(words in one.message for one in page.app._notifications), words)


async def listed(page: Any) -> list[str]:
    await page.until(lambda: isinstance(page.screen, DriftScreen) and page.screen.query_one(FilteredList).list.current)
    return [row.id for row in page.screen.query_one(FilteredList).list.rows]


@pytest.mark.parametrize("size", [NARROW, WIDE])
async def test_the_copies_are_listed_the_most_urgent_first(opened: Any, copies: Path, size: Any) -> None:
    async with opened(size=size) as page:
        await page.press("6")
        paths = await listed(page)
        assert paths == [
            str(copies / ".gemini/skills/echo"), str(copies / ".cursor/skills/echo"),
            str(copies / ".claude/skills/echo"),
        ]  # fmt: skip
        for words in ("× dangling", "! changed", "✓ approved", "leads to nothing", "3 copies"):
            await page.shows(words)


async def test_a_changed_copy_opens_as_a_diff_against_what_was_approved(opened: Any, copies: Path) -> None:
    async with opened() as page:
        await page.press("6")
        await listed(page)
        await page.press("j", "enter")
        await page.until(lambda: isinstance(page.screen, ComparedScreen))
        await page.shows("approved ")
        await page.shows("print(os.environ)")
        assert [file.path for file in page.screen.query_one(DiffView).diff.files] == ["scripts/echo.py"]
        await page.press("escape", "j", "enter")
        await page.shows("The copy is the same.")
        await page.press("escape", "g", "enter")
        await said(page, "Nothing to compare: the link leads to nothing.")


async def test_the_origins_are_asked_and_an_update_opens_as_a_diff(
    opened: Any, copies: Path, upstream: Any, skill_library: Any
) -> None:
    before = skill_library.git("rev-parse", "HEAD"), skill_library.git("status", "--porcelain")
    async with opened() as page:
        await page.press("6")
        await listed(page)
        await page.press("u")
        await said(page, "1 update; U brings one in.")
        await page.shows("↓ update")
        await page.press("j", "U")
        await page.until(lambda: isinstance(page.screen, ComparedScreen))
        await page.shows("New there.")
        await page.shows("git merge workbench/update/skills/echo")
    assert skill_library.git("rev-parse", "--verify", "workbench/update/skills/echo")
    assert (skill_library.git("rev-parse", "HEAD"), skill_library.git("status", "--porcelain")) == before


async def test_an_origin_that_can_not_be_asked_is_said(opened: Any, copies: Path, upstream: Any) -> None:
    upstream.root.rename(f"{upstream.root}-gone")
    async with opened() as page:
        await page.press("6")
        await listed(page)
        await page.press("u")
        await said(page, "0 updates; 1 origin can't be asked.")
        await page.shows("! unreachable")
        await page.press("U")
        await said(page, "the repository can't be asked")


async def test_a_skill_without_a_copy_is_listed_once_its_origin_has_something(opened: Any, upstream: Any) -> None:
    async with opened() as page:
        await page.press("6")
        await page.shows("No copy of a skill is installed for any agent.")
        await page.press("u")
        await page.shows("– no copy")
        await page.press("U")
        await page.until(lambda: isinstance(page.screen, ComparedScreen))


async def test_a_skills_detail_says_where_its_copies_are(opened: Any, copies: Path) -> None:
    async with opened() as page:
        await page.press("enter")
        detail = page.screen.query_one(SkillDetail)
        await page.until(lambda: detail.row is not None)
        while detail.tab != "Copies":
            await page.press("]")
        await page.shows(".claude/skills/echo")
        await page.shows("✓ approved")
        await page.shows("! changed")


@pytest.mark.parametrize("size", [NARROW, WIDE], ids=["narrow", "wide"])
def test_a_picture_of_the_copies(snap_compare: Any, app_of: Any, copies: Path, size: tuple[int, int]) -> None:
    async def steps(pilot: Any) -> None:
        await pilot.press("6")
        for _ in range(3_000):
            if isinstance(pilot.app.screen, DriftScreen) and pilot.app.screen.query_one(FilteredList).list.current:
                break
            await pilot.pause(0.01)
        while len(pilot.app.jobs):
            await pilot.pause(0.01)
        pilot.app.clear_notifications()
        await pilot.pause()

    assert snap_compare(app_of(), run_before=steps, terminal_size=size)
