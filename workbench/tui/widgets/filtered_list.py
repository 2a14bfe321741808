"""A list with a line to filter it, which opens on its key and is never in the way before."""

from collections.abc import Callable, Collection, Sequence
from typing import TYPE_CHECKING, ClassVar, NamedTuple

from textual.app import ComposeResult
from textual.containers import Vertical

from workbench.text import plural
from workbench.tui.bindings import bindings_of
from workbench.tui.widgets.columns import Column
from workbench.tui.widgets.virtual_list import Row, VirtualList

if TYPE_CHECKING:
    from workbench.tui.widgets.filter_line import FilterLine


class Narrowed(NamedTuple):
    """What a typed filter comes to: words that rows have to contain, and the ids of the rows that pass otherwise.

    `wrong` says what is wrong with it; the filter before then stays.
    """

    words: str
    kept: Collection[str] | None = None
    wrong: str = ""


class FilteredList(Vertical):
    """A `VirtualList` (`.list`) under a filter that takes effect as one types.

    Args:
        noun: What a row is, for the count: `skill`.
        empty: What is said where there are no rows.
        narrow: Reads what was typed; without it, all of it is words.
        hint: What the filter's line says before anything is typed.
        elsewhere: Where else one may look if no row holds the words of the filter.
    """

    BINDINGS: ClassVar = bindings_of("filter")
    DEFAULT_CSS = """
    FilteredList {
        height: 1fr;
        & > VirtualList { height: 1fr; }
    }
    """

    def __init__(
        self,
        columns: Sequence[Column],
        *,
        noun: str = "row",
        empty: str = "",
        heading: bool = True,
        id: str | None = None,
        list_id: str | None = None,
        narrow: Callable[[str], Narrowed] = Narrowed,
        hint: str = "every word has to be in the row",
        elsewhere: str = "",
    ) -> None:
        super().__init__(id=id)
        self._narrow = narrow
        self._hint = hint
        self._noun = noun
        self._line: FilterLine | None = None
        self.list = VirtualList(columns, empty=empty, heading=heading, id=list_id)
        self.list.elsewhere = elsewhere

    def compose(self) -> ComposeResult:
        """Only the list; the filter's line comes when it is asked for."""
        yield self.list

    def show(self, rows: Sequence[Row], *, empty: str | None = None, columns: Sequence[Column] | None = None) -> None:
        """Show other rows; filter and cursor stay."""
        self.list.show(rows, empty=empty, columns=columns)
        self._apply()

    async def action_filter(self) -> None:
        """Open the filter's line and type into it."""
        from workbench.tui.widgets.filter_line import FilterLine

        if self._line is None:
            self._line = FilterLine(self._hint)
            await self.mount(self._line, before=0)
        self._line.type_here()
        self._count()
        self.list.expect_filter()

    def close_filter(self) -> bool:
        """Clear the filter and go back to the list; False if it is not open."""
        if self._line is None:
            return False
        self._line.remove()
        self._line = None
        self.list.filter("")
        self.list.focus()
        return True

    def on_filter_line_changed(self, event: "FilterLine.Changed") -> None:
        """Filter while one types."""
        event.stop()
        self._apply()

    def on_filter_line_left(self, event: "FilterLine.Left") -> None:
        """Go on to the rows that are left; an empty filter closes."""
        event.stop()
        if self._line is not None and not self._line.text.strip():
            self.close_filter()
        self.list.focus()

    def _apply(self) -> None:
        """Filter for what is typed, and say how many rows are left or what is wrong."""
        if self._line is None or not self._line.is_mounted:
            return
        narrowed = self._narrow(self._line.text)
        if narrowed.wrong:
            self._line.say(narrowed.wrong)
            return
        self.list.filter(narrowed.words, narrowed.kept)
        self._count()

    def _count(self) -> None:
        if self._line is not None and self._line.is_mounted:
            self._line.say(f"{self.list.left:,} of {plural(self.list.total, self._noun)}")
