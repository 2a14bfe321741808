"""Running again whenever a file of a skill changes: the cases that it can affect."""

import os
import threading
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

import click

from workbench.cli.output import styled
from workbench.cli.steady import nobody_reads
from workbench.cli.test.output import Printer, print_summary
from workbench.cli.test.running import Asked, run_once
from workbench.errors import ExitCode, WorkbenchError
from workbench.skills.model import ROOT_ID
from workbench.text import visible
from workbench.workspace import Workspace

_DEBOUNCE_MS = 300
_IGNORED = (".git", ".workbench", "__pycache__")


def watch(workspace: Workspace, asked: Asked) -> ExitCode:
    """Run what is asked for, then the cases that each change can affect, until ctrl+c."""
    import watchfiles

    root = Path(os.path.realpath(workspace.root))
    if _run(workspace, asked) or nobody_reads():
        return ExitCode.CANCELLED
    stop = threading.Event()
    folders = [path for one in asked.ids if (path := root / one).is_dir()]
    while folders:
        _say_waiting()
        for changes in watchfiles.watch(*folders, debounce=_DEBOUNCE_MS, stop_event=stop, raise_interrupt=False):
            changed = _by_skill((Path(path) for _, path in changes), root, asked.ids)
            if not changed:
                continue
            again = replace(asked, wanted=replace(asked.wanted, failed=False, changed=changed))
            if _run(workspace, again) or nobody_reads():
                return ExitCode.CANCELLED
            _say_waiting()
        break
    click.echo("stopped", err=True)
    return ExitCode.CANCELLED


def _run(workspace: Workspace, asked: Asked) -> bool:
    """Run once; whether it was stopped. What can't be run is said, and waits for the next change."""
    try:
        with Printer() as printer:
            run = run_once(workspace, asked, printer)
        print_summary(run)
    except WorkbenchError as error:
        from workbench.cli.output import print_error

        print_error(error)
        return False
    return run.cancelled


def _say_waiting() -> None:
    click.echo(styled("waiting for a change; ctrl+c stops", dim=True))


def _by_skill(paths: Iterable[Path], root: Path, ids: Iterable[str]) -> dict[str, set[str]]:
    """Changed paths by the skill that they belong to, relative to it; the innermost skill counts."""
    found: dict[str, set[str]] = {}
    innermost = sorted(ids, key=len, reverse=True)
    for path in paths:
        try:
            relative = path.relative_to(root).as_posix()
        except ValueError:
            continue
        if any(part in _IGNORED for part in relative.split("/")):
            continue
        for id_ in innermost:
            prefix = "" if id_ == ROOT_ID else f"{id_}/"
            if relative.startswith(prefix):
                found.setdefault(id_, set()).add(relative.removeprefix(prefix))
                click.echo(f"{visible(relative)} changed")
                break
    return found
