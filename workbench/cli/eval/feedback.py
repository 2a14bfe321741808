"""`workbench eval feedback`: what people say of the runs of an evaluation, read and written as the viewers keep it."""

from datetime import UTC, datetime
from pathlib import Path

import click

from workbench.cli.eval.running import workspace_of
from workbench.cli.output import library_option, print_json, print_table
from workbench.commands import command
from workbench.errors import ExitCode, InputError, UsageError
from workbench.text import first_line, visible
from workbench.workspace import Workspace


@click.command("feedback", help=command("eval.feedback").help)
@click.argument("name")
@click.argument("run", required=False, metavar="[RUN")
@click.argument("text", required=False, metavar="[TEXT]]")
@click.option("--iteration", type=click.IntRange(1), metavar="N", help="By default the last one.")
@click.option("--done", is_flag=True, help="Note that the feedback on this iteration is complete.")
@click.option("--out", type=click.Path(path_type=Path, file_okay=False), metavar="DIR", help="Where results are kept.")
@library_option
def feedback(
    workspace: Workspace,
    name: str,
    run: str | None,
    text: str | None,
    iteration: int | None,
    done: bool,
    out: Path | None,
    as_json: bool,
) -> int:
    """List the runs with what was said of them; with TEXT, say it of one run, as RUN names it in the list."""
    from workbench.testing.evals.places import iteration_in, runs_of
    from workbench.testing.evals.result_files import FEEDBACK, Feedback, read_feedback, write_feedback

    folder = iteration_in(out or workspace_of(workspace, workspace.find(name)), iteration)
    file, runs = folder / FEEDBACK, runs_of(folder)
    if run is not None:
        if text is None or not text.strip():
            raise UsageError("what do you say of this run?", where=visible(run), remedy="put it behind the run's name")
        run = run.strip("/").replace("/", "-")
        if run not in runs:
            raise InputError("there is no such run", where=visible(run), remedy=f"workbench eval feedback {name} lists")
        write_feedback(file, Feedback(run, text.strip(), f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}"), done=done)
    elif done:
        raise UsageError(
            "--done goes with what you say of a run", remedy="workbench eval feedback NAME RUN TEXT --done"
        )
    said = {one.run_id: one for one in (read_feedback(file) if file.exists() else ())}
    if as_json:
        listed = [{"run": one, "feedback": said[one].feedback if one in said else None} for one in runs]
        print_json({"folder": str(folder), "file": str(file), "runs": listed})
    elif run is not None:
        click.echo(f"kept in {visible(str(file))}")
    else:
        print_table(
            ("RUN", "FEEDBACK"), [(one, first_line(said[one].feedback) if one in said else "-") for one in runs]
        )
    return ExitCode.OK
