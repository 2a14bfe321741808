"""What the command line hands over to the screen: the review of a skill, and whatever is asked for with `--screen`."""

import sys
from typing import TYPE_CHECKING

import click

from workbench.cli.lazy import LazyGroup
from workbench.cli.output import library_option
from workbench.errors import UsageError
from workbench.text import visible
from workbench.workspace import Workspace

if TYPE_CHECKING:
    from workbench.cli.main import Screen


def screen_for(what: str, *, remedy: str) -> "Screen":
    """What opens the app, where there is a terminal to open it in.

    Args:
        what: What needs it.
        remedy: What to do without.

    Raises:
        UsageError: There is no terminal.
    """
    screen: Screen | None = (click.get_current_context().obj or {}).get("screen")
    if screen is None or not (sys.stdin.isatty() and sys.stdout.isatty()):
        raise UsageError(f"{what} needs a terminal", remedy=remedy)
    return screen


class Reviews(LazyGroup):
    """The commands about reviews; what is none of them names a skill, whose review is opened on the screen."""

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """As click, but a skill's name is as good as a command."""
        several = len(args) > 1 and not args[1].startswith("-")
        if several or args[0].startswith("-") or self.get_command(ctx, args[0]) is not None:
            return super().resolve_command(ctx, args)
        return args[0], _open_review, args


@click.command("NAME")
@click.argument("name")
@library_option
@click.pass_context
def _open_review(ctx: click.Context, workspace: Workspace, name: str, as_json: bool) -> None:
    """Open the review of a skill in the workbench."""
    try:
        skill = workspace.find(name).id
    except UsageError as error:
        what = f"'{visible(name)}' is no command about reviews; and {error.what}"
        raise UsageError(what, where=error.where, remedy=error.remedy or "workbench review --help") from error
    instead = f"workbench review diff {visible(name)}"
    if as_json:
        raise UsageError("the review of a skill is a screen, and prints nothing", remedy=f"{instead} --json")
    ctx.exit(screen_for("the review of a skill", remedy=instead).open_review(workspace, skill))
