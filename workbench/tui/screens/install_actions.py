"""Putting a skill where agents read it, and taking it out: each asks first and says what it would do."""

import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from workbench.config import home_dir
from workbench.errors import RefusedError, WorkbenchError
from workbench.reviews.install_desk import SCOPES, InstallDone, InstallPlan, Places
from workbench.reviews.installing import OccupiedError, Scope, Where
from workbench.reviews.version_desk import Versions
from workbench.skills.client_ids import CLIENT_IDS
from workbench.text import plural, visible
from workbench.tui.copy_rows import place
from workbench.tui.screens.confirm import ConfirmDialog
from workbench.tui.screens.form_dialog import FormDialog, Values, choice
from workbench.tui.screens.text_dialog import TextDialog
from workbench.tui.widgets.text_view import TextLine, labelled
from workbench.tui.widgets.tones import Span

if TYPE_CHECKING:
    from workbench.reviews.listing import SkillRow
    from workbench.reviews.quarantine import Moved
    from workbench.tui.screens.frame import WorkbenchScreen
    from workbench.workspace import Workspace

T = TypeVar("T")

_GROUP = "installs"
_APPROVED = "what is approved"


def here() -> Places:
    """The folders of this user, and of the project in which the workbench was opened."""
    return Places(Path.cwd(), home_dir())


