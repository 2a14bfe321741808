"""Running evaluations: each on every side, some times, several at once; what is done is written as it comes."""

import secrets
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Literal

from workbench.analytics.events import Event, record_all
from workbench.errors import CancelledError, InputError, RefusedError, WorkbenchError
from workbench.skills import files
from workbench.storage import Store
from workbench.testing.evals import json_file
from workbench.testing.evals.agent import Bounds, Episode, system_text, work
from workbench.testing.evals.bench import INPUTS, MAX_BYTES, Bench, Version
from workbench.testing.evals.grading import Graded, Graders
from workbench.testing.evals.model import Eval, Grading
from workbench.testing.evals.places import Places
from workbench.testing.evals.result_files import GRADING, TIMING, write_grading
from workbench.testing.models.protocol import BudgetSpentError, Model
from workbench.text import decode, visible

Configuration = Literal["with_skill", "without_skill", "old_skill"]
RunStatus = Literal["done", "error", "not run"]

MAX_RUNS = 100
_MAX_SKILL_FILE = 1 << 20


@dataclass(frozen=True, slots=True)
class Side:
    """One side of a comparison; `version` is None for the side without the skill."""

    configuration: Configuration
    version: Version | None


@dataclass(frozen=True, slots=True)
class EvalRun:
    """One run of one evaluation on one side.

    Attributes:
        number: Counted from 1.
        reason: Why it has no result: what went wrong, or why it was not begun or not ended.
    """

    one: Eval
    configuration: Configuration
    number: int
    status: RunStatus
    episode: Episode | None = None
    graded: Graded | None = None
    reason: str = ""

    @property
    def grading(self) -> Grading:
        """Its grades; none where it has no result."""
        return self.graded.grading if self.graded else Grading()

    @property
    def cost_nd(self) -> int | None:
        """What the model and the judge cost, in nano-dollars; None where a price is unknown."""
        if self.episode is None or self.graded is None:
            return None
        model, judge = self.episode.cost_nd, self.graded.judge_cost_nd
        return None if model is None or judge is None else model + judge


OnRun = Callable[[EvalRun], None]
"""Called with each run as it ends; calls never overlap."""


@dataclass(frozen=True, slots=True)
class Evaluation:
    """What came of all runs; in their order, whatever order they ended in.

    Attributes:
        id: Groups the events.
        folder: Where the results were written.
        stopped: Why not all of it ran: `cancelled`, `budget` or `refused`; empty where it did.
        why: The reason in words, where it is not that somebody stopped it.
    """

    id: str
    folder: Path
    runs: tuple[EvalRun, ...]
    sides: tuple[Side, ...]
    stopped: Literal["", "cancelled", "budget", "refused"] = ""
    why: str = ""
    note: str | None = None


@dataclass(frozen=True, slots=True)
class Plan:
    """What to run.

    Attributes:
        folder: The skill's own folder, whose files the evaluations bring.
        sides: The one that counts first.
        runs: How often each evaluation runs on each side.
        jobs: How many run at once.
    """

    skill: str
    folder: Path
    evals: Sequence[Eval]
    sides: Sequence[Side]
    runs: int = 3
    jobs: int = 2
    bounds: Bounds = field(default_factory=Bounds)
    unsandboxed: bool = False


