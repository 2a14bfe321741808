"""`workbench review draft`: comments that are written and not sent yet."""

import re
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from workbench.cli.discussed import discussed, range_option, talk_on, talks_on
from workbench.cli.output import library_option, print_json, print_table
from workbench.commands import command
from workbench.errors import InputError, UsageError
from workbench.reviews.comments import Side
from workbench.text import decode, first_line, plural, visible
from workbench.workspace import Workspace

_PLACE = re.compile(r"(?P<path>.+?)(?::(?P<line>[1-9][0-9]{0,6})(?:-(?P<end>[1-9][0-9]{0,6}))?)?", re.DOTALL)
_LINE_ZERO = re.compile(r":0+(?:-\d+)?$")
_MAX_BYTES = 64 << 10


@click.group("draft", help=command("comment.draft").help)
def draft() -> None:
    """Drafts."""


def remark_options(function: Callable[..., Any]) -> Callable[..., Any]:
    """Adds the options that say what a comment is about, besides its text."""
    side = click.option(
        "--side", type=click.Choice(["new", "old"]), default="new", help="The line after or before the change."
    )
    suggest = click.option(
        "--suggest", metavar="FILE", help="Suggest the text of this file for the lines; - reads it from stdin."
    )
    reply = click.option("--reply-to", metavar="ID", help="Answer this comment instead of naming a place.")
    return side(suggest(reply(function)))


def place_of(text: str) -> tuple[str, int | None, int | None]:
    """`PATH[:LINE[-END]]` as path and lines.

    Raises:
        UsageError: The lines end before they begin, or begin at 0.
    """
    found = _PLACE.fullmatch(text)
    if found is None:
        raise UsageError("a place needs a path", remedy="PATH, PATH:LINE or PATH:LINE-END")
    if _LINE_ZERO.search(text):
        raise UsageError(f"'{visible(text)}' names line 0: lines count from 1", remedy="PATH:LINE")
    line = int(found["line"]) if found["line"] else None
    end = int(found["end"]) if found["end"] else line
    if line is not None and end is not None and end < line:
        raise UsageError(f"'{visible(text)}' ends before it begins", remedy="PATH:LINE-END")
    return found["path"], line, end


def suggestion_from(source: str | None) -> str | None:
    """The text that `--suggest` names.

    Raises:
        InputError: It can't be read.
    """
    if source is None:
        return None
    try:
        if source == "-":
            data = sys.stdin.buffer.read(_MAX_BYTES + 1)
        else:
            with Path(source).open("rb") as opened:
                data = opened.read(_MAX_BYTES + 1)
    except OSError as error:
        raise InputError(f"the suggestion can't be read: {error.strerror}", where=visible(source)) from error
    if len(data) > _MAX_BYTES:
        raise InputError(f"the suggestion is larger than {_MAX_BYTES >> 10} KiB", where=visible(source))
    return decode(data)


@draft.command("add", help=command("comment.add").help)
@click.argument("name")
@click.argument("place", metavar="[PATH[:LINE[-END]]]", required=False)
@click.option("--text", "-m", default="", metavar="TEXT", help="What you say.")
@click.option("--tree", metavar="REV", help="The revision or tree that has the line; default: the current state.")
@range_option
@remark_options
@library_option
def add(
    workspace: Workspace,
    name: str,
    place: str | None,
    text: str,
    tree: str | None,
    side: Side,
    suggest: str | None,
    reply_to: str | None,
    range_: str | None,
    as_json: bool,
) -> None:
    """Keep a comment as a draft."""
    from workbench.reviews.composing import Target, Words

    path, line, end = place_of(place) if place is not None else (None, None, None)
    suggestion = suggestion_from(suggest)
    if not text.strip() and suggestion is None:
        raise UsageError("a comment needs a text or a suggestion", remedy="--text TEXT, or --suggest FILE")
    skill, about = discussed(workspace, name, range_, tree)
    target = Target(path, line, end, side)
    made = workspace.comments.keep(about.compose(skill, target, Words(text, suggestion, reply_to)))
    if as_json:
        shown = next(one for one in talk_on(workspace, name, range_).drafts if one.draft.id == made.id)
        print_json(shown.to_json())
        return
    where = visible(made.place) or (f"answer to {made.reply_to}" if made.reply_to else "the skill as a whole")
    click.echo(f"draft {made.id} on {where} kept; your next verdict on {visible(skill)} sends it")


@draft.command("list", help=command("comment.list").help)
@click.argument("name", required=False)
@range_option
@library_option
def list_drafts(workspace: Workspace, name: str | None, range_: str | None, as_json: bool) -> None:
    """List the drafts on a skill, or on all skills of a range, which are sent together."""
    if name is None and range_ is None:
        raise UsageError("a skill or a --range has to be named")
    talks = talks_on(workspace, range_) if name is None and range_ else [talk_on(workspace, name or "", range_)]
    drafts = [one for talk in talks for one in talk.drafts]
    if as_json:
        print_json([one.to_json() for one in drafts])
        return
    rows = []
    for one in drafts:
        made = one.draft
        about = f"answer to {made.reply_to}" if made.reply_to else one.place or "the skill as a whole"
        about = f"resolves {made.resolves}" if made.resolves and not made.says else about
        side = "outdated" if one.outdated else one.side
        rows.append((str(made.id), *([] if name else [made.skill]), about, side, first_line(made.text) or "suggestion"))
    if rows:
        print_table(("ID", *([] if name else ["SKILL"]), "PLACE", "SIDE", "TEXT"), rows, right=(0,))
    else:
        click.echo("no drafts", err=True)


@draft.command("edit", help="Change what a draft says.")
@click.argument("name")
@click.argument("id_", metavar="ID", type=int)
@click.option("--text", "-m", metavar="TEXT", help="What you say instead.")
@click.option("--suggest", metavar="FILE", help="Suggest the text of this file instead; - reads it from stdin.")
@range_option
@library_option
def edit(
    workspace: Workspace, name: str, id_: int, text: str | None, suggest: str | None, range_: str | None, as_json: bool
) -> None:
    """Change what a draft says."""
    skill = discussed(workspace, name, range_)[0]
    old = next((one for one in workspace.comments.drafts(skill) if one.id == id_), None)
    suggestion = suggestion_from(suggest)
    said = text if text is not None else old.text if old else ""
    workspace.comments.edit(skill, id_, said, suggestion if suggest is not None or old is None else old.suggestion)
    if as_json:
        print_json({"id": id_, "skill": skill})
    else:
        click.echo(f"draft {id_} changed")


@draft.command("remove", help="Take drafts away; they were never sent.")
@click.argument("name")
@click.argument("ids", metavar="ID...", type=int, nargs=-1, required=True)
@range_option
@library_option
def remove(workspace: Workspace, name: str, ids: tuple[int, ...], range_: str | None, as_json: bool) -> None:
    """Take drafts away."""
    workspace.comments.remove(discussed(workspace, name, range_)[0], ids)
    _say_removed(len(ids), as_json)


@draft.command("clear", help=command("comment.clear").help)
@click.argument("name")
@range_option
@library_option
def clear(workspace: Workspace, name: str, range_: str | None, as_json: bool) -> None:
    """Take all drafts on a skill away."""
    skill = discussed(workspace, name, range_)[0]
    ids = [one.id for one in workspace.comments.drafts(skill)]
    workspace.comments.remove(skill, ids)
    _say_removed(len(ids), as_json)


def _say_removed(count: int, as_json: bool) -> None:
    if as_json:
        print_json({"removed": count})
    else:
        click.echo(f"{plural(count, 'draft')} removed")
