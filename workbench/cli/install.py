"""`workbench install`, `sync` and `quarantine`: what was approved, in the folders that agents read."""

import os
import time
from pathlib import Path
from typing import Any

import click

from workbench.cli.output import library_option, print_json, print_table, styled
from workbench.commands import command
from workbench.config import data_dir, expanded, home_dir
from workbench.errors import ExitCode, WorkbenchError
from workbench.reviews.installing import Install, InstalledCopy, Where
from workbench.skills.client_ids import CLIENT_IDS
from workbench.text import plural, visible
from workbench.workspace import Workspace

_SCOPES = click.Choice(["project", "user"])
_SIGNS = {"same": "green", "older": "yellow", "changed": "red", "missing": "red"}


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
@library_option
def install(
    workspace: Workspace,
    name: str,
    agent: str,
    scope: str,
    project: Path,
    home: Path | None,
    force: bool,
    as_json: bool,
) -> None:
    """Install the approved version of a skill for an agent."""
    where = Where(agent, scope, expanded(project), home or home_dir(), os.environ)  # type: ignore[arg-type]  # a choice
    label, _, version = name.rpartition("@") if "@" in name[1:] else (name, "", "")
    done = _install(workspace, label, version or None, where, force=force)
    if as_json:
        print_json(done.to_json())
        return
    shown = f" {visible(done.version)}" if done.version else ""
    click.echo(f"{done.outcome}: {visible(done.name)}{shown} ({done.tree[:12]}) in {visible(done.target)}")
    if done.forced:
        click.echo(f"{styled('not approved', fg='yellow')}: installed all the same, as asked, and recorded", err=True)
    if done.saved:
        click.echo(f"what stood there is kept in {visible(done.saved)}", err=True)


def _install(workspace: Workspace, name: str, version: str | None, where: Where, *, force: bool) -> Install:
    from workbench.reviews.deprecating import deprecation_of
    from workbench.reviews.installing import install, tree_to_install

    repository = workspace.reviews.need_git("installing what was approved")
    row, background = workspace.reviews.standing(name)
    tree, named, forced = tree_to_install(row, background, version, force=force)
    if (old := deprecation_of(row.standing.records, named or version)) is not None:
        what = f"{row.name}{f' {old.version}' if old.version else ''}"
        click.echo(f"{styled('warning', fg='yellow')}: {visible(what)} is {old.said}", err=True)
    done = install(
        repository, row, tree, named or version, where, data_dir() / "saved", forced=forced, replace_strangers=force
    )
    _record(workspace, row.id, tree, "install", {"path": done.target, "agent": where.agent, "forced": forced})
    return done


def _record(workspace: Workspace, skill: str, tree: str | None, what: str, detail: dict[str, Any]) -> None:
    """Keep what was done in the store; where that can't be opened, it was done all the same."""
    from workbench.analytics.events import Event, record

    at = int(time.time() * 1000)
    try:
        record(
            workspace.store,
            Event(at, "audit", skill, what, "ok", 0, library=workspace.library_id, tree=tree, detail=detail),
        )
    except WorkbenchError as error:
        click.echo(f"note: it was done, and could not be recorded: {visible(error.what)}", err=True)


@click.command(help=command("sync").help)
@click.argument("names", metavar="[NAME]...", nargs=-1)
@click.option("--check", is_flag=True, help="Change nothing; exit 1 if a copy is not what is approved.")
@click.option(
    "--agent", "agents", type=click.Choice(CLIENT_IDS), multiple=True, help="Only this one's; may be repeated."
)
@click.option("--scope", "scopes", type=_SCOPES, multiple=True, help="Only in the project, or only for the user.")
@_places
@library_option
@click.pass_context
def sync(
    ctx: click.Context,
    workspace: Workspace,
    names: tuple[str, ...],
    check: bool,
    agents: tuple[str, ...],
    scopes: tuple[str, ...],
    project: Path,
    home: Path | None,
    as_json: bool,
) -> None:
    """Hold installed copies against what is approved, and bring them back to it."""
    home = home or home_dir()
    copies = _copies(workspace, names, agents, scopes, expanded(project), home)
    off = [copy for copy in copies if copy.status != "same"]
    done: list[Install] = []
    failed: list[tuple[InstalledCopy, str]] = []
    for copy in () if check else off:
        where = Where(copy.agent, copy.scope, expanded(project), home, os.environ)
        try:
            done.append(_install(workspace, copy.skill, None, where, force=False))
        except WorkbenchError as error:
            failed.append((copy, error.what))
    if as_json:
        print_json(
            {
                "ok": not off if check else not failed,
                "copies": [copy.to_json() for copy in copies],
                "synced": [one.to_json() for one in done],
                "failed": [{"path": copy.path, "why": why} for copy, why in failed],
            }
        )
    else:
        _print_sync(copies, done, failed)
    ctx.exit(ExitCode.NO if (off if check else failed) else ExitCode.OK)


