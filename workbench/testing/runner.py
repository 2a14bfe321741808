"""Running many cases at once, each in a sandbox of its own, and storing what came of them."""

import os
import random
import secrets
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from pathlib import Path

from workbench.analytics.events import Event, record_all
from workbench.errors import UsageError, WorkbenchError
from workbench.sandbox.run import run_staged
from workbench.skills.model import ROOT_ID, Problem, Skill
from workbench.storage import Store
from workbench.testing.attempts import merged
from workbench.testing.cases import FOLDER
from workbench.testing.model import Case
from workbench.testing.prepare import CaseError, Tools, prepare
from workbench.testing.results import CaseResult, TestRun
from workbench.testing.snapshots import read_snapshot
from workbench.testing.verdict import judge
from workbench.text import visible
from workbench.tools.model import Tool

OnStart = Callable[[str, str], None]
"""Called with a skill's id and a case's name when the case begins."""

OnResult = Callable[[CaseResult], None]
"""Called with each result as it comes; calls never overlap."""

MAX_REPEAT = 1_000

_CANCELLED = "the run was stopped"
_NO_NETWORK = "it asks for the network, which was not allowed"


def run_cases(
    root: Path,
    selected: Sequence[tuple[Skill, Case]],
    *,
    store: Store | None,
    library: str | None,
    trees: Mapping[str, str | None],
    tools: Callable[[Skill], tuple[Tool, ...]],
    jobs: int | None = None,
    repeat: int = 1,
    seed: int | None = None,
    unsandboxed: bool = False,
    allow_network: bool = False,
    on_start: OnStart | None = None,
    on_result: OnResult | None = None,
    cancel: threading.Event | None = None,
    problems: tuple[Problem, ...] = (),
    run_id: str | None = None,
    clock: Callable[[], float] = time.time,
) -> TestRun:
    """Run cases and store each outcome as an event, also those of a run that is stopped half way.

    What is wrong with one case is its result; the others go on.

    Args:
        root: The library's folder.
        selected: The cases with their skills; they run, and results come, in this order.
        store: Where outcomes are stored; None stores nothing. A store that can't be written is named in the note.
        library: The library's identity, for the events.
        trees: Current tree by skill id, for the events.
        tools: Gives the tools of a skill; called once for each skill with a case that needs them.
        jobs: How many cases run at once; by default one per processor.
        repeat: How often each case runs; one that passes and fails is `flaky`.
        seed: Draw another order from this; the same seed gives the same order of the same cases.
        unsandboxed: Run without a sandbox, which the user allowed.
        allow_network: Whether cases that ask for the host's network may have it; otherwise they are skipped.
        on_start: Called from the threads that run the cases, as is `on_result`.
        on_result: See `OnResult`.
        cancel: Set it, from any thread, to stop the run.
        problems: What is wrong with the files of cases; stored and counted as errors of this run.
        run_id: What groups the events; by default random.
        clock: Seconds since the epoch, UTC.

    Raises:
        UsageError: `jobs` or `repeat` is less than 1, or `repeat` too much.
    """
    if jobs is not None and jobs < 1:
        raise UsageError(f"{jobs} cases can't run at once", remedy="give a number from 1 on")
    if not 1 <= repeat <= MAX_REPEAT:
        raise UsageError(f"cases can't run {repeat} times", remedy=f"give a number from 1 to {MAX_REPEAT:,}")
    began = time.monotonic()
    ordered = list(selected)
    if seed is not None:
        random.Random(seed).shuffle(ordered)
    each = Tools(tools)
    runner = _Runner(
        root, each, unsandboxed, allow_network, repeat, cancel or threading.Event(), clock, on_start, on_result
    )
    results: list[CaseResult] = []
    id_ = run_id or secrets.token_hex(8)
    try:
        each.load(ordered)
        runner.run_all(ordered, jobs or os.cpu_count() or 1)
    finally:
        results = [runner.results[at] for at in range(len(ordered)) if at in runner.results]
        events = [
            *(_problem_event(problem, clock) for problem in problems if problem.severity == "error"),
            *(runner.events[at] for at in range(len(ordered)) if at in runner.events),
        ]
        stored = [replace(one, library=library, tree=trees.get(one.skill), run=id_) for one in events]
        note = _store(store, stored)
    return TestRun(
        id=id_,
        results=tuple(results),
        duration_ms=round((time.monotonic() - began) * 1000),
        level=next((result.level for result in results if result.level), ""),
        problems=problems,
        cancelled=runner.stopped,
        note=note,
        trees={skill: trees.get(skill) for skill in dict.fromkeys(skill.id for skill, _ in ordered)},
        seed=seed,
        repeat=repeat,
    )


