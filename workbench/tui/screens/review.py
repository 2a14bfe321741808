"""The review of one skill: what changed since the approved tree, read as a diff, and the verdict on exactly that."""

import time
from collections.abc import Mapping, Sequence
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.containers import Horizontal
from textual.content import Content
from textual.widgets import Static

from workbench.commands import Scope
from workbench.errors import WorkbenchError
from workbench.reviews.card import Card
from workbench.reviews.comment_desk import SENDING
from workbench.reviews.diff import CONTEXT, SkillDiff
from workbench.reviews.discussed import OneSkill
from workbench.reviews.listing import LibraryView, SkillRow
from workbench.reviews.model import POLICY_ID, Recorded, Verdict
from workbench.reviews.tree_verdicts import open_records
from workbench.reviews.viewed import tick
from workbench.text import first_line, plural, visible
from workbench.tui.bindings import bindings
from workbench.tui.jobs import Job
from workbench.tui.remarks import counted
from workbench.tui.screens.commented import CommentedScreen
from workbench.tui.screens.review_made import ReviewMade
from workbench.tui.screens.review_reading import (
    Reading,
    heading,
    nothing_differs,
    read_changes,
    refusal,
    tree_to_revoke,
    verdicts,
    with_inputs,
)
from workbench.tui.screens.review_rules import ReviewRules
from workbench.tui.screens.verdict import Subject, VerdictDialog
from workbench.tui.toned import toned, toned_lines
from workbench.tui.widgets.change_card import ChangeCard
from workbench.tui.widgets.diff_pane import DiffPane

_SHORT = 12
_CONTEXTS = (0, 1, 3, 10, 25, 100, 1_000)


