"""The graders of an evaluation, applied to what a model made."""

import json
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from workbench.errors import CancelledError, RefusedError
from workbench.sandbox.model import Limits, Program
from workbench.sandbox.run import run
from workbench.testing.evals.agent import Episode
from workbench.testing.evals.judge import judge
from workbench.testing.evals.model import Eval, Grade, Grader, Grading
from workbench.testing.matchers import check
from workbench.testing.model import Matcher, MatcherKind
from workbench.testing.models.protocol import Model
from workbench.text import decode, truncate

NO_JUDGE = "not graded: only a model can say whether this holds (--judge MODEL)"

_KINDS: dict[str, MatcherKind] = {"exact": "equals", "regex": "matches", "json_schema": "json_schema"}
_SHOWN = 500


@dataclass(frozen=True, slots=True)
class Graded:
    """The grades of a run in the order of its graders, and what the judge took."""

    grading: Grading
    judge_seconds: float = 0.0
    judge_cost_nd: int | None = 0


@dataclass(frozen=True, slots=True)
class Graders:
    """Who grades.

    Attributes:
        folder: The skill's own folder as it is now, whose scripts grade every side alike.
        judge: None where there is no model to judge.
        unsandboxed: Scripts run without a sandbox, which the user allowed.
    """

    folder: Path
    judge: Model | None = None
    unsandboxed: bool = False

    def grade(self, one: Eval, episode: Episode, *, run: str, cancel: threading.Event | None = None) -> Graded:
        """Grade a run.

        Raises:
            BudgetSpentError: The judge could cost more than is left.
            RefusedError: A script would have to run, and can't be confined.
            CancelledError: `cancel` was set.
        """
        to_judge = [grader for grader in one.graders if grader.needs_judge]
        seconds, cost = 0.0, 0
        judged: Sequence[Grade] = [Grade(grader.text, "not graded", NO_JUDGE, "judge") for grader in to_judge]
        unpriced = False
        if self.judge is not None and to_judge:
            said = judge(self.judge, one, episode, to_judge, run=run, cancel=cancel)
            judged, seconds, cost, unpriced = said.grades, said.seconds, said.cost_nd or 0, said.cost_nd is None
        waiting = iter(judged)
        grades = tuple(
            next(waiting) if grader.needs_judge else self._plain(grader, episode, cancel) for grader in one.graders
        )
        return Graded(Grading(grades), seconds, None if unpriced else cost)

    def _plain(self, grader: Grader, episode: Episode, cancel: threading.Event | None) -> Grade:
        if grader.kind == "script":
            return self._script(grader, episode, cancel)
        if grader.target == "answer":
            seen = episode.answer
        elif grader.target in episode.outputs:
            seen = decode(episode.outputs[grader.target])
        else:
            return Grade(grader.text, "failed", f"{grader.target} was not written", grader.kind)
        value = grader.value
        if grader.kind == "exact":
            seen, value = seen.strip(), value.strip()
        matcher = Matcher(_KINDS[grader.kind], value)
        wrong = next(check((matcher,), f"the {grader.target}", seen, _no_snapshot), None)
        if wrong is None:
            return Grade(grader.text, "passed", _short(seen), grader.kind)
        return Grade(grader.text, "failed", f"{wrong.message}: {_short(seen)}", grader.kind)

    def _script(self, grader: Grader, episode: Episode, cancel: threading.Event | None) -> Grade:
        transcript = json.dumps(episode.transcript(), ensure_ascii=False).encode("utf-8", "replace")
        program = Program(
            grader.run,
            folder=self.folder,
            files={
                **episode.outputs,
                "answer.txt": episode.answer.encode("utf-8", "replace"),
                "transcript.json": transcript,
            },
            limits=Limits(wall_seconds=grader.timeout),
        )
        done = run(program, cancel=cancel, unsandboxed=self.unsandboxed)
        if done.outcome == "refused":
            raise RefusedError(f"programs can't be confined here: {done.reason}", remedy="see workbench doctor")
        if done.outcome == "cancelled":
            raise CancelledError("the run was stopped")
        printed = _short("\n".join(filter(None, (decode(done.stdout).strip(), decode(done.stderr).strip()))))
        if done.outcome == "ok":
            return Grade(grader.text, "passed", printed or "exit 0", "script")
        said = f"{done.reason}: {printed}" if printed else done.reason or done.outcome
        return Grade(grader.text, "failed" if done.outcome == "failed" else "error", said, "script")


def _short(text: str) -> str:
    return truncate(text[: 2 * _SHOWN], _SHOWN)


def _no_snapshot(name: str) -> str:
    raise FileNotFoundError(name)
