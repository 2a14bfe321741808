"""Receipts on the screen: one is made of what was decided on a skill, and any is checked against the library."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from workbench.config import expanded
from workbench.errors import ConflictError, InputError
from workbench.reviews.checking_receipts import ReceiptCheck
from workbench.reviews.receipt_file import load_receipt
from workbench.reviews.receipts import as_markdown
from workbench.text import visible
from workbench.tools.forms import Field
from workbench.tui.jobs import Job, run_job
from workbench.tui.markdown_lines import markdown_lines
from workbench.tui.screens.form_dialog import FormDialog, Values, choice
from workbench.tui.screens.text_dialog import TextDialog
from workbench.tui.widgets.text_view import TextLine
from workbench.tui.widgets.tones import Span

if TYPE_CHECKING:
    from workbench.reviews.listing import SkillRow
    from workbench.tui.screens.frame import WorkbenchScreen
    from workbench.workspace import Workspace

_NOW = "what is approved now"


class ReceiptDialog(FormDialog):
    """Asks what the receipt of a skill is about, and where to keep it.

    Args:
        released: The skill's released versions.
    """

    def __init__(
        self, screen: "WorkbenchScreen[None]", workspace: "Workspace", row: "SkillRow", released: list[str]
    ) -> None:
        super().__init__(
            f"Receipt of {row.name}",
            "What was decided on these bytes, by whom and why, under one digest.",
            (
                choice("of", "Of", [_NOW, *released]),
                Field(("path",), "text", "Keep it in", "A new JSON file; empty only shows it."),
            ),
            "Show it",
        )
        self._screen, self._workspace, self._row = screen, workspace, row

    def agreed(self, values: Values) -> None:
        """Make it, keep it and show it."""
        of, path = str(values["of"]), str(values["path"]).strip()
        name = self._row.id if of == _NOW else f"{self._row.id}@{of}"
        screen, workspace = self._screen, self._workspace

        def make(_: Job) -> dict[str, Any]:
            made = workspace.reviews.receipt(name)
            if path:
                _keep(expanded(Path(path)), made)
            return made

        def show(made: dict[str, Any]) -> None:
            if path:
                screen.workbench.say(f"Kept in {path}")
            lines = markdown_lines(as_markdown(made))
            screen.app.push_screen(TextDialog(f"Receipt of {self._row.name}", lines))

        screen.run_job("Making the receipt", make, show, group="receipt")


class CheckReceiptDialog(FormDialog):
    """Asks for a receipt's file and says whether it holds."""

    def __init__(self) -> None:
        super().__init__(
            "Check a receipt",
            "Whether it holds: nothing erased, no reason changed, as far as this library can tell.",
            (Field(("path",), "text", "File", "The receipt, as JSON.", required=True),),
            "Check it",
        )

    def agreed(self, values: Values) -> None:
        """Check it and say what came of it."""
        workbench = self.workbench
        workspace = workbench.workspace
        if workspace is None:
            return
        path = expanded(Path(str(values["path"]).strip()))

        def check(_: Job) -> ReceiptCheck:
            return workspace.reviews.check_receipt(load_receipt(path))

        def show(found: ReceiptCheck) -> None:
            lines = [TextLine((Span("× ", "bad"), Span(line)), hang=2) for line in found.wrong]
            if found.ok:
                lines.append(TextLine((Span("✓ ", "good"), Span(found.held))))
            lines += [TextLine((Span(note, "muted"),), hang=2) for note in found.notes]
            workbench.push_screen(TextDialog(f"Receipt {path.name}", lines))

        run_job(workbench, "Checking the receipt", check, show, group="receipt")


def _keep(path: Path, made: dict[str, Any]) -> None:
    """Write a receipt to a new file.

    Raises:
        ConflictError: There is something already.
        InputError: It can't be written.
    """
    try:
        with path.open("x", encoding="utf-8") as file:
            file.write(json.dumps(made, indent=2, ensure_ascii=True, sort_keys=True) + "\n")
    except FileExistsError as error:
        where = visible(str(path))
        raise ConflictError("there is a file of that name already", where=where, remedy="name another") from error
    except OSError as error:
        raise InputError(f"the receipt can't be written: {error.strerror}", where=visible(str(path))) from error
