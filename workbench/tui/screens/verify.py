"""Whether the library's rules hold for every skill at HEAD, as a continuous integration would judge it."""

from typing import TYPE_CHECKING, ClassVar

from textual import on
from textual.app import ComposeResult
from textual.content import Content
from textual.widgets import Static

from workbench.commands import Scope
from workbench.errors import WorkbenchError
from workbench.text import plural, visible
from workbench.tui.screens.frame import WorkbenchScreen
from workbench.tui.widgets.columns import Column
from workbench.tui.widgets.filtered_list import FilteredList
from workbench.tui.widgets.tones import Span
from workbench.tui.widgets.virtual_list import Row, VirtualList

if TYPE_CHECKING:
    from workbench.reviews.listing import LibraryView
    from workbench.reviews.model import Verification

_COLUMNS = (Column("Skill", 22), Column("At HEAD", 19), Column("Why", 0))


class VerifyScreen(WorkbenchScreen[None]):
    """The same answer as `workbench review verify`."""

    NAME = "Verify"
    ABOUT = (
        "Whether the library's rules hold for every skill at HEAD. Only what is committed counts; in a pipeline,"
        " `workbench review verify` gives the same answer as its exit code."
    )
    CSS_PATH = "verify.tcss"
    SCOPES: ClassVar[tuple[Scope, ...]] = ("lists",)

    def compose_body(self) -> ComposeResult:
        """The answer, and the skills behind it."""
        yield Static(Content("Verifying…"), id="answer")
        yield FilteredList(_COLUMNS, noun="skill", id="judged")

    def on_mount(self) -> None:
        """Ask."""
        self._verify()

    def library_changed(self, view: "LibraryView") -> None:
        """Ask again."""
        self._verify()

    def _verify(self) -> None:
        workspace = self.workspace
        if workspace is not None:
            self.run_job("Verifying", lambda _: workspace.reviews.verify(), self._show, failed=self._failed)

    def _show(self, answer: "Verification") -> None:
        bad = [one for one in answer.skills if not one.ok]
        if answer.ok:
            said = f"✓ The rules hold for all of {plural(len(answer.skills), 'skill')}."
        else:
            said = f"× The rules do not hold for {plural(len(bad), 'skill')} of {len(answer.skills):,}."
        notes = "".join(f"\n! {visible(note)}" for note in answer.notes)
        self.query_one("#answer", Static).update(Content(said + notes))
        ordered = sorted(answer.skills, key=lambda one: (one.ok, one.name))
        rows = [
            Row(
                one.path,
                (
                    one.name,
                    Span(f"✓ {one.state}", "good") if one.ok else Span(f"× {one.state}", "bad"),
                    "; ".join(one.reasons),
                ),
            )
            for one in ordered
        ]
        self.query_one(FilteredList).show(rows, empty="There is no skill at HEAD.")

    def _failed(self, error: WorkbenchError) -> None:
        self.query_one("#answer", Static).update(Content(visible(f"× {error.what}")))
        self.query_one(FilteredList).show([], empty=error.remedy or "")

    @on(VirtualList.Opened)
    def _opened(self, event: VirtualList.Opened) -> None:
        if self.library is not None and any(row.id == event.row.id for row in self.library.rows):
            self.workbench.show_skill(event.row.id)
