"""`workbench review open`: every skill that a range or a pull request touches, and one verdict on all of them."""

import click

from workbench.cli.handing_over import screen_for
from workbench.cli.output import diff_paint, library_option, print_json, print_table, state_word, styled
from workbench.commands import command
from workbench.errors import UsageError
from workbench.text import plural, visible
from workbench.workspace import Workspace


@click.command("open", help=command("review.open").help)
@click.argument("range_", metavar="[RANGE|pr/N|mr/N]", required=False)
@click.option("--diff", "with_diff", is_flag=True, help="Print the changed lines, those that repeat only once.")
@click.option("--since-my-verdict", is_flag=True, help="Compare with what you judged last, where you did.")
@click.option("--remote", metavar="NAME", help="Where pull requests are; by default origin, or the only one.")
@click.option("--screen", "on_screen", is_flag=True, help="Open it in the workbench, to read, comment and decide.")
@library_option
def open_(
    workspace: Workspace,
    range_: str | None,
    with_diff: bool,
    since_my_verdict: bool,
    remote: str | None,
    on_screen: bool,
    as_json: bool,
) -> None:
    """Print the set; a pull request is fetched first, nothing is checked out. Without a range: what suggests itself."""
    from workbench.reviews.diff_text import as_text, patch_lines

    if on_screen:
        _open_screen(workspace, range_, remote, mine=since_my_verdict, printed=as_json or with_diff)
    if range_ is None:
        _print_offers(workspace, as_json=as_json)
        return
    found = workspace.sets.open(range_, fetch=True, remote=remote, since_my_verdict=since_my_verdict)
    if as_json:
        print_json(found.to_json(lines=with_diff))
        return
    places = plural(found.hunks, "changed place") + (f", {found.repeated} of them repeated" if found.repeated else "")
    click.echo(f"{visible(range_)}: {plural(len(found.skills), 'skill')}, {places}, at {found.ends.head[:12]}")
    rows = []
    for one in found.skills:
        state = state_word(one.standing.state) if one.standing else "removed"
        size = f"+{sum(file.added for file in one.files)} -{sum(file.removed for file in one.files)}"
        rows.append((one.skill.id, state, one.risk, size, ", ".join(sorted(one.gains or ())) or "-"))
    if rows:
        print_table(("SKILL", "STATE", "RISK", "LINES", "CAN DO MORE"), rows)
    for one in found.skills:
        for text in one.standing.alike if one.standing else ():
            click.echo(f"note: {visible(one.skill.id)}: {text}", err=True)
    if with_diff:
        for one in found.skills:
            click.echo()
            click.echo(styled(visible(one.skill.id), bold=True))
            if one.made:
                click.echo(one.made.said())
                for line in patch_lines(one.made.files, diff_paint, mark="input "):
                    click.echo(line)
            for line in as_text(one.diff(""), diff_paint, read_in=one.read_in):
                click.echo(line)
    for id_ in found.excluded:
        click.echo(f"note: {visible(id_)} changed, and the policy leaves it out", err=True)
    if found.outside:
        click.echo(f"note: {plural(len(found.outside), 'changed file')} outside these skills (--json lists)", err=True)
    if found.policy_changes:
        click.echo("note: the rules change too; they are approved apart, as @policy, once checked out", err=True)
    if any(one.standing and one.standing.state != "approved" for one in found.skills):
        click.echo(
            f"all at once: workbench review approve --range {visible(range_)} --expect {found.ends.head[:12]}"
            " --reason TEXT"
        )


def _open_screen(workspace: Workspace, range_: str | None, remote: str | None, *, mine: bool, printed: bool) -> None:
    """Hand over to the screen, and end with its exit code."""
    if range_ is None or printed:
        what = "--screen needs a range, and prints nothing"
        raise UsageError(what, remedy="workbench review open main...HEAD --screen")
    screen = screen_for("--screen", remedy="leave --screen out: workbench review open RANGE --diff")
    click.get_current_context().exit(screen.open_set(workspace, range_, remote, mine))


def _print_offers(workspace: Workspace, *, as_json: bool) -> None:
    """Print the ranges that suggest themselves."""
    offers = workspace.sets.offers()
    if as_json:
        print_json([{"range": one.range, "about": one.about} for one in offers])
    elif offers:
        print_table(("RANGE", "ABOUT"), [(one.range, one.about) for one in offers])
    else:
        click.echo(
            "HEAD adds nothing to the default branch, and no pull request was fetched: workbench review open pr/123"
        )
