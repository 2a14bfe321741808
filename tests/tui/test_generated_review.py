"""A generated skill on the review's screen: what it is made of comes first, and it is made again after a yes."""

from typing import Any

import pytest
from textual.widgets import TextArea

from workbench.sandbox.probe import probe
from workbench.tui.screens.confirm import ConfirmDialog
from workbench.tui.screens.review import ReviewScreen
from workbench.tui.screens.text_dialog import TextDialog
from workbench.tui.widgets.diff_view import DiffView

HEAD = "---\nname: api\ndescription: Calls the API. Use when it is needed.\n---\n"
MAKE = """\
from pathlib import Path
Path("skills/api").mkdir(parents=True, exist_ok=True)
Path("skills/api/SKILL.md").write_text(Path("head.md").read_text() + Path("openapi.txt").read_text())
"""
CONFIG = """\
generated:
  skills/api: {from: [openapi.txt, head.md], by: [python3, tools/make.py]}
"""

needs_sandbox = pytest.mark.skipif(not probe().works, reason="no sandbox here; bubblewrap would lift it")


@pytest.fixture
def made(skill_library: Any) -> Any:
    for path, text in {
        "openapi.txt": "GET /one\n", "head.md": HEAD, "tools/make.py": MAKE, ".workbench/config.yaml": CONFIG,
        "skills/api/SKILL.md": f"{HEAD}GET /one\n",
    }.items():  # fmt: skip
        skill_library.write(path, text)
    skill_library.commit()
    return skill_library


async def opened_review(page: Any) -> list[str]:
    """Wait for the diff; gives its paths."""
    await page.until(
        lambda: isinstance(page.screen, ReviewScreen) and page.screen.query_one(DiffView).diff is not None, "the diff"
    )
    return [file.path for file in page.screen.query_one(DiffView).diff.files]


async def ask(page: Any) -> None:
    await page.app.run_command("review.regenerate", page.screen)
    await page.until(lambda: isinstance(page.screen, ConfirmDialog), "the question")


async def test_what_it_is_made_of_comes_first_and_takes_no_comment(opened: Any, made: Any) -> None:
    async with opened(ReviewScreen("skills/api")) as page:
        paths = await opened_review(page)
        assert paths == ["../../head.md", "../../openapi.txt", "../../tools/make.py", "SKILL.md"]
        await page.shows("an input: not a file of the skill")
        await page.shows("not made again yet")
        await page.press("C")
        page.screen.query_one(TextArea).text = "why?"
        await page.press("ctrl+r")
        await page.shows("comment on the line of the skill that comes of it")


@needs_sandbox
async def test_it_is_made_again_after_a_yes_and_what_differs_is_shown(opened: Any, made: Any) -> None:
    made.write("skills/api/SKILL.md", f"{HEAD}GET /one\nBy hand.\n")
    made.commit()
    async with opened(ReviewScreen("skills/api")) as page:
        await opened_review(page)
        await ask(page)
        await page.shows("python3 tools/make.py")
        await page.press("escape")
        await page.until(lambda: isinstance(page.screen, ReviewScreen), "nothing ran")
        await page.shows("not made again yet")
        await ask(page)
        await page.press("tab", "enter")
        await page.until(lambda: isinstance(page.screen, TextDialog), "what differs")
        await page.shows("-By hand.")
        await page.press("escape")
        await page.shows("made again: other bytes")


@needs_sandbox
async def test_the_same_bytes_are_said_in_the_heading(opened: Any, made: Any) -> None:
    async with opened(ReviewScreen("skills/api")) as page:
        await opened_review(page)
        await ask(page)
        await page.press("tab", "enter")
        await page.shows("made again: the same bytes")
