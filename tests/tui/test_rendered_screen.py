"""A Markdown file of a review as one reads it: there and back, from change to change."""

from typing import Any

import pytest

from workbench.tui.screens.changeset import ChangeSetScreen
from workbench.tui.screens.rendered import RenderedScreen
from workbench.tui.screens.review import ReviewScreen
from workbench.tui.widgets.diff_view import DiffView
from workbench.tui.widgets.rendered_diff import RenderedDiff


@pytest.fixture
def changed(skill_library: Any) -> Any:
    """`a` is changed at its two ends on a branch, and gets a script."""
    body = "".join(f"Paragraph {number}.\n\n" for number in range(60))
    skill_library.skill("skills/a", body=f"First.\n\n{body}Last.\n")
    skill_library.commit()
    skill_library.git("switch", "-q", "-c", "topic")
    skill_library.skill("skills/a", body=f"The first.\n\n{body}The last.\n")
    skill_library.write("skills/a/scripts/run.sh", "echo\n")
    skill_library.commit()
    return skill_library


async def diff_shown(page: Any, screen: type) -> list[str]:
    """Wait for the diff; gives its paths."""
    await page.until(
        lambda: isinstance(page.screen, screen) and page.screen.query_one(DiffView).diff is not None, "the diff"
    )
    return [file.path for file in page.screen.query_one(DiffView).diff.files]


async def rendered(page: Any, screen: type) -> RenderedDiff:
    await diff_shown(page, screen)
    await page.press("z")
    await page.until(lambda: isinstance(page.screen, RenderedScreen), "the rendered file")
    view: RenderedDiff = page.screen.query_one(RenderedDiff)
    await page.until(lambda: bool(view.places), "its changes")
    return view


@pytest.mark.parametrize("size", [(80, 24), (140, 40)])
async def test_a_range_shows_a_file_as_one_reads_it(opened: Any, changed: Any, size: Any) -> None:
    async with opened(ChangeSetScreen("main...HEAD"), size=size) as page:
        view = await rendered(page, ChangeSetScreen)
        assert len(view.places) == 2
        await page.shows("2 changed places")
        await page.shows("The first.")
        await page.press("n")
        await page.shows("The last.")
        await page.shows("changed place 2 of 2")
        await page.press("p")
        await page.shows("The first.")
        await page.press("s", "s")
        assert len(view.places) == 2
        await page.press("z")
        await page.until(lambda: isinstance(page.screen, ChangeSetScreen), "the diff again")


async def test_a_script_is_not_rendered(opened: Any, changed: Any) -> None:
    async with opened(ReviewScreen("skills/a")) as page:
        await rendered(page, ReviewScreen)
        await page.shows("Paragraph 1.")
        await page.press("escape", "N")
        await page.until(lambda: isinstance(page.screen, ReviewScreen), "the diff again")
        await page.press("z")
        assert [one.message for one in page.app._notifications] == ["Only Markdown is rendered; this file is not"]
        assert isinstance(page.screen, ReviewScreen)


async def test_a_file_that_is_too_large_is_not_shown_as_an_empty_one(opened: Any, changed: Any) -> None:
    changed.write("skills/a/references/big.md", "word word word.\n" * 100_000)
    changed.commit()
    async with opened(ReviewScreen("skills/a")) as page:
        files = await diff_shown(page, ReviewScreen)
        page.screen.query_one(DiffView).go_to_file(files.index("references/big.md"))
        await page.press("z")
        await page.shows("it is too large to be rendered")


async def test_a_link_with_the_name_of_a_page_is_not_rendered(opened: Any, changed: Any) -> None:
    (changed.root / "skills/a/other.md").symlink_to("SKILL.md")
    changed.commit()
    async with opened(ReviewScreen("skills/a")) as page:
        files = await diff_shown(page, ReviewScreen)
        page.screen.query_one(DiffView).go_to_file(files.index("other.md"))
        await page.press("z")
        assert [one.message for one in page.app._notifications] == ["Only Markdown is rendered; this file is not"]
