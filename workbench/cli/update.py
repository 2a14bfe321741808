"""`workbench update`: what the origins of the skills have new, and one of them brought in as a reviewable change."""

import sys
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import click

from workbench.cli.output import library_option, print_json, print_problem, print_table, styled
from workbench.commands import command
from workbench.config import cache_dir, home_dir
from workbench.errors import ExitCode, InputError, UsageError
from workbench.text import plural, truncate, visible
from workbench.workspace import Workspace

if TYPE_CHECKING:
    from workbench.reviews.checking import Checked
    from workbench.reviews.updating import Update
    from workbench.reviews.upstream import Upstreams
    from workbench.skills.model import Problem

_COLOURS = {"update": "cyan", "gone": "red", "unreachable": "red", "ahead": "yellow"}


@click.command(help=command("update").help)
@click.argument("names", metavar="[NAME]...", nargs=-1)
@click.option("--check", is_flag=True, help="Only ask what is new: of these skills, or of all. Exit 1 if something is.")
@click.option("--apply", "in_place", is_flag=True, help="Put it into the skill's clean folder, not on a branch.")
@click.option("--dry-run", is_flag=True, help="Say what would come, and write nothing.")
@click.option("--yes", is_flag=True, help="Don't ask before writing.")
@click.option("--credentials", is_flag=True, help="Let the credential helpers of your own git configuration answer.")
@click.option("--timeout", type=click.FloatRange(1, 3_600), default=60.0, show_default=True, metavar="SECONDS",
              help="How long one repository may take.")  # fmt: skip
@library_option
@click.pass_context
def update(
    ctx: click.Context,
    workspace: Workspace,
    names: tuple[str, ...],
    check: bool,
    in_place: bool,
    dry_run: bool,
    yes: bool,
    credentials: bool,
    timeout: float,
    as_json: bool,
) -> None:
    """Bring one skill up to date with its origin, or ask all of them."""
    from workbench.reviews.upstream import Upstreams

    if check and (in_place or dry_run or yes):
        raise UsageError("--check writes nothing, so --apply, --dry-run and --yes say nothing with it")
    if not check and len(names) != 1:
        raise UsageError("one skill is updated at a time", remedy="workbench update NAME, or workbench update --check")
    upstreams = Upstreams(cache_dir(), timeout=timeout, credentials=credentials)
    if check:
        ctx.exit(_check(workspace, names, upstreams, as_json=as_json))
    ctx.exit(_update(workspace, names[0], upstreams, in_place=in_place, dry_run=dry_run, yes=yes, as_json=as_json))


def _repository(workspace: Workspace) -> Any:
    if workspace.repository is None:
        raise InputError(
            "updating needs a git repository, and this folder is in none",
            where=visible(str(workspace.root)),
            remedy="workbench adopt copies skills into a git library of your own",
        )
    return workspace.repository


def _check(workspace: Workspace, names: tuple[str, ...], upstreams: "Upstreams", *, as_json: bool) -> ExitCode:
    from workbench.reviews.checking import check_updates
    from workbench.reviews.lockfile import LOCK_FILE

    repository = _repository(workspace)
    every = workspace.skills()[0]
    skills = [workspace.find(name) for name in names] or every
    problems: list[Problem] = []
    asked = check_updates(
        workspace.root, repository, skills, upstreams, among=every, home=home_dir(),
        on_checked=None if as_json else _progress, on_problem=problems.append,
    )  # fmt: skip
    if as_json:
        skills_said = [checked.to_json() for checked in asked]
        print_json({"skills": skills_said, "problems": [problem.to_json() for problem in problems]})
    else:
        _print_checked(asked)
        for problem in problems:
            print_problem(problem, err=True)
            if problem.remedy:
                click.echo(f"  {visible(problem.remedy)}", err=True)
    found = {checked.status for checked in asked}
    if found & {"update", "gone"}:
        return ExitCode.NO
    unsaid = any(problem.path == LOCK_FILE for problem in problems)
    return ExitCode.BAD_INPUT if unsaid or "unreachable" in found else ExitCode.OK


