"""The standing of many skills at once, from a handful of git commands however many skills there are."""

from collections.abc import Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from functools import partial
from typing import NamedTuple

from workbench.git import Repository
from workbench.policy.decide import gains_matter
from workbench.policy.rules import POLICY_FILE, Policy
from workbench.reviews.ancestry import Ancestry
from workbench.reviews.at_hand import AtHand
from workbench.reviews.coverage import COVERED, Coverage
from workbench.reviews.gains import Gains
from workbench.reviews.history import Change, History, read_history
from workbench.reviews.in_force import Approved, InForce, RulesOf, find_in_force
from workbench.reviews.ledger import Ledger, read_ledger
from workbench.reviews.model import POLICY_ID, Record, Standing
from workbench.reviews.policy_object import PolicyVersion, policy_skill
from workbench.reviews.proving import prove
from workbench.reviews.states import Evidence, derive, is_approved, was_approved
from workbench.reviews.tag_evidence import Told, held_against, version_released
from workbench.reviews.trees import skills_at, trees_at
from workbench.reviews.twins import followed, may_follow, originals, with_originals
from workbench.reviews.versions import Release, read_tags
from workbench.skills.lookalikes import alike, told
from workbench.skills.model import ROOT_ID, SKILL_FILE, Skill
from workbench.skills.reader import parse_skill

_OLDER = "it was given before the version of the policy that is in force, and restoring an old one needs its own"
_IN_FORCE = "this version of the policy is in force"
_SHALLOW = "shallow clone: which library a record belongs to can't be checked; git fetch --unshallow"


@dataclass(frozen=True, slots=True)
class Background:
    """What the states of all skills rest on, read once."""

    repository: Repository
    head: str | None
    ledger: Ledger
    history: Mapping[str, Sequence[Change]]
    releases: Mapping[str, Sequence[Release]]
    head_trees: Mapping[str, str]
    in_force: InForce
    notes: tuple[str, ...]
    gains: Gains
    ancestry: Ancestry | None = None
    moved: Mapping[str, Mapping[str, Sequence[Change]]] = field(default_factory=dict)
    originals: Mapping[str, str] = field(default_factory=dict)
    alike: Mapping[str, Sequence[str]] = field(default_factory=dict)
    judged: dict[str, "_Judged"] = field(default_factory=dict, init=False, repr=False, compare=False)

    @property
    def policy(self) -> Policy | None:
        """The rules in force; None where they can't be read."""
        return self.in_force.policy


class _Judged(NamedTuple):
    """A skill and tree as they were judged on a background."""

    skill: Skill
    tree: str | None
    coverage: Coverage
    standing: Standing


_at_hand: AtHand[Background] = AtHand()


class Ahead:
    """What takes longest of a background, begun before anybody knows which skills it is for.

    Args:
        repository: The library's.
        cached: As for `read_background`.
    """

    def __init__(self, repository: Repository, *, cached: bool = True) -> None:
        self._repository = repository
        self._cached = cached
        beside = ThreadPoolExecutor(max_workers=2)
        self.ledger = beside.submit(read_ledger, repository, cached=cached)
        self._history = beside.submit(self._of_head)
        beside.shutdown(wait=False)

    @classmethod
    def if_new(cls, repository: Repository) -> "Ahead | None":
        """None where this process has read a background of the repository."""
        return None if _at_hand.has(repository) else cls(repository)

    def history(self, ids: Sequence[str]) -> History | None:
        """The changes of these skills, and of others; None where one of them is not at HEAD."""
        found = self._history.result()
        return found if found.keys() >= set(ids) else None

    def _of_head(self) -> History:
        head = self._repository.head()
        ids = sorted(skills_at(self._repository, head)) if head else []
        return read_history(self._repository, ids, head or "HEAD", cached=self._cached)


def read_background(
    repository: Repository,
    skills: Sequence[Skill],
    among: Sequence[Skill],
    *,
    rules_of: RulesOf | None = None,
    cached: bool = True,
    ahead: Ahead | None = None,
) -> Background:
    """Read the reviews branch, history, tags and policy for these skills out of all of the library's.

    Args:
        repository: The library's.
        skills: Those to judge.
        among: All skills of the library, for labels in tags.
        rules_of: Whose policy is in force.
        cached: Whether what was read before may be taken from memory and from the cache; `verify` does without.
        ahead: What is being read of it already.

    Raises:
        InputError: `rules_of` names no commit.
    """
    copied = originals(skills, among)
    ids = with_originals([skill.id for skill in skills], copied)
    if not cached or rules_of is not None:
        return _read_background(repository, ids, among, copied, rules_of, cached=cached, ahead=ahead)

    def read() -> Background:
        return _read_background(repository, ids, among, copied, None, cached=True, ahead=ahead)

    return _at_hand.get(repository, ids, among, read)


