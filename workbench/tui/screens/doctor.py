"""What this machine has and lacks for the workbench."""

from typing import TYPE_CHECKING

from textual.app import ComposeResult

from workbench.tui.screens.frame import WorkbenchScreen
from workbench.tui.widgets.text_view import TextLine, TextView
from workbench.tui.widgets.tones import Span

if TYPE_CHECKING:
    from workbench.doctor import Check

_SIGNS = {"ok": ("✓", "good"), "warning": ("!", "attention"), "error": ("×", "bad")}
_NAME = 14


class DoctorScreen(WorkbenchScreen[None]):
    """The checks, each with its remedy."""

    NAME = "Doctor"
    ABOUT = "What this machine has and lacks for the workbench, and what to do about it. Nothing is changed by looking."
    AUTO_FOCUS = "TextView"

    def compose_body(self) -> ComposeResult:
        """The findings."""
        yield TextView([TextLine((Span("Looking…", "muted"),))], id="checks")

    def on_mount(self) -> None:
        """Examine the machine."""
        workspace = self.workspace

        def look(_: object) -> "tuple[Check, ...]":
            from pathlib import Path

            from workbench.doctor import examine

            root: Path = workspace.root if workspace else Path.cwd()
            return examine(root)

        self.run_job("Examining this machine", look, self._show)

    def _show(self, checks: "tuple[Check, ...]") -> None:
        lines = [TextLine()]
        for check in checks:
            sign, tone = _SIGNS[check.level]
            head = (Span(f" {sign} ", tone), Span(f"{check.name:<{_NAME}}", "strong"), Span(check.text))
            lines.append(TextLine(head, hang=_NAME + 3))
            if check.remedy:
                lines.append(TextLine((Span(" " * (_NAME + 3)), Span(check.remedy, "muted")), hang=_NAME + 3))
        self.query_one(TextView).show(lines)
