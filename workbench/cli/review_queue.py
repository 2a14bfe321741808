"""`workbench review queue`: what waits for whom, the riskiest first."""

import click

from workbench.cli.output import library_option, print_json, state_label
from workbench.commands import command
from workbench.reviews.queue import GROUPS, USAGE_DAYS, Waiting
from workbench.text import first_line, plural, visible
from workbench.workspace import Workspace

_TITLES = {
    "mine": "waits for you",
    "others": "waits for others",
    "stale": "went stale",
    "approved": "approved",
    "released": "released",
}


@click.command("queue", help=command("review.queue").help)
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
            click.echo(f"{_TITLES[name]}: {plural(len(some), 'skill')}")
            for one in some:
                _print(one)
    if not waiting:
        click.echo("The library has no skills." if not group else "Nothing is in that group.")


def _print(one: Waiting) -> None:
    facts = [f"risk {one.risk}" + (f" ({', '.join(one.gains)})" if one.gains else "")]
    if one.age_days is not None:
        facts.append("changed today" if one.age_days == 0 else f"changed {plural(one.age_days, 'day')} ago")
    if one.usage is not None and one.usage.calls:
        failed = f", {one.usage.failed / one.usage.calls:.0%} failed"
        facts.append(f"used {plural(one.usage.calls, 'time')} in {USAGE_DAYS} days{failed}")
    click.echo(f"  {state_label(one.row.state)}  {visible(one.row.id)}  {'; '.join(facts)}")
    if one.group in ("mine", "others", "stale") and one.reason:
        click.echo(f"      {first_line(one.reason)}")
