"""Writing snapshots: each change is shown first, and written only after a yes."""

import sys
from dataclasses import replace
from typing import Any

import click

from workbench.cli.output import styled
from workbench.cli.test.output import Printer, print_diff
from workbench.cli.test.running import Asked, run_once
from workbench.testing import snapshots
from workbench.testing.results import TestRun
from workbench.text import plural, visible
from workbench.workspace import Workspace


def update(
    workspace: Workspace, asked: Asked, run: TestRun, printer: Printer, *, yes: bool
) -> tuple[TestRun, dict[str, Any]]:
    """Offer the snapshots of a run that differ; gives the run that counts, and what to add to its JSON.

    After writing, the cases run once more: what is stored then belongs to the bytes that are now on disk, and a
    snapshot that differs from run to run is found out at once.
    """
    offered = snapshots.changes(run.results)
    chosen = [change for change in offered if _is_chosen(change, printer, yes=yes)]
    snapshots.write(workspace.root, chosen)
    left = [change for change in offered if change not in chosen]
    if chosen:
        printer.say(f"{plural(len(chosen), 'snapshot')} written; running the cases again")
        run = run_once(workspace, _again(asked), printer)
    elif not offered:
        printer.say("every snapshot is up to date")
    elif not yes and not _can_ask():
        printer.say("nothing was written: pass --yes to write without being asked")
    as_json = [
        {
            "path": one.path,
            "cases": list(one.cases),
            "written": one in chosen,
            "why_not": one.hindrance,
            "diff": one.diff,
        }
        for one in offered
    ]
    return run, {"updated_snapshots": as_json, "snapshots_left": len(left)}


def _again(asked: Asked) -> Asked:
    """The same skills, without what depends on the run before; a stored run of a few cases would prove little."""
    narrow = replace(asked.wanted, failed=False, changed=None)
    return replace(asked, wanted=narrow)


def _is_chosen(change: snapshots.Change, printer: Printer, *, yes: bool) -> bool:
    """Show a change and ask."""
    if not printer.quiet:
        what = "would be new" if change.stored is None else "would change"
        click.echo(f"{styled(visible(change.path), bold=True)} {what}, for {', '.join(map(visible, change.cases))}")
        print_diff(change.diff, "  ")
    if change.hindrance is not None:
        printer.say(f"  not written: {change.hindrance}")
        return False
    if yes:
        return True
    return not printer.quiet and _can_ask() and click.confirm("  Write it?", default=False)


def _can_ask() -> bool:
    return sys.stdin.isatty() and sys.stdout.isatty()
