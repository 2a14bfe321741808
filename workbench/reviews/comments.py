"""Comments on lines, files and skills as records hold them: written within bounds, read with suspicion.

A comment's line is that of a file in one tree: the record's tree (side `new`), or the tree that it was compared with
(side `old`). `anchoring` finds the line again in any other tree.
"""

import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, get_args

from workbench.errors import InputError
from workbench.reviews.model import Record
from workbench.text import visible

Side = Literal["old", "new"]
"""Which side of a change a line is of: before (`old`) or after it (`new`)."""

MAX_COMMENTS = 200
"""So many comments one record may hold."""
MAX_TEXT = 20_000
"""So many characters the text of a comment, or its suggestion, may have."""
MAX_LINE = 10_000_000
_MAX_RESOLVES = 500
_MAX_PATH = 4_096
_ID = re.compile(r"[0-9a-f]{12}")
_HEX = re.compile(r"[0-9a-f]{7,64}")
_KEY = re.compile(r"[0-9a-f]{16}")
_FENCE = re.compile(r" {0,3}(`{3,}|~{3,})[ \t]*suggestion[ \t]*")


@dataclass(frozen=True, slots=True)
class Comment:
    """One remark.

    Attributes:
        text: What is said; hostile text, as all of the fields.
        id: Names it for ever: a digest of its record's file and its place in it. Empty before it is recorded.
        path: The file, relative to the skill; None for the skill as a whole.
        line: The first line it is about, from 1; None for the whole file.
        end_line: The last line; the same as `line` where it is about one.
        side: Whose line it is.
        context: Digest of the lines with a few around them (`anchoring`); None without a line.
        tree: The tree that has the line, where it is not the one that the record names for the side.
        quote: The lines themselves, where no tree that is kept has them.
        suggestion: What to put in the place of the lines.
        reply_to: The comment that this one answers.
        key: Tells one that was sent twice.
    """

    text: str
    id: str = ""
    path: str | None = None
    line: int | None = None
    end_line: int | None = None
    side: Side = "new"
    context: str | None = None
    tree: str | None = None
    quote: str | None = None
    suggestion: str | None = None
    reply_to: str | None = None
    key: str | None = None

    @property
    def proposed(self) -> str | None:
        """What it suggests to put in the place of its lines, whether apart or in a fenced block of its text."""
        return self.suggestion if self.suggestion is not None else suggestion_in(self.text)

    @property
    def place(self) -> str:
        """Where it was made: `scripts/run.py:4-6`; empty for the skill as a whole. Not sanitised."""
        return place_text(self.path, self.line, self.end_line)

    def fields(self) -> dict[str, Any]:
        """What a record keeps of it."""
        end = self.end_line if self.end_line != self.line else None
        side = self.side if self.line is not None else None
        known = {
            "path": self.path, "line": self.line, "end_line": end, "side": side, "context": self.context,
            "tree": self.tree, "quote": self.quote, "text": self.text, "suggestion": self.suggestion,
            "reply_to": self.reply_to, "key": self.key,
        }  # fmt: skip
        return {name: value for name, value in known.items() if value is not None}


@dataclass(frozen=True, slots=True)
class Remarks:
    """What a record says besides its verdict: comments, and the threads (ids of comments) that it resolves."""

    comments: tuple[Comment, ...] = ()
    resolves: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.comments or self.resolves)


NO_REMARKS = Remarks()


def place_text(path: str | None, line: int | None, end_line: int | None) -> str:
    """`scripts/run.py:4-6`, `scripts/run.py:4`, `scripts/run.py`, or nothing for a skill as a whole."""
    if path is None or line is None:
        return path or ""
    return f"{path}:{line}" if end_line in (None, line) else f"{path}:{line}-{end_line}"


def checked(remarks: Remarks) -> Remarks:
    """The remarks, if a record can hold them.

    Raises:
        InputError: There are too many, or one is empty or too long.
    """
    if len(remarks.comments) > MAX_COMMENTS or len(remarks.resolves) > _MAX_RESOLVES:
        raise InputError(f"one record holds at most {MAX_COMMENTS} comments", remedy="send them with several verdicts")
    for comment in remarks.comments:
        where = visible(comment.place) or None
        if not comment.text.strip() and comment.suggestion is None:
            raise InputError("a comment says nothing", where=where, remedy="give it a text or a suggestion")
        if len(comment.text) > MAX_TEXT or len(comment.suggestion or "") > MAX_TEXT:
            what = f"a comment is longer than {MAX_TEXT:,} characters"
            raise InputError(what, where=where, remedy="say it in several comments")
    return remarks


