"""The screen of what agents read besides skills: riskiest first, changes shown, secrets never."""

import json
from pathlib import Path
from typing import Any

import pytest

from workbench.tui.widgets.virtual_list import VirtualList

SECRET = "hunter2hunter2"


@pytest.fixture
def agents(skill_library: Any) -> Any:
    """A project with instructions, a hook and a server, committed."""
    hook = {"matcher": "Bash", "hooks": [{"type": "command", "command": "./check.sh --token " + SECRET}]}
    server = {"command": "npx", "args": ["db-mcp"], "env": {"DB_PASSWORD": SECRET}}
    skill_library.write("CLAUDE.md", "Be kind.\n")
    skill_library.write(".claude/settings.json", json.dumps({"hooks": {"PreToolUse": [hook]}}))
    skill_library.write(".mcp.json", json.dumps({"mcpServers": {"db": server}}))
    skill_library.commit("Add what agents read")
    return skill_library


def cursor_on(page: Any, words: str) -> None:
    listing = page.screen.query_one(VirtualList)
    listing.move_to(next(row.id for row in listing.rows if words in "".join(str(cell) for cell in row.cells)))


@pytest.mark.parametrize("size", [(80, 24), (120, 40)])
async def test_what_runs_programs_stands_first_and_no_secret_is_shown(
    agents: Any, opened: Any, size: tuple[int, int]
) -> None:
    async with opened(size=size) as page:
        await page.press("8")
        await page.shows("3 entries   3 new")
        lines = [line for line in page.text.splitlines() if "+ new" in line]
        assert ["settings.json" in lines[0], ".mcp.json" in lines[1], "CLAUDE.md" in lines[2]] == [True] * 3
        await page.shows("runs ./check.sh --token •••")
        cursor_on(page, ".mcp.json")
        await page.press("enter")
        await page.shows("env: DB_PASSWORD")
        assert SECRET not in page.text


async def test_a_secret_in_a_sub_agents_frontmatter_is_not_shown(agents: Any, opened: Any) -> None:
    front = f"mcpServers: {{m: {{command: x, env: {{K: {SECRET}}}}}}}"
    agents.write(".claude/agents/rev.md", f"---\ndescription: d\n{front}\n---\nReview well.\n")
    async with opened() as page:
        await page.press("8")
        await page.shows("5 new")
        listing = page.screen.query_one(VirtualList)
        listing.move_to(next(row.id for row in listing.rows if row.id.endswith("rev.md\0")))
        await page.press("enter")
        await page.shows("Review well.")
        assert "K: •••" in page.text
        assert SECRET not in page.text


async def test_accepted_entries_stay_same_until_they_change_and_the_change_is_shown(agents: Any, opened: Any) -> None:
    async with opened() as page:
        await page.press("8")
        await page.shows("3 new")
        await page.press("K", "K", "K")
        await page.shows("✓ all as you accepted it")
        agents.write("CLAUDE.md", "Be kind.\nBe quick.\n")
        await page.press("r")
        await page.shows("1 changed")
        cursor_on(page, "CLAUDE.md")
        await page.press("enter")
        await page.shows("changed since you accepted it")
        assert "+Be quick." in page.text
        assert "-Be kind." not in page.text
        await page.press("K")
        await page.shows("✓ all as you accepted it")


async def test_what_is_accepted_is_what_was_listed_and_not_what_came_after(agents: Any, opened: Any) -> None:
    async with opened() as page:
        await page.press("8")
        await page.shows("3 new")
        agents.write("CLAUDE.md", "Be evil.\n")
        cursor_on(page, "CLAUDE.md")
        await page.press("K")
        await page.shows("1 changed")


async def test_a_text_that_git_does_not_know_says_so(agents: Any, opened: Any) -> None:
    agents.write("AGENTS.md", "One.\n")
    async with opened() as page:
        await page.press("8")
        await page.shows("4 new")
        cursor_on(page, "AGENTS.md")
        await page.press("K")
        await page.shows("3 new")
        agents.write("AGENTS.md", "Two.\n")
        await page.press("r")
        await page.shows("1 changed")
        cursor_on(page, "AGENTS.md")
        await page.press("enter")
        await page.shows("Only the digest of what you accepted is kept")


async def test_accepting_all_asks_first_and_keeps_to_what_the_filter_shows(agents: Any, opened: Any) -> None:
    async with opened() as page:
        await page.press("8")
        await page.shows("3 new")
        await page.press("slash")
        await page.type("claude.md")
        await page.press("enter", "ctrl+a")
        await page.shows("Take 1 entry as read?")
        await page.press("escape")
        assert "3 new" in page.text
        await page.press("ctrl+a")
        await page.shows("Take 1 entry as read?")
        await page.press("tab", "enter")
        await page.shows("2 new")


async def test_what_is_gone_is_shown_and_can_be_let_go(agents: Any, opened: Any) -> None:
    async with opened() as page:
        await page.press("8")
        await page.shows("3 new")
        await page.press("K", "K", "K")
        await page.shows("✓ all as you accepted it")
        (agents.root / "CLAUDE.md").unlink()
        await page.press("r")
        await page.shows("1 gone")
        cursor_on(page, "gone")
        await page.press("enter")
        await page.shows("no longer there")
        await page.press("K")
        await page.shows("✓ all as you accepted it")


async def test_a_broken_file_says_what_is_wrong_and_what_to_do(agents: Any, opened: Any) -> None:
    agents.write(".mcp.json", '{"mcpServers": {')
    async with opened() as page:
        await page.press("8")
        await page.shows("1 problem")
        cursor_on(page, ".mcp.json")
        await page.shows("mend the file")
        await page.press("enter")
        await page.shows("not JSON that can be read")


async def test_hostile_names_stay_text(agents: Any, opened: Any) -> None:
    agents.write(".mcp.json", json.dumps({"mcpServers": {"[b]x[/]\x1b[2J": {"command": "[link=x]\x1b]0;t\x07"}}}))
    agents.write("GEMINI.md", "\x1b[31m[red]hi\u202e\n")
    async with opened() as page:
        await page.press("8")
        await page.shows("[b]x[/]")
        assert "\x1b" not in page.text
        cursor_on(page, "GEMINI.md")
        await page.press("enter")
        await page.shows("[red]hi")
        assert "\x1b" not in page.text


async def test_an_empty_place_says_why(opened: Any) -> None:
    async with opened() as page:
        await page.press("8")
        await page.shows("No agent reads anything here besides skills.")


def test_nothing_but_digests_is_kept(agents: Any, tmp_path: Path) -> None:
    from workbench.skills.inventory.ledger import acknowledge, take_inventory
    from workbench.storage import Store

    store = Store(tmp_path / "w.db")
    found = take_inventory(agents.root, tmp_path / "home", {}, store)
    acknowledge(store, agents.root, found.entries)
    store.close()
    kept = b"".join(file.read_bytes() for file in tmp_path.glob("w.db*"))
    assert SECRET.encode() not in kept
    assert b"Be kind" not in kept
