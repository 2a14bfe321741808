"""The queue: which skills wait for me, which for others, which went stale, which are released.

What waits is in the order of its risk, then the oldest first; what is approved or released, the latest first.

Risk is triage: the kinds of capabilities that a tree has over the approved one. It says where to look first, never that
something is safe.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Any, Literal

from workbench.analytics.usage import USAGE_DAYS, UsageRow
from workbench.policy.decide import Decision
from workbench.reviews.listing import SkillRow
from workbench.reviews.states import decision_on
from workbench.reviews.survey import Background, evidence_of

if TYPE_CHECKING:
    from workbench.reviews.elsewhere import Elsewhere
    from workbench.reviews.pulls import Branch

Group = Literal["mine", "others", "stale", "approved", "released"]
Risk = Literal["high", "medium", "low", "unknown"]

GROUPS: tuple[Group, ...] = ("mine", "others", "stale", "approved", "released")
WAITING: tuple[Group, ...] = ("mine", "others", "stale")
"""The groups in which something is still to be done."""
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
        mine: Whether it waits for this user, whatever its group.
        gains: Kinds of capabilities that the tree has over the approved one.
        age_days: Whole days since a commit last changed it; None where none did.
        usage: How it was called in the last `USAGE_DAYS` days; None where it was not.
        branch: Which branch has it so; None for what is checked out.
    """

    row: SkillRow
    group: Group
    reason: str
    risk: Risk
    gains: tuple[str, ...]
    age_days: int | None
    usage: UsageRow | None
    branch: "Branch | None" = None
    mine: bool = False

    @property
    def key(self) -> str:
        """What tells it from all others: a skill may wait here and on branches."""
        return f"{self.row.id} on {self.branch.name}" if self.branch else self.row.id

    def to_json(self) -> dict[str, Any]:
        """One item of `review queue --json`."""
        used = self.usage
        return {
            "path": self.row.id,
            "name": self.row.name,
            "state": self.row.state,
            "group": self.group,
            "waits_for": ("me" if self.mine else "others") if self.group in WAITING else "nobody",
            "reason": self.reason,
            "branch": self.branch.name if self.branch else None,
            "range": self.branch.range if self.branch else None,
            "risk": self.risk,
            "gains": list(self.gains),
            "age_days": self.age_days,
            "tree": self.row.standing.tree,
            "approved_tree": self.row.standing.approved_tree,
            "released": self.row.standing.released,
            "usage": {"days": USAGE_DAYS, "calls": used.calls if used else 0, "failed": used.failed if used else 0},
        }


def queue(
    rows: Sequence[SkillRow],
    background: Background,
    me: str | None,
    usage: Mapping[str, UsageRow],
    now: datetime,
    elsewhere: "Sequence[Elsewhere]" = (),
) -> tuple[Waiting, ...]:
    """The skills by group: those that wait the riskiest and then the oldest first, the others the latest first.

    Args:
        rows: All skills with their standings.
        background: What those rest on.
        me: This user's e-mail; None where git knows none, and nothing waits for anybody in particular.
        usage: Use of each skill in the last days, by id.
        now: The moment that ages count from.
        elsewhere: What waits on branches.
    """
    mail = background.in_force.people.mailmap.of(me) if me else None
    judged = [row.standing for row in (*rows, *(one.row for one in elsewhere)) if row.state != "approved"]
    background.gains.read(filter(None, (tree for one in judged for tree in (one.head_tree, one.approved_tree))))
    background.gains.keep()
    found = [_waiting(row, background, mail, usage.get(row.id), now) for row in rows]
    for one in elsewhere:
        waiting = _waiting(one.row, one.background, mail, usage.get(one.row.id), now)
        found.append(replace(waiting, branch=one.branch))
    return tuple(sorted(found, key=_order))


def _order(one: Waiting) -> tuple[int, int, int, str]:
    age = one.age_days or 0
    settled = one.group not in WAITING
    return GROUPS.index(one.group), RISKS.index(one.risk), age if settled else -age, one.key


def _waiting(row: SkillRow, background: Background, me: str | None, used: UsageRow | None, now: datetime) -> Waiting:
    group, reason, mine = _group(row, background, me, now)
    gains = _gains(row, background) if group in WAITING else frozenset()
    age = None if row.changed_at is None else max(0, int(now.timestamp()) - row.changed_at) // _DAY
    risk = _risk(row, group, gains)
    return Waiting(row, group, reason, risk, tuple(sorted(gains or ())), age, used, mine=mine)


def _group(row: SkillRow, background: Background, me: str | None, now: datetime) -> tuple[Group, str, bool]:
    """Where it belongs, why, and whether it waits for this user."""
    standing = row.standing
    first = standing.reasons[0] if standing.reasons else ""
    if standing.state == "approved":
        released = standing.released
        return ("released", f"released as {released}", False) if released else ("approved", first, False)
    changes = background.history.get(row.id, ())
    authors = background.in_force.people.mailmap.everybody(changes[0].authors if changes else ())
    if standing.state in ("invalid", "revoked", "changes-requested"):
        mine, reason = me in authors, first or "its author has to mend it"
    elif standing.tree != standing.head_tree:
        mine, reason = me in authors, "it has changes that are not committed"
    else:
        evidence = evidence_of(row.skill, standing.tree, background, now)
        decision = decision_on(evidence, standing.tree) if standing.tree else Decision(False)
        mine, reason = _could(decision, me, authors), "; ".join(decision.missing) or first
    if standing.state == "stale":
        return "stale", first or reason, mine
    return ("mine" if mine else "others"), reason, mine


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
    if group not in WAITING:
        return "low"
    return "unknown" if row.standing.tree != row.standing.head_tree else risk_of(gains)


def risk_of(gains: frozenset[str] | None) -> Risk:
    """How risky it looks that a tree gained these kinds of capabilities (None: nobody knows which)."""
    if gains is None:
        return "unknown"
    if gains & _HIGH:
        return "high"
    return "medium" if gains else "low"
