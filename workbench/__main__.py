"""The `workbench` command: the app where there is a terminal and no subcommand, else the command line."""

import gc
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from workbench.errors import WorkbenchError

if TYPE_CHECKING:
    from textual.screen import Screen

    from workbench.workspace import Workspace


def main() -> None:
    """Open the app or run the command line, and end the process with the documented exit code."""
    # Thousands of records and skills are kept, and none is part of a cycle: looking for some took a third of the time.
    gc.set_threshold(50_000, 20, 20)
    if _asks_for_the_app(sys.argv[1:]) and sys.stdin and sys.stdin.isatty() and sys.stdout and sys.stdout.isatty():
        sys.exit(_open_at_once(Path(sys.argv[2]) if sys.argv[2:] else None))
    from workbench.cli import main as command_line

    command_line.main(screen=command_line.Screen(_open_path, _open_workspace, _open_set, _open_review))


def _asks_for_the_app(arguments: Sequence[str]) -> bool:
    """Whether the arguments can only mean the app, so that the command line's library need not be loaded first."""
    return not arguments or (len(arguments) == 2 and arguments[0] == "--library")


def _open_at_once(path: Path | None) -> int:
    try:
        return _open_path(path)
    except WorkbenchError as error:
        from workbench.cli.output import print_error

        print_error(error)
        return error.exit_code


def _open_path(path: Path | None) -> int:
    from workbench.tui.launch import run_app

    return run_app(path)


def _open_workspace(workspace: "Workspace") -> int:
    from workbench.tui.launch import run_workspace

    return run_workspace(workspace)


def _open_set(workspace: "Workspace", range_: str, remote: str | None, mine: bool) -> int:
    from workbench.tui.launch import run_workspace

    def first() -> "Screen[None]":
        from workbench.tui.screens.changeset import ChangeSetScreen

        return ChangeSetScreen(range_, remote=remote, mine=mine)

    return run_workspace(workspace, first)


def _open_review(workspace: "Workspace", skill_id: str) -> int:
    from workbench.tui.launch import run_workspace

    def first() -> "Screen[None]":
        from workbench.tui.screens.review import ReviewScreen

        return ReviewScreen(skill_id)

    return run_workspace(workspace, first)


if __name__ == "__main__":
    main()
