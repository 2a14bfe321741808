"""What can be said about the lines of a library's skills: threads read, drafts kept and sent, threads resolved."""

import secrets
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

from workbench.errors import ConflictError, InputError, RefusedError
from workbench.git import Repository
from workbench.reviews import drafts as kept
from workbench.reviews.agents import refuse_agents
from workbench.reviews.anchoring import spot_of
from workbench.reviews.comments import Remarks, Side
from workbench.reviews.comparing import named_tree
from workbench.reviews.desk import ReviewDesk
from workbench.reviews.discussion import Placed, placed
from workbench.reviews.drafts import Draft, PlacedDraft
from workbench.reviews.listing import SkillRow
from workbench.reviews.model import Recorded, Verdict
from workbench.reviews.policy_check import evidence_for
from workbench.reviews.policy_object import PATHS, POLICY_ID, write_tree
from workbench.reviews.states import discussion_of
from workbench.reviews.suggesting import Applied, apply_suggestion
from workbench.reviews.survey import Background
from workbench.reviews.threads import Discussion, Posted, Thread, discuss
from workbench.reviews.tree_files import TreeFiles
from workbench.reviews.trees import current_trees
from workbench.reviews.verdicts import Subject, encodable
from workbench.storage import Store
from workbench.text import plural, visible

SENDING: tuple[Verdict, ...] = ("comment", "request-changes", "approve")
"""The verdicts that send drafts along."""
_LEAST_ID = 4


@dataclass(frozen=True, slots=True)
class Target:
    """What a comment is about: lines of a file of the skill, a whole file, or the skill as a whole."""

    path: str | None = None
    line: int | None = None
    end_line: int | None = None
    side: Side = "new"


@dataclass(frozen=True, slots=True)
class Talk:
    """What was said about a skill, and what this user is about to say, placed in one state of it.

    Attributes:
        tree: The state that is shown.
        problems: What of the records could not be taken in, one line each.
    """

    skill: str
    name: str
    tree: str | None
    threads: tuple[Placed, ...]
    drafts: tuple[PlacedDraft, ...] = ()
    problems: tuple[str, ...] = ()

    @property
    def unresolved(self) -> int:
        """How many threads are open."""
        return sum(one.thread.open for one in self.threads)

    def to_json(self) -> dict[str, Any]:
        """The contract of `review comments --json`."""
        return {
            "skill": self.skill,
            "tree": self.tree,
            "unresolved": self.unresolved,
            "threads": [one.to_json() for one in self.threads],
            "problems": list(self.problems),
        }


@dataclass(frozen=True, slots=True)
class _Here:
    """A skill, and where its current tree can be read."""

    repository: Repository
    row: SkillRow
    background: Background
    discussion: Discussion
    files: TreeFiles
    tree: str | None
    named: Callable[[str], str | None]


