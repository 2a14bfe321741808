"""`workbench skills budget`: what skills cost an agent's context."""

import click

from workbench.cli.output import library_option, print_json, print_table
from workbench.commands import command
from workbench.skills.budget import SkillBudget, budget_of, client_loads
from workbench.text import plural, visible
from workbench.workspace import Workspace


@click.command("budget", help=command("skills.budget").help)
@click.argument("names", metavar="[NAME]...", nargs=-1)
@library_option
def budget(workspace: Workspace, names: tuple[str, ...], as_json: bool) -> None:
    """Print estimated tokens by skill, and what each client would load and cut; exit 0."""
    skills = (
        list({skill.id: skill for skill in map(workspace.find, names)}.values()) if names else workspace.skills()[0]
    )
    budgets = [budget_of(workspace.root, skill) for skill in skills]
    loads = client_loads(skills)
    if as_json:
        print_json({"skills": [one.to_json() for one in budgets], "clients": [load.to_json() for load in loads]})
        return
    headings = ("NAME", "CATALOGUE", "BODY", "REFERENCES", "PATH")
    print_table(headings, [_cells(one) for one in budgets], right=(1, 2, 3))
    click.echo("\nTokens are estimates: 4 ASCII characters a token, 1 other character a token.")
    for load in loads:
        limit = f"{load.cap:,} characters {'a skill' if load.per == 'skill' else 'in all'}"
        click.echo(f"{load.client} at start: about {load.tokens:,} tokens; limit {limit}, {load.characters:,} written")
        if load.cut:
            click.echo(f"  cuts {plural(len(load.cut), 'skill')}: {', '.join(map(visible, load.cut))}")
    for one in budgets:
        for part in one.references:
            if part.why:
                click.echo(f"note: {visible(one.skill)}/{visible(part.path)}: {visible(part.why)}", err=True)


def _cells(one: SkillBudget) -> tuple[str, ...]:
    known = [part.tokens for part in one.references if part.tokens is not None]
    more = " + unknown" if len(known) < len(one.references) else ""
    body = "unknown" if one.body is None else f"{one.body:,}"
    return (one.name, f"{one.catalogue:,}", body, f"{sum(known):,}{more}", one.skill)
