"""The threads of a skill, each at the place that its lines have in the state that is shown."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from workbench.reviews.anchoring import find, find_context, spot_of
from workbench.reviews.comments import Comment, Side, place_text
from workbench.reviews.threads import Discussion, Posted, Thread
from workbench.reviews.tree_files import TreeFiles

_MOST_QUOTED = 200


@dataclass(frozen=True, slots=True)
class Placed:
    """A thread, and where its lines are now.

    Attributes:
        path: The file; None for the skill as a whole.
        line: Where it is in the state that is shown; None for a whole file, or where it is outdated. Likewise
            `end_line`.
        side: Which of the two states that are shown has the line.
        outdated: Whether its lines, or its file, are no more what they were.
        quote: The lines it was made on, the first few; empty where they can't be read.
    """

    thread: Thread
    path: str | None
    line: int | None
    end_line: int | None
    side: Side
    outdated: bool
    quote: tuple[str, ...] = ()

    @property
    def place(self) -> str:
        """Where it is now, or where it was made; not sanitised."""
        return place_text(self.path, self.line, self.end_line) if self.line else self.thread.opener.comment.place

    def to_json(self) -> dict[str, Any]:
        """One item of `review comments --json`."""
        opener = self.thread.opener
        made = opener.comment
        resolved = self.thread.resolved
        return {
            "id": self.thread.id,
            "path": self.path,
            "line": self.line,
            "end_line": self.end_line,
            "side": self.side,
            "outdated": self.outdated,
            "made_at": {
                "path": made.path,
                "line": made.line,
                "end_line": made.end_line,
                "tree": self.thread.opener.tree,
            },
            "quote": list(self.quote),
            "resolved": resolved is not None,
            "resolved_by": resolved and {"email": resolved.reviewer_email, "record": resolved.file},
            "comments": [_post_json(post) for post in self.thread.posts],
        }


def _post_json(post: Posted) -> dict[str, Any]:
    record = post.record
    return {
        "id": post.comment.id,
        "text": post.comment.text,
        "suggestion": post.comment.proposed,
        "reply_to": post.comment.reply_to,
        "reviewer": {"name": record.reviewer_name, "email": record.reviewer_email},
        "at": f"{record.at:%Y-%m-%dT%H:%M:%SZ}",
        "verdict": record.verdict,
        "proof": record.proof,
        "tree": record.tree,
        "record": record.file,
    }


def placed(discussion: Discussion, files: TreeFiles, *, tree: str | None, base: str | None) -> tuple[Placed, ...]:
    """Every thread with its place: new lines in `tree`, old ones in `base` or, where that lacks them, in `tree`."""
    return tuple(_placed(thread, files, tree, base) for thread in discussion.threads)


def _placed(thread: Thread, files: TreeFiles, tree: str | None, base: str | None) -> Placed:
    post = thread.opener
    made = post.comment
    quote = _quote(post, files)
    sides: Sequence[tuple[Side, str | None]] = (
        (("old", base), ("new", tree)) if made.side == "old" else (("new", tree),)
    )
    for side, shown in sides:
        if shown is None:
            continue
        path = _path_in(post, files, shown)
        if made.path is None or (made.line is None and made.quote is None and path is not None):
            return Placed(thread, path, None, None, "new", False, quote)
        if path is not None and (line := line_in(post, files, shown, path)) is not None:
            end = line + (made.end_line or made.line or line) - (made.line or line)
            return Placed(thread, path, line, end, side, False, quote)
    return Placed(thread, made.path, None, None, made.side, True, quote)


def line_in(post: Posted, files: TreeFiles, tree: str, path: str) -> int | None:
    """Where the lines of a comment are in a file of another tree."""
    made = post.comment
    if made.line is None or made.path is None:
        return None
    lines = files.lines(tree, path)
    if lines is None:
        return None
    count = (made.end_line or made.line) - made.line + 1
    source = files.lines(post.tree, made.path) if post.tree else None
    if source is None:
        return find_context(made.context, made.line, count, lines) if made.context else None
    spot = spot_of(source, made.line, made.line + count - 1)
    if spot is None or (made.context and spot.context != made.context):
        return None  # it does not name the lines it says it does
    return made.line if lines == source else find(spot, lines)


def _path_in(post: Posted, files: TreeFiles, tree: str) -> str | None:
    """The path of a comment's file in a tree, followed where the file was only moved."""
    path = post.comment.path
    if path is None or files.entry(tree, path) is not None:
        return path
    before = files.entry(post.tree, path) if post.tree else None
    return files.with_content(tree, before.id) if before else None


def _quote(post: Posted, files: TreeFiles) -> tuple[str, ...]:
    made: Comment = post.comment
    if made.quote is not None:
        return tuple(made.quote.split("\n"))[:_MOST_QUOTED]
    if made.line is None or made.path is None or post.tree is None:
        return ()
    lines = files.lines(post.tree, made.path) or ()
    return tuple(lines[made.line - 1 : made.end_line][:_MOST_QUOTED])
