"""What can be asked about the versions of a library's skills, and released, deprecated or gone back to."""

import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING, Any

from workbench.errors import ConflictError
from workbench.reviews.deprecating import deprecate, deprecation_of, deprecations
from workbench.reviews.desk import ReviewDesk
from workbench.reviews.model import Deprecation
from workbench.reviews.rolling_back import APPROVED, earlier_tree, last_version, roll_back
from workbench.reviews.versions import released_tree
from workbench.skills.model import Skill
from workbench.text import visible

if TYPE_CHECKING:
    from workbench.reviews.bump import Bump
    from workbench.reviews.diff import SkillDiff
    from workbench.reviews.model import Recorded
    from workbench.reviews.releasing import Planned, Released
    from workbench.reviews.rolling_back import RolledBack
    from workbench.reviews.versions import Release
    from workbench.storage import Store
    from workbench.testing.results import TestRun
    from workbench.testing.session import How


@dataclass(frozen=True, slots=True)
class Version:
    """A released version, and what is to be known of it.

    Attributes:
        approved: Whether its tree is approved now.
        current: Whether it is what the work tree has.
    """

    release: "Release"
    approved: bool
    current: bool
    deprecated: Deprecation | None

    @property
    def marks(self) -> tuple[str, ...]:
        """What a list says of it; the word on the skill as a whole stands elsewhere."""
        marks = ["approved" if self.approved else "not approved"]
        marks += [f"the tag was moved: {self.release.moved}"] if self.release.moved else []
        marks += ["its tag is not here"] if self.release.missing else []
        marks += ["what is here now"] if self.current else []
        own = self.deprecated is not None and self.deprecated.version is not None
        return (*marks, *([self.deprecated.said] if self.deprecated and own else []))

    def to_json(self) -> dict[str, Any]:
        """One item of `versions` in `version list --json`."""
        one = self.release
        return {
            "version": one.version, "tag": one.tag, "commit": one.commit, "tree": one.tree, "moved": one.moved,
            "missing": one.missing, "deprecated": self.deprecated.to_json() if self.deprecated else None,
            "approved": self.approved, "current": self.current,
        }  # fmt: skip


@dataclass(frozen=True, slots=True)
class Versions:
    """The released versions of a skill, oldest first.

    Attributes:
        says: The version that its SKILL.md says.
        deprecated: The word on the skill as a whole.
        words: All words, by version; None for the skill as a whole.
    """

    skill: str
    says: str | None
    versions: tuple[Version, ...]
    words: tuple[tuple[str | None, Deprecation], ...]

    @property
    def deprecated(self) -> Deprecation | None:
        """The word on the skill as a whole."""
        return dict(self.words).get(None)

    def to_json(self) -> dict[str, Any]:
        """The contract of `version list --json`."""
        whole = self.deprecated
        return {
            "skill": self.skill, "says": self.says, "versions": [one.to_json() for one in self.versions],
            "deprecated": whole.to_json() if whole else None,
        }  # fmt: skip


@dataclass(frozen=True, slots=True)
class Return:
    """What going back to an earlier tree would do.

    Attributes:
        to: What it goes back to, as it was named.
        before: The tree that the skill has at HEAD.
        tree: The tree that the skill would have.
        diff: What would change, from what HEAD has.
        approved: Whether that tree is approved, so that the skill would be at once.
    """

    to: str
    before: str | None
    tree: str
    diff: "SkillDiff"
    approved: bool


