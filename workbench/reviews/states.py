"""The one place where a skill's state is derived: from its tree, its records and the policy in force."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import cached_property
from typing import TYPE_CHECKING, Any, NamedTuple

from workbench.policy.decide import (
    NOBODY,
    Approval,
    Decision,
    Demand,
    Facts,
    accepts,
    check_matters,
    decide,
    gains_matter,
)
from workbench.policy.rules import COMMENTS, Policy
from workbench.reviews.authorship import authors_between
from workbench.reviews.coverage import COVERED, Coverage
from workbench.reviews.history import Change
from workbench.reviews.mailmap import Mailmap
from workbench.reviews.model import Record, Standing, State
from workbench.reviews.tree_verdicts import DISSENT, TreeVerdicts, verdicts_on
from workbench.skills.model import Skill
from workbench.text import visible

if TYPE_CHECKING:
    from workbench.reviews.ancestry import Ancestry
    from workbench.reviews.threads import Discussion

_NO_POLICY = "the library's policy can't be read, so nothing counts as approved"


@dataclass(frozen=True, slots=True)
class Evidence:
    """All that a skill's state is derived from.

    Attributes:
        tree: The tree to judge: the current one for lists and screens, HEAD's for `verify`.
        records: The skill's records in the branch's order, also those that don't count.
        changes: Its history, newest first.
        policy: The policy in force; None where it can't be read, so that nothing is approved.
        mailmap: Which e-mails are one person's, by the policy in force.
        owners: Who owns the skill by CODEOWNERS.
        has_checks: Whether it has checks that a rule can ask for.
        base: The tree that the one to judge is compared with; None for what met the rules before it.
        ancestry: Which commit contains which; None where history is one line.
        coverage: What the tree does not hold of the folder.
        alike: Which skills it could be taken for.
        before: The same of the folders that the skill was renamed from.
        gains: Gives the capabilities that a tree has over another (None: over nothing); None where they are unknown.
    """

    skill: Skill
    tree: str | None
    records: Sequence[Record]
    changes: Sequence[Change]
    policy: Policy | None
    now: datetime
    head_tree: str | None = None
    released: str | None = None
    mailmap: Mailmap = field(default_factory=Mailmap)
    owners: tuple[str, ...] = ()
    has_checks: bool = True
    base: str | None = None
    ancestry: "Ancestry | None" = None
    coverage: Coverage = COVERED
    alike: tuple[str, ...] = ()
    gains: Callable[[str | None, str], frozenset[str] | None] | None = None
    before: "tuple[Evidence, ...]" = ()


def derive(evidence: Evidence) -> Standing:
    """The first state, in DESIGN's order, that holds for the evidence's tree."""
    judge = _Judge(evidence)
    approved = judge.last_approved()
    state, reasons, own = _state(judge, approved)
    coverage = evidence.coverage
    missed = coverage.beside if reasons == coverage.unread else coverage.unread + coverage.beside
    return Standing(
        state=state,
        reasons=reasons + missed + evidence.alike + _doubts(evidence.records),
        tree=evidence.tree,
        head_tree=evidence.head_tree,
        approved_tree=approved,
        released=evidence.released,
        self_approved=own,
        records=tuple(evidence.records),
        uncovered=coverage.beyond,
        alike=evidence.alike,
        settled=judge.settled(),
    )


def approved_trees(evidence: Evidence) -> tuple[str, ...]:
    """Every tree that meets the rules, the one that was approved last first."""
    return tuple(_Judge(evidence).approved_trees())


def _has(evidence: Evidence, tree: str) -> bool:
    return any(change.tree == tree for change in evidence.changes)


def is_approved(evidence: Evidence) -> bool:
    """Whether the evidence's tree meets the rules, with no revoke and no request for changes open."""
    return evidence.tree is not None and _Judge(evidence).approval(evidence.tree).met


def decision_on(evidence: Evidence, tree: str) -> Decision:
    """What the policy says of a tree: every demand, met or not. Open revokes and requests for changes play no part."""
    return _Judge(evidence).decision(tree)


