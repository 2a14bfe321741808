"""Running the cases of versions that git has: before against after, and back to where a case began to fail."""

import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from workbench.analytics.events import Event, record
from workbench.errors import CancelledError, InputError, UsageError, WorkbenchError
from workbench.git import Repository, WorkTree
from workbench.reviews.comparing import named_tree
from workbench.reviews.history import Change
from workbench.reviews.listing import SkillRow
from workbench.reviews.trees import current_trees
from workbench.skills.model import Skill
from workbench.skills.reader import read
from workbench.storage import Store
from workbench.testing.bisect import Bisected, Outcome, bisect
from workbench.testing.cases import FOLDER, load_cases
from workbench.testing.comparison import Comparison, Runs, compare
from workbench.testing.old_trees import scratch_library
from workbench.testing.results import TestRun
from workbench.testing.runner import run_cases
from workbench.testing.session import How
from workbench.text import decode, visible
from workbench.tools.manifest import load_tools
from workbench.tools.model import Tool

APPROVED = "approved"
COMPARE = "compare"

_OUTCOMES: Mapping[str, Outcome] = {"passed": "good", "xfail": "good", "failed": "bad", "flaky": "bad"}


@dataclass(frozen=True, slots=True)
class Lab:
    """Where versions are tried.

    Attributes:
        store: Where outcomes are stored; None stores nothing.
        library: The library's identity, for the events.
        clock: UTC milliseconds.
    """

    repository: Repository
    store: Store | None
    library: str | None
    how: How
    clock: Callable[[], int]
    cancel: threading.Event | None = None


def compare_versions(lab: Lab, row: SkillRow, revision: str) -> Comparison:
    """Run the cases of a skill's current tree and of another version, each on both.

    Args:
        lab: Where it is done.
        row: The skill.
        revision: A revision, a tree, or `approved`.

    Raises:
        InputError: The revision names no version of the skill, or git does not see the folder.
    """
    with current_trees(lab.repository, [row.id]) as current:
        after = current.trees.get(row.id)
        if after is None:
            raise InputError("git does not see this folder", where=visible(row.id), remedy="is it ignored?")
        before = _tree_of(current.scratch, row, revision)
        mixed = _cases_of(current.scratch, before) != _cases_of(current.scratch, after)

        def run(code: str, cases: str) -> TestRun:
            with scratch_library(current.scratch.run, row.id, code, cases) as root:
                return _run(lab, root, row.id, code if code == cases else None)

        runs = Runs(
            old=run(before, before),
            new=run(after, after),
            old_on_new=run(after, before) if mixed else None,
            new_on_old=run(before, after) if mixed else None,
        )
    every = (runs.old, runs.new, runs.old_on_new, runs.new_on_old)
    cancelled = any(one.cancelled for one in every if one is not None)
    found = Comparison(row.id, revision, before, after, compare(runs), cancelled)
    _store(lab, found)
    return found


def run_version(lab: Lab, row: SkillRow, revision: str) -> TestRun:
    """Run the cases that a version of a skill brings, on that version; outcomes are stored with its tree.

    Raises:
        InputError: The revision names no version of the skill.
    """
    with current_trees(lab.repository, [row.id]) as current:
        tree = _tree_of(current.scratch, row, revision)
        with scratch_library(current.scratch.run, row.id, tree) as root:
            return _run(lab, root, row.id, tree)


def bisect_case(
    lab: Lab,
    row: SkillRow,
    changes: Sequence[Change],
    name: str,
    on_try: Callable[[Change, Outcome], None] | None = None,
) -> Bisected[Change]:
    """Find the commit of the skill's history at which a case of today began to fail.

    Args:
        lab: Where it is done.
        row: The skill.
        changes: The commits to look among, newest first.
        name: The case.
        on_try: Told of each version that was tried.

    Raises:
        UsageError: No case has that name.
        CancelledError: It was stopped.
    """
    with current_trees(lab.repository, [row.id]) as current:
        today = current.trees.get(row.id)
        if today is None:
            raise InputError("git does not see this folder", where=visible(row.id), remedy="is it ignored?")

        def judge(change: Change) -> Outcome:
            if change.tree is None:
                return "skip"
            with scratch_library(current.scratch.run, row.id, change.tree, today) as root:
                run = _run(lab, root, row.id, None, only=name)
            if run.cancelled:
                raise CancelledError("the search was stopped")
            outcome = run.results[0].outcome if run.results else "error"
            found = _OUTCOMES.get(outcome, "skip")
            if on_try is not None:
                on_try(change, found)
            return found

        with scratch_library(current.scratch.run, row.id, today) as root:
            skill = read(root, row.id)
            if not any(case.name == name for case in load_cases(root, skill)[0]):
                raise UsageError(f"no case of {visible(row.id)} is named '{visible(name)}'")
        return bisect([change for change in reversed(changes) if change.tree is not None], judge)


def _tree_of(scratch: WorkTree, row: SkillRow, revision: str) -> str:
    if revision == APPROVED:
        tree = row.standing.approved_tree
        if tree is None:
            raise InputError(
                "no version of it was approved by the rules in force", where=visible(row.id), remedy="name a revision"
            )
        return tree
    tree = named_tree(scratch, row.id, revision)
    if tree is None:
        raise InputError(f"{visible(revision)} has no such skill", where=visible(row.id))
    return tree


def _cases_of(scratch: WorkTree, tree: str) -> str:
    said = scratch.run("rev-parse", "--verify", "--quiet", "--end-of-options", f"{tree}:{FOLDER}", ok=(0, 1, 128))
    return decode(said).strip()


def _run(lab: Lab, root: Path, skill_id: str, tree: str | None, *, only: str | None = None) -> TestRun:
    """Run the cases of a scratch library; outcomes are stored where they are a version's own."""
    skill = read(root, skill_id)
    cases, problems = load_cases(root, skill)
    chosen = [(skill, case) for case in cases if only in (None, case.name)]
    return run_cases(
        root,
        chosen,
        store=lab.store if tree else None,
        library=lab.library,
        trees={skill_id: tree},
        tools=lambda one: _tools(root, one),
        jobs=lab.how.jobs,
        unsandboxed=lab.how.unsandboxed,
        allow_network=lab.how.allow_network,
        cancel=lab.cancel,
        problems=problems if only is None else (),
    )


def _tools(root: Path, skill: Skill) -> tuple[Tool, ...]:
    try:
        return load_tools(root, skill)[0]
    except WorkbenchError:  # said by each case that needs them
        return ()


def _store(lab: Lab, found: Comparison) -> None:
    """Keep that two trees were compared, so that a review can say so; where it can't be kept, it is only shown."""
    if lab.store is None or found.cancelled:
        return
    detail: Mapping[str, Any] = {"base": found.before_tree, "rows": len(found.rows)}
    outcome = "ok" if found.ok else "failed"
    event = Event(
        lab.clock(), "compare", found.skill, COMPARE, outcome, 0, "test", lab.library, found.after_tree, detail=detail
    )
    try:
        record(lab.store, event)
    except WorkbenchError:
        return


def compared_before(store: Store, skill: str, tree: str, base: str) -> bool | None:
    """Whether nothing got worse from `base` to `tree` when they were compared last; None if they never were."""
    rows = store.query(
        "SELECT outcome FROM event WHERE kind = 'compare' AND skill = ? AND tree = ?"
        " AND json_extract(detail, '$.base') = ? ORDER BY at DESC, id DESC LIMIT 1",
        (skill, tree, base),
    )
    return rows[0]["outcome"] == "ok" if rows else None