@dataclass(slots=True)
class _Runner:
    """One run of many cases; results and events by the position of their case."""

    root: Path
    tools: Tools
    unsandboxed: bool
    allow_network: bool
    repeat: int
    cancel: threading.Event
    clock: Callable[[], float]
    on_start: OnStart | None
    on_result: OnResult | None
    attempts: dict[int, list[tuple[CaseResult, str | None]]] = field(default_factory=dict)
    began: dict[int, float] = field(default_factory=dict)
    results: dict[int, CaseResult] = field(default_factory=dict)
    events: dict[int, Event] = field(default_factory=dict)
    stopped: bool = False
    lock: threading.Lock = field(default_factory=threading.Lock)

    def run_all(self, selected: Sequence[tuple[Skill, Case]], jobs: int) -> None:
        with ThreadPoolExecutor(max_workers=jobs, thread_name_prefix="case") as pool:
            try:
                rounds = [(at, *one) for _ in range(self.repeat) for at, one in enumerate(selected)]
                for future in [pool.submit(self.one, *each) for each in rounds]:
                    future.result()
            except BaseException:
                self.cancel.set()
                raise

    def one(self, at: int, skill: Skill, case: Case) -> None:
        """Run a case once; after its last time its result and its event are noted at its position."""
        if self.cancel.is_set():
            self.stopped = True
            self._note(at, CaseResult(skill.id, case.name, "skipped", reason=_CANCELLED, place=case.place()), None)
            return
        if self.on_start is not None and at not in self.began:
            with self.lock:
                self.on_start(skill.id, case.name)
        self.began.setdefault(at, self.clock())
        self._note(at, *self._run(skill, case))

    def _note(self, at: int, result: CaseResult, outcome: str | None) -> None:
        with self.lock:
            attempts = self.attempts.setdefault(at, [])
            attempts.append((result, outcome))
            if len(attempts) < self.repeat:
                return
            self.results[at] = final = merged([one for one, _ in attempts])
            # What is stored is how the attempt went that decided; one that was never begun tells nothing.
            stored = next((said for one, said in attempts if one.outcome == final.outcome and said), None)
            stored = stored or next((said for one, said in attempts if said not in (None, "ok")), None)
            if stored is not None:
                self.events[at] = _event(final, stored, self.began[at])
            if self.on_result is not None:
                self.on_result(final)

    def _run(self, skill: Skill, case: Case) -> tuple[CaseResult, str]:
        """The result of a case and its event's outcome."""
        if case.skip is not None:
            return _not_run(skill, case, visible(case.skip), "skip"), "skipped"
        if case.network and not self.allow_network:
            return _not_run(skill, case, _NO_NETWORK, "network"), "refused"
        try:
            prepared = prepare(self.root, skill, case, self.tools)
        except CaseError as error:
            line, column = case.position_of(error.part)
            place = f"{case.path}:{line}"
            return CaseResult(skill.id, case.name, "error", reason=error.reason, place=place, column=column), "error"
        staged = run_staged(
            prepared.program,
            setup=case.setup,
            teardown=case.teardown,
            cancel=self.cancel,
            unsandboxed=self.unsandboxed,
        )
        ran = staged.run.outcome
        self.stopped = self.stopped or ran == "cancelled"
        result = judge(skill.id, case, prepared.tool, staged, lambda name: read_snapshot(prepared.folder, name))
        if result.outcome in ("passed", "xfail"):
            return result, "ok"
        if result.outcome == "error" and staged.failed_setup is not None and ran != "refused":
            return result, "error"
        return result, "failed" if ran in ("ok", "failed") else ran


def _not_run(skill: Skill, case: Case, reason: str, part: str) -> CaseResult:
    line, column = case.position_of(part)
    return CaseResult(skill.id, case.name, "skipped", reason=reason, place=f"{case.path}:{line}", column=column)


def _event(result: CaseResult, outcome: str, began: float) -> Event:
    detail: dict[str, object] = {"outcome": result.outcome} if result.outcome in ("xfail", "flaky") else {}
    if result.attempts:
        passed = sum(attempt.outcome in ("passed", "xfail") for attempt in result.attempts)
        detail |= {"attempts": len(result.attempts), "passed": passed}
    return Event(
        at=round(began * 1000),
        kind="test",
        source="test",
        skill=result.skill,
        tool=result.case,
        outcome="failed" if result.outcome == "flaky" else outcome,
        duration_ms=result.duration_ms,
        exit_code=result.exit_code,
        sandbox=result.level or None,
        reason=result.reason,
        detail=detail,
    )


def _problem_event(problem: Problem, clock: Callable[[], float]) -> Event:
    """A file of cases that can't be read counts against its skill, or a broken file would pass for no failure."""
    skill, _, name = f"/{problem.path or ''}/".rpartition(f"/{FOLDER}/")
    file = f"{FOLDER}/{name}".rstrip("/")
    return Event(
        at=round(clock() * 1000),
        kind="test",
        source="test",
        skill=skill.strip("/") or ROOT_ID,
        tool=f"{file}:{problem.line}" if problem.line else file,
        outcome="error",
        duration_ms=0,
        reason=problem.message,
    )


def _store(store: Store | None, events: Sequence[Event]) -> str | None:
    """Store the events; gives what went wrong."""
    if store is None or not events:
        return None
    try:
        record_all(store, events)
    except WorkbenchError as error:
        return f"the outcomes could not be stored: {error.what}"
    return None