class CommentDesk:
    """What can be asked, written and recorded about the lines of one library's skills.

    Args:
        reviews: The library's reviews.
        library: Names the library in the store.
        store: Gives the user's store; None where it can't be opened.
    """

    def __init__(self, reviews: ReviewDesk, library: str, *, store: Callable[[], Store | None]) -> None:
        self._reviews = reviews
        self._library = library
        self._open = store

    def read(self, name: str, *, tree: str | None = None, base: str | None = None) -> Talk:
        """All threads and drafts on a skill, placed in a state of it.

        Args:
            tree: A revision or tree; None for the current tree.
            base: The tree that it is compared with, which has the lines of side `old`.

        Raises:
            InputError: Outside git, or `tree` names nothing.
            UsageError: No skill is meant, or more than one.
        """
        with self._here(name) as here:
            shown = here.tree if tree is None else here.named(tree)
            threads = placed(here.discussion, here.files, tree=shown, base=base)
            mine = tuple(kept.place(one, here.files, tree=shown, base=base) for one in self.drafts(here.row.id))
            return Talk(here.row.id, here.row.name, shown, threads, mine, here.discussion.problems)

    def drafts(self, skill_id: str) -> tuple[Draft, ...]:
        """The drafts on one skill, oldest first; none where the store can't be opened."""
        store = self._open()
        return kept.drafts_of(store, self._library, skill_id) if store else ()

    def compose(
        self,
        name: str,
        target: Target,
        text: str,
        *,
        suggestion: str | None = None,
        reply_to: str | None = None,
        resolves: str | None = None,
        tree: str | None = None,
        base: str | None = None,
    ) -> Draft:
        """A draft that is not kept yet.

        Args:
            target: Has no say where it answers a comment.
            reply_to: Id of the comment that it answers, or its first digits. Likewise `resolves`.
            tree: The revision or tree whose lines are meant with side `new`; None for the current tree.
            base: The tree whose lines are meant with side `old`; None for the last approved one.

        Raises:
            InputError: There is no such file, line or comment.
        """
        with self._here(name) as here:
            said = suggestion and encodable(suggestion)
            one = Draft(here.row.id, encodable(text), key=secrets.token_hex(8), suggestion=said, at=_now())
            if resolves is not None:
                one = replace(one, resolves=_found(here, resolves)[0].id)
            if reply_to is not None:
                return replace(one, reply_to=_found(here, reply_to)[1].comment.id)
            if target.path is None:
                return one
            if target.side == "new":
                held = here.tree if tree is None else here.named(tree)
            else:
                held = base or here.row.standing.approved_tree
            path, lines = _file(here, target, held)
            spot = None
            if target.line is not None:
                spot = spot_of(lines or (), target.line, target.end_line or target.line)
                if spot is None:
                    what = (
                        "it has no lines that can be shown" if lines is None else f"it has {plural(len(lines), 'line')}"
                    )
                    raise InputError(what, where=visible(path), remedy="name a line that is there, or the file alone")
            if suggestion is not None and (spot is None or target.side == "old"):
                raise InputError("a suggestion needs lines to stand in for, of the new side", where=visible(path))
            return replace(one, path=path, side=target.side, tree=held, spot=spot)

    def keep(self, draft: Draft) -> Draft:
        """Keep a draft in the store; gives it with its id. Raises as `drafts.add`."""
        return kept.add(self._store(), self._library, draft)

    def edit(self, skill_id: str, id_: int, text: str, suggestion: str | None) -> None:
        """Change what a draft says. Raises as `drafts.edit`."""
        said = suggestion and encodable(suggestion)
        kept.edit(self._store(), self._library, skill_id, id_, encodable(text), said)

    def remove(self, skill_id: str, ids: Sequence[int]) -> None:
        """Take drafts away. Raises as `drafts.remove`."""
        kept.remove(self._store(), self._library, skill_id, ids)

    def send(
        self,
        skill_id: str,
        verdict: Verdict,
        reason: str,
        *,
        drafts: Sequence[Draft] = (),
        resolves: Sequence[str] = (),
        expect: str | None = None,
        via: str = "cli",
        sign: bool | None = None,
        may_ask: bool = False,
    ) -> Recorded:
        """Record a verdict with these drafts, and take them out of the store once it is recorded.

        Args:
            drafts: As they were shown; what was written meanwhile stays a draft.
            resolves: Threads that it resolves, by the ids of their comments or the first digits.

        Raises:
            ConflictError: They were all sent before, and there is nothing else to say.
            RefusedError: An agent would resolve a thread.
            WorkbenchError: As `ReviewDesk.decide`.
        """
        if not drafts and not resolves:
            return self._reviews.decide(skill_id, verdict, reason, expect=expect, via=via, sign=sign, may_ask=may_ask)
        with self._here(skill_id) as here:
            fresh = [draft for draft in drafts if draft.key not in here.discussion.keys]
            settled = [_found(here, id_)[0].id for id_ in resolves]
            tree = here.tree
            remarks = _remarks(fresh, here.files, tree, here.row.standing.approved_tree, settled)
        if remarks.resolves:
            refuse_agents("resolving a thread")
        if not remarks and not reason.strip():
            self._forget(drafts)
            raise ConflictError("these drafts were sent before; they are put away now", where=visible(skill_id))
        done = self._reviews.decide(
            skill_id, verdict, reason, expect=expect or tree, via=via, sign=sign, may_ask=may_ask, remarks=remarks
        )
        self._forget(drafts)
        return done

    def send_set(
        self,
        range_: str,
        verdict: Verdict,
        reason: str,
        *,
        expect: str | None = None,
        via: str = "cli",
        sign: bool | None = None,
        may_ask: bool = False,
    ) -> tuple[Recorded, ...]:
        """Record one verdict on every skill of a range, each with its own drafts. Raises as `ReviewDesk.decide_set`."""
        files = TreeFiles(self._reviews.need_git("a set of changes").run)
        gone: list[Draft] = []

        def remarks(subject: Subject) -> Remarks:
            mine, standing = self.drafts(subject.skill.id), subject.standing
            gone.extend(mine)
            keys = discuss(standing.records).keys
            fresh = [draft for draft in mine if draft.key not in keys]
            made = _remarks(fresh, files, standing.tree, standing.approved_tree, ())
            if made.resolves:
                refuse_agents("resolving a thread")
            return made

        done = self._reviews.decide_set(
            range_, verdict, reason, expect=expect, via=via, sign=sign, may_ask=may_ask, remarks=remarks
        )
        self._forget(gone)
        return done

    def resolve(
        self, skill_id: str, id_: str, reason: str, *, via: str = "cli", sign: bool | None = None, may_ask: bool = False
    ) -> Recorded:
        """Resolve a thread by a record of its own.

        Raises:
            RefusedError: An agent would, or somebody who neither opened the thread nor is an author of the skill.
            ConflictError: It is resolved.
            InputError: There is no such thread.
        """
        refuse_agents("resolving a thread")
        with self._here(skill_id) as here:
            thread, _ = _found(here, id_)
            who = here.background.in_force.people.mailmap.of(here.repository.identity().email)
            if not thread.open:
                assert thread.resolved is not None
                what = f"{visible(thread.resolved.reviewer_email)} resolved the thread {thread.id}"
                raise ConflictError(what, where=visible(here.row.id), remedy="an answer opens it again")
            if not here.discussion.may_resolve(who, thread):
                what = "only who opened a thread or wrote the skill resolves it without a verdict"
                remedy = f"resolve it with your verdict: --resolve {thread.id}"
                raise RefusedError(what, where=visible(here.row.id), remedy=remedy)
        return self.send(skill_id, "comment", reason, resolves=[thread.id], via=via, sign=sign, may_ask=may_ask)

    def apply(self, skill_id: str, id_: str, *, commit: bool = False) -> Applied:
        """Put what a comment suggests into the work tree. Args and raises as `suggesting.apply_suggestion`."""
        with self._here(skill_id) as here:
            thread, post = _found(here, id_)
            [where] = placed(Discussion((thread,)), here.files, tree=here.tree, base=None)
            return apply_suggestion(here.repository, here.row.skill, where, post, datetime.now(UTC), commit=commit)

    def _store(self) -> Store:
        store = self._open()
        if store is None:
            remedy = "set WORKBENCH_DATA to a folder that can be written"
            raise InputError("drafts are kept in the store, which can't be opened", remedy=remedy)
        return store

    def _forget(self, drafts: Sequence[Draft]) -> None:
        store = self._open()
        if store is not None and drafts:
            kept.sent(store, [draft.key for draft in drafts])

    @contextmanager
    def _here(self, name: str) -> Iterator[_Here]:
        """The skill, while its current tree can be read."""
        repository = self._reviews.need_git("comments")
        row, background = self._reviews.standing(name)
        policy = row.id == POLICY_ID
        with current_trees(repository, PATHS if policy else [row.id]) as current:
            scratch = current.scratch
            tree = write_tree(scratch.run, scratch.tree) if policy else current.trees.get(row.id)
            yield _Here(
                repository, row, background, discussion_of(evidence_for(row, background, datetime.now(UTC))),
                TreeFiles(scratch.run), tree, lambda rev: named_tree(scratch, row.id, rev),
            )  # fmt: skip


