"""The queue: which skills wait for me, which for others, which went stale, which are released.

What waits is in the order of its risk, then the oldest first; what is approved or released, the latest first.

Risk is triage: the kinds of capabilities that a tree has over the approved one. It says where to look first, never that
something is safe.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from fnmatch import fnmatchcase
from typing import Any, Literal

from workbench.analytics.usage import USAGE_DAYS, UsageRow
from workbench.policy.decide import Decision
from workbench.reviews.listing import SkillRow
from workbench.reviews.states import decision_on
from workbench.reviews.survey import Background, evidence_of

Group = Literal["mine", "others", "stale", "approved", "released"]
Risk = Literal["high", "medium", "low", "unknown"]

GROUPS: tuple[Group, ...] = ("mine", "others", "stale", "approved", "released")
RISKS: tuple[Risk, ...] = ("high", "unknown", "medium", "low")

_HIGH = frozenset(
    ("subprocess", "network", "install", "download", "dynamic", "secret", "hidden", "homoglyph", "injection",
     "unreadable")
)  # fmt: skip
_DAY = 86_400


@dataclass(frozen=True, slots=True)
class Waiting:
    """One skill in the queue.

    Attributes:
        group: `mine` and `others` wait for a word; `stale` changed after an approval and nobody asked for a review yet.
        gains: Kinds of capabilities that the tree has over the approved one.
        age_days: Whole days since a commit last changed it; None where none did.
        usage: How it was called in the last `USAGE_DAYS` days; None where it was not.
    """

    row: SkillRow
    group: Group
    reason: str
    risk: Risk
    gains: tuple[str, ...]
    age_days: int | None
    usage: UsageRow | None

    def to_json(self) -> dict[str, Any]:
        """One item of `review queue --json`."""
        used = self.usage
        return {
            "path": self.row.id,
            "name": self.row.name,
            "state": self.row.state,
            "group": self.group,
            "waits_for": {"mine": "me", "others": "others", "stale": "others"}.get(self.group, "nobody"),
            "reason": self.reason,
            "risk": self.risk,
            "gains": list(self.gains),
            "age_days": self.age_days,
            "tree": self.row.standing.tree,
            "approved_tree": self.row.standing.approved_tree,
            "released": self.row.standing.released,
            "usage": {"days": USAGE_DAYS, "calls": used.calls if used else 0, "failed": used.failed if used else 0},
        }


def queue(
    rows: Sequence[SkillRow], background: Background, me: str | None, usage: Mapping[str, UsageRow], now: datetime
) -> tuple[Waiting, ...]:
    """The skills by group: those that wait the riskiest and then the oldest first, the others the latest first.

    Args:
        rows: All skills with their standings.
        background: What those rest on.
        me: This user's e-mail; None where git knows none, and nothing waits for anybody in particular.
        usage: Use of each skill in the last days, by id.
        now: The moment that ages count from.
    """
    mail = background.in_force.people.mailmap.of(me) if me else None
    judged = [row.standing for row in rows if row.state != "approved"]
    background.gains.read(filter(None, (tree for one in judged for tree in (one.head_tree, one.approved_tree))))
    background.gains.keep()
    found = [_waiting(row, background, mail, usage.get(row.id), now) for row in rows]
    return tuple(sorted(found, key=_order))


def _order(one: Waiting) -> tuple[int, int, int, str]:
    age = one.age_days or 0
    settled = one.group in ("approved", "released")
    return GROUPS.index(one.group), RISKS.index(one.risk), age if settled else -age, one.row.id


def _waiting(row: SkillRow, background: Background, me: str | None, used: UsageRow | None, now: datetime) -> Waiting:
    group, reason = _group(row, background, me, now)
    gains = _gains(row, background) if group in ("mine", "others", "stale") else frozenset()
    age = None if row.changed_at is None else max(0, int(now.timestamp()) - row.changed_at) // _DAY
    return Waiting(row, group, reason, _risk(row, group, gains), tuple(sorted(gains or ())), age, used)


def _group(row: SkillRow, background: Background, me: str | None, now: datetime) -> tuple[Group, str]:
    standing = row.standing
    first = standing.reasons[0] if standing.reasons else ""
    if standing.state == "approved":
        return ("released", f"released as {standing.released}") if standing.released else ("approved", first)
    changes = background.history.get(row.id, ())
    authors = background.in_force.people.mailmap.everybody(changes[0].authors if changes else ())
    if standing.state in ("invalid", "revoked", "changes-requested"):
        return ("mine" if me in authors else "others"), first or "its author has to mend it"
    if standing.tree != standing.head_tree:
        return ("mine" if me in authors else "others"), "it has changes that are not committed"
    evidence = evidence_of(row.skill, standing.tree, background, now)
    decision = decision_on(evidence, standing.tree) if standing.tree else Decision(False)
    missing = "; ".join(decision.missing) or first
    if _could(decision, me, authors):
        return "mine", missing
    return ("stale" if standing.state == "stale" else "others"), missing


def _could(decision: Decision, me: str | None, authors: Iterable[str]) -> bool:
    """Whether this user's approval could meet something that is missing."""
    if me is None:
        return False
    for demand in decision.demands:
        if not demand.met and me not in demand.by and any(fnmatchcase(me, glob) for glob in demand.who_could):
            # Whoever wrote the change is asked only where the rules leave nobody else.
            return me not in authors or set(demand.who_could) <= {"*", me}
    return False


def _gains(row: SkillRow, background: Background) -> frozenset[str] | None:
    tree = row.standing.head_tree
    return background.gains.between(row.standing.approved_tree, tree) if tree else None


def _risk(row: SkillRow, group: Group, gains: frozenset[str] | None) -> Risk:
    if group in ("approved", "released"):
        return "low"
    return "unknown" if row.standing.tree != row.standing.head_tree else risk_of(gains)


def risk_of(gains: frozenset[str] | None) -> Risk:
    """How risky it looks that a tree gained these kinds of capabilities (None: nobody knows which)."""
    if gains is None:
        return "unknown"
    if gains & _HIGH:
        return "high"
    return "medium" if gains else "low"
