"""A test case and what came of it, as plain data."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from workbench.skills.model import Problem

MatcherKind = Literal["equals", "contains", "matches", "json", "json_schema", "snapshot"]
CaseOutcome = Literal["passed", "failed", "error", "skipped"]
"""failed: it ran and did not do what is expected. error: it could not be run. skipped: it was not run."""

DEFAULT_TIMEOUT = 10.0
"""How long a case may take that says nothing about it, in seconds."""


@dataclass(frozen=True, slots=True)
class Matcher:
    """One demand on a text: `value` is the text, the pattern, the JSON value, the schema or the file's name."""

    kind: MatcherKind
    value: Any


@dataclass(frozen=True, slots=True)
class Expectation:
    """What has to come of a case; every matcher of a text has to hold.

    Attributes:
        exit: The exit code.
        stdout: Demands on what the program prints.
        stderr: Demands on its diagnostics.
        output: Demands on what the tool gives: the result of a `call:` tool, the standard output of any other.
        files: Demands on files that it writes, by path in the working folder.
    """

    exit: int = 0
    stdout: tuple[Matcher, ...] = ()
    stderr: tuple[Matcher, ...] = ()
    output: tuple[Matcher, ...] = ()
    files: Mapping[str, tuple[Matcher, ...]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Case:
    """One stored test.

    Attributes:
        name: Unique within its skill.
        path: Its file, relative to the library.
        line: Line of the case in it.
        tool: Name of the tool to call with `arguments`; None where `run` says what to run.
        run: The command, where there is no tool.
        files: Files to write into the working folder: relative path to content.
        fixture: Folder or file of the skill to copy into the working folder.
        env: Environment variables to set.
        timeout: In seconds.
        network: Whether it asks for the host's network.
        lines: Line of each part, by dotted place (`with.path`, `expect.stdout`).
    """

    name: str
    path: str
    line: int
    tool: str | None = None
    run: tuple[str, ...] = ()
    arguments: Mapping[str, Any] = field(default_factory=dict)
    files: Mapping[str, str] = field(default_factory=dict)
    fixture: str | None = None
    env: Mapping[str, str] = field(default_factory=dict)
    timeout: float = DEFAULT_TIMEOUT
    network: bool = False
    expect: Expectation = field(default_factory=Expectation)
    lines: Mapping[str, int] = field(default_factory=dict)

    def line_of(self, part: str) -> int:
        """Line of a part (`with.columns.0`), or of the nearest thing around it."""
        while part:
            if line := self.lines.get(part):
                return line
            part = part.rpartition(".")[0]
        return self.line

    def place(self, part: str = "") -> str:
        """`path:line` of the case, or of a part of it."""
        return f"{self.path}:{self.line_of(part)}"


@dataclass(frozen=True, slots=True)
class Mismatch:
    """One expectation that did not hold. Texts are cut, not sanitised, except for `message`.

    Attributes:
        where: `exit`, `stdout`, `stderr`, `output` or `files/<path>`.
        matcher: The matcher's name; `exit` and `exists` for what is no matcher.
        expected: What was expected, as text.
        seen: What came instead, as text.
        message: One sentence that says it.
        diff: Unified diff from expected to seen, where the whole text was compared; else empty.
        line: Line of the expectation in the case's file.
    """

    where: str
    matcher: str
    expected: str
    seen: str
    message: str
    diff: str = ""
    line: int | None = None


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


@dataclass(frozen=True, slots=True)
class TestRun:
    """One run of many cases; `results` are in the order in which the cases were given.

    Attributes:
        id: What groups its events in the store.
        problems: What is wrong with the files of cases; errors among them count as `errors`.
        level: The sandbox level in force, as text; empty where nothing ran.
        cancelled: Whether it was stopped before every case had run.
        note: What went wrong besides the cases (they could not be stored, say); None if nothing did.
    """

    __test__ = False

    id: str
    results: tuple[CaseResult, ...]
    duration_ms: int
    level: str = ""
    problems: tuple[Problem, ...] = ()
    cancelled: bool = False
    note: str | None = None

    def _count(self, outcome: CaseOutcome) -> int:
        return sum(result.outcome == outcome for result in self.results)

    @property
    def passed(self) -> int:
        """Cases that did what is expected."""
        return self._count("passed")

    @property
    def failed(self) -> int:
        """Cases that did something else."""
        return self._count("failed")

    @property
    def errors(self) -> int:
        """Cases that could not be run, and those that could not even be read."""
        return self._count("error") + sum(problem.severity == "error" for problem in self.problems)

    @property
    def skipped(self) -> int:
        """Cases that were not run."""
        return self._count("skipped")

    @property
    def refused(self) -> bool:
        """Whether any case was not run because no sandbox works here."""
        return any(result.refused for result in self.results)

    @property
    def ok(self) -> bool:
        """Whether nothing failed, nothing was in error, and the run was not stopped."""
        return not (self.failed or self.errors or self.cancelled)
