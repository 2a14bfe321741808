"""`workbench inventory`: what agents read besides skills, and what of it changed."""

import os
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from workbench.cli.output import library_option, print_json, print_problem, print_table, styled
from workbench.commands import command
from workbench.config import home_dir
from workbench.errors import ExitCode, InputError, UsageError
from workbench.text import plural, truncate, visible
from workbench.workspace import Workspace

if TYPE_CHECKING:
    from workbench.skills.inventory.ledger import Inventory
    from workbench.skills.inventory.model import Entry

_SIGNS = {"new": "+ new", "changed": "! changed", "same": "· same", "gone": "- gone"}


@click.command(help=command("open.inventory").help)
@click.argument("paths", metavar="[PATH]...", nargs=-1)
@click.option("--check", is_flag=True, help="Exit 1 if something is new, changed or gone.")
@click.option("--accept", is_flag=True, help="Take what is listed (only PATH, where given) as read from now on.")
@click.option("--diff", is_flag=True, help="Show what changed since it was accepted, as far as git knows.")
@library_option
def inventory(
    workspace: Workspace, paths: tuple[str, ...], check: bool, accept: bool, diff: bool, as_json: bool
) -> None:
    """List what agents read besides skills in this project and for this user, the riskiest first.

    PATH limits it to these files or folders, written as they are listed. Nothing that is listed is run.
    """
    from workbench.skills.inventory.ledger import acknowledge, take_inventory

    def look() -> "Inventory":
        found = take_inventory(workspace.root, home_dir(), os.environ, workspace.store, workspace.repository)
        return _only(found, paths) if paths else found

    shown = look()
    if accept:
        kept = acknowledge(workspace.store, workspace.root, shown.entries, shown.gone)
        left = [entry for entry in shown.entries if entry.digest is None]
        click.echo(f"{plural(kept, 'entry', 'entries')} accepted", err=True)
        for entry in left:
            click.echo(f"not accepted, because it can't be read: {visible(entry.path)}", err=True)
        shown = look()
    changes = _changes(workspace, shown) if diff else []
    if as_json:
        print_json({**shown.to_json(), **({"changes": changes} if diff else {})})
    else:
        _print(shown)
        _print_changes(changes)
    click.get_current_context().exit(ExitCode.NO if check and not shown.settled else ExitCode.OK)


def _only(found: "Inventory", paths: Sequence[str]) -> "Inventory":
    """The part at or below these paths.

    Raises:
        UsageError: Nothing is there.
    """
    from dataclasses import replace

    def listed(path: str, wanted: str) -> bool:
        bare = wanted.rstrip("/").removeprefix("./")
        home = str(home_dir())
        bare = f"~/{Path(bare).relative_to(home).as_posix()}" if bare.startswith(f"{home}/") else bare
        return path == bare or path.startswith(f"{bare}/")

    known = [*(entry.path for entry in found.entries), *(one.path for one in found.gone)]
    for wanted in paths:
        if not any(listed(path, wanted) for path in known):
            raise UsageError(
                f"nothing is listed at '{truncate(visible(wanted), 120)}'",
                remedy="write paths as 'workbench inventory' lists them: relative to the project, or with '~/'",
            )
    entries = tuple(one for one in found.entries if any(listed(one.path, wanted) for wanted in paths))
    gone = tuple(one for one in found.gone if any(listed(one.path, wanted) for wanted in paths))
    return replace(found, entries=entries, gone=gone)


def _changes(workspace: Workspace, found: "Inventory") -> list[dict[str, Any]]:
    """What changed in each entry that is not as it was accepted."""
    from workbench.skills.inventory.ledger import change_of, text_now

    changes = []
    for entry in found.entries:
        try:
            change = change_of(workspace.repository, found, entry, text_now(entry))
        except (OSError, InputError):
            continue  # it can't be read, and its problem says so
        if change is not None:
            changes.append({
                "kind": entry.kind, "path": entry.path, "name": entry.name, "scope": entry.scope,
                "said": change[0], "diff": list(change[1]),
            })  # fmt: skip
    return changes


def _print_changes(changes: list[dict[str, Any]]) -> None:
    for one in changes:
        click.echo(styled(f"\n{visible(_place(one['path'], one['name']))}: {one['said']}", bold=True))
        for line in one["diff"]:
            click.echo(styled(visible(line), fg={"+": "green", "-": "red", "@": "cyan"}.get(line[:1])))


def _print(found: "Inventory") -> None:
    rows: list[tuple[str, ...]] = [
        (entry.risk, _SIGNS[found.status(entry)], entry.kind, _what(entry), "; ".join(entry.runs) or "-")
        for entry in found.entries
    ]
    rows += [("", _SIGNS["gone"], one.kind, _place(one.path, one.name), "-") for one in found.gone]
    if rows:
        print_table(("RISK", "STATUS", "KIND", "WHERE", "RUNS"), rows)
    else:
        click.echo("No agent reads anything here besides skills.")
    for entry in found.entries:
        if entry.problem is not None:
            print_problem(entry.problem, err=True)
            if entry.problem.remedy:
                click.echo(f"  {visible(entry.problem.remedy)}", err=True)
    for one in found.skipped:
        click.echo(f"skipped {visible(one.path)}: {visible(one.reason)}", err=True)
    counts = found.to_json()["counts"]
    said = ", ".join(f"{counts[word]:,} {word}" for word in ("new", "changed", "gone") if counts[word])
    click.echo(styled(f"{plural(len(found.entries), 'entry', 'entries')}: {said or 'all as accepted'}", bold=True))
    if said:
        click.echo("workbench inventory --accept [PATH]... takes them as read.")


def _what(entry: "Entry") -> str:
    git = f" ({entry.git})" if entry.git not in (None, "tracked") else ""
    return _place(entry.path, entry.name) + git


def _place(path: str, name: str) -> str:
    return f"{path} {name}" if name else path
