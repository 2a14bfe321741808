"""The dialog in which a person accepts something that a skill can do: it shows the evidence and asks why it is fine."""

from datetime import UTC, datetime
from typing import TYPE_CHECKING, ClassVar

from textual import on
from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.content import Content
from textual.widgets import Button, Static, TextArea

from workbench.errors import ConflictError, WorkbenchError
from workbench.reviews.listing import SkillRow
from workbench.skills.capabilities import Finding, capabilities_of
from workbench.skills.capabilities.accepted import FILE, accept, who
from workbench.skills.capabilities.words import certainty_word, heading
from workbench.text import visible, visible_lines
from workbench.tui.bindings import bindings_of, key_of
from workbench.tui.capability_rows import place_of
from workbench.tui.jobs import run_job
from workbench.tui.screens.dialog import Dialog
from workbench.tui.widgets.skill_detail import SkillDetail
from workbench.workspace import Workspace

if TYPE_CHECKING:
    from workbench.tui.screens.skill_actions import SkillActions


def accept_chosen(screen: "SkillActions") -> None:
    """Ask to accept the finding under the cursor of a skill's tab Can do, and show the tab again afterwards."""
    workspace, details = screen.workbench.workspace, screen.query(SkillDetail)
    detail = details.first() if details else None
    place = place_of(detail.chosen) if detail is not None and detail.tab == "Can do" else None
    row = detail.row if detail is not None else None
    if workspace is None or detail is None or row is None or place is None:
        screen.workbench.say("Open a skill's tab Can do, and choose the finding to accept.")
        return

    def look(_: object) -> list[Finding]:
        every = capabilities_of(workspace.root, row.skill).findings
        same = [one for one in every if one.fingerprint == place.fingerprint]
        return sorted(same, key=lambda one: one.line != place.line)

    def ask(found: list[Finding]) -> None:
        if not found:
            screen.workbench.say("The skill changed meanwhile: this evidence is gone.")
            return
        screen.workbench.push_screen(AcceptFindingDialog(workspace, row, found[0]), again)

    def again(done: bool | None) -> None:
        if done:
            detail.show(row, top=False)

    screen.run_job("Reading the finding", look, ask)


class AcceptFindingDialog(Dialog[bool]):
    """Asks for the reason and writes the acceptance; gives True once it is written.

    Nothing is written unless the skill still has a finding with this very evidence.
    """

    BINDINGS: ClassVar = bindings_of("call.run")
    CSS_PATH = "accept_finding.tcss"

    def __init__(self, workspace: Workspace, row: SkillRow, finding: Finding) -> None:
        super().__init__()
        self._workspace, self._row, self._finding = workspace, row, finding
        self._busy = False

    def compose(self) -> ComposeResult:
        """Title, what it is about, the reason, and the two buttons: Cancel first."""
        key = key_of("call.run", self.workbench.keymap)
        with Vertical(id="dialog"):
            yield Static(Content("Accept what a skill can do"), id="title")
            with VerticalScroll(id="about", can_focus=False):
                yield Static(Content("\n".join(self._facts())), id="facts")
            yield Static(Content("Why is it fine?"), id="question")
            reason = TextArea(id="reason", show_line_numbers=False, compact=True)
            reason.cursor_blink = False
            yield reason
            yield Static(Content(""), id="problem")
            with Horizontal(id="buttons"):
                yield Button("Cancel", id="cancel", compact=True)
                yield Button("Accept", id="confirm", variant="primary", compact=True)
                yield Static(Content(f"{key} accepts it"), id="hint")

    def _facts(self) -> list[str]:
        one = self._finding
        return [
            f"skill     {visible(self._row.id)}",
            f"it        {heading(one.kind)}: {visible(one.what)} ({certainty_word(one)})",
            f"where     {visible(one.path)}:{one.line}",
            f"evidence  {visible(one.evidence)}",
            f"writes    {FILE}; it is open again when the evidence changes",
        ]

    def on_mount(self) -> None:
        """Begin with the reason: it is the one thing to fill in."""
        self.query_one("#reason").focus()

    def action_back(self) -> None:
        """Close without writing anything; while it is being written, wait."""
        if not self._busy:
            self.dismiss(None)

    @on(Button.Pressed, "#cancel")
    def _cancel(self) -> None:
        self.action_back()

    @on(Button.Pressed, "#confirm")
    def action_run(self) -> None:
        """Write the acceptance, if there is a reason."""
        reason = self.query_one("#reason", TextArea).text.strip()
        if self._busy:
            return
        if not reason:
            self._say("A reason is needed: it is what the next reader has.")
            self.query_one("#reason").focus()
            return
        self._busy = True
        self._say("writing…")
        run_job(
            self,
            "Accepting a finding",
            lambda _: self._write(reason),
            self._written,
            failed=self._refused,
            quiet=True,
        )

    def _write(self, reason: str) -> None:
        workspace, row = self._workspace, self._row
        prints = {one.fingerprint for one in capabilities_of(workspace.root, row.skill).findings}
        if self._finding.fingerprint not in prints:
            raise ConflictError("the skill changed meanwhile, and this evidence is gone", remedy="read it again")
        at = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        accept(workspace.root, row.id, [self._finding], reason, who(workspace.repository), at)

    def _written(self, _: None) -> None:
        self.dismiss(True)

    def _refused(self, error: WorkbenchError) -> None:
        self._busy = False
        self._say(f"Nothing was written: {error}")

    def _say(self, text: str) -> None:
        self.query_one("#problem", Static).update(Content("\n".join(visible_lines(text))))
