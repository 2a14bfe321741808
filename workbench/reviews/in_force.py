"""Which version of a library's policy is in force: what a change can't weaken for its own sake.

The first version that can be read, on the default branch's first-parent history, counts by itself. Each later one
counts once it was approved, as `@policy`, under the one before it. An unapproved change or deletion leaves the old one
in force. Before there is any policy file, one approval by anybody counts.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

from workbench.errors import InputError
from workbench.git import Repository, commit_named
from workbench.policy.codeowners import PLACES, Owners, parse_owners
from workbench.policy.rules import NO_POLICY, Policy
from workbench.reviews.ancestry import Ancestry
from workbench.reviews.history import Change
from workbench.reviews.model import POLICY_ID
from workbench.reviews.policy_object import (
    PolicyVersion,
    first_parents,
    read_changes,
    read_people,
    read_policy,
    version_at,
)
from workbench.reviews.proving import People
from workbench.text import decode, visible

_CUT = "shallow clone: an earlier policy, and earlier authors of a change, can't be seen; git fetch --unshallow"


@dataclass(frozen=True, slots=True)
class InForce:
    """The rules that count, and where they are from.

    Attributes:
        policy: None where the library has a policy and no version of it can be read: nothing is approved then.
        version: The version they are from; None before there is a policy.
        people: Whose e-mails are one person's, and whose keys sign.
        owners: CODEOWNERS of the branch that the rules are from.
        pending: HEAD's version, where it is another one and was not approved.
        changes: What changed the policy on HEAD's history, newest first.
        notes: What a user should know.
        ancestry: Which of HEAD's commits contains which; None without commits.
        cut: Whether a shallow clone lacks a part of the history, so that an earlier policy or author may be missed.
        since: How many records of the policy there were when the version came into force. An approval among them is
            none of a version that follows: else whoever lost a role takes it back by restoring an old version.
    """

    policy: Policy | None = NO_POLICY
    version: PolicyVersion | None = None
    people: People = field(default_factory=People)
    owners: Owners = field(default_factory=Owners)
    pending: PolicyVersion | None = None
    changes: Sequence[Change] = ()
    notes: tuple[str, ...] = ()
    ancestry: Ancestry | None = None
    cut: bool = False
    since: int = 0

    @property
    def tree(self) -> str | None:
        """The tree of `@policy` in force."""
        return self.version.tree if self.version else None


@dataclass(frozen=True, slots=True)
class RulesOf:
    """A revision whose policy is in force whatever was approved later, as a pull request's base in CI.

    Attributes:
        left: The commit where HEAD left it. A policy that is the same as there is not HEAD's doing, and merging HEAD
            does not bring it back. None to hold HEAD's own policy against the revision's.
    """

    revision: str
    left: str | None = None


Approved = Callable[[PolicyVersion, InForce], int | None]
"""How many of the policy's records it took to approve a version under the rules before it; None where it is not."""


def find_in_force(
    repository: Repository, head: str | None, approved: Approved, rules_of: RulesOf | None = None
) -> InForce:
    """The policy in force for what HEAD has.

    Args:
        head: The commit at HEAD; None without commits.
        approved: Judges a version by the records.
        rules_of: Whose version is in force. HEAD's own is pending until it was approved under that one, step by step.

    Raises:
        InputError: `rules_of` names no commit.
    """
    if head is None:
        return InForce()
    tip = named_commit(repository, rules_of.revision) if rules_of else default_tip(repository, head)
    changes = read_changes(repository, head)
    cut = repository.is_cut_off(head) if rules_of else repository.is_cut_off(head, tip)
    start = InForce(changes=changes, owners=_owners(repository, tip), ancestry=Ancestry(repository, head))
    if not changes and tip == head:
        return replace(start, notes=(_CUT,) if cut else (), cut=cut)
    here = version_at(repository, head)
    if rules_of:
        found = settled = _at_base(repository, tip, start, approved)
        if rules_of.left and here.tree == version_at(repository, rules_of.left).tree:
            here = version_at(repository, tip)
        elif here.tree != found.tree:
            settled = _walk(
                repository, [*first_parents(repository, f"{tip}..{head}"), here], found, approved, based=True
            )
    else:
        found = settled = _walk(repository, [*first_parents(repository, tip), here], start, approved)
    pending = here if here.tree != settled.tree and _ever_written(found, here) else None
    other = _other_first(repository, tip, head) if rules_of else None
    owned = _other_owners(repository, found.policy, head, (tip, rules_of.left if rules_of else None))
    notes = (*_notes(found, here, pending), *_turns(other), *owned, *((_CUT,) if cut else ()))
    pending = pending or (here if other else None)
    return replace(found, owners=start.owners, pending=pending, changes=changes, notes=notes, cut=cut)


