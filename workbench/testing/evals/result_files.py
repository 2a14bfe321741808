"""`grading.json`, `timing.json`, `benchmark.json` and `feedback.json`, as skill-creator has them.

The agentskills guide's spelling (`assertion_results`) is read, too. What a file holds besides is kept when it is
written again.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from workbench.errors import InputError
from workbench.testing.evals import json_file
from workbench.testing.evals.json_file import Document, Place
from workbench.testing.evals.model import Grade, Grading, Status
from workbench.text import visible

GRADING, TIMING, BENCHMARK, FEEDBACK = "grading.json", "timing.json", "benchmark.json", "feedback.json"

_STATUSES: tuple[Status, ...] = ("passed", "failed", "unsupported", "not graded", "error")


@dataclass(frozen=True, slots=True)
class Timing:
    """How long a run took and what it used; None where the file does not say."""

    tokens: int | None = None
    seconds: float | None = None


FEEDBACK = "feedback.json"
"""The name of the file, in the folder of an iteration."""


@dataclass(frozen=True, slots=True)
class Feedback:
    """What a person said of one run: `run_id` is the path of the run with hyphens, as the viewer has it."""

    run_id: str
    feedback: str
    timestamp: str = ""


def read_grading(path: Path) -> Grading:
    """The grades of a run.

    Raises:
        InputError: The file is not there, or not what it has to be.
    """
    document = json_file.read(path)
    value = _object(document)
    key = next((key for key in ("expectations", "assertion_results") if key in value), None)
    if key is None:
        raise document.wrong((), "it has neither 'expectations' nor 'assertion_results'")
    return Grading(
        tuple(
            Grade(
                _said(document, one, place, "text"),
                _status(document, one, place),
                _said(document, one, place, "evidence", needed=False),
                _said(document, one, place, "grader", needed=False),
            )
            for place, one in _objects(document, value, key)
        )
    )


def write_grading(path: Path, grading: Grading, **more: Any) -> None:
    """Write grades as skill-creator does; what could not be graded stands by itself, so that nobody counts it.

    Args:
        path: The file; keys that it already has besides ours are kept.
        grading: The grades.
        more: Further keys of the file (`execution_metrics`, `timing`, …).
    """
    ungraded = [grade.to_json() for grade in grading.grades if not grade.counts]
    new: dict[str, Any] = {
        "expectations": [grade.to_json() for grade in grading.grades if grade.counts],
        "summary": grading.summary(),
        **more,
        "not_graded": ungraded,
    }
    update(path, new)


def read_timing(path: Path) -> Timing:
    """How long a run took; seconds from `total_duration_seconds`, else from `duration_ms`.

    Raises:
        InputError: As `read_grading`.
    """
    document = json_file.read(path)
    value = _object(document)
    tokens = _number(document, value, (), "total_tokens")
    seconds = _number(document, value, (), "total_duration_seconds")
    if seconds is None and (milliseconds := _number(document, value, (), "duration_ms")) is not None:
        seconds = milliseconds / 1000
    return Timing(None if tokens is None else int(tokens), seconds)


def read_benchmark(path: Path) -> dict[str, Any]:
    """A benchmark, checked as far as this program relies on it. `delta` may be texts or numbers.

    Raises:
        InputError: As `read_grading`.
    """
    document = json_file.read(path)
    value = _object(document)
    for place, run in _objects(document, value, "runs"):
        result = run.get("result")
        if not isinstance(result, dict):
            raise document.wrong((*place, "result"), "it has to be an object with 'pass_rate'")
        _number(document, result, (*place, "result"), "pass_rate")
        _said(document, run, place, "configuration")
    if not isinstance(value.get("run_summary", {}), dict):
        raise document.wrong(("run_summary",), "it has to be an object")
    return value


def read_feedback(path: Path) -> tuple[Feedback, ...]:
    """What people said of runs: the viewer's `reviews`, or the guide's object of texts.

    Raises:
        InputError: As `read_grading`.
    """
    document = json_file.read(path)
    value = _object(document)
    if "reviews" in value:
        return tuple(
            Feedback(
                _said(document, one, place, "run_id"),
                _said(document, one, place, "feedback", needed=False),
                _said(document, one, place, "timestamp", needed=False),
            )
            for place, one in _objects(document, value, "reviews")
        )
    for key, said in value.items():
        if not isinstance(said, str):
            raise document.wrong((key,), "it has to be text: what you say of this evaluation")
    return tuple(Feedback(key, said) for key, said in value.items())


def write_feedback(path: Path, given: Feedback, *, done: bool = False) -> None:
    """Put what somebody says of a run beside what was said of others, in the place of what was said of it before.

    Args:
        path: The file; it may be missing.
        given: What is said.
        done: Whether this ends the review (`status: complete`).
    """
    said = {one.run_id: one for one in (read_feedback(path) if path.exists() else ())}
    said[given.run_id] = given
    old = json_file.read(path).value if path.exists() else {}
    kept = {one.get("run_id"): one for one in old.get("reviews", [])} if "reviews" in old else {}
    reviews = [
        {**kept.get(one.run_id, {}), "run_id": one.run_id, "feedback": one.feedback, "timestamp": one.timestamp}
        for one in said.values()
    ]
    others = {key: value for key, value in old.items() if key not in ("reviews", "status")} if "reviews" in old else {}
    status = "complete" if done or old.get("status") == "complete" else "in_progress"
    json_file.write(path, {**others, "reviews": reviews, "status": status})


def update(path: Path, new: Mapping[str, Any]) -> None:
    """Write these keys into a JSON file and keep its others.

    Raises:
        InputError: What is there is no JSON object, or can't be written.
    """
    old = _object(json_file.read(path)) if path.exists() else {}
    json_file.write(path, json_file.merged(old, new))


def _object(document: Document) -> dict[str, Any]:
    if not isinstance(document.value, dict):
        raise document.wrong((), "it has to be an object")
    return document.value


def _objects(document: Document, value: Mapping[str, Any], key: str) -> Iterator[tuple[Place, dict[str, Any]]]:
    listed = value.get(key, [])
    if not isinstance(listed, list):
        raise document.wrong((key,), "it has to be a list")
    for at, one in enumerate(listed):
        if not isinstance(one, dict):
            raise document.wrong((key, at), "it has to be an object")
        yield (key, at), one


def _said(document: Document, value: Mapping[str, Any], place: Place, key: str, *, needed: bool = True) -> str:
    said = value.get(key)
    if said is None and not needed:
        return ""
    if not isinstance(said, str):
        raise (
            document.wrong((*place, key), "it has to be text")
            if key in value
            else document.wrong(place, f"there is no '{key}'")
        )
    return said


def _status(document: Document, value: Mapping[str, Any], place: Place) -> Status:
    status: Status | None = next((one for one in _STATUSES if one == value.get("status")), None)
    if status is not None:
        return status
    passed = value.get("passed")
    if passed is None:
        return "not graded"
    if not isinstance(passed, bool):
        raise document.wrong((*place, "passed"), "it has to be true or false")
    return "passed" if passed else "failed"


def _number(document: Document, value: Mapping[str, Any], place: Place, key: str) -> float | None:
    number = value.get(key)
    if number is None:
        return None
    if isinstance(number, bool) or not isinstance(number, int | float) or not -1e15 < number < 1e15:
        raise document.wrong((*place, key), "it has to be a number")
    return number


def readable(path: Path) -> str | None:
    """Why one of these files can't be used, in one line; None if it can."""
    readers = {GRADING: read_grading, TIMING: read_timing, BENCHMARK: read_benchmark, FEEDBACK: read_feedback}
    try:
        readers[path.name](path)
    except InputError as error:
        return f"{error.where or visible(str(path))}: {error.what}"
    return None