def _read_background(
    repository: Repository,
    ids: Sequence[str],
    among: Sequence[Skill],
    copied: Mapping[str, str],
    rules_of: RulesOf | None,
    *,
    cached: bool,
    ahead: Ahead | None,
) -> Background:
    head = repository.head()

    def history_of() -> History:
        begun = ahead.history(ids) if ahead else None
        return read_history(repository, ids if head else (), cached=cached) if begun is None else begun

    wanted = frozenset(ids)
    # Each is git's work and waits for no other, but for a policy that changed: the records say what was approved.
    with ThreadPoolExecutor(max_workers=5) as beside:
        reading = ahead.ledger if ahead else beside.submit(read_ledger, repository, cached=cached)
        history = beside.submit(history_of)
        rules = beside.submit(find_in_force, repository, head, _by_records(reading), rules_of)
        tags = beside.submit(read_tags, repository, among)
        head_trees = beside.submit(trees_at, repository, head, ids) if head else None
        ledger = reading.result()
        in_force = rules.result()
        notes = in_force.notes
        if repository.is_shallow():
            notes = (*notes, _SHALLOW)
        proved = ledger.proved(in_force.people)
        read = Background(
            repository=repository,
            head=head,
            ledger=proved,
            history=history.result(),
            moved=history.result().moved,
            releases={},
            head_trees=head_trees.result() if head_trees else {},
            in_force=in_force,
            notes=notes,
            gains=Gains(repository, cached=cached),
            ancestry=in_force.ancestry,
            originals=copied,
            alike=alike([skill for skill in among if skill.id in wanted], among),
        )
        return replace(read, releases=held_against(repository, tags.result(), proved, ids, partial(_sound, read)))


def _sound(background: Background, told: Sequence[Told]) -> frozenset[str]:
    """Files of those records of releases whose tree says that version, and was approved by who may."""
    repository = background.repository
    places = [f"{one.tree}:{SKILL_FILE}" for _, one in told]
    found = repository.ids_of(places)
    texts = repository.blobs(filter(None, found))
    good = set()
    for (id_, record), blob in zip(told, found, strict=True):
        skill = parse_skill(id_, texts.get(blob or "", b""), folder_name=None)
        if skill.version is not None and skill.version == version_released(record):
            evidence = evidence_of(skill, record.tree, background, record.at)
            good |= {record.file} if was_approved(evidence, record.tree) else set()
    return frozenset(good)


def _by_records(reading: Future[Ledger]) -> Approved:
    """Judges a version of the policy by the records there are, as any skill is judged, proved as it was before."""

    def approved(version: PolicyVersion, before: InForce) -> int | None:
        ledger = reading.result()
        proved = prove(ledger.of(POLICY_ID), before.people, ledger.libraries)
        evidence = policy_evidence(version.tree, proved, before, datetime.now(UTC))
        if not is_approved(evidence):
            return None
        given = (n for n, one in enumerate(proved, 1) if one.verdict == "approve" and one.tree == version.tree)
        first = (n for n in given if is_approved(replace(evidence, records=evidence.records[:n])))
        return next(first, len(proved))

    return approved


def policy_standing(background: Background, tree: str | None, head_tree: str | None, now: datetime) -> Standing:
    """Where the policy itself stands with the given tree, judged by the rules in force."""
    records = background.ledger.of(POLICY_ID)
    evidence = policy_evidence(tree, records, background.in_force, now)
    standing = derive(replace(evidence, head_tree=head_tree))
    if tree is not None and tree == background.in_force.tree:
        # The first version needs no approval, and whatever is in force was judged when it came.
        return replace(standing, state="approved", reasons=(_IN_FORCE,), approved_tree=tree, self_approved=False)
    return replace(standing, approved_tree=background.in_force.tree)