class VersionDesk:
    """The versions of one library's skills.

    Args:
        reviews: The library's reviews.
        skills: Gives all its skills.
    """

    def __init__(self, reviews: ReviewDesk, *, skills: Callable[[], Sequence[Skill]]) -> None:
        self._reviews = reviews
        self._skills = skills

    def list(self, name: str) -> Versions:
        """What was released of a skill. Raises as `ReviewDesk.standing`."""
        from workbench.reviews.states import approved_trees
        from workbench.reviews.survey import evidence_of

        row, background = self._reviews.standing(name)
        records = row.standing.records
        approved = approved_trees(evidence_of(row.skill, row.standing.tree, background, datetime.now(UTC)))
        found = tuple(
            Version(
                one,
                one.tree in approved,
                one.tree is not None and one.tree == row.standing.tree,
                deprecation_of(records, one.version),
            )
            for one in background.releases.get(row.id, ())
        )
        return Versions(row.id, row.version, found, tuple(deprecations(records).items()))

    def plan(self, name: str, *, version: str | None = None, sign: bool | None = None) -> "Planned":
        """What a release would do. Raises as `releasing.release`."""
        from workbench.reviews.releasing import plan_release

        repository = self._reviews.need_git("releasing")
        row, background = self._reviews.standing(name)
        return plan_release(repository, row, background, self._skills(), version=version, sign=sign)

    def suggested(self, name: str) -> "Bump":
        """The version that the change since the last release asks for; nothing where none was released."""
        from workbench.reviews.bump import Bump

        row, background = self._reviews.standing(name)
        earlier = [one.tree for one in background.releases.get(row.id, ()) if one.tree and one.stands]
        if not earlier:
            return Bump("none", declared=row.version)
        return self._reviews.card(row.id, base=earlier[-1]).bump

    def release(
        self, name: str, *, version: str | None = None, sign: bool | None = None, expect: "Planned | None" = None
    ) -> "Released":
        """Tag what HEAD has as a version. Raises as `releasing.release`."""
        from workbench.reviews.releasing import release
        from workbench.reviews.signing_choice import signer_for

        repository = self._reviews.need_git("releasing")
        row, background = self._reviews.standing(name)
        # Whoever was asked for a passphrase for the tag is not asked again for what tells of it.
        signer = partial(signer_for, repository, background, [row.id], True, "auto", may_ask=False)
        return release(
            repository, row, background, self._skills(), version=version, sign=sign, expect=expect, signer=signer
        )

    def compare(self, name: str, before: str, after: str | None = None) -> "SkillDiff":
        """What changed between two versions, revisions or trees of a skill; None for what the work tree has.

        Raises:
            InputError: One of them names nothing.
        """
        from workbench.reviews.comparing import diff_between

        repository = self._reviews.need_git("comparing versions")
        row, background = self._reviews.standing(name)
        releases = background.releases.get(row.id, ())
        first = released_tree(releases, before) or before
        if after is None:
            return replace(self._reviews.diff(row.id, base=first), base_label=before)
        return diff_between(repository, row.id, first, released_tree(releases, after) or after)

    def plan_return(self, name: str, to: str | None = None) -> Return:
        """What going back would do. Args and raises as `go_back`."""
        from workbench.reviews.comparing import diff_between
        from workbench.reviews.states import approved_trees
        from workbench.reviews.survey import evidence_of

        repository = self._reviews.need_git("going back")
        row, background = self._reviews.standing(name)
        to = last_version(background, row) if to is None else to
        tree = earlier_tree(repository, row, background, to)
        diff = diff_between(repository, row.id, row.standing.head_tree or tree, tree)
        good = approved_trees(evidence_of(row.skill, tree, background, datetime.now(UTC)))
        return Return(
            to,
            row.standing.head_tree,
            tree,
            diff,
            tree in good or (to == APPROVED and tree == row.standing.approved_tree),
        )

    def test(
        self, name: str, revision: str, *, store: "Store | None", library: str, how: "How", cancel: threading.Event
    ) -> "TestRun":
        """Run the cases that a version brings, on that version.

        Args:
            revision: A released version, or any revision or tree.
            store: Where outcomes are stored; None stores nothing.
            library: The library's identity, for the events.
            cancel: Set to stop.

        Raises:
            InputError: It names no version of the skill.
        """
        from workbench.reviews.retesting import Lab, run_version

        repository = self._reviews.need_git("testing a version")
        row, background = self._reviews.standing(name)
        tree = released_tree(background.releases.get(row.id, ()), revision) or revision
        clock = int(time.time() * 1000)
        return run_version(Lab(repository, store, library, how, lambda: clock, cancel), row, tree)

    def go_back(self, name: str, to: str | None = None, *, expect: Return | None = None) -> "RolledBack":
        """Make a commit in which a skill is as it was.

        Args:
            to: As for `rolling_back.roll_back`; None for the last released version that is not here now.
            expect: What was agreed to.

        Raises:
            UsageError: No earlier version was released.
            ConflictError: It would change something else than was agreed to.
            WorkbenchError: As `rolling_back.roll_back`.
        """
        repository = self._reviews.need_git("going back")
        row, background = self._reviews.standing(name)
        to = last_version(background, row) if to is None else to
        if expect is not None:
            tree = earlier_tree(repository, row, background, to)
            if (expect.before, expect.tree) != (row.standing.head_tree, tree):
                what = "going back would change something else than was agreed to"
                raise ConflictError(what, where=visible(row.id), remedy="look at it again")
        done = roll_back(repository, row, background, to, datetime.now(UTC))
        return replace(done, state=self._reviews.standing(row.id)[0].state)

    def deprecate(
        self,
        name: str,
        version: str | None,
        successor: str | None,
        reason: str,
        *,
        undo: bool = False,
        may_ask: bool = False,
    ) -> "Recorded":
        """Record a deprecation, or that it no longer holds. Args and raises as `deprecating.deprecate`."""
        return deprecate(self._reviews, name, version, successor, reason, undo=undo, may_ask=may_ask)