def comments_in(record: Record) -> tuple[tuple[Comment, ...], tuple[str, ...]]:
    """The comments of a record, and what is wrong with those that can't be read, one line each.

    A comment that can't be read never keeps the record from counting.
    """
    raw = record.raw.get("comments")
    if not raw:
        return (), ()
    if not isinstance(raw, list):
        return (), ("its comments are not a list",)
    found: list[Comment] = []
    wrong: list[str] = []
    for number, item in enumerate(raw[:MAX_COMMENTS]):
        comment = _comment(item, comment_id(record.file, number))
        if isinstance(comment, Comment):
            found.append(comment)
        else:
            wrong.append(f"comment {number + 1}: {comment}")
    if len(raw) > MAX_COMMENTS:
        wrong.append(f"only the first {MAX_COMMENTS} of its {len(raw):,} comments are read")
    return tuple(found), tuple(wrong)


def resolves_in(record: Record) -> tuple[str, ...]:
    """The comments whose threads a record says it resolves."""
    raw = record.raw.get("resolves")
    items = raw[:_MAX_RESOLVES] if isinstance(raw, list) else []
    return tuple(item for item in items if isinstance(item, str) and _ID.fullmatch(item))


def comment_id(file: str, number: int) -> str:
    """The id of the comment at this place (from 0) of a record's list."""
    return hashlib.sha256(f"{file}\0{number}".encode("utf-8", "surrogateescape")).hexdigest()[:12]


def suggestion_in(text: str) -> str | None:
    """What the first fenced block `suggestion` of a text holds, as GitHub reads it; None where there is none."""
    fence = ""
    kept: list[str] = []
    for line in text.split("\n"):
        bare = line.rstrip("\r")
        if not fence:
            found = _FENCE.fullmatch(bare)
            fence = found[1] if found else ""
        elif _closes(bare, fence):
            return "".join(f"{one}\n" for one in kept)
        else:
            kept.append(bare)
    return None


def _closes(line: str, fence: str) -> bool:
    bare = line.strip(" \t")
    return len(bare) >= len(fence) and not bare.strip(fence[0]) and len(line) - len(line.lstrip(" ")) <= 3


def _comment(item: object, id_: str) -> Comment | str:
    """One comment, or what is wrong with it."""
    if not isinstance(item, Mapping):
        return "it is not a mapping"
    text, suggestion = item.get("text", ""), item.get("suggestion")
    if not isinstance(text, str) or not isinstance(suggestion, str | None):
        return "its text is not text"
    if len(text) > MAX_TEXT or len(suggestion or "") > MAX_TEXT:
        return f"it is longer than {MAX_TEXT:,} characters"
    if not text.strip() and suggestion is None:
        return "it says nothing"
    place = _place(item)
    if isinstance(place, str):
        return place
    path, line, end_line = place
    side = item.get("side", "new")
    if side not in get_args(Side):
        return f"its side is {visible(repr(side))[:40]}"
    return Comment(
        text,
        id_,
        path,
        line,
        end_line,
        side,
        context=_of_form(item.get("context"), _HEX) if line else None,
        tree=_of_form(item.get("tree"), _HEX),
        quote=_quote(item.get("quote")),
        suggestion=suggestion,
        reply_to=_of_form(item.get("reply_to"), _ID),
        key=_of_form(item.get("key"), _KEY),
    )


def _place(item: Mapping[Any, Any]) -> tuple[str | None, int | None, int | None] | str:
    path, line, end_line = item.get("path"), item.get("line"), item.get("end_line", item.get("line"))
    if path is not None and (not isinstance(path, str) or not path or len(path) > _MAX_PATH):
        return "its path is not text"
    if line is None:
        return path, None, None
    if path is None:
        return "it has a line and no path"
    for number in (line, end_line):
        if isinstance(number, bool) or not isinstance(number, int) or not 1 <= number <= MAX_LINE:
            return f"its line is {visible(repr(number))[:40]}"
    if end_line < line:
        return "it ends before it begins"
    return path, line, end_line


def _of_form(value: object, form: re.Pattern[str]) -> str | None:
    return value if isinstance(value, str) and form.fullmatch(value) else None


def _quote(value: object) -> str | None:
    return value[:MAX_TEXT] if isinstance(value, str) else None


def quoted(lines: Sequence[str], *, most: int = 20) -> str:
    """Lines as a record quotes them: the first few, within bounds."""
    return "\n".join(lines[:most])[:MAX_TEXT]
