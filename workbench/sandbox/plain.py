"""Running a program without a sandbox, after somebody allowed exactly that: own session, own folder, soft limits."""

import contextlib
import os
import signal
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from workbench.sandbox import python
from workbench.sandbox.model import Limits

FAILED_TO_START = "workbench-launcher: "

# It runs in the new process, between its start and the program's: limits can't be set from outside everywhere.
_LAUNCHER = f"""
import os, resource, sys
result, cpu, fsize, memory = map(int, sys.argv[1:5])
for name, soft, hard in (("CPU", cpu, cpu + 1), ("FSIZE", fsize, fsize), ("DATA", memory, memory), ("CORE", 0, 0)):
    try:
        resource.setrlimit(getattr(resource, "RLIMIT_" + name), (soft, hard))
    except (ValueError, OSError):
        pass
if result >= 0:
    os.dup2(result, 3)
try:
    os.execvp(sys.argv[5], sys.argv[5:])
except OSError as error:
    sys.stderr.write({FAILED_TO_START!r} + str(error.strerror) + chr(10))
    sys.exit(127)
"""


@dataclass(slots=True)
class Plain:
    """A started program, leader of a session of its own."""

    process: subprocess.Popen[bytes]

    def kill(self) -> None:
        """End the program and everything that stayed in its process group."""
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self.process.pid, signal.SIGKILL)

    def wait_until_gone(self) -> None:
        """Nothing to wait for: without a sandbox nobody knows what a program left behind elsewhere."""


def start(
    argv: list[str], *, work: Path, env: Mapping[str, str], limits: Limits, stdin: int, result: int | None
) -> Plain:
    """Start `argv` in `work`. A program that can't be started writes `FAILED_TO_START` and why to stderr (exit 127)."""
    numbers = (-1 if result is None else result, limits.cpu_seconds, limits.file_bytes, limits.memory_bytes)
    launcher = [str(python.interpreter()), "-I", "-S", "-c", _LAUNCHER, *map(str, numbers)]
    return Plain(
        subprocess.Popen(
            [*launcher, *argv],
            stdin=stdin,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            pass_fds=() if result is None else (result,),
            env=dict(env),
            cwd=work,
            start_new_session=True,
        )
    )
