"""`workbench eval NAME`, and the commands that stand beside a name: `init`, `trigger` and `triggers`."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from workbench.cli.eval.feedback import feedback
from workbench.cli.eval.triggers import trigger, triggers
from workbench.cli.model_options import model_options
from workbench.cli.output import library_option, print_json, print_table
from workbench.commands import command
from workbench.errors import ExitCode
from workbench.text import plural, truncate, visible
from workbench.workspace import Workspace

if TYPE_CHECKING:
    from workbench.testing.evals.model import EvalSet
    from workbench.testing.models.opening import Asking

_HELP = """ Exit 0 if enough of what was graded is met with the skill, 1 if not or if nothing was graded, 3 if a run or
a grade went wrong, 5 if the budget was spent or there is no sandbox; what was done by then is kept.
"""
_EPILOG = """\b
Commands:
  init NAME        Write evals/evals.json and evals/triggers.json to start from.
  feedback NAME    List what was said of the runs, or say it of one.
  triggers NAME    Whether the skill would be loaded for the questions of its trigger set.
  trigger "QUERY"  Which skills of the library a question is nearest to.

\b
A skill that is called like one of these is reached by its path.
"""


class _EvalCommand(click.Command):
    """A command that takes a name, and knows some subcommands."""

    def make_context(
        self, info_name: str | None, args: list[str], parent: click.Context | None = None, **extra: Any
    ) -> click.Context:
        if args and args[0] in _BESIDE:
            return _BESIDE[args[0]].make_context(f"{info_name} {args[0]}", args[1:], parent=parent, **extra)
        return super().make_context(info_name, args, parent=parent, **extra)


@click.command("eval", cls=_EvalCommand, help=f"{command('eval.run').help}{_HELP}", epilog=_EPILOG)
@click.argument("name")
@click.option("--list", "listed", is_flag=True, help="List the evaluations and run nothing.")
@click.option("--last", is_flag=True, help="Show the last result on the current tree and run nothing.")
@click.option("--eval", "ids", metavar="ID", multiple=True, help="Only this evaluation; may be repeated.")
@click.option("--runs", type=click.IntRange(1, 100), default=3, show_default=True, help="Times each runs on each side.")
@click.option(
    "--against",
    metavar="WHAT",
    default="without",
    show_default=True,
    help="The other side: 'without' the skill, a revision of it, 'approved', or 'none'.",
)
@model_options
@click.option("--judge", metavar="NAME", help="The model that judges what only a model can; without it, not graded.")
@click.option(
    "--min-pass",
    type=click.FloatRange(0, 1),
    default=1.0,
    show_default=True,
    help="Share of the graded expectations that has to be met with the skill for exit 0.",
)
@click.option("--out", type=click.Path(path_type=Path, file_okay=False), metavar="DIR", help="Where results are kept.")
@click.option("--jobs", "-j", type=click.IntRange(1, 32), default=2, show_default=True, help="Runs at once.")
@click.option("--max-turns", type=click.IntRange(1, 200), default=20, show_default=True, help="Questions in one run.")
@click.option("--timeout", type=click.FloatRange(1, 7200), default=600, show_default=True, help="Seconds for one run.")
@click.option("--unsandboxed", is_flag=True, help="Run what the model runs with your own rights, outside any sandbox.")
@library_option
def eval_(
    workspace: Workspace, name: str, as_json: bool, listed: bool, min_pass: float, asking: "Asking", **options: Any
) -> int:
    """Run the evaluations of a skill."""
    from workbench.testing.evals.evals_file import EVALS, load_evals, read_in_skill

    skill = workspace.find(name)
    if options.pop("last"):
        return _last(workspace, skill.id, as_json=as_json)
    found = load_evals(read_in_skill(workspace.root, skill.id, EVALS))
    if listed:
        _list(skill.id, found, as_json=as_json)
        return ExitCode.OK
    from workbench.cli.eval.running import Wanted, evaluate, exit_code, print_benchmark
    from workbench.testing.evals.agent import Bounds

    bounds = Bounds(turns=options.pop("max_turns"), seconds=options.pop("timeout"))
    wanted = Wanted(**options, bounds=bounds)
    benchmark = evaluate(workspace, skill, found.evals, wanted, asking, quiet=as_json)
    if as_json:
        print_json(benchmark.to_json())
    else:
        print_benchmark(benchmark, min_pass)
    return exit_code(benchmark, min_pass)


def _last(workspace: Workspace, skill_id: str, *, as_json: bool) -> ExitCode:
    """Print what the last evaluation of this very tree said."""
    from datetime import datetime

    from workbench.analytics.evaluations import last_evaluation
    from workbench.testing.statistics import wilson

    found = last_evaluation(workspace.store, workspace.library_id, skill_id, workspace.tree(skill_id))
    interval = wilson(found.whole, found.runs) if found is not None else None
    if as_json:
        print_json(
            {"path": skill_id, "last": found and {**found.to_json(), "interval": interval and interval.to_json()}}
        )
    elif found is None or interval is None:
        click.echo("this tree was never evaluated")
    else:
        when = datetime.fromtimestamp(found.at / 1000).astimezone()
        cost = "unpriced" if found.cost_nd is None else f"${found.cost_nd / 1e9:.4f}"
        click.echo(
            f"{found.passed} of {found.total} expectations met; {found.whole} of {plural(found.runs, 'run')} whole"
            f" (95 % {interval.low:.0%}–{interval.high:.0%}); {plural(found.errors, 'error')}; {cost};"
            f" {visible(found.model)}, {when:%Y-%m-%d %H:%M}"
        )
    return ExitCode.OK if found is not None else ExitCode.NO


def _list(skill_id: str, found: "EvalSet", *, as_json: bool) -> None:
    if as_json:
        print_json({"path": skill_id, "skill_name": found.skill_name, "evals": [_to_json(one) for one in found.evals]})
        return
    print_table(
        ("ID", "NAME", "JUDGED", "GRADED", "PROMPT"),
        [
            (
                str(one.id),
                truncate(visible(one.name), 32),
                str(sum(grader.needs_judge for grader in one.graders)),
                str(sum(not grader.needs_judge for grader in one.graders)),
                truncate(visible(one.prompt), 80),
            )
            for one in found.evals
        ],
        right=(2, 3),
    )
    click.echo(f"{plural(len(found.evals), 'evaluation')}; JUDGED needs a model as judge, GRADED does not", err=True)


@click.command("init", help=command("eval.init").help)
@click.argument("name")
@library_option
def init(workspace: Workspace, name: str, as_json: bool) -> int:
    """Write a first evals.json."""
    from workbench.testing.evals.scaffold import write_starter

    skill = workspace.find(name)
    written = write_starter(workspace.root, skill)
    if as_json:
        print_json({"path": skill.id, "written": list(written)})
    else:
        for path in written:
            click.echo(f"wrote {visible(path)}")
        click.echo(f"Change them, then: workbench eval {visible(skill.id)} --model MODEL", err=True)
    return ExitCode.OK


def _to_json(one: Any) -> dict[str, Any]:
    return {
        "id": one.id,
        "name": one.name,
        "prompt": one.prompt,
        "files": list(one.files),
        "graders": [{"type": grader.kind, "text": grader.text} for grader in one.graders],
    }


_BESIDE: dict[str, click.Command] = {"feedback": feedback, "init": init, "triggers": triggers, "trigger": trigger}
