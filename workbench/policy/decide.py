"""Whether a policy's demands are met by the approvals that count, and what is missing in words."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from fnmatch import fnmatchcase

from workbench.policy.rules import Link, Policy, Rule
from workbench.skills.globs import first_match
from workbench.text import plural, visible


@dataclass(frozen=True, slots=True)
class Approval:
    """One approval that counts: whose, when, and how each check stood then (None: unknown)."""

    email: str
    at: datetime
    checks: Mapping[str, bool | None] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Facts:
    """What a decision rests on.

    Attributes:
        skill: Skill id.
        approvals: Approvals of the tree in question, oldest first.
        authors: E-mails of the authors and co-authors of the change since the last approved tree.
        now: The moment of the decision, for expiry.
    """

    skill: str
    approvals: Sequence[Approval]
    authors: frozenset[str]
    now: datetime


@dataclass(frozen=True, slots=True)
class Decision:
    """Whether all demands are met, with one line for each that is not."""

    met: bool
    missing: tuple[str, ...] = ()


def decide(policy: Policy, facts: Facts) -> Decision:
    """Judge the approvals by every rule that matches the skill; with no approval at all nothing is met."""
    if not facts.approvals:
        return Decision(False, ("nobody has approved this tree",))
    matching = [rule for rule in policy.rules if _matches(rule, facts.skill)]
    missing = [line for rule in matching for line in _missing(rule, policy, facts)]
    return Decision(not missing, tuple(dict.fromkeys(missing)))


def _matches(rule: Rule, skill: str) -> bool:
    # Gains are not weighed yet, so a rule about them holds for every change: too strict rather than too lax.
    return not rule.skills or first_match(rule.skills, skill) is not None


def _missing(rule: Rule, policy: Policy, facts: Facts) -> list[str]:
    if rule.identity != "author":
        return [f"the policy demands identity by {rule.identity}, which this version can't check"]
    usable = [
        approval
        for approval in facts.approvals
        if (rule.self_approval or approval.email.casefold() not in facts.authors)
        and not (rule.expires and facts.now - approval.at > rule.expires)
    ]
    lines = []
    if len(usable) < len(facts.approvals) and not usable:
        lines.append(_why_unusable(rule, facts))
    rest = list(usable)
    for link in rule.chain:
        lines += _take(link, policy, rest)
    for check in rule.checks:
        if not any(approval.checks.get(check) for approval in usable):
            lines.append(f"the check '{visible(check)}' did not pass when it was approved")
    return lines


def _take(link: Link, policy: Policy, rest: list[Approval]) -> list[str]:
    """Use up approvals, in order, for one step of a chain; what it lacks, if it lacks any."""
    globs = policy.roles.get(link.role)
    if globs is None:
        known = link.role in policy.roles
        return [f"role '{visible(link.role)}' {'comes from CODEOWNERS, which this version can not read' if known else 'is not defined'}"]  # noqa: E501  # fmt: skip
    people: set[str] = set()
    last = -1
    for number, approval in enumerate(rest):
        email = approval.email.casefold()
        if len(people) < link.count and email not in people and any(fnmatchcase(email, g.casefold()) for g in globs):
            people.add(email)
            last = number
    if len(people) < link.count:
        return [f"needs {plural(link.count - len(people), 'more approval')} by {visible(link.role)}"]
    del rest[: last + 1]
    return []


def _why_unusable(rule: Rule, facts: Facts) -> str:
    if not rule.self_approval and any(a.email.casefold() in facts.authors for a in facts.approvals):
        return "approved only by authors of the change, and the policy wants somebody else"
    return f"the approval is older than {rule.expires.days if rule.expires else 0} days"
