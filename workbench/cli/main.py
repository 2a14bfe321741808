"""The `workbench` command: which subcommands there are, what they share, and which exit code an ending has.

Nothing heavy is imported here: a subcommand's module is loaded when it is called.
"""

import os
import signal
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from workbench import __version__
from workbench.cli.lazy import imported
from workbench.cli.steady import outlive_readers
from workbench.commands import COMMANDS, command
from workbench.errors import ExitCode, WorkbenchError
from workbench.text import visible

if TYPE_CHECKING:
    from workbench.workspace import Workspace

_EPILOG = """\b
Exit codes:
  0  fine                      4  conflict: something changed, or has to be settled first
  1  the answer is no          5  refused by policy or sandbox
  2  usage                     130  cancelled
  3  bad input or library
"""

_SUBCOMMANDS = {
    "status": ("workbench.cli.library:status", "status"),
    "skills": ("workbench.cli.skills:skills", "open.skills"),
    "test": ("workbench.cli.test.command:test", "test.run"),
    "eval": ("workbench.cli.eval.command:eval_", "eval.run"),
    "review": ("workbench.cli.review:review", "review.list"),
    "version": ("workbench.cli.version:version", "version"),
    "install": ("workbench.cli.install:install", "install"),
    "sync": ("workbench.cli.install:sync", "sync"),
    "quarantine": ("workbench.cli.install:quarantine", "quarantine"),
    "propose": ("workbench.cli.propose:propose", "propose"),
    "policy": ("workbench.cli.policy:policy", "policy"),
    "tools": ("workbench.cli.tools:tools", "open.tools"),
    "analytics": ("workbench.cli.usage:analytics", "open.analytics"),
    "cost": ("workbench.cli.usage:cost", "open.cost"),
    "models": ("workbench.cli.models:models", "models"),
    "update": ("workbench.cli.update:update", "update"),
    "inventory": ("workbench.cli.inventory:inventory", "open.inventory"),
    "adopt": ("workbench.cli.adopt:adopt", "adopt"),
    "demo": ("workbench.cli.library:demo", "demo"),
    "doctor": ("workbench.cli.library:doctor", "doctor"),
}

_SHORT_FORMS = {"verify": "workbench.cli.review:verify"}
"""What also works without its group, because scripts call it all day; `--help` names the long form only."""


@dataclass(frozen=True, slots=True)
class Screen:
    """How to open the app, which the command line does not know.

    Attributes:
        open_path: On a library's path.
        open_workspace: On an open workspace.
        open_set: On the skills that a range touches: with the remote that has its pull request, and whether they are
            compared with what the user judged last.
        open_review: On the review of the skill with this id.
    """

    open_path: Callable[[Path | None], int]
    open_workspace: "Callable[[Workspace], int]"
    open_set: "Callable[[Workspace, str, str | None, bool], int]"
    open_review: "Callable[[Workspace, str], int]"


class _Lazy(click.Group):
    """A group whose subcommands are imported when they are called; their summaries come from the registry."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(_SUBCOMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        place = _SUBCOMMANDS[cmd_name][0] if cmd_name in _SUBCOMMANDS else _SHORT_FORMS.get(cmd_name)
        return imported(place) if place else None

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """As click, but what exists below a group only is named in full."""
        try:
            return super().resolve_command(ctx, args)
        except click.UsageError as error:
            known = sorted({one.cli for one in COMMANDS if one.cli and args[0] in one.cli.split()[1:]})
            if not known:
                raise
            there = ", ".join(f"workbench {one}" for one in known)
            raise click.UsageError(f"{error.message} There is: {there}.", ctx) from None

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl([(name, command(id_).help) for name, (_, id_) in _SUBCOMMANDS.items()])


@click.group(
    cls=_Lazy, invoke_without_command=True, epilog=_EPILOG, context_settings={"help_option_names": ["-h", "--help"]}
)
@click.option(
    "--library",
    type=click.Path(path_type=Path),
    metavar="PATH",
    help="The library to open; by default the one around the current folder.",
)
@click.option("--debug", is_flag=True, help="Print every git command that runs, on standard error.")
@click.version_option(__version__, prog_name="workbench")
@click.pass_context
def workbench(ctx: click.Context, library: Path | None, debug: bool) -> None:
    """Browse, test, review and approve the skills and tools that AI agents use, and see what they cost.

    Without a command it opens the workbench in the terminal; where there is no terminal it prints the status.
    """
    ctx.ensure_object(dict)["library"] = library
    if debug:
        _print_git_commands()
    if ctx.invoked_subcommand is None:
        if ctx.obj.get("screen") and sys.stdin.isatty() and sys.stdout.isatty():
            ctx.exit(ctx.obj["screen"].open_path(library))
        from workbench.cli.library import status

        ctx.invoke(status)
        click.echo("\nTo open the workbench, run `workbench` in a terminal.")


def _print_git_commands() -> None:
    from workbench import git

    def show(done: git.GitCommand) -> None:
        click.echo(f"{done.duration_ms:5d} ms  exit {done.exit_code}  {visible(' '.join(done.argv))}", err=True)

    git.on_command(show)


def main(argv: list[str] | None = None, *, screen: Screen | None = None) -> None:
    """Run the command line and end the process with the documented exit code."""
    _open_what_is_closed()
    outlive_readers()
    for number in (signal.SIGTERM, signal.SIGHUP):
        if signal.getsignal(number) == signal.SIG_DFL:
            signal.signal(number, _end)
    sys.exit(run(argv, screen=screen))


def _end(_number: int, _frame: object) -> None:
    """End as ctrl+c does: what was started is stopped, and what was made for a while is removed, undisturbed."""
    for each in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(each, signal.SIG_IGN)
    raise KeyboardInterrupt


def _open_what_is_closed() -> None:
    """Give the standard streams that the caller closed to nothing, before another file gets their number."""
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:
            setattr(sys, name, open(os.devnull, mode, encoding="utf-8"))  # noqa: SIM115 - open to the end


def run(argv: list[str] | None = None, *, screen: Screen | None = None) -> int:
    """Run the command line; gives the exit code. Without a `screen` it never opens the app."""
    try:
        shared = {"screen": screen}
        result: Any = workbench.main(args=argv, prog_name="workbench", standalone_mode=False, obj=shared)
        return result if isinstance(result, int) else ExitCode.OK
    except WorkbenchError as error:
        from workbench.cli.output import print_error

        print_error(error)
        return error.exit_code
    except click.exceptions.Abort:
        click.echo("cancelled", err=True)
        return ExitCode.CANCELLED
    except click.ClickException as error:
        error.show()
        return error.exit_code
    except KeyboardInterrupt:
        click.echo("cancelled", err=True)
        return ExitCode.CANCELLED
    except OSError as error:
        _give_up_output()
        place = f"{visible(str(error.filename))}: " if error.filename else ""
        click.echo(f"error: {place}{error.strerror or 'the system refused'}", err=True)
        return ExitCode.BAD_INPUT


def _give_up_output() -> None:
    """Let what is still buffered for standard output go nowhere, so that the end of the process does not try again."""
    try:
        sys.stdout.flush()
    except (OSError, ValueError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
