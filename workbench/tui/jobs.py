"""Work that takes time, done in a thread while the screen stays alive.

A screen asks for a job; the thread posts typed messages to the app, and the app hands the result back to whoever asked.
What goes wrong becomes a message on the screen, never the end of it.
"""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeVar

from textual.dom import DOMNode
from textual.message import Message

from workbench.errors import WorkbenchError

if TYPE_CHECKING:
    from workbench.tui.app import WorkbenchApp

T = TypeVar("T")

SHOWN_AFTER_SECONDS = 0.3


@dataclass(eq=False)
class Job:
    """One piece of work under way.

    Attributes:
        title: What is being done, for people: `Running tests of csv-profile`.
        owner: The screen or widget that asked.
        group: A later job of the same owner and group replaces this one: its result is dropped.
        cancellable: Whether the work looks at `cancel`, so that escape can stop it.
        quiet: Whether it runs without showing progress, as loading a detail does.
        cancel: Set when it has to stop.
        progress: How far it is; written by the work, read by the screen.
    """

    title: str
    owner: DOMNode
    group: str
    cancellable: bool = False
    quiet: bool = False
    cancel: threading.Event = field(default_factory=threading.Event)
    started: float = field(default_factory=time.monotonic)
    progress: str = ""
    dropped: bool = False

    def say(self, progress: str) -> None:
        """Say how far the work is: `3 of 12`. May be called from the work's thread."""
        self.progress = progress

    @property
    def elapsed(self) -> float:
        """Seconds since it was asked for."""
        return time.monotonic() - self.started


@dataclass
class JobEnded(Message):
    """A job is over: it gave `result`, or failed with `error`."""

    job: Job
    done: Callable[[Any], None]
    failed: Callable[[WorkbenchError], None] | None
    result: Any = None
    error: Exception | None = None


def run_job(
    owner: DOMNode,
    title: str,
    function: Callable[[Job], T],
    done: Callable[[T], None],
    *,
    failed: Callable[[WorkbenchError], None] | None = None,
    group: str = "default",
    cancellable: bool = False,
    quiet: bool = False,
) -> Job:
    """Run `function` in a thread and call `done` with its result on the screen's own thread.

    After 300 ms the footer shows the title, `job.progress` and the time; with `cancellable`, escape sets `job.cancel`,
    and what the function then returns is still delivered. A result whose owner has left the screen is dropped.

    Args:
        owner: The screen or widget that asks.
        title: What is being done, for people.
        function: Gets the job, for `job.cancel` and `job.say`.
        done: Gets the result.
        failed: Gets a WorkbenchError; without it the error is shown as a message.
        group: A later job of this owner and group replaces this one.
        cancellable: Whether the function looks at `job.cancel`.
        quiet: Show no progress.
    """
    app: WorkbenchApp = owner.app  # type: ignore[assignment]  # the only app there is
    job = Job(title, owner, group, cancellable, quiet)
    app.jobs.start(job)
    app.jobs_signal.publish(len(app.jobs))

    def work() -> None:
        ended = JobEnded(job, done, failed)
        try:
            ended.result = function(job)
        except Exception as error:  # noqa: BLE001 - a defect in a job must become a message, not the end of the screen
            ended.error = error
        app.post_message(ended)

    app.run_worker(work, name=title, group="jobs", exit_on_error=False, thread=True)
    return job


class Jobs:
    """The jobs under way."""

    def __init__(self) -> None:
        self._running: list[Job] = []

    def start(self, job: Job) -> None:
        """Take a job in; one of the same owner and group is dropped."""
        for earlier in self._running:
            if earlier.owner is job.owner and earlier.group == job.group:
                self.drop(earlier)
        self._running.append(job)

    def finish(self, job: Job) -> bool:
        """Let a job go; gives whether anybody still waits for its result."""
        self._running.remove(job)
        app = job.owner.app
        return not job.dropped and app.is_running and (job.owner is app or job.owner.is_attached)

    def drop(self, job: Job) -> None:
        """Ask a job to stop, and don't wait for its result."""
        job.dropped = True
        job.cancel.set()

    def stop_all(self) -> None:
        """Ask every job to stop."""
        for job in self._running:
            self.drop(job)

    def shown_on(self, screen: DOMNode) -> Job | None:
        """The newest job of this screen that has run long enough to be shown."""
        for job in reversed(self._running):
            if not (job.dropped or job.quiet) and _belongs(job.owner, screen) and job.elapsed >= SHOWN_AFTER_SECONDS:
                return job
        return None

    def cancel_on(self, screen: DOMNode) -> Job | None:
        """Ask the newest cancellable job of this screen to stop; None if there is none."""
        for job in reversed(self._running):
            if job.cancellable and not job.cancel.is_set() and _belongs(job.owner, screen):
                job.cancel.set()
                return job
        return None

    def runs(self, group: str) -> bool:
        """Whether a job of this group is under way, and its result waited for."""
        return any(job.group == group and not job.dropped for job in self._running)

    def __len__(self) -> int:
        return sum(not job.dropped for job in self._running)


def _belongs(owner: DOMNode, screen: DOMNode) -> bool:
    return owner is owner.app or (owner.is_attached and owner.screen is screen)
