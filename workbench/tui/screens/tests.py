"""Every test case of the library: what the last run on the current bytes said, and why a case did not pass."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from textual import events, on
from textual.app import ComposeResult
from textual.containers import Container
from textual.content import Content
from textual.message import Message
from textual.widgets import Static

from workbench.text import plural
from workbench.tui.bindings import bindings_of, key_of
from workbench.tui.case_rows import ALL, COLUMNS, FINE, CaseList, Outcome, case_rows, outcome_of, read_cases, report
from workbench.tui.jobs import Job
from workbench.tui.screens.frame import WorkbenchScreen
from workbench.tui.screens.unsandboxed import UnsandboxedDialog
from workbench.tui.toned import toned
from workbench.tui.widgets.filtered_list import FilteredList
from workbench.tui.widgets.output_view import OutputView
from workbench.tui.widgets.tones import Span
from workbench.tui.widgets.virtual_list import Row, VirtualList

if TYPE_CHECKING:
    from workbench.reviews.listing import LibraryView
    from workbench.testing.results import CaseResult, TestRun
    from workbench.tui.app import WorkbenchApp

_EMPTY = (
    "No skill of this library brings a test case.\n"
    "A YAML file in a skill's tests folder says what to run and what must come of it."
)
_DRAWINGS_PER_SECOND = 8


async def run_tests_of(app: "WorkbenchApp", skill_id: str) -> None:
    """Go to the tests and run all of one skill's cases."""
    await app.switch_mode("tests")
    if isinstance(app.screen, TestsScreen):
        app.screen.run_cases(skill_id)


