"""What can be done with the versions of the skill that a screen shows: each asks first and says what it would do."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

from workbench.errors import WorkbenchError
from workbench.reviews.model import Deprecation
from workbench.reviews.releasing import Planned, Released
from workbench.reviews.rolling_back import APPROVED, RolledBack
from workbench.reviews.signing import PassphraseNeeded
from workbench.reviews.version_desk import Return, Versions
from workbench.text import plural, visible
from workbench.tools.forms import Field
from workbench.tui.aside import with_screen_aside
from workbench.tui.case_rows import run_lines
from workbench.tui.jobs import Job
from workbench.tui.patch_rows import patch_rows
from workbench.tui.screens.compared import ComparedScreen
from workbench.tui.screens.confirm import ConfirmDialog
from workbench.tui.screens.form_dialog import FormDialog, Values, choice
from workbench.tui.screens.text_dialog import TextDialog
from workbench.tui.widgets.text_view import TextLine, labelled
from workbench.tui.widgets.tones import Span

if TYPE_CHECKING:
    from workbench.reviews.bump import Bump
    from workbench.reviews.diff import SkillDiff
    from workbench.reviews.history import Change
    from workbench.reviews.listing import SkillRow
    from workbench.reviews.model import Recorded
    from workbench.testing.results import TestRun
    from workbench.tui.screens.frame import WorkbenchScreen
    from workbench.workspace import Workspace

T = TypeVar("T")

_GROUP = "versions"
_NOW = "what is here now"
_WHOLE = "the whole skill"
_MOST_COMMITS = 200


@dataclass(frozen=True, slots=True)
class _Known:
    """What there is to choose from."""

    versions: Versions
    changes: "tuple[Change, ...]"

    @property
    def released(self) -> list[str]:
        """The released versions, the newest first."""
        return [one.release.version for one in reversed(self.versions.versions)]

    def states(self, but: str | None = None) -> dict[str, str]:
        """What can be compared or gone back to, as it is shown, the newest first: versions, then commits.

        Args:
            but: Leave out what has this tree.
        """
        trees = {one.release.version: one.release.tree for one in self.versions.versions}
        found = {f"v{version}": version for version in self.released if but is None or trees[version] != but}
        for change in self.changes[:_MOST_COMMITS]:
            if change.tree is None or change.tree == but:
                continue
            found[f"{change.commit[:8]}  {' '.join(visible(change.subject).split())[:48]}"] = change.commit
        return found


class VersionActions:
    """Releasing, comparing, going back and deprecating.

    Args:
        screen: The screen that shows the skill.
        workspace: The open library.
        row: The skill.
        chosen: The commit under the cursor, where the tab Versions is open.
    """

    def __init__(
        self, screen: "WorkbenchScreen[None]", workspace: "Workspace", row: "SkillRow", chosen: str | None = None
    ) -> None:
        self._screen, self._workspace, self._row, self._chosen = screen, workspace, row, chosen

    @property
    def _name(self) -> str:
        return visible(self._row.name)

    def release(self) -> None:
        """Show the tag that would be made, with its changelog, and make it after a yes."""
        workspace, id_ = self._workspace, self._row.id

        def plan(_: Job) -> "tuple[Planned, Bump]":
            return workspace.versions.plan(id_), workspace.versions.suggested(id_)

        self._screen.run_job(f"Looking at {self._name}", plan, lambda found: self._ask_release(*found), group=_GROUP)

    def _ask_release(self, plan: Planned, bump: "Bump") -> None:
        lines = [
            labelled("tag", Span(visible(plan.tag), "strong"), Span(", signed" if plan.signed else ", not signed")),
            labelled("on", Span(f"{plan.head[:8]}, tree {plan.tree[:12]}"), Span("  approved", "good")),
        ]
        asked = bump.version or bump.declared or plan.version
        enough = Span(f"{bump.level}: {asked} or higher", "good" if bump.enough else "attention")
        lines += [labelled("change asks", enough)] if bump.level != "none" else []
        lines += [labelled("", Span(f"{reason.level}: {visible(reason.text)}", "muted")) for reason in bump.reasons[:8]]
        lines += [TextLine(), TextLine((Span("Its message, from the reviews since the last release:", "muted"),))]
        lines += [TextLine((Span(f"- {line}"),), hang=2) for line in plan.changelog]
        lines += [] if plan.changelog else [TextLine((Span("nothing: no approval gave a reason", "muted"),))]
        never = "A tag is never moved; a record on the reviews branch names it."
        lines += [TextLine(), TextLine((Span(never, "muted"),))]

        def answered(yes: bool | None) -> None:
            if yes:
                self._release(plan)

        title = f"Release {self._name} {plan.version}?"
        self._screen.app.push_screen(ConfirmDialog(title, lines, "Make the tag"), answered)

    def _release(self, plan: Planned) -> None:
        def make() -> Released:
            return self._workspace.versions.release(self._row.id, expect=plan)

        if not plan.signed:
            self._run(f"Releasing {plan.version}", make, self._released)
            return
        said = f"git signs the tag {visible(plan.tag)}, and may ask for a passphrase."
        self._aside(said, make, self._released)

    def _released(self, done: Released) -> None:
        self._changed(f"Released {done.tag} at {done.commit[:8]}{f'; note: {done.note}' if done.note else ''}")

    def roll_back(self) -> None:
        """Ask which state to go back to, show what would change, and make the commit after a yes."""
        self._know(self._ask_state)

    def _ask_state(self, known: _Known) -> None:
        standing = self._row.standing
        states = known.states(but=standing.head_tree)
        if standing.approved_tree not in (None, standing.head_tree):
            states = {f"{APPROVED}  the last tree that was approved": APPROVED, **states}
        if not states:
            self._screen.workbench.say("No earlier state of it was committed.")
            return
        at = next((shown for shown, value in states.items() if value == self._chosen), None)
        asked = (choice("to", "Go back to", list(states), default=at),)
        about = "A new commit on the current branch restores it; nothing is lost."

        def chosen(values: Values | None) -> None:
            if values is not None:
                to = states[str(values["to"])]
                self._screen.run_job(
                    f"Comparing {self._name}",
                    lambda _: self._workspace.versions.plan_return(self._row.id, to),
                    self._ask_return,
                    group=_GROUP,
                )

        self._screen.app.push_screen(FormDialog(f"Roll {self._name} back", about, asked, "Show what changes"), chosen)

    def _ask_return(self, plan: Return) -> None:
        if not plan.diff.files:
            self._screen.workbench.say(f"{self._name} is already as {_short(plan.to)} has it.")
            return
        state = Span("approved, so it is at once", "good") if plan.approved else Span("not approved", "attention")
        changed = f"{plural(len(plan.diff.files), 'file')}  +{plan.diff.added:,} -{plan.diff.removed:,}"
        lines = [
            labelled("tree", Span(plan.tree[:12], "strong"), Span("  "), state),
            labelled("changes", Span(changed)),
            TextLine(),
            *patch_rows(plan.diff.files, f"workbench version compare {self._name} HEAD {plan.to} prints all of it"),
        ]

        def answered(yes: bool | None) -> None:
            if yes:
                self._run(
                    "Going back",
                    lambda: self._workspace.versions.go_back(self._row.id, plan.to, expect=plan),
                    self._returned,
                )

        title = f"Make a commit in which {self._name} is as {_short(plan.to)} has it?"
        self._screen.app.push_screen(ConfirmDialog(title, lines, "Make the commit"), answered)

    def _returned(self, done: RolledBack) -> None:
        where = f"in commit {done.commit[:8]}; it is {done.state}" if done.commit else "already"
        self._changed(f"{done.name} is as {_short(done.to)} has it, {where}")

    def test(self) -> None:
        """Ask for a state, and run the cases that it brings on it."""
        self._know(self._ask_tested)

    def _ask_tested(self, known: _Known) -> None:
        states = known.states()
        if not states:
            self._screen.workbench.say("No state of it was committed.")
            return
        at = next((shown for shown, value in states.items() if value == self._chosen), None)
        fields = (choice("version", "Version", list(states), default=at),)
        workspace, id_ = self._workspace, self._row.id

        def chosen(values: Values | None) -> None:
            if values is None:
                return
            version = states[str(values["version"])]

            def run(job: Job) -> "TestRun":
                from workbench.testing.session import How

                return workspace.versions.test(
                    id_, version, store=workspace.store, library=workspace.library_id, how=How(), cancel=job.cancel
                )

            def show(done: "TestRun") -> None:
                title = f"Tests of {self._name} {_short(version)}"
                self._screen.app.push_screen(TextDialog(title, run_lines(done)))

            title = f"Testing {self._name} {_short(version)}"
            self._screen.run_job(title, run, show, group=_GROUP, cancellable=True)

        about = "Its own cases, on its own files, in the sandbox; nothing here changes."
        self._screen.app.push_screen(FormDialog(f"Test a version of {self._name}", about, fields, "Run them"), chosen)

    def receipt(self) -> None:
        """Ask what a receipt is wanted of, and show it."""
        from workbench.tui.screens.receipts import ReceiptDialog

        def ask(known: _Known) -> None:
            self._screen.app.push_screen(ReceiptDialog(self._screen, self._workspace, self._row, known.released))

        self._know(ask)

    def compare(self) -> None:
        """Ask for two states and show what differs."""
        self._know(self._ask_two)

    def _ask_two(self, known: _Known) -> None:
        states = {_NOW: "", **known.states()}
        if len(states) == 1:
            self._screen.workbench.say("No earlier state of it was committed.")
            return
        shown = list(states)
        at = next((one for one, value in states.items() if value and value == self._chosen), shown[1])
        fields = (choice("from", "From", shown[1:], default=at), choice("to", "To", shown))

        def wrong(values: Values) -> dict[str, str]:
            same = states[str(values["from"])] == states[str(values["to"])]
            return {"to": "is the same state"} if same else {}

        def chosen(values: Values | None) -> None:
            if values is not None:
                self.show(states[str(values["from"])], states[str(values["to"])])

        about = "Versions, commits, and what is here now."
        self._screen.app.push_screen(FormDialog(f"Compare {self._name}", about, fields, "Compare", wrong), chosen)

    def show(self, before: str, after: str = "") -> None:
        """Show what changed from one state to another, by default to what is here now."""

        def load(_: Job) -> "SkillDiff":
            return self._workspace.versions.compare(self._row.id, before, after or None)

        about = f"{_short(before)} → {_short(after) or _NOW}"
        self._screen.app.push_screen(ComparedScreen(self._row.name, about, load, "Nothing differs between the two."))

    def deprecate(self) -> None:
        """Ask what is deprecated, why and what to use instead, and record it."""
        self._know(self._ask_word)

    def _ask_word(self, known: _Known) -> None:
        fields = (
            choice("what", "Deprecate", [_WHOLE, *known.released]),
            Field(("successor",), "text", "Use instead", "NAME, or NAME@VERSION"),
            Field(("reason",), "text", "Why", "It is kept in git.", required=True),
        )
        about = "A record says so; what was approved stays approved, and an install warns."

        def chosen(values: Values | None) -> None:
            if values is None:
                return
            what = str(values["what"])
            version = None if what == _WHOLE else what
            successor, reason = str(values["successor"]).strip() or None, str(values["reason"]).strip()
            self._record(version, successor, reason)

        self._screen.app.push_screen(FormDialog(f"Deprecate {self._name}", about, fields, "Record it"), chosen)

    def undo_deprecation(self) -> None:
        """Ask which word no longer holds, and record that."""
        self._know(self._ask_undo)

    def _ask_undo(self, known: _Known) -> None:
        words: dict[str, Deprecation] = {(version or _WHOLE): word for version, word in known.versions.words}
        if not words:
            self._screen.workbench.say(f"Nothing of {self._name} is deprecated.")
            return
        said = "; ".join(f"{visible(what)}: {word.said}" for what, word in words.items())
        fields = (
            choice("what", "No longer deprecated", list(words)),
            Field(("reason",), "text", "Why", "It is kept in git."),
        )

        def chosen(values: Values | None) -> None:
            if values is None:
                return
            version, reason = words[str(values["what"])].version, str(values["reason"]).strip()
            self._record(version, None, reason, undo=True)

        title = f"Undo a deprecation of {self._name}"
        self._screen.app.push_screen(FormDialog(title, said, fields, "Record it"), chosen)

    def _record(self, version: str | None, successor: str | None, reason: str, *, undo: bool = False) -> None:
        def record(*, may_ask: bool = False) -> "Recorded":
            desk = self._workspace.versions
            return desk.deprecate(self._row.id, version, successor, reason, undo=undo, may_ask=may_ask)

        def recorded(done: "Recorded") -> None:
            what = f"{self._row.name}{f' {version}' if version else ''} is {'no longer ' if undo else ''}deprecated"
            self._changed(f"{what}: recorded in {done.commit[:8]} on workbench/reviews")

        def refused(error: WorkbenchError) -> None:
            if isinstance(error, PassphraseNeeded):
                said = "The key that signs this record has a passphrase."
                self._aside(said, lambda: record(may_ask=True), recorded)
            else:
                self._screen.workbench.show_error(error)

        self._screen.run_job("Recording it", lambda _: record(), recorded, failed=refused, group=_GROUP)

    def _know(self, then: Callable[[_Known], None]) -> None:
        workspace, id_ = self._workspace, self._row.id

        def read(_: Job) -> _Known:
            return _Known(workspace.versions.list(id_), workspace.reviews.history(id_))

        self._screen.run_job(f"Reading the versions of {self._name}", read, then, group=_GROUP)

    def _run(self, title: str, function: Callable[[], T], done: Callable[[T], None]) -> None:
        self._screen.run_job(title, lambda _: function(), done, group=_GROUP)

    def _aside(self, said: str, function: Callable[[], T], done: Callable[[T], None]) -> None:
        """Do something with the screen set aside, since it may ask on the terminal."""
        try:
            found = with_screen_aside(self._screen.workbench, said, function)
        except WorkbenchError as error:
            self._screen.workbench.show_error(error)
        else:
            done(found)

    def _changed(self, text: str) -> None:
        self._screen.workbench.say(text)
        self._screen.workbench.refresh_library()


def _short(state: str) -> str:
    """A version as it is, a commit by its first digits."""
    return visible(state[:8] if len(state) >= 40 else state)
