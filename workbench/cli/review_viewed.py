"""`workbench review viewed`: which changed files this user has ticked as looked at."""

import time

import click

from workbench.cli.output import library_option, print_json
from workbench.commands import command
from workbench.errors import InputError
from workbench.text import visible
from workbench.workspace import Workspace


@click.command("viewed", help=command("diff.viewed").help)
@click.argument("name")
@click.option("--mark", "marked", metavar="PATH", multiple=True, help="Tick this file; may be repeated.")
@click.option("--unmark", "unmarked", metavar="PATH", multiple=True, help="Take this file's tick away.")
@library_option
def viewed(workspace: Workspace, name: str, marked: tuple[str, ...], unmarked: tuple[str, ...], as_json: bool) -> None:
    """List the changed files with their ticks."""
    from workbench.reviews.viewed import tick
    from workbench.reviews.viewed import viewed as ticked_in

    skill = workspace.find(name).id
    diff = workspace.reviews.diff(skill)
    files = {file.path: file for file in diff.files}
    for path in (*marked, *unmarked):
        if path not in files:
            raise InputError("this file did not change", where=visible(path), remedy=f"workbench review diff {name}")
        at = int(time.time() * 1000)
        tick(workspace.store, workspace.library_id, skill, files[path], seen=path in marked, at=at)
    ticked = ticked_in(workspace.store, workspace.library_id, skill, diff.files)
    if as_json:
        print_json([{"path": path, "viewed": path in ticked} for path in files])
        return
    for path in files:
        click.echo(f"{'✓' if path in ticked else ' '} {visible(path)}")
