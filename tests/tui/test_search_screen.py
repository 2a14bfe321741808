"""Finding skills on the screen: the filter of the list, the search of texts, and more like this."""

from typing import Any

import pytest

from workbench.skills.catalogue_texts import take_texts
from workbench.tui.screens.search import SearchScreen
from workbench.tui.screens.similar import SimilarScreen
from workbench.tui.screens.skill import SkillScreen
from workbench.tui.widgets.filter_line import FilterLine
from workbench.tui.widgets.virtual_list import VirtualList

NARROW, WIDE = (80, 24), (120, 40)


def names(page: Any) -> list[str]:
    return [str(row.cells[0]) for row in page.screen.query_one(VirtualList).rows]


@pytest.fixture
def three(skill_library: Any) -> Any:
    skill_library.skill("skills/alpha", "Look for the hidden treasure here.\n")
    skill_library.skill("skills/beta", "Nothing.\n")
    skill_library.write("skills/broken/SKILL.md", "no frontmatter\n")
    skill_library.commit()
    return skill_library


@pytest.mark.parametrize("size", [NARROW, WIDE])
async def test_the_lists_filter_understands_states_and_words(opened: Any, three: Any, size: tuple[int, int]) -> None:
    async with opened(size=size) as page:
        await page.press("/")
        await page.type("state:inv")
        assert names(page) == ["broken"]
        for _ in range(3):
            await page.press("backspace")
        assert len(names(page)) == 4
        await page.type("dr et")
        assert names(page) == ["beta"]
        await page.press("escape")
        assert len(names(page)) == 4


async def test_a_filter_turned_round_and_a_problem(opened: Any, three: Any) -> None:
    async with opened(size=WIDE) as page:
        await page.press("/")
        await page.type("-state:invalid -problem:error")
        assert names(page) == ["alpha", "beta", "echo"]


async def test_a_wrong_filter_says_what_is_near_and_changes_nothing(opened: Any, three: Any) -> None:
    async with opened(size=WIDE) as page:
        await page.press("/")
        await page.type("alpha stat:x")
        await page.shows("did you mean 'state:'")
        assert names(page) == []  # as before the colon
        await page.press(*["backspace"] * 6)
        assert names(page) == ["alpha"]


async def test_a_filter_that_nothing_passes_says_so(opened: Any, three: Any) -> None:
    async with opened(size=WIDE) as page:
        await page.press("/")
        await page.type("state:revoked")
        await page.shows("No row passes the filter")


@pytest.mark.parametrize("size", [NARROW, WIDE])
async def test_a_search_finds_what_stands_in_a_body_and_opens_it(
    opened: Any, three: Any, size: tuple[int, int]
) -> None:
    async with opened(size=size) as page:
        take_texts(page.workspace.catalogue)
        await page.press("f")
        assert isinstance(page.screen, SearchScreen)
        await page.type("treasure")
        await page.shows("1 skill")
        assert names(page) == ["alpha"]
        assert "hidden treasure" in page.text
        await page.press("enter", "enter")
        assert isinstance(page.screen, SkillScreen)
        await page.press("escape")
        assert isinstance(page.screen, SearchScreen)
        await page.press("escape")
        assert page.screen.focused.id == "filter-text"
        await page.press("escape")
        assert not isinstance(page.screen, SearchScreen)


async def test_a_search_says_what_is_wrong_and_what_was_not_read_yet(opened: Any, three: Any) -> None:
    async with opened(size=WIDE) as page:
        await page.press("f")
        await page.type("alp")
        await page.shows("4 not read yet")
        assert names(page) == ["alpha"]
        for _ in range(3):
            await page.press("backspace")
        await page.type("sate:draft")
        await page.shows("did you mean 'state:'")


async def test_hostile_text_is_harmless_in_the_search(opened: Any, three: Any) -> None:
    three.skill("skills/evil", "[/nope] [@click=app.quit]x[/] \x1b[31m \u202e treasure.\n")
    async with opened(size=WIDE) as page:
        take_texts(page.workspace.catalogue)
        await page.press("f")
        await page.type('"[/nope')
        await page.shows("1 skill")
        assert "\x1b" not in page.text
        assert page.screen.query_one(FilterLine)


async def test_more_like_this_lists_what_shares_words(opened: Any, three: Any) -> None:
    three.skill("skills/alpha-two")
    async with opened(size=WIDE) as page:
        await page.press("l")
        assert isinstance(page.screen, SimilarScreen)
        await page.until(lambda: names(page), "the comparison")
        assert names(page) == ["alpha-two"]
        await page.press("enter")
        assert isinstance(page.screen, SkillScreen)


async def test_texts_that_are_read_while_one_searches_are_found_without_another_key(opened: Any, three: Any) -> None:
    async with opened(size=WIDE) as page:
        await page.press("f")
        await page.type("treasure")
        await page.shows("0 skills; 4 not read yet")
        page.app.texts_signal.publish(take_texts(page.workspace.catalogue).skills)
        await page.until(lambda: names(page) == ["alpha"], "what was read meanwhile")
        assert "not read yet" not in page.text
