"""The dialog in which a person gives a verdict: it says what will be recorded, on which bytes, and asks why."""

from dataclasses import dataclass, replace
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.content import Content
from textual.widgets import Button, Static, TextArea

from workbench.errors import ConflictError, WorkbenchError
from workbench.reviews.drafts import Draft
from workbench.reviews.model import Recorded, Verdict
from workbench.reviews.signing import PassphraseNeeded
from workbench.text import plural, visible, visible_lines
from workbench.tui.aside import with_screen_aside
from workbench.tui.bindings import bindings_of, key_of
from workbench.tui.jobs import run_job
from workbench.tui.screens.dialog import Dialog
from workbench.workspace import Workspace


@dataclass(frozen=True, slots=True)
class Subject:
    """What a verdict is about: the skill and exactly the tree that was on the screen, or a range and its head.

    Attributes:
        skill: Its id; of a range, those of all skills that are judged.
        tree: The skill's tree; of a range, the commit at its head.
        compared: What the tree was compared with, in words.
        open_points: What an approval settles, one line each.
        drafts: What is sent with it.
        beware: What a reader should not overlook: a word, and what it is about.
        range: What is judged as one; None for one skill.
        seen: Files of the records behind `open_points`: an approval that would settle others is refused.
    """

    skill: str
    name: str
    tree: str
    compared: str
    open_points: tuple[str, ...] = ()
    drafts: tuple[Draft, ...] = ()
    beware: tuple[tuple[str, str], ...] = ()
    range: str | None = None
    seen: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class _Wording:
    title: str
    button: str
    effect: str
    question: str


_WORDING: dict[Verdict, _Wording] = {
    "approve": _Wording(
        "Approve",
        "Approve",
        "that you read exactly these bytes and approve them",
        "What did you read or check?",
    ),
    "request-changes": _Wording(
        "Request changes to",
        "Request changes",
        "what has to change before this can be approved",
        "What has to change?",
    ),
    "comment": _Wording(
        "Comment on", "Comment", "a remark on this tree; it changes no state", "What do you want to say?"
    ),
    "request": _Wording(
        "Request a review of",
        "Request review",
        "that you ask others to review this tree",
        "What should reviewers know? (may be left empty)",
    ),
    "revoke": _Wording(
        "Revoke the approval of",
        "Revoke",
        "that its approval no longer holds; earlier records stay",
        "Why does it no longer hold?",
    ),
}


def _sent(drafts: tuple[Draft, ...]) -> str:
    """What goes along: `3 drafts`, `2 drafts, resolves 1 thread`."""
    said, settled = sum(one.says for one in drafts), sum(one.resolves is not None for one in drafts)
    parts = [plural(said, "draft")] if said else []
    parts += [f"what resolves {plural(settled, 'thread')}"] if settled else []
    return ", ".join(parts)


def effect_of(verdict: Verdict) -> str:
    """What a verdict records, as a sentence's end."""
    return _WORDING[verdict].effect


