"""How the checks of a skill stand when a verdict is given: what a record keeps under `checks`."""

from collections.abc import Callable, Collection
from typing import Any

from workbench.analytics.usage import SkillTestRun, last_test_run
from workbench.errors import WorkbenchError
from workbench.reviews.listing import SkillRow
from workbench.reviews.retesting import compared_before
from workbench.storage import Store


def checks_of(row: SkillRow, store: Store | None, case_names: Callable[[], Collection[str]]) -> dict[str, Any]:
    """Validation, the tests that ran on exactly this tree, and how it compared with the approved one.

    What is unknown is left out.

    Args:
        row: The skill.
        store: Where test runs are kept; None where it can't be opened.
        case_names: Gives the names of the skill's cases, asked for only where there was a run.
    """
    errors = any(problem.severity == "error" for problem in row.problems)
    checks: dict[str, Any] = {"validation": "fail" if errors else "pass"}
    run = _last_run(row, store)
    # A run of some cases only says nothing about the skill.
    if run and set(case_names()) <= {case.name for case in run.cases}:
        checks["tests"] = {"passed": run.passed, "failed": run.failed}
    tree, base = row.standing.tree, row.standing.approved_tree
    if store is not None and tree and base and base != tree:
        better = compared_before(store, row.id, tree, base)
        checks |= {} if better is None else {"compare": "pass" if better else "fail"}
    return checks


def _last_run(row: SkillRow, store: Store | None) -> SkillTestRun | None:
    if store is None or row.standing.tree is None:
        return None
    try:
        return last_test_run(store, row.id, row.standing.tree)
    except WorkbenchError:
        return None
