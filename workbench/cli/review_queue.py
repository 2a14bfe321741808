"""`workbench review queue`: what waits for whom, the riskiest first."""

import click

from workbench.cli.output import library_option, print_json, state_label
from workbench.commands import command
from workbench.reviews.queue import GROUPS, Waiting
from workbench.reviews.queue_text import GROUP_WORDS, facts, place_words, why
from workbench.text import plural, visible
from workbench.workspace import Workspace


@click.command("queue", help=command("open.queue").help)
@click.option("--group", type=click.Choice(GROUPS), multiple=True, help="Only this group; may be repeated.")
@library_option
def queue(workspace: Workspace, group: tuple[str, ...], as_json: bool) -> None:
    """Print the queue; exit 0."""
    waiting = [one for one in workspace.reviews.queue() if not group or one.group in group]
    if as_json:
        print_json([one.to_json() for one in waiting])
        return
    for name in GROUPS:
        some = [one for one in waiting if one.group == name]
        if some:
            click.echo(f"{GROUP_WORDS[name]}: {plural(len(some), 'skill')}")
            for one in some:
                _print(one)
    if not waiting:
        click.echo("The library has no skills." if not group else "Nothing is in that group.")


def _print(one: Waiting) -> None:
    click.echo(f"  {state_label(one.row.state)}  {visible(one.row.id)}  {'; '.join(facts(one))}")
    for said in filter(None, (place_words(one), why(one))):
        click.echo(f"      {said}")
