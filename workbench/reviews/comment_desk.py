"""What can be said about the lines of a library's skills: threads read, drafts kept and sent, threads resolved."""

from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from workbench.errors import ConflictError, InputError, RefusedError
from workbench.git import Repository
from workbench.reviews import composing
from workbench.reviews import drafts as kept
from workbench.reviews.agents import refuse_agents
from workbench.reviews.comparing import named_tree
from workbench.reviews.composing import Ground, Target, Words, found, remarks_of
from workbench.reviews.desk import ReviewDesk
from workbench.reviews.discussion import Placed, placed
from workbench.reviews.drafts import Draft, PlacedDraft
from workbench.reviews.listing import SkillRow
from workbench.reviews.model import POLICY_ID, Recorded, Verdict
from workbench.reviews.policy_check import evidence_for
from workbench.reviews.policy_object import PATHS, write_tree
from workbench.reviews.states import discussion_of
from workbench.reviews.suggesting import Applied, apply_suggestion
from workbench.reviews.survey import Background
from workbench.reviews.threads import Discussion
from workbench.reviews.tree_files import TreeFiles
from workbench.reviews.trees import current_trees
from workbench.reviews.verdicts import encodable
from workbench.storage import Store
from workbench.text import visible

SENDING: tuple[Verdict, ...] = ("comment", "request-changes", "approve")
"""The verdicts that send drafts along."""


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
    ground: Ground


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
            base: The tree that it is compared with, which has the lines of side `old`. Without it they are looked for
                in the shown state, and then in the approved one.

        Raises:
            InputError: Outside git, or `tree` names nothing.
            UsageError: No skill is meant, or more than one.
        """
        with self._here(name) as here:
            shown = here.ground.tree if tree is None else here.ground.named(tree)
            talk, files = here.ground.discussion, here.ground.files
            threads = placed(talk, files, tree=shown, base=base)
            if base is None and any(one.outdated for one in threads):
                before = placed(talk, files, tree=shown, base=here.ground.approved)
                threads = tuple(old if new.outdated else new for new, old in zip(threads, before, strict=True))
            mine = tuple(kept.place(one, files, tree=shown, base=base) for one in self.drafts(here.row.id))
            return Talk(here.row.id, here.row.name, shown, threads, mine, talk.problems)

    def drafts(self, skill_id: str) -> tuple[Draft, ...]:
        """The drafts on one skill, oldest first; none where the store can't be opened."""
        store = self._open()
        return kept.drafts_of(store, self._library, skill_id) if store else ()

    def compose(
        self, name: str, target: Target, words: Words, *, tree: str | None = None, base: str | None = None
    ) -> Draft:
        """A draft that is not kept yet.

        Args:
            tree: The revision or tree whose lines are meant with side `new`; None for the current tree.
            base: The tree whose lines are meant with side `old`; None for the last approved one.

        Raises:
            InputError: There is no such file, line or comment.
        """
        with self._here(name) as here:
            return composing.compose(here.ground, target, words, tree=tree, base=base)

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
        seen: Collection[str] | None = None,
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
            return self._reviews.decide(
                skill_id, verdict, reason, expect=expect, via=via, sign=sign, may_ask=may_ask, seen=seen
            )
        with self._here(skill_id) as here:
            fresh = [draft for draft in drafts if draft.key not in here.ground.discussion.keys]
            settled = [found(here.ground, id_)[0].id for id_ in resolves]
            tree = here.ground.tree
            remarks = remarks_of(fresh, here.ground.files, tree, here.row.standing.approved_tree, settled)
        if remarks.resolves:
            refuse_agents("resolving a thread")
        if not remarks and not reason.strip():
            self.forget(drafts)
            raise ConflictError("these drafts were sent before; they are put away now", where=visible(skill_id))
        done = self._reviews.decide(
            skill_id,
            verdict,
            reason,
            expect=expect or tree,
            via=via,
            sign=sign,
            may_ask=may_ask,
            remarks=remarks,
            seen=seen,
        )
        self.forget(drafts)
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
            thread, _ = found(here.ground, id_)
            who = here.background.in_force.people.mailmap.of(here.repository.identity().email)
            if not thread.open:
                assert thread.resolved is not None
                what = f"{visible(thread.resolved.reviewer_email)} resolved the thread {thread.id}"
                raise ConflictError(what, where=visible(here.row.id), remedy="an answer opens it again")
            if not here.ground.discussion.may_resolve(who, thread):
                what = "only who opened a thread or wrote the skill resolves it without a verdict"
                remedy = f"resolve it with your verdict: --resolve {thread.id}"
                raise RefusedError(what, where=visible(here.row.id), remedy=remedy)
        return self.send(skill_id, "comment", reason, resolves=[thread.id], via=via, sign=sign, may_ask=may_ask)

    def apply(self, skill_id: str, id_: str, *, commit: bool = False) -> Applied:
        """Put what a comment suggests into the work tree. Args and raises as `suggesting.apply_suggestion`."""
        with self._here(skill_id) as here:
            thread, post = found(here.ground, id_)
            [where] = placed(Discussion((thread,)), here.ground.files, tree=here.ground.tree, base=None)
            return apply_suggestion(here.repository, here.row.skill, where, post, datetime.now(UTC), commit=commit)

    def _store(self) -> Store:
        store = self._open()
        if store is None:
            remedy = "set WORKBENCH_DATA to a folder that can be written"
            raise InputError("drafts are kept in the store, which can't be opened", remedy=remedy)
        return store

    def forget(self, drafts: Sequence[Draft]) -> None:
        """Take away drafts that were sent; one that was edited meanwhile stays."""
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
            discussion = discussion_of(evidence_for(row, background, datetime.now(UTC)))
            named = lambda rev: named_tree(scratch, row.id, rev)  # noqa: E731 - a revision is named where it is read
            approved, files = row.standing.approved_tree, TreeFiles(scratch.run)
            yield _Here(repository, row, background, Ground(row.id, tree, approved, discussion, files, named))
