"""A range of commits or a pull request: every skill that it touches, read and decided as one."""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from textual import on
from textual.app import ComposeResult
from textual.containers import Horizontal
from textual.content import Content
from textual.widgets import Static

from workbench.commands import Scope, command
from workbench.errors import WorkbenchError
from workbench.reviews.card import Card
from workbench.reviews.changeset import Changed, ChangeSet
from workbench.reviews.changeset_diff import owners, place, whole_diff
from workbench.reviews.comment_desk import SENDING
from workbench.reviews.diff import FileDiff
from workbench.reviews.discussed import WholeSet
from workbench.reviews.model import Recorded, Verdict
from workbench.reviews.tree_verdicts import open_records
from workbench.reviews.viewed import tick, viewed
from workbench.text import first_line, plural, visible
from workbench.tui.bindings import bindings_of, key_of
from workbench.tui.changeset_rows import COLUMNS, beside, set_rows
from workbench.tui.jobs import Job
from workbench.tui.remarks import counted
from workbench.tui.screens.commented import CommentedScreen
from workbench.tui.screens.review_rules import checklist, rules_line
from workbench.tui.screens.text_dialog import TextDialog
from workbench.tui.screens.verdict import Subject, VerdictDialog
from workbench.tui.toned import toned, toned_lines
from workbench.tui.widgets.change_card import ChangeCard
from workbench.tui.widgets.diff_pane import DiffPane
from workbench.tui.widgets.diff_view import DiffView
from workbench.tui.widgets.filtered_list import FilteredList
from workbench.tui.widgets.tones import Span
from workbench.tui.widgets.virtual_list import VirtualList

if TYPE_CHECKING:
    from workbench.reviews.listing import LibraryView
    from workbench.workspace import Workspace

