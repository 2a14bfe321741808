"""`workbench review`: what changed, who said what, and whether the rules hold."""

import click

from workbench.cli.handing_over import Reviews
from workbench.cli.output import diff_paint, library_option, print_json, print_table, state_label, styled
from workbench.commands import command
from workbench.errors import ExitCode, UsageError
from workbench.reviews.diff_text import as_text, diff_json, generated_json, patch_lines
from workbench.reviews.listing import labels
from workbench.reviews.model import Record
from workbench.text import plural, visible
from workbench.workspace import Workspace

_PLACES = {
    "apply-suggestion": "workbench.cli.review_comments:apply_suggestion",
    "card": "workbench.cli.review_card:card",
    "comments": "workbench.cli.review_comments:comments",
    "draft": "workbench.cli.review_drafts:draft",
    "export": "workbench.cli.review_comments:export",
    "log": "workbench.cli.review_records:log",
    "open": "workbench.cli.review_changeset:open_",
    "queue": "workbench.cli.review_queue:queue",
    "receipt": "workbench.cli.review_records:receipt",
    "regenerate": "workbench.cli.review_regenerate:regenerate",
    "resolve": "workbench.cli.review_comments:resolve",
    "verify-receipt": "workbench.cli.review_records:verify_receipt",
    "viewed": "workbench.cli.review_viewed:viewed",
    # A verdict each.
    "approve": "workbench.cli.review_verdicts:approve",
    "comment": "workbench.cli.review_verdicts:comment",
    "request": "workbench.cli.review_verdicts:request",
    "request-changes": "workbench.cli.review_verdicts:request_changes",
    "revoke": "workbench.cli.review_verdicts:revoke",
}


@click.group(
    cls=Reviews,
    places=_PLACES,
    subcommand_metavar="COMMAND [ARGS]... | NAME",
    help="Review skills: what changed, who said what, and whether the rules hold. NAME opens a skill's review.",
)
def review() -> None:
    """Reviews."""


@review.command("list", help=command("review.list").help)
@library_option
def list_reviews(workspace: Workspace, as_json: bool) -> None:
    """List every skill with its state and its last verdict."""
    view = workspace.view()
    rows = view.rows
    for note in view.notes:
        click.echo(f"note: {visible(note)}", err=True)
    if as_json:
        print_json([{**row.to_json(), "records": [r.to_json() for r in row.standing.records]} for row in rows])
        return
    table = []
    names = labels(rows)
    for row in rows:
        last = row.standing.records[-1] if row.standing.records else None
        said = f"{last.verdict} by {last.reviewer_name} on {last.at:%Y-%m-%d}" if last else "-"
        table.append(
            (names[row.id], row.state, (row.standing.tree or "-")[:12], said, "; ".join(row.standing.reasons[:1]))
        )
    print_table(("NAME", "STATE", "TREE", "LAST VERDICT", "WHY"), table)
    for row in rows:
        for line in row.standing.alike:
            click.echo(f"note: {visible(row.id)}: {line}", err=True)


@review.command("diff", help=command("review.diff").help)
@click.argument("name")
@click.option("--base", metavar="REV", help="Compare with this version, revision or tree, not the last approved tree.")
@click.option("--since-mine", is_flag=True, help="Compare with the state that your last verdict was on.")
@click.option("--context", type=click.IntRange(0, 1000), metavar="N", help="Unchanged lines around a change.")
@click.option("--by-key", is_flag=True, help="Compare the frontmatter by key: fold order, quotes, installers' notes.")
@library_option
def diff(
    workspace: Workspace,
    name: str,
    base: str | None,
    since_mine: bool,
    context: int | None,
    by_key: bool,
    as_json: bool,
) -> None:
    """Show what changed in a skill."""
    skill = workspace.find(name).id
    if since_mine and base:
        raise UsageError("--base and --since-mine name two things to compare with", remedy="give one of them")
    base = workspace.reviews.mine(skill) if since_mine else base
    found = workspace.reviews.diff(skill, base=base, context=context)
    made = workspace.generated.of(skill, base=base, context=context)
    if as_json:
        print_json({**diff_json(found), "generated": generated_json(made) if made else None})
        return
    found = found.by_key() if by_key else found
    click.echo(f"{visible(found.skill)}: {found.base_label} → {(found.tree or '')[:12]}")
    if made:
        click.echo(made.said())
        for line in patch_lines(made.files, diff_paint, mark="input "):
            click.echo(line)
    if not found.files:
        click.echo("identical")
    for line in as_text(found, diff_paint):
        click.echo(line)


