"""`workbench status`, `demo` and `doctor`: the library as a whole, and this machine."""

import shlex
from collections import Counter
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import click

from workbench.cli.output import library_option, print_json, state_label, styled
from workbench.commands import command
from workbench.config import bundled, home_dir
from workbench.errors import ExitCode
from workbench.reviews.listing import LibraryView
from workbench.reviews.model import State
from workbench.text import plural, truncate, visible
from workbench.workspace import Workspace

if TYPE_CHECKING:
    from workbench.reviews.adopting.model import Source

_ORDER: tuple[State, ...] = ("invalid", "revoked", "changes-requested", "stale", "in-review", "draft", "approved")
_NEXT = {
    "changes-requested": "workbench review list",
    "stale": "workbench review diff",
    "in-review": "workbench review diff",
    "draft": "workbench review diff",
    "invalid": "workbench skills show",
    "revoked": "workbench review list",
}


@click.command(help=command("status").help)
@click.option("--skipped", is_flag=True, help="List every place that was skipped, with the reason.")
@library_option
def status(workspace: Workspace, as_json: bool, skipped: bool = False) -> None:
    """Print the library in a few lines."""
    view = workspace.glance()
    counts = Counter(row.state for row in view.rows)
    if as_json:
        print_json(
            {
                "library": str(workspace.root),
                "name": workspace.name,
                "git": workspace.in_git,
                "branch": view.branch,
                "head": view.head,
                "skills": {"total": len(view.rows), "by_state": {state: counts.get(state, 0) for state in _ORDER}},
                "problems": sum(len(row.problems) for row in view.rows),
                "notes": list(view.notes),
                "skipped": [asdict(one) for one in view.skipped],
            }
        )
        return
    where = f"{view.branch or 'detached head'} at {view.head[:12]}" if view.head else "no commit"
    click.echo(f"{visible(str(workspace.root))}  ({visible(where) if workspace.in_git else 'not in git'})")
    if not view.rows:
        _print_offers()
    else:
        click.echo(plural(len(view.rows), "skill"))
        for state in _ORDER:
            if counts[state]:
                names = ", ".join(visible(row.name) for row in view.rows if row.state == state)
                click.echo(f"  {counts[state]:4d}  {state_label(state)}: {truncate(names, 100)}")
        _print_next(view)
    for note in view.notes:
        click.echo(f"note: {visible(note)}")
    if view.skipped and not skipped:
        click.echo(f"note: {plural(len(view.skipped), 'place')} skipped (workbench status --skipped)")
    for one in view.skipped if skipped else ():
        click.echo(f"skipped {visible(one.path)}: {visible(one.reason)}")


def _print_next(view: LibraryView) -> None:
    waiting = next((row for state in _NEXT for row in view.rows if row.state == state), None)
    if waiting:
        name = "" if "list" in _NEXT[waiting.state] else f" {shlex.quote(visible(waiting.id))}"
        click.echo(f"next: {_NEXT[waiting.state]}{name}")


def _print_offers() -> None:
    click.echo("No skills here. You can look at:")
    click.echo(f"  the bundled library        workbench --library {visible(str(bundled('skills')))}")
    for source in _agents():
        click.echo(f"  skills of {source.label:<17}workbench --library {visible(str(source.path))}")
    click.echo("  all agents' skills, copied into one git library of yours    workbench adopt")
    click.echo("  another folder             workbench --library PATH")


def _agents() -> "tuple[Source, ...]":
    from workbench.reviews.adopting.sources import agent_sources

    return agent_sources(home_dir())


@click.command(help=command("demo").help)
@click.option(
    "--keep",
    type=click.Path(path_type=Path),
    metavar="DIR",
    help="Make it in DIR, which must not exist, and leave it there.",
)
@click.option("--json", "as_json", is_flag=True, help="Make it, print what it holds, and remove it again.")
@click.pass_context
def demo(ctx: click.Context, keep: Path | None, as_json: bool) -> None:
    """Open a throw-away library."""
    import sys

    from workbench.demo import demonstration

    screen = (ctx.obj or {}).get("screen")
    with demonstration(keep) as workspace:
        view = workspace.view()
        if as_json:
            print_json({"library": str(workspace.root), "skills": [row.to_json() for row in view.rows]})
        elif keep or screen is None or not (sys.stdin.isatty() and sys.stdout.isatty()):
            for row in view.rows:
                click.echo(f"{state_label(row.state, 20)} {visible(row.name)}")
            if keep:
                data, root = visible(str(keep / "data")), visible(str(workspace.root))
                click.echo(f"To open it: WORKBENCH_DATA={data} workbench --library {root}")
            else:
                click.echo("\nTo walk through it, run `workbench demo` in a terminal.")
        else:
            ctx.exit(screen.open_workspace(workspace))


@click.command(help=command("doctor").help)
@library_option
@click.pass_context
def doctor(ctx: click.Context, workspace: Workspace, as_json: bool) -> None:
    """Print what this machine has and lacks; exit 1 if something does not work."""
    checks = workspace.doctor()
    if as_json:
        print_json([check.to_json() for check in checks])
    else:
        colours = {"ok": "green", "warning": "yellow", "error": "red"}
        for check in checks:
            click.echo(f"{styled(f'{check.level:<8}', fg=colours[check.level])}{check.name:<10} {check.text}")
            if check.remedy:
                click.echo(f"{'':18} {check.remedy}")
    ctx.exit(ExitCode.NO if any(check.level == "error" for check in checks) else ExitCode.OK)
