"""Help names each key, and says in full what the one under the cursor does."""

from typing import Any

from workbench.commands import command
from workbench.tui.screens.help import HelpScreen
from workbench.tui.screens.review import ReviewScreen


async def test_what_a_row_has_no_room_for_is_said_in_full(opened: Any, skill_library: Any) -> None:
    skill_library.skill("skills/a")
    skill_library.commit()
    async with opened(ReviewScreen("skills/a"), size=(80, 24)) as page:
        await page.press("?")
        await page.until(lambda: isinstance(page.screen, HelpScreen), "help")
        await page.press("slash")
        await page.type("Viewed")
        await page.press("enter")
        said = command("diff.viewed").help
        await page.until(lambda: said in page.said("#whole"), said)
        await page.shows("change takes it away.")
