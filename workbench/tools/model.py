"""A tool and what came of calling it, as plain data."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from workbench.sandbox.model import RunOutcome
from workbench.skills.model import Problem


@dataclass(frozen=True, slots=True)
class RunForm:
    """`run:`, an argv template. An element is text with `{name}` in it, or a (flag, argument name) pair for
    `[--flag, {if: name}]`."""

    argv: tuple[str | tuple[str, str], ...]
    stdin_args: bool = False


@dataclass(frozen=True, slots=True)
class CallForm:
    """`call: scripts/slug.py:slugify`, a typed Python function of the skill."""

    file: str
    function: str


@dataclass(frozen=True, slots=True)
class Tool:
    """Something that can be called.

    Attributes:
        id: `<skill name>.<tool name>`, as shown and as used on the command line.
        skill: Id of the skill that brings it.
        input_schema: JSON Schema (2020-12) of the arguments, always of type object.
        output: Whether the result is parsed as JSON or kept as text.
        problems: Why it can't be called, or what is odd about it; a tool with an error is listed but not callable.
        line: Line of its entry in `tools.yaml`.
    """

    id: str
    name: str
    skill: str
    description: str
    input_schema: Mapping[str, Any]
    form: RunForm | CallForm
    output: Literal["json", "text"] = "text"
    output_schema: Mapping[str, Any] | None = None
    problems: tuple[Problem, ...] = ()
    line: int | None = None
    source: str = "skill"

    @property
    def callable(self) -> bool:
        """Whether nothing is wrong enough to keep it from being called."""
        return not any(problem.severity == "error" for problem in self.problems)


@dataclass(frozen=True, slots=True)
class CallResult:
    """What came of one call.

    Attributes:
        ok: It ran, ended with exit 0, and its output is what the tool promises.
        output: The parsed JSON result, or the text; None where there is none.
        stdout: The program's output, decoded, not sanitised.
        call_id: Row of the event in the store; None if it could not be stored.
        level: The sandbox level in force, as text.
    """

    ok: bool
    outcome: RunOutcome
    exit_code: int | None
    duration_ms: int
    output: Any
    stdout: str
    stderr: str
    call_id: int | None
    reason: str | None = None
    level: str = "none"
    truncated: bool = False
    arguments: Mapping[str, Any] = field(default_factory=dict)

    def to_json(self) -> dict[str, Any]:
        """The contract of `tools call --json`."""
        return {
            "ok": self.ok,
            "outcome": self.outcome,
            "exit_code": self.exit_code,
            "duration_ms": self.duration_ms,
            "output": self.output,
            "stdout": self.stdout,
            "stderr": self.stderr,
            "call_id": self.call_id,
            "reason": self.reason,
            "sandbox": self.level,
            "truncated": self.truncated,
        }
