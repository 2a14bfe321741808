"""The cases of a skill before and after: the approved version against what is there now, each one's cases on both."""

import time
from typing import TYPE_CHECKING, ClassVar

from textual import on
from textual.app import ComposeResult
from textual.content import Content
from textual.widgets import Static

from workbench.commands import Scope
from workbench.errors import InputError, WorkbenchError
from workbench.text import plural, visible
from workbench.tui.case_rows import word_span
from workbench.tui.jobs import Job
from workbench.tui.screens.frame import WorkbenchScreen
from workbench.tui.toned import toned
from workbench.tui.widgets.columns import Column
from workbench.tui.widgets.filtered_list import FilteredList
from workbench.tui.widgets.tones import Span
from workbench.tui.widgets.virtual_list import Row, VirtualList

if TYPE_CHECKING:
    from workbench.testing.comparison import ComparedCase, Comparison

_COLUMNS = (
    Column("Case", 0),
    Column("Before", 11),
    Column("After", 11),
    Column("Old on new", 11, least=100),
    Column("New on old", 11, least=100),
    Column("Verdict", 15),
)
_NONE = "Neither version has cases."


class ComparedCasesScreen(WorkbenchScreen[None]):
    """The same answer as `workbench test SKILL --compare approved`.

    Args:
        skill_id: The skill.
    """

    NAME = "Before and after"
    ABOUT = (
        "The cases of the approved version and of what is there now, each run on its own code and on the other's."
        " Broken is what passed before and does not now."
    )
    MODE = "tests"
    SCOPES: ClassVar[tuple[Scope, ...]] = ("lists",)
    CSS_PATH = "compared_cases.tcss"

    def __init__(self, skill_id: str) -> None:
        super().__init__()
        self._skill = skill_id
        self._reasons: dict[str, str] = {}

    def compose_body(self) -> ComposeResult:
        """What it comes to; the cases; why the one under the cursor does not pass."""
        yield Static(Content(""), id="compared-head")
        yield FilteredList(_COLUMNS, noun="case", empty="Running both versions…", id="compared")
        yield Static(Content(""), id="compared-why")

    def on_mount(self) -> None:
        """Run both."""
        workspace = self.workspace
        if workspace is None:
            return
        repository, skill = workspace.repository, self._skill
        self._head(Span("running…", "accent"))

        def work(job: Job) -> "Comparison":
            from workbench.reviews.retesting import APPROVED, Lab, compare_versions
            from workbench.testing.session import How

            if repository is None:
                raise InputError("versions can only be compared in a git repository, and this folder is in none")
            how = How(unsandboxed=workspace.unsandboxed_allowed(skill))
            lab = Lab(repository, workspace.store, workspace.library_id, how, _now, job.cancel)
            return compare_versions(lab, workspace.row(skill), APPROVED)

        title = f"Comparing {visible(skill)} with what was approved"
        self.run_job(title, work, self._show, failed=self._failed, group="compare", cancellable=True)

    def _show(self, found: "Comparison") -> None:
        from workbench.testing.comparison import REGRESSIONS

        worse = sum(row.change in REGRESSIONS for row in found.rows)
        if found.cancelled:
            said = Span("○ stopped", "muted")
        elif worse:
            said = Span(f"× {plural(worse, 'case')} got worse", "bad")
        else:
            said = Span("✓ nothing got worse", "good")
        self._head(said, Span(f"   {found.before_tree[:12]} → {(found.after_tree or '')[:12]}", "muted"))
        self._reasons = {row.name: row.reason for row in found.rows if row.reason}
        cases = self.query_one(FilteredList)
        cases.show([_row(row) for row in found.rows], empty=_NONE)
        self._why(cases.list.current)

    def _failed(self, error: WorkbenchError) -> None:
        self._head(Span(f"× {error.what}", "attention"))
        self.query_one(FilteredList).show([], empty=error.remedy or "")

    def _head(self, *said: Span) -> None:
        name = Span(f"{self._skill}  ", "strong")
        self.query_one("#compared-head", Static).update(toned(name, *said))

    @on(VirtualList.Moved)
    def _moved(self, event: VirtualList.Moved) -> None:
        self._why(event.row)

    @on(VirtualList.Opened)
    def _opened(self, event: VirtualList.Opened) -> None:
        self.workbench.say(self._reasons.get(event.row.id) or "It passes now.")

    def _why(self, row: Row | None) -> None:
        reason = self._reasons.get(row.id, "") if row is not None else ""
        self.query_one("#compared-why", Static).update(toned(Span(reason, "attention")))


def _now() -> int:
    return int(time.time() * 1000)


def _row(case: "ComparedCase") -> Row:
    from workbench.testing.comparison import REGRESSIONS

    tone = "bad" if case.change in REGRESSIONS else "good" if case.change == "fixed" else "muted"
    sign = {"bad": "× ", "good": "✓ "}.get(tone, "")
    runs = (case.before, case.after, case.old_on_new, case.new_on_old)
    shown = [Span("—", "muted") if outcome is None else word_span(outcome) for outcome in runs]
    return Row(case.name, (case.name, *shown, Span(f"{sign}{case.change}", tone)))
