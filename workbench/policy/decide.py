"""Whether a policy's demands are met by the approvals that count: a checklist of what is missing and who could."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from fnmatch import fnmatchcase
from typing import Any

from workbench.policy.chains import Filled, fill
from workbench.policy.rules import COMMENTS, DEFAULT_RULE, IDENTITIES, Identity, Link, Policy, Rule
from workbench.skills.globs import first_match
from workbench.text import plural, visible

NOBODY = "nobody has approved this tree"

_WILD = frozenset("*?[")
_FIRST = {"tests": "workbench test NAME, then ", "compare": "workbench test NAME --compare APPROVED, then "}
"""How a check gets a result."""
_CLOCKS = timedelta(days=1)
"""So far the clocks of two people may differ."""
_PROOF_SHORT = {"author": "", "signature": ", signed", "touch": ", hardware key"}
_PROOF_WORDS = {"author": "", "signature": " with a signature", "touch": " with a hardware key"}


@dataclass(frozen=True, slots=True)
class Approval:
    """One approval that counts: whose, when, how each check stood then (None: unknown), how the person is proved.

    Attributes:
        open_threads: How many threads of comments stand unresolved against it now.
        key: The fingerprint of the key that proves the person.
    """

    email: str
    at: datetime
    checks: Mapping[str, bool | None] = field(default_factory=dict)
    proof: Identity = "author"
    open_threads: int = 0
    key: str | None = None


@dataclass(frozen=True, slots=True)
class Facts:
    """What a decision rests on.

    Attributes:
        skill: Skill id.
        approvals: Approvals of the tree in question, oldest first.
        authors: E-mails of the authors and co-authors of the change since the last approved tree, lower case.
        now: The moment of the decision, for expiry.
        gains: Kinds of capabilities that the change gains; None where that is not known, which counts as all.
        owners: Who owns the skill by CODEOWNERS: e-mails in lower case, or names that begin with `@`.
        has_checks: Whether there is anything to check; the policy itself has no tests, and no rule can ask for them.
        open_threads: How many threads of comments an approval that is given now would leave unresolved.
        proper: Gives the e-mail by which a person's others are known, as approvals name them.
    """

    skill: str
    approvals: Sequence[Approval]
    authors: frozenset[str]
    now: datetime
    gains: frozenset[str] | None = None
    owners: tuple[str, ...] = ()
    has_checks: bool = True
    open_threads: int = 0
    proper: Callable[[str], str] = str.casefold


@dataclass(frozen=True, slots=True)
class Demand:
    """One thing that a rule asks for.

    Attributes:
        rule: The rule's number in the policy, from 1; 0 where none matches and the default holds.
        what: What is asked for, in words.
        missing: What is missing, in words; empty where it is met.
        by: E-mails of those whose approvals meet it, or part of it.
        who_could: Who could meet what is missing: e-mails, globs and CODEOWNERS' names.
        nobody_left: Whether all who could have approved already, or are authors of the change.
        short: It in a word or two, for a line that holds all: `maintainer, signed`.
        lacking: How many approvals are missing; 0 where it is met or is no approval.
        waits: Whether it can't be told before there is an approval that counts.
    """

    rule: int
    what: str
    met: bool
    missing: str = ""
    by: tuple[str, ...] = ()
    who_could: tuple[str, ...] = ()
    nobody_left: bool = False
    short: str = ""
    lacking: int = 0
    waits: bool = False

    def to_json(self) -> dict[str, Any]:
        """All of it, for programs."""
        return {
            "rule": self.rule, "what": self.what, "met": self.met, "missing": self.missing or None,
            "by": list(self.by), "who_could": list(self.who_could),
            "nobody_left": self.nobody_left,
        }  # fmt: skip


@dataclass(frozen=True, slots=True)
class Decision:
    """Whether all demands are met, and each of them."""

    met: bool
    demands: tuple[Demand, ...] = ()
    approved_at_all: bool = True

    @property
    def missing(self) -> tuple[str, ...]:
        """One line for each thing that is missing."""
        if not self.approved_at_all:
            return (NOBODY,)
        return tuple(dict.fromkeys(demand.missing for demand in self.demands if not demand.met))


def decide(policy: Policy, facts: Facts) -> Decision:
    """Judge the approvals by every rule that matches, or by the default; with no approval at all nothing is met."""
    demands = tuple(
        demand for number, rule in _binding(policy, facts) for demand in _demands(rule, number, policy, facts)
    )
    some = bool(facts.approvals)
    return Decision(some and all(demand.met for demand in demands), demands, some)


def accepts(policy: Policy, facts: Facts, approval: Approval) -> bool:
    """Whether an approval is one that the rules let count for the tree, so that it may settle what somebody said of it.

    No rule that matches may find it its author's own or too weakly proved, and it has to fill a step of one of them.
    Age plays no part: what was settled stays so.
    """
    rules = [replace(rule, expires=None) for _, rule in _binding(policy, facts)]
    if any(_why_unusable(approval, rule, facts) for rule in rules):
        return False
    links = [link for rule in rules for link in rule.chain]
    return not links or any(_Members(link, policy, facts)(approval.email.casefold()) for link in links)


def gains_matter(policy: Policy, skill: str) -> bool:
    """Whether what a change of this skill gains has a say, so that it has to be found out."""
    return any(rule.gains and _names(rule, skill) for rule in policy.rules)


def check_matters(policy: Policy, skill: str, check: str) -> bool:
    """Whether a rule that may match this skill asks for a check."""
    return any(check in rule.checks and _names(rule, skill) for rule in policy.rules)


def authors_matter(policy: Policy, skill: str) -> bool:
    """Whether a rule that may match this skill leaves out the approvals of a change's own authors."""
    named = [rule for rule in policy.rules if _names(rule, skill)]
    return all(rule.gains for rule in named) or any(not rule.self_approval for rule in named)