_SHORT = 12
_VERDICTS = ("review.approve", "review.request-changes", "review.comment", "review.request")
_COMMENTS = (
    "comment.write", "comment.reply", "comment.edit", "comment.remove", "comment.resolve", "comment.copy",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Reading:
    """What was read of a set, at one moment."""

    found: ChangeSet
    viewed: frozenset[str]


def _read(workspace: "Workspace", range_: str, remote: str | None, *, fetch: bool, mine: bool) -> _Reading:
    found = workspace.sets.open(range_, fetch=fetch, remote=remote, since_my_verdict=mine)
    ticked: set[str] = set()
    for one in found.skills:
        id_ = one.skill.id
        files = (*(one.made.files if one.made else ()), *one.files)
        ticked.update(place(id_, path) for path in viewed(workspace.store, workspace.library_id, id_, files))
    return _Reading(found, frozenset(ticked))


class ChangeSetScreen(CommentedScreen):
    """The skills of a range, the card of one, the diff of all, and one verdict.

    Args:
        range_: `main...HEAD`, or `pr/123`, whose head is fetched when the screen opens.
        remote: Where that is; None for `origin`, or the only one.
        mine: Whether each skill is compared with what this user judged last, where there is that.
    """

    NAME = "Changes as one"
    ABOUT = (
        "Every skill that a range of commits or a pull request touches, the riskiest first. Lines that repeat are shown"
        " once. A verdict is one reason and one commit with a record for each skill, on exactly the head that is shown"
        " here; if it moved meanwhile, nothing is recorded. Nothing is checked out."
    )
    SCOPES: ClassVar[tuple[Scope, ...]] = ("lists", "review", "tabs")
    BINDINGS: ClassVar = bindings_of(
        *_VERDICTS, *_COMMENTS, "diff.raw", "diff.since-mine", "review.card", "review.rules"
    )
    CSS_PATH = "changeset.tcss"
    AUTO_FOCUS = "DiffView"

    def __init__(self, range_: str, *, remote: str | None = None, mine: bool = False) -> None:
        super().__init__()
        self._range = range_
        self._remote = remote
        self._fetch = True
        self._mine = mine
        self._raw = False
        self._reading: _Reading | None = None
        self._cards: dict[str, Card | None] = {}
        self._owners: dict[str, tuple[str, FileDiff]] = {}

    def compose_body(self) -> ComposeResult:
        """What is compared, the skills, the card of one, the diff of all, and what can be said."""
        workspace = self.workspace
        yield Static(Content(""), id="set-head")
        yield FilteredList(COLUMNS, noun="skill", id="set-list", list_id="set-skills")
        yield ChangeCard(id="set-card")
        with Horizontal(id="set-body"):
            yield DiffPane(layout=workspace.settings.diff if workspace else "auto", contents=self._contents)
            yield Static(Content(""), id="set-instead")
        yield Static(Content(""), id="set-rules")
        yield Static(Content(""), id="set-verdicts")

    def on_mount(self) -> None:
        """Read what changed; on a low screen the card waits until it is asked for."""
        self._instead("Comparing…")
        if self.app.size.height < 30:
            self.query_one(ChangeCard).toggle()
        self.reload()

    def library_changed(self, view: "LibraryView") -> None:
        """The library was read again: so may the range."""
        self.reload()

    def _contents(self, ids: Sequence[str]) -> Mapping[str, bytes]:
        assert self.workspace is not None
        assert self._reading is not None
        return self.workspace.reviews.contents(self._reading.found.skills[0].skill.id, ids)

    def reload(self) -> None:
        """Read the set again; what is then shown is what a verdict is on."""
        workspace = self.workspace
        assert workspace is not None
        range_, remote, fetch, mine = self._range, self._remote, self._fetch, self._mine
        self.run_job(
            f"Comparing {visible(range_)}",
            lambda _: _read(workspace, range_, remote, fetch=fetch, mine=mine),
            self._show,
            failed=self._failed,
            group="set",
        )

    def _show(self, read: _Reading) -> None:
        self._fetch = False
        if self._reading is None or self._reading.found != read.found:
            self._cards.clear()
        self._reading = read
        found = read.found
        self._owners = owners(found)
        self._say_heading()
        rows = self.query_one("#set-skills", VirtualList)
        with self.prevent(VirtualList.Moved):
            self.query_one(FilteredList).show(set_rows(found))
        rows.styles.height = min(len(found.skills) + 1, 7)
        if self._owners:
            self.query_one(DiffPane).load(whole_diff(found, raw=self._raw), read.viewed)
            self.remove_class("-instead")
            self.query_one(DiffPane).read()
        else:
            said = "No skill differs from what you judged last." if self._mine else "No skill differs in this range."
            self._instead("\n".join([said, *beside(found)]))
        self.query_one("#set-verdicts", Static).update(self._content_of_verdicts(found))
        self._read_card()
        if self.workspace is not None:
            self._comments.read(WholeSet(self.workspace.set_comments, found))

    def _say_heading(self) -> None:
        if self._reading is not None:
            self.query_one("#set-head", Static).update(self._content_of_head(self._reading.found))

    def _content_of_head(self, found: ChangeSet) -> Content:
        """What is compared and how much; what else the range changes."""
        changed = f"{plural(len(found.skills), 'skill')}, {plural(found.hunks, 'changed place')}"
        repeated = f", {found.repeated:,} repeated" if found.repeated else ""
        since = "  since your verdict" if self._mine else ""
        ends = f"  {found.ends.base[:_SHORT]} → {found.ends.head[:_SHORT]}"
        said = counted(*self._comments.talks)
        first = toned(
            Span(found.ends.range, "strong"), Span(since, "accent"), f"  {changed}{repeated}",
            Span(f"  {said}" if said else "", "accent"), Span(ends, "muted"),
        )  # fmt: skip
        return Content("\n").join([first, toned(Span("  ".join(beside(found)), "attention"))])

    def _content_of_verdicts(self, found: ChangeSet) -> Content:
        if not any(one.standing for one in found.skills):
            return toned(Span("! no skill of this range is still there, so there is none to judge", "attention"))
        keys = self.workbench.keymap
        said = [toned(Span(key_of(one, keys), "title"), f" {command(one).title}") for one in _VERDICTS]
        return Content("   ").join(said)

    def _instead(self, text: str) -> None:
        self.add_class("-instead")
        self.query_one("#set-instead", Static).update(toned_lines(text))

    def _failed(self, error: WorkbenchError) -> None:
        self._reading = None
        self.query_one("#set-head", Static).update(toned(Span(self._range, "strong")))
        self._instead(str(error))

    @on(VirtualList.Moved, "#set-skills")
    def _chosen(self, event: VirtualList.Moved) -> None:
        """Go to the first file of the skill under the cursor."""
        self._read_card()
        if event.row is not None and self.query_one("#set-skills").has_focus:
            self._go_to(event.row.id)

    @on(VirtualList.Opened, "#set-skills")
    def _read_skill(self, event: VirtualList.Opened) -> None:
        self._go_to(event.row.id)
        self.query_one(DiffPane).read()

    def _go_to(self, skill: str) -> None:
        view = self.query_one(DiffView)
        files = view.diff.files if view.diff else ()
        first = next((at for at, file in enumerate(files) if self._owners[file.path][0] == skill), None)
        if first is not None:
            view.go_to_file(first)

    @on(DiffView.Moved)
    def _follow(self, event: DiffView.Moved) -> None:
        """The skill under the diff's cursor is the one whose card is shown."""
        files = event.diff_view.diff.files if event.diff_view.diff else ()
        rows = self.query_one("#set-skills", VirtualList)
        if event.file < len(files) and not rows.has_focus:
            rows.move_to(self._owners[files[event.file].path][0])

    def _current(self) -> Changed | None:
        """The skill under the cursor."""
        row = self.query_one("#set-skills", VirtualList).current
        skills = self._reading.found.skills if self._reading else ()
        return next((one for one in skills if row is not None and one.skill.id == row.id), None)

    def action_show_rules(self) -> None:
        """Show what the policy demands of the skill under the cursor."""
        one = self._current()
        if one is not None and one.rules is not None:
            title = f"What the rules demand of {visible(one.skill.id)}"
            self.app.push_screen(TextDialog(title, list(checklist(one.rules))))
        elif one is not None:
            self.workbench.say("Nothing is demanded: it is removed, which needs no approval")

    def _read_card(self) -> None:
        """Show the card of the skill under the cursor; it is worked out when it is asked for the first time."""
        one = self._current()
        line = rules_line(one.rules, self.workbench.keymap) if one else Content("")
        rules = self.query_one("#set-rules", Static)
        rules.update(line)
        rules.display = bool(line)
        workspace, reading, shown = self.workspace, self._reading, self.query_one(ChangeCard)
        row = self.query_one("#set-skills", VirtualList).current
        if workspace is None or reading is None or row is None:
            shown.show(None)
            return
        found, skill = reading.found, row.id
        shown.show(self._cards.get(skill))
        if skill in self._cards:
            return

        def work(_: Job) -> Card | None:
            card = workspace.sets.cards(found, [skill]).get(skill)
            return card if isinstance(card, Card) else None

        def done(card: Card | None) -> None:
            if self._reading is not None and self._reading.found == found:
                self._cards[skill] = card
                row = self.query_one("#set-skills", VirtualList).current
                if row is not None and row.id == skill:
                    shown.show(card)

        self.run_job(f"Working out the card of {skill}", work, done, group="card", quiet=True)

    @on(DiffPane.Ticked)
    def _keep_tick(self, event: DiffPane.Ticked) -> None:
        """Keep a tick as the review of the one skill does, so that both know of it."""
        workspace = self.workspace
        if workspace is None:
            return
        skill, file = self._owners[event.file.path]
        at = int(time.time() * 1000)

        def keep(_: Job) -> None:
            tick(workspace.store, workspace.library_id, skill, file, seen=event.seen, at=at)

        self.run_job("Keeping the tick", keep, lambda _: None, group=f"viewed {event.file.path}", quiet=True)
        left = f"{plural(event.left, 'file')} left to view" if event.left else "Every changed file is viewed"
        self.workbench.say(left)

    def action_toggle_raw(self) -> None:
        """Show the frontmatter by key, or line by line as it is."""
        self._raw = not self._raw
        if self._reading is not None and not self.has_class("-instead"):
            self.query_one(DiffPane).load(whole_diff(self._reading.found, raw=self._raw))
        self.workbench.say("The frontmatter is shown as it is" if self._raw else "The frontmatter is shown by key")

    def action_since_mine(self) -> None:
        """Compare each skill with what this user judged last, where there is that, or with the range's base again."""
        self._mine = not self._mine
        said = "Since your last verdict, where you gave one" if self._mine else "Since the two sides parted"
        self.workbench.say(said)
        self.reload()

    def go_back(self) -> bool:
        """Close the search, or the filter, on escape."""
        return self.query_one(DiffPane).close_search() or self.query_one(FilteredList).close_filter()

    def action_verdict(self, verdict: Verdict) -> None:
        """Ask for the reason of one verdict on all skills, or say why there can't be one."""
        reading, workspace = self._reading, self.workspace
        if reading is None or workspace is None:
            return
        found = reading.found
        judged = [one.standing for one in found.skills if one.standing is not None]
        invalid = [one.skill.id for one in found.skills if one.standing and one.standing.state == "invalid"]
        wrong = "no skill of this range is still there" if not judged else ""
        if verdict == "approve" and invalid:
            wrong = f"no client would load {invalid[0]}: it has to be mended first"
        if wrong:
            self.notify(visible(f"No verdict now: {wrong}"), severity="warning", markup=False)
            return
        open_ = [one for standing in judged for one in open_records(standing, standing.tree or "")]
        settles = tuple(f"{visible(record.reviewer_name)}: {first_line(record.reason)}" for record in open_)
        ids = ", ".join(one.skill.id for one in found.skills if one.standing is not None)
        subject = Subject(
            ids, f"{plural(len(judged), 'skill')} of {found.ends.range}", found.ends.head, found.ends.base[:_SHORT],
            settles, self._comments.drafts if verdict in SENDING else (), self._beware(found), range=found.ends.range,
            seen=tuple(record.file for record in open_),
        )  # fmt: skip
        self.app.push_screen(VerdictDialog(workspace, verdict, subject), self._verdict_given)

    def _beware(self, found: ChangeSet) -> tuple[tuple[str, str], ...]:
        """What a verdict on the set should not overlook: what gains most, what is removed, and what was not viewed."""
        high = ", ".join(one.skill.id for one in found.skills if one.risk == "high" and one.standing is not None)
        gone = ", ".join(one.skill.id for one in found.skills if one.standing is None)
        left = self.query_one(DiffPane).unviewed
        said = (
            ("! high", high),
            ("removes", f"{gone}: no approval is asked for that" if gone else ""),
            ("unviewed", plural(left, "file") if left else ""),
        )
        return tuple((word, about) for word, about in said if about)

    def _verdict_given(self, outcome: "Recorded | bool | None") -> None:
        """After the dialog: the first of the records, True if the set has to be read again, None for nothing."""
        if isinstance(outcome, Recorded):
            reading = self._reading
            count = sum(one.standing is not None for one in reading.found.skills) if reading else 0
            said = f"{outcome.record.verdict} of {plural(count, 'skill')} recorded, commit {outcome.commit[:_SHORT]}"
            self.workbench.say(said)
            for note in outcome.notes:
                self.notify(note, severity="warning", markup=False)
            self.workbench.refresh_library()
        elif outcome:
            self._fetch = True
            self.reload()
