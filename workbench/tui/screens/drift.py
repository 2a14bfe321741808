"""The copies that agents read, how each stands to the library, and what the origins of the skills have new."""

import os
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from textual import on
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.content import Content
from textual.widgets import Static

from workbench.config import cache_dir, home_dir
from workbench.errors import InputError, WorkbenchError
from workbench.reviews.checking import Checked, check_updates, origin_to_follow
from workbench.reviews.copy_state import CopyState, Drift
from workbench.reviews.drift import installed_drift
from workbench.skills.model import Problem
from workbench.text import plural
from workbench.tui.bindings import bindings, key_of
from workbench.tui.copy_rows import COLUMNS, NO_COPY, about_copy, about_origin, copy_rows, place, status_span
from workbench.tui.jobs import Job
from workbench.tui.screens.compared import ComparedScreen
from workbench.tui.screens.frame import WorkbenchScreen
from workbench.tui.toned import toned
from workbench.tui.widgets.filtered_list import FilteredList
from workbench.tui.widgets.tones import Span
from workbench.tui.widgets.virtual_list import Row, VirtualList

if TYPE_CHECKING:
    from workbench.reviews.diff import SkillDiff
    from workbench.reviews.listing import LibraryView
    from workbench.reviews.updating import Branch
    from workbench.workspace import Workspace

_EMPTY = (
    "No copy of a skill is installed for any agent.\n"
    "Agents read .claude/skills, .agents/skills and others, in your home folder and in this project."
)


def read_drift(workspace: "Workspace") -> Drift:
    """The copies on this machine against the open library."""
    skills = workspace.skills()[0]
    return installed_drift(
        workspace.root, workspace.repository, skills, home=home_dir(), project=Path.cwd(), env=dict(os.environ)
    )


def ask_origins(workspace: "Workspace", job: Job) -> tuple[tuple[Checked, ...], tuple[Problem, ...]]:
    """What the origins of all skills have new, and what is wrong with the files that name them."""
    from workbench.reviews.upstream import Upstreams

    if workspace.repository is None:
        raise InputError("asking for updates needs a git repository, and this folder is in none")
    upstreams = Upstreams(cache_dir(), cancel=job.cancel)
    problems: list[Problem] = []
    asked = check_updates(
        workspace.root,
        workspace.repository,
        workspace.skills()[0],
        upstreams,
        home=home_dir(),
        on_checked=lambda _, done, of: job.say(f"{done} of {of}"),
        on_problem=problems.append,
    )
    return asked, tuple(problems)


def bring_in(workspace: "Workspace", skill_id: str, job: Job) -> "Branch | Checked":
    """Write what a skill's origin has new on a branch of its own."""
    from workbench.reviews.updating import prepare, write_branch
    from workbench.reviews.upstream import Upstreams

    repository = workspace.repository
    if repository is None:
        raise InputError("an update needs a git repository, and this folder is in none")
    every = workspace.skills()[0]
    origin = origin_to_follow(workspace.root, repository, every, home_dir(), skill_id)
    upstreams = Upstreams(cache_dir(), cancel=job.cancel)
    found = prepare(repository, workspace.find(skill_id), origin, upstreams, [skill.id for skill in every])
    if isinstance(found, Checked):
        return found
    return write_branch(repository, found, repository.identity(), datetime.now(UTC))


