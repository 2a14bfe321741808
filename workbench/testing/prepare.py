"""From a case to the program that the sandbox runs."""

import math
import posixpath
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from pathlib import Path

from workbench.errors import InputError, WorkbenchError
from workbench.sandbox.model import Limits, Program
from workbench.skills import files
from workbench.skills.model import Skill
from workbench.skills.naming import near
from workbench.testing import stubs
from workbench.testing.fixtures import read_fixture
from workbench.testing.model import Case
from workbench.text import decode, truncate, visible
from workbench.tools.model import CallForm, RunForm, Tool

_MAX_SOURCE = 1 << 20


class CaseError(Exception):
    """A case can't be run, for a reason that is found at `part` of it."""

    def __init__(self, reason: str, part: str) -> None:
        super().__init__(reason)
        self.reason = reason
        self.part = part


@dataclass(frozen=True, slots=True)
class Prepared:
    """A case that can be run; `tool` is what it calls, if it does not name a command."""

    folder: str
    program: Program
    tool: Tool | None


class Tools:
    """The tools of each skill that has cases; read once, by whoever asks first.

    Args:
        read: Gives the tools of a skill.
    """

    def __init__(self, read: Callable[[Skill], tuple[Tool, ...]]) -> None:
        self._read = read
        self._known: dict[str, tuple[Tool, ...] | WorkbenchError] = {}

    def load(self, wanted: Iterable[tuple[Skill, Case]]) -> None:
        """Read the tools of the skills whose cases call any."""
        for skill, case in wanted:
            if case.tool is not None and skill.id not in self._known:
                try:
                    self._known[skill.id] = self._read(skill)
                except WorkbenchError as error:
                    self._known[skill.id] = error

    def find(self, skill: Skill, case: Case) -> Tool:
        """The tool that a case names.

        Raises:
            CaseError: There is none of that name, or the skill's tools can't be read.
        """
        tools = self._known[skill.id]
        if isinstance(tools, WorkbenchError):
            raise CaseError(f"the skill's tools can't be read: {tools.what}", "tool")
        for tool in tools:
            if tool.name == case.tool:
                return tool
        hint = near(case.tool or "", [tool.name for tool in tools])
        shown = truncate(visible(case.tool or ""), 60)
        raise CaseError(f"the skill has no tool '{shown}'" + (f"; {hint}" if hint else ""), "tool")


def prepare(root: Path, skill: Skill, case: Case, tools: Tools) -> Prepared:
    """What to run for a case.

    Raises:
        CaseError: It can't be run.
    """
    try:
        folder = files.folder_of(root, skill.id)
    except InputError as error:
        raise CaseError(error.what, "") from error
    tool = tools.find(skill, case) if case.tool is not None else None
    if case.call is not None:
        tool = _function(folder, skill, case.call)
    program = _tool_program(root, case, tool) if tool is not None else Program(case.run, folder=Path(folder))
    brought = {path: content.encode("utf-8", "surrogatepass") for path, content in case.files.items()}
    if case.fixture is not None:
        try:
            brought = {**read_fixture(folder, case.fixture), **brought}
        except InputError as error:
            raise CaseError(error.what, "fixture") from error
    program = replace(
        program,
        files=brought,
        env=case.env,
        network=case.network,
        limits=Limits(wall_seconds=case.timeout, cpu_seconds=max(60, math.ceil(case.timeout) + 1)),
        collect=tuple(_literal(path) for path in case.expect.files),
    )
    if case.stdin:
        program = replace(program, stdin=case.stdin.encode("utf-8", "surrogatepass"))
    if case.watches_http:
        try:
            program = stubs.wrapped(program, case, folder)
        except InputError as error:
            raise CaseError(error.what, "http") from error
    return Prepared(folder, program, tool)


def _function(folder: str, skill: Skill, call: str) -> Tool:
    """A tool for the function that a case calls itself."""
    from workbench.tools.signature import SignatureError, read_signature

    file, _, name = call.rpartition(":")
    file = posixpath.normpath(file)
    shown = f"'{truncate(visible(file), 80)}'"
    try:
        data = files.read_inside(Path(folder), file, _MAX_SOURCE)
        signature = read_signature(decode(data), name)
    except FileNotFoundError as error:
        raise CaseError(f"there is no file {shown} in the skill", "call") from error
    except InputError as error:
        raise CaseError(f"{shown}: {error.what}", "call") from error
    except OSError as error:
        raise CaseError(f"{shown} can't be read: {visible(error.strerror or 'no reason')}", "call") from error
    except SignatureError as error:
        raise CaseError(f"{shown}: {error.message}", "call") from error
    schema = signature.schema or {"type": "object"}
    return Tool(f"{skill.name}.{name}", name, skill.id, "", schema, CallForm(file, name))


def _tool_program(root: Path, case: Case, tool: Tool) -> Program:
    from workbench.tools.program import program_for
    from workbench.tools.schemas import validate

    part = "tool" if case.tool is not None else "call"
    if case.stdin and isinstance(tool.form, RunForm) and tool.form.stdin_args:
        raise CaseError("the tool takes its arguments on standard input, so the case can't give any", "stdin")
    if case.stdin and isinstance(tool.form, CallForm):
        raise CaseError("a function takes its arguments from 'with'; it has no standard input", "stdin")
    try:
        return program_for(tool, case.arguments, root=root)
    except InputError as error:
        wrong = validate(tool.input_schema, dict(case.arguments)) if tool.callable else {}
        if not wrong:
            place = f" ({error.where})" if error.where else ""
            raise CaseError(f"{error.what}{place}", part) from error
        raise CaseError(error.what, f"with.{next(iter(wrong))}") from error


def _literal(path: str) -> str:
    """A pattern that matches only this path."""
    return "".join(f"[{char}]" if char in "*?[" else char for char in path)
