"""Every git command that the workbench ran, so that nothing it does is a secret."""

import shlex
from datetime import datetime
from typing import TYPE_CHECKING

from textual import on
from textual.app import ComposeResult

from workbench.tui.screens.frame import WorkbenchScreen
from workbench.tui.screens.text_dialog import TextDialog
from workbench.tui.units import duration
from workbench.tui.widgets.columns import Column
from workbench.tui.widgets.filtered_list import FilteredList
from workbench.tui.widgets.text_view import TextLine
from workbench.tui.widgets.tones import Span
from workbench.tui.widgets.virtual_list import Row, VirtualList

if TYPE_CHECKING:
    from collections.abc import Sequence

    from workbench.git import GitCommand
    from workbench.reviews.listing import LibraryView

_COLUMNS = (Column("When", 8), Column("Time", 8, right=True), Column("Exit", 5, right=True), Column("Command", 0))


class GitLogScreen(WorkbenchScreen[None]):
    """The commands, the newest first."""

    NAME = "Git commands"
    ABOUT = (
        "Every git command that the workbench ran since it started, the newest first, with its time and exit code."
        " The hardening options before each are left out."
    )

    def compose_body(self) -> ComposeResult:
        """The list."""
        yield FilteredList(_COLUMNS, noun="command", empty="No git command has run yet: this library is not in git.")

    def on_mount(self) -> None:
        """Show what has run."""
        self._show()

    def library_changed(self, view: "LibraryView") -> None:
        """Show what has run since."""
        self._show()

    def _show(self) -> None:
        from workbench import git

        self._commands = git.commands()
        self.query_one(FilteredList).show(_rows(self._commands))

    @on(VirtualList.Opened)
    def _opened(self, event: VirtualList.Opened) -> None:
        command = self._commands[int(event.row.id.rpartition(":")[2])]
        self.app.push_screen(TextDialog("A git command", _in_full(command)))


def _in_full(command: "GitCommand") -> list[TextLine]:
    """One command with everything that is known of it."""
    facts = {
        "command": _argv(command),
        "in": command.cwd,
        "at": f"{datetime.fromtimestamp(command.at):%Y-%m-%d %H:%M:%S}",
        "took": duration(command.duration_ms),
        "exit code": str(command.exit_code),
    }
    return [TextLine((Span(f"{label:<11}", "muted"), Span(text)), hang=11) for label, text in facts.items()]


def _argv(command: "GitCommand") -> str:
    return shlex.join(command.argv if command.argv[:1] == ("git",) else ("git", *command.argv))


def _rows(commands: "Sequence[GitCommand]") -> list[Row]:
    return [
        Row(
            f"{command.at}:{number}",
            (
                Span(f"{datetime.fromtimestamp(command.at):%H:%M:%S}", "muted"),
                duration(command.duration_ms),
                Span(str(command.exit_code), "plain" if command.exit_code == 0 else "attention"),
                _argv(command),
            ),
        )
        for number, command in reversed(list(enumerate(commands)))
    ]
