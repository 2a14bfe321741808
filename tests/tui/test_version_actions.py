"""Versions and installed copies from the screen: each says what it would do, and does it after a yes."""

import json
from pathlib import Path
from typing import Any

import pytest
from textual.widgets import Button, Input, Select

from workbench.tui.screens.compared import ComparedScreen
from workbench.tui.screens.confirm import ConfirmDialog
from workbench.tui.screens.form_dialog import FormDialog
from workbench.tui.screens.skill import SkillScreen
from workbench.tui.widgets.diff_view import DiffView
from workbench.tui.widgets.skill_detail import SkillDetail
from workbench.tui.widgets.text_view import TextView
from workbench.tui.widgets.virtual_list import VirtualList
from workbench.workspace import Workspace

ID = "skills/echo"


def skill_text(version: str, words: str) -> str:
    head = (
        f"---\nname: echo\ndescription: Says it. Use when it is to be said.\nmetadata: {{version: '{version}'}}\n---\n"
    )
    return f"{head}{words}\n"


@pytest.fixture
def versions(skill_library: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """The skill `echo` with the released 1.0.0 and an approved 1.1.0; home and project are empty folders."""
    project = tmp_path / "project"
    project.mkdir()
    monkeypatch.chdir(project)
    desk = Workspace.open(skill_library.root)
    for version, words in (("1.0.0", "Say it."), ("1.1.0", "Say it twice.")):
        skill_library.write(f"{ID}/SKILL.md", skill_text(version, words))
        skill_library.commit(f"Version {version}")
        desk.reviews.decide(ID, "approve", f"Read {version}.")
        if version == "1.0.0":
            desk.versions.release(ID)
    return skill_library


async def run(page: Any, command: str, dialog: type) -> str:
    """Run a command of the palette and wait for its dialog; gives what the dialog says."""
    await page.app.run_command(command, page.screen)
    return await asked(page, dialog)


async def asked(page: Any, dialog: type) -> str:
    await page.until(lambda: isinstance(page.screen, dialog), dialog.__name__)
    await page.until(lambda: page.screen.query("Button"))
    if dialog is ConfirmDialog:
        return str(page.screen.query_one(TextView).text)
    return ""


async def answer(page: Any, button: str = "#confirm") -> None:
    page.screen.query_one(button, Button).press()


async def fill(page: Any, **values: str) -> None:
    """Fill a form's fields by name, and confirm it."""
    for view in page.screen.query("FieldView"):
        control = view.query_one(".control")
        if view.field.name in values and isinstance(control, Select | Input):
            control.value = values[view.field.name]
    await page.pilot.pause()
    await answer(page)


async def said(page: Any, words: str) -> None:
    await page.until(lambda: any(words in one.message for one in page.app._notifications), words)


def shown(page: Any) -> Any:
    return page.until(lambda: isinstance(page.screen, SkillScreen) and page.screen.current_skill is not None, "skill")


async def test_a_release_shows_its_tag_and_message_before_it_is_made(opened: Any, versions: Any) -> None:
    async with opened(SkillScreen(ID)) as page:
        await shown(page)
        text = await run(page, "version.release", ConfirmDialog)
        assert "echo/v1.1.0, not signed" in text
        assert "- Read 1.1.0." in text
        assert "Read 1.0.0" not in text
        assert "echo/v1.1.0" not in versions.git("tag")
        await answer(page, "#cancel")
        await shown(page)
        assert "echo/v1.1.0" not in versions.git("tag")
        await run(page, "version.release", ConfirmDialog)
        await answer(page)
        await said(page, "Released echo/v1.1.0")
        assert "- Read 1.1.0." in versions.git("tag", "-l", "--format=%(contents)", "echo/v1.1.0")


async def test_what_is_not_approved_is_not_released_and_the_reason_is_said(opened: Any, versions: Any) -> None:
    versions.write(f"{ID}/SKILL.md", skill_text("1.2.0", "Say it thrice."))
    versions.commit("Unread")
    async with opened(SkillScreen(ID)) as page:
        await shown(page)
        await page.app.run_command("version.release", page.screen)
        await said(page, "only what is approved is released")


async def test_going_back_shows_the_diff_and_loses_nothing(opened: Any, versions: Any) -> None:
    head = versions.git("rev-parse", "HEAD")
    async with opened(SkillScreen(ID)) as page:
        await shown(page)
        await run(page, "version.rollback", FormDialog)
        await fill(page, to="v1.0.0")
        text = await asked(page, ConfirmDialog)
        assert "-Say it twice." in text
        assert text.endswith("+Say it.")
        assert "approved, so it is at once" in text
        await answer(page)
        await said(page, "is as 1.0.0 has it, in commit")
    assert versions.git("rev-parse", "HEAD~1") == head
    assert (versions.root / ID / "SKILL.md").read_text() == skill_text("1.0.0", "Say it.")


async def test_two_states_are_compared_by_version_and_from_the_tab(opened: Any, versions: Any) -> None:
    async with opened(SkillScreen(ID)) as page:
        await shown(page)
        await run(page, "version.compare", FormDialog)
        await fill(page, **{"from": "v1.0.0"})
        await page.until(lambda: isinstance(page.screen, ComparedScreen) and page.screen.query_one(DiffView).diff)
        [file] = page.screen.query_one(DiffView).diff.files
        assert file.path == "SKILL.md"
        await page.press("escape")
        await shown(page)
        detail = page.screen.query_one(SkillDetail)
        while detail.tab != "Versions":
            detail.step_tab(1)
        rows = page.screen.query_one("#skill-list", VirtualList)
        await page.until(lambda: len(rows.rows) >= 2, "the versions")
        page.screen.query_one(SkillDetail).focus_body()
        await page.press("j", "enter")
        await page.until(lambda: isinstance(page.screen, ComparedScreen) and page.screen.query_one(DiffView).diff)


async def test_a_deprecation_is_recorded_shown_and_taken_back(opened: Any, versions: Any) -> None:
    async with opened(SkillScreen(ID)) as page:
        await shown(page)
        await run(page, "version.deprecate", FormDialog)
        await answer(page)
        await page.shows("is required")  # a reason has to be given, and the form stays
        await fill(page, reason="Merged elsewhere.")
        await said(page, "is deprecated: recorded in")
        await page.until(lambda: page.screen.current_skill.deprecated is not None)
        await page.shows("deprecated: Merged elsewhere. (Ada)")
        await run(page, "version.undeprecate", FormDialog)
        await fill(page)
        await said(page, "is no longer deprecated")
        await page.until(lambda: page.screen.current_skill.deprecated is None)


async def test_a_successor_that_does_not_exist_records_nothing(opened: Any, versions: Any) -> None:
    before = versions.git("rev-parse", "workbench/reviews")
    async with opened(SkillScreen(ID)) as page:
        await shown(page)
        await run(page, "version.deprecate", FormDialog)
        await fill(page, reason="Old.", successor="nowhere")
        await said(page, "nowhere")
    assert versions.git("rev-parse", "workbench/reviews") == before


async def test_an_installation_names_the_folder_before_it_writes(opened: Any, versions: Any, tmp_path: Path) -> None:
    target = tmp_path / "project/.claude/skills/echo"
    async with opened(SkillScreen(ID)) as page:
        await shown(page)
        await run(page, "install", FormDialog)
        await fill(page, agent="claude", scope="project")
        text = await asked(page, ConfirmDialog)
        assert str(target) in text
        assert "approved" in text
        assert not target.exists()
        await answer(page)
        await said(page, "installed:")
    assert (target / "SKILL.md").read_text() == skill_text("1.1.0", "Say it twice.")
    lock = json.loads((tmp_path / "project/skills-lock.json").read_text())
    assert lock["skills"]["echo"]["agents"].keys() == {"claude"}


async def test_what_became_approved_meanwhile_is_not_installed_unseen(
    opened: Any, versions: Any, tmp_path: Path
) -> None:
    async with opened(SkillScreen(ID)) as page:
        await shown(page)
        await run(page, "install", FormDialog)
        await fill(page, agent="claude", scope="project")
        await asked(page, ConfirmDialog)
        versions.write(f"{ID}/SKILL.md", skill_text("1.2.0", "Say it to everybody."))
        versions.commit("Meanwhile")
        Workspace.open(versions.root).reviews.decide(ID, "approve", "Meanwhile.")
        await answer(page)
        await said(page, "was agreed to")
    assert not (tmp_path / "project/.claude").exists()


async def test_what_stands_in_the_way_is_saved_after_a_second_yes(opened: Any, versions: Any, tmp_path: Path) -> None:
    target = tmp_path / "project/.claude/skills/echo"
    target.mkdir(parents=True)
    (target / "mine.md").write_text("mine\n")
    async with opened(SkillScreen(ID)) as page:
        await shown(page)
        await run(page, "install", FormDialog)
        await fill(page, agent="claude", scope="project")
        await asked(page, ConfirmDialog)
        await answer(page)
        await page.until(lambda: "was not installed from here" in page.text, "the second question")
        assert (target / "mine.md").exists()
        await asked(page, ConfirmDialog)
        await answer(page)
        await said(page, "is kept in")
    assert not (target / "mine.md").exists()
    assert [path.read_text() for path in (tmp_path / "data").rglob("mine.md")] == ["mine\n"]


async def test_a_changed_copy_is_brought_back_after_a_yes(opened: Any, versions: Any, tmp_path: Path) -> None:
    from workbench.tui.screens.install_actions import here

    Workspace.open(versions.root).installs.install(ID, None, here().of("claude", "project"))
    copy = tmp_path / "project/.claude/skills/echo/SKILL.md"
    copy.write_text("changed\n")
    async with opened(SkillScreen(ID)) as page:
        await shown(page)
        text = await run(page, "sync", ConfirmDialog)
        assert "changed: is saved first, then put back" in text
        await answer(page)
        await page.shows("saved in")
    assert copy.read_text() == skill_text("1.1.0", "Say it twice.")
    assert [path.read_text() for path in (tmp_path / "data/saved").rglob("SKILL.md")] == ["changed\n"]


async def test_a_quarantine_names_the_folders_and_is_undone(opened: Any, versions: Any, tmp_path: Path) -> None:
    from workbench.tui.screens.install_actions import here

    for agent in ("claude", "codex"):
        Workspace.open(versions.root).installs.install(ID, None, here().of(agent, "project"))
    folders = [tmp_path / "project" / one / "skills/echo" for one in (".claude", ".agents")]
    async with opened(SkillScreen(ID)) as page:
        await shown(page)
        text = await run(page, "quarantine", ConfirmDialog)
        assert all(str(one) in text for one in folders)
        await answer(page)
        await said(page, "taken: 2 copies of echo")
        assert not any(one.exists() for one in folders)
        page.screen.query_one(SkillDetail).step_tab(-1)
        await page.shows("⊘ quarantined")
        await page.app.run_command("quarantine.restore", page.screen)
        await said(page, "restored: 2 copies of echo")
    assert all((one / "SKILL.md").exists() for one in folders)
