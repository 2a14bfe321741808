"""The command itself: which cases to run, how, and what of it is printed."""

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click

from workbench.cli.output import library_option, print_json
from workbench.cli.test.output import Printer, print_summary
from workbench.cli.test.running import Asked, run_once
from workbench.commands import command
from workbench.errors import ExitCode, InputError, UsageError
from workbench.testing.results import TestRun
from workbench.testing.selection import Wanted
from workbench.testing.session import How
from workbench.text import plural, visible
from workbench.workspace import Workspace

_APPROVED = "\0approved"
_EPILOG = """\b
Commands:
  schema  Print the JSON Schema of files of cases, for editors.

\b
A skill that is called 'schema' is reached by its path.
"""


class _TestCommand(click.Command):
    """A command that takes names, and knows one subcommand."""

    def make_context(
        self, info_name: str | None, args: list[str], parent: click.Context | None = None, **extra: Any
    ) -> click.Context:
        if args[:1] == ["schema"]:
            return schema.make_context("schema", args[1:], parent=parent, **extra)
        return super().make_context(info_name, args, parent=parent, **extra)


@click.command(
    cls=_TestCommand, help=f"{command('test.run').help} Without NAME, the cases of every skill.", epilog=_EPILOG
)
@click.argument("names", metavar="[NAME]...", nargs=-1)
@click.option("--case", "globs", metavar="GLOB", multiple=True, help="Only cases of this name; may be repeated.")
@click.option("--tag", "-T", "tags", metavar="TAG", multiple=True, help="Only cases with this tag; may be repeated.")
@click.option("--failed", is_flag=True, help="Only cases that failed the last time.")
@click.option(
    "--changed",
    metavar="[REV]",
    is_flag=False,
    flag_value=_APPROVED,
    help="Only cases that can be affected by what changed since REV; by default since the last approved version, or"
    " HEAD where there is none. Put names before it.",
)
@click.option("--jobs", "-j", type=click.IntRange(1, 64), help="How many cases at once; by default one a core.")
@click.option("--repeat", type=click.IntRange(1, 1000), default=1, metavar="N", help="Run each case N times.")
@click.option("--seed", type=int, metavar="N", help="Run in another order, the same for the same N.")
@click.option("--watch", "-w", is_flag=True, help="Run again whenever a file changes, until ctrl+c.")
@click.option("--update", is_flag=True, help="Show what snapshots would hold now, and write them after a yes.")
@click.option("--yes", "-y", is_flag=True, help="With --update: write without asking.")
@click.option("--junit", type=click.Path(dir_okay=False, path_type=Path), metavar="FILE", help="Also write JUnit XML.")
@click.option("--github", is_flag=True, help="Also print annotations for GitHub Actions.")
@click.option(
    "--compare", metavar="REV", help="Run the cases of REV (or 'approved') and of now, each on both; 1 if worse."
)
@click.option("--bisect", metavar="CASE", help="Find the commit of the skill at which CASE began to fail.")
@click.option("--good", metavar="REV", help="With --bisect: a commit at which it passed.")
@click.option("--bad", metavar="REV", help="With --bisect: a commit at which it failed; by default HEAD.")
@click.option("--allow-network", is_flag=True, help="Give the network to cases that ask for it.")
@click.option("--unsandboxed", is_flag=True, help="Run with your own rights, outside any sandbox.")
@library_option
@click.pass_context
def test(ctx: click.Context, /, workspace: Workspace, names: tuple[str, ...], as_json: bool, **options: Any) -> None:
    """Run the cases of skills; exit 0 if all is fine, 1 if not."""
    _check(as_json, options)
    if options["compare"] is not None or options["bisect"] is not None:
        ctx.exit(_on_versions(workspace, names, options, as_json=as_json))
    asked = _asked(workspace, names, options)
    if options["watch"]:
        from workbench.cli.test.watch import watch

        ctx.exit(watch(workspace, asked))
    printer = Printer(quiet=as_json, github=options["github"])
    with printer:
        run = run_once(workspace, asked, printer)
        updated: dict[str, Any] = {}
        if options["update"] and not run.cancelled:
            from workbench.cli.test.update import update

            run, updated = update(workspace, asked, run, printer, yes=options["yes"])
        if as_json:
            print_json({**run.to_json(), **updated})
        else:
            print_summary(run)
    if options["github"]:
        from workbench.cli.test.github import print_annotations

        print_annotations(run)
    if options["junit"]:
        _write_junit(options["junit"], run)
    ctx.exit(exit_code(run, unwritten=bool(updated.get("snapshots_left"))))