def _said(record: Record) -> str:
    """Who said what of the tree that is judged, when, how it is proved, and whether it counts."""
    who = f"{visible(record.reviewer_name)} <{visible(record.reviewer_email)}>"
    proof = {"author": "claimed by the commit's author", "signature": "signed", "touch": "signed with a touched key"}
    counts = proof[record.proof] if record.counts else f"does not count: {record.why_not}"
    return f"{record.verdict} by {who} on {record.at:%Y-%m-%d}, via {visible(record.via or '?')}, {counts}"


@review.command("verify", help=command("review.verify").help)
@click.argument("names", metavar="[NAME]...", nargs=-1)
@click.option(
    "--base", metavar="REV", help="Judge only what HEAD changed since it left this revision, by this revision's policy."
)
@click.option("--policy-from", metavar="REV", help="Judge by this revision's policy.")
@library_option
@click.pass_context
def verify(
    ctx: click.Context,
    workspace: Workspace,
    names: tuple[str, ...],
    base: str | None,
    policy_from: str | None,
    as_json: bool,
) -> None:
    """Say whether the rules hold at HEAD; exit 1 if they do not."""
    found = workspace.reviews.verify(names, base=base, policy_from=policy_from)
    if as_json:
        print_json(
            {
                "ok": found.ok,
                "commit": found.commit,
                "notes": list(found.notes),
                "skills": [one.to_json() for one in found.skills],
            }
        )
    else:
        for one in found.skills:
            sign = styled("ok  ", fg="green") if one.ok else styled("no  ", fg="red")
            click.echo(f"{sign}{visible(one.path)}  {state_label(one.state)}")
            for reason in one.reasons:
                click.echo(f"      {visible(reason)}")
            if one.deprecated:
                click.echo(f"      {one.deprecated.said}")
            for record in one.records:
                if record.tree == one.tree:
                    click.echo(f"      {_said(record)}")
        held = sum(one.ok for one in found.skills)
        click.echo(f"the rules hold for {held} of {plural(len(found.skills), 'skill')} at {(found.commit or '')[:12]}")
        for note in found.notes:
            click.echo(f"note: {visible(note)}", err=True)
    ctx.exit(ExitCode.OK if found.ok else ExitCode.NO)


@review.command("sync", help=command("review.sync").help)
@click.option("--remote", metavar="NAME", help="The remote to share with; by default origin, or the only one.")
@click.option("--accept-rewrite", is_flag=True, help="Take a branch that was rewritten since it was seen last.")
@library_option
def sync(workspace: Workspace, remote: str | None, accept_rewrite: bool, as_json: bool) -> None:
    """Share the reviews branch; what can't be sent now waits here, and the next sync sends it."""
    done = workspace.reviews.sync(remote=remote, accept_rewrite=accept_rewrite)
    if as_json:
        print_json(done.to_json())
        return
    if not done.remote:
        click.echo("the branch is taken as it is here; there is no remote to share it with")
    elif done.why:
        click.echo(f"{visible(done.remote)} was not reached: {visible(done.why)}", err=True)
        click.echo(f"{plural(done.queued, 'commit')} of reviews {'waits' if done.queued == 1 else 'wait'} here")
    else:
        united = ", united with what was here" if done.united else ""
        click.echo(f"{visible(done.remote)}: {done.fetched} came{united}, {done.pushed} went")
