"""`workbench skills graph`: which skill needs which, and what is wrong with what they declare."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from workbench.cli.output import library_option, print_json, print_problem
from workbench.commands import command
from workbench.errors import ExitCode
from workbench.text import plural, visible
from workbench.workspace import Workspace

if TYPE_CHECKING:
    from workbench.skills.dependencies import Edge


@click.command("graph", help=command("open.graph").help)
@click.argument("names", metavar="[NAME]...", nargs=-1)
@click.option(
    "--format", "form", type=click.Choice(("text", "mermaid", "dot", "json")), default="text", help="How to print it."
)
@click.option("--declared", is_flag=True, help="Only what metadata.requires says; don't look for anything else.")
@click.option("--dependents", is_flag=True, help="What needs NAME, instead of what NAME needs.")
@click.option("--depth", type=click.IntRange(min=1), metavar="N", help="Go at most N steps from NAME.")
@library_option
def graph(
    workspace: Workspace,
    names: tuple[str, ...],
    form: str,
    declared: bool,
    dependents: bool,
    depth: int | None,
    as_json: bool,
) -> None:
    """Print the dependencies; exit 1 if something declared is missing, does not fit, or goes round in a circle."""
    from workbench.skills.dependencies import around, read_graph
    from workbench.skills.graph_formats import as_dot, as_mermaid, as_text
    from workbench.skills.naming import resolve

    if (dependents or depth) and not names:
        raise click.UsageError("--dependents and --depth need a NAME to begin at.")
    skills = workspace.skills()[0]
    starts = list(dict.fromkeys(resolve(skills, name, cwd=Path.cwd(), root=workspace.root).id for name in names))
    shown = read_graph(workspace.root, skills, detect=not declared)
    if starts:
        shown = around(shown, starts, dependents=dependents, depth=depth)
    if as_json or form == "json":
        print_json(shown.to_json())
    elif form == "text":
        lines = list(as_text(shown, starts, dependents=dependents))
        click.echo("\n".join(lines) if lines else "There are no skills here.")
    else:
        click.echo("\n".join(as_mermaid(shown) if form == "mermaid" else as_dot(shown)))
    if not as_json:
        for problem in shown.problems:
            print_problem(problem, err=form != "text")
            if problem.remedy:
                click.echo(f"  {problem.remedy}", err=form != "text")
        if shown.skipped:
            click.echo(f"note: {plural(len(shown.skipped), 'place')} not looked into (--json lists them):", err=True)
            for one in shown.skipped[:5]:
                click.echo(f"  {visible(one.path)}: {visible(one.reason)}", err=True)
    click.get_current_context().exit(ExitCode.OK if shown.sound else ExitCode.NO)


def dependents_of(workspace: Workspace, skill_id: str) -> "tuple[Edge, ...]":
    """What needs a skill directly: what a change of it would touch."""
    from workbench.skills.dependencies import read_graph

    return read_graph(workspace.root, workspace.skills()[0]).dependents(skill_id)
