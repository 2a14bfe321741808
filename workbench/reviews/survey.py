"""The standing of many skills at once, from a handful of git commands however many skills there are."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from workbench.errors import InputError
from workbench.git import Repository
from workbench.policy.rules import NO_POLICY, POLICY_FILE, Policy, parse_policy
from workbench.reviews.history import Change, read_history
from workbench.reviews.ledger import Ledger, read_ledger
from workbench.reviews.model import Standing
from workbench.reviews.states import Evidence, derive
from workbench.reviews.trees import trees_at
from workbench.reviews.versions import Release, read_releases
from workbench.skills.model import Skill


@dataclass(frozen=True, slots=True)
class Background:
    """What the states of all skills rest on, read once."""

    head: str | None
    ledger: Ledger
    history: Mapping[str, Sequence[Change]]
    releases: Mapping[str, Sequence[Release]]
    head_trees: Mapping[str, str]
    policy: Policy | None
    notes: tuple[str, ...]


def read_background(repository: Repository, skills: Sequence[Skill], among: Sequence[Skill]) -> Background:
    """Read the reviews branch, history, tags and policy for these skills out of all of the library's."""
    head = repository.head()
    ids = [skill.id for skill in skills]
    policy, notes = policy_in_force(repository, head)
    if repository.is_shallow():
        notes = (*notes, "shallow clone: which library a record belongs to can't be checked; git fetch --unshallow")
    return Background(
        head=head,
        ledger=read_ledger(repository),
        history=read_history(repository, ids) if head else {},
        releases=read_releases(repository, among),
        head_trees=trees_at(repository, head, ids) if head else {},
        policy=policy,
        notes=notes,
    )


def policy_in_force(repository: Repository, head: str | None) -> tuple[Policy | None, tuple[str, ...]]:
    """The policy committed at HEAD, and what a user should know about it; None where it can't be read."""
    blob = repository.resolve(f"{head}:{POLICY_FILE}") if head else None
    if blob is None:
        return NO_POLICY, ()
    data = repository.blobs([blob]).get(blob, b"")
    try:
        return parse_policy(data), ()
    except InputError as error:
        return None, (f"{error.where}: {error.what}; nothing counts as approved until it is mended",)


def excluded(root: Path, repository: Repository | None) -> tuple[str, ...]:
    """The folders whose skills the policy leaves out: of the policy in force, or of the file outside git."""
    if repository is not None:
        policy, _ = policy_in_force(repository, repository.head())
        return (policy or NO_POLICY).exclude
    try:
        return parse_policy((root / POLICY_FILE).read_bytes()).exclude
    except (OSError, InputError):
        return ()


def standing_of(skill: Skill, tree: str | None, background: Background, now: datetime) -> Standing:
    """Where one skill stands with the given tree."""
    return derive(evidence_of(skill, tree, background, now))


def evidence_of(skill: Skill, tree: str | None, background: Background, now: datetime) -> Evidence:
    """What a skill's state with the given tree is derived from."""
    releases = background.releases.get(skill.id, ())
    released = next((r.version for r in reversed(releases) if tree and r.tree == tree), None)
    return Evidence(
        skill=skill,
        tree=tree,
        records=background.ledger.of(skill.id),
        changes=background.history.get(skill.id, ()),
        policy=background.policy,
        now=now,
        head_tree=background.head_trees.get(skill.id),
        released=released,
    )
