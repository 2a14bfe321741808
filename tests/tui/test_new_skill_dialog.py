"""Making a skill on the screen: the name is checked as one types, and the skill opens."""

from typing import Any

NARROW = (80, 24)


async def test_a_new_skill_is_made_and_opens(opened: Any, skill_library: Any) -> None:
    async with opened(size=NARROW) as page:
        await page.press("ctrl+p")
        await page.type("new skill")
        await page.shows("Make a skill to start from")
        await page.press("enter")
        await page.shows("Made below skills/")
        await page.type("Word Count")
        await page.shows("a valid name near it: word-count")
        await page.press("enter")
        await page.shows("can't be its name")
        for _ in range(10):
            await page.press("backspace")
        await page.type("word-count")
        await page.until(lambda: page.said("#problem") == "", "no complaint")
        await page.press("tab")
        await page.type("Counts words. Use it when asked.")
        await page.press("enter")
        await page.until(lambda: type(page.screen).__name__ == "SkillScreen", "the skill")
        await page.shows("word-count")
    assert "Counts words." in (skill_library.root / "skills/word-count/SKILL.md").read_text()


async def test_a_name_that_is_taken_is_said_in_the_dialog(opened: Any, skill_library: Any) -> None:
    async with opened(size=NARROW) as page:
        page.app.action_show("new_skill")
        await page.shows("Made below skills/")
        await page.type("echo")
        await page.press("enter")
        await page.shows("there is something here already")
        await page.press("escape")
        await page.until(lambda: type(page.screen).__name__ == "SkillsScreen", "the list")