class VerdictDialog(Dialog[Recorded | bool]):
    """Asks for the reason and records the verdict; gives what was recorded, True after a conflict, or None.

    Nothing is recorded unless the skill still has the tree that the dialog names.
    """

    BINDINGS: ClassVar = bindings_of("call.run")
    CSS_PATH = "verdict.tcss"

    def __init__(self, workspace: Workspace, verdict: Verdict, subject: Subject) -> None:
        super().__init__()
        self._workspace = workspace
        self._verdict = verdict
        self._subject = subject
        self._busy = False
        self._outdated = False

    def compose(self) -> ComposeResult:
        """Title, what it is about, the reason, and the two buttons: Cancel first."""
        words, subject = _WORDING[self._verdict], self._subject
        key = key_of("call.run", self.workbench.keymap)
        with Vertical(id="dialog"):
            yield Static(Content(f"{words.title} {visible(subject.name)}"), id="title")
            with VerticalScroll(id="about", can_focus=False):
                yield Static(Content("\n".join(self._facts())), id="facts")
            yield Static(Content(words.question), id="question")
            reason = TextArea(id="reason", show_line_numbers=False, compact=True)
            reason.cursor_blink = False
            yield reason
            yield Static(Content(""), id="problem")
            with Horizontal(id="buttons"):
                yield Button("Cancel", id="cancel", compact=True)
                yield Button(Content(words.button), id="confirm", variant="primary", compact=True)
                yield Static(Content(f"{key} records it"), id="hint")

    def _facts(self) -> list[str]:
        subject = self._subject
        settles = [f"settles   {point}" for point in subject.open_points] if self._verdict == "approve" else []
        return [
            f"{'skill ' if subject.range is None else 'skills'}    {visible(subject.skill)}",
            f"{'tree' if subject.range is None else 'head'}      {subject.tree[:12]}",
            *(f"{word:8}  {visible(about)}" for word, about in subject.beware),
            f"compared  with {visible(subject.compared)}",
            f"records   {effect_of(self._verdict)}",
            *settles,
            *([f"sends     {_sent(subject.drafts)}"] if subject.drafts else []),
        ]

    def on_mount(self) -> None:
        """Begin with the reason: it is the one thing to fill in; on a low screen the buttons need its room."""
        self.set_class(self.app.size.height < 30, "-low")
        self.query_one("#reason").focus()

    def action_back(self) -> None:
        """Close without recording anything; while it is being recorded, wait."""
        if not self._busy:
            self.dismiss(True if self._outdated else None)

    @on(Button.Pressed, "#cancel")
    def _cancel(self) -> None:
        self.action_back()

    @on(Button.Pressed, "#confirm")
    def action_run(self) -> None:
        """Record the verdict, if there is a reason."""
        reason = self.query_one("#reason", TextArea).text.strip()
        if self._busy or self._outdated:
            return
        if not reason and not self._needs_none:
            self._say("A reason is needed: it is what the next reader has.")
            self.query_one("#reason").focus()
            return
        self._busy = True
        self._say("recording…")
        self.query_one("#confirm", Button).disabled = True
        subject, verdict = self._subject, self._verdict
        run_job(
            self,
            f"Recording {verdict} of {subject.name}",
            lambda _: self._record(reason),
            self._recorded,
            failed=self._refused,
            quiet=True,
        )

    @property
    def _needs_none(self) -> bool:
        """Whether it can be recorded without a reason: comments say well enough what has to change.

        In a set each record stands alone, so that those of skills without comments want one.
        """
        remarks = self._verdict != "approve" and self._subject.range is None and bool(self._subject.drafts)
        return self._verdict == "request" or remarks

    def _record(self, reason: str, *, may_ask: bool = False) -> Recorded:
        subject, desk = self._subject, self._workspace.comments
        if subject.range is None:
            return desk.send(
                subject.skill, self._verdict, reason, drafts=subject.drafts, expect=subject.tree, via="tui",
                may_ask=may_ask, seen=subject.seen,
            )  # fmt: skip
        done = self._workspace.set_comments.send(
            subject.range, self._verdict, reason, drafts=subject.drafts, expect=subject.tree, via="tui",
            may_ask=may_ask, seen=subject.seen,
        )  # fmt: skip
        return replace(done[0], notes=tuple(note for one in done for note in one.notes))

    def _recorded(self, recorded: Recorded) -> None:
        self.dismiss(recorded)

    def _refused(self, error: WorkbenchError) -> None:
        """Say why nothing was recorded; after a conflict the diff has to be read again before another try."""
        if isinstance(error, PassphraseNeeded):
            refused = self._record_aside()
            if refused is None:
                return
            error = refused
        self._busy = False
        self._outdated = conflict = isinstance(error, ConflictError)
        self._say(f"Nothing was recorded: {error}")
        self.query_one("#confirm", Button).disabled = conflict
        if conflict:
            self.query_one("#cancel", Button).label = Content("Close and reload")
            self.query_one("#cancel").focus()

    def _record_aside(self) -> WorkbenchError | None:
        """Record it with the screen set aside, so that `ssh-keygen` can ask for the passphrase; gives what failed."""
        reason = self.query_one("#reason", TextArea).text.strip()
        said = f"The key that signs this {self._verdict} has a passphrase."
        try:
            recorded = with_screen_aside(self.workbench, said, lambda: self._record(reason, may_ask=True))
        except WorkbenchError as error:
            return error
        self._recorded(recorded)
        return None

    def _say(self, text: str) -> None:
        self.query_one("#problem", Static).update(Content("\n".join(visible_lines(text))))
