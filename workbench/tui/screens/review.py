"""The review of one skill: what changed since the approved tree, read as a diff, and the verdict on exactly that."""

import time
from dataclasses import dataclass
from typing import ClassVar

from textual import events, on
from textual.app import ComposeResult
from textual.containers import Horizontal
from textual.content import Content
from textual.widgets import Static

from workbench.commands import Scope, command
from workbench.errors import WorkbenchError
from workbench.reviews.card import Card
from workbench.reviews.diff import CONTEXT, SkillDiff
from workbench.reviews.listing import LibraryView, SkillRow
from workbench.reviews.model import Recorded, Verdict
from workbench.reviews.policy_object import POLICY_ID
from workbench.reviews.states import open_records
from workbench.reviews.viewed import tick, viewed
from workbench.text import first_line, plural, visible
from workbench.tui.bindings import bindings, bindings_of, key_of
from workbench.tui.jobs import Job
from workbench.tui.screens.frame import WorkbenchScreen
from workbench.tui.screens.verdict import Subject, VerdictDialog
from workbench.tui.skill_rows import state_span
from workbench.tui.toned import toned, toned_lines
from workbench.tui.widgets.change_card import ChangeCard
from workbench.tui.widgets.columns import Column
from workbench.tui.widgets.diff_view import LAYOUTS, DiffView, Layout
from workbench.tui.widgets.filter_line import FilterLine
from workbench.tui.widgets.tones import Span
from workbench.tui.widgets.virtual_list import Row, VirtualList

FILES_FROM = 100
"""Columns from which the changed files are listed beside the diff."""

_SHORT = 12
_CONTEXTS = (0, 1, 3, 10, 25, 100, 1_000)
_VERDICTS = ("review.approve", "review.request-changes", "review.comment", "review.request", "review.revoke")
_LAYOUT_NAMES: dict[Layout, str] = {
    "auto": "The diff is side by side where there is room",
    "unified": "The diff is unified",
    "split": "The diff is side by side",
}
_FILE_COLUMNS = (Column("Changed file", 0), Column("+", 4, right=True), Column("-", 4, right=True))


def compared(diff: SkillDiff) -> str:
    """From what to what, and how much: `approved 9f3c… → 41ab…  3 files  +12 -3`."""
    tree = diff.tree[:_SHORT] if diff.tree else "no tree"
    changed = f"{plural(len(diff.files), 'file')}  +{diff.added:,} -{diff.removed:,}"
    return f"{visible(diff.base_label)} → {tree}   {changed}"


def obstacle(row: SkillRow) -> str | None:
    """Why nothing can be recorded on the tree that is shown, with what to do; None if nothing stands in the way."""
    standing = row.standing
    if standing.tree is None:
        return "git does not see this folder: is it ignored?"
    if standing.head_tree is None:
        return "commit the skill first, git has no copy of it yet"
    if standing.tree != standing.head_tree:
        return "commit the skill first, it has changes that are not committed"
    return None


def tree_to_revoke(row: SkillRow) -> str | None:
    """The tree whose approval a revoke would take back; None if none is in force."""
    standing = row.standing
    here = any(r.counts and r.verdict == "approve" and r.tree == standing.tree for r in standing.records)
    if standing.state == "approved" or (here and standing.state != "revoked"):
        return standing.tree
    return standing.approved_tree


@dataclass(frozen=True, slots=True)
class Reading:
    """What was read of a skill for its review, at one moment."""

    row: SkillRow
    diff: SkillDiff
    viewed: frozenset[str] = frozenset()


