"""The `workbench` command: the command line, handed the screen to open where there is a terminal."""

from pathlib import Path
from typing import TYPE_CHECKING

from workbench.cli import main as command_line

if TYPE_CHECKING:
    from workbench.workspace import Workspace


def main() -> None:
    """Run the command line and end the process with its exit code."""
    command_line.main(screen=command_line.Screen(_open_path, _open_workspace))


def _open_path(path: Path | None) -> int:
    from workbench.tui.launch import run_app

    return run_app(path)


def _open_workspace(workspace: "Workspace") -> int:
    from workbench.tui.launch import run_workspace

    return run_workspace(workspace)


if __name__ == "__main__":
    main()
