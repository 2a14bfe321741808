"""The adopt screen says what would be done before anything is, takes further sources, and then does it."""

import os
import subprocess
import zipfile
from pathlib import Path
from typing import Any

import pytest

NARROW, WIDE = (80, 24), (120, 40)
SKILL = "---\nname: {name}\ndescription: Does {name}.\n---\nBody.\n"


def put(folder: Path, name: str) -> None:
    (folder / name).mkdir(parents=True)
    (folder / name / "SKILL.md").write_text(SKILL.format(name=name))


def library() -> Path:
    return Path(os.environ["WORKBENCH_DATA"]) / "library"


@pytest.fixture
def home(skill_library: Any, tmp_path: Path) -> Path:
    for key, value in (("user.name", "Ada"), ("user.email", "ada@example.com")):
        subprocess.run(["git", "config", "--global", key, value], check=True)
    return tmp_path / "home"


@pytest.mark.parametrize("size", [NARROW, WIDE])
async def test_it_says_what_would_be_done_and_then_does_it(opened: Any, home: Path, size: tuple[int, int]) -> None:
    put(home / ".claude/skills", "pdf")
    put(home / ".claude/plugins/cache/market/tools/1.0.0/skills", "extra")
    (home / ".claude/skills/gone").symlink_to(home / "nowhere")
    async with opened(size=size) as page:
        page.app.action_show("adopt")
        await page.shows("Adopt them all")
        for words in ("1 new, into", "claude/pdf", "new", "skipped", "plugin of claude", "not copied"):
            assert words in page.text, words
        assert not library().exists()
        await page.press("enter")
        await page.until(lambda: page.app.workspace.root == library(), "the library is open")
        assert page.app.library.rows[0].id == "skills/claude/pdf"
        page.app.action_show("adopt")
        await page.shows("Nothing new")


async def test_an_archive_can_be_added_and_a_hostile_one_is_refused_with_its_entry(opened: Any, home: Path) -> None:
    with zipfile.ZipFile(home / "csv.skill", "w") as packed:
        packed.writestr("csv/SKILL.md", SKILL.format(name="csv"))
    with zipfile.ZipFile(home / "evil.zip", "w") as packed:
        packed.writestr("../evil", "x")
    async with opened(size=NARROW) as page:
        page.app.action_show("adopt")
        await page.shows("No agent on this machine")
        await page.press("enter")
        await page.shows("Adopt from")
        await page.type("~/nothing")
        await page.press("enter")
        await page.shows("There is no folder or file")
        page.screen.query_one("#path").value = "~/csv.skill"
        await page.press("enter")
        await page.shows("archives/csv")
        await page.press("G")
        page.screen.query_one("VirtualList").cursor = 2
        await page.press("enter")
        await page.shows("Adopt from")
        page.screen.query_one("#path").value = "~/evil.zip"
        await page.press("enter")
        await page.until(lambda: page.app.last_error is not None, "the refusal")
        assert "'../evil'" in page.app.last_error.what
        await page.press("g")
        await page.press("enter")
        await page.until(lambda: page.app.workspace.root == library(), "the library is open")
    assert (library() / "skills/archives/csv/SKILL.md").is_file()
