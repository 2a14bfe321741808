"""`workbench skills`: the library's skills, and one in full."""

from datetime import datetime
from typing import TYPE_CHECKING, Any

import click

from workbench.cli.lazy import LazyGroup
from workbench.cli.output import library_option, print_json, print_problem, print_table, state_label
from workbench.commands import command
from workbench.errors import InputError
from workbench.reviews.listing import SkillRow
from workbench.text import first_line, plural, truncate, visible, visible_block
from workbench.workspace import Workspace

if TYPE_CHECKING:
    from workbench.skills.model import FileEntry

_STATES = ("invalid", "revoked", "changes-requested", "approved", "in-review", "stale", "draft")


_PLACES = {
    "accept": "workbench.cli.capabilities:accept_findings",
    "budget": "workbench.cli.budget:budget",
    "capabilities": "workbench.cli.capabilities:capabilities",
    "check": "workbench.cli.validate:check",
    "drift": "workbench.cli.drift:drift",
    "graph": "workbench.cli.graph:graph",
    "new": "workbench.cli.new:new",
    "search": "workbench.cli.search:search",
    "similar": "workbench.cli.search:similar",
    "validate": "workbench.cli.validate:validate",
    "where": "workbench.cli.where:where",
}


@click.group(cls=LazyGroup, places=_PLACES, help=command("open.skills").help)
def skills() -> None:
    """The library's skills."""


@skills.command("list", help=command("open.skills").help)
@click.option("--state", type=click.Choice(_STATES), multiple=True, help="Only skills in this state; may be repeated.")
@library_option
def list_skills(workspace: Workspace, state: tuple[str, ...], as_json: bool) -> None:
    """List the skills with their states."""
    view = workspace.glance()
    rows = [row for row in view.rows if not state or row.state in state]
    if as_json:
        print_json([row.to_json() for row in rows])
        return
    print_table(
        ("NAME", "STATE", "VERSION", "CHANGED", "PROBLEMS", "PATH"),
        [_cells(row) for row in rows],
        right=(4,),
    )
    for note in view.notes:
        click.echo(f"note: {visible(note)}", err=True)
    if view.skipped:
        click.echo(
            f"note: {plural(len(view.skipped), 'place')} skipped; workbench status --skipped lists them", err=True
        )


def _cells(row: SkillRow) -> tuple[str, ...]:
    changed = f"{datetime.fromtimestamp(row.changed_at).astimezone():%Y-%m-%d}" if row.changed_at else "-"
    return (
        truncate(visible(row.name), 40),
        row.state,
        row.version or "-",
        changed,
        str(len(row.problems) or "-"),
        f"{row.id}  (deprecated)" if row.deprecated else row.id,
    )


@skills.command("show", help=command("skills.show").help)
@click.argument("name")
@library_option
def show(workspace: Workspace, name: str, as_json: bool) -> None:
    """Show one skill: what it says, where it stands, what is wrong, what it brings."""
    from workbench.cli.graph import dependents_of

    row = workspace.row(name)
    if as_json:
        print_json(_in_full(workspace, row))
        return
    click.echo(f"{visible(row.name)}  {state_label(row.state)}  {visible(row.version or 'no version')}")
    click.echo(visible(row.id))
    for reason in row.standing.reasons:
        click.echo(f"  {visible(reason)}")
    if row.deprecated:
        click.echo(f"  {row.deprecated.said}")
    click.echo(f"\n{visible_block(row.skill.description.strip())}\n")
    for problem in (*row.problems, *workspace.tool_problems(row.id)):
        print_problem(problem)
    for tool in workspace.tools(row.id):
        click.echo(f"tool {visible(tool.id)}: {first_line(tool.description)}")
    cases, _ = workspace.cases(row.id)
    files = _files(workspace, row)
    counted = "files unknown" if files is None else plural(len(files), "file")
    click.echo(f"{plural(len(cases), 'case')}, {counted}")
    for edge in dependents_of(workspace, row.id):
        click.echo(f"needed by {visible(edge.origin)}: {edge.kind} in {visible(edge.path)}:{edge.line}")


def _files(workspace: Workspace, row: SkillRow) -> "tuple[FileEntry, ...] | None":
    """The skill's files; None where not all can be listed, which is one of its problems already."""
    try:
        return workspace.files(row.id)
    except InputError:
        return None


def _in_full(workspace: Workspace, row: SkillRow) -> dict[str, Any]:
    from workbench.cli.graph import dependents_of

    document = workspace.document(row.id) if row.skill.loads else None
    cases, _ = workspace.cases(row.id)
    files = _files(workspace, row)
    return {
        **row.to_json(),
        "body": document.body if document else None,
        "files": None if files is None else [{"path": f.path, "size": f.size, "kind": f.kind} for f in files],
        "tools": [tool.id for tool in workspace.tools(row.id)],
        "cases": [case.name for case in cases],
        "dependents": [edge.to_json() for edge in dependents_of(workspace, row.id)],
        "records": [record.to_json() for record in row.standing.records],
        "history": [
            {"commit": c.commit, "at": c.at, "author": c.author, "subject": c.subject, "tree": c.tree,
             "version": c.version, "approved": c.approved}
            for c in workspace.reviews.history(row.id)
        ],
    }  # fmt: skip
