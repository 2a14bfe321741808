"""What came of test cases, as plain data."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Literal

from workbench.skills.model import Problem

CaseOutcome = Literal["passed", "failed", "error", "skipped", "xfail", "flaky"]
"""failed: it ran and did not do what is expected. error: it could not be run. skipped: it was not run. xfail: it
failed, as it says it will. flaky: repeated, it passed and failed."""

FINE: frozenset[CaseOutcome] = frozenset(("passed", "xfail", "skipped"))
"""Outcomes that do not make a run fail."""


@dataclass(frozen=True, slots=True)
class Mismatch:
    """One expectation that did not hold. Texts are cut, not sanitised, except for `message`.

    Attributes:
        where: `exit`, `stdout`, `stderr`, `output`, `duration`, `requests` or `files/<path>`.
        matcher: The matcher's name; `exit`, `exists`, `under` and `requests` for what is no matcher.
        expected: What was expected, as text.
        seen: What came instead, as text.
        message: One sentence that says it.
        diff: Unified diff from expected to seen, where the whole text was compared; else empty.
        line: Line of the expectation in the case's file, and its column.
    """

    where: str
    matcher: str
    expected: str
    seen: str
    message: str
    diff: str = ""
    line: int | None = None
    column: int | None = None


@dataclass(frozen=True, slots=True)
class SeenRequest:
    """An HTTP request that the program made; `stub` is the position of the answer it got, None if there was none."""

    method: str
    url: str
    headers: tuple[tuple[str, str], ...] = ()
    body: str = ""
    stub: int | None = None

    @property
    def is_tunnel(self) -> bool:
        """Whether it asked for a tunnel, as clients do for https."""
        return self.method == "CONNECT"


@dataclass(frozen=True, slots=True)
class SeenSnapshot:
    """A whole text that was compared with a snapshot, as it would be stored; `stored` is None where there is none."""

    name: str
    stored: str | None
    seen: str


@dataclass(frozen=True, slots=True)
class Attempt:
    """How one of several runs of the same case ended."""

    outcome: CaseOutcome
    duration_ms: int
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class CaseResult:
    """What came of one case.

    Attributes:
        skill: Skill id.
        case: The case's name.
        place: `path:line` of the case, or of the part of it that is wrong.
        exit_code: None where the program did not end by itself, or never began.
        stdout: Decoded, cut, not sanitised; `stderr` likewise.
        reason: Why it did not pass, one sanitised sentence; None when it did.
        level: The sandbox level in force, as text; empty where nothing ran.
        refused: Whether it was not run because no sandbox works here.
        column: Column of `place`.
        requests: HTTP requests that the program made, where they were watched.
        snapshots: Snapshots that do not have the text that came.
        attempts: How each run ended, where the case ran several times.
        notes: What else happened (a teardown that failed), sanitised.
    """

    skill: str
    case: str
    outcome: CaseOutcome
    duration_ms: int = 0
    exit_code: int | None = None
    mismatches: tuple[Mismatch, ...] = ()
    stdout: str = ""
    stderr: str = ""
    reason: str | None = None
    level: str = ""
    place: str = ""
    refused: bool = False
    column: int | None = None
    requests: tuple[SeenRequest, ...] = ()
    snapshots: tuple[SeenSnapshot, ...] = ()
    attempts: tuple[Attempt, ...] = ()
    notes: tuple[str, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """The contract of `test --json` for one case; whole texts of snapshots are left out."""
        return {**asdict(self), "snapshots": [one.name for one in self.snapshots], "sandbox": self.level}


@dataclass(frozen=True, slots=True)
class TestRun:
    """One run of many cases; `results` are in the order in which the cases were given.

    Attributes:
        id: What groups its events in the store.
        problems: What is wrong with the files of cases; errors among them count as `errors`.
        level: The sandbox level in force, as text; empty where nothing ran.
        cancelled: Whether it was stopped before every case had run.
        note: What went wrong besides the cases (they could not be stored, say); None if nothing did.
        trees: The tree of each skill that it ran on, by skill id; None where it is not known.
        seed: What the order of the cases was drawn from; None for the order of their files.
        repeat: How often each case ran.
        unreached: Scripts that no case of their skill reaches, by skill id.
        selected: Why a case was chosen, by skill id and name, where not all were.
    """

    __test__ = False

    id: str
    results: tuple[CaseResult, ...]
    duration_ms: int
    level: str = ""
    problems: tuple[Problem, ...] = ()
    cancelled: bool = False
    note: str | None = None
    trees: Mapping[str, str | None] | None = None
    seed: int | None = None
    repeat: int = 1
    unreached: Mapping[str, tuple[str, ...]] | None = None
    selected: Mapping[tuple[str, str], str] | None = None

    def count(self, outcome: CaseOutcome) -> int:
        """How many cases ended so."""
        return sum(result.outcome == outcome for result in self.results)

    @property
    def passed(self) -> int:
        """Cases that did what is expected."""
        return self.count("passed")

    @property
    def failed(self) -> int:
        """Cases that did something else."""
        return self.count("failed")

    @property
    def errors(self) -> int:
        """Cases that could not be run, and those that could not even be read."""
        return self.count("error") + sum(problem.severity == "error" for problem in self.problems)

    @property
    def skipped(self) -> int:
        """Cases that were not run."""
        return self.count("skipped")

    @property
    def refused(self) -> bool:
        """Whether any case was not run because no sandbox works here."""
        return any(result.refused for result in self.results)

    @property
    def ok(self) -> bool:
        """Whether nothing failed, nothing was in error or flaky, and the run was not stopped."""
        return not (self.failed or self.errors or self.count("flaky") or self.cancelled)

    def to_json(self) -> dict[str, Any]:
        """The contract of `test --json`."""
        return {
            "run": self.id,
            "ok": self.ok,
            "passed": self.passed,
            "failed": self.failed,
            "errors": self.errors,
            "skipped": self.skipped,
            "xfail": self.count("xfail"),
            "flaky": self.count("flaky"),
            "cancelled": self.cancelled,
            "duration_ms": self.duration_ms,
            "sandbox": self.level,
            "note": self.note,
            "trees": dict(self.trees or {}),
            "seed": self.seed,
            "repeat": self.repeat,
            "unreached": {skill: list(scripts) for skill, scripts in (self.unreached or {}).items()},
            "selected": [
                {"skill": skill, "case": case, "why": why} for (skill, case), why in (self.selected or {}).items()
            ],
            "problems": [problem.to_json() for problem in self.problems],
            "results": [result.to_json() for result in self.results],
        }
