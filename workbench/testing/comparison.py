"""Before and after: the outcomes of two versions of a skill, each one's cases on its own and on the other's code."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from workbench.testing.results import FINE, CaseOutcome, CaseResult, TestRun

Change = Literal["same", "changed", "fixed", "broken", "still failing", "new", "new, failing", "gone", "gone, failing"]

REGRESSIONS: frozenset[Change] = frozenset(("broken", "new, failing", "gone, failing"))
"""What a change is answerable for: something that passed does not, or something that came does not pass."""


@dataclass(frozen=True, slots=True)
class ComparedCase:
    """One case before and after.

    Attributes:
        before: The old case on the old code; None where there is none.
        after: The new case on the new code; None where there is none.
        old_on_new: The old case on the new code.
        new_on_old: The new case on the old code.
        change: What that comes to. `changed`: the old case fails on the new code, and the new one wants something else.
        reason: Why it does not pass now.
    """

    name: str
    before: CaseOutcome | None
    after: CaseOutcome | None
    old_on_new: CaseOutcome | None
    new_on_old: CaseOutcome | None
    change: Change
    reason: str | None = None

    def to_json(self) -> dict[str, Any]:
        """One item of `rows`."""
        return {
            "case": self.name,
            "before": self.before,
            "after": self.after,
            "old_cases_new_code": self.old_on_new,
            "new_cases_old_code": self.new_on_old,
            "verdict": self.change,
            "reason": self.reason,
        }


@dataclass(frozen=True, slots=True)
class Comparison:
    """Two versions of a skill, case by case."""

    skill: str
    revision: str
    before_tree: str
    after_tree: str | None
    rows: tuple[ComparedCase, ...]
    cancelled: bool = False

    @property
    def ok(self) -> bool:
        """Whether nothing got worse."""
        return not self.cancelled and not any(row.change in REGRESSIONS for row in self.rows)

    def to_json(self) -> dict[str, Any]:
        """The contract of `test --compare --json`."""
        counts = {change: sum(row.change == change for row in self.rows) for change in _order()}
        return {
            "skill": self.skill,
            "before": {"rev": self.revision, "tree": self.before_tree},
            "after": {"tree": self.after_tree},
            "ok": self.ok,
            "rows": [row.to_json() for row in self.rows],
            "summary": {change: count for change, count in counts.items() if count},
        }


@dataclass(frozen=True, slots=True)
class Runs:
    """The four runs; the two mixed ones are None where both versions have the same cases."""

    old: TestRun
    new: TestRun
    old_on_new: TestRun | None = None
    new_on_old: TestRun | None = None


def compare(runs: Runs) -> tuple[ComparedCase, ...]:
    """The cases of both versions, those of the new one first, in the order of their files."""
    old, new = _by_name(runs.old), _by_name(runs.new)
    old_on_new = _by_name(runs.old_on_new or runs.new)
    new_on_old = _by_name(runs.new_on_old or runs.old)
    names = [*new, *(name for name in old if name not in new)]
    return tuple(_row(name, old.get(name), new.get(name), old_on_new.get(name), new_on_old.get(name)) for name in names)


def _by_name(run: TestRun) -> Mapping[str, CaseResult]:
    return {result.case: result for result in run.results}


def _row(
    name: str,
    before: CaseResult | None,
    after: CaseResult | None,
    old_on_new: CaseResult | None,
    new_on_old: CaseResult | None,
) -> ComparedCase:
    wrong = after if after is not None else old_on_new
    reason = wrong.reason if wrong is not None and wrong.outcome not in FINE else None
    return ComparedCase(
        name=name,
        before=before.outcome if before else None,
        after=after.outcome if after else None,
        old_on_new=old_on_new.outcome if old_on_new and before else None,
        new_on_old=new_on_old.outcome if new_on_old and after else None,
        change=_change(before, after, old_on_new),
        reason=reason,
    )


def _change(before: CaseResult | None, after: CaseResult | None, old_on_new: CaseResult | None) -> Change:
    if before is None:
        return "new" if after is not None and after.outcome in FINE else "new, failing"
    was_fine = before.outcome in FINE
    if after is None:
        # A case that was taken away because the code no longer meets it is no clean-up.
        still = old_on_new is None or old_on_new.outcome in FINE
        return "gone" if still or not was_fine else "gone, failing"
    if after.outcome not in FINE:
        return "broken" if was_fine else "still failing"
    if not was_fine:
        return "fixed"
    return "same" if old_on_new is None or old_on_new.outcome in FINE else "changed"


def _order() -> tuple[Change, ...]:
    return ("broken", "new, failing", "gone, failing", "still failing", "changed", "fixed", "new", "gone", "same")
