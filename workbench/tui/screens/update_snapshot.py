"""Writing the snapshots that a case no longer fits: each difference is shown first, and a yes is asked for."""

from collections.abc import Sequence

from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.widgets import Button, Static

from workbench.testing.snapshots import Change
from workbench.text import plural, visible
from workbench.tui.screens.dialog import Question
from workbench.tui.widgets.output_view import OutputView


class UpdateSnapshotDialog(Question):
    """Shows what would be written; gives True for a yes.

    Args:
        changes: The snapshots that would change; those that can't be written say why.
    """

    CSS_PATH = "update_snapshot.tcss"
    AUTO_FOCUS = "OutputView"

    def __init__(self, changes: Sequence[Change]) -> None:
        super().__init__()
        self._changes = changes

    def compose(self) -> ComposeResult:
        """The differences, and the two answers: Cancel first."""
        can = [change for change in self._changes if change.hindrance is None]
        said = f"Write {plural(len(can), 'snapshot')}?" if can else "These snapshots can't be written"
        with Vertical(id="dialog"):
            yield Static(Content(said), id="title")
            yield OutputView(id="differences")
            with Horizontal(id="buttons"):
                yield Button("Cancel", id="cancel", compact=True)
                if can:
                    yield Button("Write", id="confirm", variant="primary", compact=True)
                yield Static(Content("Tab to the answers"), id="hint")

    def on_mount(self) -> None:
        """Show what would change."""
        lines: list[str] = []
        for change in self._changes:
            new = "would be new" if change.stored is None else "would change"
            lines.append(f"@@ {change.path} {new}, for {', '.join(visible(case) for case in change.cases)} @@")
            if change.hindrance is not None:
                lines.append(f"  not written: {change.hindrance}")
            lines += [line for line in change.diff.split("\n") if not line.startswith(("--- expected", "+++ seen"))]
        self.query_one(OutputView).show("\n".join(lines), "diff")
