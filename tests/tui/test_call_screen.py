"""A tool is called through its form: errors stand beside their fields, nothing typed is lost, all output is safe."""

import json
from typing import Any

import pytest
from textual.widgets import Checkbox, Input, Select, TextArea

from workbench.sandbox.model import Level
from workbench.tui.screens.call import CallScreen
from workbench.tui.screens.save_case import SaveCaseDialog
from workbench.tui.screens.tools import ToolChooser, ToolsScreen, call_a_tool
from workbench.tui.screens.unsandboxed import UnsandboxedDialog
from workbench.tui.widgets.form import FieldView
from workbench.tui.widgets.output_view import OutputView
from workbench.tui.widgets.tab_line import TabLine
from workbench.tui.widgets.virtual_list import VirtualList

FAILING = "import sys\nprint('no such word', file=sys.stderr)\nsys.exit(3)\n"
SLOW = "import sys, time\nprint('begun', flush=True)\ntime.sleep(60)\n"


def field(page: Any, name: str) -> FieldView:
    return next(view for view in page.screen.query(FieldView) if view.field.name == name)


def wrong(page: Any, name: str) -> str:
    return str(field(page, name).query_one(".wrong").content)


async def open_form(page: Any, name: str = "echo.echo") -> None:
    await page.app.push_screen(CallScreen(page.workspace.tool(name)))
    await page.until(lambda: isinstance(page.screen, CallScreen), "the form opens")


async def ran(page: Any) -> str:
    await page.until(lambda: page.screen._result is not None, "the call ends")
    return page.said("#call-result")


async def test_every_kind_of_field_has_its_control(opened: Any) -> None:
    async with opened() as page:
        await open_form(page)
        controls = {view.field.name: type(view.query_one(".control")) for view in page.screen.query(FieldView)}
        assert controls["words"] is TextArea
        assert controls["times"] is Input
        assert issubclass(controls["loud"], Checkbox)
        assert controls["how"] is Select
        assert field(page, "times").value == "2"
        assert "What to give back." in page.text


async def test_a_call_shows_its_sign_word_exit_code_time_and_pretty_output(opened: Any) -> None:
    async with opened() as page:
        await open_form(page)
        field(page, "words").query_one(TextArea).text = "one\ntwo words"
        await page.pilot.pause()
        assert page.said("#call-preview") == "$ python scripts/echo.py one 'two words'"
        await page.press("ctrl+r")
        said = await ran(page)
        assert said.startswith("✓ ok  exit 0")
        assert "sandbox: " in said
        assert json.loads("\n".join(page.screen.query_one(OutputView).lines)) == {
            "words": ["one", "two words"],
            "count": 2,
        }
        assert [event.source for event in page.workspace.analytics.recent_events()] == ["person"]


async def test_what_is_wrong_stands_beside_the_field_and_nothing_typed_is_lost(opened: Any) -> None:
    async with opened() as page:
        await open_form(page)
        field(page, "times").query_one(Input).value = "many"
        await page.press("ctrl+r")
        await page.until(lambda: wrong(page, "times"), "the error is said")
        assert "whole number" in wrong(page, "times")
        assert "required" in wrong(page, "words")
        assert field(page, "times").value == "many"
        field(page, "words").query_one(TextArea).text = "a"
        field(page, "times").query_one(Input).value = "0"
        await page.press("ctrl+r")
        await page.until(lambda: "1" in wrong(page, "times"), "the schema's bound is said")
        assert wrong(page, "words") == ""
        assert page.workspace.analytics.recent_events() == []


async def test_leaving_the_form_by_accident_loses_nothing(opened: Any) -> None:
    async with opened() as page:
        await open_form(page)
        field(page, "words").query_one(TextArea).text = "typed with care"
        await page.press("escape")
        await open_form(page)
        assert field(page, "words").value == "typed with care"


async def test_output_shows_while_the_tool_runs_and_escape_cancels_it(opened: Any, skill_library: Any) -> None:
    skill_library.write("skills/echo/scripts/echo.py", SLOW)
    async with opened() as page:
        await open_form(page)
        field(page, "words").query_one(TextArea).text = "x"
        await page.press("ctrl+r")
        await page.until(lambda: "begun" in page.screen.query_one(OutputView).lines, "live output")
        await page.press("escape")
        assert (await ran(page)).startswith("○ cancelled")
        assert [event.outcome for event in page.workspace.analytics.recent_events()] == ["cancelled"]


async def test_a_failure_says_why_and_shows_the_diagnostics(opened: Any, skill_library: Any) -> None:
    skill_library.write(
        "skills/echo/scripts/echo.py", "import sys\nprint('no such word', file=sys.stderr)\nsys.exit(3)\n"
    )
    async with opened(size=(80, 24)) as page:
        await open_form(page)
        field(page, "words").query_one(TextArea).text = "x"
        await page.press("ctrl+r")
        said = await ran(page)
        assert said.startswith("× failed  exit 3")
        assert page.screen.query_one(TabLine).selected == 2
        assert list(page.screen.query_one(OutputView).lines) == ["no such word"]