def demands_a_key(policy: Policy, skill: str) -> bool:
    """Whether a rule that may match this skill wants more than a commit's author as proof of who approved."""
    return any(rule.identity != "author" and _names(rule, skill) for rule in policy.rules)


def _names(rule: Rule, skill: str) -> bool:
    return not rule.skills or first_match(rule.skills, skill) is not None


def _binding(policy: Policy, facts: Facts) -> list[tuple[int, Rule]]:
    """The rules that match, by number; where none does the default, as number 0: one approval by somebody else."""
    found = [(number, rule) for number, rule in enumerate(policy.rules, start=1) if _matches(rule, facts)]
    return found or [(0, DEFAULT_RULE)]


def _matches(rule: Rule, facts: Facts) -> bool:
    gained = not rule.gains or facts.gains is None or not facts.gains.isdisjoint(rule.gains)
    return gained and _names(rule, facts.skill)


def _demands(rule: Rule, number: int, policy: Policy, facts: Facts) -> Iterator[Demand]:
    usable = [approval for approval in facts.approvals if not _why_unusable(approval, rule, facts)]
    steps = [(link.count, _Members(link, policy, facts)) for link in rule.chain]
    filled = fill([approval.email.casefold() for approval in usable], steps)
    for at, (link, (_, members)) in enumerate(zip(rule.chain, steps, strict=True)):
        yield _step(number, link, members, filled, at, rule, facts)
    if not rule.chain:
        who = tuple(dict.fromkeys(approval.email for approval in usable))
        missing = "" if usable else _unusable(rule, facts) or NOBODY
        what = f"an approval{_PROOF_WORDS[rule.identity]}{_fresh(rule)}"
        short = f"approval{_PROOF_SHORT[rule.identity]}"
        yield Demand(number, what, bool(usable), missing, who, short=short, lacking=0 if usable else 1)
    for check in rule.checks:
        if check == COMMENTS:
            left = min((approval.open_threads for approval in usable), default=facts.open_threads)
            missing = (
                f"{plural(left, 'thread')} of comments {'is' if left == 1 else 'are'} not resolved" if left else ""
            )
            yield Demand(number, "every thread of comments is resolved", not left, missing, short="comments")
            continue
        if not facts.has_checks:
            continue
        passed = any(approval.checks.get(check) for approval in usable)
        missing = "" if passed else _unchecked(check, usable, facts)
        waits = not usable
        yield Demand(number, f"the check '{visible(check)}' passed", passed, missing, short=visible(check), waits=waits)


def _unchecked(check: str, usable: Sequence[Approval], facts: Facts) -> str:
    """Why a check does not hold: an approval that counts says how it stood on the tree that was approved."""
    what = f"the check '{visible(check)}'"
    if not facts.approvals:
        return f"{what} is held against an approval, and there is none"
    if not usable:
        return f"{what} is held against an approval that counts, and none of them does"
    if all(approval.checks.get(check) is None for approval in usable):
        return f"{what} had no result when it was approved: {_FIRST.get(check, '')}approve again"
    return f"{what} did not pass when it was approved"


@dataclass(frozen=True, slots=True)
class _Members:
    """Who may fill a step."""

    link: Link
    policy: Policy
    facts: Facts

    def __call__(self, email: str) -> bool:
        return any(fnmatchcase(email, glob) for glob in self.globs)

    @property
    def known(self) -> bool:
        return self.link.role in self.policy.roles

    @property
    def globs(self) -> tuple[str, ...]:
        """E-mails and globs of them, lower case; of CODEOWNERS' names those that the policy has a role for."""
        globs = self.policy.roles.get(self.link.role, ())
        if globs is not None:
            return tuple(self._proper(glob) for glob in globs)
        found: list[str] = []
        for owner in self.facts.owners:
            if owner.startswith("@"):
                found += [self._proper(glob) for glob in self.policy.roles.get(owner) or ()]
            else:
                found.append(_literal(self.facts.proper(owner)))
        return tuple(found)

    def _proper(self, glob: str) -> str:
        return self.facts.proper(glob) if _WILD.isdisjoint(glob) else glob.casefold()

    @property
    def nameless(self) -> tuple[str, ...]:
        """CODEOWNERS' names that stand for no e-mail here."""
        if self.policy.roles.get(self.link.role, ()) is not None:
            return ()
        return tuple(o for o in self.facts.owners if o.startswith("@") and not self.policy.roles.get(o))