class InstallActions:
    """Installing one skill, and its quarantine.

    Args:
        screen: The screen that shows the skill.
        workspace: The open library.
        row: The skill.
    """

    def __init__(self, screen: "WorkbenchScreen[None]", workspace: "Workspace", row: "SkillRow") -> None:
        self._screen, self._workspace, self._row = screen, workspace, row

    @property
    def _name(self) -> str:
        return visible(self._row.name)

    def install(self) -> None:
        """Ask for whom and which version, show what would be written, and write it after a yes."""
        workspace, id_ = self._workspace, self._row.id
        self._run("Reading the versions", lambda: workspace.versions.list(id_), self._ask_where)

    def _ask_where(self, versions: Versions) -> None:
        shown = [_APPROVED, *(one.release.version for one in reversed(versions.versions))]
        project = visible(place(str(Path.cwd())))
        fields = (
            choice("agent", "For", CLIENT_IDS),
            choice("scope", "Scope", SCOPES, about=f"project: {project}; user: all projects"),
            choice("version", "Version", shown),
        )

        def chosen(values: Values | None) -> None:
            if values is not None:
                scope: Scope = "user" if values["scope"] == "user" else "project"
                version = None if values["version"] == _APPROVED else str(values["version"])
                self._plan(version, here().of(str(values["agent"]), scope), force=False)

        about = "The bytes come from git, never from the folder as it is now."
        self._screen.app.push_screen(FormDialog(f"Install {self._name}", about, fields, "Show what it does"), chosen)

    def _plan(self, version: str | None, where: Where, *, force: bool) -> None:
        def refused(error: WorkbenchError) -> None:
            if isinstance(error, RefusedError) and not force:
                self._ask_all_the_same(error, lambda: self._plan(version, where, force=True))
            else:
                self._screen.workbench.show_error(error)

        self._screen.run_job(
            "Looking what it does",
            lambda _: self._workspace.installs.plan(self._row.id, version, where, force=force),
            lambda plan: self._ask(plan, where, version),
            failed=refused,
            group=_GROUP,
        )

    def _ask(self, plan: InstallPlan, where: Where, version: str | None) -> None:
        state = Span("not approved", "bad") if plan.forced else Span("approved", "good")
        shown = f"{visible(plan.version)}, " if plan.version else ""
        there = "what stands there is replaced; changes of it are saved first" if os.path.lexists(plan.target) else ""
        lines = [
            labelled("writes", Span(visible(place(str(plan.target))), "strong")),
            *([labelled("", Span(there, "attention"))] if there else []),
            labelled("bytes", Span(f"{shown}tree {plan.tree[:12]}, "), state),
            *([labelled("", Span("sync keeps it at this version"))] if plan.pinned else []),
            labelled("notes it in", Span(visible(place(str(where.lock_root / where.lock_name))))),
            *([labelled("note", Span(plan.warning, "attention"))] if plan.warning else []),
        ]
        title = f"Install {self._name} for {where.agent}?"
        self._confirm(title, lines, "Install it", lambda: self._install(version, where, plan, force=plan.forced))

    def _install(self, version: str | None, where: Where, plan: InstallPlan, *, force: bool) -> None:
        def refused(error: WorkbenchError) -> None:
            if isinstance(error, OccupiedError) and not force:
                self._ask_all_the_same(error, lambda: self._install(version, where, plan, force=True))
            else:
                self._screen.workbench.show_error(error)

        self._screen.run_job(
            f"Installing {self._name}",
            lambda _: self._workspace.installs.install(self._row.id, version, where, force=force, expect=plan),
            self._installed,
            failed=refused,
            group=_GROUP,
        )

    def _ask_all_the_same(self, error: WorkbenchError, go_on: Callable[[], None]) -> None:
        lines = [
            TextLine((Span(visible(str(error)), "attention"),)),
            TextLine(),
            TextLine((Span("What stands there is saved first. That it was not approved is recorded.", "muted"),)),
        ]
        self._confirm(f"Install {self._name} all the same?", lines, "Install it all the same", go_on)

    def _installed(self, made: InstallDone) -> None:
        copy = made.copy
        saved = f"; what stood there is kept in {place(copy.saved)}" if copy.saved else ""
        self._screen.workbench.say(". ".join((f"{copy.outcome}: {place(copy.target)}{saved}", *made.notes)))
        self._screen.workbench.refresh_library()

    def quarantine(self) -> None:
        """Name the folders that would go, and take them out after a yes."""
        self._run("Looking for copies", lambda: self._workspace.installs.found(self._row.name, here()), self._ask_out)

    def _ask_out(self, folders: Sequence[Path]) -> None:
        if not folders:
            self._screen.workbench.say(f"No agent's folder has {self._name}.")
            return
        lines = [TextLine((Span(visible(place(str(one))), "strong"),)) for one in folders]
        lines += [
            TextLine(),
            TextLine((Span("They are moved, not removed: Put back brings them where they were.", "muted"),)),
        ]
        title = f"Take {self._name} out of {plural(len(folders), 'folder')} of agents?"
        installs, name = self._workspace.installs, self._row.name

        def take_out() -> None:
            self._run("Taking it out", lambda: installs.take_out(name, here()), self._moved)

        self._confirm(title, lines, "Take it out", take_out)

    def put_back(self) -> None:
        """Put the copies that are in quarantine back where they stood."""
        installs, name = self._workspace.installs, self._row.name
        self._run("Putting it back", lambda: installs.put_back(name), self._moved)

    def _moved(self, done: "tuple[tuple[Moved, ...], str]") -> None:
        moved, unrecorded = done
        if unrecorded or any(one.why for one in moved):
            lines = [moved_line(one.outcome, one.path, one.why) for one in moved]
            lines += [TextLine((Span(unrecorded, "attention"),))] if unrecorded else []
            stayed = any(one.outcome in ("occupied", "failed") for one in moved)
            title = f"Not all of {self._name} was moved" if stayed else f"{self._name} was moved"
            self._screen.app.push_screen(TextDialog(title, lines))
        else:
            outcome = moved[0].outcome if moved else "nothing"
            self._screen.workbench.say(f"{outcome}: {plural(len(moved), 'copy', 'copies')} of {self._name}")
        self._screen.workbench.refresh_library()

    def _confirm(self, title: str, lines: Sequence[TextLine], answer: str, go_on: Callable[[], object]) -> None:
        def answered(yes: bool | None) -> None:
            if yes:
                go_on()

        self._screen.app.push_screen(ConfirmDialog(title, lines, answer), answered)

    def _run(self, title: str, function: Callable[[], T], done: Callable[[T], None]) -> None:
        self._screen.run_job(title, lambda _: function(), done, group=_GROUP)


def moved_line(outcome: str, path: str, more: str) -> TextLine:
    """What became of one copy, and where it stands."""
    return TextLine(
        (Span(f"{outcome}  ", "muted"), Span(visible(place(path))), Span(f"  {visible(more)}", "attention")), hang=2
    )
