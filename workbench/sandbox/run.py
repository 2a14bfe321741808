"""Run one program that nobody trusts yet, within limits, and say what came of it."""

import contextlib
import os
import signal
import subprocess
import tempfile
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import IO

from workbench.sandbox import bubblewrap, plain
from workbench.sandbox.collect import collect
from workbench.sandbox.layout import LayoutError, lay_out, remove
from workbench.sandbox.model import Level, OnOutput, Program, Run, RunOutcome, Staged
from workbench.sandbox.probe import probe
from workbench.sandbox.pump import Pump
from workbench.sandbox.start import Stage, Started, prepare, start
from workbench.sandbox.watch import Watch, size
from workbench.text import decode, visible

_TICK_SECONDS = 0.05
_QUICK_TICK_SECONDS = 0.01
_UNSANDBOXED = Level("none", works=True)


def run(
    program: Program,
    *,
    on_output: OnOutput | None = None,
    cancel: threading.Event | None = None,
    unsandboxed: bool = False,
) -> Run:
    """Run a program and wait for its end; with it ends everything it started.

    A program that writes more than `limits.output_bytes` to one stream is stopped (outcome `limit`); what it wrote up
    to there is kept. Nothing that goes wrong with the program is raised: the outcome says it.

    Args:
        program: What to run.
        on_output: Called in this thread with what the program writes, at most about 20 times a second per stream.
        cancel: Set it, from any thread, to stop the run within 100 ms.
        unsandboxed: Run without a sandbox. Only after the user allowed exactly this.
    """
    return run_staged(program, on_output=on_output, cancel=cancel, unsandboxed=unsandboxed).run


def run_staged(
    program: Program,
    *,
    setup: Sequence[tuple[str, ...]] = (),
    teardown: Sequence[tuple[str, ...]] = (),
    on_output: OnOutput | None = None,
    cancel: threading.Event | None = None,
    unsandboxed: bool = False,
) -> Staged:
    """Run a program between commands that share its folder, each in a sandbox of its own around that folder.

    A command of `setup` that does not end with exit 0 keeps the program from running, and its run stands in the
    program's place. All of `teardown` runs whatever came before, unless the run was stopped. Otherwise as `run`.

    Args:
        setup: Commands to run before.
        teardown: Commands to run after; each has the program's limits, environment and folder.
    """
    level = _UNSANDBOXED if unsandboxed else probe()
    if not level.works:
        reason = level.reason if level.remedy is None else f"{level.reason}; {level.remedy}"
        return Staged(Run("refused", None, 0, reason=reason, level=str(level)))
    if program.network and not unsandboxed:
        level = replace(level, weak=(*level.weak, "network (granted)"))
    plain = replace(program, stdin=b"", collect=(), result_fd=False)
    before, after = ([replace(plain, argv=argv) for argv in commands] for commands in (setup, teardown))
    problem = next(filter(None, map(_unusable, (*before, program, *after))), None)
    if problem is not None:
        return Staged(Run("error", None, 0, reason=problem, level=str(level)))
    root = Path(tempfile.mkdtemp(prefix="workbench-run-"))
    try:
        try:
            stage = prepare(lay_out(root, program), program, level)
        except (LayoutError, OSError) as error:
            return Staged(_not_started(error, level))
        for number, one in enumerate(before):
            done = _run_on(stage, one, None, cancel)
            if done.outcome != "ok":
                staged = Staged(done, failed_setup=number)
                break
        else:
            staged = Staged(_run_on(stage, program, on_output, cancel))
        if staged.run.outcome != "cancelled":
            staged = replace(staged, teardown=tuple(_run_on(stage, one, None, cancel) for one in after))
    finally:
        kept = _remove(root)
    return replace(staged, run=replace(staged.run, reason=staged.run.reason or kept))


@dataclass(frozen=True, slots=True)
class _Ending:
    outcome: RunOutcome
    reason: str | None
    exit_code: int | None = None


def _not_started(error: Exception, level: Level) -> Run:
    return Run("error", None, 0, reason=f"it could not be started: {visible(str(error))}", level=str(level))


def _run_on(stage: Stage, program: Program, on_output: OnOutput | None, cancel: threading.Event | None) -> Run:
    layout, level = stage.layout, stage.level
    try:
        started = start(stage, program)
    except (bubblewrap.StartError, OSError) as error:
        return _not_started(error, level)
    ended = _descriptor_of_end(started.process)
    folders = (layout.work, layout.home, layout.tmp, layout.shared_memory)
    try:
        with (
            Pump(_input(started, program), started.streams(), ended, program.limits.output_bytes, on_output) as pump,
            Watch(folders, program.limits, started.inner) as watch,
        ):
            try:
                ending = _attend(started, program, level, pump, watch, cancel)
            finally:
                _end(started)
            seconds = time.monotonic() - started.began
            pump.drain()
            ending = ending or _at_exit(started, program, pump, watch)
            files, left_out = collect(layout.work, program.collect, layout.given, program.limits.output_bytes)
            return Run(
                ending.outcome,
                ending.exit_code,
                round(seconds * 1000),
                stdout=pump.kept("stdout"),
                stderr=pump.kept("stderr"),
                truncated=pump.overflowed is not None or bool(left_out),
                reason=ending.reason,
                files=files,
                left_out=left_out,
                result=pump.kept("result") if program.result_fd else None,
                level=str(level),
            )
    finally:
        if ended is not None:
            os.close(ended)


