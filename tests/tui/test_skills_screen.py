"""The first screen: every skill with its state, and beside it, or on a screen of its own, the skill in full."""

import os
from pathlib import Path
from typing import Any

import pytest

from workbench.config import Settings
from workbench.tui.app import WorkbenchApp
from workbench.tui.screens.file import FileScreen
from workbench.tui.screens.skill import SkillScreen
from workbench.tui.screens.start import StartScreen
from workbench.tui.widgets.skill_detail import TABS, SkillDetail
from workbench.tui.widgets.text_view import TextView
from workbench.tui.widgets.virtual_list import VirtualList
from workbench.workspace import Workspace

NARROW, WIDE = (80, 24), (120, 40)


def cells(page: Any, row: int) -> list[str]:
    found = page.screen.query_one("#skill-rows", VirtualList).rows[row].cells
    return [cell if isinstance(cell, str) else cell.text for cell in found]


async def text_shows(page: Any, words: str) -> None:
    await page.until(lambda: words in page.screen.query_one("#skill-text", TextView).text, words)


async def test_a_state_is_a_sign_and_a_word(opened: Any, skill_library: Any) -> None:
    skill_library.skill("skills/changed")
    skill_library.skill("skills/wanted")
    skill_library.write("skills/broken/SKILL.md", "no frontmatter\n")
    skill_library.commit()
    workspace = Workspace.open(skill_library.root)
    workspace.reviews.decide("skills/echo", "approve", "Read all of it.")
    workspace.reviews.decide("skills/changed", "approve", "Read all of it.")
    workspace.reviews.decide("skills/wanted", "request-changes", "Say what it reads.")
    skill_library.skill("skills/changed", "Other words.\n")
    skill_library.commit()
    async with opened(size=NARROW) as page:
        states = {cells(page, n)[0]: cells(page, n)[1] for n in range(4)}
    assert states["broken"] == "× invalid"
    assert states["changed"] == "~ stale"
    assert states["echo"] in ("✓ approved", "✓ self-approved")
    assert states["wanted"].endswith("changes requested")


async def test_no_text_is_typed_into_at_the_start(opened: Any) -> None:
    async with opened(size=NARROW) as page:
        assert page.screen.focused.id == "skill-rows"


async def test_narrow_shows_one_thing_at_a_time(opened: Any) -> None:
    async with opened(size=NARROW) as page:
        assert not page.screen.query(SkillDetail)
        await page.press("enter")
        assert isinstance(page.screen, SkillScreen)
        await text_shows(page, "Do it well.")
        await page.press("escape")
        assert not isinstance(page.screen, SkillScreen)


async def test_wide_shows_the_skill_under_the_cursor_beside_the_list(opened: Any, skill_library: Any) -> None:
    skill_library.skill("skills/zeta", "Words of zeta.\n")
    skill_library.commit()
    async with opened(size=WIDE) as page:
        await page.until(lambda: page.screen.query("#skill-text"), "the detail")
        await text_shows(page, "Do it well.")
        await page.press("j")
        await text_shows(page, "Words of zeta.")
        await page.press("enter")
        assert page.screen.query_one(SkillDetail).has_focus_within
        await page.press("escape")
        assert page.screen.focused.id == "skill-rows"


async def test_the_detail_comes_and_goes_with_the_width(opened: Any) -> None:
    async with opened(size=NARROW) as page:
        await page.pilot.resize_terminal(*WIDE)
        await page.until(lambda: page.screen.query(SkillDetail), "the detail")
        await page.pilot.resize_terminal(*NARROW)
        await page.until(lambda: not page.screen.query(SkillDetail), "no detail")


async def test_a_terminal_that_is_too_small_says_so_and_recovers(opened: Any) -> None:
    async with opened(size=NARROW) as page:
        await page.pilot.resize_terminal(50, 12)
        await page.shows("needs 60 columns and 15 rows")
        await page.pilot.resize_terminal(*NARROW)
        await page.shows("1 Skills")


