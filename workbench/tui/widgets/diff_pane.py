"""A diff with its files beside it, ticks on those that were read, and a search: what every screen with a diff shows."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar

from textual import events, on
from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical
from textual.message import Message

from workbench.errors import WorkbenchError
from workbench.reviews.diff import FileDiff, SkillDiff
from workbench.tui.bindings import bindings_of
from workbench.tui.diff_colours import Slice
from workbench.tui.jobs import Job, run_job
from workbench.tui.widgets.columns import Column
from workbench.tui.widgets.commented_diff import CommentedDiff
from workbench.tui.widgets.diff_view import LAYOUTS, DiffView, Layout
from workbench.tui.widgets.filter_line import FilterLine
from workbench.tui.widgets.virtual_list import Row, VirtualList

Contents = Callable[[Sequence[str]], Mapping[str, bytes]]

FILES_FROM = 100
"""Columns from which the changed files are listed beside the diff."""

_LAYOUT_NAMES: dict[Layout, str] = {
    "auto": "The diff is side by side where there is room",
    "unified": "The diff is unified",
    "split": "The diff is side by side",
}
_FILE_COLUMNS = (
    Column("", 1),
    Column("Changed file", 0, path=True),
    Column("+", 5, right=True),
    Column("-", 5, right=True),
)


class DiffPane(Vertical):
    """The changed files, the diff, and the line in which one searches.

    Args:
        layout: What the settings ask for; anything that is no layout is `auto`.
        contents: Gives blobs by their ids, for colours; runs in a job. Without it the diff has none.
    """

    COMMANDS: ClassVar[tuple[str, ...]] = (
        "diff.next", "diff.previous", "diff.next-file", "diff.previous-file", "diff.layout", "diff.wrap",
        "diff.find-next", "diff.find-previous", "diff.viewed", "diff.unviewed", "diff.rendered", "filter",
        "comment.mark", "comment.next", "comment.previous",
    )  # fmt: skip
    """What it does by itself, so that the screen around it need not."""
    BINDINGS: ClassVar = bindings_of(*COMMANDS)
    DEFAULT_CSS = """
    DiffPane {
        height: 1fr;
        & > #diff-both { height: 1fr; }
        & #diff-files { display: none; width: 40; border-right: solid $border; }
        &.-files #diff-files { display: block; }
        & #diff { width: 1fr; }
        & > #diff-search { display: none; }
        &.-search > #diff-search { display: block; }
    }
    """

    @dataclass
    class Ticked(Message):
        """A file was ticked as viewed, or its tick was taken away.

        Attributes:
            left: How many of the files are not ticked now.
        """

        file: FileDiff
        seen: bool
        left: int

    @dataclass
    class Coloured(Message):
        """Some more lines of a blob have their colours."""

        blob: str
        more: Slice

    def __init__(self, *, layout: str = "auto", contents: Contents | None = None, id: str | None = None) -> None:
        super().__init__(id=id)
        self._contents = contents
        self._uncoloured: list[FileDiff] = []
        self._wanted: Layout = next((one for one in LAYOUTS if one == layout), "auto")
        self._viewed: frozenset[str] = frozenset()

    def compose(self) -> ComposeResult:
        """The files and the diff; the search below them."""
        with Horizontal(id="diff-both"):
            yield VirtualList(_FILE_COLUMNS, id="diff-files")
            yield CommentedDiff(layout=self._wanted, id="diff")
        yield FilterLine("what a line holds", id="diff-search")

    @property
    def view(self) -> CommentedDiff:
        """The diff itself."""
        return self.query_one(CommentedDiff)

    @property
    def unviewed(self) -> int:
        """How many changed files are not ticked."""
        return sum(one.path not in self._viewed for one in self._files)

    @property
    def _files(self) -> tuple[FileDiff, ...]:
        diff = self.view.diff
        return diff.files if diff else ()

    def load(self, diff: SkillDiff, viewed: frozenset[str] | None = None) -> None:
        """Show a diff; the reader stays on the line where only more or less is shown around it.

        Args:
            viewed: Paths of the files that were ticked; None leaves the ticks as they are.
        """
        if viewed is not None:
            self._viewed = viewed
        if self.view.diff != diff:
            self.view.load(diff, at=self.view.place)
        self._list_files()
        self._arrange(self.size.width)

    def read(self) -> None:
        """Put the focus into the diff."""
        self.view.focus()

    def _list_files(self) -> None:
        """The changed files with their ticks."""
        rows = [
            Row(
                str(number),
                ("✓" if file.path in self._viewed else "", file.path, f"{file.added:,}", f"{file.removed:,}"),
            )
            for number, file in enumerate(self._files)
        ]
        with self.prevent(VirtualList.Moved):
            self.query_one("#diff-files", VirtualList).show(rows)
        self.view.mark_viewed(self._viewed)

    @on(DiffView.Uncoloured)
    def _wants_colours(self, event: DiffView.Uncoloured) -> None:
        if self._contents is not None and not event.file.binary:
            self._uncoloured.append(event.file)
            if len(self._uncoloured) == 1:
                self._colour_next()

    def _colour_next(self) -> None:
        """Work out the colours of the file that was asked for last: it is the one that is read."""
        if not self._uncoloured or self._contents is None:
            return
        file, contents = self._uncoloured[-1], self._contents

        def colour(job: Job) -> None:
            from workbench.tui.diff_colours import colour_slices

            sides = {file.old_id: file.old_path or file.path, file.new_id: file.path}
            wanted = [id_ for id_ in sides if id_]
            for blob, data in contents(wanted).items():
                self.post_message(self.Coloured(blob, ([], [])))
                for more in colour_slices(data, sides[blob] or "", job.cancel.is_set):
                    self.post_message(self.Coloured(blob, more))

        def done(_: None) -> None:
            self._uncoloured.remove(file)
            self._colour_next()

        def failed(_: WorkbenchError) -> None:
            done(None)  # what can't be read stays plain

        run_job(self, f"Colouring {file.path}", colour, done, failed=failed, group="colours", quiet=True)

    @on(Coloured)
    def _has_colours(self, event: Coloured) -> None:
        event.stop()
        if event.more[0]:
            self.view.add_colours(event.blob, event.more)
        else:
            self.view.begin_colours(event.blob)

    def on_resize(self, event: events.Resize) -> None:
        """List the files only where there is room."""
        self._arrange(event.size.width)

    def _arrange(self, width: int) -> None:
        self.set_class(width >= FILES_FROM and len(self._files) > 1, "-files")

    @on(DiffView.Moved)
    def _follow(self, event: DiffView.Moved) -> None:
        files = self.query_one("#diff-files", VirtualList)
        with self.prevent(VirtualList.Moved):
            files.cursor = event.file

    @on(VirtualList.Moved, "#diff-files")
    def _go_to_file(self, event: VirtualList.Moved) -> None:
        if event.row is not None and self.query_one("#diff-files").has_focus:
            self.view.go_to_file(int(event.row.id))

    @on(VirtualList.Opened, "#diff-files")
    def _read_file(self, event: VirtualList.Opened) -> None:
        self.view.go_to_file(int(event.row.id))
        self.view.focus()

    def action_next_hunk(self) -> None:
        """To the next changed place."""
        self.view.action_next_hunk()

    def action_previous_hunk(self) -> None:
        """To the changed place before."""
        self.view.action_previous_hunk()

    def action_next_file(self) -> None:
        """To the next changed file."""
        self.view.action_next_file()

    def action_previous_file(self) -> None:
        """To the changed file before."""
        self.view.action_previous_file()

    def action_mark(self) -> None:
        """Begin a range of lines at the cursor, or give it up."""
        self.view.action_mark()

    def action_next_comment(self) -> None:
        """To the next comment."""
        self.view.action_next_comment()

    def action_previous_comment(self) -> None:
        """To the comment before."""
        self.view.action_previous_comment()

    def action_toggle_wrap(self) -> None:
        """Wrap long lines or not; says which it is now."""
        self.view.action_toggle_wrap()
        said = "Long lines are wrapped" if self.view.wrap else "Each line is in one row"
        self.notify(said, timeout=4, markup=False)

    def action_toggle_layout(self) -> None:
        """Automatic, unified, side by side, in turn; says which it is now."""
        self.view.action_toggle_layout()
        self.notify(_LAYOUT_NAMES[self.view.diff_layout], timeout=4, markup=False)

    def action_filter(self) -> None:
        """Search in the diff."""
        self.add_class("-search")
        self.query_one(FilterLine).type_here()

    def action_find_next(self) -> None:
        """To the next line that holds what was searched for."""
        self._find(forward=True)

    def action_find_previous(self) -> None:
        """To the line before that holds it."""
        self._find(forward=False)

    @on(FilterLine.Changed)
    def _typed(self) -> None:
        self._find(forward=True, here=True)

    @on(FilterLine.Left)
    def _found(self) -> None:
        self.view.focus()

    def _find(self, *, forward: bool, here: bool = False) -> None:
        line = self.query_one(FilterLine)
        number, count = self.view.find(line.text, forward=forward, here=here)
        line.say(f"{number:,} of {count:,}" if count else "no line holds it" if line.text else "")

    def close_search(self) -> bool:
        """Put the search away; gives False if none was open."""
        if not self.has_class("-search"):
            return False
        self.remove_class("-search")
        self.view.find("")
        self.view.focus()
        return True

    def action_rendered(self) -> None:
        """Show the Markdown file under the cursor as one reads it, before and after."""
        from workbench.tui.rendered_rows import MARKDOWN
        from workbench.tui.screens.rendered import RenderedScreen

        file = self._files[self.view.file_at_cursor] if self._files else None
        if file is None or self._contents is None:
            return
        plain = all(mode is None or mode.startswith("100") for mode in (file.old_mode, file.new_mode))
        if not plain or not file.path.lower().endswith(MARKDOWN):
            self.notify("Only Markdown is rendered; this file is not", timeout=4, markup=False)
            return
        self.app.push_screen(RenderedScreen(file, self._contents, self.view.diff_layout))

    def action_viewed(self) -> None:
        """Tick the file under the cursor and go on to the next that is not ticked, or take its tick away."""
        if not self._files:
            return
        file = self._files[self.view.file_at_cursor]
        seen = file.path not in self._viewed
        self._viewed = self._viewed | {file.path} if seen else self._viewed - {file.path}
        self._list_files()
        left = self.unviewed
        self.post_message(self.Ticked(file, seen, left))
        if seen and left:
            self.action_next_unviewed()

    def action_next_unviewed(self) -> None:
        """To the next file that is not ticked, beginning anew after the last."""
        here = self.view.file_at_cursor
        for number in [*range(here + 1, len(self._files)), *range(here)]:
            if self._files[number].path not in self._viewed:
                self.view.go_to_file(number)
                return