def policy_evidence(tree: str | None, records: Sequence[Record], before: InForce, now: datetime) -> Evidence:
    """All that the state of the policy with the given tree rests on.

    An approval of it does not expire, which would bring back the version before it. It counts if it came after the
    version in force did: what restores an old version is as new a change as any.
    """
    records = [
        replace(record, counts=False, why_not=_OLDER) if number < before.since and _is_old(record, before) else record
        for number, record in enumerate(records)
    ]
    policy = before.policy
    if policy is not None:
        policy = replace(policy, rules=tuple(replace(rule, expires=None) for rule in policy.rules))
    return Evidence(
        skill=policy_skill(),
        tree=tree,
        records=records,
        changes=before.changes,
        policy=policy,
        now=now,
        mailmap=before.people.mailmap,
        owners=before.owners.of(POLICY_FILE),
        has_checks=False,
        base=before.tree,
        ancestry=before.ancestry,
    )


def _is_old(record: Record, before: InForce) -> bool:
    return record.counts and record.verdict == "approve" and record.tree != before.tree


def look_into(background: Background, skills: Sequence[Skill]) -> None:
    """Find out together what the approved trees of these skills can do, where the policy's rules ask for it."""
    policy = background.policy
    if policy is None:
        return
    ids = with_originals([skill.id for skill in skills], background.originals)
    background.gains.read(
        record.tree
        for id_ in ids
        if gains_matter(policy, id_)
        for record in background.ledger.of(id_)
        if record.counts and record.verdict == "approve"
    )


def standing_of(
    skill: Skill, tree: str | None, background: Background, now: datetime, coverage: Coverage = COVERED
) -> Standing:
    """Where one skill stands with the given tree, which does not hold all that an agent finds where `coverage` says."""
    known = background.judged.get(skill.id)
    same = known is not None and (known.tree, known.skill, known.coverage) == (tree, skill, coverage)
    if known is not None and same and is_lasting(background.policy):
        return known.standing
    standing = _judge(skill, tree, background, now, coverage)
    background.judged[skill.id] = _Judged(skill, tree, coverage, standing)
    return standing


def _judge(skill: Skill, tree: str | None, background: Background, now: datetime, coverage: Coverage) -> Standing:
    standing = derive(evidence_of(skill, tree, background, now, coverage))
    original = background.originals.get(skill.id)
    if original is not None and not coverage.unread and may_follow(standing, skill.id, original, background.policy):
        as_original = evidence_of(replace(skill, id=original), tree, background, now)
        if is_approved(as_original):
            return followed(standing, original)
    return standing


def is_lasting(policy: Policy | None) -> bool:
    """Whether the same evidence says the same later on: time plays no part, nor what objects git has at the moment."""
    return policy is None or not any(rule.expires or rule.gains for rule in policy.rules)


def evidence_of(
    skill: Skill, tree: str | None, background: Background, now: datetime, coverage: Coverage = COVERED
) -> Evidence:
    """All that the state of one skill with the given tree rests on."""
    moved = background.moved.get(skill.id, {}).items()
    before = tuple(_before(skill, place, changes, background, now) for place, changes in moved)
    return replace(_evidence(skill, tree, background, now, coverage), before=before)


def _before(skill: Skill, place: str, changes: Sequence[Change], background: Background, now: datetime) -> Evidence:
    """What is known of a skill in the folder that it was renamed from, as it was there last."""
    tree = next((change.tree for change in changes if change.tree is not None), None)
    return replace(_evidence(replace(skill, id=place), tree, background, now), changes=changes)


def _evidence(
    skill: Skill, tree: str | None, background: Background, now: datetime, coverage: Coverage = COVERED
) -> Evidence:
    releases = background.releases.get(skill.id, ())
    in_force = background.in_force
    return Evidence(
        skill=skill,
        tree=tree,
        records=background.ledger.of(skill.id),
        changes=background.history.get(skill.id, ()),
        policy=in_force.policy,
        now=now,
        head_tree=background.head_trees.get(skill.id),
        released=next((r.version for r in reversed(releases) if tree and r.tree == tree and r.stands), None),
        mailmap=in_force.people.mailmap,
        owners=in_force.owners.of(SKILL_FILE if skill.id == ROOT_ID else f"{skill.id}/{SKILL_FILE}"),
        ancestry=background.ancestry,
        coverage=coverage,
        gains=background.gains.between,
        alike=told(background.alike, skill.id),
    )
