"""The skills that a range or a pull request touches, read as one review, and one verdict on all of them."""

from collections.abc import Callable, Collection, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from workbench.config import cache_dir
from workbench.errors import InputError, UsageError
from workbench.reviews.desk import ReviewDesk
from workbench.reviews.model import Recorded, Verdict
from workbench.storage import Store

if TYPE_CHECKING:
    from workbench.reviews.card import Card
    from workbench.reviews.changeset import ChangeSet
    from workbench.reviews.comments import Remarks
    from workbench.reviews.pulls import Offer
    from workbench.reviews.verdicts import Subject


class SetDesk:
    """What can be asked and recorded about sets of changes of one library.

    Args:
        reviews: The library's reviews.
        store: Gives the user's store; None where it can't be opened.
    """

    def __init__(self, reviews: ReviewDesk, *, store: Callable[[], Store | None]) -> None:
        self._reviews = reviews
        self._store = store

    def open(
        self, range_: str, *, fetch: bool = False, remote: str | None = None, since_my_verdict: bool = False
    ) -> "ChangeSet":
        """Every skill that a range or a pull request touches; nothing is checked out.

        Args:
            fetch: Ask the remote for a pull request's head first; else it is the one that was fetched last.

        Raises:
            WorkbenchError: As `reviews.changeset.ends_of` and `reviews.pulls.fetch_pull`.
        """
        from workbench.reviews.changeset import ends_of, read_changeset
        from workbench.reviews.pulls import fetch_pull, is_request

        repository = self._reviews.need_git("a set of changes")
        request = range_.rpartition("..")[2]
        if fetch and is_request(request):
            fetch_pull(repository, cache_dir(), request, remote=remote)
        me = repository.identity().email if since_my_verdict else None
        return read_changeset(repository, ends_of(repository, range_), datetime.now(UTC), since_verdict_of=me)

    def offers(self) -> "tuple[Offer, ...]":
        """The ranges and fetched pull requests that one may want to read."""
        from workbench.reviews.pulls import offers

        return offers(self._reviews.need_git("a set of changes"))

    def cards(self, found: "ChangeSet", ids: Sequence[str] | None = None) -> "dict[str, Card | InputError | None]":
        """The cards of a set's skills (or of some of them) by id: None where one is removed, an error in its place."""
        from workbench.reviews.changeset_card import card_in

        repository, today = self._reviews.need_git("a set of changes"), datetime.now().astimezone().date()
        cards: dict[str, Card | InputError | None] = {}
        for one in found.skills:
            if ids is None or one.skill.id in ids:
                try:
                    cards[one.skill.id] = card_in(repository, one, found.ends.base[:12], self._store(), today)
                except InputError as error:
                    cards[one.skill.id] = error
        return cards

    def decide(
        self,
        range_: str,
        verdict: Verdict,
        reason: str,
        *,
        expect: str | None = None,
        via: str = "cli",
        sign: bool | None = None,
        may_ask: bool = False,
        remarks: "Callable[[Subject], Remarks] | None" = None,
        seen: Collection[str] | None = None,
    ) -> tuple[Recorded, ...]:
        """Record one verdict on every skill of a range or an opened pull request, in one commit.

        Nothing is fetched, so that a request that moved meanwhile is judged as it was opened. Args and raises as
        `ReviewDesk.decide`; `expect` is the head that was read, and `remarks` gives those of each skill.
        """
        from workbench.reviews import verdicts
        from workbench.reviews.agents import refuse_agents
        from workbench.reviews.changeset import ends_of, read_changeset
        from workbench.reviews.checks import examiner
        from workbench.reviews.signing_choice import signer_for
        from workbench.reviews.survey import read_background

        repository = self._reviews.need_git("a verdict")
        if verdict == "revoke":
            raise UsageError("a revoke is of one skill", remedy="workbench review revoke NAME --reason TEXT")
        if verdict == "approve":
            refuse_agents(f"'{verdict}'")
        ends = ends_of(repository, range_)
        subjects = read_changeset(repository, ends, datetime.now(UTC), read_lines=False).subjects(expect)
        if remarks is not None:
            subjects = tuple(replace(one, remarks=remarks(one)) for one in subjects)
        background = read_background(repository, (), ())
        ids = [one.skill.id for one in subjects]
        signer = signer_for(repository, background, ids, sign, self._reviews.settings.sign, may_ask=may_ask)
        examine = examiner(repository, self._store(), background.in_force)
        judged = [(one.standing.tree, one.standing) for one in subjects if one.standing.tree]
        examine.ahead.read([(tree, verdicts.compared_with(standing, tree)) for tree, standing in judged])
        opinion = verdicts.Opinion(verdict, reason, via, examine=examine, sign=signer, seen=seen)
        done = verdicts.decide_all(repository, subjects, opinion, datetime.now(UTC))
        self._reviews.rewritten(repository)
        return done
