"""`workbench review approve` and its like: a verdict on one skill or on a set, sent with what was said about lines."""

import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import click

from workbench.cli.output import library_option, print_json, state_label
from workbench.cli.review_drafts import place_of, remark_options, suggestion_from
from workbench.commands import command
from workbench.errors import UsageError
from workbench.reviews.comments import Side
from workbench.reviews.drafts import Draft
from workbench.reviews.model import Recorded, Verdict
from workbench.text import plural, visible
from workbench.workspace import Workspace

_SENDING: tuple[Verdict, ...] = ("comment", "request-changes", "approve")
_SIGN = click.option("--sign/--no-sign", default=None, help="Sign the record with your SSH key; default: the settings.")


@dataclass(frozen=True, slots=True)
class _Said:
    """What the command line says besides the verdict.

    Attributes:
        at: `PATH[:LINE[-END]]` of the one comment to send; None for the drafts.
        text: Of that comment.
    """

    reason: str
    expect: str | None
    sign: bool | None
    as_json: bool
    drafts: bool = False
    resolves: tuple[str, ...] = ()
    at: str | None = None
    text: str = ""
    side: Side = "new"
    suggest: str | None = None
    reply_to: str | None = None

    @property
    def alone(self) -> bool:
        """Whether one comment is sent by itself."""
        return self.at is not None or self.reply_to is not None or self.suggest is not None or bool(self.text.strip())


def _verdict_command(verdict: Verdict) -> click.Command:
    @click.command(verdict, help=command(f"review.{verdict}").help)
    @click.argument("skill", metavar="[NAME]", required=False)
    @click.option("--range", "range_", metavar="RANGE", hidden=verdict == "revoke",
                  help="On all skills of main...HEAD or of an opened pr/123 instead.")  # fmt: skip
    @click.option("--reason", "-m", default="", required=verdict in ("approve", "revoke"), metavar="TEXT",
                  help="Why; it is kept in git.")  # fmt: skip
    @click.option("--expect", metavar="TREE",
                  help="The tree (of a range: the head) you read: exit code 4 if it is another.")  # fmt: skip
    @_SIGN
    @_remarks(verdict)
    @library_option
    def record(workspace: Workspace, skill: str | None, range_: str | None, **said: Any) -> None:
        asked = _Said(**said)
        if range_ is not None and skill is None:
            _decide_range(workspace, range_, verdict, asked)
            return
        if skill is None or range_ is not None:
            remedy = f"review {verdict} NAME, or: review {verdict} --range RANGE"
            raise UsageError("name one skill, or a range", remedy=remedy)
        _decide(workspace, workspace.find(skill).id, verdict, asked)

    return record


def _remarks(verdict: Verdict) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Adds what a verdict can be sent with: drafts, resolved threads, and for a comment the one comment itself."""

    def add(function: Callable[..., Any]) -> Callable[..., Any]:
        if verdict in _SENDING:
            function = click.option("--drafts/--no-drafts", default=True, help="Send your drafts on the skill along.")(
                function
            )
            function = click.option("--resolve", "resolves", metavar="ID", multiple=True,
                                    help="Resolve this thread with it; may be repeated.")(function)  # fmt: skip
        if verdict == "comment":
            function = remark_options(function)
            function = click.option(
                "--at", metavar="PATH[:LINE[-END]]", help="Comment on these lines, and leave drafts."
            )(function)
            function = click.option(
                "--text", default="", metavar="TEXT", help="What the comment says; default: the reason."
            )(function)
        return function

    return add


def _decide(workspace: Workspace, skill: str, verdict: Verdict, said: _Said) -> None:
    desk = workspace.comments
    if said.alone:
        from workbench.reviews.composing import Target, Words

        path, line, end = place_of(said.at) if said.at is not None else (None, None, None)
        suggestion = suggestion_from(said.suggest)
        text, reason = (said.text, said.reason) if said.text.strip() else (said.reason, "")
        if not text.strip() and suggestion is None:
            raise UsageError("a comment needs a text or a suggestion", remedy="--text TEXT, or --suggest FILE")
        target = Target(path, line, end, said.side)
        drafts: tuple[Draft, ...] = (desk.compose(skill, target, Words(text, suggestion, said.reply_to)),)
    else:
        drafts, reason = desk.drafts(skill) if said.drafts else (), said.reason
    done = desk.send(
        skill, verdict, reason, drafts=drafts, resolves=said.resolves, expect=said.expect, sign=said.sign,
        may_ask=sys.stdin.isatty(),
    )  # fmt: skip
    _tell([done])
    if said.as_json:
        print_json(done.to_json())
        return
    row = workspace.row(done.record.path)
    own = "  self-approved" if row.standing.self_approved else ""
    click.echo(f"{visible(row.name)}  {state_label(row.state)}{own}")
    signed = ", signed" if done.record.signed else ""
    what = f"{verdict} of tree {done.record.tree[:12]}{_with(done)}"
    click.echo(f"{what} recorded in {done.commit[:12]} on workbench/reviews{signed}")


def _decide_range(workspace: Workspace, range_: str, verdict: Verdict, said: _Said) -> None:
    """Record one verdict on every skill of a set, and print what came of it."""
    if said.alone or said.resolves:
        raise UsageError("a comment and a thread are of one skill", remedy=f"review {verdict} NAME")
    decide = workspace.set_comments.send if said.drafts else workspace.sets.decide
    done = decide(range_, verdict, said.reason, expect=said.expect, sign=said.sign, may_ask=sys.stdin.isatty())
    _tell(done)
    stands = {one.skill.id: one.standing for one in workspace.sets.open(range_).skills if one.standing is not None}
    if said.as_json:
        print_json({
            "commit": done[0].commit,
            "records": [one.record.to_json() for one in done],
            "states": {id_: standing.state for id_, standing in stands.items()},
            "notes": [note for one in done for note in one.notes],
        })  # fmt: skip
        return
    for one in done:
        standing = stands.get(one.record.path)
        state = f"{state_label(standing.state)}  " if standing else ""
        click.echo(f"  {visible(one.record.path)}  {state}{one.record.tree[:12]}{_with(one)}")
        for reason in standing.reasons if standing is not None and standing.state != "approved" else ():
            click.echo(f"      {reason}")
    count = plural(len(done), "skill")
    click.echo(f"{verdict} of {count} recorded in {done[0].commit[:12]} on workbench/reviews")


def _tell(done: Sequence[Recorded]) -> None:
    """Say what the records could not hold."""
    for note in (note for one in done for note in one.notes):
        click.echo(f"note: {note}", err=True)


def _with(done: Recorded) -> str:
    comments, resolved = len(done.record.raw.get("comments") or ()), len(done.record.raw.get("resolves") or ())
    said = [plural(comments, "comment")] if comments else []
    said += [f"{plural(resolved, 'resolved thread')}"] if resolved else []
    return f", with {' and '.join(said)}," if said else ""


request = _verdict_command("request")
comment = _verdict_command("comment")
approve = _verdict_command("approve")
request_changes = _verdict_command("request-changes")
revoke = _verdict_command("revoke")