class ReviewScreen(CommentedScreen):
    """What changed in one skill, and what one can say of it."""

    NAME = "Review"
    ABOUT = (
        "What changed in this skill since its last approved tree. A verdict is recorded on exactly the bytes shown"
        " here; if they change meanwhile, nothing is recorded."
    )
    SCOPES: ClassVar[tuple[Scope, ...]] = ("lists", "review", "tabs")
    BINDINGS: ClassVar = bindings("review", but=(*DiffPane.COMMANDS, "comment.suggest"))
    CSS_PATH = "review.tcss"
    AUTO_FOCUS = "DiffView"

    def __init__(self, skill_id: str) -> None:
        super().__init__()
        self._skill = skill_id
        self._row: SkillRow | None = None
        self._whole: SkillDiff | None = None
        self._around = CONTEXT
        self._raw = False
        self._since: str | None = None
        self._read: Reading | None = None
        self._rules = ReviewRules(self)
        self._made = ReviewMade(self)

    @property
    def skill_id(self) -> str:
        """The skill that is reviewed."""
        return self._skill

    def compose_body(self) -> ComposeResult:
        """What is compared; the files and the diff; what can be said."""
        workspace = self.workspace
        yield Static(Content(""), id="review-head")
        yield ChangeCard(id="review-card")
        with Horizontal(id="review-body"):
            yield DiffPane(layout=workspace.settings.diff if workspace else "auto", contents=self._contents)
            yield Static(Content("Comparing…"), id="review-instead")
        yield Static(Content(""), id="review-rules")
        yield Static(Content(""), id="review-verdicts")

    def on_mount(self) -> None:
        """Read what changed."""
        self._instead("Comparing…")
        self.reload()

    def library_changed(self, view: LibraryView) -> None:
        """The library was read again: so may this skill."""
        self.reload()

    def _contents(self, ids: Sequence[str]) -> Mapping[str, bytes]:
        assert self.workspace is not None
        return self.workspace.reviews.contents(self._skill, ids)

    @property
    def _pane(self) -> DiffPane:
        return self.query_one(DiffPane)

    def reload(self) -> None:
        """Read the skill and its diff again; what is then shown is what a verdict is on."""
        workspace = self.workspace
        assert workspace is not None
        base, context = self._since, self._around

        def read(_: Job) -> Reading:
            return read_changes(workspace, self._skill, base, context)

        self.run_job(f"Comparing {self._skill}", read, self._show, failed=self._failed, group="diff")

    def _show(self, read: Reading) -> None:
        self._read, self._row, self._whole = read, read.row, read.diff
        self._say_heading()
        if with_inputs(read.diff, read.made).files:
            self._load(read.diff, read.viewed)
            self.remove_class("-instead")
            self._pane.read()
        else:
            self._instead(nothing_differs(read.diff))
        said = verdicts(read.row, self.workbench.keymap)
        self.query_one("#review-verdicts", Static).update(Content("   ").join(said))
        self._read_card()
        self._rules.read(read.diff.tree)
        if read.diff.tree is not None and self.workspace is not None:
            self._comments.read(OneSkill(self.workspace.comments, self._skill, read.diff.base, read.diff.tree))

    def _say_heading(self) -> None:
        """The skill and its state, what is compared, and what was said about it."""
        if self._row is not None and self._whole is not None:
            lines = heading(self._row, self._whole, counted(*self._comments.talks))
            made = self._made.line(self._read.made if self._read else None)
            said = (*lines, toned(*made)) if made else lines
            head = self.query_one("#review-head", Static)
            head.update(Content("\n").join(said))
            head.styles.height = len(said)
            if not self._whole.files and self._comments.talk is not None:
                self._instead(nothing_differs(self._whole, self._comments.talk.unresolved))

    def _load(self, diff: SkillDiff, viewed: frozenset[str] | None = None) -> None:
        made = self._read.made if self._read else None
        self._pane.load(with_inputs(diff if self._raw else diff.by_key(), made), viewed)

    def _read_card(self) -> None:
        """Work the card out once the diff is there to be read; it has to be of the very trees that are shown."""
        workspace, diff = self.workspace, self._whole
        shown = self.query_one(ChangeCard)
        if workspace is None or diff is None or not diff.files or self.has_class("-instead"):
            shown.show(None)
            return
        if shown.card is not None and (shown.card.base, shown.card.tree) != (diff.base, diff.tree):
            shown.show(None)

        base = self._since

        def show(card: Card | None) -> None:
            now = self._whole
            if card is not None and now is not None and (card.base, card.tree) == (now.base, now.tree):
                shown.show(card)

        def read(_: Job) -> Card | None:
            return None if self._skill == POLICY_ID else workspace.reviews.card(self._skill, base=base)

        self.run_job(f"Working out the card of {self._skill}", read, show, group="card", quiet=True)

    def _instead(self, text: str) -> None:
        self.add_class("-instead")
        self.query_one("#review-instead", Static).update(toned_lines(text))

    def _failed(self, error: WorkbenchError) -> None:
        self._row = None
        self._instead(str(error))

    def action_context(self, step: int) -> None:
        """More or fewer unchanged lines around each changed place."""
        sizes = _CONTEXTS if step > 0 else _CONTEXTS[::-1]
        wanted = next((size for size in sizes if (size - self._around) * step > 0), None)
        if wanted is None:
            self.workbench.say(f"There is no {'more' if step > 0 else 'less'}")
            return
        self._around = wanted
        self.workbench.say(f"{plural(wanted, 'unchanged line')} around each changed place")
        self.reload()

    def action_toggle_raw(self) -> None:
        """Show the frontmatter by key, or line by line as it is."""
        self._raw = not self._raw
        if self._whole is not None and self._whole.files:
            self._load(self._whole)
        self.workbench.say("The frontmatter is shown as it is" if self._raw else "The frontmatter is shown by key")

    def action_since_mine(self) -> None:
        """Compare with the state of this user's last verdict, or with the approved one again."""
        workspace = self.workspace
        if workspace is None:
            return
        if self._since is not None:
            self._since = None
            self.reload()
            return

        def compare(base: str) -> None:
            self._since = base
            self.reload()

        def refuse(error: WorkbenchError) -> None:
            self.notify(str(error), severity="warning", markup=False)

        mine = lambda _: workspace.reviews.mine(self._skill)  # noqa: E731 - a job is a function of its handle
        self.run_job("Looking for your last verdict", mine, compare, failed=refuse, group="mine", quiet=True)

    def go_back(self) -> bool:
        """Close the search on escape."""
        return self._pane.close_search()

    @on(DiffPane.Ticked)
    def _keep_tick(self, event: DiffPane.Ticked) -> None:
        workspace = self.workspace
        if workspace is None:
            return
        at = int(time.time() * 1000)

        def keep(_: Job) -> None:
            tick(workspace.store, workspace.library_id, self._skill, event.file, seen=event.seen, at=at)

        self.run_job("Keeping the tick", keep, lambda _: None, group="viewed", quiet=True)
        self.workbench.say(
            f"{plural(event.left, 'file')} left to view" if event.left else "Every changed file is viewed"
        )

    def say_rules(self, line: Content) -> None:
        """Show the policy's checklist in a line; none where it says nothing."""
        rules = self.query_one("#review-rules", Static)
        rules.update(line if line else Content(""))
        rules.display = bool(line)

    def action_show_rules(self) -> None:
        """Show what the policy demands, what holds, what is missing and who could meet it."""
        self._rules.show_all()

    def action_regenerate(self) -> None:
        """Make a generated skill again, and compare the bytes."""
        self._made.ask()

    def action_verdict(self, verdict: Verdict) -> None:
        """Ask for the reason of a verdict on what is shown, or say why there can't be one now."""
        row, diff, workspace = self._row, self._whole, self.workspace
        if row is None or diff is None or workspace is None:
            return
        tree = tree_to_revoke(row) if verdict == "revoke" else diff.tree
        wrong = refusal(row, verdict)
        if wrong or tree is None:
            self.notify(f"No verdict now: {wrong}", severity="warning", markup=False)
            return
        open_ = open_records(row.standing, tree)
        settles = tuple(f"{visible(record.reviewer_name)}: {first_line(record.reason)}" for record in open_)
        seen = tuple(record.file for record in open_)
        drafts = self._comments.drafts if verdict in SENDING else ()
        left = self.query_one(DiffPane).unviewed if verdict == "approve" else 0
        beware = (("unviewed", plural(left, "file")),) if left else ()
        subject = Subject(row.id, row.name, tree, diff.base_label, settles, drafts, beware, seen=seen)
        self.app.push_screen(VerdictDialog(workspace, verdict, subject), self._verdict_given)

    def _verdict_given(self, outcome: "Recorded | bool | None") -> None:
        """After the dialog: a record, True if the skill has to be read again, None if nothing happened."""
        if isinstance(outcome, Recorded):
            record = outcome.record
            self.workbench.say(f"{record.verdict} recorded on {record.tree[:_SHORT]}, commit {outcome.commit[:_SHORT]}")
            for note in outcome.notes:
                self.notify(note, severity="warning", markup=False)
            self.workbench.refresh_library()
        elif outcome:
            self.reload()
