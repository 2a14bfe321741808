"""`workbench skills drift`: the copies that agents read against the library."""

import os
from pathlib import Path
from typing import TYPE_CHECKING

import click

from workbench.cli.output import library_option, print_json, print_table, styled
from workbench.commands import command
from workbench.config import expanded, home_dir
from workbench.errors import ExitCode
from workbench.text import plural, truncate, visible
from workbench.workspace import Workspace

if TYPE_CHECKING:
    from workbench.reviews.copy_state import CopyState, Drift

_COLOURS = {
    "approved": "green", "older": "yellow", "draft": "yellow", "changed": "red", "unknown": "yellow", "dangling": "red",
}  # fmt: skip


@click.command("drift", help=command("open.copies").help)
@click.argument("names", metavar="[NAME]...", nargs=-1)
@click.option("--home", type=click.Path(path_type=Path), metavar="DIR", help="The home folder; by default the user's.")
@click.option("--project", type=click.Path(path_type=Path), metavar="DIR",
              help="The project in which the agents would start; by default the current folder.")  # fmt: skip
@click.option("--exit-zero", is_flag=True, help="Exit 0 also where a copy is not what was approved last.")
@click.option("--skipped", is_flag=True, help="List what was left out, with the reason.")
@library_option
@click.pass_context
def drift(
    ctx: click.Context,
    workspace: Workspace,
    names: tuple[str, ...],
    home: Path | None,
    project: Path | None,
    exit_zero: bool,
    skipped: bool,
    as_json: bool,
) -> None:
    """Print how each installed copy stands; exit 1 unless all are what was approved last."""
    found = drift_of(workspace, names, home, project)
    if as_json:
        print_json(found.to_json())
    else:
        _print(found, skipped=skipped)
    ctx.exit(ExitCode.OK if found.ok or exit_zero else ExitCode.NO)


def drift_of(workspace: Workspace, names: tuple[str, ...], home: Path | None, project: Path | None) -> "Drift":
    """The drift of an open library; with names, only the copies of these skills. Raises as `Workspace.find`."""
    from workbench.reviews.copy_state import Drift
    from workbench.reviews.drift import installed_drift

    wanted = {workspace.find(name).id for name in names}
    found = installed_drift(
        workspace.root,
        workspace.repository,
        workspace.skills()[0],
        home=expanded(home) if home else home_dir(),
        project=expanded(project or Path()),
        env={} if home else dict(os.environ),
    )
    if not names:
        return found
    return Drift(found.library, tuple(copy for copy in found.copies if copy.skill in wanted), found.skipped)


def _print(found: "Drift", *, skipped: bool) -> None:
    if found.copies:
        print_table(("STATUS", "SKILL", "CLIENT", "SCOPE", "COPY"), [_cells(copy) for copy in found.copies])
    else:
        click.echo("No copy is installed for any agent.")
    for copy in found.copies:
        if copy.why and copy.status != "approved":
            click.echo(f"{visible(copy.path)}: {copy.why}", err=True)
        if copy.deprecated:
            click.echo(f"{visible(copy.path)}: {copy.deprecated.said}", err=True)
    counted = [styled(f"{count:,} {status}", fg=_COLOURS[status]) for status, count in found.counts.items() if count]
    if counted:
        click.echo(f"{plural(len(found.copies), 'copy', 'copies')}: {', '.join(counted)}")
    if found.skipped and not skipped:
        click.echo(f"note: {plural(len(found.skipped), 'place')} left out; --skipped lists them", err=True)
    for one in found.skipped if skipped else ():
        click.echo(f"skipped {visible(one.path)}: {visible(one.reason)}", err=True)


def _cells(copy: "CopyState") -> tuple[str, ...]:
    from workbench.reviews.copy_state import STATUS_SIGNS

    version = f" {copy.matches.version}" if copy.matches and copy.matches.version else ""
    return (
        f"{STATUS_SIGNS[copy.status]} {copy.status}{version}",
        truncate(visible(copy.name), 40),
        ",".join(copy.clients) or copy.client,
        copy.scope,
        f"{copy.path} -> {copy.link}" if copy.link else copy.path,
    )