async def test_every_tab_says_what_it_has(opened: Any, skill_library: Any) -> None:
    (skill_library.root / "skills/echo/scripts/echo.py").chmod(0o755)
    skill_library.commit()
    Workspace.open(skill_library.root).reviews.decide("skills/echo", "approve", "Read all of it.")
    expected = {
        "Says": "Do it well.",
        "Source": "description: Does echo.",
        "Can do": "starts programs",
        "Files": "echo.py",
        "Tests": "gives words back",
        "Versions": "Add echo",
        "Reviews": "claim: commit author",
        "Copies": "No agent on this machine reads a copy of this skill.",
    }
    async with opened(size=WIDE) as page:
        await page.until(lambda: page.screen.query("#skill-text"), "the detail")
        for tab in TABS:
            await page.shows(expected[tab])
            if tab == "Files":
                assert "executable" in page.text
            if tab == "Versions":
                assert "✓ approved · now" in page.text
            if tab == "Reviews":
                assert "self-approved" in page.text
                assert "Read all of it." in page.text
            await page.press("]")


async def test_a_link_out_of_the_skill_is_marked_and_keeps_it_from_being_approved(
    opened: Any, skill_library: Any
) -> None:
    Workspace.open(skill_library.root).reviews.decide("skills/echo", "approve", "Read all of it.")
    (skill_library.root / "skills/echo/outside").symlink_to("/etc/passwd")
    skill_library.commit()
    async with opened(size=WIDE) as page:
        await page.until(lambda: page.screen.query("#skill-text"), "the detail")
        for _ in range(TABS.index("Files")):
            await page.press("]")
        await page.shows("! link out of the skill")
        assert cells(page, 0)[1] == "~ stale"


async def test_a_problem_is_marked_on_its_line_with_its_severity(opened: Any, skill_library: Any) -> None:
    skill_library.write("skills/echo/SKILL.md", "---\nname: Echo\ndescription: Gives back.\n---\nSee [x](nowhere.md)\n")
    skill_library.commit()
    async with opened(size=WIDE) as page:
        await page.until(lambda: page.screen.query("#skill-text"), "the detail")
        await text_shows(page, "× error:")
        await page.press("]")
        await text_shows(page, "description: Gives back.")
        lines = page.screen.query_one("#skill-text", TextView).text.splitlines()
        assert lines[1] == "name: Echo"
        assert lines[2].startswith("× error: ")


async def test_a_file_opens_from_its_row(opened: Any) -> None:
    async with opened(size=NARROW) as page:
        await page.press("enter", "]", "]", "]")
        await page.shows("scripts/echo.py")
        await page.press("j", "enter")
        await page.until(lambda: isinstance(page.screen, FileScreen), "the file")
        await page.shows("import json, sys")
        await page.press("escape")
        assert isinstance(page.screen, SkillScreen)


async def test_refreshing_shows_what_is_new_and_keeps_the_cursor(opened: Any, skill_library: Any) -> None:
    skill_library.skill("skills/zeta")
    async with opened(size=NARROW) as page:
        await page.press("j")
        skill_library.skill("skills/alpha")
        await page.press("r")
        await page.until(lambda: len(page.app.library.rows) == 3, "three skills")
        assert page.screen.query_one("#skill-rows", VirtualList).current.id == "skills/zeta"


async def test_a_skill_that_vanishes_closes_its_screen(opened: Any, skill_library: Any) -> None:
    skill_library.skill("skills/zeta")
    async with opened(size=NARROW) as page:
        await page.press("j", "enter")
        (skill_library.root / "skills/zeta/SKILL.md").unlink()
        await page.press("r")
        await page.until(lambda: not isinstance(page.screen, SkillScreen), "the list")


async def test_a_place_that_was_not_searched_is_listed_with_its_reason(opened: Any, skill_library: Any) -> None:
    skill_library.write("node_modules/x/SKILL.md", "---\nname: x\n---\n")
    async with opened(size=WIDE) as page:
        await page.shows("1 place not searched")
        await page.press("G")
        await page.shows("Not read as a skill")


async def test_outside_git_it_says_what_is_missing(opened: Any, skill_library: Any) -> None:
    import shutil

    shutil.rmtree(skill_library.root / ".git")
    async with opened(size=NARROW) as page:
        await page.shows("not a git repository")
        await page.press("d")
        await page.until(lambda: page.app.last_error is not None, "the message")
        assert "adopt" in page.app.last_error.remedy


