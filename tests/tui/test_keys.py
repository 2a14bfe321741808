"""Keys come from the registry, and the user's keymap is laid over them."""

import ast
from importlib import import_module
from pathlib import Path
from typing import Any

from textual.binding import Binding

import workbench.tui
from workbench.commands import COMMANDS, in_scope
from workbench.config import Settings
from workbench.tui.app import WorkbenchApp
from workbench.tui.bindings import bindings, bindings_of, check_keymap, command_of, show_key
from workbench.tui.places import MODES, SCREENS
from workbench.tui.widgets.virtual_list import VirtualList

SOURCES = sorted(Path(workbench.tui.__file__).parent.rglob("*.py"))


def test_every_command_of_a_scope_has_a_binding_with_its_id() -> None:
    made = bindings("skill", "tabs")
    assert {b.id for b in made if isinstance(b, Binding)} == {c.id for c in in_scope("skill", "tabs") if c.keys}
    assert all(isinstance(b, Binding) and command_of(b) is not None for b in made)


def test_a_binding_carries_the_registrys_words() -> None:
    [binding] = bindings_of("review.diff")
    assert isinstance(binding, Binding)
    assert (binding.key, binding.action, binding.description) == ("d", "review", "Review changes")


def test_no_screen_writes_a_binding_by_hand() -> None:
    by_hand = [
        f"{path.name}:{node.lineno}"
        for path in SOURCES
        if path.name != "bindings.py"
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "Binding"
    ]
    assert by_hand == []


def test_every_action_of_the_registry_exists_somewhere_in_the_screens() -> None:
    text = "\n".join(path.read_text(encoding="utf-8") for path in SOURCES)
    missing = [
        one.id
        for one in COMMANDS
        if one.action
        and not one.action.startswith("app.")
        and f"def action_{one.action.partition('(')[0]}(" not in text
    ]
    assert missing == []


def test_a_key_of_the_user_replaces_the_registrys() -> None:
    keymap, wrong = check_keymap({"move.down": "ctrl+n, 0"})
    assert wrong == []
    assert keymap == {"move.down": ("ctrl+n", "0")}


def test_an_unknown_command_is_named_with_the_near_one() -> None:
    keymap, [error] = check_keymap({"review.aprove": "ctrl+y"})
    assert keymap == {}
    assert "review.aprove" in error.what
    assert error.remedy == "did you mean 'review.approve'?"


def test_two_commands_on_one_key_are_a_message() -> None:
    _, [error] = check_keymap({"review.comment": "A"})
    assert "review.approve" in error.what
    assert "review.comment" in error.what


def test_keys_are_shown_as_people_write_them() -> None:
    assert [show_key(key) for key in ("ctrl+p", "enter", "?", "escape")] == ["^p", "Enter", "?", "Esc"]


def test_every_screen_that_a_key_or_the_palette_shows_can_be_imported() -> None:
    shown = {one.action[6:-2] for one in COMMANDS if one.action and one.action.startswith("show('")}
    gone_to = {one.action[4:-2] for one in COMMANDS if one.action and one.action.startswith("go('")}
    assert shown == set(SCREENS)
    assert gone_to == set(MODES)
    for place in [*SCREENS.values(), *MODES.values()]:
        module, _, name = place.partition(":")
        assert hasattr(import_module(f"workbench.tui.screens.{module}"), name)


async def test_the_users_keymap_works_on_the_screen(skill_library: Any) -> None:
    from workbench.workspace import Workspace

    skill_library.skill("skills/zeta")
    settings = Settings(keymap={"move.down": "z"})
    app = WorkbenchApp(Workspace.open(skill_library.root, settings=settings), settings=settings)
    async with app.run_test(size=(80, 24)) as pilot:
        await app.workers.wait_for_complete()
        await pilot.pause()
        listing = app.screen.query_one(VirtualList)
        await pilot.press("z")
        assert listing.cursor == 1
        await pilot.press("k", "j")
        assert listing.cursor == 0, "j is no longer the key for down"


async def test_the_footer_shows_at_most_seven_keys_and_a_click_presses_one(opened: Any) -> None:
    async with opened(size=(80, 24)) as page:
        footer = page.text.splitlines()[-1]
        assert "Enter Open" in footer
        assert footer.rstrip().endswith("? Help")
        await page.pilot.click("KeyBar", offset=(footer.index("? Help"), 0))
        await page.shows("what it does")


async def test_q_closes_what_is_open_and_then_leaves(opened: Any) -> None:
    async with opened(size=(80, 24)) as page:
        await page.press("@")
        assert len(page.app.screen_stack) == 2
        await page.press("q")
        assert len(page.app.screen_stack) == 1
        await page.press("q")
        assert page.app._exit


async def test_ctrl_c_leaves_from_anywhere(opened: Any) -> None:
    async with opened(size=(80, 24)) as page:
        await page.press("slash", "x", "ctrl+c")
        assert page.app._exit


async def test_escape_at_the_top_changes_nothing(opened: Any) -> None:
    async with opened(size=(80, 24)) as page:
        before = page.text
        await page.press("escape", "escape", "escape")
        assert page.text == before
        assert not page.app._exit
