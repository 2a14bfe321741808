"""Opening a file in the user's own editor, with the screen set aside meanwhile."""

import os
import shlex
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

from textual.app import SuspendNotSupported

from workbench.errors import InputError
from workbench.text import visible

if TYPE_CHECKING:
    from workbench.tui.app import WorkbenchApp


def edit(app: "WorkbenchApp", path: Path) -> None:
    """Open `path` in $VISUAL, $EDITOR or vi; read the library again afterwards."""
    command = os.environ.get("VISUAL") or os.environ.get("EDITOR") or "vi"
    try:
        argv = [*shlex.split(command), str(path)]
    except ValueError as error:
        app.show_error(InputError(f"$EDITOR can't be read: {error}", where=visible(command)))
        return
    try:
        with app.suspend():
            code = subprocess.run(argv).returncode
    except SuspendNotSupported:
        app.show_error(InputError("this terminal can't be handed to an editor", where=visible(str(path))))
        return
    except OSError as error:
        what = f"the editor could not be started: {visible(error.strerror or '')}"
        app.show_error(InputError(what, where=visible(argv[0]), remedy="set EDITOR to a program that exists"))
        return
    if code:
        app.show_error(InputError(f"the editor ended with exit code {code}", where=visible(command)))
    app.refresh()
    app.refresh_library()
