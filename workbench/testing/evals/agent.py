"""A model at work on a task: asked, given what its tools gave, and asked again, within bounds."""

import json
import threading
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from workbench.errors import CancelledError
from workbench.testing.evals.bench import INPUTS, OUTPUTS, Bench, Version
from workbench.testing.models.protocol import Message, Model, Reply
from workbench.text import plural

_CALLS_PER_TURN = 16
_NOTE = f"""\
You work on one task by yourself; nobody answers questions. Tools let you list and read files, run programs, and write
files. The working folder is the same for all of them. Files that you are given are in {INPUTS}/; files that are asked
for go to {OUTPUTS}/. When you are done, say the result in your last message, without calling a tool.
"""
_SKILL = """\
You have the skill '{name}'. Its files are in the working folder, read-only, at the paths that it names. This is its
SKILL.md:

<skill>
{text}
</skill>
"""


@dataclass(frozen=True, slots=True)
class Bounds:
    """How far a model may go: questions, seconds in all, and tokens of one answer."""

    turns: int = 20
    seconds: float = 600.0
    max_tokens: int = 4096


@dataclass(frozen=True, slots=True)
class Episode:
    """What a model made of a task. Texts are raw.

    Attributes:
        answer: Its last text.
        ended: Why it was stopped before it was done; empty where it ended by itself.
        tool_calls: How often each tool was called.
        errors: Calls that went wrong.
        tokens: Of all requests; None where the endpoint did not say.
        cost_nd: Nano-dollars; None where nobody knows a price.
        seconds: Of requests and programs; of a replay, those of the recording.
    """

    answer: str
    messages: tuple[Message, ...]
    outputs: Mapping[str, bytes] = field(default_factory=dict)
    ended: str = ""
    tool_calls: Mapping[str, int] = field(default_factory=dict)
    errors: int = 0
    tokens: int | None = 0
    cost_nd: int | None = 0
    seconds: float = 0.0
    model: str = ""

    def transcript(self) -> list[dict[str, Any]]:
        """All messages, for programs."""
        return [
            {
                "role": message.role,
                "content": message.content,
                **(
                    {"tool_calls": [{"name": c.name, "arguments": dict(c.arguments)} for c in message.tool_calls]}
                    if message.tool_calls
                    else {}
                ),
            }
            for message in self.messages
        ]

    def seen(self) -> str:
        """Everything that the model wrote or was given by its tools, as one text; the task itself is not in it."""
        said = [message.content for message in self.messages[1:]]
        said += [json.dumps(dict(c.arguments), ensure_ascii=False) for m in self.messages for c in m.tool_calls]
        said += [str(value) for m in self.messages for c in m.tool_calls for value in c.arguments.values()]
        return "\n".join(said)

    def metrics(self) -> dict[str, Any]:
        """`execution_metrics` as skill-creator has them."""
        return {
            "tool_calls": dict(self.tool_calls),
            "total_tool_calls": sum(self.tool_calls.values()),
            "total_steps": sum(message.role == "assistant" for message in self.messages),
            "errors_encountered": self.errors,
            "output_chars": sum(map(len, self.outputs.values())),
            "transcript_chars": sum(len(message.content) for message in self.messages),
        }


def work(
    model: Model,
    prompt: str,
    bench: Bench,
    system: str,
    *,
    bounds: Bounds,
    run: str,
    given: Sequence[str] = (),
    cancel: threading.Event | None = None,
    clock: Callable[[], float] = time.monotonic,
) -> Episode:
    """Let a model work on a task.

    Args:
        model: Who works.
        prompt: The task.
        bench: Its tools.
        system: What it is told before.
        bounds: How far it may go.
        run: Which repetition this is, for recordings.
        given: Paths of the files that it is given.
        cancel: Set to stop it.
        clock: Seconds, for the time that it may take.

    Raises:
        ModelError: The model could not be asked.
        BudgetSpentError: The next question could cost more than is left.
        RefusedError: A program would have to run, and can't be confined.
        CancelledError: `cancel` was set.
    """
    files = f"\n\nFiles for this task: {', '.join(given)}" if given else ""
    tally = _Tally([Message("user", prompt + files)])
    end = clock() + bounds.seconds
    tools = bench.specs()
    ended = ""
    for _ in range(bounds.turns):
        if cancel is not None and cancel.is_set():
            raise CancelledError("the run was stopped")
        reply = model.ask(
            tally.messages, system=system, tools=tools, max_tokens=bounds.max_tokens, run=run, cancel=cancel
        )
        tally.asked(reply)
        if not reply.tool_calls:
            ended = _why_it_ended(reply)
            break
        for at, call in enumerate(reply.tool_calls):
            if at < _CALLS_PER_TURN and clock() < end:
                told = bench.call(call)
                tally.called(call.name, ok=told.ok, duration_ms=told.duration_ms)
                text = told.text
            else:
                text = f"it was not called: at most {_CALLS_PER_TURN} calls at once, within {bounds.seconds:g} s in all"
                tally.errors += 1
            tally.messages.append(Message("tool", text, tool_call_id=call.id))
        if clock() >= end:
            ended = f"stopped after {bounds.seconds:g} s"
            break
    else:
        ended = f"stopped after {plural(bounds.turns, 'turn')}, still calling tools"
    return tally.episode(bench.outputs, ended)


def system_text(version: Version | None, text: str = "") -> str:
    """What a model is told before a task: how it works and, with a skill, the whole of its SKILL.md."""
    if version is None:
        return _NOTE
    return _NOTE + "\n" + _SKILL.format(name=version.skill.name, text=text)


def _why_it_ended(reply: Reply) -> str:
    if reply.stop == "length":
        return "its answer was cut off at the limit of tokens"
    return "the provider's filter stopped it" if reply.stop == "refusal" else ""


@dataclass(slots=True)
class _Tally:
    """What adds up while a model works."""

    messages: list[Message]
    calls: Counter[str] = field(default_factory=Counter)
    errors: int = 0
    tokens: int | None = 0
    cost_nd: int | None = 0
    milliseconds: int = 0
    answer: str = ""
    model: str = ""

    def asked(self, reply: Reply) -> None:
        self.messages.append(reply.as_message())
        usage = reply.usage
        self.tokens = None if self.tokens is None or usage is None else self.tokens + usage.total
        self.cost_nd = None if self.cost_nd is None or reply.cost_nd is None else self.cost_nd + reply.cost_nd
        self.milliseconds += reply.duration_ms
        self.answer = reply.text or self.answer
        self.model = reply.model

    def called(self, name: str, *, ok: bool, duration_ms: int) -> None:
        self.calls[name] += 1
        self.errors += not ok
        self.milliseconds += duration_ms

    def episode(self, outputs: Mapping[str, bytes], ended: str) -> Episode:
        return Episode(
            answer=self.answer,
            messages=tuple(self.messages),
            outputs=outputs,
            ended=ended,
            tool_calls=dict(sorted(self.calls.items())),
            errors=self.errors,
            tokens=self.tokens,
            cost_nd=self.cost_nd,
            seconds=self.milliseconds / 1000,
            model=self.model,
        )