def was_approved(evidence: Evidence, tree: str) -> bool:
    """Whether a tree has an approval that the rules let count, were it enough or not, taken back or not.

    What the tree gained, and so who else had to agree, is not found out for that.
    """
    judge = _Judge(replace(evidence, gains=lambda _base, _tree: frozenset()))
    return any(judge.accepted(one) for one in evidence.records if one.counts and _approves(one, tree))


def _approves(record: Record, tree: str) -> bool:
    return record.verdict == "approve" and record.tree == tree


class _Approval(NamedTuple):
    """Whether the rules are met for a tree, what is missing, and whether only its own authors approved it."""

    met: bool
    missing: tuple[str, ...] = ()
    own: bool = False


class _Judge:
    """What one skill's evidence says of each of its trees, each question answered once."""

    def __init__(self, evidence: Evidence) -> None:
        self.evidence = evidence
        self._counting = [record for record in evidence.records if record.counts]
        self._known: dict[str, _Approval] = {}
        self._verdicts: dict[str, TreeVerdicts] = {}
        self._bases: dict[str, str | None] = {}
        self._first: dict[str, int] = {}
        for number, record in enumerate(self._counting):
            if record.verdict == "approve":
                self._first.setdefault(record.tree, number)

    def verdicts(self, tree: str) -> TreeVerdicts:
        """What the records of a tree come to."""
        if tree not in self._verdicts:
            self._verdicts[tree] = verdicts_on(self._counting, tree, self.accepted, self.evidence.mailmap)
        return self._verdicts[tree]

    def settled(self) -> frozenset[str]:
        """Files of the dissent, on any tree, that an approval settled."""
        dissent = [record for record in self._counting if record.verdict in DISSENT]
        stands = {one.file for tree in {record.tree for record in dissent} for one in self.verdicts(tree).open}
        return frozenset(record.file for record in dissent if record.file not in stands)

    def accepted(self, record: Record) -> bool:
        """Whether an approval may settle somebody else's dissent; without rules that can be read it does not matter."""
        policy = self.evidence.policy
        if policy is None:
            return True
        base = self.base(record.tree)
        facts = self._facts(policy, record.tree, base, self._authors(record.tree, base))
        return accepts(policy, facts, self._approval_of(record))

    def approved_trees(self) -> Iterator[str]:
        """The trees that meet the rules, the one that was approved last first."""
        seen: set[str] = set()
        for record in reversed(self._counting):
            if record.verdict == "approve" and record.tree not in seen:
                seen.add(record.tree)
                if self.approval(record.tree).met:
                    yield record.tree

    def last_approved(self) -> str | None:
        """The tree that was approved last of those the history has; of all trees, where it has none that was.

        What was approved on a branch and never merged is not what a change here builds on.
        """
        elsewhere = None
        for tree in self.approved_trees():
            if tree in self._in_history:
                return tree
            elsewhere = elsewhere or tree
        return elsewhere

    @cached_property
    def _in_history(self) -> frozenset[str | None]:
        evidence = self.evidence
        return frozenset((evidence.tree, evidence.head_tree, *(change.tree for change in evidence.changes)))

    def approval(self, tree: str) -> _Approval:
        """Whether the rules are met for a tree."""
        if tree not in self._known:
            self._known[tree] = self._judged(tree)
        return self._known[tree]

    def _judged(self, tree: str) -> _Approval:
        verdicts = self.verdicts(tree)
        if verdicts.revokes or verdicts.requests:
            return _Approval(False)
        if self.evidence.policy is None:
            return _Approval(False, (_NO_POLICY,))
        if not verdicts.approvals:
            return _Approval(False, (NOBODY,))
        base = self.base(tree)
        authors = self._authors(tree, base)
        decision = self._decided(self.evidence.policy, tree, verdicts.approvals, base, authors)
        mailmap = self.evidence.mailmap
        own = all(mailmap.of(record.reviewer_email) in authors for record in verdicts.approvals)
        return _Approval(decision.met, decision.missing, own)

    def decision(self, tree: str) -> Decision:
        """What the policy says of a tree."""
        if self.evidence.policy is None:
            return Decision(
                False, (Demand(0, "a policy that can be read", False, _NO_POLICY, short="readable policy"),)
            )
        base = self.base(tree)
        approvals = self.verdicts(tree).approvals
        return self._decided(self.evidence.policy, tree, approvals, base, self._authors(tree, base))

    def base(self, tree: str) -> str | None:
        """The tree that `last_approved` was when `tree` was first approved; None if none met the rules.

        Derived, because a record's own `base` is a claim. An approval that met nothing is no base: who gave it would
        have their own change behind them, and what it gained would be no gain any more.
        """
        if self.evidence.base is not None or self.evidence.policy is None:
            return self.evidence.base
        until = self._first.get(tree, len(self._counting))
        for earlier, number in self._first.items():
            if number < until and earlier not in self._bases:
                self._bases[earlier] = self._found_base(earlier, number)
        if tree not in self._bases:
            self._bases[tree] = self._found_base(tree, until)
        return self._bases[tree]

    def _found_base(self, tree: str, until: int) -> str | None:
        """The base of a tree from the records before number `until`; those of the trees in them are known."""
        seen = {tree}
        elsewhere = None
        for record in reversed(self._counting[:until]):
            if record.verdict == "approve" and record.tree not in seen:
                seen.add(record.tree)
                here = record.tree in self._in_history
                if (here or elsewhere is None) and self._met_before(record.tree, until):
                    if here:
                        return record.tree
                    elsewhere = record.tree
        return elsewhere

    def _met_before(self, tree: str, until: int) -> bool:
        """Whether a tree met the rules by the records before number `until`."""
        verdicts = verdicts_on(self._counting[:until], tree, self.accepted, self.evidence.mailmap)
        policy = self.evidence.policy
        if policy is None or verdicts.revokes or verdicts.requests or not verdicts.approvals:
            return False
        base = self._bases[tree]
        then = self._counting[until].at if until < len(self._counting) else self.evidence.now
        return self._decided(policy, tree, verdicts.approvals, base, self._authors(tree, base), then).met

    def _decided(
        self,
        policy: Policy,
        tree: str,
        approvals: Sequence[Record],
        base: str | None,
        authors: frozenset[str],
        now: datetime | None = None,
    ) -> Decision:
        evidence = self.evidence
        against: Mapping[str, int] = {}
        open_threads = 0
        if check_matters(policy, evidence.skill.id, COMMENTS):
            from workbench.reviews.threads import open_at

            against = open_at(self._talk, evidence.records, tree) if self._talk.threads else {}
            open_threads = sum(thread.open for thread in self._talk.threads)
        facts = self._facts(policy, tree, base, authors)
        given = [self._approval_of(record, against.get(record.file, 0)) for record in approvals]
        return decide(policy, replace(facts, approvals=given, now=now or evidence.now, open_threads=open_threads))

    def _facts(self, policy: Policy, tree: str, base: str | None, authors: frozenset[str]) -> Facts:
        """What a decision on a tree rests on, but for the approvals."""
        evidence = self.evidence
        return Facts(
            skill=evidence.skill.id,
            approvals=(),
            authors=authors,
            now=evidence.now,
            gains=_gains(evidence, policy, base, tree),
            owners=evidence.owners,
            has_checks=evidence.has_checks,
            proper=evidence.mailmap.of,
        )

    def _approval_of(self, record: Record, open_threads: int = 0) -> Approval:
        who = self.evidence.mailmap.of(record.reviewer_email)
        return Approval(who, record.at, _checks(record.raw.get("checks")), record.proof, open_threads, record.signer)

    @cached_property
    def _talk(self) -> "Discussion":
        return discussion_of(self.evidence)

    def _authors(self, tree: str, base: str | None) -> frozenset[str]:
        evidence = self.evidence
        wrote = authors_between(evidence.changes, tree, base, evidence.ancestry)
        return evidence.mailmap.everybody(wrote | (self._authors_before if base is None else frozenset()))

    @cached_property
    def _authors_before(self) -> frozenset[str]:
        """Who wrote the skill where it was before its folder was renamed, since it was approved there."""
        found: set[str] = set()
        for one in self.evidence.before:
            if one.tree is not None:
                approved = next((tree for tree in approved_trees(one) if _has(one, tree)), None)
                found |= authors_between(one.changes, one.tree, approved, one.ancestry)
        return frozenset(found)


