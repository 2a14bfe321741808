"""The policy's demands on one skill as a checklist: which hold, which are missing, and who could meet them."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from workbench.policy.decide import Demand
from workbench.reviews.listing import SkillRow
from workbench.reviews.model import POLICY_ID
from workbench.reviews.states import Evidence, decision_on
from workbench.reviews.survey import Background, evidence_of, policy_evidence
from workbench.text import plural, visible

_NAMED = 2


@dataclass(frozen=True, slots=True)
class PolicyCheck:
    """What the policy in force says of a skill's current tree.

    Attributes:
        met: Whether the state is `approved`: all demands are met, and no revoke or request for changes is open.
        written: Whether the library has a policy file.
        commit: The commit that the policy in force is from; None before there is one.
        via: How each approval was given: e-mail and `tui`, `cli` or `ci`.
        reasons: Why the skill stands where it does.
    """

    skill: str
    tree: str | None
    met: bool
    state: str
    demands: tuple[Demand, ...]
    written: bool
    policy_tree: str | None
    commit: str | None
    pending: bool
    via: tuple[tuple[str, str], ...]
    reasons: tuple[str, ...]

    def to_json(self) -> dict[str, Any]:
        """The contract of `policy check --json`."""
        return {
            "skill": self.skill,
            "tree": self.tree,
            "met": self.met,
            "state": self.state,
            "policy": {
                "written": self.written, "tree": self.policy_tree, "from": self.commit, "pending": self.pending,
            },
            "demands": [demand.to_json() for demand in self.demands],
            "via": [{"reviewer": email, "via": via} for email, via in self.via],
            "reasons": list(self.reasons),
        }  # fmt: skip


def check(row: SkillRow, background: Background, now: datetime) -> PolicyCheck:
    """Hold the rules in force against the row's current tree."""
    standing, in_force = row.standing, background.in_force
    tree = standing.tree
    demands = decision_on(evidence_for(row, background, now), tree).demands if tree else ()
    approvals = [r for r in standing.records if r.counts and r.verdict == "approve" and r.tree == tree]
    return PolicyCheck(
        skill=row.id,
        tree=tree,
        met=standing.state == "approved",
        state=standing.state,
        demands=demands,
        written=bool(in_force.version and in_force.version.written),
        policy_tree=in_force.tree,
        commit=in_force.version.commit if in_force.version else None,
        pending=in_force.pending is not None,
        via=tuple((record.reviewer_email, record.via) for record in approvals),
        reasons=standing.reasons,
    )


def evidence_for(row: SkillRow, background: Background, now: datetime) -> Evidence:
    """All that the state of a row rests on, a skill's or the policy's own."""
    if row.id == POLICY_ID:
        return policy_evidence(row.standing.tree, background.ledger.of(POLICY_ID), background.in_force, now)
    return evidence_of(row.skill, row.standing.tree, background, now)


def in_a_line(check: PolicyCheck) -> list[tuple[str, str]]:
    """The checklist in one line, as texts with their tones: what is missing first, with who could meet it.

    `× maintainer: 1 of ada@example.com  × tests  ✓ validation`. The texts are made visible; the line may be cut.
    """
    said: list[tuple[str, str]] = []
    for demand in sorted(check.demands, key=lambda one: one.met):
        if said:
            said.append(("  ", "plain"))
        if demand.met:
            by = f" by {', '.join(map(visible, demand.by))}" if demand.by else ""
            said.append((f"✓ {demand.short}{by}", "good"))
        elif demand.waits:
            said.append((f"○ {demand.short}", "muted"))
        elif demand.who_could == ("*",):
            said.append((f"× {plural(demand.lacking, 'approval')} by {demand.short}", "attention"))
        else:
            who = f" of {_few(demand.who_could)}" if demand.who_could else ", and nobody is left" * demand.nobody_left
            said.append((f"× {demand.short}{f': {demand.lacking}{who}' if demand.lacking else ''}", "attention"))
    return said


def _few(who: tuple[str, ...]) -> str:
    more = f" and {len(who) - _NAMED} more" if len(who) > _NAMED else ""
    return ", ".join(map(visible, who[:_NAMED])) + more
