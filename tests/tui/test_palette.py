"""The palette finds commands, skills and tools by their letters, quickly, and shows hostile ones as text."""

import time
from typing import Any

from textual.command import CommandPalette
from textual.widgets import OptionList

from workbench.reviews.listing import LibraryView, SkillRow
from workbench.reviews.model import Standing
from workbench.skills.model import Skill
from workbench.tui.palette import MOST_HITS, Entry, Palette, candidates
from workbench.tui.screens.call import CallScreen
from workbench.tui.screens.skill import SkillScreen


def entry(title: str) -> Entry:
    return Entry(title, title.casefold(), "", lambda: None)


async def found(page: Any) -> list[str]:
    palette = page.app.screen
    assert isinstance(palette, CommandPalette)
    options = palette.query_one(OptionList)
    return [str(options.get_option_at_index(n).prompt) for n in range(options.option_count)]


async def search(page: Any, words: str) -> list[str]:
    await page.press("ctrl+p")
    await page.until(lambda: isinstance(page.app.screen, Palette), "the palette")
    await page.type(words)
    await page.app.workers.wait_for_complete()
    await page.pilot.pause(0.3)
    return await found(page)


def test_whole_words_come_before_scattered_letters() -> None:
    entries = [entry("create some value"), entry("csv-profile"), entry("other")]
    assert [one.title for one in candidates("csv", entries)] == ["csv-profile", "create some value"]


def test_a_search_gives_a_bounded_number_and_is_quick_among_ten_thousand() -> None:
    entries = [entry(f"skill number {n}") for n in range(10_000)]
    began = time.perf_counter()
    assert len(candidates("skill", entries)) == MOST_HITS
    assert len(candidates("snum9", entries)) == MOST_HITS
    assert candidates("zzz", entries) == []
    assert time.perf_counter() - began < 0.5


async def test_a_command_is_run_where_its_key_would_work(opened: Any) -> None:
    async with opened(size=(80, 24)) as page:
        hits = await search(page, "git commands")
        assert hits[0].startswith("Git commands")
        await page.press("enter")
        await page.until(lambda: type(page.screen).__name__ == "GitLogScreen", "the log")


async def test_a_command_of_the_skill_acts_on_the_skill_under_the_cursor(opened: Any) -> None:
    async with opened(size=(80, 24)) as page:
        await search(page, "review changes")
        await page.press("enter")
        await page.until(lambda: type(page.screen).__name__ == "ReviewScreen", "the review")


async def test_commands_that_work_nowhere_here_are_not_offered(opened: Any) -> None:
    async with opened(size=(80, 24)) as page:
        await page.press("@")
        assert not any(hit.startswith("Run tests") for hit in await search(page, "run tests"))


async def test_a_skill_opens(opened: Any) -> None:
    async with opened(size=(80, 24)) as page:
        assert any(hit.startswith("echo ") for hit in await search(page, "echo"))
        await page.press("enter")
        await page.until(lambda: isinstance(page.screen, SkillScreen | CallScreen), "what was found")


async def test_a_tool_is_found_once_the_tools_are_read(opened: Any) -> None:
    async with opened(size=(80, 24)) as page:
        await page.press("ctrl+p")
        await page.until(lambda: page.app.tools, "the tools")
        await page.type("echo.echo")
        await page.app.workers.wait_for_complete()
        await page.pilot.pause(0.3)
        assert any(hit.startswith("echo.echo") for hit in await found(page))


async def test_names_and_descriptions_are_never_markup(opened: Any, skill_library: Any) -> None:
    skill_library.write(
        "skills/odd/SKILL.md",
        '---\nname: "[/nope]odd"\ndescription: "[@click=app.quit]go[/] \\u202e [$x] [/"\n---\n',
    )
    async with opened(size=(80, 24)) as page:
        [hit, *_] = await search(page, "odd")
        assert "[/nope]odd" in hit
        assert "[@click=app.quit]go[/] ⟨U+202E⟩" in hit


async def test_it_opens_quickly_with_ten_thousand_skills(opened: Any) -> None:
    async with opened(size=(80, 24)) as page:
        rows = tuple(
            SkillRow(Skill(f"skills/s{n}", f"skill-{n}", "Does something."), Standing("draft")) for n in range(10_000)
        )
        page.app.library = LibraryView(rows)
        began = time.perf_counter()
        hits = await search(page, "77")
        assert time.perf_counter() - began < 5
        assert hits
        assert len(hits) <= MOST_HITS
