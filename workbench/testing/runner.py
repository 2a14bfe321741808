"""Running many cases at once, each in a sandbox of its own, and storing what came of them."""

import math
import os
import secrets
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from pathlib import Path

from workbench.analytics.events import Event, record_all
from workbench.errors import InputError, UsageError, WorkbenchError
from workbench.sandbox.model import Limits, Program
from workbench.sandbox.run import run
from workbench.skills import files
from workbench.skills.model import ROOT_ID, Problem, Skill
from workbench.skills.naming import near
from workbench.storage import Store
from workbench.testing.cases import FOLDER
from workbench.testing.fixtures import read_fixture, read_snapshot
from workbench.testing.model import Case, CaseResult, TestRun
from workbench.testing.verdict import judge
from workbench.text import truncate, visible
from workbench.tools.model import Tool

OnStart = Callable[[str, str], None]
"""Called with a skill's id and a case's name when the case begins."""

OnResult = Callable[[CaseResult], None]
"""Called with each result as it comes; calls never overlap."""

_CANCELLED = "the run was stopped"


def run_cases(
    root: Path,
    selected: Sequence[tuple[Skill, Case]],
    *,
    store: Store | None,
    library: str | None,
    trees: Mapping[str, str | None],
    tools: Callable[[Skill], tuple[Tool, ...]],
    jobs: int | None = None,
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
        selected: The cases with their skills; results come in this order.
        store: Where outcomes are stored; None stores nothing. A store that can't be written is named in the note.
        library: The library's identity, for the events.
        trees: Current tree by skill id, for the events.
        tools: Gives the tools of a skill; called once for each skill with a case that needs them.
        jobs: How many cases run at once; by default one per processor.
        unsandboxed: Run without a sandbox, which the user allowed.
        allow_network: Whether cases that ask for the host's network may have it; otherwise they are skipped.
        on_start: Called from the threads that run the cases, as is `on_result`.
        on_result: See `OnResult`.
        cancel: Set it, from any thread, to stop the run.
        problems: What is wrong with the files of cases; stored and counted as errors of this run.
        run_id: What groups the events; by default random.
        clock: Seconds since the epoch, UTC.

    Raises:
        UsageError: `jobs` is less than 1.
    """
    if jobs is not None and jobs < 1:
        raise UsageError(f"{jobs} cases can't run at once", remedy="give a number from 1 on")
    began = time.monotonic()
    runner = _Runner(root, tools, unsandboxed, allow_network, cancel or threading.Event(), clock, on_start, on_result)
    results: list[CaseResult] = []
    id_ = run_id or secrets.token_hex(8)
    try:
        runner.prepare(selected)
        runner.run_all(selected, jobs or os.cpu_count() or 1)
    finally:
        results = [runner.results[at] for at in range(len(selected)) if at in runner.results]
        events = [
            *(_problem_event(problem, clock) for problem in problems if problem.severity == "error"),
            *(runner.events[at] for at in range(len(selected)) if at in runner.events),
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
    )


@dataclass(slots=True)
class _Runner:
    """One run of many cases; results and events by the position of their case."""

    root: Path
    tools_of: Callable[[Skill], tuple[Tool, ...]]
    unsandboxed: bool
    allow_network: bool
    cancel: threading.Event
    clock: Callable[[], float]
    on_start: OnStart | None
    on_result: OnResult | None
    tools: dict[str, tuple[Tool, ...] | WorkbenchError] = field(default_factory=dict)
    results: dict[int, CaseResult] = field(default_factory=dict)
    events: dict[int, Event] = field(default_factory=dict)
    stopped: bool = False
    lock: threading.Lock = field(default_factory=threading.Lock)

    def prepare(self, selected: Sequence[tuple[Skill, Case]]) -> None:
        for skill, case in selected:
            if case.tool is not None and skill.id not in self.tools:
                try:
                    self.tools[skill.id] = self.tools_of(skill)
                except WorkbenchError as error:
                    self.tools[skill.id] = error

    def run_all(self, selected: Sequence[tuple[Skill, Case]], jobs: int) -> None:
        with ThreadPoolExecutor(max_workers=jobs, thread_name_prefix="case") as pool:
            try:
                for future in [pool.submit(self.one, at, skill, case) for at, (skill, case) in enumerate(selected)]:
                    future.result()
            except BaseException:
                self.cancel.set()
                raise

    def one(self, at: int, skill: Skill, case: Case) -> None:
        """Run one case; its result and its event are noted at its position."""
        if self.cancel.is_set():
            self.stopped = True
            self._note(at, CaseResult(skill.id, case.name, "skipped", reason=_CANCELLED, place=case.place()), None)
            return
        if self.on_start is not None:
            with self.lock:
                self.on_start(skill.id, case.name)
        began = self.clock()
        if case.network and not self.allow_network:
            reason = "it asks for the network, which was not allowed"
            result = CaseResult(skill.id, case.name, "skipped", reason=reason, place=case.place("network"))
            outcome = "refused"
        else:
            result, outcome = self._run(skill, case)
        event = Event(
            at=round(began * 1000),
            kind="test",
            source="test",
            skill=skill.id,
            tool=case.name,
            outcome=outcome,
            duration_ms=result.duration_ms,
            exit_code=result.exit_code,
            sandbox=result.level or None,
            reason=result.reason,
        )
        self._note(at, result, event)

    def _note(self, at: int, result: CaseResult, event: Event | None) -> None:
        with self.lock:
            self.results[at] = result
            if event is not None:
                self.events[at] = event
            if self.on_result is not None:
                self.on_result(result)

    def _run(self, skill: Skill, case: Case) -> tuple[CaseResult, str]:
        """The result of a case and its event's outcome."""
        tool: Tool | None = None
        try:
            folder = files.folder_of(self.root, skill.id)
            tool = self._tool(skill, case) if case.tool is not None else None
            program = self._program(folder, case, tool)
        except _CaseError as error:
            return CaseResult(skill.id, case.name, "error", reason=error.reason, place=error.place), "error"
        except InputError as error:
            return CaseResult(skill.id, case.name, "error", reason=error.what, place=case.place()), "error"
        done = run(program, cancel=self.cancel, unsandboxed=self.unsandboxed)
        self.stopped = self.stopped or done.outcome == "cancelled"
        result = judge(skill.id, case, tool, done, lambda name: read_snapshot(folder, name))
        outcomes = {"passed": "ok", "failed": "failed"}
        ran = done.outcome in ("ok", "failed")
        return result, outcomes[result.outcome] if ran else done.outcome

    def _tool(self, skill: Skill, case: Case) -> Tool:
        tools = self.tools[skill.id]
        if isinstance(tools, WorkbenchError):
            raise _CaseError(f"the skill's tools can't be read: {tools.what}", case.place("tool"))
        for tool in tools:
            if tool.name == case.tool:
                return tool
        hint = near(case.tool or "", [tool.name for tool in tools])
        shown = truncate(visible(case.tool or ""), 60)
        raise _CaseError(f"the skill has no tool '{shown}'" + (f"; {hint}" if hint else ""), case.place("tool"))

    def _program(self, folder: str, case: Case, tool: Tool | None) -> Program:
        brought = {path: content.encode("utf-8", "surrogatepass") for path, content in case.files.items()}
        if case.fixture is not None:
            try:
                brought = {**read_fixture(folder, case.fixture), **brought}
            except InputError as error:
                raise _CaseError(error.what, case.place("fixture")) from error
        program = self._tool_program(case, tool) if tool is not None else Program(case.run, folder=Path(folder))
        return replace(
            program,
            files=brought,
            env=case.env,
            network=case.network,
            limits=Limits(wall_seconds=case.timeout, cpu_seconds=max(60, math.ceil(case.timeout) + 1)),
            collect=tuple(_literal(path) for path in case.expect.files),
        )

    def _tool_program(self, case: Case, tool: Tool) -> Program:
        from workbench.tools.program import program_for
        from workbench.tools.schemas import validate

        try:
            return program_for(tool, case.arguments, root=self.root)
        except InputError as error:
            wrong = validate(tool.input_schema, dict(case.arguments)) if tool.callable else {}
            if not wrong:
                place = f" ({error.where})" if error.where else ""
                raise _CaseError(f"{error.what}{place}", case.place("tool")) from error
            raise _CaseError(error.what, case.place(f"with.{next(iter(wrong))}")) from error


class _CaseError(Exception):
    """A case can't be run, for a reason that is found at `place`."""

    def __init__(self, reason: str, place: str) -> None:
        super().__init__(reason)
        self.reason = reason
        self.place = place


def _literal(path: str) -> str:
    """A pattern that matches only this path."""
    return "".join(f"[{char}]" if char in "*?[" else char for char in path)


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
