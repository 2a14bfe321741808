"""`workbench install`, `sync` and `quarantine`: what was approved, in the folders that agents read."""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import click

from workbench.cli.output import print_json, print_table, source_option, styled
from workbench.commands import command
from workbench.config import expanded, home_dir
from workbench.errors import ExitCode, InputError, WorkbenchError
from workbench.reviews.install_desk import SCOPES, Places, Synced
from workbench.reviews.installed_copies import InstalledCopy
from workbench.reviews.installing import Scope
from workbench.reviews.versions import name_and_version
from workbench.skills.client_ids import CLIENT_IDS
from workbench.text import plural, visible
from workbench.workspace import Workspace

_SCOPES = click.Choice(SCOPES)


def _places(function: Any) -> Any:
    """The options that say whose home and project."""
    project = click.option(
        "--project",
        type=click.Path(path_type=Path),
        default=Path(),
        metavar="DIR",
        help="The agent's project; default: here.",
    )
    home = click.option("--home", type=click.Path(path_type=Path), metavar="DIR", help="The user's home folder.")
    return project(home(function))


@click.command(help=command("install").help)
@click.argument("name", metavar="NAME[@VERSION]")
@click.option("--agent", type=click.Choice(CLIENT_IDS), required=True, help="Whose folder.")
@click.option("--scope", type=_SCOPES, default="project", show_default=True, help="In the project, or for the user.")
@_places
@click.option("--force", is_flag=True, help="Also what is not approved, or over what is there; it is recorded.")
@source_option
def install(
    workspace: Workspace,
    name: str,
    agent: str,
    scope: Scope,
    project: Path,
    home: Path | None,
    force: bool,
    as_json: bool,
) -> None:
    """Install the approved version of a skill for an agent."""
    where = Places(expanded(project), home or home_dir()).of(agent, scope)
    label, version = name_and_version(name)
    _need_a_library(workspace, "to install from")
    made = workspace.installs.install(label, version, where, force=force)
    _print_notes(made.notes)
    done = made.copy
    if as_json:
        print_json(done.to_json())
        return
    shown = f" {visible(done.version)}" if done.version else ""
    click.echo(f"{done.outcome}: {visible(done.name)}{shown} ({done.tree[:12]}) in {visible(done.target)}")
    if done.forced:
        click.echo(f"{styled('not approved', fg='yellow')}: installed all the same, as asked, and recorded", err=True)
    if done.saved:
        click.echo(f"what stood there is kept in {visible(done.saved)}", err=True)


def _need_a_library(workspace: Workspace, for_what: str) -> None:
    """Refuse a folder that nobody named and whose skills are all copies.

    Raises:
        InputError: It is one.
    """
    if not workspace.was_named and workspace.skills()[0] and not workspace.own_skills():
        remedy = "--library PATH, or 'library: PATH' in config.yaml"
        what = f"the skills here are installed copies, so there is no library {for_what}"
        raise InputError(what, where=visible(str(workspace.root)), remedy=remedy)


def _print_notes(notes: Iterable[str]) -> None:
    for note in notes:
        click.echo(f"{styled('note', fg='yellow')}: {note}", err=True)


@click.command(help=command("sync").help)
@click.argument("names", metavar="[NAME]...", nargs=-1)
@click.option("--check", is_flag=True, help="Change nothing; exit 1 if a copy is not what is approved.")
@click.option(
    "--agent", "agents", type=click.Choice(CLIENT_IDS), multiple=True, help="Only this one's; may be repeated."
)
@click.option("--scope", "scopes", type=_SCOPES, multiple=True, help="Only in the project, or only for the user.")
@_places
@source_option
@click.pass_context
def sync(
    ctx: click.Context,
    workspace: Workspace,
    names: tuple[str, ...],
    check: bool,
    agents: tuple[str, ...],
    scopes: tuple[Scope, ...],
    project: Path,
    home: Path | None,
    as_json: bool,
) -> None:
    """Hold installed copies against what is approved, and bring them back to it."""
    places = Places(expanded(project), home or home_dir())
    wanted = [workspace.find(name).id for name in names]
    copies = workspace.installs.copies(places, skills=wanted, agents=agents, scopes=scopes)
    off = [copy for copy in copies if not copy.settled]
    if copies and not off and all(copy.other for copy in copies):
        _need_a_library(workspace, "to hold the copies against")
    made = Synced() if check else workspace.installs.sync(off, places)
    if as_json:
        print_json(
            {
                "ok": not off if check else not made.failed,
                "copies": [copy.to_json() for copy in copies],
                "synced": [one.to_json() for one in made.done],
                "failed": [
                    {"path": copy.path, "why": error.what, "remedy": error.remedy} for copy, error in made.failed
                ],
                "notes": list(made.notes),
            }
        )
    else:
        _print_sync(copies, made)
    ctx.exit(ExitCode.NO if (off if check else made.failed) else ExitCode.OK)


def _print_sync(copies: list[InstalledCopy], made: Synced) -> None:
    if not copies:
        click.echo("Nothing was installed from a library here: workbench install NAME --agent AGENT does.")
        return
    print_table(
        ("NAME", "STATUS", "AGENT", "SCOPE", "PATH"), [(c.name, c.status, c.agent, c.scope, c.path) for c in copies]
    )
    old = [f"{visible(copy.path)}: {copy.why}" for copy in copies if copy.why]
    old += [f"{visible(copy.path)}: {copy.deprecated.said}" for copy in copies if copy.deprecated]
    _print_notes([*old, *made.notes])
    for one in made.done:
        click.echo(f"{one.outcome}: {visible(one.target)}")
        if one.saved:
            click.echo(f"  what stood there is kept in {visible(one.saved)}", err=True)
    for copy, error in made.failed:
        click.echo(f"{styled('not synced', fg='red')} {visible(copy.path)}: {visible(error.what)}", err=True)
        if error.remedy:
            click.echo(f"  {visible(error.remedy)}", err=True)


@click.command(help=command("quarantine").help)
@click.argument("name", required=False)
@click.option("--restore", is_flag=True, help="Put the copies back where they stood.")
@_places
@source_option
@click.pass_context
def quarantine(
    ctx: click.Context,
    workspace: Workspace,
    name: str | None,
    restore: bool,
    project: Path,
    home: Path | None,
    as_json: bool,
) -> None:
    """Take a skill out of all agents' folders, or put it back; without NAME, list what is in quarantine."""
    if name is None:
        found = workspace.installs.quarantined()
        if as_json:
            print_json(found)
        else:
            for one, count in found.items():
                click.echo(f"{visible(one)}: {plural(count, 'copy', 'copies')}")
        return
    label = _label(workspace, name)
    places = Places(expanded(project), home or home_dir())
    moved, unrecorded = workspace.installs.put_back(label) if restore else workspace.installs.take_out(label, places)
    _print_notes([unrecorded] if unrecorded else [])
    if as_json:
        print_json([one.to_json() for one in moved])
    else:
        for copy in moved:
            why = f": {visible(copy.why)}" if copy.why else ""
            click.echo(f"{copy.outcome}  {visible(copy.path)}{why}")
    ctx.exit(ExitCode.NO if any(one.outcome in ("occupied", "failed") for one in moved) else ExitCode.OK)


def _label(workspace: Workspace, name: str) -> str:
    """The name that copies have: of the library's skill, or the word itself where the library has none."""
    try:
        return workspace.find(name).name
    except WorkbenchError:
        return name
