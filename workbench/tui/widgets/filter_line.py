"""The line in which one types what a list has to contain."""

from dataclasses import dataclass

from textual import on
from textual.app import ComposeResult
from textual.containers import Horizontal
from textual.content import Content
from textual.message import Message
from textual.widgets import Input, Static


class FilterLine(Horizontal):
    """A sign, an input, and how many rows are left.

    Args:
        hint: What is said before anything is typed.
    """

    DEFAULT_CSS = """
    FilterLine {
        height: 1;
        background: $surface;
        & > #filter-sign { width: auto; color: $text-accent; padding: 0 1 0 2; }
        & > #filter-count { width: auto; color: $text-muted; padding: 0 1; }
        & > #filter-text { width: 1fr; height: 1; border: none; padding: 0; background: $surface; }
    }
    """

    @dataclass
    class Changed(Message):
        """Another text is filtered for."""

        text: str

    class Left(Message):
        """The person goes on to the rows that are left."""

    def __init__(self, hint: str = "", *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._hint = hint

    def compose(self) -> ComposeResult:
        """The sign, the input, the count."""
        yield Static(Content("/"), id="filter-sign")
        text = Input(id="filter-text", select_on_focus=False, placeholder=self._hint)
        text.cursor_blink = False
        yield text
        yield Static(Content(""), id="filter-count")

    @property
    def text(self) -> str:
        """What is filtered for."""
        return self.query_one("#filter-text", Input).value

    def type_here(self) -> None:
        """Put the focus into the input."""
        self.query_one("#filter-text").focus()

    def say(self, count: str) -> None:
        """Show how many rows are left."""
        self.query_one("#filter-count", Static).update(Content(count))

    @on(Input.Changed)
    def _changed(self, event: Input.Changed) -> None:
        event.stop()
        self.post_message(self.Changed(event.value))

    @on(Input.Submitted)
    def _submitted(self, event: Input.Submitted) -> None:
        event.stop()
        self.post_message(self.Left())

    def key_down(self) -> None:
        """The arrow leaves for the rows."""
        self.post_message(self.Left())
