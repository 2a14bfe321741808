"""`workbench test --compare` and `--bisect`: cases on versions that git has."""

import threading
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from typing import TypeVar

import click

from workbench.cli.output import print_json, print_table, styled
from workbench.errors import CancelledError, ExitCode, InputError, UsageError
from workbench.reviews.history import Change
from workbench.reviews.retesting import Lab, bisect_case, compare_versions
from workbench.testing.bisect import Bisected, Outcome
from workbench.testing.comparison import REGRESSIONS, Comparison
from workbench.testing.session import How
from workbench.text import plural, visible
from workbench.workspace import Workspace

T = TypeVar("T")

_COLOURS = {"broken": "red", "new, failing": "red", "gone, failing": "red", "fixed": "green", "changed": "yellow"}


def compare(workspace: Workspace, names: tuple[str, ...], revision: str, how: How, *, as_json: bool) -> ExitCode:
    """Print before, after and what it comes to; NO if something got worse."""
    row = workspace.row(_one(names, "--compare"))
    before = workspace.reviews.base(row.id, revision) or revision
    found = _stoppable(lambda cancel: compare_versions(_lab(workspace, how, cancel), row, before))
    found = replace(found, revision=revision)
    if as_json:
        print_json(found.to_json())
    else:
        _print_comparison(found)
    if found.cancelled:
        return ExitCode.CANCELLED
    return ExitCode.OK if found.ok else ExitCode.NO


def _print_comparison(found: Comparison) -> None:
    after = (found.after_tree or "")[:12]
    click.echo(f"{visible(found.skill)}: {visible(found.revision)} ({found.before_tree[:12]}) → {after}")
    if not found.rows:
        click.echo("Neither version has cases.")
        return
    headings = ("CASE", "BEFORE", "AFTER", "OLD CASE, NEW CODE", "NEW CASE, OLD CODE", "VERDICT")
    print_table(
        headings,
        [
            (one.name, one.before or "-", one.after or "-", one.old_on_new or "-", one.new_on_old or "-", one.change)
            for one in found.rows
        ],
    )
    for one in found.rows:
        if one.change in REGRESSIONS and one.reason:
            click.echo(f"{styled(one.change, fg=_COLOURS[one.change])}  {visible(one.name)}: {one.reason}")
    worse = sum(one.change in REGRESSIONS for one in found.rows)
    click.echo(f"{plural(worse, 'case')} got worse" if worse else "nothing got worse")


def look_back(
    workspace: Workspace,
    names: tuple[str, ...],
    case: str,
    how: How,
    bounds: tuple[str | None, str | None],
    *,
    as_json: bool,
) -> ExitCode:
    """Print the commit at which a case began to fail; NO if there is none to name."""
    row = workspace.row(_one(names, "--bisect"))
    changes = _between(workspace, row.id, *bounds)

    def show(change: Change, outcome: Outcome) -> None:
        click.echo(f"{outcome:<5} {change.commit[:12]}  {visible(change.subject)}", err=True)

    found = _stoppable(
        lambda cancel: bisect_case(_lab(workspace, how, cancel), row, changes, case, None if as_json else show)
    )
    if as_json:
        print_json(_json(row.id, case, found))
    elif found.first_bad is None:
        click.echo(found.why)
    else:
        one = found.first_bad
        click.echo(f"'{visible(case)}' fails since {one.commit[:12]}: {visible(one.subject)}")
        when = f"{datetime.fromtimestamp(one.at).astimezone():%Y-%m-%d %H:%M}"
        click.echo(f"  {visible(one.author)}, {when}, {_standing(one)}")
        for other in found.suspects:
            click.echo(f"  or since {other.commit[:12]}, which could not be tried: {visible(other.subject)}")
    return ExitCode.OK if found.first_bad is not None else ExitCode.NO


def _standing(change: Change) -> str:
    version = f"version {change.version}" if change.version else "no version"
    return f"{version}, {'approved' if change.approved else 'not approved'}"


def _json(skill: str, case: str, found: Bisected[Change]) -> dict[str, object]:
    return {
        "skill": skill,
        "case": case,
        "found": _commit(found.first_bad) if found.first_bad else None,
        "suspects": [_commit(one) for one in found.suspects],
        "tried": [{"commit": one.commit, "tree": one.tree, "outcome": outcome} for one, outcome in found.tried],
        "why": found.why or None,
    }


def _commit(change: Change) -> dict[str, object]:
    return {
        "commit": change.commit, "tree": change.tree, "author": change.author, "at": change.at,
        "subject": change.subject, "version": change.version, "approved": change.approved,
    }  # fmt: skip


def _between(workspace: Workspace, skill: str, good: str | None, bad: str | None) -> tuple[Change, ...]:
    """The commits to look among, newest first: from the last that is known good to the first that is known bad."""
    repository = workspace.reviews.need_git("looking back")
    changes = workspace.reviews.history(skill)
    for revision, keep_older in ((bad, True), (good, False)):
        if revision is None:
            continue
        commit = repository.resolve(f"{revision}^{{commit}}")
        if commit is None:
            raise InputError(f"'{visible(revision)}' names no commit here", where=visible(str(workspace.root)))
        within = [repository.is_ancestor(change.commit, commit) for change in changes]
        if keep_older:
            changes = tuple(change for change, inside in zip(changes, within, strict=True) if inside)
        elif True in within:
            changes = changes[: within.index(True) + 1]
    return changes


def _lab(workspace: Workspace, how: How, cancel: threading.Event) -> Lab:
    repository = workspace.reviews.need_git("running the cases of another version")
    return Lab(repository, workspace.store, workspace.library_id, how, lambda: int(time.time() * 1000), cancel)


def _one(names: tuple[str, ...], option: str) -> str:
    if len(names) != 1:
        raise UsageError(f"{option} takes one skill", remedy=f"workbench test NAME {option} …")
    return names[0]


def _stoppable(work: Callable[[threading.Event], T]) -> T:
    """Do work in a thread, so that ctrl+c stops what runs and what it left is cleaned up."""
    cancel = threading.Event()
    done: list[T] = []
    failed: list[BaseException] = []

    def run() -> None:
        try:
            done.append(work(cancel))
        except BaseException as error:  # noqa: BLE001 - raised again below
            failed.append(error)

    thread = threading.Thread(target=run)
    thread.start()
    while thread.is_alive():
        try:
            thread.join(0.2)
        except KeyboardInterrupt:
            cancel.set()
    if failed:
        raise failed[0]
    if not done:
        raise CancelledError("cancelled")
    return done[0]
