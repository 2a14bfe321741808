"""`workbench test`: run cases in the sandbox and say what came of each."""

import sys
import threading
from dataclasses import asdict
from typing import Any

import click

from workbench.cli.output import library_option, print_json, print_problem, styled
from workbench.commands import command
from workbench.errors import ExitCode
from workbench.testing.results import CaseResult, TestRun
from workbench.text import plural, visible, visible_lines
from workbench.workspace import Workspace

_SIGNS = {
    "passed": ("✓", "green"), "failed": ("✗", "red"), "error": ("!", "red"), "skipped": ("-", "yellow"),
    "xfail": ("~", "yellow"), "flaky": ("≈", "red"),
}  # fmt: skip
_REFUSED = "refused"


@click.command(help=f"{command('test.run').help} Without NAME, the cases of every skill.")
@click.argument("names", metavar="[NAME]...", nargs=-1)
@click.option("--case", metavar="NAME", help="Run only the cases of this name.")
@click.option("--jobs", "-j", type=click.IntRange(1, 64), help="How many cases at once; by default one a core.")
@click.option("--unsandboxed", is_flag=True, help="Run with your own rights, outside any sandbox.")
@library_option
@click.pass_context
def test(
    ctx: click.Context,
    workspace: Workspace,
    names: tuple[str, ...],
    case: str | None,
    jobs: int | None,
    unsandboxed: bool,
    as_json: bool,
) -> None:
    """Run the cases of skills; exit 0 if all pass, 1 if not."""
    ids = [workspace.find(name).id for name in names] or [skill.id for skill in workspace.skills()[0] if skill.loads]
    run = _run(workspace, ids, case=case, jobs=jobs, unsandboxed=unsandboxed, quiet=as_json)
    if as_json:
        print_json(_as_json(run))
    else:
        _print_summary(run)
    if run.cancelled:
        ctx.exit(ExitCode.CANCELLED)
    if run.refused:
        ctx.exit(ExitCode.REFUSED)
    ctx.exit(ExitCode.OK if run.ok else ExitCode.NO)


def _run(workspace: Workspace, ids: list[str], *, quiet: bool, **options: Any) -> TestRun:
    """Run in a thread, so that ctrl+c stops the cases and what ran is still stored and shown."""
    cancel, finished = threading.Event(), threading.Event()
    done: list[TestRun] = []
    failed: list[BaseException] = []

    def work() -> None:
        try:
            show = None if quiet else _print_result
            done.append(workspace.test(ids, on_result=show, cancel=cancel, **options))
        except BaseException as error:  # noqa: BLE001 - handed to the main thread, which raises it again
            failed.append(error)
        finally:
            finished.set()

    threading.Thread(target=work).start()
    # Not join: when that is interrupted, Python 3.11 takes the thread for ended.
    while not finished.is_set():
        try:
            finished.wait(0.2)
        except KeyboardInterrupt:
            cancel.set()
    if failed:
        raise failed[0]
    return done[0]


def _print_result(result: CaseResult) -> None:
    sign, colour = _SIGNS[result.outcome]
    click.echo(f"{styled(sign, fg=colour)} {visible(result.skill)}: {visible(result.case)}  {result.duration_ms} ms")
    for note in result.notes:
        click.echo(f"    note: {note}")
    if result.outcome == "passed":
        return
    click.echo(f"    {visible(result.place)}")
    if result.reason:
        click.echo(f"    {result.reason}")
    for mismatch in result.mismatches:
        click.echo(f"    {visible(mismatch.message)}")
        for line in visible_lines(mismatch.diff.rstrip("\n")) if mismatch.diff else ():
            click.echo(f"      {styled(line, fg={'+': 'green', '-': 'red'}.get(line[:1]))}")
    sys.stdout.flush()


def _print_summary(run: TestRun) -> None:
    for problem in run.problems:
        print_problem(problem)
    counts = [
        f"{run.passed} passed",
        f"{run.failed} failed",
        *([plural(run.errors, "error")] if run.errors else []),
        *([f"{run.skipped} skipped"] if run.skipped else []),
    ]
    click.echo(f"{', '.join(counts)} in {run.duration_ms / 1000:.1f} s; sandbox: {run.level or 'nothing ran'}")
    if not run.results:
        click.echo("There were no cases to run; a skill's cases are tests/*.yaml in its folder.")
    if run.note:
        click.echo(f"note: {visible(run.note)}", err=True)


def _as_json(run: TestRun) -> dict[str, Any]:
    return {
        "run": run.id,
        "ok": run.ok,
        "passed": run.passed,
        "failed": run.failed,
        "errors": run.errors,
        "skipped": run.skipped,
        "cancelled": run.cancelled,
        "duration_ms": run.duration_ms,
        "sandbox": run.level,
        "note": run.note,
        "problems": [problem.to_json() for problem in run.problems],
        "results": [{**asdict(result), "sandbox": result.level} for result in run.results],
    }
