"""The cursor of a diff: one row at a time, a page, a changed place or a file."""

from collections.abc import Sequence

from textual.reactive import reactive

from workbench.tui.widgets.diff_rows import DiffRows
from workbench.tui.widgets.tones import TonedView

NO_ROWS = DiffRows([], [], [], 0, 3)


class DiffCursor(TonedView):
    """A view of rows with a cursor on one of them, which is kept on the screen."""

    cursor: reactive[int] = reactive(0, init=False, repaint=False)
    _index: DiffRows

    def validate_cursor(self, cursor: int) -> int:
        """Keep the cursor on a row."""
        return max(0, min(cursor, len(self._index.rows) - 1))

    @property
    def file_at_cursor(self) -> int:
        """Index of the file that the cursor is in."""
        return self._index.rows[self.cursor].file if self._index.rows else 0

    @property
    def hunk_at_cursor(self) -> int:
        """Number of the hunk that the cursor is in, counted from 1 over all files; 0 above the first."""
        return sum(1 for start in self._index.hunks if start <= self.cursor)

    def scroll_to_cursor(self, *, top: bool = False) -> None:
        """Scroll as little as needed; with `top`, bring the cursor's row near the top."""
        height = max(1, self.scrollable_content_region.height)
        first = round(self.scroll_y)
        if top:
            first = self.cursor - min(2, height // 4)
        elif self.cursor < first:
            first = self.cursor
        elif self.cursor >= first + height:
            first = self.cursor - height + 1
        self.scroll_to(None, first, animate=False, force=True, immediate=True)

    def action_cursor_down(self) -> None:
        """One row down."""
        self.cursor += 1

    def action_cursor_up(self) -> None:
        """One row up."""
        self.cursor -= 1

    def action_page_down(self) -> None:
        """One page down."""
        self.cursor += max(1, self.scrollable_content_region.height - 1)

    def action_page_up(self) -> None:
        """One page up."""
        self.cursor -= max(1, self.scrollable_content_region.height - 1)

    def action_first(self) -> None:
        """To the first row."""
        self.cursor = 0

    def action_last(self) -> None:
        """To the last row."""
        self.cursor = len(self._index.rows) - 1

    def action_next_hunk(self) -> None:
        """To the next changed place."""
        self._jump(self._index.hunks, forward=True)

    def action_previous_hunk(self) -> None:
        """To the changed place before."""
        self._jump(self._index.hunks, forward=False)

    def action_next_file(self) -> None:
        """To the next changed file."""
        self._jump(self._index.files, forward=True)

    def action_previous_file(self) -> None:
        """To the changed file before."""
        self._jump(self._index.files, forward=False)

    def go_to_file(self, file: int) -> None:
        """Put the cursor on a file's heading."""
        if 0 <= file < len(self._index.files):
            self.cursor = self._index.files[file]
            self.scroll_to_cursor(top=True)

    def _jump(self, places: Sequence[int], *, forward: bool) -> None:
        if forward:
            target = next((row for row in places if row > self.cursor), None)
        else:
            target = next((row for row in reversed(places) if row < self.cursor), None)
        if target is not None:
            self.cursor = target
            self.scroll_to_cursor(top=True)
