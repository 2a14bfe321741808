"""`workbench propose`: a folder put forward as a branch and a request for review."""

from pathlib import Path

import click

from workbench.cli.output import library_option, print_json
from workbench.commands import command
from workbench.text import visible
from workbench.workspace import Workspace

_EPILOG = """\b
Exit codes:
  0  proposed                  3  no skill that loads, or it can't be read
  2  the name is not valid     4  the library has exactly this already
"""


@click.command("propose", help=command("propose").help, epilog=_EPILOG)
@click.argument("folder", type=click.Path(path_type=Path), metavar="DIR")
@click.option("--name", metavar="NAME", help="The skill's name; by default what its SKILL.md says.")
@click.option("--reason", "-m", default="", metavar="TEXT", help="What it is for; kept in git.")
@library_option
def propose(workspace: Workspace, folder: Path, name: str | None, reason: str, as_json: bool) -> None:
    """Make the branch and the request; nothing that is live changes."""
    from workbench.config import expanded

    done = workspace.reviews.propose(expanded(folder), name, reason)
    if as_json:
        print_json(done.to_json())
        return
    there = "" if done.fresh else " (it was there already)"
    click.echo(f"{visible(done.path)} is proposed on the branch {visible(done.branch)}{there}")
    click.echo(f"next, for a person: workbench review open HEAD...{visible(done.branch)} --diff")
