"""The workbench in the terminal: which screens there are, what they share, and what every key does everywhere."""

import gc
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from textual.app import App
from textual.filter import LineFilter
from textual.screen import ModalScreen, Screen
from textual.signal import Signal

from workbench.commands import Command, Scope, command, in_scope
from workbench.config import Settings
from workbench.errors import InputError, WorkbenchError
from workbench.text import visible
from workbench.tui import graphs, themes
from workbench.tui.bindings import bindings, check_keymap, command_of, keys_of, show_key
from workbench.tui.guard import TerminalGuard
from workbench.tui.jobs import JobEnded, Jobs, run_job
from workbench.tui.launch import Opened, open_library, run_app, run_workspace
from workbench.tui.places import MODES, SCREENS, maker

if TYPE_CHECKING:
    from concurrent.futures import Future

    from workbench.reviews.listing import LibraryView
    from workbench.skills.catalogue import Remembered
    from workbench.tools.model import Tool
    from workbench.tui.following import Follower
    from workbench.workspace import Workspace

__all__ = ["WorkbenchApp", "run_app", "run_workspace"]

_PATIENCE_SECONDS = 0.06
"""So long the first paint waits for the library, since a second paint costs about as much."""


class WorkbenchApp(App[int], inherit_bindings=False):
    """The workbench.

    Args:
        workspace: The library to show, already open.
        reading: The promise of the library, where it is opened and read elsewhere.
        remembered: The promise of what it held when it was last read, kept long before.
        settings: The user's settings.
        live: Whether the library is followed: changes show by themselves, and its texts are read for the search.
        first: Makes the screen to begin with; None for the list of skills.

    Attributes:
        workspace: The open library; None before one is open.
        library: What was last read of it.
        library_signal: Published after every reading of the library.
        texts_signal: Published when texts were read for the search; says of how many skills.
        jobs: The work under way; `jobs_signal` is published when some begins or ends.
        last_error: The last thing that went wrong, for the details.
    """

    TITLE = "Skill Workbench"
    CSS_PATH = ["app.tcss", "screens/skills.tcss"]  # noqa: RUF012 - what the first screen needs is parsed at once
    BINDINGS: ClassVar = bindings("everywhere")
    MODES: ClassVar = {name: maker(place) for name, place in MODES.items()}
    DEFAULT_MODE = "skills"
    COMMANDS: ClassVar = set()
    AUTO_FOCUS = None
    HORIZONTAL_BREAKPOINTS = [(0, "-cramped"), (60, "-narrow"), (110, "-wide")]  # noqa: RUF012 - no ClassVar in Textual
    VERTICAL_BREAKPOINTS = [(0, "-flat"), (15, "-tall")]  # noqa: RUF012 - no ClassVar in Textual

    def __init__(
        self,
        workspace: "Workspace | None" = None,
        *,
        reading: "Future[Opened] | None" = None,
        remembered: "Future[tuple[Remembered, ...]] | None" = None,
        settings: Settings | None = None,
        live: bool = False,
        first: Callable[[], Screen[None]] | None = None,
    ) -> None:
        self.settings = settings or (workspace.settings if workspace else Settings())
        self._guard = TerminalGuard()
        self._reading, self._remembered = reading, remembered
        self._startup_errors: list[WorkbenchError] = []
        super().__init__()
        self.workspace = workspace
        self.library: LibraryView | None = None
        self.jobs = Jobs()
        self.last_error: Exception | None = None
        self.tools: tuple[Tool, ...] = ()
        self._tools_read = False
        self.library_signal: Signal[LibraryView] = Signal(self, "library")
        self.jobs_signal: Signal[int] = Signal(self, "jobs")
        self.texts_signal: Signal[int] = Signal(self, "texts")
        self._live = live
        self._first = first
        self._follower: Follower | None = None
        self._use_settings()

    def _use_settings(self) -> None:
        """Take theme and keys from the settings; what is wrong with them is said once the screen is there."""
        keymap, wrong = check_keymap(self.settings.keymap)
        self.keymap = keymap
        self.set_keymap({id_: ",".join(keys) for id_, keys in keymap.items()})
        self._startup_errors += wrong
        for name in (self.settings.theme, themes.DEFAULT):
            try:
                self.use_theme(name)
                break
            except InputError as error:
                self._startup_errors.append(error)

    def use_theme(self, name: str) -> None:
        """Change to the theme of this name, reading its file if that was not done yet.

        Raises:
            InputError: There is none, or its file is wrong; the theme in use stays.
        """
        if name not in self.available_themes:
            found = themes.load_theme(name)
            if found is None:
                raise InputError(
                    f"there is no theme '{visible(name)}'",
                    remedy=f"one of: {', '.join(sorted(themes.load_themes()[0]))}",
                )
            self.register_theme(themes.textual_theme(found))
        self.theme = name

    def get_css_variables(self) -> dict[str, str]:
        """The theme's variables, and the workbench's own where a theme lacks them."""
        given = super().get_css_variables()
        own = {
            "cursor": given["panel"],
            "selection": given["panel"],
            "diff-added": given["success-muted"],
            "diff-added-word": given["success-muted"],
            "diff-removed": given["error-muted"],
            "diff-removed-word": given["error-muted"],
        }
        return {**own, **given}

    def get_line_filters(self) -> Sequence[LineFilter]:
        """The guard comes last, after whatever else changes a line."""
        return [*super().get_line_filters(), self._guard]

    def on_load(self) -> None:
        """Before the first paint: if the library is all but read, the first paint can already show it."""
        if self._reading is None:
            return
        try:
            failed = self._reading.exception(timeout=_PATIENCE_SECONDS)
        except TimeoutError:
            return  # a job waits for it
        if failed is None:
            self.workspace, self.library = self._reading.result()
            graphs.library_read(self.workspace, self.library)

    def on_mount(self) -> None:
        """Say what was wrong with the settings, and read the library."""
        for error in self._startup_errors:
            self.show_error(error)
        reading = self._reading
        if self.library is not None:
            self.call_after_refresh(self._first_shown, self.library)
        elif reading is not None:
            run_job(self, "Reading the library", lambda _: reading.result(), self._opened, failed=self._not_opened)
            self._show_remembered()
        elif self.workspace is not None:
            self.refresh_library()
        else:
            self.call_after_refresh(self.offer_libraries)

    def _show_remembered(self) -> None:
        if self._remembered is not None:
            from workbench.tui.remembering import show_remembered

            show_remembered(self, self._remembered)

    def open_library(self, path: Path) -> None:
        """Open another library and show it."""
        run_job(
            self,
            f"Opening {visible(str(path))}",
            lambda _: open_library(path, self.settings),
            self._opened,
            group="library",
        )

    def refresh_library(self, *, quiet: bool = False) -> None:
        """Read the library again from disk and git; `library_signal` says when that is done."""
        workspace = self.workspace
        if workspace is not None:
            run_job(
                self,
                "Reading the library",
                lambda _: Opened(workspace, workspace.view()),
                self._opened,
                group="library",
                quiet=quiet,
            )

    def renewed(self, view: "LibraryView") -> None:
        """Show the library as it is after some of its files changed."""
        if self.workspace is not None:
            self._opened(Opened(self.workspace, view))

    def _opened(self, opened: Opened) -> None:
        another = opened.workspace is not self.workspace or self.library is None
        self.workspace, self.library = opened.workspace, opened.view
        graphs.library_read(opened.workspace, opened.view)
        self._tools_read = False
        if another:
            self._leave_details()
        self.library_signal.publish(opened.view)
        if another:
            self.call_after_refresh(self._first_shown, opened.view)
        elif self._follower is not None:
            self._follower.follow()

    def _first_shown(self, view: "LibraryView") -> None:
        """A library is on the screen for the first time; where there is nothing in it, offer others."""
        from workbench.tui.following import Follower

        gc.enable()
        if self._first is not None:
            self.push_screen(self._first())
            self._first = None
        elif not view.rows:
            self.offer_libraries()
        if self._live and self._follower is None:
            self._follower = Follower(self)
        if self._follower is not None:
            self._follower.follow()

    def _leave_details(self) -> None:
        """Go back to the places: what is open belongs to the library before."""
        while len(self.screen_stack) > 1:
            self.pop_screen()

    def _not_opened(self, error: WorkbenchError) -> None:
        gc.enable()
        self.show_error(error)
        self.offer_libraries()

    def offer_libraries(self) -> None:
        """Show what could be opened."""
        from workbench.tui.screens.start import StartScreen

        if not isinstance(self.screen, StartScreen):
            self.push_screen(StartScreen())

    def on_job_ended(self, ended: JobEnded) -> None:
        """Hand a job's result to whoever asked for it, or say what went wrong."""
        wanted = self.jobs.finish(ended.job)
        self.jobs_signal.publish(len(self.jobs))
        if not wanted:
            return
        if ended.error is None:
            ended.done(ended.result)
        elif isinstance(ended.error, WorkbenchError) and ended.failed is not None:
            ended.failed(ended.error)
        else:
            self.show_error(ended.error)

    def show_error(self, error: Exception) -> None:
        """Say in one line what went wrong; the details are a key away."""
        self.last_error = error
        what = error.what if isinstance(error, WorkbenchError) else f"a defect in the workbench: {error!r}"
        key = show_key(keys_of(command("details"), self.keymap)[0])
        self.notify(f"{visible(what)}\n{key} details", severity="error", timeout=8, markup=False)

    def say(self, text: str) -> None:
        """Say something that went well."""
        self.notify(visible(text), timeout=4, markup=False)

    def action_go(self, mode: str) -> None:
        """Go to one of the places; what is open inside it stays open."""
        if isinstance(self.screen, ModalScreen):
            return
        if mode == self.current_mode:
            self._leave_details()
        else:
            self.switch_mode(mode)

    def action_refresh(self) -> None:
        """Read the library again."""
        self.refresh_library()

    async def action_back(self) -> None:
        """Stop what runs, or close the innermost thing that is open; never loses anything."""
        if self.jobs.cancel_on(self.screen) is not None:
            return
        from workbench.tui.screens.frame import WorkbenchScreen
        from workbench.tui.widgets.filtered_list import FilteredList

        if any(filtered.close_filter() for filtered in self.screen.query(FilteredList)):
            return
        if isinstance(self.screen, WorkbenchScreen) and self.screen.go_back():
            return
        if len(self.screen_stack) > 1:
            self.screen.dismiss(None)

    async def action_leave(self) -> None:
        """Close this screen; at the top level, leave."""
        if len(self.screen_stack) > 1:
            await self.action_back()
        else:
            self.exit(0)

    async def action_quit(self) -> None:
        """Leave at once; what runs is asked to stop."""
        self.exit(0)

    def on_unmount(self) -> None:
        """Ask what runs to stop, so that leaving does not wait for it."""
        self.jobs.stop_all()
        if self._follower is not None:
            self._follower.stop()

    def action_command_palette(self) -> None:
        """Open the palette."""
        from workbench.tui.palette import Palette

        if not isinstance(self.screen, ModalScreen):
            self.push_screen(Palette())

    def action_show(self, name: str) -> None:
        """Lay one of the screens that need nothing but the library over what is shown."""
        if not isinstance(self.screen, ModalScreen):
            self.push_screen(maker(SCREENS[name])())

    def action_help(self) -> None:
        """Show what this screen is and every key that works on it."""
        from workbench.tui.screens.help import HelpScreen

        self.push_screen(HelpScreen(self.screen))

    def action_error_details(self) -> None:
        """Show the last message in full."""
        from workbench.tui.screens.error import ErrorDialog

        if self.last_error is None:
            self.say("Nothing has gone wrong.")
        else:
            self.clear_notifications()
            self.push_screen(ErrorDialog(self.last_error))

    def action_sync_reviews(self) -> None:
        """Share the reviews branch with the remote."""
        from workbench.tui.sharing import share_reviews

        share_reviews(self)

    def action_sync_copies(self) -> None:
        """Bring installed copies back to what is approved."""
        from workbench.tui.syncing import sync_copies

        sync_copies(self)

    def commands_on(self, screen: Screen[Any]) -> dict[str, str]:
        """The commands whose keys work on a screen now, and those without keys that work there: id to action."""
        scopes: tuple[Scope, ...] = getattr(screen, "SCOPES", ())
        keyless = [one for one in in_scope("everywhere", *scopes) if one.action and not one.keys]
        found = {one.id: one.action or "" for one in keyless if _does(screen, one) or one.scope == "everywhere"}
        for active in screen.active_bindings.values():
            one = command_of(active.binding)
            if one is not None and active.enabled:
                found[one.id] = active.binding.action
        return found

    async def run_command(self, command_id: str, screen: Screen[Any]) -> None:
        """Do what a command does on a screen, as if its key had been pressed there."""
        for active in screen.active_bindings.values():
            if active.binding.id == command_id:
                await self.run_action(active.binding.action, active.node)
                return
        one = command(command_id)
        await self.run_action(one.action or "", self if one.scope == "everywhere" else screen)

    def load_tools(self) -> None:
        """Read the library's tools for the palette, once after each reading of the library."""
        workspace = self.workspace
        if workspace is not None and not self._tools_read:
            self._tools_read = True
            run_job(self, "Reading the tools", lambda _: workspace.tools(), self._have_tools, group="tools", quiet=True)

    def _have_tools(self, tools: "tuple[Tool, ...]") -> None:
        self.tools = tools

    def show_skill(self, skill_id: str) -> None:
        """Show one skill in full."""
        from workbench.tui.screens.skill import SkillScreen

        self.push_screen(SkillScreen(skill_id))

    def show_file(self, skill_id: str, path: str, line: int | None = None) -> None:
        """Show one file of a skill."""
        from workbench.tui.screens.file import FileScreen

        self.push_screen(FileScreen(skill_id, path, line))

    def call_tool(self, tool: "Tool") -> None:
        """Open a tool's form."""
        from workbench.tui.screens.tools import open_tool

        open_tool(self, tool)


def _does(screen: Screen[Any], one: Command) -> bool:
    """Whether a screen has the action of a command that has no key."""
    return hasattr(screen, f"action_{(one.action or '').partition('(')[0]}")
