"""The reviews of an open library: what changed, what was said, what the rules want, and a verdict recorded."""

import threading
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from workbench.config import Settings, cache_dir
from workbench.errors import InputError, UsageError
from workbench.git import Repository
from workbench.reviews import last_seen
from workbench.reviews.comments import NO_REMARKS, Remarks
from workbench.reviews.history import Change
from workbench.reviews.in_force import InForce
from workbench.reviews.listing import LibraryView, SkillRow
from workbench.reviews.model import POLICY_ID, REVIEWS_REF, Record, Recorded, Verdict, Verification
from workbench.reviews.survey import Background
from workbench.skills.model import Skill
from workbench.storage import Store
from workbench.text import visible

if TYPE_CHECKING:
    from workbench.reviews.card import Card
    from workbench.reviews.checking_receipts import ReceiptCheck
    from workbench.reviews.diff import SkillDiff
    from workbench.reviews.policy_check import PolicyCheck
    from workbench.reviews.proposals import Proposal
    from workbench.reviews.queue import Waiting
    from workbench.reviews.sync import Synced


class Find(Protocol):
    """Gives the skill of some that a name means."""

    def __call__(self, name: str, skills: Sequence[Skill]) -> Skill:
        """The one skill; UsageError if none or several are meant."""


class ReviewDesk:
    """What can be asked and recorded about the reviews of one library.

    Args:
        root: The library's folder.
        repository: None outside git, where most of it is refused with a reason.
        settings: The user's.
        skills: Gives the skills of the work tree.
        find: Finds a skill by name among some.
        row: Gives a skill of the work tree with where it stands, and what that rests on.
        store: Gives the user's store; None where it can't be opened.
    """

    def __init__(
        self,
        root: Path,
        repository: Repository | None,
        settings: Settings,
        *,
        skills: Callable[[], Sequence[Skill]],
        find: Find,
        row: Callable[[str], tuple[SkillRow, Background | None]],
        store: Callable[[], Store | None],
    ) -> None:
        self.root = root
        self.repository = repository
        self.settings = settings
        self._skills = skills
        self._find = find
        self._row = row
        self._store = store

    def standing(self, name: str) -> tuple[SkillRow, Background]:
        """A skill with where it stands, and what that rests on.

        Raises:
            InputError: Outside git.
            UsageError: No skill is meant, or more than one.
        """
        self.need_git("what was approved")
        row, background = self._row(name)
        assert background is not None
        return row, background

    def history(self, skill_id: str) -> tuple[Change, ...]:
        """The commits that changed a skill, newest first, with released versions and approved trees marked."""
        row, background = self._row(skill_id)
        if background is None:
            return ()
        versions = {release.tree: release.version for release in background.releases.get(row.id, ()) if release.stands}
        decided = {r.tree: r.verdict for r in row.standing.records if r.counts and r.verdict in ("approve", "revoke")}
        return tuple(
            replace(change, version=versions.get(change.tree), approved=decided.get(change.tree or "") == "approve")
            for change in background.history.get(row.id, ())
        )

    def diff(self, skill_id: str, *, base: str | None = None, context: int | None = None) -> "SkillDiff":
        """What changed in a skill since `base`: a version, revision or tree, by default its last approved tree.

        Args:
            context: Unchanged lines around each changed place; None for the usual few.

        Raises:
            InputError: Outside git, or `base` names nothing.
        """
        repository = self.need_git("comparing with what was approved")
        from workbench.reviews.comparing import diff_of
        from workbench.reviews.diff import CONTEXT

        row, background = self._row(skill_id)
        if skill_id == POLICY_ID and base is None and background and background.in_force.version:
            base = background.in_force.version.commit
        old = self.base(skill_id, base)
        found = diff_of(repository, skill_id, row.standing, old, context=CONTEXT if context is None else context)
        return found if base is None or old == base else replace(found, base_label=visible(base))

    def base(self, skill_id: str, word: str | None) -> str | None:
        """The tree of the released version that a word names; the word itself where it names none."""
        if word is None:
            return None
        from workbench.reviews.versions import released_tree

        row, background = self._row(skill_id)
        return released_tree(background.releases.get(row.id, ()) if background else (), word) or word

    def contents(self, skill_id: str, ids: Sequence[str]) -> dict[str, bytes]:
        """The blobs of a skill's diff by id, its uncommitted ones too; those that are too large or gone are left out.

        Raises:
            InputError: Outside git.
        """
        from workbench.reviews.comparing import contents_of

        return contents_of(self.need_git("reading a file"), skill_id, ids)

    def mine(self, skill_id: str) -> str:
        """The tree of this user's last verdict on a skill that is not its current tree.

        Raises:
            InputError: There is none, or git does not know who the user is.
        """
        repository = self.need_git("comparing with your last verdict")
        row, background = self._row(skill_id)
        mailmap = background.in_force.people.mailmap if background else None
        me = repository.identity().email
        for record in reversed(row.standing.records):
            same = record.reviewer_email == me
            same = same or (mailmap is not None and mailmap.of(record.reviewer_email) == mailmap.of(me))
            if same and record.counts and record.tree != row.standing.tree:
                return record.tree
        what = "you gave no verdict on an earlier state of this skill"
        raise InputError(what, where=visible(row.id), remedy="compare with what was approved: leave --since-mine out")

    def card(self, skill_id: str, *, base: str | None = None) -> "Card":
        """What the change of a skill since `base` is about: risks, tokens, tests, findings, version, use.

        Raises:
            InputError: As `diff`; or it is the policy, which has none; or a tree is too large.
        """
        repository = self.need_git("comparing with what was approved")
        from workbench.reviews.comparing import card_for

        if skill_id == POLICY_ID:
            what = "the policy has no change card: its diff says all there is to see"
            raise InputError(what, where=POLICY_ID, remedy=f"workbench review diff {POLICY_ID}")
        row, _ = self._row(skill_id)
        old, today = self.base(skill_id, base), datetime.now().astimezone().date()
        found = card_for(repository, skill_id, row.standing, old, self._store(), today)
        return found if base is None or old == base else replace(found, base_label=visible(base))

    def decide(
        self,
        skill_id: str,
        verdict: Verdict,
        reason: str,
        *,
        expect: str | None = None,
        via: str = "cli",
        extra: Mapping[str, Any] | None = None,
        sign: bool | None = None,
        may_ask: bool = False,
        remarks: Remarks = NO_REMARKS,
        seen: Collection[str] | None = None,
    ) -> Recorded:
        """Record a verdict on the current tree of a skill.

        Args:
            sign: Whether to sign it with the user's SSH key; None as the settings say.
            may_ask: Whether a passphrase may be asked for on the terminal.
            seen: Files of the open requests for changes and revokes that were shown; an approval that would settle
                another one is refused. None skips the check.

        Raises:
            RefusedError: An agent would approve or revoke.
            PassphraseNeeded: The key has a passphrase, and nobody may be asked.
            WorkbenchError: As `reviews.verdicts.decide`.
        """
        from workbench.reviews import verdicts
        from workbench.reviews.agents import refuse_agents
        from workbench.reviews.checks import examiner
        from workbench.reviews.signing_choice import signer_for

        repository = self.need_git("a verdict")
        if verdict in ("approve", "revoke"):
            refuse_agents(f"'{verdict}'")
        row, background = self._row(skill_id)
        signer = signer_for(repository, background, [row.id], sign, self.settings.sign, may_ask=may_ask)
        examine = examiner(repository, self._store(), background.in_force if background else InForce(), self.root)
        opinion = verdicts.Opinion(verdict, reason, via, expect, examine=examine, extra=extra, sign=signer, seen=seen)
        done = verdicts.decide(repository, row.skill, row.standing, opinion, datetime.now(UTC), remarks)
        self.rewritten(repository)
        return done

    def propose(self, folder: Path, name: str | None, reason: str) -> "Proposal":
        """Put a folder forward as a skill, on a branch of its own. Args and raises as `reviews.proposals.propose`."""
        from workbench.reviews.proposals import propose

        repository = self.need_git("a proposal")
        done = propose(repository, folder, name, reason, datetime.now(UTC))
        self.rewritten(repository)
        return done

    def verify(
        self, names: Sequence[str] = (), *, base: str | None = None, policy_from: str | None = None
    ) -> Verification:
        """Whether the rules hold for every skill at HEAD. The arguments are those of `reviews.verify.verify`."""
        from workbench.reviews.verify import committed_skills, verify

        repository = self.need_git("verifying")
        ids: list[str] = []
        if names:
            skills = committed_skills(repository, repository.head() or "HEAD")
            ids = [self._find(name, skills).id for name in names]
        found = verify(repository, datetime.now(UTC), names=ids, base=base, policy_from=policy_from)
        wrong = self.rewritten(repository)
        if wrong is None:
            return found
        note = f"{wrong}; workbench review sync --accept-rewrite takes it as it is now"
        return replace(found, ok=False, notes=(note, *found.notes))

    def sync(
        self, *, remote: str | None = None, accept_rewrite: bool = False, cancel: threading.Event | None = None
    ) -> "Synced":
        """Share the reviews branch with a remote. Raises as `reviews.sync.sync`."""
        from workbench.reviews.sync import sync

        repository = self.need_git("sharing reviews")
        store = self._store()
        if store is None:
            what = "sharing reviews needs the store, which knows what was seen last"
            raise InputError(what, remedy="set WORKBENCH_DATA to a folder that can be written")
        return sync(repository, store, cache_dir(), remote=remote, accept_rewrite=accept_rewrite, cancel=cancel)

    def rewritten(self, repository: Repository) -> str | None:
        """What is wrong if the reviews branch does not descend from where this user saw it last; None if it does."""
        store = self._store()
        if store is None:
            return None
        head = repository.resolve(REVIEWS_REF)
        wrong = last_seen.rewritten(store, repository, head)
        if wrong is None:
            last_seen.remember(store, repository, head)
        return wrong

    def policy_check(self, name: str) -> "PolicyCheck":
        """Which demands of the policy the current tree of a skill meets, and who could meet the others."""
        from workbench.reviews.policy_check import check

        row, background = self._row(name)
        if background is None:
            self.need_git("a policy")
        assert background is not None
        return check(row, background, datetime.now(UTC))

    def receipt(self, name: str) -> "dict[str, Any]":
        """The receipt of `NAME`'s approved tree, or of the tree that `NAME@VERSION` released.

        Raises:
            RefusedError: The version's tag was moved.
            InputError: There is no such version, or nothing was decided on that tree.
        """
        from workbench.reviews.receipts import receipt_of, receipt_of_version
        from workbench.reviews.versions import name_and_version

        repository = self.need_git("a receipt")
        label, version = name_and_version(name)
        row, background = self._row_or_what_is_gone(repository, label)
        if version:
            return receipt_of_version(repository, row, background, version)
        decided = row.standing.tree if row.standing.state == "approved" else row.standing.approved_tree
        tree = decided or row.standing.tree
        if tree is None:
            raise InputError("git does not see this folder", where=visible(row.id))
        return receipt_of(repository, row, background, tree)

    def _row_or_what_is_gone(self, repository: Repository, name: str) -> "tuple[SkillRow, Background]":
        from workbench.reviews.gone import row_of_records

        try:
            row, background = self._row(name)
        except UsageError:
            found = row_of_records(repository, name, self._skills(), datetime.now(UTC))
            if found is None:
                raise
            return found
        assert background is not None
        return row, background

    def check_receipt(self, receipt: Mapping[str, Any]) -> "ReceiptCheck":
        """Whether a receipt holds, as far as it can be checked here. Raises as `checking_receipts.check_receipt`."""
        from workbench.reviews.checking_receipts import check_receipt
        from workbench.reviews.survey import read_background

        some = self._skills() if self.repository else ()  # a version's tag may bear the name of one of them
        background = read_background(self.repository, (), some, cached=False) if self.repository else None
        return check_receipt(receipt, self.repository, background)

    def queue(self, view: LibraryView | None = None) -> "tuple[Waiting, ...]":
        """What waits for whom, here and on branches, the riskiest first, with how each skill was used lately.

        Args:
            view: The library as it was read last; without it, or where git has moved since, it is read again.
        """
        from workbench.analytics.usage import used_lately
        from workbench.reviews.elsewhere import asked_elsewhere
        from workbench.reviews.judging import rows_in_git
        from workbench.reviews.queue import queue

        repository = self.need_git("a queue of reviews")
        now_at = repository.ids_of([REVIEWS_REF, "HEAD^{commit}"])
        if view and view.background and now_at == [view.background.ledger.head, view.background.head]:
            rows, background = view.rows, view.background
        else:
            rows, background = rows_in_git(repository, self._skills())
        now = datetime.now(UTC)
        library = (repository.roots() or (str(self.root),))[0]
        used = used_lately(self._store(), library, now.astimezone().date())
        try:
            me = repository.identity().email
        except InputError:
            me = None
        return queue(rows, background, me, used, now, asked_elsewhere(repository, rows, background, now))

    def log(self) -> tuple[Record, ...]:
        """Every record of the library, newest first, with how each is proved."""
        from workbench.reviews.survey import read_background

        return read_background(self.need_git("reviews"), (), ()).ledger.log()

    def policy_in_force(self) -> InForce:
        """The rules that count, and where they are from."""
        from workbench.reviews.survey import read_background

        return read_background(self.need_git("a policy"), (), ()).in_force

    def need_git(self, what: str) -> Repository:
        """The repository.

        Raises:
            InputError: The library is in none; `what` says what needs one.
        """
        if self.repository is None:
            raise InputError(
                f"{what} needs a git repository, and this folder is in none",
                where=visible(str(self.root)),
                remedy="workbench adopt copies skills into a git library of your own; or: git init",
            )
        return self.repository
