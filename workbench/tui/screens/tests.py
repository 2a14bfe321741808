"""Every test case of the library: what the last run on the current bytes said, and why a case did not pass."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from textual import events, on
from textual.app import ComposeResult
from textual.containers import Container
from textual.content import Content
from textual.message import Message
from textual.widgets import Static

from workbench.commands import Scope
from workbench.skills.model import ROOT_ID
from workbench.text import plural
from workbench.tui.bindings import bindings, bindings_of
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
    SCOPES: ClassVar[tuple[Scope, ...]] = ("test", "lists")
    BINDINGS: ClassVar = [*bindings_of("test.run", "open", "skill.edit"), *bindings("test")]
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
        self._ran_on: dict[str, str | None] = {}
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
        """Read the cases again, and forget what ran here on other bytes."""
        for row in view.rows:
            now, then = row.standing.tree, self._ran_on.get(row.id)
            if now is not None and then is not None and now != then and self._job is None:
                del self._ran_on[row.id]
                for key in [key for key in self._results if key[0] == row.id]:
                    del self._results[key]
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
            self.action_open()

    @property
    def _place(self) -> tuple[str, str, int] | None:
        """Skill, file in it and line of the row under the cursor: where a case went wrong, else where it begins."""
        row = self.query_one(FilteredList).list.current
        skill_id, _, name = row.id.partition("\0") if row is not None and row.id != ALL else ("", "", "")
        skill = next((one for one in self._cases.skills if one.id == skill_id), None)
        if skill is None:
            return None
        prefix = "" if skill_id == ROOT_ID else f"{skill_id}/"
        if not name:
            wrong = next((one for one in skill.problems if one.path), None)
            path, line = (wrong.path or "", wrong.line or 1) if wrong else ("", 1)
        else:
            case = next((one for one in skill.cases if one.name == name), None)
            result = self._results.get((skill_id, name))
            place = result.place if result is not None else case.place() if case is not None else ""
            path, _, number = place.rpartition(":")
            line = int(number) if number.isdigit() else 1
            wrong_lines = [one.line for one in result.mismatches if one.line] if result is not None else []
            line = wrong_lines[0] if wrong_lines else line
        return (skill_id, path.removeprefix(prefix), line) if path else None

    def action_open(self) -> None:
        """Show the file of the case at its line, or at what did not hold."""
        if (place := self._place) is not None:
            self.workbench.show_file(*place)

    def action_edit(self) -> None:
        """Open the file of the case in the user's editor, at its line."""
        from workbench.tui.editor import edit

        if (place := self._place) is not None and self.workspace is not None:
            skill_id, path, line = place
            edit(self.workbench, self.workspace.root / skill_id / path, line)

    def action_compare_cases(self) -> None:
        """Run the cases of the approved version and of now."""
        from workbench.tui.screens.compared_cases import ComparedCasesScreen

        row = self.query_one(FilteredList).list.current
        if row is not None and row.id != ALL:
            self.workbench.push_screen(ComparedCasesScreen(row.id.partition("\0")[0]))
        else:
            self.workbench.say("Choose a skill or a case: versions are compared skill by skill.")

    def action_write_snapshot(self) -> None:
        """Show what the snapshots of the case, or of the skill's cases, would hold now; write them after a yes."""
        from workbench.testing.snapshots import changes, write
        from workbench.tui.screens.update_snapshot import UpdateSnapshotDialog

        row, workspace = self.query_one(FilteredList).list.current, self.workspace
        if row is None or workspace is None:
            return
        skill, _, name = ("", "", "") if row.id == ALL else row.id.partition("\0")
        # All results of the skill: two cases that want different texts in one snapshot are found out by both.
        found = changes(one for (id_, _), one in self._results.items() if skill in ("", id_))
        found = [change for change in found if not name or name in change.cases]
        if not found:
            self.workbench.say("No snapshot differs in what ran here; run the case first.")
            return

        def answered(yes: bool | None) -> None:
            chosen = [change for change in found if change.hindrance is None]
            if yes and chosen:
                self.run_job("Writing snapshots", lambda _: write(workspace.root, chosen), written)

        def written(_: None) -> None:
            self.workbench.refresh_library()
            self.run_cases(row.id)

        self.app.push_screen(UpdateSnapshotDialog(found), answered)

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
        self._start(ids, (case,) if case else (), total)
        self.query_one(FilteredList).list.move_to(row_id)

    def action_run_failed(self) -> None:
        """Run what is shown as not passed again."""
        bad = [key for key, one in self._outcomes.items() if one.word not in ("running", *FINE)]
        if not bad:
            self.workbench.say("No case is shown as not passed.")
        elif self._job is None:
            ids = list(dict.fromkeys(skill for skill, _ in bad))
            self._start(ids, tuple(dict.fromkeys(name for _, name in bad)), len(bad))

    def _start(self, ids: list[str], names: tuple[str, ...], total: int) -> None:
        """Run the cases of these skills, only those of these names if there are any."""
        workspace = self.workspace
        if workspace is None:
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
            return workspace.test(ids, wanted=Wanted(globs=names), listeners=listeners)

        self._job = self.run_job(
            f"Running {plural(total, 'case')}", work, lambda run: self._ran(run, ids), failed=self._failed,
            group="run", cancellable=True,
        )  # fmt: skip

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
        self._ran_on.update(run.trees or {})
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
