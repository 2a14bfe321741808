"""Threads: the comments of all records of a skill, joined by what answers what, open or resolved.

A thread is resolved by a record that names it, if its reviewer opened the thread, is an author of the skill, or gives a
verdict with it (an approval or a request for changes). A later answer opens it again. Only records that count have a
say, and order is the branch's.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace

from workbench.reviews.comments import Comment, comments_in, resolves_in
from workbench.reviews.mailmap import Mailmap
from workbench.reviews.model import Record
from workbench.text import visible

_DECIDING = ("approve", "request-changes")


@dataclass(frozen=True, slots=True)
class Posted:
    """A comment with the record that brought it."""

    comment: Comment
    record: Record

    @property
    def tree(self) -> str | None:
        """The tree that has the commented line; None where it was compared with nothing."""
        comment = self.comment
        return comment.tree or (self.record.base if comment.side == "old" else self.record.tree)


@dataclass(frozen=True, slots=True)
class Thread:
    """A comment and what was answered, in the branch's order.

    Attributes:
        number: The opening record's place among the skill's records, from 0.
        resolved: The record that resolved it; None while it is open.
    """

    posts: tuple[Posted, ...]
    number: int
    resolved: Record | None = None

    @property
    def id(self) -> str:
        """The id of its first comment."""
        return self.posts[0].comment.id

    @property
    def opener(self) -> Posted:
        """Its first comment."""
        return self.posts[0]

    @property
    def open(self) -> bool:
        """Whether nobody resolved it."""
        return self.resolved is None


@dataclass(frozen=True, slots=True)
class Discussion:
    """All threads of a skill, oldest first, and what of its records could not be taken in, one line each."""

    threads: tuple[Thread, ...] = ()
    problems: tuple[str, ...] = ()
    mailmap: Mailmap = field(default_factory=Mailmap)
    authors: Collection[str] = frozenset()

    def may_resolve(self, email: str, thread: Thread) -> bool:
        """Whether a person may resolve a thread without giving a verdict."""
        who = self.mailmap.of(email)
        return who in self.authors or who == self.mailmap.of(thread.opener.record.reviewer_email)

    def of(self, id_: str) -> Thread | None:
        """The thread that holds a comment."""
        return next((t for t in self.threads if any(post.comment.id == id_ for post in t.posts)), None)

    @property
    def keys(self) -> frozenset[str]:
        """What tells comments that were sent already."""
        found = (post.comment.key for thread in self.threads for post in thread.posts)
        return frozenset(key for key in found if key)


@dataclass(slots=True)
class _Joined:
    """Threads while they are put together."""

    mailmap: Mailmap
    authors: Collection[str]
    threads: list[Thread] = field(default_factory=list)
    of: dict[str, int] = field(default_factory=dict)
    keys: set[tuple[str, str]] = field(default_factory=set)
    problems: list[str] = field(default_factory=list)

    def take(self, record: Record, number: int) -> None:
        comments, wrong = comments_in(record)
        self.problems += [f"{visible(record.file)}: {line}" for line in wrong]
        who = self.mailmap.of(record.reviewer_email)
        for comment in comments:
            if comment.key and (who, comment.key) in self.keys:
                continue  # sent a second time, because the first time was interrupted
            if comment.key:
                self.keys.add((who, comment.key))
            self._post(Posted(comment, record), number)
        for id_ in resolves_in(record):
            self._resolve(record, who, id_)

    def _post(self, posted: Posted, number: int) -> None:
        above = self.of.get(posted.comment.reply_to or "")
        if above is None:
            if posted.comment.reply_to:
                self.problems.append(f"{visible(posted.record.file)}: a comment answers one that is not there")
            self.of[posted.comment.id] = len(self.threads)
            self.threads.append(Thread((posted,), number))
        else:
            thread = self.threads[above]
            self.of[posted.comment.id] = above
            self.threads[above] = replace(thread, posts=(*thread.posts, posted), resolved=None)

    def _resolve(self, record: Record, who: str, id_: str) -> None:
        at = self.of.get(id_)
        if at is None:
            self.problems.append(f"{visible(record.file)}: it resolves a thread that is not there")
        elif not self._may_resolve(record, who, self.threads[at]):
            what = f"{visible(record.reviewer_email)} may not resolve the thread {self.threads[at].id}"
            self.problems.append(f"{visible(record.file)}: {what}")
        else:
            self.threads[at] = replace(self.threads[at], resolved=record)

    def _may_resolve(self, record: Record, who: str, thread: Thread) -> bool:
        opener = self.mailmap.of(thread.opener.record.reviewer_email)
        return record.verdict in _DECIDING or who == opener or who in self.authors


def discuss(
    records: Sequence[Record], *, mailmap: Mailmap | None = None, authors: Collection[str] = frozenset()
) -> Discussion:
    """The threads of a skill's records, given in the branch's order.

    Args:
        mailmap: Which e-mails are one person's.
        authors: Proper e-mails of the authors of the skill, in lower case.
    """
    joined = _Joined(mailmap or Mailmap(), authors)
    for number, record in enumerate(records):
        if record.counts and (record.raw.get("comments") or record.raw.get("resolves")):
            joined.take(record, number)
    return Discussion(tuple(joined.threads), tuple(joined.problems), joined.mailmap, authors)


def open_at(discussion: Discussion, records: Sequence[Record], tree: str) -> Mapping[str, int]:
    """How many open threads stand against each approval of a tree, by the approval's file.

    These are the threads opened before it (on whatever tree), with it, or on that very tree. What was said later of
    another tree leaves the approval alone, so that what was approved stays approved while its successor is discussed.
    """
    found = {}
    for number, record in enumerate(records):
        if record.verdict == "approve" and record.tree == tree:
            found[record.file] = sum(
                thread.open and (thread.number <= number or thread.opener.record.tree == tree)
                for thread in discussion.threads
            )
    return found