def _copies(
    workspace: Workspace,
    names: tuple[str, ...],
    agents: tuple[str, ...],
    scopes: tuple[str, ...],
    project: Path,
    home: Path,
) -> list[InstalledCopy]:
    from workbench.reviews.installing import installations, status_of
    from workbench.reviews.listing import rows_in_git

    repository = workspace.reviews.need_git("holding copies against what is approved")
    rows, _ = rows_in_git(repository, workspace.skills()[0])
    approved = {row.id: row.standing.tree if row.state == "approved" else row.standing.approved_tree for row in rows}
    wanted = {workspace.find(name).id for name in names}
    places = [
        Where(agent, scope, project, home, os.environ)  # type: ignore[arg-type]  # the words are scopes
        for agent in agents or CLIENT_IDS
        for scope in scopes or ("project", "user")
    ]
    seen: dict[str, InstalledCopy] = {}
    for where, name, entry in installations(places):
        skill = str(entry.get("skillPath") or name)
        if wanted and skill not in wanted:
            continue
        copy = status_of(where, name, entry, approved.get(skill))
        seen.setdefault(copy.path, copy)
    return list(seen.values())


def _print_sync(copies: list[InstalledCopy], done: list[Install], failed: list[tuple[InstalledCopy, str]]) -> None:
    if not copies:
        click.echo("Nothing was installed from a library here: workbench install NAME --agent AGENT does.")
        return
    print_table(
        ("NAME", "STATUS", "AGENT", "SCOPE", "PATH"), [(c.name, c.status, c.agent, c.scope, c.path) for c in copies]
    )
    for one in done:
        click.echo(f"{one.outcome}: {visible(one.target)}")
        if one.saved:
            click.echo(f"  what stood there is kept in {visible(one.saved)}", err=True)
    for copy, why in failed:
        click.echo(f"{styled('not synced', fg='red')} {visible(copy.path)}: {visible(why)}", err=True)


@click.command(help=command("quarantine").help)
@click.argument("name", required=False)
@click.option("--restore", is_flag=True, help="Put the copies back where they stood.")
@_places
@library_option
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
    from workbench.reviews.quarantine import put_back, quarantined, take_out

    folder = data_dir() / "quarantine"
    if name is None:
        found = quarantined(folder)
        if as_json:
            print_json(found)
        else:
            for one, count in found.items():
                click.echo(f"{visible(one)}: {plural(count, 'copy', 'copies')}")
        return
    label = _label(workspace, name)
    moved = (
        put_back(label, folder)
        if restore
        else take_out(label, _found(label, expanded(project), home or home_dir()), folder)
    )
    _record(workspace, label, None, "restore" if restore else "quarantine", {"copies": [one.path for one in moved]})
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


def _found(name: str, project: Path, home: Path) -> list[Path]:
    """The folders of all agents' copies, each once, in the project and for the user."""
    from workbench.skills.installed import find_installed

    copies = find_installed(project, home, env=os.environ).copies
    mine = [c for c in copies if c.scope in ("project", "user") and name in (c.name, os.path.basename(c.path))]  # noqa: PTH119 - a string
    return [Path(path) for path in dict.fromkeys(copy.path for copy in mine)]