async def test_editing_opens_the_users_editor_and_reads_again(
    opened: Any, skill_library: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    script = tmp_path / "edit.sh"
    script.write_text('#!/bin/sh\necho "More words." >> "$1"\n')
    script.chmod(0o755)
    monkeypatch.setenv("EDITOR", str(script))
    async with opened(size=NARROW) as page:
        page.app.suspend = lambda: _Nothing()
        before = page.app.library
        await page.press("e")
        await page.until(lambda: page.app.library is not before, "the library is read again")
    assert "More words." in (skill_library.root / "skills/echo/SKILL.md").read_text()


class _Nothing:
    """Stands for setting the screen aside, which a headless terminal can't do."""

    def __enter__(self) -> None: ...

    def __exit__(self, *_: object) -> None: ...


@pytest.mark.parametrize(("editor", "said"), [("'", "can't be read"), ("/no/such/editor", "could not be started")])
async def test_an_editor_that_cannot_start_is_a_message(
    opened: Any, monkeypatch: pytest.MonkeyPatch, editor: str, said: str
) -> None:
    monkeypatch.setenv("EDITOR", editor)
    async with opened(size=NARROW) as page:
        page.app.suspend = lambda: _Nothing()
        await page.press("e")
        await page.until(lambda: page.app.last_error is not None, "the message")
        assert said in page.app.last_error.what


async def test_a_terminal_that_cannot_be_set_aside_is_a_message(opened: Any) -> None:
    async with opened(size=NARROW) as page:
        await page.press("e")
        await page.until(lambda: page.app.last_error is not None, "the message")


async def test_copying_says_which_way_it_went(opened: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    program = tmp_path / "bin" / "xclip"
    program.parent.mkdir()
    program.write_text(f'#!/bin/sh\ncat > "{tmp_path}/copied"\n')
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{program.parent}:{os.environ['PATH']}")
    monkeypatch.setenv("DISPLAY", ":9")
    monkeypatch.delenv("WAYLAND_DISPLAY", raising=False)
    async with opened(size=NARROW) as page:
        await page.press("y")
        await page.until(lambda: any("Copied with xclip" in n.message for n in page.app._notifications), "said")
        tree = page.app.library.rows[0].standing.tree
    assert (tmp_path / "copied").read_text() == f"skills/echo {tree}"


async def test_with_nothing_to_show_every_way_to_a_library_is_offered(skill_library: Any, tmp_path: Path) -> None:
    empty = tmp_path / "empty"
    empty.mkdir()
    agents = tmp_path / "home/.claude/skills/mine"
    agents.mkdir(parents=True)
    (agents / "SKILL.md").write_text("---\nname: mine\ndescription: Mine. Use it.\n---\n")
    app = WorkbenchApp(Workspace.open(empty, settings=Settings()))
    async with app.run_test(size=NARROW) as pilot:
        for _ in range(500):
            if isinstance(app.screen, StartScreen) and len(app.screen.query_one(VirtualList).rows) == 4:
                break
            await pilot.pause(0.01)
        labels = [row.cells[0] for row in app.screen.query_one(VirtualList).rows]
        assert [getattr(label, "text", label) for label in labels] == [
            "The bundled skills", "Skills of claude", "Adopt", "Another folder…"
        ]  # fmt: skip
        await pilot.press("j", "enter")
        for _ in range(500):
            if app.library is not None and app.library.rows:
                break
            await pilot.pause(0.01)
        assert [row.name for row in app.library.rows] == ["mine"]  # type: ignore[union-attr]
        await pilot.pause()
        assert not isinstance(app.screen, StartScreen)


async def test_another_folder_is_typed_and_a_wrong_one_is_said(opened: Any, skill_library: Any, tmp_path: Path) -> None:
    other = tmp_path / "other" / "one"
    other.mkdir(parents=True)
    (other / "SKILL.md").write_text("---\nname: one\ndescription: One. Use it.\n---\n")
    async with opened(size=NARROW) as page:
        await page.press("o")
        await page.type(str(tmp_path / "nowhere"))
        await page.press("enter")
        await page.shows("There is no folder")
        page.screen.query_one("#path").value = str(tmp_path / "other")
        await page.press("enter")
        await page.until(lambda: [row.name for row in page.app.library.rows] == ["one"], "the other library")


async def test_a_deprecated_version_is_shown_with_its_successor(opened: Any, skill_library: Any) -> None:
    from workbench.reviews.deprecating import deprecate
    from workbench.workspace import Workspace

    skill_library.skill("skills/other")
    skill_library.commit()
    reviews = Workspace.open(skill_library.root).reviews
    skill_library.git("tag", "-a", "-m", "one", "echo/v1.0.0", "HEAD~1")
    deprecate(reviews, "echo", "1.0.0", "other", "Merged.")
    async with opened(SkillScreen("skills/echo")) as page:
        for _ in range(8):
            if page.screen.query_one(SkillDetail).tab == "Versions":
                break
            await page.press("]")
        await page.shows("! deprecated, use skills/other: Merged. (Ada)")
