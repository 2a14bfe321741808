"""Every tool of the library: what it does, which skill brings it, and whether it can be called."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, ClassVar

from textual import on
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.content import Content
from textual.widgets import Static

from workbench.text import visible
from workbench.tools.model import RunForm, Tool
from workbench.tui.bindings import bindings_of
from workbench.tui.jobs import Job, run_job
from workbench.tui.screens.dialog import Dialog
from workbench.tui.screens.frame import WorkbenchScreen
from workbench.tui.skill_rows import state_span
from workbench.tui.toned import toned, toned_lines
from workbench.tui.widgets.columns import Column
from workbench.tui.widgets.filtered_list import FilteredList
from workbench.tui.widgets.tones import Span
from workbench.tui.widgets.virtual_list import Row, VirtualList

if TYPE_CHECKING:
    from workbench.reviews.listing import LibraryView, SkillRow
    from workbench.tui.app import WorkbenchApp

_COLUMNS = (Column("Tool", 28), Column("Skill's state", 19), Column("Description", 0, least=60))
_CHOICES = (Column("Tool", 26), Column("Description", 0))
_EMPTY = (
    "No skill of this library brings a tool.\n"
    "A tools.yaml beside a SKILL.md names the scripts that can be called, and what they take."
)


def row_id(tool: Tool) -> str:
    """What tells a tool from all others of the library."""
    return f"{tool.skill}\0{tool.name}"


def why_not(tool: Tool) -> str | None:
    """Why a tool can't be called; None if it can."""
    error = next((problem for problem in tool.problems if problem.severity == "error"), None)
    if error is None:
        return None
    place = f" ({error.path}:{error.line})" if error.path and error.line else ""
    return f"{error.message}{place}"


def tool_rows(tools: Sequence[Tool], skills: "Mapping[str, SkillRow]") -> list[Row]:
    """The rows of the list, by name."""
    rows = []
    for tool in sorted(tools, key=lambda tool: (tool.id.casefold(), tool.skill)):
        skill = skills.get(tool.skill)
        rows.append(Row(row_id(tool), (tool.id, state_span(skill) if skill else "", _about(tool))))
    return rows


def what_runs(tool: Tool) -> str:
    """The command's pattern, or the function."""
    if isinstance(tool.form, RunForm):
        return " ".join(part if isinstance(part, str) else f"[{part[0]}]" for part in tool.form.argv)
    return f"{tool.form.file}:{tool.form.function}"


def _about(tool: Tool) -> Span:
    """What a tool does, or why it can't be called; one line."""
    wrong = why_not(tool)
    return Span(f"× can't be called: {wrong}", "bad") if wrong else Span(" ".join(tool.description.split()), "muted")


def call_a_tool(app: "WorkbenchApp", skill_id: str) -> None:
    """Open the form of a skill's tool; of several, let the user choose one."""
    workspace = app.workspace
    if workspace is None:
        return

    def choose(tools: tuple[Tool, ...]) -> None:
        if not tools:
            app.say("This skill brings no tools: a tools.yaml beside its SKILL.md would name them.")
        elif len(tools) == 1:
            open_tool(app, tools[0])
        else:
            app.push_screen(ToolChooser(tools), lambda tool: open_tool(app, tool) if tool else None)

    run_job(app.screen, f"Reading the tools of {skill_id}", lambda _: workspace.tools(skill_id), choose, group="tools")


def open_tool(app: "WorkbenchApp", tool: Tool) -> None:
    """Open a tool's form, or say why it can't be called."""
    from workbench.tui.screens.call import CallScreen

    wrong = why_not(tool)
    if wrong:
        app.notify(visible(f"{tool.id} can't be called: {wrong}"), severity="warning", markup=False)
    else:
        app.push_screen(CallScreen(tool))


class ToolsScreen(WorkbenchScreen[None]):
    """All tools."""

    NAME = "Tools"
    ABOUT = (
        "Every tool that the skills of this library bring. Listing them runs nothing; a tool runs only when you"
        " call it, in the sandbox."
    )
    MODE = "tools"
    BINDINGS: ClassVar = bindings_of("tool.call")
    CSS_PATH = "tools.tcss"

    def __init__(self) -> None:
        super().__init__()
        self._tools: dict[str, Tool] = {}

    def compose_body(self) -> ComposeResult:
        """The list, and the tool under the cursor in full."""
        yield FilteredList(_COLUMNS, noun="tool", empty="Reading the tools…", id="tools")
        with Vertical(id="tool-detail"):
            yield Static(Content(""), id="tool-name")
            yield Static(Content(""), id="tool-about")

    def on_mount(self) -> None:
        """Read the tools if the library is already there."""
        if self.library is not None:
            self.library_changed(self.library)

    def library_changed(self, view: "LibraryView") -> None:
        """Read the tools again."""
        workspace = self.workspace
        if workspace is None:
            return
        skills = {row.id: row for row in view.rows}

        def read(_: Job) -> tuple[tuple[Tool, ...], list[Row]]:
            tools = workspace.tools()
            return tools, tool_rows(tools, skills)

        self.run_job("Reading the tools", read, self._show, group="tools")

    def _show(self, read: tuple[tuple[Tool, ...], list[Row]]) -> None:
        tools, rows = read
        self._tools = {row_id(tool): tool for tool in tools}
        self.query_one(FilteredList).show(rows, empty=_EMPTY)
        self._detail(self.query_one(FilteredList).list.current)

    @on(VirtualList.Moved)
    def _moved(self, event: VirtualList.Moved) -> None:
        self._detail(event.row)

    def _detail(self, row: Row | None) -> None:
        tool = self._tools.get(row.id) if row else None
        name = about = Content("")
        if tool is not None:
            place = Span(f"  {tool.skill}  runs ", "muted")
            name = toned(Span(tool.id, "strong"), place, Span(what_runs(tool), "accent"))
            about = toned(_about(tool))
        self.query_one("#tool-name", Static).update(name)
        self.query_one("#tool-about", Static).update(about)

    @on(VirtualList.Opened)
    def action_call_tool(self) -> None:
        """Open the form of the tool under the cursor."""
        row = self.query_one(FilteredList).list.current
        tool = self._tools.get(row.id) if row else None
        if tool is not None:
            open_tool(self.workbench, tool)


class ToolChooser(Dialog[Tool]):
    """Which of a skill's tools to call."""

    CSS_PATH = "tools.tcss"
    AUTO_FOCUS = "VirtualList"

    def __init__(self, tools: Sequence[Tool]) -> None:
        super().__init__()
        self._tools = {row_id(tool): tool for tool in tools}

    def compose(self) -> ComposeResult:
        """The tools, each with what it does."""
        rows = [Row(id_, (tool.name, _about(tool))) for id_, tool in self._tools.items()]
        with Vertical(id="dialog"):
            yield Static(toned_lines(Span("Which tool?", "title")))
            yield VirtualList(_CHOICES, rows, heading=False)

    @on(VirtualList.Opened)
    def _chosen(self, event: VirtualList.Opened) -> None:
        self.dismiss(self._tools[event.row.id])
