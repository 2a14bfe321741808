"""One skill in full: what it says, its source, files, tests, versions, reviews and copies, one tab each."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from textual import on
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.content import Content
from textual.message import Message
from textual.widgets import Static

from workbench.errors import WorkbenchError
from workbench.text import truncate, visible
from workbench.tui.jobs import Job, run_job
from workbench.tui.skill_rows import problems_span, state_span
from workbench.tui.toned import toned
from workbench.tui.widgets.columns import Column
from workbench.tui.widgets.tab_line import TabLine
from workbench.tui.widgets.text_view import TextLine, TextView
from workbench.tui.widgets.tones import Span
from workbench.tui.widgets.virtual_list import Row, VirtualList

if TYPE_CHECKING:
    from workbench.reviews.listing import SkillRow
    from workbench.workspace import Workspace


class Listing(NamedTuple):
    """What a tab shows as a list; `empty` is said where it has no rows."""

    columns: Sequence[Column]
    rows: Sequence[Row]
    empty: str


Shown = Listing | list[TextLine]
Load = Callable[["Workspace", "SkillRow"], Shown]

TABS = ("Says", "Source", "Can do", "Files", "Tests", "Versions", "Reviews", "Copies")


class SkillDetail(Vertical):
    """The detail of one skill; every tab is read in a job when it is looked at."""

    DEFAULT_CSS = """
    SkillDetail {
        height: 1fr;
        & > #skill-title { height: 1; padding: 0 1; }
        & > TabLine { margin-bottom: 1; }
        & > TextView { height: 1fr; }
        & > VirtualList { height: 1fr; display: none; }
        &.-listing > TextView { display: none; }
        &.-listing > VirtualList { display: block; }
    }
    """

    @dataclass
    class FileChosen(Message):
        """A file of the skill is to be opened; `line` is where to look, if anywhere."""

        skill: str
        path: str
        line: int | None = None

    @dataclass
    class VersionChosen(Message):
        """A commit of the skill is to be compared with what is here now."""

        commit: str

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self.row: SkillRow | None = None
        self._waits = False

    def compose(self) -> ComposeResult:
        """The skill's name and state, the tabs, and the body of the tab that is open."""
        yield Static(Content(""), id="skill-title")
        yield TabLine(TABS)
        yield TextView(id="skill-text")
        yield VirtualList((Column("", 0),), id="skill-list")

    @property
    def tab(self) -> str:
        """The tab that is open."""
        return TABS[self.query_one(TabLine).selected]

    def show(self, row: "SkillRow | None", *, top: bool = True) -> None:
        """Show another skill, or the same one as it is now; None shows nothing."""
        self.row = row
        self._head()
        # What a tab needs takes a while to load: it waits until all that is beside it was drawn.
        self._waits = row is not None and not self.size
        if row is None:
            self._filled([])
        elif not self._waits:
            self._load(top=top)

    def say(self, lines: list[TextLine], title: str) -> None:
        """Show a text that is no skill's."""
        self.row = None
        self.query_one("#skill-title", Static).update(toned(Span(title, "strong")))
        self._filled(lines)

    @property
    def chosen(self) -> Row | None:
        """The row under the cursor, where the open tab shows a list."""
        return self.query_one("#skill-list", VirtualList).current if self._is_list else None

    def focus_body(self) -> None:
        """Put the focus into what the open tab shows."""
        self.query_one("#skill-list" if self.has_class("-listing") else "#skill-text").focus()

    def step_tab(self, by: int) -> None:
        """Open the tab to the right or left."""
        self.query_one(TabLine).step(by)

    def on_resize(self) -> None:
        """Cut the title to the new width; read what waited for the first drawing."""
        self._head()
        if self._waits and self.row is not None:
            self._load()
        self._waits = False

    @on(TabLine.Selected)
    def _selected(self, event: TabLine.Selected) -> None:
        event.stop()
        had_focus = self.has_focus_within
        if self.row is not None:
            self._load()
        if had_focus:
            self.call_after_refresh(self.focus_body)

    @property
    def _is_list(self) -> bool:
        return self.tab in ("Can do", "Files", "Tests", "Versions", "Copies")

    def _head(self) -> None:
        if self.row is None:
            self.query_one("#skill-title", Static).update(Content(""))
            return
        row = self.row
        pieces = [Span(visible(row.name), "strong"), Span("  "), state_span(row)]
        if row.version:
            released = " released" if row.standing.released == row.version else ""
            pieces.append(Span(f"  {row.version}{released}", "muted"))
        if problems_span(row.problems).text:
            pieces += [Span("  "), problems_span(row.problems)]
        room = self.size.width - sum(len(piece.text) for piece in pieces) - 6
        if room > 8:
            pieces.append(Span("  " + truncate(visible(row.id), room), "muted"))
        self.query_one("#skill-title", Static).update(toned(*pieces))

    def _load(self, *, top: bool = True) -> None:
        from workbench.tui.skill_tabs import LOADERS

        workspace = getattr(self.app, "workspace", None)
        if workspace is None or self.row is None:
            return
        row, load = self.row, LOADERS[self.tab]
        self.set_class(self._is_list, "-listing")

        def work(_: Job) -> Shown:
            return load(workspace, row)

        def done(shown: Shown) -> None:
            self._filled(shown, top=top)

        run_job(self, f"Reading {visible(row.name)}", work, done, failed=self._failed, group="detail", quiet=True)

    def _filled(self, shown: Shown, *, top: bool = True) -> None:
        listing = isinstance(shown, Listing)
        self.set_class(listing, "-listing")
        if isinstance(shown, Listing):
            self.query_one("#skill-list", VirtualList).show(shown.rows, empty=shown.empty, columns=shown.columns)
        else:
            self.query_one("#skill-text", TextView).show(shown, top=top)

    def _failed(self, error: WorkbenchError) -> None:
        lines = [TextLine((Span(error.what, "bad"),))]
        lines += [TextLine((Span(text, "muted"),)) for text in (error.where, error.remedy) if text]
        self._filled(lines)

    @on(VirtualList.Opened, "#skill-list")
    def _opened(self, event: VirtualList.Opened) -> None:
        """Findings, files and cases lead to their file, commits to what changed since."""
        event.stop()
        if self.row is None:
            return
        if self.tab == "Can do":
            from workbench.tui.capability_rows import place_of

            if (place := place_of(event.row)) is not None:
                self.post_message(self.FileChosen(self.row.id, place.path, place.line))
        elif self.tab == "Files":
            self.post_message(self.FileChosen(self.row.id, event.row.id))
        elif self.tab == "Tests":
            path, _, line = event.row.id.rpartition(":")
            self.post_message(self.FileChosen(self.row.id, path, int(line)))
        elif self.tab == "Versions":
            self.post_message(self.VersionChosen(event.row.id))
