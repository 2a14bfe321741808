"""`workbench skills where`: which client loads which copy of a skill, and which copy shadows which."""

import os
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from workbench.cli.output import library_option, print_json, print_table
from workbench.commands import command
from workbench.config import expanded, home_dir
from workbench.errors import ExitCode
from workbench.skills.client_ids import CLIENT_IDS, ClientId
from workbench.text import plural, truncate, visible
from workbench.workspace import Workspace

if TYPE_CHECKING:
    from workbench.skills.installed import Installed
    from workbench.skills.where import Located, Whereabouts


@click.command("where", help=command("skills.where").help)
@click.argument("name", required=False)
@click.option(
    "--client", "clients", type=click.Choice(CLIENT_IDS), multiple=True, help="Only this client; may be repeated."
)
@click.option("--project", type=click.Path(path_type=Path), metavar="DIR", help="Where the clients start; else here.")
@click.option("--home", type=click.Path(path_type=Path), metavar="DIR", help="The home folder; else your own.")
@click.option("--skipped", "show_skipped", is_flag=True, help="List every place that was not searched, and why.")
@library_option
@click.pass_context
def where(
    ctx: click.Context,
    workspace: Workspace,
    name: str | None,
    clients: tuple[ClientId, ...],
    project: Path | None,
    home: Path | None,
    show_skipped: bool,
    as_json: bool,
) -> None:
    """Print the copies of NAME, or a table of all names; exit 1 if no client loads NAME, 2 if there is none."""
    from workbench.skills.installed import find_installed
    from workbench.skills.where import whereabouts

    start = expanded(project or Path())
    at_home = expanded(home) if home else home_dir()
    chosen = clients or CLIENT_IDS
    installed = find_installed(start, at_home, env=os.environ)
    skipped = [{"path": one.path, "reason": one.reason} for one in installed.skipped]
    if name is None:
        if as_json:
            print_json({"names": _names_json(installed, chosen), "skipped": skipped})
        else:
            _print_names(installed, chosen)
            _print_skipped(installed, show_skipped)
        return
    found = whereabouts(installed, name, chosen, _library_trees(workspace), cwd=start)
    if as_json:
        print_json({**found.to_json(), "skipped": skipped})
    else:
        _print_copies(found, start, at_home)
        _print_skipped(installed, show_skipped)
    ctx.exit(ExitCode.OK if found.is_loaded else ExitCode.NO)


def _library_trees(workspace: Workspace) -> dict[str, set[str]]:
    """The current trees of the library's skills by name; nothing outside git, where any folder would be a library."""
    if not workspace.in_git:
        return {}
    skills, _ = workspace.skills()
    trees = workspace.trees([skill.id for skill in skills])
    named: dict[str, set[str]] = {}
    for skill in skills:
        if (tree := trees.get(skill.id)) is not None:
            named.setdefault(skill.name, set()).add(tree)
    return named


def _names_json(installed: "Installed", chosen: Sequence[ClientId]) -> list[dict[str, object]]:
    from workbench.skills.where import all_names

    return [
        {"name": name, "clients": {id_: taken[id_].path if id_ in taken else None for id_ in chosen}}
        for name, taken in all_names(installed).items()
        if any(copy.name == name and copy.client in chosen for copy in installed.copies)
    ]


def _print_names(installed: "Installed", chosen: Sequence[ClientId]) -> None:
    from workbench.skills.clients import client
    from workbench.skills.where import all_names

    known = {copy.name for copy in installed.copies if copy.client in chosen}
    rows = [
        (truncate(visible(name), 40), *(taken[id_].scope if id_ in taken else "-" for id_ in chosen))
        for name, taken in all_names(installed).items()
        if name in known
    ]
    if not rows:
        click.echo("no client finds a skill here")
        return
    print_table(("NAME", *(client(id_).label.upper() for id_ in chosen)), rows)
    click.echo(
        "\nEach column says whose copy the client loads: the project's, the user's, an administrator's, a plugin's."
    )


def _print_copies(found: "Whereabouts", start: Path, home: Path) -> None:
    from workbench.skills.clients import client

    click.echo(visible(found.name))
    rows = [_cells(located, start, home) for located in found.copies]
    for id_, path in found.loads.items():
        if path is None and not any(located.copy.client == id_ for located in found.copies):
            rows.append((client(id_).label, "no copy", "-", "-", "-"))
    print_table(("CLIENT", "COPY", "SCOPE", "LIBRARY", "PATH"), rows)
    for located in found.copies:
        copy = located.copy
        if copy.why is not None:
            click.echo(f"{client(copy.client).label}: {_short(copy.path, start, home)}: {visible(copy.why)}")


def _cells(located: "Located", start: Path, home: Path) -> tuple[str, ...]:
    from workbench.skills.clients import client

    copy = located.copy
    state = "loads" if copy.loads else "shadowed" if copy.shadowed_by else "not loaded"
    same = {True: "same", False: "differs", None: "-"}[located.same_as_library]
    path = _short(copy.path, start, home) + (" (link)" if copy.linked else "")
    return (client(copy.client).label, state, copy.scope, same, path)


def _short(path: str, start: Path, home: Path) -> str:
    """A path as a person says it: relative to the project, or to the home folder as `~`."""
    for folder, sign in ((os.path.realpath(start), "."), (str(home), "~")):
        if path.startswith(f"{folder.rstrip('/')}/"):
            return visible(sign + path[len(folder.rstrip("/")) :])
    return visible(path)


def _print_skipped(installed: "Installed", show: bool) -> None:
    for one in installed.skipped if show else ():
        click.echo(f"skipped: {visible(one.path)}: {visible(one.reason)}", err=True)
    if installed.skipped and not show:
        places = plural(len(installed.skipped), "place")
        click.echo(f"note: {places} not searched; workbench skills where --skipped lists them", err=True)
