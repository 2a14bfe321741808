"""`workbench skills budget`: what skills and MCP servers cost an agent's context at start."""

import os
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from workbench.cli.mcp_options import Asked, mcp_options
from workbench.cli.output import library_option, print_json, print_table
from workbench.commands import command
from workbench.config import expanded, home_dir
from workbench.errors import UsageError
from workbench.text import plural, visible
from workbench.workspace import Workspace

if TYPE_CHECKING:
    from workbench.skills.budget import SkillBudget
    from workbench.skills.installed import Installed
    from workbench.skills.start_load import ClientLoad

_CUTS_SHOWN = 20
_MCP = (
    "MCP servers are read from the clients' settings and listed with their commands. None is started but with --mcp,"
    " and then only after you accepted exactly that command and environment: by a yes on a terminal, or by --accept"
    " with the hash that is shown; else exit 5. What a server answered is kept, so that it is started only once."
)


@click.command("budget", help=command("skills.budget").help, epilog=_MCP)
@click.argument("names", metavar="[NAME]...", nargs=-1)
@click.option("--installed", "is_installed", is_flag=True, help="Of what is really installed for each client.")
@click.option("--context", type=click.IntRange(1, 100_000_000), metavar="TOKENS", help="The size of a model's context.")
@click.option("--project", type=click.Path(path_type=Path), metavar="DIR", help="Where the clients start; else here.")
@click.option("--home", type=click.Path(path_type=Path), metavar="DIR", help="The home folder; else your own.")
@mcp_options
@library_option
def budget(
    workspace: Workspace,
    names: tuple[str, ...],
    is_installed: bool,
    context: int | None,
    project: Path | None,
    home: Path | None,
    asked: Asked,
    as_json: bool,
) -> None:
    """Print estimated tokens by skill, what each client would load and cut, and what MCP servers add; exit 0.

    Exit 5 where a server would have to be started that the user did not accept.
    """
    from workbench.cli.mcp_cost import mcp_costs, mcp_json, print_mcp
    from workbench.skills.budget import budget_of
    from workbench.skills.installed import find_installed
    from workbench.skills.start_load import installed_loads, library_loads

    if names and is_installed:
        raise UsageError("--installed counts everything that is installed; it takes no names")
    start, at_home = expanded(project or Path()), expanded(home) if home else home_dir()
    found = find_installed(start, at_home, env=os.environ) if is_installed else None
    really = installed_loads(found, start, at_home, os.environ, context) if found else ()
    costs, unread = mcp_costs(workspace, asked, start, at_home, os.environ)
    if found and not as_json:
        _print_installed(found, really)
        print_mcp(costs, unread)
        return
    skills = (
        list({skill.id: skill for skill in map(workspace.find, names)}.values()) if names else workspace.skills()[0]
    )
    budgets = [budget_of(workspace.root, skill) for skill in skills]
    loads = library_loads(workspace.root, skills, context)
    if as_json:
        data: dict[str, Any] = {
            "skills": [one.to_json() for one in budgets],
            "clients": [load.to_json() for load in loads],
        }
        if found:
            data["installed"] = [load.to_json() for load in really]
            data["skipped"] = [{"path": one.path, "reason": one.reason} for one in found.skipped]
        data["mcp"] = mcp_json(costs, unread)
        print_json(data)
        return
    _print_skills(budgets)
    _print_loads(loads)
    if not names:
        print_mcp(costs, unread)


def _print_skills(budgets: "Sequence[SkillBudget]") -> None:
    headings = ("NAME", "CATALOGUE", "BODY", "REFERENCES", "PATH")
    print_table(headings, [_cells(one) for one in budgets], right=(1, 2, 3))
    click.echo("\nTokens are estimates: 4 ASCII characters a token, 1 other character a token.")
    for one in budgets:
        for part in one.references:
            if part.why:
                click.echo(f"note: {visible(one.skill)}/{visible(part.path)}: {visible(part.why)}", err=True)


def _cells(one: "SkillBudget") -> tuple[str, ...]:
    known = [part.tokens for part in one.references if part.tokens is not None]
    more = " + unknown" if len(known) < len(one.references) else ""
    body = "unknown" if one.body is None else f"{one.body:,}"
    return (one.name, f"{one.catalogue:,}", body, f"{sum(known):,}{more}", one.skill)


def _print_installed(found: "Installed", loads: "Sequence[ClientLoad]") -> None:
    click.echo("What each client loads at start of the skills installed for it; tokens are estimates.\n")
    _print_loads(loads)
    if found.skipped:
        places = plural(len(found.skipped), "place")
        click.echo(f"note: {places} not searched; workbench skills where --skipped lists them", err=True)


def _print_loads(loads: "Sequence[ClientLoad]") -> None:
    for load in loads:
        about = f"{plural(load.skills, 'skill')}, about {load.tokens:,} tokens"
        click.echo(f"{load.client} at start: {about}; {_limit(load)}, {load.characters:,} characters written")
        for one in sorted(load.cuts, key=lambda cut: cut.listed)[:_CUTS_SHOWN]:
            lost = f"loses {plural(one.lost, 'character')} of its description"
            click.echo(f"  {visible(one.skill)}: {lost if one.listed else 'is not listed'}")
        if len(load.cuts) > _CUTS_SHOWN:
            click.echo(f"  and {plural(len(load.cuts) - _CUTS_SHOWN, 'skill')} more; --json lists them")
        if load.over and load.id == "claude":
            click.echo(f"  {load.over:,} characters too long: descriptions go, those of the least used skills first")


def _limit(load: "ClientLoad") -> str:
    limits = []
    if load.cap is not None and load.per == "skill":
        limits.append(f"{load.cap:,} characters a skill")
    if load.total is not None:
        limits.append(f"{load.total:,} {load.unit} in all")
    return f"limit {' and '.join(limits)}" if limits else "no known limit"
