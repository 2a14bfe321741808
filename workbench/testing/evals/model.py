"""An evaluation, its graders and its grades, as plain data."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

GraderKind = Literal["exact", "regex", "json_schema", "script", "judge"]
GRADER_KINDS: tuple[GraderKind, ...] = ("exact", "regex", "json_schema", "script", "judge")

Status = Literal["passed", "failed", "unsupported", "not graded", "error"]
"""`unsupported`: the judge said that it holds, and what it quoted for it is nowhere to be found; counts as failed.
`not graded` and `error` count neither way."""


@dataclass(frozen=True, slots=True)
class Grader:
    """One thing that has to hold of what a run made.

    Attributes:
        text: What it demands, in words; shown and written as the expectation.
        target: What it looks at: `answer`, or `outputs/PATH`.
        value: The text, the pattern or the schema.
        run: The command of a script; it finds `answer.txt` and `outputs/` in its folder.
        timeout: Seconds that a script may take.
    """

    kind: GraderKind
    text: str
    target: str = "answer"
    value: Any = None
    run: tuple[str, ...] = ()
    timeout: float = 10.0

    @property
    def needs_judge(self) -> bool:
        """Whether a model has to say whether it holds."""
        return self.kind == "judge"


@dataclass(frozen=True, slots=True)
class Eval:
    """One evaluation.

    Attributes:
        id: A number or a text, unique in its file, as it is written there.
        name: A label; a short one made of the id where the file has none.
        files: What the model is given, relative to the skill.
        graders: Expectations first (they need a judge), then our own graders.
    """

    id: int | str
    name: str
    prompt: str
    expected_output: str = ""
    files: tuple[str, ...] = ()
    graders: tuple[Grader, ...] = ()


@dataclass(frozen=True, slots=True)
class EvalSet:
    """The evaluations of a skill.

    Attributes:
        document: The file as it was read, with all keys that mean nothing to this program.
    """

    skill_name: str
    evals: tuple[Eval, ...]
    document: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class TriggerQuery:
    """A question of a user, and whether the skill has to be loaded for it."""

    query: str
    should_trigger: bool


@dataclass(frozen=True, slots=True)
class Grade:
    """What came of one grader; texts are raw."""

    text: str
    status: Status
    evidence: str
    grader: str

    @property
    def counts(self) -> bool:
        """Whether it was graded at all."""
        return self.status in ("passed", "failed", "unsupported")

    def to_json(self) -> dict[str, Any]:
        """As `grading.json` has it, with our own keys behind."""
        passed = self.status == "passed" if self.counts else None
        return {
            "text": self.text,
            "passed": passed,
            "evidence": self.evidence,
            "grader": self.grader,
            "status": self.status,
        }


@dataclass(frozen=True, slots=True)
class Grading:
    """What came of all graders of a run."""

    grades: tuple[Grade, ...] = ()

    @property
    def passed(self) -> int:
        """How many hold."""
        return sum(grade.status == "passed" for grade in self.grades)

    @property
    def total(self) -> int:
        """How many were graded."""
        return sum(grade.counts for grade in self.grades)

    @property
    def errors(self) -> int:
        """How many could not be graded because something went wrong."""
        return sum(grade.status == "error" for grade in self.grades)

    @property
    def pass_rate(self) -> float | None:
        """Share that holds, 0 to 1; None where nothing was graded."""
        return self.passed / self.total if self.total else None

    def summary(self) -> dict[str, Any]:
        """The summary as `grading.json` has it."""
        rate = self.pass_rate
        return {
            "passed": self.passed,
            "failed": self.total - self.passed,
            "total": self.total,
            "pass_rate": 0.0 if rate is None else round(rate, 4),
        }
