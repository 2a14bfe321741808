"""A test case as plain data; what came of one is in `results`."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

MatcherKind = Literal["equals", "contains", "matches", "json", "json_schema", "snapshot", "absent"]
NormaliserKind = Literal["paths", "times", "ids", "replace"]

DEFAULT_TIMEOUT = 10.0
"""How long a case may take that says nothing about it, in seconds."""


@dataclass(frozen=True, slots=True)
class Normaliser:
    """What is made alike in a text before it is looked at; `replace` puts `text` for every match of `pattern`."""

    kind: NormaliserKind
    pattern: str = ""
    text: str = ""


@dataclass(frozen=True, slots=True)
class Matcher:
    """One demand on a text: `value` is the text, the pattern, the JSON value, the schema or the file's name.

    Attributes:
        negated: It must not hold.
        normalise: What to make alike in the text first.
    """

    kind: MatcherKind
    value: Any
    negated: bool = False
    normalise: tuple[Normaliser, ...] = ()


@dataclass(frozen=True, slots=True)
class ExitDemand:
    """Which exit codes are right: one of `codes`, or, `negated`, none of them."""

    codes: tuple[int, ...] = (0,)
    negated: bool = False

    def holds(self, code: int | None) -> bool:
        """Whether an exit code is right; None, the code of a program that did not end by itself, never is."""
        return code is not None and (code in self.codes) is not self.negated

    def __str__(self) -> str:
        listed = " or ".join(map(str, self.codes))
        return f"an exit other than {listed}" if self.negated else f"exit {listed}"


@dataclass(frozen=True, slots=True)
class RequestDemand:
    """What an HTTP request has to be like.

    Attributes:
        method: In capitals; None for any.
        url: Absolute, with the query; None for any.
        path: Path with the query, on whatever host; None for any.
        headers: By name, in lower case; the others may be anything.
        body: Demands on the body, decoded.
    """

    method: str | None = None
    url: str | None = None
    path: str | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    body: tuple[Matcher, ...] = ()


@dataclass(frozen=True, slots=True)
class Stub:
    """An HTTP request that the program may make, and what it is answered.

    Attributes:
        times: How often it has to be made; None for once or more.
        body: The answer's body, where it is not in `file`.
        file: Path of the body in the skill.
    """

    request: RequestDemand
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    body: str = ""
    file: str | None = None
    times: int | None = None


@dataclass(frozen=True, slots=True)
class Expectation:
    """What has to come of a case; every matcher of a text has to hold.

    Attributes:
        exit: The exit code.
        stdout: Demands on what the program prints.
        stderr: Demands on its diagnostics.
        output: Demands on what the tool gives: the result of a function, the standard output of any other.
        files: Demands on files that it writes, by path in the working folder.
        under: How long it may take, in seconds; None for no more than its time-out.
        requests: All HTTP requests it has to make, in their order; None where nothing is said.
    """

    exit: ExitDemand = field(default_factory=ExitDemand)
    stdout: tuple[Matcher, ...] = ()
    stderr: tuple[Matcher, ...] = ()
    output: tuple[Matcher, ...] = ()
    files: Mapping[str, tuple[Matcher, ...]] = field(default_factory=dict)
    under: float | None = None
    requests: tuple[RequestDemand, ...] | None = None


@dataclass(frozen=True, slots=True)
class Case:
    """One stored test. Exactly one of `tool`, `call` and `run` says what to test.

    Attributes:
        name: Unique within its skill; a case made by a matrix has its values behind it, `name [a=1,b=x]`.
        path: Its file, relative to the library.
        line: Line of the case in it.
        column: Column of the case in its line.
        tool: Name of the tool to call with `arguments`.
        call: `FILE.py:FUNCTION` of the skill to call with `arguments`.
        run: The command.
        files: Files to write into the working folder: relative path to content.
        fixture: Folder or file of the skill to copy into the working folder.
        env: Environment variables to set.
        stdin: Text for standard input.
        timeout: In seconds, for the program and for each command of `setup` and `teardown`.
        network: Whether it asks for the host's network.
        http: HTTP requests that are answered in the sandbox.
        setup: Commands to run before, in the same folder.
        teardown: Commands to run after, whatever came of it.
        skip: Why it is not run.
        xfail: Why it is expected to fail.
        positions: Line and column of each part, by dotted place (`with.path`, `expect.stdout`).
    """

    name: str
    path: str
    line: int
    column: int = 1
    tool: str | None = None
    call: str | None = None
    run: tuple[str, ...] = ()
    arguments: Mapping[str, Any] = field(default_factory=dict)
    files: Mapping[str, str] = field(default_factory=dict)
    fixture: str | None = None
    env: Mapping[str, str] = field(default_factory=dict)
    stdin: str = ""
    timeout: float = DEFAULT_TIMEOUT
    network: bool = False
    http: tuple[Stub, ...] = ()
    setup: tuple[tuple[str, ...], ...] = ()
    teardown: tuple[tuple[str, ...], ...] = ()
    tags: tuple[str, ...] = ()
    skip: str | None = None
    xfail: str | None = None
    expect: Expectation = field(default_factory=Expectation)
    positions: Mapping[str, tuple[int, int]] = field(default_factory=dict)

    @property
    def watches_http(self) -> bool:
        """Whether its HTTP requests are answered, or at least seen, in the sandbox."""
        return bool(self.http) or self.expect.requests is not None

    def position_of(self, part: str) -> tuple[int, int]:
        """Line and column of a part (`with.columns.0`), or of the nearest thing around it."""
        while part:
            if position := self.positions.get(part):
                return position
            part = part.rpartition(".")[0]
        return self.line, self.column

    def line_of(self, part: str) -> int:
        """Line of a part, or of the nearest thing around it."""
        return self.position_of(part)[0]

    def place(self, part: str = "") -> str:
        """`path:line` of the case, or of a part of it."""
        return f"{self.path}:{self.line_of(part)}"
