"""Opening the workbench: the library is read in a thread while Textual is still being imported."""

import gc
import os
from collections.abc import Callable
from concurrent.futures import Future
from pathlib import Path
from threading import Thread
from typing import TYPE_CHECKING, NamedTuple

from workbench.errors import InputError
from workbench.text import visible

if TYPE_CHECKING:
    from textual.screen import Screen

    from workbench.config import Settings
    from workbench.reviews.listing import LibraryView
    from workbench.skills.catalogue import Remembered
    from workbench.workspace import Workspace


_LARGE = 300
"""A library of fewer skills is read before anybody could look at what it was."""


class Opened(NamedTuple):
    """A library that was opened and read."""

    workspace: "Workspace"
    view: "LibraryView"


def run_app(path: Path | None = None) -> int:
    """Open the workbench on the library at `path`, by default the one around the current folder; gives the exit code.

    Raises:
        InputError: There is no such folder, or the settings can't be read.
    """
    from workbench.config import expanded, load_settings

    if path is not None and not os.path.isdir(expanded(path)):  # noqa: PTH112 - Path.is_dir raises for some names
        raise InputError("there is no such folder", where=visible(str(path)))
    settings = load_settings()
    remembered: Future[tuple[Remembered, ...]] = Future()
    reading = _in_thread(lambda: open_library(path, settings, remembered))
    _prepare()
    from workbench.tui.app import WorkbenchApp

    return WorkbenchApp(reading=reading, remembered=remembered, settings=settings, live=True).run() or 0


def run_workspace(workspace: "Workspace", first: "Callable[[], Screen[None]] | None" = None) -> int:
    """Open the workbench on a library that is already open; gives the exit code.

    Args:
        first: Makes the screen to begin with, laid over the list of skills; None for that list.
    """
    reading = _in_thread(lambda: Opened(workspace, workspace.view()))
    _prepare()
    from workbench.tui.app import WorkbenchApp

    return WorkbenchApp(reading=reading, settings=workspace.settings, live=True, first=first).run() or 0


def open_library(
    path: Path | None, settings: "Settings", remembered: "Future[tuple[Remembered, ...]] | None" = None
) -> Opened:
    """Open and read the library at `path`; without one, that of the current folder, else the one of the settings.

    Args:
        path: The library.
        settings: The user's.
        remembered: A promise to keep first: what a large library held when it was last read.

    Raises:
        WorkbenchError: It can't be opened or read.
    """
    from workbench.workspace import Workspace

    try:
        workspace = Workspace.open(path, settings=settings)
        if remembered is not None:
            skills = workspace.catalogue.remembered(within=workspace.within)
            remembered.set_result(skills if len(skills) >= _LARGE else ())
    finally:
        if remembered is not None and not remembered.done():
            remembered.set_result(())
    return Opened(workspace, workspace.view())


def _prepare() -> None:
    """Let Textual draw up to 120 times a second, which halves the wait from a key to its line; it reads this once.

    The garbage collector rests until the first screen stands: imports make much and leave no garbage.
    """
    os.environ.setdefault("TEXTUAL_FPS", "120")
    gc.disable()


def _in_thread(work: Callable[[], Opened]) -> "Future[Opened]":
    """The promise of what `work` gives; the thread does not keep the program alive."""
    promise: Future[Opened] = Future()

    def run() -> None:
        try:
            promise.set_result(work())
        except Exception as error:  # noqa: BLE001 - handed to whoever asks for the result
            promise.set_exception(error)

    Thread(target=run, name="open-library", daemon=True).start()
    return promise