def _literal(email: str) -> str:
    """An e-mail as a glob that matches nothing else."""
    return "".join(f"[{char}]" if char in "*?[" else char for char in email)


def _step(number: int, link: Link, members: _Members, filled: Filled, at: int, rule: Rule, facts: Facts) -> Demand:
    by = filled.steps[at] if at < len(filled.steps) else ()
    role = visible(link.role)
    after = f", after {visible(rule.chain[at - 1].role)}" if at else ""
    what = f"{plural(link.count, 'approval')} by {role}{_PROOF_WORDS[rule.identity]}{after}{_fresh(rule)}"
    short = f"{role}{_PROOF_SHORT[rule.identity]}"
    if len(by) >= link.count:
        return Demand(number, what, True, by=by, short=short)
    if not members.known:
        missing = f"role '{role}' is not defined"
    elif not members.globs and members.nameless:
        missing = (
            f"CODEOWNERS names {', '.join(map(visible, members.nameless))}; the policy's roles have to say who that is"
        )
    elif not members.globs:
        missing = f"nobody is {role}"
    else:
        missing = f"needs {plural(link.count - len(by), 'more approval')} by {role}{_PROOF_WORDS[rule.identity]}"
        why = _unusable(rule, facts)
        missing = f"{why}; {missing}" if why and not by else f"{missing}{_passed_over(members, rule, facts)}"
    barred = frozenset() if rule.self_approval else facts.authors
    who = tuple(g for g in members.globs if g not in barred and g not in by)
    spent = bool(members.globs) and not who and not members.nameless
    could = (*who, *members.nameless)
    return Demand(number, what, False, missing, by, could, spent, short=short, lacking=link.count - len(by))


def _fresh(rule: Rule) -> str:
    return f", not older than {rule.expires.days} days" if rule.expires else ""


def _why_unusable(approval: Approval, rule: Rule, facts: Facts) -> str | None:
    """Why an approval does not count for a rule; None if it does."""
    if not rule.self_approval and approval.email.casefold() in facts.authors:
        return "own"
    if rule.expires and facts.now - approval.at > rule.expires:
        return "old"
    if rule.expires and approval.at - facts.now > _CLOCKS:
        return "early"
    if IDENTITIES.index(approval.proof) < IDENTITIES.index(rule.identity):
        return "weak"
    return "same" if rule.identity != "author" and _key_was_used(approval, facts) else None


def _key_was_used(approval: Approval, facts: Facts) -> bool:
    """Whether the approval's key proves somebody else's approval before it: whoever has the key is one person."""
    used = (one for one in facts.approvals if one.key is not None and one.key == approval.key)
    first = next(used, approval)
    return first.email.casefold() != approval.email.casefold()


def _passed_over(members: _Members, rule: Rule, facts: Facts) -> str:
    """Whose approvals a step leaves out though they have its role, and why; empty if it leaves out none."""
    words = {
        "own": "is an author of the change",
        "old": "did so too long ago",
        "early": "says to have done so later than now",
        "weak": f"did so not{_PROOF_WORDS[rule.identity]}",
        "same": "with a key that another one's approval has, too",
    }
    why = {one.email.casefold(): _why_unusable(one, rule, facts) for one in facts.approvals}
    said = [f"{visible(who)} approved, but {words[reason]}" for who, reason in why.items() if reason and members(who)]
    return f" ({'; '.join(said)})" if said else ""


def _unusable(rule: Rule, facts: Facts) -> str:
    """Why none of the approvals that there are counts for a rule; empty if one does or there is none."""
    reasons = {_why_unusable(approval, rule, facts) for approval in facts.approvals}
    if None in reasons or not reasons:
        return ""
    words = {
        "own": "approved only by authors of the change, and the policy wants somebody else",
        "old": f"the approval is older than {rule.expires.days if rule.expires else 0} days",
        "early": "the approval says it was given later than now, and the policy wants it to expire",
        "weak": f"the policy demands an approval{_PROOF_WORDS[rule.identity]}, and the author of a commit is a claim",
        "same": "the approval has a key that somebody else's has, too",
    }
    return "; ".join(text for reason, text in words.items() if reason in reasons)
