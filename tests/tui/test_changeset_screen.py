"""A range on the screen: all its skills as one diff, ticks that the single reviews share, and one verdict."""

from typing import Any

import pytest
from textual.widgets import Input, TextArea

from workbench.tui.screens.changeset import ChangeSetScreen
from workbench.tui.screens.open_range import OpenRangeDialog
from workbench.tui.screens.verdict import VerdictDialog
from workbench.tui.widgets.change_card import ChangeCard
from workbench.tui.widgets.diff_view import DiffView
from workbench.tui.widgets.virtual_list import VirtualList

NARROW, WIDE = (80, 24), (120, 40)
SHARED = "Ask first.\nThen do it.\n"


@pytest.fixture
def branch(skill_library: Any) -> Any:
    """`a` and `b` get the same file on a branch, `b` a script that reaches the network; `old` is removed."""
    for name in ("a", "b", "old"):
        skill_library.skill(f"skills/{name}")
    skill_library.commit()
    skill_library.git("switch", "-q", "-c", "topic")
    for name in ("a", "b"):
        skill_library.write(f"skills/{name}/references/how.md", SHARED)
    skill_library.write("skills/b/scripts/get.sh", "#!/bin/sh\ncurl https://example.com\n")
    skill_library.git("rm", "-rq", "skills/old")
    skill_library.write("README.md", "hi\n")
    skill_library.commit("Change three")
    return skill_library


async def shown(page: Any) -> list[str]:
    """Wait for the set; gives the paths in its diff."""
    await page.until(
        lambda: isinstance(page.screen, ChangeSetScreen) and page.screen.query_one(DiffView).diff is not None, "the set"
    )
    return [file.path for file in page.screen.query_one(DiffView).diff.files]


def skills(page: Any) -> list[str]:
    return [row.id for row in page.screen.query_one("#set-skills", VirtualList).rows]


@pytest.mark.parametrize("size", [NARROW, WIDE])
async def test_a_range_is_one_review_of_all_its_skills(opened: Any, branch: Any, size: Any) -> None:
    async with opened(ChangeSetScreen("main...HEAD"), size=size) as page:
        paths = await shown(page)
        assert skills(page) == ["skills/b", "skills/a", "skills/old"]
        assert paths == [
            "skills/b/references/how.md", "skills/b/scripts/get.sh", "skills/a/references/how.md",
            "skills/old/SKILL.md",
        ]  # fmt: skip
        for words in ("3 skills, 4 changed places, 1 repeated", "! high", "– removed", "1 changed file outside"):
            await page.shows(words)


async def test_what_repeats_is_shown_once_and_said_where(opened: Any, branch: Any) -> None:
    async with opened(ChangeSetScreen("main...HEAD"), size=(120, 60)) as page:
        await shown(page)
        await page.shows("+2 -0, the same as in skills/b")
        assert page.text.count("Ask first.") == 1


async def test_the_card_is_of_the_skill_that_is_read(opened: Any, branch: Any) -> None:
    async with opened(ChangeSetScreen("main...HEAD")) as page:
        await shown(page)
        card = page.screen.query_one(ChangeCard)
        await page.until(lambda: card.card is not None and card.card.skill == "skills/b", "the first card")
        await page.press("N", "N")
        await page.until(lambda: card.card is not None and card.card.skill == "skills/a", "the second card")
        await page.press("N")
        await page.until(lambda: card.card is None, "no card of what is removed")


async def test_one_verdict_is_one_commit_with_a_record_for_each_skill(opened: Any, branch: Any) -> None:
    async with opened(ChangeSetScreen("main...HEAD")) as page:
        await shown(page)
        await page.press("A")
        await page.until(lambda: isinstance(page.screen, VerdictDialog))
        head = branch.git("rev-parse", "HEAD")
        assert head[:12] in page.said("#facts")
        assert "skills/b, skills/a" in page.said("#facts")
        page.screen.query_one("#reason", TextArea).text = "Read all of it."
        await page.press("ctrl+r")
        await page.until(lambda: isinstance(page.screen, ChangeSetScreen), "the dialog closes")
        assert branch.git("rev-list", "--count", "workbench/reviews") == "1"
        records = page.workspace.reviews.log()
        assert {(one.path, one.verdict, one.via) for one in records} == {
            ("skills/a", "approve", "tui"), ("skills/b", "approve", "tui"),
        }  # fmt: skip
        await page.until(lambda: page.text.count("approved") >= 2, "both are shown as approved")