def _state(judge: _Judge, approved: str | None) -> tuple[State, tuple[str, ...], bool]:
    evidence = judge.evidence
    if not evidence.skill.loads:
        errors = [problem.message for problem in evidence.skill.problems if problem.severity == "error"]
        return "invalid", tuple(errors[:3]) or ("no client would load it",), False
    if evidence.tree is None:
        return "draft", ("git does not see this folder",), False
    verdicts = judge.verdicts(evidence.tree)
    if verdicts.open:
        state: State = "revoked" if verdicts.revokes else "changes-requested"
        did = "revoked" if verdicts.revokes else "wants changes"
        said = tuple(_said(record, did) for record in verdicts.revokes or verdicts.requests)
        return state, (*said, *_refused(verdicts)), False
    met, missing, own = judge.approval(evidence.tree)
    if met and evidence.coverage.unread:
        return "stale", evidence.coverage.unread, False
    if met:
        lines = [_said(record, "approved") for record in verdicts.approvals]
        return "approved", (*lines, *(["self-approved"] if own else [])), own
    if verdicts.asked:
        return "in-review", missing, False
    if approved is not None:
        return "stale", (f"changed since the approved tree {approved[:12]}",), False
    return "draft", missing, False


def discussion_of(evidence: Evidence) -> "Discussion":
    """The threads of the skill's records, and which of them are resolved."""
    from workbench.reviews.threads import discuss

    authors = {author for change in evidence.changes for author in change.authors}
    mailmap = evidence.mailmap
    return discuss(evidence.records, mailmap=mailmap, authors=mailmap.everybody(authors))