async def test_hostile_output_and_names_act_on_nothing(opened: Any, skill_library: Any) -> None:
    skill_library.write("skills/echo/scripts/echo.py", "print('\\x1b]52;c;aGk=\\x07[/nope]')\n")
    tools = (skill_library.root / "skills/echo/tools.yaml").read_text()
    hostile = tools.replace("What to give back.", r'"[/nope] [@click=app.quit]x[/] \e[2J"').replace("output: json", "")
    skill_library.write("skills/echo/tools.yaml", hostile.replace("plain, upper", r'"[red]\e[2J", upper'))
    async with opened() as page:
        await open_form(page)
        assert "[/nope] [@click=app.quit]x[/] ␛[2J" in page.text
        field(page, "words").query_one(TextArea).text = "\x1b[2J"
        await page.press("ctrl+r")
        await ran(page)
        assert "␛]52;c;aGk=␇[/nope]" in page.text
        assert "\x1b" not in page.text


async def test_without_a_sandbox_it_asks_and_a_no_runs_nothing(opened: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    gone = Level("none", works=False, reason="there is no bubblewrap here", remedy="install it")
    monkeypatch.setattr("workbench.sandbox.run.probe", lambda: gone)
    async with opened() as page:
        await open_form(page)
        field(page, "words").query_one(TextArea).text = "x"
        await page.press("ctrl+r")
        await page.until(lambda: isinstance(page.screen, UnsandboxedDialog), "the question")
        assert "no bubblewrap" in page.said("#reason")
        assert page.app.focused.id == "cancel"
        await page.press("enter")
        assert isinstance(page.screen, CallScreen)
        assert not page.workspace.unsandboxed_allowed("skills/echo")


async def test_a_yes_holds_for_this_very_tree_only(
    opened: Any, skill_library: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    gone = Level("none", works=False, reason="there is no bubblewrap here", remedy="install it")
    monkeypatch.setattr("workbench.sandbox.run.probe", lambda: gone)
    async with opened() as page:
        await open_form(page)
        field(page, "words").query_one(TextArea).text = "x"
        await page.press("ctrl+r")
        await page.until(lambda: isinstance(page.screen, UnsandboxedDialog), "the question")
        await page.press("tab", "enter")
        said = await ran(page)
        assert said.startswith("✓ ok")
        assert "sandbox: none" in said
        skill_library.skill("skills/echo", body="Changed.\n")
        assert not page.workspace.unsandboxed_allowed("skills/echo")


async def test_tools_are_listed_with_their_skills_state_and_open_with_enter(opened: Any) -> None:
    async with opened(mode="tools") as page:
        await page.shows("echo.echo")
        assert "draft" in page.text
        assert isinstance(page.screen, ToolsScreen)
        await page.press("enter")
        assert isinstance(page.screen, CallScreen)


async def test_a_tool_that_cannot_be_called_says_why(opened: Any, skill_library: Any) -> None:
    skill_library.write("skills/echo/tools.yaml", "tools:\n  - name: echo\n    description: x\n    run: []\n")
    async with opened(mode="tools") as page:
        await page.shows("can't be called")
        await page.press("enter")
        assert isinstance(page.screen, ToolsScreen)


async def test_a_skill_with_several_tools_asks_which(opened: Any, skill_library: Any) -> None:
    tools = (skill_library.root / "skills/echo/tools.yaml").read_text()
    second = tools.removeprefix("tools:\n").replace("name: echo", "name: other")
    skill_library.write("skills/echo/tools.yaml", tools + second)
    async with opened() as page:
        call_a_tool(page.app, "skills/echo")
        await page.until(lambda: isinstance(page.screen, ToolChooser), "the choice")
        await page.press("j", "enter")
        await page.until(lambda: isinstance(page.screen, CallScreen), "the form")
        assert page.screen._tool.name == "other"


async def test_a_skill_with_one_tool_opens_it_at_once(opened: Any) -> None:
    async with opened() as page:
        call_a_tool(page.app, "skills/echo")
        await page.until(lambda: isinstance(page.screen, CallScreen), "the form")


async def test_a_library_without_tools_says_what_would_bring_one(opened: Any, skill_library: Any) -> None:
    (skill_library.root / "skills/echo/tools.yaml").unlink()
    async with opened(mode="tools") as page:
        await page.shows("No skill of this library brings a tool.")
        assert len(page.screen.query_one(VirtualList).rows) == 0


async def test_a_call_is_saved_as_a_case_that_passes(opened: Any, skill_library: Any) -> None:
    async with opened(size=(80, 24)) as page:
        await open_form(page)
        await page.press("ctrl+s")
        assert isinstance(page.screen, CallScreen)
        field(page, "words").query_one(TextArea).text = "one\ntwo"
        await page.press("ctrl+r")
        await ran(page)
        await page.press("ctrl+s")
        await page.until(lambda: isinstance(page.screen, SaveCaseDialog), "the dialog")
        await page.press("enter")
        await page.until(lambda: "Not saved" in page.said("#problem"), "a name is needed")
        page.screen.query_one(Input).value = "gives words back"
        page.screen.query_one(Input).focus()
        await page.press("enter")
        await page.until(lambda: "another name" in page.said("#problem"), "the name is taken")
        page.screen.query_one(Input).value = "gives two words back"
        await page.press("enter")
        await page.until(lambda: isinstance(page.screen, CallScreen), "it is saved")
        text = (skill_library.root / "skills/echo/tests/echo.yaml").read_text()
        assert "  - name: gives two words back\n    tool: echo\n    with: {words: [one, two], times: 2}\n" in text
        assert page.workspace.last_results("skills/echo") == {"gives two words back": "ok"}