async def test_a_head_that_moved_while_one_reads_voids_the_verdict(opened: Any, branch: Any) -> None:
    async with opened(ChangeSetScreen("main...topic")) as page:
        await shown(page)
        branch.skill("skills/a", body="Slipped in.\n")
        branch.commit()
        await page.press("A")
        page.screen.query_one("#reason", TextArea).text = "Read all of it."
        await page.press("ctrl+r")
        await page.shows("it moved since you read it")
        assert page.workspace.reviews.log() == ()
        await page.press("escape")
        await page.shows("Slipped in.")


async def test_ticks_are_those_of_the_single_reviews(opened: Any, branch: Any) -> None:
    async with opened(ChangeSetScreen("main...HEAD")) as page:
        await shown(page)
        await page.press("V")
        await page.until(lambda: page.workspace.store.query("SELECT skill, path FROM viewed"), "the tick is kept")
        [row] = page.workspace.store.query("SELECT skill, path FROM viewed")
        assert (row["skill"], row["path"]) == ("skills/b", "references/how.md")
        await page.press("r")
        await page.until(lambda: "✓ viewed" in page.text, "the tick is shown after reading again")


async def test_since_my_last_verdict_shows_only_what_came_since(opened: Any, branch: Any) -> None:
    async with opened(ChangeSetScreen("main...HEAD")) as page:
        await shown(page)
        page.workspace.sets.decide("main...HEAD", "comment", "Seen.")
        branch.skill("skills/a", body="Came later.\n")
        branch.commit()
        await page.press("r", "M")
        await page.shows("since your verdict")
        await page.until(
            lambda: (
                [file.path for file in page.screen.query_one(DiffView).diff.files]
                == ["skills/a/SKILL.md", "skills/old/SKILL.md"]
            ),
            "only what came since",
        )
        await page.press("M")
        await page.until(lambda: len(page.screen.query_one(DiffView).diff.files) == 5, "all of it again")


async def test_the_palette_asks_for_a_range_and_offers_some(opened: Any, branch: Any) -> None:
    branch.git("update-ref", "refs/workbench/pr/12", "HEAD")
    async with opened() as page:
        page.app.action_show("open_range")
        await page.until(lambda: isinstance(page.screen, OpenRangeDialog))
        offers = page.screen.query_one(VirtualList)
        await page.until(lambda: len(offers.rows) == 2, "the offers")
        assert [row.id for row in offers.rows] == ["main...HEAD", "pr/12"]
        await page.shows("fetched: Change three")
        await page.press("enter")  # nothing typed: the first
        await shown(page)
        await page.shows("main...HEAD")


async def test_a_range_that_names_nothing_is_said_with_the_remedy(opened: Any, branch: Any) -> None:
    async with opened() as page:
        page.app.action_show("open_range")
        await page.until(lambda: isinstance(page.screen, OpenRangeDialog))
        page.screen.query_one("#range", Input).value = "nowhere...HEAD"
        await page.press("enter")
        await page.shows("'nowhere' names no commit here")
        await page.press("A")
        assert isinstance(page.screen, ChangeSetScreen)


async def test_what_is_typed_into_the_filter_of_the_skills_runs_nothing(opened: Any, branch: Any) -> None:
    async with opened(ChangeSetScreen("main...HEAD"), size=NARROW) as page:
        await shown(page)
        rows = page.screen.query_one("#set-skills", VirtualList)
        rows.focus()
        await page.press("slash")
        await page.type("old")
        assert isinstance(page.screen, ChangeSetScreen)
        await page.until(lambda: rows.left == 1, "one row")
        await page.press("escape")
        assert rows.left == 3


@pytest.mark.parametrize("size", [NARROW, WIDE])
async def test_the_rules_of_the_skill_under_the_cursor_are_at_hand(opened: Any, branch: Any, size: Any) -> None:
    async with opened(ChangeSetScreen("main...HEAD"), size=size) as page:
        await shown(page)
        await page.shows("rules  × 1 approval by anybody")
        await page.press("H")
        await page.shows("What the rules demand of skills/b")
        await page.press("escape")
        rows = page.screen.query_one("#set-skills", VirtualList)
        rows.focus()
        await page.press("G")
        await page.until(lambda: "rules  ×" not in page.text, "no rules of what is removed")


async def test_the_dialog_says_what_should_not_be_overlooked(opened: Any, branch: Any) -> None:
    async with opened(ChangeSetScreen("main...HEAD"), size=NARROW) as page:
        await shown(page)
        await page.press("A")
        for words in ("! high    skills/b", "removes   skills/old: no approval is asked", "unviewed  4 files"):
            await page.shows(words)
