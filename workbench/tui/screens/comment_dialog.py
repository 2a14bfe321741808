"""The dialog in which one writes a comment, with a suggestion for its lines where one wants: it is kept as a draft."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.content import Content
from textual.widgets import Button, Static, TextArea

from workbench.errors import WorkbenchError
from workbench.text import visible_block, visible_lines
from workbench.tui.bindings import bindings_of, key_of
from workbench.tui.jobs import run_job
from workbench.tui.screens.dialog import Dialog


@dataclass(frozen=True, slots=True)
class Asked:
    """What a comment is about, and what it says so far.

    Attributes:
        title: What is done, in words.
        facts: What it is about, one line each.
        lines: What a suggestion starts from; None where nothing can be suggested.
    """

    title: str
    facts: tuple[str, ...]
    text: str = ""
    suggestion: str | None = None
    lines: str | None = None


Keep = Callable[[str, str | None], object]
"""Keeps a text and a suggestion; may raise WorkbenchError."""


class CommentDialog(Dialog[bool]):
    """Asks for the text and keeps it; gives True once it is kept.

    Args:
        asked: What it is about.
        keep: Called in a thread with the text and the suggestion.
    """

    BINDINGS: ClassVar = bindings_of("call.run", "comment.suggest")
    CSS_PATH = "comment_dialog.tcss"

    def __init__(self, asked: Asked, keep: Keep) -> None:
        super().__init__()
        self._asked, self._keep = asked, keep
        self._busy = False
        self._warned = False

    def compose(self) -> ComposeResult:
        """Title, what it is about, the text, the suggestion, and the two buttons: Cancel first."""
        asked, keymap = self._asked, self.workbench.keymap
        with Vertical(id="dialog"):
            yield Static(Content(visible_block(asked.title)), id="title")
            with VerticalScroll(id="about", can_focus=False):
                yield Static(Content("\n".join(visible_block(line) for line in asked.facts)), id="facts")
            yield _area(asked.text, "comment")
            yield Static(Content("Suggested instead of these lines:"), id="suggests")
            yield _area(asked.suggestion or "", "suggestion")
            yield Static(Content(""), id="problem")
            with Horizontal(id="buttons"):
                yield Button("Cancel", id="cancel", compact=True)
                yield Button("Keep draft", id="confirm", variant="primary", compact=True)
                suggest = f"{key_of('comment.suggest', keymap)} suggests, " if asked.lines is not None else ""
                yield Static(Content(f"{suggest}{key_of('call.run', keymap)} keeps it"), id="hint")

    def on_mount(self) -> None:
        """Begin with the text."""
        self.set_class(self._asked.suggestion is not None, "-suggests")
        self.query_one("#comment").focus()

    @property
    def _written(self) -> tuple[str, str | None]:
        suggestion = self.query_one("#suggestion", TextArea).text if self.has_class("-suggests") else None
        return self.query_one("#comment", TextArea).text, suggestion

    def action_back(self) -> None:
        """Close without keeping it; what was typed is asked about once."""
        if self._busy:
            return
        if self._written != (self._asked.text, self._asked.suggestion) and not self._warned:
            self._warned = True
            self._say("Not kept yet: escape again drops what you typed.")
            return
        self.dismiss(None)

    def action_leave(self) -> None:
        """Close as escape does."""
        self.action_back()

    def action_suggest(self) -> None:
        """Begin a suggestion with the lines as they are, or take it away."""
        if self._asked.lines is None:
            self._say("Nothing can be suggested here: choose lines of the new side.")
            return
        suggests = not self.has_class("-suggests")
        area = self.query_one("#suggestion", TextArea)
        if suggests and not area.text:
            area.text = self._asked.lines
        self.set_class(suggests, "-suggests")
        (area if suggests else self.query_one("#comment")).focus()

    @on(Button.Pressed, "#cancel")
    def _cancel(self) -> None:
        self.action_back()

    @on(Button.Pressed, "#confirm")
    def action_run(self) -> None:
        """Keep it, if it says anything."""
        text, suggestion = self._written
        if self._busy:
            return
        if not text.strip() and suggestion is None:
            self._say("Say something, or suggest something.")
            self.query_one("#comment").focus()
            return
        self._busy = True
        if suggestion and not suggestion.endswith("\n"):
            suggestion += "\n"
        run_job(
            self, "Keeping the draft", lambda _: self._keep(text, suggestion), self._kept,
            failed=self._refused, quiet=True,
        )  # fmt: skip

    def _kept(self, _: object) -> None:
        self.dismiss(True)

    def _refused(self, error: WorkbenchError) -> None:
        self._busy = False
        self._say(f"It was not kept: {error}")

    def _say(self, text: str) -> None:
        self.query_one("#problem", Static).update(Content("\n".join(visible_lines(text))))


def _area(text: str, id_: str) -> TextArea:
    area = TextArea(text, id=id_, show_line_numbers=False, compact=True)
    area.cursor_blink = False
    return area
