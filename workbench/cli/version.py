"""`workbench version`: release a version, list and compare them, test an old one, go back to one."""

import sys
import threading

import click

from workbench.cli.output import library_option, print_json, print_table, styled
from workbench.commands import command
from workbench.errors import ExitCode, UsageError
from workbench.text import visible
from workbench.workspace import Workspace


@click.group(help=command("version").help)
def version() -> None:
    """Versions."""


@version.command("list", help=command("version.list").help)
@click.argument("name")
@library_option
def list_versions(workspace: Workspace, name: str, as_json: bool) -> None:
    """List the released versions of a skill, oldest first."""
    found = workspace.versions.list(name)
    if as_json:
        print_json(found.to_json())
        return
    if found.deprecated:
        click.echo(f"{visible(found.skill)} is {found.deprecated.said}")
    if not found.versions:
        click.echo("No version of it was released.")
    else:
        rows = [
            (one.release.version, one.release.tag, (one.release.tree or "-")[:12], ", ".join(one.marks))
            for one in found.versions
        ]
        print_table(("VERSION", "TAG", "TREE", ""), rows)


@version.command("release", help=command("version.release").help)
@click.argument("name")
@click.option("--version", "wanted", metavar="V", help="The version that you expect SKILL.md to say.")
@click.option("--sign/--no-sign", default=None, help="Sign the tag; default: git's tag.gpgSign.")
@library_option
def release(workspace: Workspace, name: str, wanted: str | None, sign: bool | None, as_json: bool) -> None:
    """Tag what HEAD has as a version; exit 5 if the rules do not hold."""
    done = workspace.versions.release(name, version=wanted, sign=sign)
    if as_json:
        print_json(done.to_json())
        return
    if done.note:
        click.echo(f"note: {done.note}", err=True)
    click.echo(f"released {visible(done.tag)} at {done.commit[:12]}{', signed' if done.signed else ''}")
    for line in done.changelog:
        click.echo(f"  - {line}")


@version.command("suggest", help=command("version.suggest").help)
@click.argument("name")
@click.option("--base", metavar="REV", help="Compare with this revision or tree instead of the last approved tree.")
@library_option
def suggest(workspace: Workspace, name: str, base: str | None, as_json: bool) -> None:
    """Print the version that the change asks for; exit 1 if SKILL.md says a lower one."""
    found = workspace.reviews.card(workspace.find(name).id, base=base).bump
    if as_json:
        print_json(found.to_json())
    else:
        click.echo(f"{found.level}: {found.before or 'no version'} → {found.version or 'as it is'}")
        for reason in found.reasons:
            click.echo(f"  {reason.level}: {visible(reason.text)}")
        if not found.enough:
            click.echo(f"SKILL.md says {visible(found.declared or 'no version')}")
    click.get_current_context().exit(ExitCode.OK if found.enough else ExitCode.NO)


@version.command("compare", help=command("version.compare").help)
@click.argument("name")
@click.argument("before")
@click.argument("after", required=False)
@library_option
def compare(workspace: Workspace, name: str, before: str, after: str | None, as_json: bool) -> None:
    """Print what changed between any two versions, revisions or trees of a skill, or since one of them."""
    from workbench.reviews.diff_text import as_text, diff_json

    found = workspace.versions.compare(name, before, after)
    if as_json:
        print_json(diff_json(found))
        return
    click.echo(f"{visible(found.skill)}: {visible(before)} → {visible(after or 'what is here')}")
    for line in as_text(found):
        click.echo(line)
    if not found.files:
        click.echo("identical")


@version.command("test", help=command("version.test").help)
@click.argument("name")
@click.argument("revision", metavar="VERSION")
@click.option("--unsandboxed", is_flag=True, help="Run with your own rights, outside any sandbox.")
@library_option
@click.pass_context
def test(ctx: click.Context, workspace: Workspace, name: str, revision: str, unsandboxed: bool, as_json: bool) -> None:
    """Run the cases that a version brings, on that version."""
    from workbench.cli.test.output import Printer, print_summary
    from workbench.testing.session import How

    how = How(unsandboxed=unsandboxed)
    with Printer(quiet=as_json):
        run = workspace.versions.test(
            name, revision, store=workspace.store, library=workspace.library_id, how=how, cancel=threading.Event()
        )
        if as_json:
            print_json(run.to_json())
        else:
            print_summary(run)
    if run.refused:
        ctx.exit(ExitCode.REFUSED)
    ctx.exit(ExitCode.OK if run.ok else ExitCode.NO)


@version.command("deprecate", help=command("version.deprecate").help)
@click.argument("name")
@click.argument("number", metavar="[VERSION]", required=False)
@click.option("--successor", metavar="NAME[@VERSION]", help="What to use instead.")
@click.option("--reason", "-m", default="", metavar="TEXT", help="Why; it is kept in git.")
@click.option("--undo", is_flag=True, help="Record that it no longer is.")
@library_option
def deprecate(
    workspace: Workspace, name: str, number: str | None, successor: str | None, reason: str, undo: bool, as_json: bool
) -> None:
    """Record a deprecation on the reviews branch; nothing is taken away, and an install warns."""
    if not undo and not reason.strip():
        raise UsageError("a deprecation needs a reason", remedy="--reason TEXT")
    done = workspace.versions.deprecate(name, number, successor, reason, undo=undo, may_ask=sys.stdin.isatty())
    if as_json:
        print_json(done.to_json())
        return
    what = f"{visible(done.record.path)}{f' {visible(number)}' if number else ''}"
    said = "is no longer deprecated" if undo else "is deprecated"
    click.echo(f"{what} {said}: recorded in {done.commit[:12]} on workbench/reviews")


@version.command("rollback", help=command("version.rollback").help)
@click.argument("name")
@click.option("--to", metavar="VERSION|approved", help="Default: the last released version that is not here now.")
@library_option
def rollback(workspace: Workspace, name: str, to: str | None, as_json: bool) -> None:
    """Make a commit on the current branch in which the skill is as it was."""
    done = workspace.versions.go_back(name, to)
    if as_json:
        print_json(done.to_json())
    elif done.commit is None:
        click.echo(f"{visible(done.name)} is already as {visible(done.to)} has it")
    else:
        click.echo(
            f"{visible(done.name)} is as {visible(done.to)} has it ({done.tree[:12]}), in commit {done.commit[:12]}"
        )
        click.echo(f"its state: {styled(done.state, bold=True)}")