@click.command(help="Print the JSON Schema (2020-12) of files of cases, for editors.")
def schema() -> None:
    """Print the schema."""
    from workbench.testing.schema import case_schema

    print_json(case_schema())


def exit_code(run: TestRun, *, unwritten: bool = False) -> ExitCode:
    """The exit code that a run stands for."""
    if run.cancelled:
        return ExitCode.CANCELLED
    if run.refused:
        return ExitCode.REFUSED
    return ExitCode.OK if run.ok and not unwritten else ExitCode.NO


def _check(as_json: bool, options: dict[str, Any]) -> None:
    """Refuse options that contradict each other."""
    if options["watch"]:
        for name, given in (("json", as_json), *((one, options[one]) for one in ("update", "junit", "github"))):
            if given:
                raise UsageError(f"--watch goes on and on, so --{name} has no end to be written at")
    if as_json and options["github"]:
        raise UsageError("--json and --github both claim standard output", remedy="use --junit FILE beside --github")
    if options["compare"] is not None and options["bisect"] is not None:
        raise UsageError("--compare and --bisect are two questions", remedy="ask one at a time")
    if (options["good"] or options["bad"]) and options["bisect"] is None:
        raise UsageError("--good and --bad bound what --bisect looks at", remedy="add --bisect CASE")
    if options["yes"] and not options["update"]:
        raise UsageError("--yes answers what --update asks", remedy="add --update")
    if options["update"] and options["repeat"] > 1:
        raise UsageError("--update takes one run as it is, so it can't be combined with --repeat")


def _on_versions(workspace: Workspace, names: tuple[str, ...], options: dict[str, Any], *, as_json: bool) -> ExitCode:
    """Run cases on versions that git has."""
    from workbench.cli.test.versions import compare, look_back

    if options["compare"] is not None:
        return compare(workspace, names, options["compare"], _how(options), as_json=as_json)
    return look_back(
        workspace, names, options["bisect"], _how(options), (options["good"], options["bad"]), as_json=as_json
    )


def _how(options: dict[str, Any]) -> How:
    return How(
        jobs=options["jobs"],
        repeat=options["repeat"],
        seed=options["seed"],
        unsandboxed=options["unsandboxed"],
        allow_network=options["allow_network"],
    )


def _asked(workspace: Workspace, names: Sequence[str], options: dict[str, Any]) -> Asked:
    """What to run, from the options."""
    ids = [workspace.find(name).id for name in names] or [skill.id for skill in workspace.skills()[0] if skill.loads]
    ids = list(dict.fromkeys(ids))
    changed = None
    if options["changed"] is not None:
        base = None if options["changed"] == _APPROVED else options["changed"]
        changed = _changed(workspace, ids, base)
    wanted = Wanted(globs=options["globs"], tags=options["tags"], failed=options["failed"], changed=changed)
    return Asked(ids, wanted, _how(options))


def _changed(workspace: Workspace, ids: Sequence[str], base: str | None) -> dict[str, frozenset[str]]:
    from workbench.reviews.comparing import changed_paths

    if workspace.repository is None:
        raise InputError(
            "what changed is only known in a git repository, and this folder is in none",
            where=visible(str(workspace.root)),
            remedy="run without --changed",
        )
    standings = {row.id: row.standing for row in workspace.glance().rows if row.id in ids}
    found, unseen = changed_paths(workspace.repository, standings, base)
    if unseen:
        listed = ", ".join(visible(one) for one in sorted(unseen))
        said = f"git does not see {plural(len(unseen), 'skill')}, whose cases are not chosen: {listed}"
        click.echo(f"note: {said}", err=True)
    return found


def _write_junit(path: Path, run: TestRun) -> None:
    from workbench.testing.junit import junit

    try:
        beside = path.with_name(f".{path.name}.part")
        beside.write_text(junit(run), encoding="utf-8")
        beside.replace(path)
    except OSError as error:
        raise InputError(f"it can't be written: {error.strerror}", where=visible(str(path))) from error
    sys.stdout.flush()
