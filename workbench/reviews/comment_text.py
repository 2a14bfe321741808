"""Threads of comments as text: for a terminal, and as Markdown for an author or an agent.

In Markdown, what somebody wrote stands in a block of code whose fence nothing in it can close, so that no comment can
pose as a heading, an approval, a link or another person's words.
"""

import difflib
from collections.abc import Callable, Iterator, Sequence
from itertools import groupby
from typing import Any

from workbench.reviews.comment_desk import Talk
from workbench.reviews.discussion import Placed
from workbench.reviews.markdown_text import code, escaped, fenced
from workbench.reviews.threads import Posted
from workbench.text import plural, visible, visible_lines

_SHOWN = 20
_MOST_COMPARED = 40_000
"""Lines times lines; of more, what goes and what comes stand below each other."""
Paint = Callable[[str, str], str]


def chosen(talk: Talk, *, all_threads: bool) -> tuple[Placed, ...]:
    """The threads to show, by file and line: the open ones, or all."""
    some = [one for one in talk.threads if all_threads or one.thread.open]
    return tuple(sorted(some, key=lambda one: (one.path or "", one.line or one.thread.opener.comment.line or 0)))


def as_text(talk: Talk, threads: Sequence[Placed], paint: Paint = lambda text, _style: text) -> Iterator[str]:
    """Threads as lines for a terminal, sanitised; `paint(text, style)` may add colour."""
    for number, one in enumerate(threads):
        if number:
            yield ""
        yield f"{paint(visible(one.place) or visible(talk.name), 'file')}  {_status(one, paint)}  {one.thread.id}"
        for at, line in _numbered(one):
            yield paint(f"  {at:>5} │ {line}", "code")
        for post in one.thread.posts:
            yield f"  {paint(_who(post), 'who')}  {post.comment.id}"
            for line in visible_lines(post.comment.text.rstrip("\n")):
                yield f"    {line}"
            for line in suggested_lines(one, post):
                yield paint(f"    {visible(line)}", line[:1])


def as_markdown(talk: Talk, threads: Sequence[Placed]) -> str:
    """Threads by file, the code they are about quoted and suggestions as diffs."""
    lines = [
        f"# Comments on {escaped(talk.name)}",
        "",
        f"Skill `{code(talk.skill)}`, tree `{(talk.tree or 'unknown')[:12]}`; {plural(talk.unresolved, 'thread')} open."
        " The blocks below quote what reviewers wrote, exactly.",
        "",
    ]
    for path, some in groupby(threads, key=lambda one: one.path):
        lines += [_heading(path), ""]
        for one in some:
            lines += [*_thread_markdown(one), ""]
    if not threads:
        lines += ["No open thread.", ""]
    return "\n".join(lines).rstrip() + "\n"


def to_json(talk: Talk, threads: Sequence[Placed]) -> dict[str, Any]:
    """Threads by file, for programs: each with its lines and what it suggests as a unified diff."""
    files = []
    for path, some in groupby(threads, key=lambda one: one.path):
        said = [
            {**one.to_json(), "diffs": {post.comment.id: list(suggested_lines(one, post)) for post in one.thread.posts
                                        if post.comment.proposed is not None}}
            for one in some
        ]  # fmt: skip
        files.append({"path": path, "threads": said})
    return {**{key: value for key, value in talk.to_json().items() if key != "threads"}, "files": files}


def thread_markdown(one: Placed) -> str:
    """One thread, to be pasted where somebody reads it."""
    return (
        "\n".join([f"## `{code(one.path)}`" if one.path else "## The skill as a whole", "", *_thread_markdown(one)])
        + "\n"
    )


def _heading(path: str | None) -> str:
    return f"## `{code(path)}`" if path else "## The skill as a whole"


def _thread_markdown(one: Placed) -> Iterator[str]:
    place = _lines_of(one)
    state = "resolved" if not one.thread.open else "open"
    yield f"### {place or 'The whole file' if one.path else 'In general'} ({state}, `{one.thread.id}`)"
    numbered = list(_numbered(one))
    if numbered:
        yield ""
        yield fenced("\n".join(f"{at:>5} | {line}" for at, line in numbered))
    for post in one.thread.posts:
        yield ""
        yield f"{escaped(_who(post))}:"
        yield ""
        yield fenced(post.comment.text or "(no words)")
        diff = list(suggested_lines(one, post))
        if diff:
            yield ""
            yield f"Suggests (`workbench review apply-suggestion` with `{post.comment.id}`):"
            yield ""
            yield fenced("\n".join(diff), "diff")


def _lines_of(one: Placed) -> str:
    made = one.thread.opener.comment
    line, end = (one.line, one.end_line) if one.line else (made.line, made.end_line)
    if line is None:
        return "Outdated" if one.outdated else ""
    words = f"Line {line}" if end in (None, line) else f"Lines {line} to {end}"
    side = " before the change" if one.side == "old" else ""
    return f"{words}{side}, outdated" if one.outdated else f"{words}{side}"


def _status(one: Placed, paint: Paint) -> str:
    words = []
    if one.thread.resolved is not None:
        words.append(paint(f"✓ resolved by {visible(one.thread.resolved.reviewer_name)}", "done"))
    else:
        words.append(paint("◦ open", "open"))
    if one.outdated:
        words.append(paint("outdated", "open"))
    if one.side == "old":
        words.append("before the change")
    return ", ".join(words)


def _who(post: Posted) -> str:
    record = post.record
    proof = "" if record.proof == "author" else ", signed"
    return f"{visible(record.reviewer_name)} <{visible(record.reviewer_email)}>, {record.at:%Y-%m-%d}{proof}"


def _numbered(one: Placed) -> Iterator[tuple[int, str]]:
    """The commented lines with their numbers, made visible."""
    start = one.line or one.thread.opener.comment.line or 1
    for offset, line in enumerate(one.quote[:_SHOWN]):
        yield start + offset, visible(line.removesuffix("\r").expandtabs(4))


def suggested_lines(one: Placed, post: Posted) -> Iterator[str]:
    """What a comment suggests for the lines that it was made on, as the lines of a diff; not sanitised."""
    proposed = post.comment.proposed
    if proposed is None:
        return
    after = proposed.removesuffix("\n").split("\n") if proposed else []
    before = [line.removesuffix("\r") for line in one.quote]
    if len(before) * len(after) > _MOST_COMPARED:
        yield from (f"-{line}" for line in before)
        yield from (f"+{line}" for line in after)
        return
    for tag, a, b, c, d in difflib.SequenceMatcher(None, before, after, autojunk=False).get_opcodes():
        if tag == "equal":
            yield from (f" {line}" for line in before[a:b])
        else:
            yield from (f"-{line}" for line in before[a:b])
            yield from (f"+{line}" for line in after[c:d])
