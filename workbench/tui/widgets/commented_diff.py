"""A diff with what was said about its lines between them, and lines chosen to say something about."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import ClassVar

from rich.segment import Segment
from textual import events
from textual.message import Message
from textual.strip import Strip

from workbench.reviews.diff import SkillDiff
from workbench.tui.bindings import bindings_of
from workbench.tui.widgets.comment_rows import Remark, Said, draw_said, with_remarks
from workbench.tui.widgets.diff_rows import DiffRows, Place, Row, RowKind, row_at
from workbench.tui.widgets.diff_view import DiffView, Layout
from workbench.tui.widgets.line_choice import Choice, choose

_MARK = "▌"


class CommentedDiff(DiffView):
    """A diff with comments below their lines."""

    BINDINGS: ClassVar = bindings_of("open")

    @dataclass
    class Opened(Message):
        """A comment is to be folded or unfolded."""

        remark: Remark

    def __init__(self, diff: SkillDiff | None = None, *, layout: Layout = "auto", id: str | None = None) -> None:
        self._remarks: tuple[Remark, ...] = ()
        self._said: list[Said] = []
        self._starts: list[int] = []
        self._from: Place | None = None
        self._marked: int | None = None
        super().__init__(diff, layout=layout, id=id)

    def load(self, diff: SkillDiff, *, at: Place | None = None) -> None:
        """Show another diff, from its first row, or with the cursor on the line that `at` names."""
        self._from = self._marked = None
        super().load(diff, at=at)

    def show_remarks(self, remarks: Sequence[Remark]) -> None:
        """Put comments below their lines; the cursor stays on its line, or on its comment while that is there."""
        if tuple(remarks) != self._remarks:
            wanted = self._wanted()
            row = self._index.rows[self.cursor] if self._index.rows else None
            self._remarks = tuple(remarks)
            if self.size and self._diff is not None:
                self._arrange()
                found = wanted()
                if row is not None:
                    self.cursor = self._row_like(row) if found is None else found
                self.scroll_to_cursor()
            self.refresh()

    @property
    def remarks(self) -> tuple[Remark, ...]:
        """The comments that are shown."""
        return self._remarks

    @property
    def remark_at_cursor(self) -> Remark | None:
        """The comment that the cursor is in."""
        return self._remark_at(self.cursor)

    @property
    def choice(self) -> Choice | None:
        """The lines that a comment would be about: from the mark to the cursor, or the cursor's own."""
        if self._diff is None or not self._index.rows:
            return None
        marked = self._marked
        return choose(self._diff, self._index.rows, self.cursor if marked is None else marked, self.cursor)

    def unmark(self) -> None:
        """Give the range of lines up."""
        self._from = self._marked = None
        self.refresh()

    def action_mark(self) -> None:
        """Begin a range of lines at the cursor, or give it up."""
        self._from = self.place if self._from is None else None
        self._marked = self.cursor if self._from is not None else None
        if self._from is not None:
            self.notify("The range goes from here to the cursor", timeout=4, markup=False)
        self.refresh()

    def action_next_comment(self) -> None:
        """To the next comment."""
        self._jump(self._starts, forward=True)

    def action_previous_comment(self) -> None:
        """To the comment before."""
        self._jump(self._starts, forward=False)

    def action_open(self) -> None:
        """Fold or unfold the comment under the cursor."""
        if (remark := self.remark_at_cursor) is not None:
            self.post_message(self.Opened(remark))

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Enter is for comments alone."""
        return action != "open" or self.remark_at_cursor is not None

    def watch_cursor(self, old: int, new: int) -> None:
        """Move as ever, and show Enter among the keys where it does something."""
        super().watch_cursor(old, new)
        if (self._remark_at(old) is None) is not (self._remark_at(new) is None):
            self.refresh_bindings()
        if self._marked is not None:
            self.refresh()

    def on_resize(self, event: events.Resize) -> None:
        """Wrap the comments to the width."""
        if self._remarks and self._diff is not None:
            self._relayout()

    def render_line(self, y: int) -> Strip:
        """Draw one line of the screen; those of the range carry a mark."""
        strip = super().render_line(y)
        number = y + self.scroll_offset.y
        marked = self._marked
        if (
            marked is None
            or number == self.cursor
            or not min(marked, self.cursor) <= number <= max(marked, self.cursor)
        ):
            return strip
        mark = Segment(_MARK, self.rich_style + self.tone("attention"))
        return Strip([mark, *strip.crop(1)], strip.cell_length)

    def _overlaid(self, index: DiffRows) -> DiffRows:
        self._said, self._starts = [], []
        if not self._remarks or self._diff is None or not self._diff.files:
            return index
        room = self.scrollable_content_region.width - self._indent(index) - 2
        made, self._said, self._starts = with_remarks(self._diff, index, self._remarks, room)
        return made

    def _wanted(self) -> Callable[[], int | None]:
        remark = self.remark_at_cursor
        if remark is None:
            return super()._wanted()
        return lambda: next((at for at in self._starts if getattr(self._remark_at(at), "id", "") == remark.id), None)

    def _drawn(self, row: Row, left: int, width: int) -> Strip:
        if row.kind is not RowKind.COMMENT:
            return super()._drawn(row, left, width)
        said = self._said[row.left]
        tones = [self.tone(span.tone) for span in said.spans]
        bar = self.tone(self._remarks[said.remark].tone)
        return draw_said(said, self._indent(self._index), self.rich_style, tones, bar, width)

    def _remark_at(self, at: int) -> Remark | None:
        row = self._index.rows[at] if at < len(self._index.rows) else None
        if row is None or row.kind is not RowKind.COMMENT or row.left >= len(self._said):
            return None
        return self._remarks[self._said[row.left].remark]

    def _measure(self) -> None:
        super()._measure()
        self._marked = row_at(self._diff, self._index, self._from) if self._diff and self._from else None

    def _indent(self, index: DiffRows) -> int:
        return index.number_width + 2