def run_evals(
    plan: Plan,
    model: Model,
    graders: Graders,
    places: Places,
    *,
    store: Store | None = None,
    library: str | None = None,
    on_start: Callable[[Eval, Configuration, int], None] | None = None,
    on_run: OnRun | None = None,
    cancel: threading.Event | None = None,
    clock: Callable[[], float] = time.time,
) -> Evaluation:
    """Run evaluations. What is wrong with one run is its result; what stops all of them keeps what was done.

    Args:
        plan: What to run.
        model: Who works.
        graders: Who grades.
        places: Where results are written, as each run ends.
        store: Where outcomes are stored; None stores nothing.
        library: The library's identity, for the events.
        on_start: Called from the threads that run.
        on_run: See `OnRun`.
        cancel: Set it, from any thread, to stop.
        clock: Seconds since the epoch, UTC.

    Raises:
        InputError: A file of an evaluation can't be read; nothing has run then.
    """
    given = {str(one.id): _files_of(plan.folder, one) for one in plan.evals}
    texts: dict[str, str] = {side.configuration: _system_of(side) for side in plan.sides}
    for one in plan.evals:
        _write_metadata(places, one)
    crew = _Crew(plan, model, graders, places, given, texts, cancel or threading.Event(), clock, on_start, on_run)
    asked = [
        (one, side, number) for number in range(1, plan.runs + 1) for one in plan.evals for side in plan.sides
    ]  # round by round, so that a run that is stopped has as many of each as can be
    id_ = secrets.token_hex(8)
    try:
        crew.run_all(asked)
    finally:
        note = _store(store, crew.events, id_, library)
    return Evaluation(
        id_,
        places.folder,
        tuple(crew.results[(str(one.id), side.configuration, number)] for one, side, number in asked),
        tuple(plan.sides),
        crew.stopped,
        crew.why,
        note,
    )


@dataclass(slots=True)
class _Crew:
    """The runs of one evaluation while they go on."""

    plan: Plan
    model: Model
    graders: Graders
    places: Places
    given: Mapping[str, Mapping[str, bytes]]
    texts: Mapping[str, str]
    cancel: threading.Event
    clock: Callable[[], float]
    on_start: Callable[[Eval, Configuration, int], None] | None
    on_run: OnRun | None
    results: dict[tuple[str, str, int], EvalRun] = field(default_factory=dict)
    events: list[Event] = field(default_factory=list)
    stopped: Literal["", "cancelled", "budget", "refused"] = ""
    why: str = ""
    ending: threading.Event = field(default_factory=threading.Event)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def run_all(self, asked: Sequence[tuple[Eval, Side, int]]) -> None:
        with ThreadPoolExecutor(max_workers=self.plan.jobs, thread_name_prefix="eval") as pool:
            try:
                for future in [pool.submit(self.one, *each) for each in asked]:
                    future.result()
            except BaseException:
                self.cancel.set()
                raise

    def one(self, one: Eval, side: Side, number: int) -> None:
        began = self.clock()
        if self.cancel.is_set():
            self.stop("cancelled", "")
        if self.ending.is_set():
            self.note(EvalRun(one, side.configuration, number, "not run", reason="the run was stopped"), side, began)
            return
        if self.on_start is not None:
            with self.lock:
                self.on_start(one, side.configuration, number)
        try:
            done = self.worked(one, side, number)
        except CancelledError:
            self.stop("cancelled", "")
            done = EvalRun(one, side.configuration, number, "not run", reason="the run was stopped")
        except BudgetSpentError as error:
            self.stop("budget", str(error))
            done = EvalRun(one, side.configuration, number, "not run", reason="the budget is spent")
        except RefusedError as error:
            self.stop("refused", str(error))
            done = EvalRun(one, side.configuration, number, "not run", reason=error.what)
        except WorkbenchError as error:
            done = EvalRun(one, side.configuration, number, "error", reason=str(error))
        self.note(done, side, began)

    def worked(self, one: Eval, side: Side, number: int) -> EvalRun:
        folder = self.places.run(one, side.configuration, number)
        label = f"{one.id}/{side.configuration}/run-{number}"
        given = self.given[str(one.id)]
        bench = Bench(side.version, given, unsandboxed=self.plan.unsandboxed, cancel=self.cancel)
        episode = work(
            self.model,
            one.prompt,
            bench,
            self.texts[side.configuration],
            bounds=self.plan.bounds,
            run=label,
            given=sorted(given),
            cancel=self.cancel,
        )
        _write_episode(folder, episode)
        graded = self.graders.grade(one, episode, run=label, cancel=self.cancel)
        _write_grades(folder, episode, graded)
        return EvalRun(one, side.configuration, number, "done", episode, graded)

    def stop(self, kind: Literal["cancelled", "budget", "refused"], why: str) -> None:
        with self.lock:
            if not self.stopped:
                self.stopped, self.why = kind, why
        self.ending.set()

    def note(self, done: EvalRun, side: Side, began: float) -> None:
        with self.lock:
            self.results[(str(done.one.id), done.configuration, done.number)] = done
            if done.status != "not run":
                self.events.append(_event(self.plan.skill, done, side, began))
            if self.on_run is not None:
                self.on_run(done)


