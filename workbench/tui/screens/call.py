"""Calling a tool: a form made from its schema, the command it comes to, what it writes as it runs, and its result."""

import codecs
import json
import shlex
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar
from weakref import WeakKeyDictionary

from textual import events, on
from textual.app import ComposeResult
from textual.containers import Container, Vertical
from textual.content import Content
from textual.timer import Timer
from textual.widgets import Static

from workbench.commands import Scope
from workbench.errors import WorkbenchError
from workbench.sandbox.model import Stream
from workbench.tools import argv, forms
from workbench.tools.model import CallResult, RunForm, Tool
from workbench.tui.bindings import bindings, key_of
from workbench.tui.jobs import Job
from workbench.tui.screens.frame import WorkbenchScreen
from workbench.tui.screens.tools import why_not
from workbench.tui.screens.unsandboxed import UnsandboxedDialog
from workbench.tui.toned import toned
from workbench.tui.units import duration
from workbench.tui.widgets.form import FormView
from workbench.tui.widgets.output_view import Look, OutputView
from workbench.tui.widgets.tab_line import TabLine
from workbench.tui.widgets.tones import Span
from workbench.workspace import Workspace

_DRAINS_PER_SECOND = 10
_MOST_WAITING = 1 << 20
"""Characters of live output kept between two drawings; older ones are dropped."""

Typed = dict[str, str | bool]

_typed: WeakKeyDictionary[Workspace, dict[str, Typed]] = WeakKeyDictionary()
"""What was typed last, by library and tool: leaving a form by accident loses nothing. Secrets are not kept."""


@dataclass(frozen=True, slots=True)
class Wrong:
    """Why nothing ran: what is wrong, by field name."""

    errors: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Shown:
    """A result, with its output as text to show."""

    result: CallResult
    output: str
    look: Look


class LiveOutput:
    """What a running program writes, handed from its thread to the screen; bounded."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._waiting = ""
        make = codecs.getincrementaldecoder("utf-8")
        self._decoders = {"stdout": make("replace"), "stderr": make("replace")}

    def write(self, stream: Stream, data: bytes) -> None:
        """Take in what came; called from the program's thread."""
        with self._lock:
            self._waiting = (self._waiting + self._decoders[stream].decode(data))[-_MOST_WAITING:]

    def drain(self) -> str:
        """What came since the last time."""
        with self._lock:
            waiting, self._waiting = self._waiting, ""
        return waiting


def preview(tool: Tool, arguments: Mapping[str, Any]) -> str:
    """The command or function that a call comes to. Raises InputError where the values can't be given to it."""
    if isinstance(tool.form, RunForm):
        return shlex.join(argv.expand(tool.form, arguments))
    given = ", ".join(f"{name}={json.dumps(value, ensure_ascii=False)}" for name, value in arguments.items())
    return f"{tool.form.file}:{tool.form.function}({given})"


def verdict_of(result: CallResult) -> Span:
    """How a call ended, as a sign and a word."""
    if result.ok:
        return Span("✓ ok", "good")
    return Span("○ cancelled", "muted") if result.outcome == "cancelled" else Span(f"× {result.outcome}", "bad")


def run_tool(workspace: Workspace, tool: Tool, values: Mapping[str, str | bool], live: LiveOutput, job: Job) -> Any:
    """Check what was typed and call the tool; gives `Wrong` if nothing ran, else `Shown`. Takes time."""
    from workbench.tools import schemas

    form = forms.fields(tool.input_schema)
    filled = forms.parse(form, values)
    if filled.errors:
        return Wrong(filled.errors)
    wrong = schemas.validate(tool.input_schema, filled.arguments)
    if wrong:
        return Wrong(forms.by_field(form, wrong))
    result = workspace.call(tool, filled.arguments, on_output=live.write, cancel=job.cancel)
    if result.output is None:
        return Shown(result, "", "plain")
    if isinstance(result.output, str):
        return Shown(result, result.output, "plain")
    return Shown(result, json.dumps(result.output, indent=2, ensure_ascii=False), "json")


