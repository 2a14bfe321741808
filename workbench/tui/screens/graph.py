"""Which skill needs which: what is wrong on top, then every skill, to be unfolded."""

from typing import TYPE_CHECKING, ClassVar

from textual import on
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.content import Content
from textual.widgets import Static

from workbench.commands import Scope
from workbench.tui.bindings import bindings, key_of
from workbench.tui.graph_rows import COLUMNS, GraphRows, about, summary
from workbench.tui.graphs import graph_of
from workbench.tui.jobs import Job
from workbench.tui.screens.frame import WorkbenchScreen
from workbench.tui.toned import toned
from workbench.tui.widgets.filtered_list import FilteredList
from workbench.tui.widgets.virtual_list import Row, VirtualList

if TYPE_CHECKING:
    from workbench.reviews.listing import LibraryView


class GraphScreen(WorkbenchScreen[None]):
    """The dependencies."""

    NAME = "Dependencies"
    ABOUT = (
        "Which skill needs which. What a skill declares in metadata.requires is judged; what its files only link to,"
        " import or mention shows what a change would touch. → is what a skill needs, ← what needs it."
    )
    MODE = "graph"
    SCOPES: ClassVar[tuple[Scope, ...]] = ("lists", "graph")
    BINDINGS: ClassVar = bindings("graph")
    CSS_PATH = "graph.tcss"

    def __init__(self) -> None:
        super().__init__()
        self._rows: GraphRows | None = None

    def compose_body(self) -> ComposeResult:
        """The sums, the skills, and what the row under the cursor stands for."""
        yield Static(Content(""), id="graph-head")
        yield FilteredList(COLUMNS, noun="row", empty="Reading what skills say about each other…", id="graph")
        with Vertical(id="graph-about"):
            yield Static(Content(""), id="graph-what")
            yield Static(Content(""), id="graph-where")

    def on_mount(self) -> None:
        """Read the dependencies if the library is already there."""
        if self.library is not None:
            self.library_changed(self.library)

    def library_changed(self, view: "LibraryView") -> None:
        """Read the dependencies again; what is unfolded stays so."""
        workspace = self.workspace
        if workspace is None:
            return
        before = self._rows

        def read(_: Job) -> tuple[GraphRows, list[Row]]:
            made = GraphRows(graph_of(workspace), declared=before.declared if before else False)
            made.open = set(before.open) if before else set()
            return made, made.rows()

        self.run_job("Reading the dependencies", read, self._read, group="graph")

    def _read(self, read: tuple[GraphRows, list[Row]]) -> None:
        self._rows, rows = read
        self._show(rows)

    def _show(self, rows: list[Row]) -> None:
        assert self._rows is not None
        self.query_one(FilteredList).show(rows, empty="There are no skills here.")
        self.query_one("#graph-head", Static).update(toned(*summary(self._rows)))
        self._tell(self.query_one(VirtualList).current)

    @on(VirtualList.Moved)
    def _moved(self, event: VirtualList.Moved) -> None:
        self._tell(event.row)

    def _tell(self, row: Row | None) -> None:
        what = where = Content("")
        if self._rows is not None and row is not None and row.id in self._rows.places:
            first, second = about(self._rows.places[row.id], self._rows.graph)
            what, where = toned(first), toned(second)
        self.query_one("#graph-what", Static).update(what)
        self.query_one("#graph-where", Static).update(where)

    @on(VirtualList.Opened)
    def _opened(self, event: VirtualList.Opened) -> None:
        """Open the skill that the row is about."""
        place = self._rows.places.get(event.row.id) if self._rows else None
        if place is not None and place.skill is not None:
            self.workbench.show_skill(place.skill)

    def action_expand(self) -> None:
        """Unfold what the skill under the cursor needs and what needs it, or fold it again."""
        row = self.query_one(VirtualList).current
        if self._rows is None or row is None:
            return
        if self._rows.toggle(row.id):
            self._show(self._rows.rows())
        elif self._rows.places[row.id].problem is not None:
            self.workbench.say(f"{key_of('open', self.workbench.keymap)} opens the skill of this problem.")
        else:
            self.workbench.say("There is nothing further in this direction.")

    def action_declared(self) -> None:
        """Show only what is declared, or everything."""
        if self._rows is not None:
            self._rows = GraphRows(self._rows.graph, declared=not self._rows.declared, open=self._rows.open)
            self._show(self._rows.rows())