def _files_of(folder: Path, one: Eval) -> dict[str, bytes]:
    """The files that an evaluation brings, by where the model finds them."""
    given: dict[str, bytes] = {}
    room = MAX_BYTES
    for path in one.files:
        name, number = path.rpartition("/")[2], 1
        place = f"{INPUTS}/{name}"
        while place in given:
            number += 1
            place = f"{INPUTS}/{number}-{name}"
        try:
            given[place] = files.read_inside(folder, path, room + 1)
        except OSError as error:
            what = f"evaluation {one.id}: its file can't be read: {error.strerror}"
            raise InputError(what, where=path, remedy="paths in 'files' are relative to the skill") from error
        room -= len(given[place])
        if room < 0:
            raise InputError(f"evaluation {one.id}: its files have more than {MAX_BYTES >> 20} MiB together")
    return given


def _system_of(side: Side) -> str:
    if side.version is None:
        return system_text(None)
    version = side.version
    data = files.read_inside(version.root, version.skill.skill_file, _MAX_SKILL_FILE)
    return system_text(version, decode(data))


def _write_metadata(places: Places, one: Eval) -> None:
    said = [grader.text for grader in one.graders]
    value = {"eval_id": one.id, "eval_name": one.name, "prompt": one.prompt, "assertions": said}
    json_file.write(places.evaluation(one) / "eval_metadata.json", value)


def _write_episode(folder: Path, episode: Episode) -> None:
    for path, data in episode.outputs.items():
        json_file.write_bytes(folder / path, data)
    (folder / "outputs").mkdir(parents=True, exist_ok=True)
    json_file.write_bytes(folder / "answer.md", episode.answer.encode("utf-8", "replace"))
    json_file.write(folder / "transcript.json", episode.transcript())
    json_file.write(folder / TIMING, _timing(episode))


def _write_grades(folder: Path, episode: Episode, graded: Graded) -> None:
    """Write what was graded; where nothing was there is no file, so that nobody takes it for a rate of 0."""
    if graded.grading.total:
        # No total here: skill-creator looks for seconds and tokens in timing.json only where there is none.
        timing = {
            "executor_duration_seconds": round(episode.seconds, 3),
            "grader_duration_seconds": round(graded.judge_seconds, 3),
        }
        metrics = episode.metrics()
        write_grading(folder / GRADING, graded.grading, execution_metrics=metrics, timing=timing)


def _timing(episode: Episode) -> dict[str, Any]:
    tokens = {} if episode.tokens is None else {"total_tokens": episode.tokens}
    return {
        **tokens,
        "duration_ms": round(episode.seconds * 1000),
        "total_duration_seconds": round(episode.seconds, 3),
        "executor_duration_seconds": round(episode.seconds, 3),
    }


def _event(skill: str, done: EvalRun, side: Side, began: float) -> Event:
    rate = done.grading.pass_rate
    outcome = "error" if done.status == "error" or rate is None else "ok" if rate == 1 else "failed"
    seconds = done.episode.seconds if done.episode else 0.0
    return Event(
        at=round(began * 1000),
        kind="eval",
        source="test",
        skill=skill,
        tree=side.version.tree if side.version else None,
        tool=visible(str(done.one.id)),
        outcome=outcome,
        duration_ms=round(seconds * 1000),
        reason=visible(done.reason) or None,
        detail={
            "configuration": done.configuration,
            "number": done.number,
            "passed": done.grading.passed,
            "total": done.grading.total,
            "tokens": done.episode.tokens if done.episode else None,
            "cost_nd": done.cost_nd,
            "model": done.episode.model if done.episode else None,
        },
    )


def _store(store: Store | None, events: Sequence[Event], run: str, library: str | None) -> str | None:
    """Store the events; gives what went wrong."""
    if store is None or not events:
        return None
    try:
        record_all(store, [replace(event, run=run, library=library) for event in events])
    except WorkbenchError as error:
        return f"the outcomes could not be stored: {error.what}"
    return None
