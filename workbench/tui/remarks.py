"""Threads and drafts as what stands between the lines of a diff."""

from collections.abc import Collection, Iterator

from workbench.reviews.comment_desk import Talk
from workbench.reviews.comment_text import suggested_lines
from workbench.reviews.discussion import Placed
from workbench.reviews.drafts import PlacedDraft
from workbench.text import first_line, plural
from workbench.tui.widgets.comment_rows import Remark
from workbench.tui.widgets.tones import Span

DRAFT = "draft:"
"""What the ids of drafts begin with, among all that is shown."""


def remarks_of(talk: Talk, turned: Collection[str]) -> tuple[Remark, ...]:
    """What stands in the diff: each thread with the drafts that answer it behind, then the other drafts.

    Args:
        turned: Ids of threads that are not folded though resolved, or folded though open.
    """
    shown: list[Remark] = []
    settling = {one.draft.resolves for one in talk.drafts if one.draft.resolves}
    answers: dict[str, list[PlacedDraft]] = {}
    for one in talk.drafts:
        if one.draft.reply_to:
            answers.setdefault(one.draft.reply_to, []).append(one)
    for thread in talk.threads:
        folded = (not thread.thread.open) is not (thread.thread.id in turned)
        shown.append(_of_thread(thread, folded=folded, settling=thread.thread.id in settling))
        for post in thread.thread.posts:
            shown += [_of_draft(one, thread) for one in answers.pop(post.comment.id, ())]
    shown += [_of_draft(one, None) for one in talk.drafts if one.draft.says and not one.draft.reply_to]
    shown += [_of_draft(one, None) for some in answers.values() for one in some]
    return tuple(shown)


def counted(*talks: Talk) -> str:
    """How many threads are open and how many drafts wait: `2 open threads, 1 draft`; empty where there are none."""
    unresolved, drafts = sum(talk.unresolved for talk in talks), sum(len(talk.drafts) for talk in talks)
    said = [plural(unresolved, "open thread")] if unresolved else []
    said += [plural(drafts, "draft")] if drafts else []
    return ", ".join(said)


def _of_thread(placed: Placed, *, folded: bool, settling: bool) -> Remark:
    thread = placed.thread
    done = thread.resolved
    first = thread.opener
    answers = len(thread.posts) - 1
    state: tuple[Span, ...]
    if done is not None:
        state = (Span("✓ resolved", "good"), Span(f" by {done.reviewer_name}", "muted"))
    else:
        state = (Span("◦ open", "attention"),)
    if settling:
        state = (*state, Span("  your next verdict resolves it", "accent"))
    if placed.outdated:
        state = (*state, Span("  outdated", "attention"))
    who = Span(first.record.reviewer_name or first.record.reviewer_email, "strong")
    more = (Span(f"  {plural(answers, 'answer')}", "muted"),) if answers else ()
    said = first_line(first.comment.text) or "a suggestion"
    return Remark(
        id=thread.id,
        path=placed.path,
        line=placed.end_line,
        side=placed.side,
        where=_where(placed),
        head=(*state, *more),
        body=tuple(_posts(placed)),
        short=(*state, Span("  "), who, Span(f": {said}"), *more),
        folded=folded,
        tone="good" if done else "attention",
    )


def _posts(placed: Placed) -> Iterator[Span]:
    """What each comment of a thread says, with who said it above; the lines themselves where they are gone."""
    if placed.outdated and placed.quote:
        yield Span("\n".join(placed.quote[:5]), "comment")
    for post in placed.thread.posts:
        record = post.record
        proof = "" if record.proof == "author" else ", signed"
        yield Span(
            f"{record.reviewer_name} <{record.reviewer_email}>, {record.at.astimezone():%Y-%m-%d %H:%M}{proof}", "muted"
        )
        if post.comment.text.strip():
            yield Span(post.comment.text)
        for line in suggested_lines(placed, post):
            yield Span(line, {"+": "good", "-": "bad"}.get(line[:1], "plain"))


def _of_draft(placed: PlacedDraft, thread: Placed | None) -> Remark:
    draft = placed.draft
    home = thread or placed
    state: tuple[Span, ...] = (Span("✎ draft", "accent"), Span(", sent with your next verdict", "muted"))
    if placed.outdated:
        state = (*state, Span("  outdated", "attention"))
    if draft.reply_to:
        state = (*state, Span("  answers the above" if thread else "  answers a comment", "muted"))
    body = [Span(draft.text)] if draft.text.strip() else []
    if draft.suggestion is not None:
        body += [
            Span("suggests", "muted"),
            *(Span(f"+ {line}", "good") for line in draft.suggestion.rstrip("\n").split("\n")),
        ]
    return Remark(
        id=f"{DRAFT}{draft.id}",
        path=home.path,
        line=home.end_line,
        side=home.side,
        where=_where(home),
        head=state,
        body=tuple(body),
        short=state,
        tone="accent",
    )


def _where(placed: Placed | PlacedDraft) -> str:
    return placed.place or "the skill as a whole"
