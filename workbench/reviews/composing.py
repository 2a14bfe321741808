"""A comment on the lines of a skill made into a draft, and drafts made into what a record keeps."""

import secrets
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from workbench.errors import InputError
from workbench.reviews import drafts as kept
from workbench.reviews.anchoring import spot_of
from workbench.reviews.comments import Remarks, Side
from workbench.reviews.drafts import Draft
from workbench.reviews.model import Record
from workbench.reviews.threads import Discussion, Posted, Thread, discuss
from workbench.reviews.tree_files import TreeFiles
from workbench.reviews.verdicts import encodable
from workbench.text import plural, visible

_LEAST_ID = 4


@dataclass(frozen=True, slots=True)
class Target:
    """What a comment is about: lines of a file of the skill, a whole file, or the skill as a whole."""

    path: str | None = None
    line: int | None = None
    end_line: int | None = None
    side: Side = "new"


@dataclass(frozen=True, slots=True)
class Words:
    """What a comment says.

    Attributes:
        suggestion: What should stand in the place of its lines.
        reply_to: Id of the comment that it answers, or its first digits; its target then has no say.
        resolves: Id of the thread that it settles, or its first digits.
    """

    text: str = ""
    suggestion: str | None = None
    reply_to: str | None = None
    resolves: str | None = None


@dataclass(frozen=True, slots=True)
class Ground:
    """What a comment on a skill stands on.

    Attributes:
        skill: Its id.
        tree: The state that a verdict would be on.
        approved: The tree that was approved last.
        discussion: What was said so far.
        files: Reads the files of its trees.
        named: Gives the tree that a revision names.
    """

    skill: str
    tree: str | None
    approved: str | None
    discussion: Discussion
    files: TreeFiles
    named: Callable[[str], str | None]


def compose(ground: Ground, target: Target, words: Words, *, tree: str | None = None, base: str | None = None) -> Draft:
    """A draft that is not kept yet. Args and raises as `CommentDesk.compose`."""
    suggestion = words.suggestion and encodable(words.suggestion)
    one = Draft(ground.skill, encodable(words.text), key=secrets.token_hex(8), suggestion=suggestion, at=_now())
    if words.resolves is not None:
        one = replace(one, resolves=found(ground, words.resolves)[0].id)
    if words.reply_to is not None:
        return replace(one, reply_to=found(ground, words.reply_to)[1].comment.id)
    if target.path is None:
        return one
    new = ground.tree if tree is None else ground.named(tree)
    held = new if target.side == "new" else base or ground.approved
    path, lines = _file(ground, target, held)
    spot = None
    if target.line is not None:
        spot = spot_of(lines or (), target.line, target.end_line or target.line)
        if spot is None:
            what = "it has no lines that can be shown" if lines is None else f"it has {plural(len(lines), 'line')}"
            raise InputError(what, where=visible(path), remedy="name a line that is there, or the file alone")
    if suggestion is not None and (spot is None or target.side == "old"):
        raise InputError("a suggestion needs lines to stand in for, of the new side", where=visible(path))
    return replace(one, path=path, side=target.side, tree=held, spot=spot)


def remarks_of(
    drafts: Sequence[Draft], files: TreeFiles, tree: str | None, base: str | None, resolves: Sequence[str]
) -> Remarks:
    """What a record on a tree keeps of these drafts."""
    where = [kept.place(draft, files, tree=tree, base=base) for draft in drafts]
    settled = [*(draft.resolves for draft in drafts if draft.resolves), *resolves]
    return Remarks(tuple(kept.as_comment(one) for one in where if one.draft.says), tuple(dict.fromkeys(settled)))


def sent_keys(records: Sequence[Record]) -> frozenset[str]:
    """What tells the drafts that a skill's records hold already: their sending was interrupted before its end."""
    return discuss(records).keys


def found(ground: Ground, id_: str) -> tuple[Thread, Posted]:
    """The comment that an id or its first digits name, with its thread."""
    posts = [
        (t, post) for t in ground.discussion.threads for post in t.posts if post.comment.id.startswith(id_.lower())
    ]
    if len(posts) != 1 or len(id_) < _LEAST_ID:
        what = f"'{visible(id_)}' names {'several comments' if len(posts) > 1 else 'no comment'} on this skill"
        remedy = f"workbench review comments {visible(ground.skill)} --all lists them"
        raise InputError(what, where=visible(ground.skill), remedy=remedy)
    return posts[0]


def _file(ground: Ground, target: Target, tree: str | None) -> tuple[str, tuple[str, ...] | None]:
    """The path of the file that is meant, relative to the skill, and its lines; None for what is no text."""
    path = target.path or ""
    inside = path.removeprefix(f"{ground.skill}/")
    for one in (path, inside):
        if tree is not None and ground.files.entry(tree, one) is not None:
            return one, ground.files.lines(tree, one)
    if path.startswith("../"):
        remedy = "comment on the line of the skill that comes of it, or on the skill as a whole"
        raise InputError("that file is not the skill's own, so that its review keeps no place in it",
                         where=visible(path), remedy=remedy)  # fmt: skip
    state = "the last approved tree" if target.side == "old" else "the skill"
    raise InputError(f"there is no such file in {state}", where=visible(path), remedy="paths are relative to the skill")


def _now() -> int:
    return int(time.time() * 1000)
