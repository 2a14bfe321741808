"""`workbench review regenerate`: whether making a generated skill again gives the bytes that stand in the library."""

import shlex
import sys

import click

from workbench.cli.output import diff_paint, library_option, print_json
from workbench.commands import command
from workbench.errors import ExitCode, InputError
from workbench.reviews.regenerating import Asked
from workbench.text import plural, visible
from workbench.workspace import Workspace


@click.command("regenerate", help=command("review.regenerate").help)
@click.argument("name")
@click.option("--accept", metavar="HASH", help="Say yes to the command that has this hash, without being asked.")
@library_option
@click.pass_context
def regenerate(ctx: click.Context, workspace: Workspace, name: str, accept: str | None, as_json: bool) -> None:
    """Make it again in the sandbox; exit 0 for the same bytes, 1 for others, 3 where it can't be done."""
    from workbench.reviews.diff_text import patch_lines

    asked = workspace.generated.question(name)
    _need_a_yes(workspace, asked, accept)
    done = workspace.generated.remake(name, asked)
    if as_json:
        print_json(done.to_json())
    elif done.same:
        click.echo(f"{visible(done.skill)}: made again, the same bytes ({done.level})")
    else:
        click.echo(
            f"{visible(done.skill)}: made again, other bytes in {plural(len(done.files), 'file')} ({done.level})"
        )
        for line in patch_lines(done.files, diff_paint):
            click.echo(line)
    ctx.exit(ExitCode.OK if done.same else ExitCode.NO)


def _need_a_yes(workspace: Workspace, asked: Asked, accept: str | None) -> None:
    """Have the user's yes to this very command and what it reads.

    Raises:
        InputError: There is none.
    """
    words = visible(shlex.join(asked.recipe.by))
    if accept is not None and len(accept) >= 12 and asked.subject.startswith(accept):
        workspace.generated.allow(asked)
    elif not asked.allowed:
        if accept is None and sys.stdin.isatty() and sys.stderr.isatty():
            click.echo(f"{words}\nruns in the sandbox, without network, on {plural(asked.inputs, 'file')}.", err=True)
            if click.confirm("Run it?", err=True):
                workspace.generated.allow(asked)
                return
        what = f"nobody said yes to running: {words}"
        raise InputError(what, remedy=f"read it and what it reads, then: --accept {asked.subject[:16]}")
