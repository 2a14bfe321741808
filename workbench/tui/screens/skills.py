"""The library's skills, each with its state, and beside them the one under the cursor."""

from typing import TYPE_CHECKING, ClassVar

from textual import events, on
from textual.app import ComposeResult
from textual.containers import Horizontal
from textual.timer import Timer

from workbench.commands import Scope
from workbench.text import plural, visible
from workbench.tui.bindings import bindings
from workbench.tui.jobs import Job
from workbench.tui.screens.skill_actions import SkillActions
from workbench.tui.skill_filter import HINT, SkillFilter
from workbench.tui.skill_rows import COLUMNS, SKIPPED, SkillRows, skipped_rows
from workbench.tui.widgets.filtered_list import FilteredList
from workbench.tui.widgets.tones import Span
from workbench.tui.widgets.virtual_list import Row, VirtualList

if TYPE_CHECKING:
    from workbench.reviews.listing import LibraryView, SkillRow
    from workbench.tui.widgets.skill_detail import SkillDetail

WIDE_FROM = 110
"""Columns from which the list and the detail stand beside each other."""

_FOLLOW_SECONDS = 0.08
"""So long the cursor has to rest on a row before its detail is read."""


class SkillsScreen(SkillActions):
    """The first screen."""

    NAME = "Skills"
    ABOUT = (
        "The skills of this library. A state is derived from git each time it is shown: an approval holds for exactly"
        " the bytes that were read, and any later change makes it stale."
    )
    MODE = "skills"
    CSS_PATH = "skills.tcss"
    SCOPES: ClassVar[tuple[Scope, ...]] = ("lists", "skill", "tabs")
    BINDINGS: ClassVar = bindings("skill", "tabs")

    def __init__(self) -> None:
        super().__init__()
        self._rows: dict[str, SkillRow] = {}
        self._made = SkillRows()
        self._filter = SkillFilter()
        self._detail: SkillDetail | None = None
        self._follow: Timer | None = None

    def compose_body(self) -> ComposeResult:
        """The list; the detail is added where there is room, once the list stands."""
        with Horizontal(id="body"):
            yield FilteredList(
                COLUMNS,
                noun="skill",
                empty="Reading the library…",
                id="skills",
                list_id="skill-rows",
                narrow=self._filter.narrow,
                hint=HINT,
                elsewhere="f searches all that the skills say.",
            )

    def on_mount(self) -> None:
        """Show what is already there."""
        self.workbench.texts_signal.subscribe(self, self._texts_read)
        if self.library is not None:
            self.library_changed(self.library)

    @property
    def _list(self) -> VirtualList:
        return self.query_one("#skill-rows", VirtualList)

    @property
    def current_skill(self) -> "SkillRow | None":
        """The skill under the cursor."""
        return self._rows.get(self._list.current.id) if self._list.current else None

    def show_remembered(self, rows: list[Row]) -> None:
        """Show what the library held when it was last read; it can be moved in and filtered, and is soon replaced."""
        self.query_one(FilteredList).show(rows, empty="Reading the library…")

    def library_changed(self, view: "LibraryView") -> None:
        """Show the skills as they are now."""
        self._rows = {row.id: row for row in view.rows}
        self._filter.use(view.rows)
        empty = "There are no skills here.\no opens another library; in the palette, Adopt copies those of your agents."
        self.query_one(FilteredList).show([*self._made.of(view.rows), *skipped_rows(view.skipped)], empty=empty)
        self.call_after_refresh(self._say_notes, view)
        self.call_after_refresh(self._show_detail)

    def _texts_read(self, _: int) -> None:
        """The filter may ask what skills can do, as far as their files were read."""
        workspace = self.workspace
        if workspace is None:
            return

        def work(_: Job) -> "dict[str, frozenset[str]]":
            from workbench.skills.catalogue_texts import capabilities

            return capabilities(workspace.catalogue)

        self.run_job("Reading capabilities", work, self._filter.know, group="capabilities", quiet=True)

    async def _say_notes(self, view: "LibraryView") -> None:
        """Show what a user should know about the library, above the list."""
        from textual.widgets import Static

        from workbench.tui.toned import toned_lines

        notes = [Span(f"! {visible(note)}", "attention") for note in view.notes[:3]]
        if view.skipped:
            notes.append(Span(f"{plural(len(view.skipped), 'place')} not searched: see the end of the list", "muted"))
        for old in self.query("#notes"):
            await old.remove()
        if notes:
            await self.mount(Static(toned_lines(*notes), id="notes"), before="#body")

    def on_resize(self, event: events.Resize) -> None:
        """Bring the detail or take it away."""
        self.call_after_refresh(self._show_detail)

    @on(VirtualList.Moved, "#skill-rows")
    def _moved(self, event: VirtualList.Moved) -> None:
        if self._detail is None:
            return
        if self._follow is not None:
            self._follow.stop()
        self._follow = self.set_timer(_FOLLOW_SECONDS, self._show_detail)

    async def _show_detail(self) -> None:
        """Show the row under the cursor beside the list, where there is room."""
        wide = self.size.width >= WIDE_FROM and bool(self._list.rows)
        if not wide:
            if self._detail is not None:
                await self._detail.remove()
                self._detail = None
            return
        if self._detail is None:
            from workbench.tui.widgets.skill_detail import SkillDetail

            self._detail = SkillDetail(id="detail")
            await self.query_one("#body").mount(self._detail)
        row = self._list.current
        if row is not None and row.id in self._rows:
            if self._rows[row.id] is not self._detail.row:
                same = self._detail.row is not None and self._detail.row.id == row.id
                self._detail.show(self._rows[row.id], top=not same)
        elif row is not None:
            from workbench.tui.widgets.text_view import TextLine

            self._detail.say([TextLine((Span(f"Not read as a skill: {_reason(row)}"),))], row.id.removeprefix(SKIPPED))

    @on(VirtualList.Opened, "#skill-rows")
    def _opened(self, event: VirtualList.Opened) -> None:
        """Wide: go into the detail. Narrow: open it."""
        if self.library is None:
            self.workbench.say("The library is still being read.")
        elif event.row.id not in self._rows:
            self.workbench.say(f"{event.row.id.removeprefix(SKIPPED)} was skipped: {_reason(event.row)}")
        elif self._detail is not None:
            self._detail.focus_body()
        else:
            self.workbench.show_skill(event.row.id)

    def on_skill_detail_file_chosen(self, event: "SkillDetail.FileChosen") -> None:
        """Open a file of the skill."""
        self.workbench.show_file(event.skill, event.path, event.line)

    def action_next_tab(self) -> None:
        """The next tab of the detail."""
        if self._detail is not None:
            self._detail.step_tab(1)

    def action_previous_tab(self) -> None:
        """The previous tab of the detail."""
        if self._detail is not None:
            self._detail.step_tab(-1)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Tabs and panes only where there is a detail."""
        if action in ("next_tab", "previous_tab"):
            return self._detail is not None
        return True

    def go_back(self) -> bool:
        """From the detail to the list."""
        if self._detail is not None and self._detail.has_focus_within:
            self._list.focus()
            return True
        return False


def _reason(row: Row) -> str:
    """Why a place was skipped: the last cell of its row."""
    cell = row.cells[-1]
    return cell if isinstance(cell, str) else cell.text