class ReviewScreen(WorkbenchScreen[None]):
    """What changed in one skill, and what one can say of it."""

    NAME = "Review"
    ABOUT = (
        "What changed in this skill since its last approved tree. A verdict is recorded on exactly the bytes shown"
        " here; if they change meanwhile, nothing is recorded."
    )
    SCOPES: ClassVar[tuple[Scope, ...]] = ("lists", "review", "tabs")
    BINDINGS: ClassVar = [*bindings("review"), *bindings_of("filter")]
    CSS_PATH = "review.tcss"
    AUTO_FOCUS = "DiffView"

    def __init__(self, skill_id: str) -> None:
        super().__init__()
        self._skill = skill_id
        self._row: SkillRow | None = None
        self._tree: str | None = None
        self._whole: SkillDiff | None = None
        self._around = CONTEXT
        self._raw = False
        self._since: str | None = None
        self._viewed: frozenset[str] = frozenset()

    def compose_body(self) -> ComposeResult:
        """What is compared; the files and the diff; what can be said."""
        yield Static(Content(""), id="review-head")
        yield ChangeCard(id="review-card")
        with Horizontal(id="review-body"):
            yield VirtualList(_FILE_COLUMNS, id="review-files")
            yield DiffView(id="review-diff")
            yield Static(Content("Comparing…"), id="review-instead")
        yield FilterLine("what a line holds", id="review-search")
        yield Static(Content(""), id="review-verdicts")

    def on_mount(self) -> None:
        """Read what changed."""
        workspace = self.workspace
        wanted = workspace.settings.diff if workspace else "auto"
        self._diff.diff_layout = next((one for one in LAYOUTS if one == wanted), "auto")
        self._instead("Comparing…")
        self.reload()

    def library_changed(self, view: LibraryView) -> None:
        """The library was read again: so may this skill."""
        self.reload()

    @property
    def _diff(self) -> DiffView:
        return self.query_one(DiffView)

    def reload(self) -> None:
        """Read the skill and its diff again; what is then shown is what a verdict is on."""
        workspace = self.workspace
        assert workspace is not None

        base, context = self._since, self._around

        def read(_: Job) -> Reading:
            diff = workspace.reviews.diff(self._skill, base=base, context=context)
            store = workspace.store
            ticked = viewed(store, workspace.library_id, self._skill, diff.files)
            return Reading(workspace.row(self._skill), diff, ticked)

        self.run_job(f"Comparing {self._skill}", read, self._show, failed=self._failed, group="diff")

    def _show(self, read: Reading) -> None:
        self._row, self._whole, self._viewed = read.row, read.diff, read.viewed
        self._tree = read.diff.tree
        diff = read.diff if self._raw else read.diff.by_key()
        self._head(self._row, read.diff)
        if diff.files:
            if self._diff.diff != diff:
                # The reader stays on the line where only more or less is shown around it.
                self._diff.load(diff, at=self._diff.place)
            self._list_files()
            self.remove_class("-instead")
            self._diff.focus()
        else:
            self._instead(self._nothing(diff))
        self._arrange(self.size.width)
        self._say_verdicts()
        self._read_card()

    def _list_files(self) -> None:
        """The changed files with their ticks."""
        diff = self._diff.diff
        files = diff.files if diff else ()
        rows = [
            Row(
                str(number),
                (f"{'✓' if file.path in self._viewed else ' '} {file.path}", f"{file.added:,}", f"{file.removed:,}"),
            )
            for number, file in enumerate(files)
        ]
        with self.prevent(VirtualList.Moved):
            self.query_one("#review-files", VirtualList).show(rows)
        self._diff.mark_viewed(self._viewed)

    def _read_card(self) -> None:
        """Work the card out once the diff is there to be read; it has to be of the very trees that are shown."""
        workspace, diff = self.workspace, self._diff.diff
        shown = self.query_one(ChangeCard)
        if workspace is None or diff is None or not diff.files or self.has_class("-instead"):
            shown.show(None)
            return
        if shown.card is not None and (shown.card.base, shown.card.tree) != (diff.base, diff.tree):
            shown.show(None)

        base = self._since

        def show(card: Card | None) -> None:
            now = self._diff.diff
            if card is not None and now is not None and (card.base, card.tree) == (now.base, now.tree):
                shown.show(card)

        def read(_: Job) -> Card | None:
            return None if self._skill == POLICY_ID else workspace.reviews.card(self._skill, base=base)

        self.run_job(f"Working out the card of {self._skill}", read, show, group="card", quiet=True)

    def _nothing(self, diff: SkillDiff) -> str:
        if diff.base is not None and diff.base == diff.tree:
            return "Identical to the approved tree: nothing has changed since it was approved."
        return "No file differs from what it is compared with."

    def _instead(self, text: str) -> None:
        self.add_class("-instead")
        self.query_one("#review-instead", Static).update(toned_lines(text))

    def _failed(self, error: WorkbenchError) -> None:
        self._row = None
        self._instead(str(error))

    def _head(self, row: SkillRow, diff: SkillDiff) -> None:
        reasons = [first_line(reason) for reason in row.standing.reasons]
        more = f"  (and {len(reasons) - 1} more)" if len(reasons) > 1 else ""
        lines = (
            toned(Span(row.name, "strong"), "  ", state_span(row), Span(f"  {row.id}", "muted")),
            toned(compared(diff)),
            toned(Span(reasons[0] + more if reasons else "", "muted")),
        )
        self.query_one("#review-head", Static).update(Content("\n").join(lines))

    def _say_verdicts(self) -> None:
        if self._row is None:
            return
        wrong = obstacle(self._row)
        if wrong:
            said = toned(Span(f"! no verdict yet: {wrong}", "attention"))
        else:
            keymap = self.workbench.keymap
            said = Content("   ").join(
                toned(Span(key_of(one, keymap), "title"), f" {command(one).title}") for one in _VERDICTS
            )
        self.query_one("#review-verdicts", Static).update(said)

    def on_resize(self, event: events.Resize) -> None:
        """List the files only where there is room."""
        self._arrange(event.size.width)

    def _arrange(self, width: int) -> None:
        diff = self._diff.diff
        self.set_class(width >= FILES_FROM and diff is not None and len(diff.files) > 1, "-files")

    @on(DiffView.Moved)
    def _follow(self, event: DiffView.Moved) -> None:
        files = self.query_one("#review-files", VirtualList)
        with self.prevent(VirtualList.Moved):
            files.cursor = event.file

    @on(VirtualList.Moved, "#review-files")
    def _go_to_file(self, event: VirtualList.Moved) -> None:
        if event.row is not None and self.query_one("#review-files").has_focus:
            self._diff.go_to_file(int(event.row.id))

    @on(VirtualList.Opened, "#review-files")
    def _read_file(self, event: VirtualList.Opened) -> None:
        self._diff.go_to_file(int(event.row.id))
        self._diff.focus()

    def action_next_hunk(self) -> None:
        """To the next changed place."""
        self._diff.action_next_hunk()

    def action_previous_hunk(self) -> None:
        """To the changed place before."""
        self._diff.action_previous_hunk()

    def action_next_file(self) -> None:
        """To the next changed file."""
        self._diff.action_next_file()

    def action_previous_file(self) -> None:
        """To the changed file before."""
        self._diff.action_previous_file()

    def action_toggle_layout(self) -> None:
        """Automatic, unified, side by side, in turn; says which it is now."""
        self._diff.action_toggle_layout()
        self.workbench.say(_LAYOUT_NAMES[self._diff.diff_layout])

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
        whole = self._whole
        if whole is not None and whole.files:
            self._diff.load(whole if self._raw else whole.by_key(), at=self._diff.place)
            self._list_files()
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

    def action_filter(self) -> None:
        """Search in the diff."""
        if not self.has_class("-instead"):
            self.add_class("-search")
            self.query_one(FilterLine).type_here()

    def action_find_next(self) -> None:
        """To the next line that holds what was searched for."""
        self._find(forward=True)

    def action_find_previous(self) -> None:
        """To the line before that holds it."""
        self._find(forward=False)

    @on(FilterLine.Changed)
    def _typed(self) -> None:
        self._find(forward=True, here=True)

    @on(FilterLine.Left)
    def _found(self) -> None:
        self._diff.focus()

    def _find(self, *, forward: bool, here: bool = False) -> None:
        line = self.query_one(FilterLine)
        number, count = self._diff.find(line.text, forward=forward, here=here)
        line.say(f"{number:,} of {count:,}" if count else "no line holds it" if line.text else "")

    def go_back(self) -> bool:
        """Close the search on escape."""
        if not self.has_class("-search"):
            return False
        self.remove_class("-search")
        self._diff.focus()
        return True

    def action_viewed(self) -> None:
        """Tick the file under the cursor and go on to the next that is not ticked, or take its tick away."""
        workspace, diff = self.workspace, self._whole
        if workspace is None or diff is None or not diff.files:
            return
        file = diff.files[self._diff.file_at_cursor]
        seen = file.path not in self._viewed
        self._viewed = self._viewed | {file.path} if seen else self._viewed - {file.path}
        self._list_files()
        at = int(time.time() * 1000)

        def keep(_: Job) -> None:
            tick(workspace.store, workspace.library_id, self._skill, file, seen=seen, at=at)

        self.run_job("Keeping the tick", keep, lambda _: None, group="viewed", quiet=True)
        left = sum(one.path not in self._viewed for one in diff.files)
        self.workbench.say(f"{plural(left, 'file')} left to view" if left else "Every changed file is viewed")
        if seen and left:
            self.action_next_unviewed()

    def action_next_unviewed(self) -> None:
        """To the next file that is not ticked, beginning anew after the last."""
        diff = self._diff.diff
        files = diff.files if diff else ()
        here = self._diff.file_at_cursor
        for number in [*range(here + 1, len(files)), *range(here)]:
            if files[number].path not in self._viewed:
                self._diff.go_to_file(number)
                return

    def action_toggle_card(self) -> None:
        """Put the change card away, so that the diff has its room, or bring it back."""
        shown = self.query_one(ChangeCard).toggle()
        self.workbench.say("The change card is shown" if shown else "The change card is put away")

    def action_verdict(self, verdict: Verdict) -> None:
        """Ask for the reason of a verdict on what is shown, or say why there can't be one now."""
        row, workspace = self._row, self.workspace
        if row is None or workspace is None:
            return
        tree = tree_to_revoke(row) if verdict == "revoke" else self._tree
        wrong = obstacle(row) if verdict != "revoke" else None
        if verdict == "revoke" and tree is None:
            wrong = "no approval of this skill is in force, so there is none to revoke"
        if verdict == "approve" and row.standing.state == "invalid":
            wrong = "no client would load this skill: mend it first"
        if wrong or tree is None:
            self.notify(f"No verdict now: {wrong}", severity="warning", markup=False)
            return
        diff = self._diff.diff
        settles = tuple(
            f"{visible(record.reviewer_name)}: {first_line(record.reason)}"
            for record in open_records(row.standing.records, tree)
        )
        subject = Subject(row.id, row.name, tree, diff.base_label if diff else "the approved tree", settles)
        self.app.push_screen(VerdictDialog(workspace, verdict, subject), self._verdict_given)

    def _verdict_given(self, outcome: "Recorded | bool | None") -> None:
        """After the dialog: a record, True if the skill has to be read again, None if nothing happened."""
        if isinstance(outcome, Recorded):
            record = outcome.record
            self.workbench.say(f"{record.verdict} recorded on {record.tree[:_SHORT]}, commit {outcome.commit[:_SHORT]}")
            self.workbench.refresh_library()
        elif outcome:
            self.reload()
