"""What to run, within which limits, and what came of it, as plain data."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

Stream = Literal["stdout", "stderr"]
OnOutput = Callable[[Stream, bytes], None]

RunOutcome = Literal["ok", "failed", "timeout", "cancelled", "refused", "limit", "error"]
"""ok: exit 0. failed: another exit. limit: a limit ended it. refused: no sandbox. error: it could not start."""


@dataclass(frozen=True, slots=True)
class Limits:
    """What one run may use; sizes in bytes, times in seconds."""

    wall_seconds: float = 60.0
    cpu_seconds: int = 60
    memory_bytes: int = 1 << 30
    file_bytes: int = 256 << 20
    disk_bytes: int = 512 << 20
    processes: int = 64
    output_bytes: int = 4 << 20


@dataclass(frozen=True, slots=True)
class Bind:
    """A path of the host shown inside the sandbox; `target` is absolute, or relative to the working folder."""

    source: Path
    target: str
    writable: bool = False


@dataclass(frozen=True, slots=True)
class Program:
    """One program to run.

    Attributes:
        argv: The command; `python` and `python3` mean the workbench's base interpreter, isolated (`-I`).
        folder: The skill's folder, whose top-level entries appear read-only in the working folder; None for none.
        files: Files to write into the working folder before the start: relative path to content.
        executable: Those of `files` that may be run by themselves.
        binds: Further paths of the host to show.
        env: The whole environment, besides PATH, HOME, LANG and TMPDIR.
        stdin: Bytes for standard input.
        network: Whether the host's network is reachable.
        collect: Glob patterns, relative to the working folder, of files to bring back.
        result_fd: Whether descriptor 3 is a pipe whose bytes come back as `Run.result`.
    """

    argv: tuple[str, ...]
    folder: Path | None = None
    files: Mapping[str, bytes] = field(default_factory=dict)
    executable: frozenset[str] = frozenset()
    binds: tuple[Bind, ...] = ()
    env: Mapping[str, str] = field(default_factory=dict)
    stdin: bytes = b""
    network: bool = False
    limits: Limits = field(default_factory=Limits)
    collect: tuple[str, ...] = ()
    result_fd: bool = False


@dataclass(frozen=True, slots=True)
class Level:
    """How well programs are confined on this machine.

    Attributes:
        name: `bubblewrap` or `none`; what is stored with each run, together with `weak`.
        works: Whether programs can be run confined at all.
        reason: Why not, one sentence.
        remedy: What to do about it.
        weak: Limits that do not hold here, for example "processes (running as root)".
        version: Version of the sandboxing program, where known.
    """

    name: str
    works: bool
    reason: str | None = None
    remedy: str | None = None
    weak: tuple[str, ...] = ()
    version: str | None = None

    def __str__(self) -> str:
        return self.name + (f" (not held: {', '.join(self.weak)})" if self.weak else "")


@dataclass(frozen=True, slots=True)
class Run:
    """What came of a run. `exit_code` is None where the program did not end by itself; output may be cut.

    Attributes:
        reason: Why it did not end well, one sanitised sentence; None when it did.
        files: What `Program.collect` found, relative path to content.
        left_out: What it found but did not bring back, because it was too much or could not be read.
        result: What was written to descriptor 3.
        level: The level in force, as text.
    """

    outcome: RunOutcome
    exit_code: int | None
    duration_ms: int
    stdout: bytes = b""
    stderr: bytes = b""
    truncated: bool = False
    reason: str | None = None
    files: Mapping[str, bytes] = field(default_factory=dict)
    left_out: tuple[str, ...] = ()
    result: bytes | None = None
    level: str = "none"


@dataclass(frozen=True, slots=True)
class Staged:
    """What came of a program and of the commands around it.

    Attributes:
        run: The program's run; of a command before it, if that failed.
        failed_setup: Position of the command before it that failed.
        teardown: The runs of the commands after it.
    """

    run: Run
    failed_setup: int | None = None
    teardown: tuple[Run, ...] = ()
