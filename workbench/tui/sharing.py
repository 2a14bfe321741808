"""Sharing the reviews branch from the screen: a job that says what came, what went and what waits."""

from typing import TYPE_CHECKING

from workbench.text import visible
from workbench.tui.jobs import run_job

if TYPE_CHECKING:
    from workbench.reviews.sync import Synced
    from workbench.tui.app import WorkbenchApp


def share_reviews(app: "WorkbenchApp") -> None:
    """Fetch, unite and push; then read the library again, since states may have changed."""
    workspace = app.workspace
    if workspace is None:
        return

    def synced(done: "Synced") -> None:
        name = visible(done.remote)
        if done.why:
            app.say(f"{name} was not reached, {done.queued} waiting here: {visible(done.why)}")
        else:
            app.say(f"{name}: {done.fetched} came, {done.pushed} went")
        app.refresh_library()

    run_job(
        app,
        "Sharing reviews",
        lambda job: workspace.reviews.sync(cancel=job.cancel),
        synced,
        group="sync",
        cancellable=True,
    )
