"""A generated skill in its review: what it is made of in a line, and making it again."""

import shlex
from typing import TYPE_CHECKING

from workbench.errors import WorkbenchError
from workbench.reviews.generated import Generated
from workbench.reviews.regenerating import Asked, Remade
from workbench.text import plural, visible
from workbench.tui.jobs import Job
from workbench.tui.patch_rows import patch_rows
from workbench.tui.screens.confirm import ConfirmDialog
from workbench.tui.screens.text_dialog import TextDialog
from workbench.tui.widgets.text_view import TextLine
from workbench.tui.widgets.tones import Span

if TYPE_CHECKING:
    from workbench.tui.screens.review import ReviewScreen


class ReviewMade:
    """How the skill that is reviewed is made.

    Args:
        screen: The review.
    """

    def __init__(self, screen: "ReviewScreen") -> None:
        self._screen = screen

    def line(self, made: Generated | None) -> tuple[Span, ...]:
        """What is to be said of a generated skill; nothing of another."""
        if made is None:
            return ()
        tone = {None: "attention", True: "good", False: "bad"}[made.rerun]
        return (Span("generated  ", "muted"), Span(made.said(), tone))

    def ask(self) -> None:
        """Say what would run, and make the skill again after a yes."""
        workspace, skill = self._screen.workspace, self._screen.skill_id
        if workspace is None:
            return

        def question(_: Job) -> Asked:
            return workspace.generated.question(skill)

        self._screen.run_job("Looking how it is made", question, self._asked, failed=self._refused, group="made")

    def _asked(self, asked: Asked) -> None:
        lines = [
            TextLine((Span(shlex.join(asked.recipe.by), "strong"),), hang=2),
            TextLine(),
            TextLine((Span(f"It sees {plural(asked.inputs, 'file')}: its inputs and what the command names."),)),
            TextLine((Span("It runs in the sandbox, without network, in a folder that is thrown away."),)),
            TextLine((Span("A yes holds for exactly these bytes; any change of them asks again.", "muted"),)),
        ]
        title = "Run the command that makes this skill?"

        def answered(yes: bool | None) -> None:
            if yes:
                self._make(asked)

        self._screen.app.push_screen(ConfirmDialog(title, lines, "Run it in the sandbox"), answered)

    def _make(self, asked: Asked) -> None:
        workspace, skill = self._screen.workspace, self._screen.skill_id
        assert workspace is not None

        def make(job: Job) -> Remade:
            workspace.generated.allow(asked)
            return workspace.generated.remake(skill, asked, cancel=job.cancel)

        self._screen.run_job("Making it again", make, self._made, failed=self._refused, group="made", cancellable=True)

    def _made(self, done: Remade) -> None:
        self._screen.reload()
        if done.same:
            self._screen.workbench.say("Made again: the same bytes")
            return
        rest = f"workbench review regenerate {visible(done.skill)} prints all of it"
        lines = [TextLine((Span("From what the library has to what the command made:", "muted"),)), TextLine()]
        lines += patch_rows(done.files, rest)
        self._screen.app.push_screen(TextDialog(f"Made again: {plural(len(done.files), 'file')} differ", lines))

    def _refused(self, error: WorkbenchError) -> None:
        self._screen.notify(str(error), severity="warning", markup=False)
