"""The pipeline of one call: check, run in the sandbox, read what came out, and store that it happened."""

import json
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from workbench.analytics.events import Event, EventSource, record
from workbench.errors import WorkbenchError
from workbench.sandbox.model import Limits, OnOutput, Run
from workbench.sandbox.run import run
from workbench.storage import Store
from workbench.text import decode, plural, truncate, visible
from workbench.tools.model import CallForm, CallResult, Tool
from workbench.tools.program import program_with_paths
from workbench.tools.schemas import validate

_MOST_TOLD = 3


def call(
    tool: Tool,
    arguments: Mapping[str, Any],
    *,
    root: Path,
    store: Store | None,
    library: str | None,
    tree: str | None,
    source: EventSource = "person",
    on_output: OnOutput | None = None,
    cancel: threading.Event | None = None,
    unsandboxed: bool = False,
    network: bool = False,
    limits: Limits | None = None,
    cwd: Path | None = None,
    clock: Callable[[], float] = time.time,
) -> CallResult:
    """Call a tool and store the call, without the arguments' values: they may be secrets.

    What goes wrong with the program, its output or the store is said in the result. A store that can't be written
    does not lose the result: `call_id` is None and `reason` says why.

    Args:
        tool: What to call.
        arguments: Its arguments.
        root: The library's folder.
        store: Where the call is stored; None stores nothing.
        library: The library's identity, for the event.
        tree: The skill's current tree, where git knows it.
        source: Who calls.
        on_output: Called with what the program writes while it runs.
        cancel: Set it to stop the call.
        unsandboxed: Run without a sandbox, which the user allowed.
        network: Whether it may reach the host's network.
        limits: What it may use.
        cwd: Folder that relative paths among the arguments are looked up in; the current one by default.
        clock: Seconds since the epoch, UTC.

    Raises:
        InputError: The tool has an error, or the arguments don't fit. Nothing has run then.
    """
    program = program_with_paths(tool, arguments, root=root, cwd=cwd or Path.cwd(), network=network, limits=limits)
    began = round(clock() * 1000)
    done = run(program, on_output=on_output, cancel=cancel, unsandboxed=unsandboxed)
    read = _read(tool, done)
    result = _result(arguments, done, read)
    if store is None:
        return result
    event = Event(
        at=began,
        kind="call",
        skill=tool.skill,
        tool=tool.name,
        outcome=result.outcome,
        duration_ms=result.duration_ms,
        source=source,
        library=library,
        tree=tree,
        exit_code=result.exit_code,
        sandbox=result.level,
        reason="it could not be started" if done.outcome == "error" else done.reason or read.wrong,
        detail={"arguments": _sizes(arguments), "stdout": len(done.stdout), "stderr": len(done.stderr)},
    )
    return _stored(result, store, event)


def _result(arguments: Mapping[str, Any], done: Run, read: "_Read") -> CallResult:
    return CallResult(
        ok=done.outcome == "ok" and read.wrong is None,
        outcome="failed" if done.outcome == "ok" and read.wrong is not None else done.outcome,
        exit_code=done.exit_code,
        duration_ms=done.duration_ms,
        output=read.output,
        stdout=decode(done.stdout),
        stderr=decode(done.stderr),
        call_id=None,
        reason=_reason(done, read),
        level=done.level,
        truncated=done.truncated,
        arguments=dict(arguments),
    )


def _stored(result: CallResult, store: Store, event: Event) -> CallResult:
    try:
        return replace(result, call_id=record(store, event))
    except WorkbenchError as error:
        why = f"the call could not be stored: {error.what}"
        return replace(result, reason=f"{result.reason}; {why}" if result.reason else why)


@dataclass(frozen=True, slots=True)
class _Read:
    """The output as the tool promises it; `wrong` in words without values (they are stored), `detail` with them."""

    output: Any
    wrong: str | None = None
    detail: str | None = None


def _read(tool: Tool, done: Run) -> _Read:
    is_function = isinstance(tool.form, CallForm)
    data = (done.result or b"") if is_function else done.stdout
    if tool.output == "text" and not is_function:
        return _Read(decode(data) if data else None)
    if done.outcome != "ok" and not data.strip():
        return _Read(None)
    try:
        output = json.loads(data.decode("utf-8"), parse_constant=_no_constant)
    except (ValueError, RecursionError) as error:
        if done.outcome != "ok":
            return _Read(None)
        return _Read(None, "the output is not JSON", truncate(visible(str(error)), 120))
    if done.outcome != "ok":
        return _Read(output)
    if tool.output == "text":
        return _Read(output) if isinstance(output, str) else _Read(output, "the result is not text")
    wrong = validate(tool.output_schema, output) if tool.output_schema is not None else {}
    if wrong:
        told = "; ".join(
            f"'{visible(place)}' {what}" if place else what for place, what in list(wrong.items())[:_MOST_TOLD]
        )
        return _Read(output, f"the output does not fit its schema ({plural(len(wrong), 'place')})", told)
    return _Read(output)


def _no_constant(name: str) -> None:
    raise ValueError(f"{name} is not JSON")


def _reason(done: Run, read: _Read) -> str | None:
    """Why it did not go well, with what the program itself said last."""
    if read.wrong is not None:
        return f"{read.wrong}: {read.detail}" if read.detail else read.wrong
    if done.outcome == "failed":
        last = next((line for line in reversed(decode(done.stderr[-4000:]).splitlines()) if line.strip()), "")
        return f"{done.reason}: {truncate(visible(last.strip()), 200)}" if last else done.reason
    return done.reason


def _sizes(arguments: Mapping[str, Any]) -> dict[str, int]:
    """Bytes that each argument takes as JSON."""
    return {name: len(json.dumps(value, ensure_ascii=True)) for name, value in arguments.items()}