def _walk(
    repository: Repository,
    versions: Sequence[PolicyVersion],
    start: InForce,
    approved: Approved,
    *,
    based: bool = False,
) -> InForce:
    """The last version of these that counts, oldest first; the last one is HEAD's, which may be on another branch.

    Owners that come along with a change don't approve it: those of the base do, or those from before the change.
    """
    found, broken = start, None
    *on_default, here = versions
    for version in on_default:
        if found.version is not None:
            if version.tree in (None, found.tree):
                continue
            asked = not based and found.policy is not None and None in found.policy.roles.values()
            owners = _owners(repository, f"{version.commit}^") if asked else start.owners
            found = _after(repository, version, found, approved(version, replace(found, owners=owners)))
        elif version.written:
            first = _of_version(repository, start, version)
            found, broken = (first, broken) if first.policy is not None else (found, first)
    if found.version is None and broken is not None:
        return broken
    judged = on_default[-1].tree if on_default else None
    if here.tree not in (None, found.tree, judged) and here.written:
        found = _after(repository, here, found, approved(here, found))
    return found


def _after(repository: Repository, version: PolicyVersion, before: InForce, given: int | None) -> InForce:
    return before if given is None else replace(_of_version(repository, before, version), since=given)


def _at_base(repository: Repository, tip: str, start: InForce, approved: Approved) -> InForce:
    """The version of a base, approved or not; where it was, since when."""
    version = version_at(repository, tip)
    walked = _walk(repository, [*first_parents(repository, tip), version], start, approved)
    since = walked.since if walked.tree == version.tree else 0
    return replace(_of_version(repository, start, version), since=since)


def _other_first(repository: Repository, tip: str, head: str) -> PolicyVersion | None:
    """The first version on HEAD's own first-parent history where the base, which has a policy, never had it.

    HEAD has a base's past beside its own where it merged it. Were the base's branch moved on to HEAD instead of merging
    HEAD into it, that would be the first version, which counts by itself.
    """
    theirs = {version.tree for version in first_parents(repository, tip) if version.written}
    mine = (version for version in first_parents(repository, head) if version.written)
    first = next((version for version in mine if read_policy(repository, version) is not None), None)
    return first if theirs and first is not None and first.tree not in theirs else None


def _turns(other: PolicyVersion | None) -> tuple[str, ...]:
    if other is None:
        return ()
    what = (
        f"HEAD's own line begins with another policy, of {other.commit[:12]}, which a fast-forward would put in force"
    )
    return (f"{what}: rebase onto the base",)


def unapproved_versions(repository: Repository, head: str) -> list[PolicyVersion]:
    """The versions that count or counted without an approval: the first that can be read, and what came before it."""
    found = []
    for version in first_parents(repository, default_tip(repository, head)):
        if version.written:
            found.append(version)
            if read_policy(repository, version) is not None:
                break
    return found


def _of_version(repository: Repository, before: InForce, version: PolicyVersion) -> InForce:
    policy = read_policy(repository, version)
    return replace(before, policy=policy, version=version, people=read_people(repository, version))


def _ever_written(found: InForce, here: PolicyVersion) -> bool:
    """Whether a difference is one of policy: a `.mailmap` alone, without any policy file, binds nobody."""
    return here.written or (found.version is not None and found.version.written)


def _notes(found: InForce, here: PolicyVersion, pending: PolicyVersion | None) -> tuple[str, ...]:
    notes = []
    since = f"the version of {found.version.commit[:12]}" if found.version else "no policy"
    if found.policy is None and found.version is not None:
        notes.append(f"{visible(_why(found.version))}; nothing counts as approved until it is mended")
    if pending is not None:
        what = "changes the policy" if pending.written else "removes the policy"
        notes.append(f"HEAD {what} and nobody approved that ({POLICY_ID}): {since} stays in force")
    elif here.tree != found.tree and _ever_written(found, here):
        notes.append(f"HEAD changes the policy as was approved ({POLICY_ID}); the skills are judged by {since}")
    return tuple(notes)


def _why(version: PolicyVersion) -> str:
    return f"the policy of {version.commit[:12]} can't be used"


def named_commit(repository: Repository, revision: str) -> str:
    """The commit that a revision names.

    Raises:
        InputError: It names none.
    """
    commit = commit_named(repository.resolve, revision)
    if commit is None:
        what = f"'{visible(revision)}' names no commit here"
        raise InputError(what, where=str(repository.root), remedy="fetch it first, for example: git fetch origin main")
    return commit


def default_tip(repository: Repository, head: str) -> str:
    """The commit of the default branch, the remote's or else `main` or `master`; HEAD where that is checked out."""
    remotes = "refs/remotes/origin/"
    for place in (f"{remotes}HEAD", "refs/heads/main", "refs/heads/master"):
        commit = repository.resolve(place)
        if commit is not None:
            ref = repository.link(place) or place
            return head if repository.branch() == ref.removeprefix(remotes).removeprefix("refs/heads/") else commit
    return head


def _other_owners(
    repository: Repository, policy: Policy | None, head: str, before: Sequence[str | None]
) -> tuple[str, ...]:
    """A word where HEAD has other owners than any commit before it, and the rules ask owners: nobody approves that."""
    if policy is None or None not in policy.roles.values():
        return ()
    owners = _owners(repository, head)
    if any(owners == _owners(repository, commit) for commit in before if commit):
        return ()
    return ("HEAD changes CODEOWNERS, which no approval here covers: once merged, rules that ask owners go by it",)


def _owners(repository: Repository, tip: str) -> Owners:
    for found in repository.look_up([f"{tip}:{place}" for place in PLACES]):
        if found and found[1] == "blob":
            return parse_owners(decode(repository.blobs([found[0]]).get(found[0], b"")))
    return Owners()
