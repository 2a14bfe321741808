"""The queue: what waits for this user, what for others, what went stale, and what was approved or released lately."""

from collections import Counter
from typing import TYPE_CHECKING, ClassVar

from textual import on
from textual.app import ComposeResult
from textual.content import Content
from textual.widgets import Static

from workbench.commands import Scope
from workbench.errors import WorkbenchError
from workbench.reviews.queue import GROUPS, WAITING, Waiting
from workbench.reviews.queue_text import GROUP_WORDS
from workbench.text import visible
from workbench.tui.bindings import bindings
from workbench.tui.queue_rows import COLUMNS, about, queue_rows
from workbench.tui.screens.skill_actions import SkillActions
from workbench.tui.skill_rows import state_span
from workbench.tui.toned import toned
from workbench.tui.widgets.filtered_list import FilteredList
from workbench.tui.widgets.tones import Span
from workbench.tui.widgets.virtual_list import Row, VirtualList

if TYPE_CHECKING:
    from workbench.reviews.listing import LibraryView, SkillRow

_EMPTY = (
    "No skill is in this library, so nothing waits for anybody.\n"
    "Press ctrl+p and choose New skill to make one, or Adopt skills to copy those that agents have here."
)


class QueueScreen(SkillActions):
    """The same answer as `workbench review queue`."""

    NAME = "Review queue"
    ABOUT = (
        "What waits for you, what waits for others, and what went stale: the riskiest first, then the oldest. Then what"
        " is approved and released, the latest first. Risk is what a skill can do beyond what was approved: it says"
        " where to look first, never that something is safe. Enter opens the review."
    )
    MODE = "queue"
    SCOPES: ClassVar[tuple[Scope, ...]] = ("lists", "skill")
    BINDINGS: ClassVar = bindings("skill")
    CSS_PATH = "queue.tcss"

    def __init__(self) -> None:
        super().__init__()
        self._waiting: dict[str, Waiting] = {}

    def compose_body(self) -> ComposeResult:
        """How many there are in each group, the queue, and why the one under the cursor is in it."""
        yield Static(Content(""), id="queue-head")
        yield FilteredList(COLUMNS, noun="skill", empty="Reading the queue…", id="queue")
        yield Static(Content(""), id="queue-about")

    def on_mount(self) -> None:
        """Read the queue if the library is already there."""
        if self.library is not None:
            self.library_changed(self.library)

    def library_changed(self, view: "LibraryView") -> None:
        """Work out again who waits for whom."""
        workspace = self.workspace
        if workspace is not None:
            reviews = workspace.reviews
            self.run_job(
                "Reading the queue", lambda _: reviews.queue(view), self._show, failed=self._failed, group="queue"
            )

    def _show(self, waiting: tuple[Waiting, ...]) -> None:
        self._waiting = {one.key: one for one in waiting}
        self.query_one("#queue-head", Static).update(_content_of_counts(waiting))
        self.query_one(FilteredList).show(queue_rows(waiting), empty=_EMPTY)
        self._about(self.query_one(FilteredList).list.current)

    def _failed(self, error: WorkbenchError) -> None:
        """Say it in the place of the queue: outside git there is none."""
        self._waiting = {}
        self.query_one("#queue-head", Static).update(toned(Span(f"! {error.what}", "attention")))
        lines = [error.where or "", f"→ {error.remedy}" if error.remedy else ""]
        self.query_one(FilteredList).show([], empty="\n".join(visible(line) for line in lines if line))
        self._about(None)

    @property
    def _current(self) -> Waiting | None:
        row = self.query_one(FilteredList).list.current
        return self._waiting.get(row.id) if row is not None else None

    @property
    def current_skill(self) -> "SkillRow | None":
        """The skill under the cursor; None for one that only a branch has so: keys act on what is checked out."""
        one = self._current
        return one.row if one is not None and one.branch is None else None

    def action_review(self) -> None:
        """Show what changed since the last approved tree, or what the skill's branch has over HEAD."""
        from workbench.tui.screens.changeset import ChangeSetScreen

        one = self._current
        if one is not None and one.branch is not None:
            self.workbench.push_screen(ChangeSetScreen(one.branch.range))
        else:
            super().action_review()

    @on(VirtualList.Moved)
    def _moved(self, event: VirtualList.Moved) -> None:
        self._about(event.row)

    def _about(self, row: Row | None) -> None:
        one = self._waiting.get(row.id) if row is not None else None
        lines: list[Content] = []
        if one is not None:
            group = Span(f"  {GROUP_WORDS[one.group]}", "accent")
            lines.append(toned(Span(one.row.name, "strong"), "  ", state_span(one.row), group))
            lines += [toned(line) for line in about(one)]
        self.query_one("#queue-about", Static).update(Content("\n").join(lines))

    @on(VirtualList.Opened)
    def _opened(self, event: VirtualList.Opened) -> None:
        """Read the change of the skill."""
        self.action_review()


def _content_of_counts(waiting: tuple[Waiting, ...]) -> Content:
    """How many there are in each group: `2 waits for you · 1 went stale`; or that all is done."""
    counts = Counter(one.group for one in waiting)
    said = " · ".join(f"{GROUP_WORDS[group]}: {counts[group]:,}" for group in GROUPS if counts[group])
    done = bool(waiting) and not any(counts[group] for group in WAITING)
    return toned(Span("Nothing waits: every skill is approved.  ", "good") if done else "", Span(said, "strong"))
