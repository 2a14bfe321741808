"""`workbench eval NAME`, and the commands that stand beside a name: `init`, `trigger` and `triggers`."""

from typing import Any

import click

from workbench.cli.eval.triggers import trigger, triggers
from workbench.cli.output import library_option, print_json, print_table
from workbench.commands import command
from workbench.errors import ExitCode
from workbench.text import plural, truncate, visible
from workbench.workspace import Workspace

_EPILOG = """\b
Commands:
  init NAME        Write evals/evals.json and evals/triggers.json to start from.
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
            return _BESIDE[args[0]].make_context(args[0], args[1:], parent=parent, **extra)
        return super().make_context(info_name, args, parent=parent, **extra)


@click.command("eval", cls=_EvalCommand, help=command("eval.run").help, epilog=_EPILOG)
@click.argument("name")
@click.option("--list", "listed", is_flag=True, help="List the evaluations and run nothing.")
@library_option
def eval_(workspace: Workspace, name: str, as_json: bool, listed: bool) -> int:
    """Run the evaluations of a skill."""
    from workbench.testing.evals.evals_file import EVALS, load_evals, read_in_skill

    skill = workspace.find(name)
    found = load_evals(read_in_skill(workspace.root, skill.id, EVALS))
    if as_json:
        print_json({"path": skill.id, "skill_name": found.skill_name, "evals": [_to_json(one) for one in found.evals]})
        return ExitCode.OK
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
    return ExitCode.OK


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


_BESIDE: dict[str, click.Command] = {"init": init, "triggers": triggers, "trigger": trigger}