class TestsScreen(WorkbenchScreen[None]):
    """All cases."""

    __test__ = False

    NAME = "Tests"
    ABOUT = (
        "Every test case that the skills bring, with the outcome of the last run on the skill's current bytes. A case"
        " runs in a sandbox of its own."
    )
    MODE = "tests"
    BINDINGS: ClassVar = bindings_of("test.run")
    CSS_PATH = "tests.tcss"

    @dataclass
    class Began(Message):
        """A case began; posted from the thread that runs it."""

        skill: str
        case: str

    @dataclass
    class Ended(Message):
        """A case ended; posted from the thread that ran it."""

        result: "CaseResult"

    def __init__(self) -> None:
        super().__init__()
        self._cases = CaseList((), {})
        self._outcomes: dict[tuple[str, str], Outcome] = {}
        self._results: dict[tuple[str, str], CaseResult] = {}
        self._job: Job | None = None
        self._wanted: str | None = None
        self._is_stale = False

    def compose_body(self) -> ComposeResult:
        """A summary; the cases; why the one under the cursor did not pass."""
        yield Static(Content(""), id="tests-head")
        with Container(id="tests-body"):
            yield FilteredList(COLUMNS, noun="row", empty="Reading the test cases…", id="tests")
            yield OutputView(id="tests-detail")

    def on_mount(self) -> None:
        """Read the cases if the library is already there."""
        if self.library is not None:
            self.library_changed(self.library)

    def library_changed(self, view: "LibraryView") -> None:
        """Read the cases again."""
        workspace = self.workspace
        if workspace is not None:
            self.run_job(
                "Reading the test cases", lambda _: read_cases(workspace, view.rows), self._show, group="cases"
            )

    def _show(self, cases: CaseList) -> None:
        self._cases = cases
        self._outcomes = {**cases.outcomes, **{key: outcome_of(result) for key, result in self._results.items()}}
        self._draw()
        if self._wanted is not None:
            wanted, self._wanted = self._wanted, None
            self.run_cases(wanted)

    def _draw(self) -> None:
        self._is_stale = False
        cases = self.query_one(FilteredList)
        cases.show(case_rows(self._cases, self._outcomes), empty=_EMPTY)
        self._head()
        self._detail(cases.list.current)

    def _draw_if_stale(self) -> None:
        if self._is_stale:
            self._draw()

    def _head(self) -> None:
        skills = [skill for skill in self._cases.skills if skill.cases or skill.problems]
        without = len(self._cases.skills) - len(skills)
        words = [one.word for one in self._outcomes.values()]
        passed = sum(word == "passed" for word in words)
        not_passed = sum(word not in ("running", *FINE) for word in words)
        aside = sum(word in ("xfail", "skipped") for word in words)
        total = sum(len(skill.cases) for skill in skills)
        not_run = max(0, total - len(words))
        self.query_one("#tests-head", Static).update(
            toned(
                Span(f"{plural(total, 'case')} in {plural(len(skills), 'skill')}", "strong"),
                Span(f"   ✓ {passed} passed" if passed else "", "good"),
                Span(f"   × {not_passed} not passed" if not_passed else "", "bad"),
                Span(f"   ○ {aside} skipped or failing as expected" if aside else "", "muted"),
                Span(f"   {not_run} not run" if not_run else "", "muted"),
                Span(f"   {plural(without, 'skill')} without cases" if without else "", "muted"),
            )
        )

    @on(VirtualList.Moved)
    def _moved(self, event: VirtualList.Moved) -> None:
        self._detail(event.row)

    @on(VirtualList.Opened)
    def _opened(self, event: VirtualList.Opened) -> None:
        if self.has_class("-detail"):
            self.query_one(OutputView).focus()
        else:
            key = key_of("test.run", self.workbench.keymap)
            self.workbench.say(f"Nothing went wrong in the last run of it; {key} runs it.")

    def _detail(self, row: Row | None) -> None:
        """Say why the case under the cursor did not pass, where that is known."""
        text = report(self._cases, self._outcomes, self._results, row.id) if row else ""
        self.set_class(bool(text), "-detail")
        self.query_one(OutputView).show(text, "diff")

    def action_run_tests(self) -> None:
        """Run what is under the cursor: one case, a skill's cases, or all."""
        row = self.query_one(FilteredList).list.current
        if row is not None:
            self.run_cases(row.id)

    def run_cases(self, row_id: str) -> None:
        """Run the cases that a row stands for; a skill's id is the row of all its cases."""
        workspace = self.workspace
        if self._job is not None or workspace is None:
            return
        if not self._cases.skills:
            self._wanted = row_id
            return
        skill, _, case = ("", "", "") if row_id == ALL else row_id.partition("\0")
        ids = [one.id for one in self._cases.skills if one.cases] if row_id == ALL else [skill]
        total = 1 if case else sum(len(one.cases) for one in self._cases.skills if one.id in ids)
        if not total:
            self.workbench.say("This skill brings no test cases: a YAML file in its tests folder would hold them.")
            return
        done = 0

        def work(job: Job) -> "TestRun":
            def ended(result: "CaseResult") -> None:
                nonlocal done
                done += 1
                job.say(f"{done} of {total}")
                self.post_message(self.Ended(result))

            def began(skill_id: str, name: str) -> None:
                self.post_message(self.Began(skill_id, name))

            job.say(f"0 of {total}")
            from workbench.testing.selection import Wanted
            from workbench.testing.session import Listeners

            listeners = Listeners(on_start=began, on_result=ended, cancel=job.cancel)
            return workspace.test(ids, wanted=Wanted(case=case or None), listeners=listeners)

        self._job = self.run_job(
            f"Running {plural(total, 'case')}", work, lambda run: self._ran(run, ids), failed=self._failed,
            group="run", cancellable=True,
        )  # fmt: skip
        self.query_one(FilteredList).list.move_to(row_id)

    def on_tests_screen_began(self, event: Began) -> None:
        """Show that a case runs."""
        self._outcomes[event.skill, event.case] = Outcome("running")
        self._draw_soon()

    def on_tests_screen_ended(self, event: Ended) -> None:
        """Show how a case ended."""
        key = (event.result.skill, event.result.case)
        self._results[key] = event.result
        self._outcomes[key] = outcome_of(event.result)
        self._draw_soon()

    def _draw_soon(self) -> None:
        """Draw a little later, once for all that comes until then."""
        if not self._is_stale:
            self._is_stale = True
            self.set_timer(1 / _DRAWINGS_PER_SECOND, self._draw_if_stale)

    def _failed(self, error: Exception) -> None:
        self._job = None
        self.workbench.show_error(error)
        self._draw()

    def _ran(self, run: "TestRun", ids: list[str]) -> None:
        self._job = None
        for result in run.results:
            self._results[result.skill, result.case] = result
            self._outcomes[result.skill, result.case] = outcome_of(result)
        self._draw()
        if run.refused:
            self._ask(run, ids)
            return
        word = "stopped" if run.cancelled else "passed" if run.ok else "not passed"
        said = f"{word}: {run.passed} passed, {run.failed} failed, {run.errors} in error, {run.skipped} skipped"
        self.workbench.say(f"{said}. {run.note}" if run.note else said)

    def _ask(self, run: "TestRun", ids: list[str]) -> None:
        """Without a sandbox: ask for one skill; for several, one has to decide skill by skill."""
        workspace = self.workspace
        reason = next((result.reason for result in run.results if result.refused), None)
        if len(ids) > 1 or workspace is None:
            self.workbench.say(f"Nothing ran: {reason or 'no sandbox works here'}. Run one skill to decide about it.")
            return

        def answered(yes: bool | None) -> None:
            if yes:
                self.run_job(
                    f"Remembering your answer for {ids[0]}",
                    lambda _: workspace.allow_unsandboxed(ids[0]),
                    lambda _: self.run_cases(ids[0]),
                    quiet=True,
                )

        self.app.push_screen(UnsandboxedDialog(ids[0], reason), answered)

    def go_back(self) -> bool:
        """From the reasons, back to the list."""
        if self.query_one(OutputView).has_focus:
            self.query_one(FilteredList).list.focus()
            return True
        return False

    def on_resize(self, event: events.Resize) -> None:
        """Beside each other where there is room."""
        self.set_class(event.size.width >= 110, "-beside")
