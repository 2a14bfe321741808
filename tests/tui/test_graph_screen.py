"""The screen of dependencies: problems on top, skills that unfold, and what a skill's detail says of them."""

from pathlib import Path
from typing import Any

import pytest

from workbench.skills.dependencies import read_graph
from workbench.skills.reader import read_all
from workbench.tui.graph_rows import GraphRows
from workbench.tui.widgets.virtual_list import VirtualList


@pytest.fixture
def needing(skill_library: Any) -> Any:
    """report needs pdf-tools and something that is missing; pdf-tools needs core-fonts; two go round in a circle."""

    def write(name: str, metadata: str, body: str = "Do it.") -> None:
        text = f"---\nname: {name}\ndescription: Does {name}. Use when needed.\nmetadata: {{{metadata}}}\n---\n{body}\n"
        skill_library.write(f"skills/{name}/SKILL.md", text)

    write("report", "requires: pdf-tools>=1.2 no-such", "Use the `core-fonts` skill.")
    write("pdf-tools", "requires: core-fonts, version: 1.3.0")
    write("core-fonts", "version: 2.0.0")
    write("one-way", "requires: other-way")
    write("other-way", "requires: one-way")
    skill_library.commit("Need each other")
    return skill_library


async def test_what_is_wrong_stands_on_top_and_a_skill_unfolds_both_ways(needing: Any, opened: Any) -> None:
    async with opened() as page:
        await page.press("7")
        await page.shows("2 problems")
        lines = page.text.splitlines()
        top = next(index for index, line in enumerate(lines) if "× report requires 'no-such'" in line)
        assert "! one-way requires itself" in lines[top + 1]
        assert "skills/report/SKILL.md:4" in lines[top]
        page.screen.query_one(VirtualList).move_to("skills/pdf-tools")
        await page.press("space")
        await page.shows("→ · core-fonts")
        await page.shows("← · report >=1.2")


async def test_a_row_unfolds_further_and_folds_again(needing: Any, opened: Any) -> None:
    async with opened(size=(80, 24)) as page:
        await page.press("7")
        await page.shows("2 problems")
        listing = page.screen.query_one(VirtualList)
        listing.move_to("skills/report")
        before = len(listing.rows)
        await page.press("space")
        await page.shows("→ ▸ pdf-tools >=1.2")
        await page.press("j", "space")
        await page.shows("   → · core-fonts")
        await page.press("k", "space")
        assert len(listing.rows) == before


async def test_a_circle_is_marked_and_does_not_unfold_for_ever(needing: Any, opened: Any) -> None:
    async with opened() as page:
        await page.press("7")
        await page.shows("2 problems")
        listing = page.screen.query_one(VirtualList)
        listing.move_to("skills/one-way")
        await page.press("space", "j", "space", "j")
        await page.shows("→ ↺ one-way")
        rows = len(listing.rows)
        await page.press("space")
        assert len(listing.rows) == rows


async def test_enter_opens_the_skill_of_the_row(needing: Any, opened: Any) -> None:
    async with opened() as page:
        await page.press("7")
        await page.shows("2 problems")
        page.screen.query_one(VirtualList).move_to("skills/core-fonts")
        await page.shows("2 other skills need it: look there before you change it")
        await page.press("enter")
        await page.until(lambda: type(page.screen).__name__ == "SkillScreen", "the skill is open")
        await page.shows("needed by")


async def test_declared_only_leaves_out_what_was_detected(needing: Any, opened: Any) -> None:
    async with opened() as page:
        await page.press("7")
        await page.shows("1 detected")
        await page.press("m")
        await page.until(lambda: "detected" not in page.text, "only what is declared")


async def test_the_detail_of_a_skill_says_what_needs_it(needing: Any, opened: Any) -> None:
    async with opened() as page:
        page.screen.query_one(VirtualList).move_to("skills/pdf-tools")
        await page.shows("report >=1.2 (declared)")
        page.screen.query_one(VirtualList).move_to("skills/report")
        await page.shows("× no-such (missing)")


async def test_a_change_on_disk_shows_after_a_refresh(needing: Any, opened: Any) -> None:
    async with opened() as page:
        await page.press("7")
        await page.shows("2 problems")
        needing.skill("skills/no-such")
        await page.press("r")
        await page.shows("1 problem")


async def test_an_empty_library_says_so(opened: Any, skill_library: Any) -> None:
    skill_library.git("rm", "-rq", "skills")
    skill_library.commit("Remove all")
    async with opened() as page:
        await page.press("escape")
        await page.press("7")
        await page.shows("There are no skills here.")


def test_ten_thousand_rows_are_made_at_once_and_unfold_without_recursion(tmp_path: Path) -> None:
    for number in range(400):
        folder = tmp_path / f"chain-{number:04}"
        folder.mkdir()
        requires = f"metadata: {{requires: chain-{number + 1:04}}}\n" if number < 399 else ""
        (folder / "SKILL.md").write_text(f"---\nname: {folder.name}\ndescription: d\n{requires}---\n")
    rows = GraphRows(read_graph(tmp_path, read_all(tmp_path)[0]))
    row_id = "chain-0000"
    for _ in range(200):
        rows.rows()
        assert rows.toggle(row_id)
        row_id = next(one.id for one in reversed(rows.rows()) if one.id.startswith(row_id + "\0"))
        break
    for _ in range(100):
        assert rows.toggle(row_id)
        deeper = [one.id for one in rows.rows() if one.id.startswith(row_id + "\0")]
        row_id = deeper[0]
    assert len(rows.rows()) == 400 + 101