class CallScreen(WorkbenchScreen[None]):
    """One tool: its form, and what came of the last run."""

    NAME = "Call a tool"
    ABOUT = (
        "A form made from the tool's schema. Running it starts the program in the sandbox, in an empty folder of its"
        " own without network; what it writes shows at once, and every run is kept in the analytics."
    )
    SCOPES: ClassVar[tuple[Scope, ...]] = ("call", "tabs")
    BINDINGS: ClassVar = bindings("call", "tabs")
    CSS_PATH = "call.tcss"
    AUTO_FOCUS = ""

    def __init__(self, tool: Tool) -> None:
        super().__init__()
        self._tool = tool
        self._kept: Typed = {}
        self._fields = forms.fields(tool.input_schema)
        self._live = LiveOutput()
        self._calling: Job | None = None
        self._drains: Timer | None = None
        self._result: Shown | None = None

    def compose_body(self) -> ComposeResult:
        """The tool; its form and the command; its output."""
        if self.workspace is not None:
            self._kept = _typed.setdefault(self.workspace, {}).setdefault(self._key, {})
        yield Static(Content(""), id="call-head")
        with Container(id="call-body"):
            with Vertical(id="call-left"):
                yield FormView(self._fields, self._kept, id="call-form")
                yield Static(Content(""), id="call-preview")
            with Vertical(id="call-right"):
                yield Static(Content(""), id="call-result")
                yield TabLine(("Output", "Standard output", "Diagnostics"), id="call-tabs")
                yield OutputView(empty="Nothing was written.", id="call-output")

    @property
    def _key(self) -> str:
        return f"{self._tool.skill}\0{self._tool.name}"

    def on_mount(self) -> None:
        """Show the form; the output takes its place when there is one."""
        self._head()
        self._preview()
        wrong = why_not(self._tool)
        if wrong:
            self.query_one(FormView).complain({"": f"this tool can't be called: {wrong}"})
        self.query_one(FormView).focus_first()

    def _head(self) -> None:
        from workbench.tui.skill_rows import state_span

        row = next((row for row in self.library.rows if row.id == self._tool.skill), None) if self.library else None
        state = state_span(row) if row else Span("")
        name = toned(Span(self._tool.id, "strong"), "  ", state, Span(f"  {self._tool.skill}", "muted"))
        about = toned(Span(" ".join(self._tool.description.split()), "muted"))
        self.query_one("#call-head", Static).update(Content("\n").join((name, about)))

    @on(FormView.Changed)
    def _preview(self) -> None:
        """Keep what is typed so far, and show what the call comes to with it."""
        values = self.query_one(FormView).values
        secret = {one.name for one in self._fields if one.secret}
        self._kept.update({name: value for name, value in values.items() if name not in secret})
        filled = forms.parse(self._fields, values)
        if filled.errors:
            missing = [name for name, what in filled.errors.items() if what == "is required"]
            said = f"still to fill in: {', '.join(missing)}" if missing else "something can't be read yet"
            shown = toned(Span(said, "muted"))
        else:
            try:
                shown = toned(Span("$ ", "accent"), preview(self._tool, filled.arguments))
            except WorkbenchError as error:
                shown = toned(Span(f"! {error.what}", "attention"))
        self.query_one("#call-preview", Static).update(shown)

    def action_run(self) -> None:
        """Check the form and run the tool, unless it runs already."""
        workspace = self.workspace
        if self._calling is not None or workspace is None or why_not(self._tool):
            return
        values, tool, live = self.query_one(FormView).values, self._tool, self._live
        live.drain()
        self.query_one(FormView).complain({})
        self._calling = self.run_job(
            f"Running {tool.id}",
            lambda job: run_tool(workspace, tool, values, live, job),
            self._ran,
            failed=self._could_not_run,
            group="call",
            cancellable=True,
        )
        self._drains = self.set_interval(1 / _DRAINS_PER_SECOND, self._drain)
        self._result = None
        self.query_one("#call-result", Static).update(toned(Span("… running", "accent")))
        self._output.clear()
        self.add_class("-ran")
        self.query_one(TabLine).select(1)

    @property
    def _output(self) -> OutputView:
        return self.query_one("#call-output", OutputView)

    def _drain(self) -> None:
        if self._calling is not None:
            said = self._live.drain()
            if said:
                self._output.append(said)
            self.query_one("#call-result", Static).update(
                toned(Span("… running", "accent"), Span(f"  {duration(self._calling.elapsed * 1000)}", "muted"))
            )

    def _end(self) -> None:
        """The call is over: nothing more to draw as it comes."""
        self._calling = None
        if self._drains is not None:
            self._drains.stop()

    def _ran(self, outcome: Wrong | Shown) -> None:
        self._end()
        if isinstance(outcome, Wrong):
            self.remove_class("-ran")
            self.query_one(FormView).complain(outcome.errors)
            return
        if outcome.result.outcome == "refused":
            self.remove_class("-ran")
            dialog = UnsandboxedDialog(self._tool.skill, outcome.result.reason)
            self.app.push_screen(dialog, self._answered)
            return
        self._result = outcome
        self._say_result(outcome.result)
        tabs = self.query_one(TabLine)
        lines = len(outcome.result.stderr.splitlines())
        tabs.rename(2, f"Diagnostics ({lines})" if lines else "Diagnostics")
        tabs.select(0 if outcome.output else 2 if outcome.result.stderr else 1)
        self._show_tab()
        self._output.focus()

    def _could_not_run(self, error: WorkbenchError) -> None:
        self._end()
        self.remove_class("-ran")
        self.query_one(FormView).complain({"": str(error)})
        self.workbench.show_error(error)

    def _say_result(self, result: CallResult) -> None:
        exit_code = "no exit code" if result.exit_code is None else f"exit {result.exit_code}"
        weak = result.level.startswith("none")
        facts = toned(
            verdict_of(result),
            Span(f"  {exit_code}  {duration(result.duration_ms)}  ", "muted"),
            Span(f"sandbox: {result.level}", "attention" if weak else "muted"),
            Span("  output was cut" if result.truncated else "", "attention"),
        )
        reason = toned(Span(result.reason, "attention")) if result.reason else Content("")
        self.query_one("#call-result", Static).update(Content("\n").join([facts, reason] if reason else [facts]))

    def _answered(self, yes: bool | None) -> None:
        """After the question whether to run this very tree without a sandbox."""
        workspace = self.workspace
        if not yes or workspace is None:
            self.query_one(FormView).focus_first()
            return
        skill = self._tool.skill
        self.run_job(
            f"Remembering your answer for {skill}",
            lambda _: workspace.allow_unsandboxed(skill),
            lambda _: self.action_run(),
            quiet=True,
        )

    @on(TabLine.Selected)
    def _show_tab(self) -> None:
        shown = self._result
        if shown is None:
            return
        tab = self.query_one(TabLine).selected
        if tab == 0:
            self._output.show(shown.output, shown.look)
        else:
            self._output.show(shown.result.stdout if tab == 1 else shown.result.stderr)

    def action_save_case(self) -> None:
        """Ask for a name and save the last call as a case of the skill."""
        from workbench.tui.screens.save_case import SaveCaseDialog

        if self._result is None or self.workspace is None:
            key = key_of("call.run", self.workbench.keymap)
            self.workbench.say(f"There is no call to save yet: {key} runs the tool.")
        else:
            self.app.push_screen(SaveCaseDialog(self.workspace, self._tool, self._result.result))

    def action_next_tab(self) -> None:
        """The next part of the result."""
        self.query_one(TabLine).step(1)

    def action_previous_tab(self) -> None:
        """The part of the result before."""
        self.query_one(TabLine).step(-1)

    def go_back(self) -> bool:
        """From the result, back to the form."""
        if self.has_class("-ran") and self._output.has_focus:
            self.query_one(FormView).focus_first()
            return True
        return False

    def on_resize(self, event: events.Resize) -> None:
        """Beside each other where there is room."""
        self.set_class(event.size.width >= 110, "-beside")
