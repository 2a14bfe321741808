"""Copying: the desktop's own program where there is one, and the terminal's escape sequence."""

import shutil
import subprocess
from os import environ
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from workbench.tui.app import WorkbenchApp

_SECONDS = 3


def copy(app: "WorkbenchApp", text: str) -> None:
    """Copy `text`, and say which way it went: a terminal never tells whether it took it."""
    from workbench.tui.jobs import run_job

    def done(program: str | None) -> None:
        if program is None:
            app.copy_to_clipboard(text)
            app.say("Sent to the terminal's clipboard (OSC 52).")
        else:
            app.say(f"Copied with {program}.")

    run_job(app, "Copying", lambda _: copy_with_program(text), done, group="copy", quiet=True)


def copy_with_program(text: str) -> str | None:
    """Give `text` to the first clipboard program that takes it; its name, or None if there is none."""
    for argv in _programs():
        if shutil.which(argv[0]) is None:
            continue
        try:
            # Output is not captured: xclip stays behind and would hold a pipe open.
            done = subprocess.run(
                argv, input=text.encode(), timeout=_SECONDS, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
            )
        except (OSError, subprocess.TimeoutExpired):
            continue
        if done.returncode == 0:
            return argv[0]
    return None


def _programs() -> list[list[str]]:
    programs = [["pbcopy"]]
    if environ.get("DISPLAY"):
        programs.insert(0, ["xclip", "-selection", "clipboard"])
    if environ.get("WAYLAND_DISPLAY"):
        programs.insert(0, ["wl-copy"])
    return programs
