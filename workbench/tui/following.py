"""The library followed while it is open: its folders are watched, and its texts are read for the search."""

import time
from functools import partial
from typing import TYPE_CHECKING

from textual.events import Callback

from workbench.errors import WorkbenchError
from workbench.text import visible
from workbench.tui.jobs import Job, run_job
from workbench.tui.renewing import Renewed, renew
from workbench.tui.watching import Changed, Watcher

if TYPE_CHECKING:
    from textual.timer import Timer

    from workbench.skills.catalogue_texts import Taken
    from workbench.tui.app import WorkbenchApp
    from workbench.workspace import Workspace

_TEXTS_AFTER_SECONDS = 0.5
"""So long after a reading its texts are begun: what the person does first goes first."""
_QUIET_BELOW = 500
"""So many skills' texts are read without a word about it."""


class Follower:
    """Keeps what the app shows of a library as the library is.

    Args:
        app: The app.
    """

    def __init__(self, app: "WorkbenchApp") -> None:
        self._app = app
        self._watcher: Watcher | None = None
        self._watched: Workspace | None = None
        self._paths: frozenset[str] = frozenset()
        self._refs = False
        self._renewing = False
        self._later: Timer | None = None

    def follow(self) -> None:
        """The library was read: watch it, see what changed meanwhile, and bring its texts up to date."""
        workspace = self._app.workspace
        if workspace is None:
            return
        if workspace is not self._watched:
            self.stop()
            self._watched = workspace
            self._watcher = Watcher(workspace.root, workspace.repository, self._tell, self._say)
            self._watcher.start()
        self._go_on()
        if self._later is not None:
            self._later.stop()
        self._later = self._app.set_timer(_TEXTS_AFTER_SECONDS, self._take_texts)

    def stop(self) -> None:
        """Watch no longer."""
        if self._watcher is not None:
            self._watcher.stop()
        self._watcher = self._watched = None
        self._paths, self._refs = frozenset(), False

    def changed(self, changed: Changed) -> None:
        """Take in what changed."""
        self._paths |= changed.paths
        self._refs = self._refs or changed.refs
        self._go_on()

    def _tell(self, changed: Changed) -> None:
        """From the watcher's thread: what changed."""
        self._app.post_message(Callback(callback=partial(self.changed, changed)))

    def _say(self, said: str) -> None:
        """From the watcher's thread: why changes may not show by themselves."""
        tell = partial(self._app.notify, visible(said), severity="warning", timeout=8, markup=False)
        self._app.post_message(Callback(callback=tell))

    def _go_on(self) -> None:
        """Read again what changed, unless something is being read: that comes back here."""
        workspace, view = self._app.workspace, self._app.library
        if workspace is None or view is None or self._renewing or self._app.jobs.runs("library"):
            return
        if self._refs:
            self._paths, self._refs = frozenset(), False
            self._app.refresh_library(quiet=True)
            return
        if not self._paths:
            return
        paths, self._paths = self._paths, frozenset()
        self._renewing = True

        def work(_: Job) -> Renewed | None:
            try:
                return renew(workspace, view, paths)
            except WorkbenchError:
                return None  # reading all of it says what is wrong
            finally:
                self._renewing = False

        def done(renewed: Renewed | None) -> None:
            if workspace is not self._app.workspace:
                return
            if view is not self._app.library:  # all of it was read meanwhile, perhaps before this changed
                self._paths |= paths
            elif renewed is not None and renewed.view is not view:
                self._app.renewed(renewed.view)
            if renewed is None or renewed.whole:
                self._app.refresh_library(quiet=True)
            else:
                self._go_on()

        run_job(self._app, "Reading what changed", work, done, group="renew", quiet=True)

    def _take_texts(self) -> None:
        """Read the texts for the search in the background, and what the skills can do."""
        workspace = self._app.workspace
        if workspace is None:
            return

        def work(job: Job) -> "Taken":
            from workbench.skills.catalogue_texts import take_texts
            from workbench.skills.skill_texts import scan_kinds

            def progress(done: int, total: int) -> None:
                job.quiet = total < _QUIET_BELOW
                job.say(f"{done:,} of {total:,}")
                time.sleep(0)  # a key that was pressed goes first

            return take_texts(workspace.catalogue, scan=scan_kinds, on_progress=progress, cancel=job.cancel)

        def done(taken: "Taken") -> None:
            if taken.skills:
                self._app.texts_signal.publish(taken.skills)

        run_job(self._app, "Reading texts for the search", work, done, group="texts", quiet=True)
