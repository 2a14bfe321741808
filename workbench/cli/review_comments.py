"""`workbench review comments`, `export`, `resolve`, `apply-suggestion`: what was said about lines, and what follows."""

import sys
from typing import TYPE_CHECKING, Any

import click

from workbench.cli.discussed import range_option, talk_on
from workbench.cli.output import library_option, print_json, styled
from workbench.commands import command
from workbench.text import plural, visible
from workbench.workspace import Workspace

if TYPE_CHECKING:
    from workbench.reviews.comment_desk import Talk

_STYLES: dict[str, dict[str, Any]] = {
    "file": {"bold": True}, "open": {"fg": "yellow"}, "done": {"fg": "green"}, "code": {"dim": True},
    "who": {"fg": "cyan"}, "+": {"fg": "green"}, "-": {"fg": "red"},
}  # fmt: skip
_TREE = click.option("--tree", metavar="REV", help="Place them in this revision or tree instead of the current one.")


@click.command("comments", help=command("review.comments").help)
@click.argument("name")
@click.option("--format", "form", type=click.Choice(["text", "markdown", "json"]), default="text", help="How to print.")
@click.option("--all/--unresolved", "all_threads", default=False, help="All threads, or the open ones (the default).")
@_TREE
@range_option
@library_option
def comments(
    workspace: Workspace,
    name: str,
    form: str,
    all_threads: bool,
    tree: str | None,
    range_: str | None,
    as_json: bool,
) -> None:
    """Print the threads of a skill."""
    talk = talk_on(workspace, name, range_, tree)
    _print(talk, "json" if as_json else form, all_threads=all_threads, by_file=False)


@click.command("export", help=command("review.export").help)
@click.argument("name")
@click.option("--format", "form", type=click.Choice(["markdown", "json"]), default="markdown", help="How to print.")
@click.option("--all/--unresolved", "all_threads", default=False, help="All threads, or the open ones (the default).")
@_TREE
@range_option
@library_option
def export(
    workspace: Workspace,
    name: str,
    form: str,
    all_threads: bool,
    tree: str | None,
    range_: str | None,
    as_json: bool,
) -> None:
    """Print the threads of a skill by file, for an author or an agent."""
    talk = talk_on(workspace, name, range_, tree)
    _print(talk, "json" if as_json else form, all_threads=all_threads, by_file=True)


def _print(talk: "Talk", form: str, *, all_threads: bool, by_file: bool) -> None:
    from workbench.reviews.comment_text import as_markdown, as_text, chosen, to_json

    shown = chosen(talk, all_threads=all_threads)
    if form == "json":
        print_json(to_json(talk, shown) if by_file else {**talk.to_json(), "threads": [one.to_json() for one in shown]})
    elif form == "markdown":
        click.echo(as_markdown(talk, shown), nl=False)
    else:
        for line in as_text(talk, shown, lambda text, style: styled(text, **_STYLES.get(style, {}))):
            click.echo(line)
        resolved = len(talk.threads) - talk.unresolved
        hidden = f", {resolved} resolved (--all shows them)" if resolved and not all_threads else ""
        click.echo(f"{plural(talk.unresolved, 'open thread')}{hidden} on {visible(talk.name)}")
    for problem in talk.problems:
        click.echo(f"note: {visible(problem)}", err=True)
    if talk.drafts:
        click.echo(f"note: {plural(len(talk.drafts), 'draft')} of yours not sent (review draft list)", err=True)


@click.command("resolve", help=command("comment.settle").help)
@click.argument("name")
@click.argument("id_", metavar="ID")
@click.option("--reason", "-m", default="", metavar="TEXT", help="Why; it is kept in git.")
@click.option("--sign/--no-sign", default=None, help="Sign the record with your SSH key; default: the settings.")
@library_option
def resolve(workspace: Workspace, name: str, id_: str, reason: str, sign: bool | None, as_json: bool) -> None:
    """Resolve a thread."""
    skill = workspace.find(name).id
    done = workspace.comments.resolve(skill, id_, reason, sign=sign, may_ask=sys.stdin.isatty())
    if as_json:
        print_json(done.to_json())
        return
    left = workspace.comments.read(skill).unresolved
    click.echo(f"resolved in {done.commit[:12]} on workbench/reviews; {plural(left, 'open thread')} left")


@click.command("apply-suggestion", help=command("comment.apply").help)
@click.argument("name")
@click.argument("id_", metavar="ID")
@click.option("--commit", "commit", is_flag=True, help="Commit that file alone, with the reviewer as co-author.")
@library_option
def apply_suggestion(workspace: Workspace, name: str, id_: str, commit: bool, as_json: bool) -> None:
    """Put what a comment suggests in the place of its lines."""
    done = workspace.comments.apply(workspace.find(name).id, id_, commit=commit)
    if as_json:
        print_json(done.to_json())
        return
    kept = f"committed as {done.commit[:12]}" if done.commit else "not committed yet"
    click.echo(f"{visible(done.path)}:{done.line} changed, {kept}")
