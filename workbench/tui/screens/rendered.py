"""A changed Markdown file as one reads it, before and after."""

from collections.abc import Callable, Mapping, Sequence
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.content import Content
from textual.widgets import Static

from workbench.commands import Scope
from workbench.errors import InputError, WorkbenchError
from workbench.reviews.diff import FileDiff
from workbench.text import plural, visible
from workbench.tui.bindings import bindings_of
from workbench.tui.jobs import Job
from workbench.tui.rendered_rows import UNSEEN, Pair, compare
from workbench.tui.screens.frame import WorkbenchScreen
from workbench.tui.toned import toned, toned_lines
from workbench.tui.widgets.diff_view import LAYOUTS, Layout
from workbench.tui.widgets.rendered_diff import RenderedDiff
from workbench.tui.widgets.tones import Span

_WRITTEN_OTHERWISE = "~ reads the same and is written otherwise: the diff shows how"


class RenderedScreen(WorkbenchScreen[None]):
    """One file, rendered before and after.

    Args:
        file: The file, as the diff has it.
        contents: Gives blobs by their ids; runs in a job.
        layout: How the diff is laid out.
    """

    NAME = "Rendered"
    ABOUT = (
        "A changed Markdown file as one reads it: what went, what came, and (~) what reads the same but is written"
        " otherwise. Comments, HTML and the targets of links are shown as they stand, for an agent reads them. A"
        " verdict is given where the diff is."
    )
    SCOPES: ClassVar[tuple[Scope, ...]] = ("lists",)
    BINDINGS: ClassVar = bindings_of("diff.next", "diff.previous", "diff.layout", "diff.rendered")
    CSS_PATH = "rendered.tcss"
    AUTO_FOCUS = "RenderedDiff"

    def __init__(
        self, file: FileDiff, contents: Callable[[Sequence[str]], Mapping[str, bytes]], layout: Layout = "auto"
    ) -> None:
        super().__init__()
        self._file, self._contents, self._layout = file, contents, layout
        self._more = ""

    def compose_body(self) -> ComposeResult:
        """What is shown, and the file."""
        yield Static(Content(""), id="rendered-head")
        yield RenderedDiff(layout=self._layout)
        yield Static(Content("Rendering…"), id="rendered-instead")

    def on_mount(self) -> None:
        """Read both sides."""
        self.add_class("-instead")
        self._head("")
        file, contents = self._file, self._contents

        def read(_: Job) -> list[Pair]:
            wanted = [id_ for id_ in (file.old_id, file.new_id) if id_]
            found = contents(wanted)
            if any(id_ not in found for id_ in wanted):
                what = "it is too large to be rendered, or not committed"
                raise InputError(what, where=visible(file.path), remedy="read it in the diff")
            old, new = (found[id_] if id_ else None for id_ in (file.old_id, file.new_id))
            return compare(old, new)

        self.run_job(f"Rendering {file.path}", read, self._show, failed=self._failed, group="rendered")

    def _show(self, pairs: list[Pair]) -> None:
        self.remove_class("-instead")
        view = self.query_one(RenderedDiff)
        self._more = _WRITTEN_OTHERWISE if any(pair.sign == UNSEEN for pair in pairs) else ""
        view.load(pairs)
        view.focus()

    @on(RenderedDiff.Ready)
    def _say_places(self) -> None:
        count = len(self.query_one(RenderedDiff).places)
        said = (
            f"{plural(count, 'changed place')}" if count else "reads the same; the diff shows what is written otherwise"
        )
        self._head(said)

    def _failed(self, error: WorkbenchError) -> None:
        self.query_one("#rendered-instead", Static).update(toned_lines(Span(str(error), "attention")))

    def _head(self, said: str) -> None:
        first = toned(Span(self._file.path, "strong"), Span(f"  rendered  {said}", "muted"))
        head = self.query_one("#rendered-head", Static)
        head.update(Content("\n").join([first, toned(Span(self._more, "attention"))] if self._more else [first]))

    def action_next_hunk(self) -> None:
        """To the next changed place."""
        self._go(1)

    def action_previous_hunk(self) -> None:
        """To the changed place before."""
        self._go(-1)

    def _go(self, step: int) -> None:
        view = self.query_one(RenderedDiff)
        number = view.go(step)
        if number:
            self._head(f"changed place {number:,} of {len(view.places):,}")

    def action_toggle_layout(self) -> None:
        """Automatic, one above the other, side by side, in turn."""
        self._layout = LAYOUTS[(LAYOUTS.index(self._layout) + 1) % len(LAYOUTS)]
        self.query_one(RenderedDiff).put(self._layout)
        self.workbench.say({"auto": "Side by side where there is room", "unified": "One above the other",
                            "split": "Side by side"}[self._layout])  # fmt: skip

    def action_rendered(self) -> None:
        """Back to the diff."""
        self.dismiss()