def _progress(checked: "Checked", done: int, of: int) -> None:
    if sys.stderr.isatty():
        click.echo(f"\r\x1b[K{done} of {of}  {truncate(visible(checked.path), 60)}", err=True, nl=done == of)


def _print_checked(asked: "tuple[Checked, ...]") -> None:
    from workbench.reviews.checking import UPDATE_SIGNS

    if not asked:
        click.echo("The library has no skills.")
        return
    rows = []
    for checked in asked:
        theirs = checked.theirs
        new = (theirs.version or (theirs.revision or theirs.tree)[:12]) if theirs else "-"
        origin = checked.origin.label if checked.origin.url else "-"
        rows.append((f"{UPDATE_SIGNS[checked.status]} {checked.status}", checked.path, new, origin, checked.why))
    print_table(("STATUS", "SKILL", "THEIRS", "ORIGIN", "WHY"), rows)
    fresh = [checked.path for checked in asked if checked.status == "update"]
    if fresh:
        click.echo(f"{plural(len(fresh), 'skill')} can be updated: workbench update {visible(fresh[0])}")


def _update(
    workspace: Workspace, name: str, upstreams: "Upstreams", *, in_place: bool, dry_run: bool, yes: bool, as_json: bool
) -> ExitCode:
    from workbench.reviews import updating
    from workbench.reviews.checking import Checked, origin_to_follow

    repository = _repository(workspace)
    skill = workspace.find(name)
    every = workspace.skills()[0]
    origin = origin_to_follow(workspace.root, repository, every, home_dir(), skill.id)
    found = updating.prepare(repository, skill, origin, upstreams, [one.id for one in every])
    if isinstance(found, Checked):
        if as_json:
            print_json({**found.to_json(), "files": [], "conflicts": [], "branch": None, "commit": None})
        else:
            click.echo(f"Nothing to bring: {found.why or 'it is what its origin has'}.")
        return ExitCode.OK
    written: dict[str, Any] = {"branch": None, "commit": None, "applied": False}
    if not as_json:
        _print_update(found)
    if not dry_run:
        _ask(in_place=in_place, yes=yes)
        if in_place:
            updating.apply(repository, found)
            written["applied"] = True
        else:
            branch = updating.write_branch(repository, found, repository.identity(), datetime.now(UTC))
            written |= {"branch": branch.name, "commit": branch.commit}
    if as_json:
        print_json({**found.to_json(), "status": "update", **written})
    elif not dry_run:
        _print_written(found, written)
    return ExitCode.CONFLICT if found.conflicts else ExitCode.OK


def _ask(*, in_place: bool, yes: bool) -> None:
    """Go on only where the user says so."""
    what = "Put it into the skill's folder?" if in_place else "Write it on a branch of its own?"
    if yes:
        return
    if not sys.stdin.isatty():
        raise UsageError("nothing was written, because nobody can be asked here", remedy="--yes writes without asking")
    click.confirm(what, default=True, abort=True, err=True)


def _print_update(found: "Update") -> None:
    theirs = found.theirs
    base = (found.origin.revision or found.origin.tree or "unknown")[:12]
    click.echo(f"{visible(found.skill.id)}  {visible(found.origin.label)}")
    version = f" ({visible(theirs.version)})" if theirs.version else ""
    click.echo(f"  {base} -> {(theirs.revision or theirs.tree)[:12]}{version}")
    for file in found.files:
        colour = "red" if file.how == "conflict" else None
        why = f"  {file.why}" if file.why else ""
        click.echo(f"  {styled(f'{file.how:<9}', fg=colour)} {visible(file.path)}{why}")
    for note in found.notes:
        click.echo(f"note: {note}", err=True)


def _print_written(found: "Update", written: dict[str, Any]) -> None:
    conflicts = f", with {plural(len(found.conflicts), 'conflict')} to settle" if found.conflicts else ""
    if written["applied"]:
        click.echo(f"It is in {visible(found.skill.id)} now, not committed{conflicts}.")
        return
    branch = visible(written["branch"])
    click.echo(f"It is on the branch {branch}, commit {written['commit'][:12]}{conflicts}.")
    click.echo(f"To read it: git diff HEAD...{branch}    To take it: git merge {branch}")
