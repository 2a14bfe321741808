"""Two states of a skill side by side, to read: a copy and what was approved, HEAD and an update."""

from collections.abc import Callable
from typing import ClassVar

from textual.app import ComposeResult
from textual.content import Content
from textual.widgets import Static

from workbench.commands import Scope
from workbench.errors import WorkbenchError
from workbench.reviews.diff import SkillDiff
from workbench.text import plural
from workbench.tui.bindings import bindings_of
from workbench.tui.jobs import Job
from workbench.tui.screens.frame import WorkbenchScreen
from workbench.tui.toned import toned, toned_lines
from workbench.tui.widgets.diff_view import LAYOUTS, DiffView
from workbench.tui.widgets.tones import Span


class ComparedScreen(WorkbenchScreen[None]):
    """A diff without a verdict.

    Args:
        title: What is compared.
        about: One line: where it is, or what can be done with it.
        load: Reads the diff, in a job.
        nothing: What to say where nothing differs.
    """

    NAME = "Compared"
    ABOUT = "What differs between two states of a skill. No verdict is recorded here: those are on the skill itself."
    SCOPES: ClassVar[tuple[Scope, ...]] = ("lists",)
    BINDINGS: ClassVar = bindings_of(
        "diff.next", "diff.previous", "diff.next-file", "diff.previous-file", "diff.layout", "diff.wrap"
    )
    CSS_PATH = "compared.tcss"
    AUTO_FOCUS = "DiffView"

    def __init__(self, title: str, about: str, load: Callable[[Job], SkillDiff], nothing: str) -> None:
        super().__init__()
        self._title, self._about, self._read, self._nothing = title, about, load, nothing

    def compose_body(self) -> ComposeResult:
        """What is compared, and the diff."""
        yield Static(Content(""), id="compared-head")
        yield DiffView(id="compared-diff")
        yield Static(Content("Comparing…"), id="compared-instead")

    def on_mount(self) -> None:
        """Read the diff."""
        workspace = self.workspace
        wanted = workspace.settings.diff if workspace else "auto"
        self.query_one(DiffView).diff_layout = next((one for one in LAYOUTS if one == wanted), "auto")
        self.add_class("-instead")
        self._head("")
        self.run_job(f"Comparing {self._title}", self._read, self._show, failed=self._failed, group="diff")

    def _show(self, diff: SkillDiff) -> None:
        changed = f"{plural(len(diff.files), 'file')}  +{diff.added:,} -{diff.removed:,}"
        self._head(f"{diff.base_label} → {(diff.tree or '')[:12]}   {changed}")
        if diff.files:
            self.query_one(DiffView).load(diff)
            self.remove_class("-instead")
            self.query_one(DiffView).focus()
        else:
            self.query_one("#compared-instead", Static).update(toned_lines(self._nothing))

    def _failed(self, error: WorkbenchError) -> None:
        self.query_one("#compared-instead", Static).update(toned_lines(Span(str(error), "attention")))

    def _head(self, compared: str) -> None:
        lines = (toned(Span(self._title, "strong"), Span(f"  {self._about}", "muted")), toned(compared))
        self.query_one("#compared-head", Static).update(Content("\n").join(lines))

    def action_next_hunk(self) -> None:
        """To the next changed place."""
        self.query_one(DiffView).action_next_hunk()

    def action_previous_hunk(self) -> None:
        """To the changed place before."""
        self.query_one(DiffView).action_previous_hunk()

    def action_next_file(self) -> None:
        """To the next changed file."""
        self.query_one(DiffView).action_next_file()

    def action_previous_file(self) -> None:
        """To the changed file before."""
        self.query_one(DiffView).action_previous_file()

    def action_toggle_layout(self) -> None:
        """Automatic, unified, side by side, in turn."""
        self.query_one(DiffView).action_toggle_layout()

    def action_toggle_wrap(self) -> None:
        """Wrap long lines, or have each in one row."""
        self.query_one(DiffView).action_toggle_wrap()
