"""The screen of problems, and problems in the detail of a skill: each with its code and what to do about it."""

from typing import Any

import pytest

from workbench.tui.screens.problems import ProblemsScreen
from workbench.tui.widgets.filtered_list import FilteredList
from workbench.tui.widgets.text_view import TextView

NARROW, WIDE = (80, 24), (120, 40)


@pytest.fixture
def flawed(skill_library: Any) -> Any:
    """A second skill, with an error in its SKILL.md and a script that can't be run as it says."""
    skill_library.write("skills/bad/SKILL.md", "---\nname: other\ndescription: x\n---\n```sh\nscripts/run.sh\n```\n")
    skill_library.write("skills/bad/scripts/run.sh", "#!/bin/sh\n")
    skill_library.commit("Add bad")
    return skill_library


async def judged(page: Any) -> None:
    """Open the screen as the palette does, and wait until every skill was judged."""
    await page.app.run_action("show('validate')")
    await page.until(lambda: isinstance(page.screen, ProblemsScreen) and page.screen.query("#counts"), "the screen")
    await page.until(lambda: page.screen.query("#counts") and "error" in page.said("#counts"), "the counts")


@pytest.mark.parametrize("size", [NARROW, WIDE])
async def test_the_palette_command_lists_every_problem_with_its_remedy(opened: Any, flawed: Any, size: Any) -> None:
    async with opened(size=size) as page:
        await judged(page)
        assert page.said("#counts").startswith("2 skills: 1 error, ")
        assert "[name-mismatch]\n→ Give both the same name" in page.said("#remedy")
        await page.press("j")
        assert "[script-not-executable]\n→ Set the executable bit: chmod +x" in page.said("#remedy")
        assert page.screen.query_one(FilteredList)


async def test_a_row_opens_its_skill(opened: Any, flawed: Any) -> None:
    async with opened(size=NARROW) as page:
        await judged(page)
        await page.press("enter")
        await page.until(lambda: page.screen.query("#skill-text"), "the skill")
        await page.until(
            lambda: "→ Give both the same name" in page.screen.query_one("#skill-text", TextView).text, "its remedy"
        )
        assert "script-not-executable" in page.screen.query_one("#skill-text", TextView).text


async def test_a_library_without_problems_says_so(opened: Any, skill_library: Any) -> None:
    for name in ("tools.yaml", "tests/echo.yaml", "scripts/echo.py"):
        (skill_library.root / "skills/echo" / name).unlink()
    async with opened(size=NARROW) as page:
        await judged(page)
        await page.until(lambda: "There is nothing wrong" in page.text, "the empty list")


async def test_hostile_text_reaches_no_row(opened: Any, skill_library: Any) -> None:
    skill_library.write("skills/bad/SKILL.md", '---\nname: "a\\e[2J[/bold]b"\ndescription: x\n---\n[x](\x1b[31m)\n')
    skill_library.commit("Add bad")
    async with opened(size=WIDE) as page:
        await judged(page)
        assert "\x1b" not in page.text
        assert "[/bold]" in page.text
