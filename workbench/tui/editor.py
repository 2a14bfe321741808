"""Opening a file in the user's own editor, with the screen set aside meanwhile."""

import os
import shlex
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

from textual.app import SuspendNotSupported

from workbench.errors import InputError
from workbench.text import visible
from workbench.tui.aside import screen_aside

if TYPE_CHECKING:
    from workbench.tui.app import WorkbenchApp


_PLUS = ("vi", "vim", "nvim", "nano", "emacs", "emacsclient", "micro", "kak", "joe", "ne", "jed", "mg", "pico")
_COLON = ("hx", "helix", "subl", "zed")
_GOTO = ("code", "codium", "code-insiders", "cursor", "windsurf")


def edit(app: "WorkbenchApp", path: Path, line: int | None = None) -> None:
    """Open `path` in $VISUAL, $EDITOR or vi, at a line where the editor is known to take one; read the library again
    afterwards."""
    command = os.environ.get("VISUAL") or os.environ.get("EDITOR") or "vi"
    try:
        argv = editor_argv(command, path, line)
    except ValueError as error:
        app.show_error(InputError(f"$EDITOR can't be read: {error}", where=visible(command)))
        return
    try:
        with screen_aside(app):
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
    app.refresh_library()


def editor_argv(command: str, path: Path, line: int | None) -> list[str]:
    """The command that opens a file, at a line for the editors whose way to say so is known.

    Raises:
        ValueError: The command's quotes don't match.
    """
    argv = shlex.split(command)
    name = Path(argv[0]).name if argv else ""
    if line is None:
        return [*argv, str(path)]
    if name in _PLUS:
        return [*argv, f"+{line}", str(path)]
    if name in _GOTO:
        return [*argv, "--goto", f"{path}:{line}"]
    return [*argv, f"{path}:{line}" if name in _COLON else str(path)]
