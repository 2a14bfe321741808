"""Searching what skills say: a line to type in, and what was found with the words around it."""

from typing import TYPE_CHECKING, ClassVar

from textual import on
from textual.app import ComposeResult
from textual.timer import Timer

from workbench.commands import Scope
from workbench.errors import UsageError, WorkbenchError
from workbench.text import plural, visible
from workbench.tui.jobs import Job
from workbench.tui.screens.frame import WorkbenchScreen
from workbench.tui.skill_rows import state_span
from workbench.tui.widgets.columns import Column
from workbench.tui.widgets.filter_line import FilterLine
from workbench.tui.widgets.tones import Span
from workbench.tui.widgets.virtual_list import Row, VirtualList

if TYPE_CHECKING:
    from workbench.reviews.listing import LibraryView, SkillRow
    from workbench.skills.search import Hit, Results

MOST_SHOWN = 200
_REST_SECONDS = 0.12
"""So long typing has to rest before a search begins."""

_COLUMNS = (
    Column("Skill", 24),
    Column("State", 19, least=72),
    Column("Found", 0),
    Column("In", 16, least=110),
)
_EMPTY = (
    'Type words that a skill has to hold, or "words in quotes" that stand together.\n'
    "Filters: state: cap: author: name: path: problem: version: and a minus before one to turn it round.\n"
    "Names count most, then descriptions, file names, and bodies."
)


class SearchScreen(WorkbenchScreen[None]):
    """Full-text search, the same as `workbench skills search`."""

    NAME = "Search"
    ABOUT = (
        "Skills by any word they hold: names, descriptions, file names and bodies, the best first. What was found is"
        " shown with the words around it. Filters narrow it: state:stale, cap:network, author:ada, problem:broken-link."
    )
    MODE = "skills"
    SCOPES: ClassVar[tuple[Scope, ...]] = ("lists",)
    AUTO_FOCUS = "#filter-text"

    def __init__(self) -> None:
        super().__init__()
        self._rest: Timer | None = None

    def compose_body(self) -> ComposeResult:
        """The line and the results."""
        yield FilterLine("words, or state:stale author:ada", id="search-line")
        yield VirtualList(_COLUMNS, empty=_EMPTY, id="search-rows")

    def on_mount(self) -> None:
        """Texts that are read meanwhile are searched, too."""
        self.workbench.texts_signal.subscribe(self, lambda _: self._search())

    def library_changed(self, view: "LibraryView") -> None:
        """Search again in what is there now."""
        if self.is_mounted:
            self._search()

    def on_filter_line_changed(self, event: FilterLine.Changed) -> None:
        """Search once typing rests."""
        event.stop()
        if self._rest is not None:
            self._rest.stop()
        self._rest = self.set_timer(_REST_SECONDS, self._search)

    def on_filter_line_left(self, event: FilterLine.Left) -> None:
        """Go on to what was found."""
        event.stop()
        self.query_one(VirtualList).focus()

    def _search(self) -> None:
        from workbench.skills.query import parse_query

        line = self.query_one(FilterLine)
        workspace, library = self.workspace, self.library
        if workspace is None or library is None:
            return
        try:
            query = parse_query(line.text)
        except UsageError as error:
            line.say(visible(f"{error.what}: {(error.remedy or '').partition(' To search')[0]}"))
            return
        if not (query.words or query.phrases or query.filters):
            line.say("")
            self.query_one(VirtualList).show(())
            return

        def work(_: Job) -> "tuple[Results, int]":
            from workbench.reviews.finding import find_skills
            from workbench.skills.catalogue_texts import untaken

            catalogue = workspace.catalogue
            return find_skills(catalogue, query, library.rows, limit=MOST_SHOWN), untaken(catalogue)

        def done(found: "tuple[Results, int]") -> None:
            results, left = found
            said = plural(results.total, "skill")
            if results.total > len(results.hits):
                said = f"the first {len(results.hits):,} of {said}"
            line.say(f"{said}; {left:,} not read yet" if left else said)
            self._show(results, library)

        def failed(error: WorkbenchError) -> None:
            line.say(visible(error.what))

        self.run_job("Searching", work, done, failed=failed, group="search")

    def _show(self, results: "Results", library: "LibraryView") -> None:
        rows = {row.id: row for row in library.rows}
        listing = self.query_one(VirtualList)
        nothing = "No skill holds all of these words.\nEsc leaves the search."
        listing.show([_row(hit, rows.get(hit.id)) for hit in results.hits], empty=nothing)

    @on(VirtualList.Opened, "#search-rows")
    def _opened(self, event: VirtualList.Opened) -> None:
        self.workbench.show_skill(event.row.id)

    def go_back(self) -> bool:
        """From what was found to the line; a second time leaves."""
        line = self.query_one(FilterLine)
        if self.query_one(VirtualList).has_focus:
            line.type_here()
            return True
        return False


def _row(hit: "Hit", row: "SkillRow | None") -> Row:
    from workbench.skills.search import MARKED, UNMARKED

    snippet = " ".join(hit.snippet.replace(MARKED, "").replace(UNMARKED, "").split())
    state = state_span(row) if row is not None else Span("")
    return Row(hit.id, (hit.name, state, Span(snippet, "muted"), Span(" ".join(hit.matched), "muted")))
