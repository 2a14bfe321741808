"""Running tests as a person asks for it: choose the cases, run them, say what came and what no case reaches."""

import threading
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from workbench.analytics.usage import last_outcomes
from workbench.errors import UsageError, WorkbenchError
from workbench.skills.model import Skill
from workbench.storage import Store
from workbench.testing.results import TestRun
from workbench.testing.runner import OnResult, OnStart, run_cases
from workbench.testing.selection import Plan, Wanted, plan
from workbench.text import visible
from workbench.tools.model import Tool

OnPlan = Callable[[Plan], None]
"""Called once, before anything runs."""


@dataclass(frozen=True, slots=True)
class How:
    """How cases are run; see `runner.run_cases`."""

    jobs: int | None = None
    repeat: int = 1
    seed: int | None = None
    unsandboxed: bool = False
    allow_network: bool = False


@dataclass(frozen=True, slots=True)
class Listeners:
    """Who is told what happens, and how to stop it."""

    on_plan: OnPlan | None = None
    on_start: OnStart | None = None
    on_result: OnResult | None = None
    cancel: threading.Event | None = None


@dataclass(frozen=True, slots=True)
class Library:
    """What tests have to know of the library.

    Attributes:
        store: Where outcomes are stored and looked up; None where it can't be opened.
        id: The library's identity, for the events.
        trees: Current tree by skill id.
        tools: Gives the tools of a skill.
    """

    root: Path
    store: Store | None
    id: str
    trees: Mapping[str, str | None]
    tools: Callable[[Skill], tuple[Tool, ...]]


def run_tests(
    library: Library, skills: Sequence[Skill], wanted: Wanted, how: How, listeners: Listeners | None = None
) -> TestRun:
    """Run the cases of skills that are asked for.

    Raises:
        UsageError: No case has the name or the tag that is asked for, or the store that knows what failed is missing.
    """
    listeners = listeners or Listeners()
    if wanted.failed and library.store is None:
        raise UsageError("the store can't be opened, so it is not known what failed", remedy="run without --failed")

    def tools(skill: Skill) -> tuple[Tool, ...]:
        try:
            return library.tools(skill)
        except WorkbenchError:  # said by each case that needs them
            return ()

    chosen = plan(library.root, skills, wanted, tools=tools, failed=lambda skill: _failed(library, skill))
    if wanted.names and not chosen.selected and not (wanted.failed or wanted.changed is not None):
        raise UsageError(_nothing(wanted), remedy="workbench test NAME runs all cases of a skill")
    if listeners.on_plan is not None:
        listeners.on_plan(chosen)
    run = run_cases(
        library.root,
        chosen.selected,
        store=library.store,
        library=library.id,
        trees=library.trees,
        tools=library.tools,
        jobs=how.jobs,
        repeat=how.repeat,
        seed=how.seed,
        unsandboxed=how.unsandboxed,
        allow_network=how.allow_network,
        on_start=listeners.on_start,
        on_result=listeners.on_result,
        cancel=listeners.cancel,
        problems=chosen.problems,
    )
    return replace(run, unreached=chosen.unreached, selected=chosen.why)


def _failed(library: Library, skill: str) -> Collection[str]:
    if library.store is None:
        return ()
    last = last_outcomes(library.store, library.id, skill)
    return [name for name, case in last.items() if case.outcome not in ("ok", "skipped")]


def _nothing(wanted: Wanted) -> str:
    asked = [f"is named '{visible(name)}'" for name in filter(None, (wanted.case, *wanted.globs))]
    asked += [f"has the tag '{visible(tag)}'" for tag in wanted.tags]
    return f"no case {' or '.join(asked)}"