class DriftScreen(WorkbenchScreen[None]):
    """All installed copies."""

    NAME = "Copies"
    ABOUT = (
        "Every copy of a skill that an agent on this machine reads, and how its bytes stand to the library: approved,"
        " an older approval, a draft, changed, unknown. Sync copies, in the palette, brings those that were installed"
        " from here back to what is approved, after a yes."
    )
    MODE = "copies"
    SCOPES: ClassVar = ("lists", "copies")
    BINDINGS: ClassVar = bindings("copies")
    CSS_PATH = "drift.tcss"

    def __init__(self) -> None:
        super().__init__()
        self._drift: Drift | None = None
        self._checked: dict[str, Checked] = {}
        self._library: str | None = None

    def compose_body(self) -> ComposeResult:
        """How many there are, the list, and the copy under the cursor."""
        yield Static(Content(""), id="copies-head")
        yield FilteredList(COLUMNS, noun="copy", empty="Looking for copies…", id="copies")
        with Vertical(id="copy-detail"):
            yield Static(Content(""), id="copy-about")

    def on_mount(self) -> None:
        """Look if the library is already there."""
        if self.library is not None:
            self.library_changed(self.library)

    def library_changed(self, view: "LibraryView") -> None:
        """Look again; what the origins of another library said is forgotten."""
        workspace = self.workspace
        if workspace is None:
            return
        if self._library != str(workspace.root):
            self._library = str(workspace.root)
            self._checked = {}
        self.run_job("Looking for copies", lambda _: read_drift(workspace), self._show, group="drift")

    def _show(self, drift: Drift) -> None:
        self._drift = drift
        self._fill()

    def _fill(self) -> None:
        drift = self._drift
        if drift is None:
            return
        self.query_one(FilteredList).show(copy_rows(drift.copies, self._checked), empty=_EMPTY)
        self.query_one("#copies-head", Static).update(self._content_of_head(drift))
        self._detail(self.query_one(FilteredList).list.current)

    def _content_of_head(self, drift: Drift) -> Content:
        counted = [f"{count:,} {status}" for status, count in drift.counts.items() if count]
        said = " · ".join([plural(len(drift.copies), "copy", "copies"), *counted])
        left = f"   {plural(len(drift.skipped), 'place')} left out" if drift.skipped else ""
        fresh = sum(one.status == "update" for one in self._checked.values())
        asked = f"   {plural(fresh, 'update')}" if self._checked else ""
        return toned(Span(said, "strong"), Span(asked, "accent"), Span(left, "muted"))

    @on(VirtualList.Moved)
    def _moved(self, event: VirtualList.Moved) -> None:
        self._detail(event.row)

    def _detail(self, row: Row | None) -> None:
        lines: list[Content] = []
        copy = self._copy(row)
        if copy is not None:
            skill = Span(f"  copy of {copy.skill}" if copy.skill else "  of no skill of the library", "muted")
            lines.append(toned(Span(copy.name, "strong"), "  ", status_span(copy), skill))
            lines += [toned(line) for line in about_copy(copy)]
        checked = self._checked.get(self._skill(row) or "")
        if checked is not None:
            lines.append(toned(about_origin(checked)))
        self.query_one("#copy-about", Static).update(Content("\n").join(lines[:5]))

    def _copy(self, row: Row | None) -> CopyState | None:
        copies = self._drift.copies if self._drift else ()
        return next((copy for copy in copies if row is not None and copy.path == row.id), None)

    def _skill(self, row: Row | None) -> str | None:
        """The library's skill that a row is about."""
        if row is not None and row.id.startswith(NO_COPY):
            return row.id.removeprefix(NO_COPY)
        copy = self._copy(row)
        return copy.skill if copy else None

    @on(VirtualList.Opened)
    def _open(self, event: VirtualList.Opened) -> None:
        """Show how the copy differs; what has no skill in the library can't be compared."""
        workspace, copy = self.workspace, self._copy(event.row)
        if workspace is None or workspace.repository is None or copy is None:
            skill = self._skill(event.row)
            if skill is not None:
                self.workbench.show_skill(skill)
            return
        if copy.skill is None or copy.tree is None:
            self.workbench.say(f"Nothing to compare: {copy.why}.")
            return
        repository = workspace.repository
        rows = self.library.rows if self.library else ()
        current = next((row.standing.tree for row in rows if row.id == copy.skill), None)

        def load(_: Job) -> "SkillDiff":
            from workbench.reviews.copy_diff import diff_of_copy

            return diff_of_copy(repository, copy, current)

        nothing = (
            "The copy is the same, but for what its installer changed." if copy.folded else "The copy is the same."
        )
        self.app.push_screen(ComparedScreen(copy.name, place(copy.path), load, nothing))

    def action_check_updates(self) -> None:
        """Ask the origins of all skills what they have new."""
        workspace = self.workspace
        if workspace is not None:
            self.run_job(
                "Asking the origins",
                lambda job: ask_origins(workspace, job),
                self._have_checked,
                group="updates",
                cancellable=True,
            )

    def _have_checked(self, found: tuple[tuple[Checked, ...], tuple[Problem, ...]]) -> None:
        asked, problems = found
        self._checked = {checked.path: checked for checked in asked}
        self._fill()
        fresh = sum(checked.status == "update" for checked in asked)
        far = sum(checked.status == "unreachable" for checked in asked)
        key = key_of("update", self.workbench.keymap)
        more = f"; {key} brings one in" if fresh else ""
        failed = f"; {plural(far, 'origin')} can't be asked" if far else ""
        self.workbench.say(f"{plural(fresh, 'update')}{more}{failed}.")
        for problem in problems[:1]:
            self.workbench.show_error(InputError(problem.message, where=problem.path, remedy=problem.remedy or None))

    def action_update_skill(self) -> None:
        """Bring in what the origin of the skill under the cursor has new, on a branch, and show what changes."""
        workspace = self.workspace
        skill = self._skill(self.query_one(FilteredList).list.current)
        if workspace is None or skill is None:
            self.workbench.say("No skill of the library is under the cursor.")
            return
        self.run_job(
            f"Updating {skill}",
            lambda job: bring_in(workspace, skill, job),
            lambda done: self._brought(skill, done),
            failed=self._not_brought,
            group="updates",
            cancellable=True,
        )

    def _brought(self, skill: str, done: "Branch | Checked") -> None:
        if isinstance(done, Checked):
            self._checked[skill] = done
            self._fill()
            self.workbench.say(f"Nothing to bring: {done.why or 'it is what its origin has'}.")
            return
        workspace = self.workspace
        assert workspace is not None
        repository = workspace.repository
        assert repository is not None

        def load(_: Job) -> "SkillDiff":
            from workbench.reviews.copy_diff import diff_of_update

            return diff_of_update(repository, skill, done.commit)

        said = f"on the branch {done.name}; to take it: git merge {done.name}"
        self.app.push_screen(ComparedScreen(skill, said, load, "Only the lock file changes: the skill has all of it."))

    def _not_brought(self, error: WorkbenchError) -> None:
        self.workbench.show_error(error)
