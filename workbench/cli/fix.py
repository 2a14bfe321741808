"""`workbench skills validate --fix`: shows what would change, asks, and writes it."""

import sys
from typing import TYPE_CHECKING, Any

import click

from workbench.cli.output import styled
from workbench.errors import ExitCode
from workbench.text import plural, visible

if TYPE_CHECKING:
    from workbench.skills.fixes import Fix
    from workbench.skills.validation import Validation

_COLOURS = {"+": "green", "-": "red", "@": "cyan"}


def mend(judged: "list[Validation]", *, yes: bool, quiet: bool) -> tuple[ExitCode, list[dict[str, Any]], set[int]]:
    """Mend what can be mended safely, after showing it and asking.

    Args:
        judged: The skills with their problems.
        yes: Whether the answer is known to be yes.
        quiet: Whether standard output is for data only; the changes are then shown on standard error.

    Returns:
        The exit code: 1 where something could be mended but nobody said yes; the fixes for programs; and which of the
        skills were written to, by their positions.
    """
    from workbench.skills.fixes import apply, plan

    planned = [(at, fix) for at, one in enumerate(judged) for fix in plan(one.root, one.skill, one.problems)]
    if not planned:
        if not quiet:
            click.echo("Nothing here can be mended safely without you.")
        return ExitCode.OK, [], set()
    if not (quiet and yes):
        for _, fix in planned:
            _show(fix, err=quiet)
    agreed = yes or _ask(len({fix.path for _, fix in planned}), quiet)
    if agreed:
        for at, fix in planned:
            apply(judged[at].root, fix)
            if not quiet:
                click.echo(f"mended {visible(fix.path)}: {', '.join(fix.codes)}")
    elif not sys.stdin.isatty():
        click.echo("note: nothing was changed; --yes makes these changes", err=True)
    fixes = [fix.to_json(applied=agreed) for _, fix in planned]
    return ExitCode.OK if agreed else ExitCode.NO, fixes, {at for at, _ in planned} if agreed else set()


def _ask(files: int, quiet: bool) -> bool:
    if quiet or not (sys.stdin.isatty() and sys.stdout.isatty()):
        return False
    return click.confirm(f"Make these changes to {plural(files, 'file')}?", default=False)


def _show(fix: "Fix", *, err: bool) -> None:
    for line in fix.diff():
        click.echo(styled(line, fg=_COLOURS.get(line[:1]), err=err), err=err)
