"""What is wrong with the library's skills, as `workbench skills validate` judges them, and what to do about each."""

from typing import TYPE_CHECKING, ClassVar

from textual import on
from textual.app import ComposeResult
from textual.content import Content
from textual.widgets import Static

from workbench.commands import Scope
from workbench.errors import CancelledError, WorkbenchError
from workbench.text import plural, visible
from workbench.tui.jobs import Job
from workbench.tui.screens.frame import WorkbenchScreen
from workbench.tui.syntax_lines import PROBLEM_SIGNS
from workbench.tui.widgets.columns import Column
from workbench.tui.widgets.filtered_list import FilteredList
from workbench.tui.widgets.tones import Span
from workbench.tui.widgets.virtual_list import Row, VirtualList

if TYPE_CHECKING:
    from workbench.reviews.listing import LibraryView
    from workbench.skills.model import Problem
    from workbench.skills.validation import Validation

_COLUMNS = (Column("", 1), Column("Problem", 0), Column("Code", 22, least=90), Column("Where", 34))


class ProblemsScreen(WorkbenchScreen[None]):
    """The same answer as `workbench skills validate --level info`."""

    NAME = "Problems"
    ABOUT = (
        "What is wrong with each skill: × keeps clients from loading it or breaks the specification, ! is likely to"
        " hurt, i is worth knowing. Below stands what to do about the one under the cursor. In a pipeline,"
        " `workbench skills validate` gives the same answer, and `--fix` mends what can be mended safely."
    )
    CSS_PATH = "problems.tcss"
    SCOPES: ClassVar[tuple[Scope, ...]] = ("lists",)

    def __init__(self) -> None:
        super().__init__()
        self._problems: dict[str, tuple[str, Problem]] = {}

    def compose_body(self) -> ComposeResult:
        """The counts, the problems, and what to do about one."""
        yield Static(Content("Validating…"), id="counts")
        yield FilteredList(_COLUMNS, noun="problem", id="problems")
        yield Static(Content(""), id="remedy")

    def on_mount(self) -> None:
        """Judge."""
        self._judge()

    def library_changed(self, view: "LibraryView") -> None:
        """Judge again."""
        self._judge()

    def _judge(self) -> None:
        workspace = self.workspace
        if workspace is None:
            return

        def work(job: Job) -> "list[Validation]":
            from workbench.testing.companions import judge

            skills = workspace.skills()[0]
            found = []
            for number, skill in enumerate(skills, start=1):
                if job.cancel.is_set():
                    raise CancelledError("the rest of the skills was not judged")
                job.say(f"{number:,} of {len(skills):,}")
                found.append(judge(workspace.root, skill))
            return found

        self.run_job("Validating", work, self._show, failed=self._failed, cancellable=True)

    def _show(self, judged: "list[Validation]") -> None:
        from workbench.skills.validation import count

        counts = count(judged)
        found = ", ".join(plural(counts[f"{kind}s"], kind) for kind in ("error", "warning", "info"))
        self.query_one("#counts", Static).update(Content(f"{plural(counts['skills'], 'skill')}: {found}"))
        self._problems = {
            f"{one.skill.id}:{at}": (one.skill.id, problem) for one in judged for at, problem in enumerate(one.problems)
        }
        order = {"error": 0, "warning": 1, "info": 2}
        ordered = sorted(self._problems.items(), key=lambda item: order[item[1][1].severity])
        rows = [Row(id_, _cells(skill, problem)) for id_, (skill, problem) in ordered]
        self.query_one(FilteredList).show(rows, empty="There is nothing wrong with any skill.")

    def _failed(self, error: WorkbenchError) -> None:
        self.query_one("#counts", Static).update(Content(visible(f"× {error.what}")))
        self.query_one(FilteredList).show([], empty=error.remedy or "")

    @on(VirtualList.Moved)
    def _moved(self, event: VirtualList.Moved) -> None:
        found = self._problems.get(event.row.id) if event.row else None
        said = f"{found[1].message} [{found[1].code}]\n→ {found[1].remedy}" if found else ""
        self.query_one("#remedy", Static).update(Content(said))

    @on(VirtualList.Opened)
    def _opened(self, event: VirtualList.Opened) -> None:
        found = self._problems.get(event.row.id)
        if found and self.library is not None and any(row.id == found[0] for row in self.library.rows):
            self.workbench.show_skill(found[0])


def _cells(skill: str, problem: "Problem") -> tuple[str | Span, ...]:
    sign, tone = PROBLEM_SIGNS[problem.severity]
    where = problem.path or skill
    if problem.line:
        where = f"{where}:{problem.line}"
    return (Span(sign, tone), problem.message, Span(problem.code, "muted"), Span(where, "muted"))