def _gains(evidence: Evidence, policy: Policy, base: str | None, tree: str) -> frozenset[str] | None:
    """What a tree can do that its base can't; found out only where a rule asks for it."""
    if evidence.gains is None or not gains_matter(policy, evidence.skill.id):
        return None
    return evidence.gains(base, tree)


def _checks(raw: Any) -> Mapping[str, bool | None]:
    """How the checks stood, as a record tells it."""
    if not isinstance(raw, Mapping):
        return {}
    tests = raw.get("tests")
    passed = None
    if isinstance(tests, Mapping):
        passed = tests.get("failed") == 0 and isinstance(tests.get("passed"), int) and tests["passed"] > 0
    findings = raw.get("findings")
    found = {
        "validation": raw.get("validation") == "pass",
        "tests": passed,
        "compare": raw.get("compare") == "pass",
        "findings": isinstance(findings, Mapping) and findings.get("new") == 0,
    }
    return {check: stood if check in raw else None for check, stood in found.items()}


def _refused(verdicts: TreeVerdicts) -> tuple[str, ...]:
    """Approvals that answer what stands all the same."""
    why = "settles nothing: the policy does not count it for this tree"
    return tuple(f"the approval of {visible(r.reviewer_name or r.reviewer_email)} {why}" for r in verdicts.refused)


def _said(record: Record, did: str) -> str:
    who = visible(record.reviewer_name or record.reviewer_email)
    reason = f": {visible(record.reason)}" if record.reason else ""
    return f"{who} {did} on {record.at.date().isoformat()}{reason}"


def _doubts(records: Sequence[Record]) -> tuple[str, ...]:
    """Records that do not count, and signatures that prove nothing."""
    doubtful = [record for record in records if not record.counts]
    unproved = [record for record in records if record.counts and record.doubt]
    return (
        *(f"a record does not count, {record.why_not} ({visible(record.file)})" for record in doubtful),
        *(f"a signature proves nothing, {record.doubt} ({visible(record.file)})" for record in unproved),
    )
