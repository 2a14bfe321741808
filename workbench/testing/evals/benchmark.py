"""`benchmark.json`: the runs and their sums as skill-creator's viewer reads them, and what the runs can really tell."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from workbench.testing.evals.model import Eval
from workbench.testing.evals.runner import Configuration, EvalRun, Evaluation
from workbench.testing.statistics import FEWEST_RUNS, Difference, difference, summary, wilson
from workbench.text import plural

_METRICS = ("pass_rate", "time_seconds", "tokens")
_DELTAS = {"pass_rate": "+.2f", "time_seconds": "+.1f", "tokens": "+.0f"}


@dataclass(frozen=True, slots=True)
class Benchmark:
    """The sums of an evaluation."""

    evaluation: Evaluation
    skill_name: str
    skill_path: str
    model: str
    judge: str | None
    at: float

    @property
    def configurations(self) -> tuple[Configuration, ...]:
        """The sides, the one that counts first."""
        return tuple(side.configuration for side in self.evaluation.sides)

    def done(self, configuration: str, eval_id: str | None = None) -> list[EvalRun]:
        """The runs of a side that have a result."""
        return [
            run
            for run in self.evaluation.runs
            if run.status == "done" and run.configuration == configuration and eval_id in (None, str(run.one.id))
        ]

    @property
    def passed(self) -> tuple[int, int]:
        """How many of the graded demands hold on the side that counts, and how many there are."""
        runs = self.done(self.configurations[0])
        return sum(run.grading.passed for run in runs), sum(run.grading.total for run in runs)

    @property
    def pass_rate(self) -> float | None:
        """The share of them; None where nothing was graded."""
        passed, total = self.passed
        return passed / total if total else None

    @property
    def errors(self) -> list[str]:
        """What went wrong with runs and grades, each reason once."""
        said = [run.reason for run in self.evaluation.runs if run.status == "error"]
        said += [
            grade.evidence for run in self.evaluation.runs for grade in run.grading.grades if grade.status == "error"
        ]
        return list(dict.fromkeys(said))

    def difference(self, metric: str) -> Difference | None:
        """How far the side that counts is above the other; None where there is no other."""
        if len(self.configurations) < 2:
            return None
        mine, theirs = (self._groups(configuration, metric) for configuration in self.configurations[:2])
        return difference(mine, theirs)

    def to_json(self) -> dict[str, Any]:
        """`benchmark.json`; `statistics`, `stopped`, `errors` and `folder` are ours."""
        evals = self._evals()
        return {
            "metadata": {
                "skill_name": self.skill_name,
                "skill_path": self.skill_path,
                "executor_model": self.model,
                "analyzer_model": self.judge or "",
                "timestamp": f"{datetime.fromtimestamp(self.at, UTC):%Y-%m-%dT%H:%M:%SZ}",
                "evals_run": [one.id for one in evals],
                "runs_per_configuration": max((run.number for run in self.evaluation.runs), default=0),
            },
            "runs": [_run_json(run) for run in self.evaluation.runs if run.status == "done"],
            "run_summary": self._run_summary(),
            "notes": self.notes(),
            "statistics": {
                "configurations": {name: self._statistics(name) for name in self.configurations},
                "evals": [self._of_eval(one) for one in evals],
                "difference": {
                    metric: found.to_json() for metric in _METRICS if (found := self.difference(metric)) is not None
                },
            },
            "not_run": [
                {
                    "eval_id": run.one.id,
                    "configuration": run.configuration,
                    "run_number": run.number,
                    "status": run.status,
                    "reason": run.reason,
                }
                for run in self.evaluation.runs
                if run.status != "done"
            ],
            "trees": {side.configuration: side.version.tree if side.version else None
                      for side in self.evaluation.sides},
            "stopped": self.evaluation.stopped or None,
            "errors": self.errors,
            "folder": str(self.evaluation.folder),
        }  # fmt: skip

    def notes(self) -> list[str]:
        """What a reader of the numbers has to know."""
        said = []
        ungraded = sum(grade.status == "not graded" for run in self.evaluation.runs for grade in run.grading.grades)
        if ungraded:
            said.append(f"{plural(ungraded, 'expectation')} not graded: only a model can judge them (--judge MODEL)")
        unsupported = sum(grade.status == "unsupported" for run in self.evaluation.runs for grade in run.grading.grades)
        if unsupported:
            said.append(
                f"{plural(unsupported, 'grade')} unsupported: the judge's evidence is nowhere; counted as failed"
            )
        ended = [run.episode.ended for run in self.evaluation.runs if run.episode and run.episode.ended]
        if ended:
            said.append(f"{plural(len(ended), 'run')} did not end by themselves: {'; '.join(dict.fromkeys(ended))}")
        found = self.difference("pass_rate")
        if found is not None and found.runs < FEWEST_RUNS:
            said.append(f"{plural(found.runs, 'run')} a side is too few to tell; {FEWEST_RUNS} at least, more for less")
        if self.evaluation.note:
            said.append(self.evaluation.note)
        return said

    def _evals(self) -> list[Eval]:
        return list({str(run.one.id): run.one for run in self.evaluation.runs}.values())

    def _groups(self, configuration: str, metric: str) -> dict[str, list[float]]:
        groups: dict[str, list[float]] = {}
        for run in self.done(configuration):
            value = _metric(run, metric)
            if value is not None:
                groups.setdefault(str(run.one.id), []).append(value)
        return groups

    def _values(self, configuration: str, metric: str) -> list[float]:
        return [value for values in self._groups(configuration, metric).values() for value in values]

    def _run_summary(self) -> dict[str, Any]:
        sums = {
            name: {metric: summary(self._values(name, metric)) for metric in _METRICS} for name in self.configurations
        }
        said: dict[str, Any] = {
            name: {metric: found.to_json() for metric, found in of.items()} for name, of in sums.items()
        }
        if len(self.configurations) > 1:
            mine, theirs = (sums[name] for name in self.configurations[:2])
            said["delta"] = {
                metric: format(mine[metric].mean - theirs[metric].mean, _DELTAS[metric]) for metric in _METRICS
            }
        return said

    def _statistics(self, configuration: str) -> dict[str, Any]:
        runs = self.done(configuration)
        graded = [run for run in runs if run.grading.total]
        whole = sum(run.grading.passed == run.grading.total for run in graded)
        costs = [run.cost_nd / 1e9 for run in runs if run.cost_nd is not None]
        return {
            "runs": len(runs),
            "graded": len(graded),
            "passed_whole": {"passed": whole, "total": len(graded), **_rate(whole, len(graded))},
            "cost_usd": {
                **summary(costs).to_json(),
                "total": round(sum(costs), 6),
                "unpriced": len(runs) - len(costs),
            },
        }

    def _of_eval(self, one: Eval) -> dict[str, Any]:
        sides = {}
        for name in self.configurations:
            runs = [run for run in self.done(name, str(one.id)) if run.grading.total]
            whole = sum(run.grading.passed == run.grading.total for run in runs)
            sides[name] = {
                "passed": whole,
                "total": len(runs),
                **_rate(whole, len(runs)),
                "expectations": list(_expectations(runs)),
            }
        return {"eval_id": one.id, "eval_name": one.name, "configurations": sides}


def _expectations(runs: Sequence[EvalRun]) -> Iterator[dict[str, Any]]:
    """How often each demand of an evaluation holds, over the runs in which it was graded."""
    found: dict[str, list[bool]] = {}
    for run in runs:
        for grade in run.grading.grades:
            if grade.counts:
                found.setdefault(grade.text, []).append(grade.status == "passed")
    for text, passed in found.items():
        yield {"text": text, "passed": sum(passed), "total": len(passed), **_rate(sum(passed), len(passed))}


def _rate(passed: int, total: int) -> dict[str, Any]:
    return {"rate": round(passed / total, 4) if total else None, "interval": wilson(passed, total).to_json()}


def _metric(run: EvalRun, metric: str) -> float | None:
    if metric == "pass_rate":
        return run.grading.pass_rate
    if run.episode is None:
        return None
    return run.episode.seconds if metric == "time_seconds" else run.episode.tokens


def _run_json(run: EvalRun) -> Mapping[str, Any]:
    assert run.episode is not None
    rate = run.grading.pass_rate
    counted = run.grading.summary()
    return {
        "eval_id": run.one.id,
        "eval_name": run.one.name,
        "configuration": run.configuration,
        "run_number": run.number,
        "result": {
            "pass_rate": None if rate is None else round(rate, 4),
            "passed": counted["passed"],
            "failed": counted["failed"],
            "total": counted["total"],
            "time_seconds": round(run.episode.seconds, 3),
            "tokens": run.episode.tokens,
            "cost_usd": None if run.cost_nd is None else run.cost_nd / 1e9,
            "tool_calls": sum(run.episode.tool_calls.values()),
            "errors": run.episode.errors,
        },
        "expectations": [grade.to_json() for grade in run.grading.grades],
        "notes": [run.episode.ended] if run.episode.ended else [],
    }
