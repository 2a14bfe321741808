"""What stored runs of evaluations say of a skill, for reviews and lists."""

from dataclasses import dataclass
from typing import Any

from workbench.analytics.events import event_from_row
from workbench.storage import Store


@dataclass(frozen=True, slots=True)
class StoredEvaluation:
    """The latest evaluation of a skill, its runs with the skill only.

    Attributes:
        at: UTC milliseconds at which its first run began.
        tree: The tree that it ran on.
        runs: Runs that were graded.
        whole: Those of them in which everything held.
        passed: Expectations that held, over all runs.
        total: Expectations that were graded.
        errors: Runs without a result, or of which nothing was graded.
        cost_nd: Nano-dollars of all sides; None where a price is unknown.
    """

    run: str
    at: int
    tree: str | None
    model: str
    runs: int
    whole: int
    passed: int
    total: int
    errors: int
    cost_nd: int | None

    def to_json(self) -> dict[str, Any]:
        """The result for programs."""
        return {
            "run": self.run,
            "at": self.at,
            "tree": self.tree,
            "model": self.model,
            "runs": self.runs,
            "passed_whole": self.whole,
            "passed": self.passed,
            "total": self.total,
            "errors": self.errors,
            "cost_usd": None if self.cost_nd is None else self.cost_nd / 1e9,
        }


def last_evaluation(store: Store, library: str, skill: str, tree: str | None = None) -> StoredEvaluation | None:
    """The latest evaluation of a skill, on `tree` if it is given; None if there was none."""
    on_tree, parameters = (" AND tree = ?", (library, skill, tree)) if tree is not None else ("", (library, skill))
    of_skill = f"kind = 'eval' AND library = ? AND skill = ?{on_tree}"
    last = store.query(f"SELECT run FROM event WHERE {of_skill} ORDER BY at DESC, id DESC LIMIT 1", parameters)  # noqa: S608 - constant text
    if not last:
        return None
    sql = "SELECT * FROM event WHERE kind = 'eval' AND library = ? AND skill = ? AND run = ? ORDER BY id"
    events = [event_from_row(row) for row in store.query(sql, (library, skill, last[0]["run"]))]
    mine = [event for event in events if event.detail.get("configuration") == "with_skill"]
    counts = [(_count(event.detail.get("passed")), _count(event.detail.get("total"))) for event in mine]
    costs = [event.detail.get("cost_nd") for event in events]
    return StoredEvaluation(
        run=str(last[0]["run"]),
        at=min(event.at for event in events),
        tree=mine[0].tree if mine else None,
        model=next((str(event.detail["model"]) for event in events if event.detail.get("model")), ""),
        runs=sum(total > 0 for _, total in counts),
        whole=sum(passed == total > 0 for passed, total in counts),
        passed=sum(passed for passed, _ in counts),
        total=sum(total for _, total in counts),
        errors=sum(total == 0 for _, total in counts),
        cost_nd=None if None in costs else sum(map(_count, costs)),
    )


def _count(value: Any) -> int:
    return value if isinstance(value, int) else 0