def _remarks(
    drafts: Sequence[Draft], files: TreeFiles, tree: str | None, base: str | None, resolves: Sequence[str]
) -> Remarks:
    """What a record on a tree keeps of these drafts."""
    where = [kept.place(draft, files, tree=tree, base=base) for draft in drafts]
    settled = [*(draft.resolves for draft in drafts if draft.resolves), *resolves]
    return Remarks(tuple(kept.as_comment(one) for one in where if one.draft.says), tuple(dict.fromkeys(settled)))


def _found(here: _Here, id_: str) -> tuple[Thread, Posted]:
    """The comment that an id or its first digits name, with its thread."""
    posts = [(t, post) for t in here.discussion.threads for post in t.posts if post.comment.id.startswith(id_.lower())]
    if len(posts) != 1 or len(id_) < _LEAST_ID:
        what = f"'{visible(id_)}' names {'several comments' if len(posts) > 1 else 'no comment'} on this skill"
        remedy = f"workbench review comments {visible(here.row.id)} --all lists them"
        raise InputError(what, where=visible(here.row.id), remedy=remedy)
    return posts[0]


def _file(here: _Here, target: Target, tree: str | None) -> tuple[str, tuple[str, ...] | None]:
    """The path of the file that is meant, relative to the skill, and its lines; None for what is no text."""
    path = target.path or ""
    inside = path.removeprefix(f"{here.row.id}/")
    for one in (path, inside):
        if tree is not None and here.files.entry(tree, one) is not None:
            return one, here.files.lines(tree, one)
    if path.startswith("../"):
        remedy = "comment on the line of the skill that comes of it, or on the skill as a whole"
        raise InputError("that file is not the skill's own, so that its review keeps no place in it",
                         where=visible(path), remedy=remedy)  # fmt: skip
    state = "the last approved tree" if target.side == "old" else "the skill"
    raise InputError(f"there is no such file in {state}", where=visible(path), remedy="paths are relative to the skill")


def _now() -> int:
    return int(time.time() * 1000)
