"""Comments on the skills of a change set: read and kept skill by skill, sent with the one verdict."""

from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager

from workbench.errors import InputError
from workbench.reviews import composing
from workbench.reviews import drafts as kept
from workbench.reviews.agents import refuse_agents
from workbench.reviews.changeset import Changed, ChangeSet
from workbench.reviews.comment_desk import CommentDesk, Talk
from workbench.reviews.comments import Remarks
from workbench.reviews.composing import Ground, Target, Words, remarks_of
from workbench.reviews.desk import ReviewDesk
from workbench.reviews.discussion import placed
from workbench.reviews.drafts import Draft
from workbench.reviews.model import Recorded, Verdict
from workbench.reviews.set_desk import SetDesk
from workbench.reviews.tree_files import TreeFiles
from workbench.reviews.trees import write_root_tree
from workbench.reviews.verdicts import Subject
from workbench.skills.model import ROOT_ID
from workbench.text import visible


class SetComments:
    """What can be asked, written and recorded about the lines of a set's skills; nothing of it is checked out.

    Drafts are those of the single skills: what is written in a skill's own review is sent with a verdict on the set,
    and the other way round.

    Args:
        reviews: The library's reviews.
        sets: Records a verdict on a set.
        comments: Where the drafts of its skills are kept.
    """

    def __init__(self, reviews: ReviewDesk, sets: SetDesk, comments: CommentDesk) -> None:
        self._reviews = reviews
        self._sets = sets
        self._comments = comments

    def read(self, found: ChangeSet) -> tuple[Talk, ...]:
        """All threads and drafts on each skill that the set does not remove, placed in the set's two sides."""
        with self._files(found) as files:
            return tuple(self._talk(one, files) for one in found.skills if one.tree is not None)

    def _talk(self, one: Changed, files: TreeFiles) -> Talk:
        id_ = one.skill.id
        threads = placed(one.discussion, files, tree=one.tree, base=one.base)
        drafts = self._comments.drafts(id_)
        mine = tuple(kept.place(draft, files, tree=one.tree, base=one.base) for draft in drafts)
        return Talk(id_, one.skill.name, one.tree, threads, mine, one.discussion.problems)

    def compose(self, found: ChangeSet, skill_id: str, target: Target, words: Words) -> Draft:
        """A draft on a skill of a set that is not kept yet; its lines are those of the set's two sides.

        Raises:
            InputError: There is no such file, line or comment, or the set removes the skill.
        """
        one = next((one for one in found.skills if one.skill.id == skill_id and one.tree is not None), None)
        if one is None or one.standing is None:
            what = "this skill is gone at the head of the range, so that no record can name it"
            raise InputError(what, where=visible(skill_id), remedy="say it in the reason of the verdict")
        with self._files(found) as files:
            ground = Ground(skill_id, one.tree, one.standing.approved_tree, one.discussion, files, lambda _: one.tree)
            return composing.compose(ground, target, words, base=one.base)

    def send(
        self,
        range_: str,
        verdict: Verdict,
        reason: str,
        *,
        drafts: Sequence[Draft] | None = None,
        expect: str | None = None,
        via: str = "cli",
        sign: bool | None = None,
        may_ask: bool = False,
        seen: Collection[str] | None = None,
    ) -> tuple[Recorded, ...]:
        """Record one verdict on every skill of a range, each record with its own skill's drafts.

        They leave the store once all is recorded; where nothing is, every draft stays.

        Args:
            drafts: As they were shown; None for all that there are. What was written meanwhile stays a draft.

        Raises:
            RefusedError: An agent would resolve a thread.
            WorkbenchError: As `SetDesk.decide`.
        """
        repository = self._reviews.need_git("a set of changes")
        files = TreeFiles(repository.run)
        gone: list[Draft] = []

        def remarks(subject: Subject) -> Remarks:
            id_, standing = subject.skill.id, subject.standing
            if id_ == ROOT_ID and subject.commit is not None:
                write_root_tree(repository.run, subject.commit)
            mine = [one for one in (self._comments.drafts(id_) if drafts is None else drafts) if one.skill == id_]
            gone.extend(mine)
            known = composing.sent_keys(standing.records)
            fresh = [draft for draft in mine if draft.key not in known]
            made = remarks_of(fresh, files, standing.tree, standing.approved_tree, ())
            if made.resolves:
                refuse_agents("resolving a thread")
            return made

        done = self._sets.decide(
            range_, verdict, reason, expect=expect, via=via, sign=sign, may_ask=may_ask, remarks=remarks, seen=seen
        )
        self._comments.forget(gone)
        return done

    @contextmanager
    def _files(self, found: ChangeSet) -> Iterator[TreeFiles]:
        """The files of the set's trees; those of a skill at the root, which git holds only as part of another."""
        repository = self._reviews.need_git("comments")
        if all(one.skill.id != ROOT_ID for one in found.skills):
            yield TreeFiles(repository.run)
            return
        with repository.work_tree([]) as scratch:
            for commit in (found.ends.base, found.ends.head):
                write_root_tree(scratch.run, commit)
            yield TreeFiles(scratch.run)