def _unusable(program: Program) -> str | None:
    """Why this can't be a program at all."""
    if not program.argv or not program.argv[0]:
        return "there is no command to run"
    if any("\0" in argument for argument in program.argv):
        return "an argument has a NUL character, which no program can be given"
    for name, value in program.env.items():
        if not name or "=" in name or "\0" in name + value:
            return f"'{visible(name)}' can't be set in the environment"
    return None


def _descriptor_of_end(process: subprocess.Popen[bytes]) -> int | None:
    """A descriptor that becomes readable at the process's end; None where the system has no such thing."""
    if not hasattr(os, "pidfd_open"):
        return None
    with contextlib.suppress(OSError):
        return os.pidfd_open(process.pid)
    return None


def _input(started: Started, program: Program) -> tuple[IO[bytes], bytes] | None:
    return (started.process.stdin, program.stdin) if started.process.stdin is not None else None


def _attend(
    started: Started, program: Program, level: Level, pump: Pump, watch: Watch, cancel: threading.Event | None
) -> _Ending | None:
    """Stay with the program until it ends by itself (None) or has to be stopped (why)."""
    limits = program.limits
    deadline = started.began + limits.wall_seconds
    held_by_kernel = started.inner is None or not any(weak.startswith("processes") for weak in level.weak)
    tick = _TICK_SECONDS if held_by_kernel else _QUICK_TICK_SECONDS
    next_watch = started.began + tick
    while started.process.poll() is None:
        now = time.monotonic()
        pump.turn(max(0.0, min(next_watch, deadline) - now))
        if pump.overflowed:
            return None
        if cancel is not None and cancel.is_set():
            return _Ending("cancelled", "stopped on request")
        now = time.monotonic()
        if now >= deadline:
            return _Ending("timeout", f"not done after {limits.wall_seconds:g} s")
        if now >= next_watch:
            reason = watch.check()
            if reason is not None:
                return _Ending("limit", f"used {reason}")
            took = time.monotonic() - now
            next_watch = now + max(tick, 4 * took)
    return None


def _end(started: Started) -> None:
    """End what is left of the run and wait until it is gone."""
    started.program.kill()
    started.process.wait()
    started.program.wait_until_gone()


def _at_exit(started: Started, program: Program, pump: Pump, watch: Watch) -> _Ending:
    """How a run ended that nobody had to stop."""
    code = started.process.returncode
    code = 128 - code if code < 0 else code
    if pump.overflowed:
        return _Ending("limit", f"wrote more than {size(program.limits.output_bytes)} to {pump.overflowed}")
    excess = watch.check_at_end()
    if excess is not None:
        return _Ending("limit", f"used {excess}", code)
    if code == 0:
        return _Ending("ok", None, 0)
    if code == 128 + signal.SIGXCPU:
        return _Ending("limit", f"used more than {program.limits.cpu_seconds} s of processor time", code)
    if code == 128 + signal.SIGXFSZ:
        return _Ending("limit", f"wrote a file of more than {size(program.limits.file_bytes)}", code)
    unstarted = _why_it_did_not_start(code, pump.kept("stderr"))
    if unstarted is not None:
        return _Ending("error", f"'{visible(program.argv[0])}' could not be started: {unstarted}")
    return _Ending("failed", _exit_reason(code), code)


def _why_it_did_not_start(code: int, stderr: bytes) -> str | None:
    """What the launcher said, if the program never ran. A program that says the same has failed just as well."""
    said = decode(stderr[-2000:]).strip().rpartition("\n")[2]
    if code == 1 and said.startswith("bwrap: "):
        return visible(said.rpartition(": ")[2] if said.startswith("bwrap: execvp ") else said)
    if code == 127 and said.startswith(plain.FAILED_TO_START):
        return visible(said.removeprefix(plain.FAILED_TO_START))
    return None


def _exit_reason(code: int) -> str:
    if code == 128 + signal.SIGKILL:
        return "killed (SIGKILL), as happens when memory or processor time run out"
    if code > 128:
        with contextlib.suppress(ValueError):
            return f"ended by {signal.Signals(code - 128).name}"
    return f"exit {code}"


def _remove(root: Path) -> str | None:
    try:
        remove(root)
    except OSError as error:
        return f"its folder {root} could not be removed: {visible(str(error))}"
    return None
