"""Recording what a model answers, and replaying it: offline, in CI, byte for byte, without a key and without cost."""

import threading
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from types import TracebackType
from typing import Any, Literal

from workbench.errors import InputError
from workbench.testing.models.cassette_file import Exchange, append_exchange, exchange_key, read_exchanges, tidy
from workbench.testing.models.protocol import Message, ModelError, ToolCall
from workbench.testing.models.spec import ModelSpec
from workbench.testing.models.wire import Request
from workbench.text import plural, truncate, visible

Mode = Literal["record", "replay", "auto", "off"]
"""Ask and record all; replay and never ask; ask and record what is missing; neither."""

_AROUND = 24


@dataclass(frozen=True, slots=True)
class Slot:
    """Where a question has its place in a cassette."""

    request: Mapping[str, Any]
    run: str
    turn: int
    ordinal: int
    key: str


class Cassette:
    """A file of recorded answers. Several threads and processes may use one at once. Close it, so that it is tidied.

    Args:
        path: The file; it may be missing where answers are recorded.
        mode: See `Mode`.
        accept_edited: Whether lines whose digest is not theirs are taken.

    Raises:
        InputError: The file is not right, or not there to be replayed.
    """

    def __init__(self, path: Path, mode: Mode, *, accept_edited: bool = False) -> None:
        self.path = path
        self.mode = mode
        self._lock = threading.Lock()
        self._asked: Counter[str] = Counter()
        self._recorded = 0
        self._exchanges: dict[str, Exchange] = {}
        if mode == "off":
            return
        try:
            found = read_exchanges(path, accept_edited=accept_edited)
        except FileNotFoundError:
            if mode == "replay":
                remedy = "record it first: --record asks the model, and costs what it costs"
                raise InputError("there is no cassette to replay", where=str(path), remedy=remedy) from None
            found = []
        self._exchanges = {exchange.key: exchange for exchange in found}

    def __enter__(self) -> "Cassette":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    @property
    def recorded(self) -> tuple[tuple[str, str], ...]:
        """Provider and model of all answers, each pair once."""
        with self._lock:
            pairs = {(str(e.request.get("provider")), str(e.request.get("model"))) for e in self._exchanges.values()}
        return tuple(sorted(pairs))

    def claim(self, spec: ModelSpec, request: Request) -> Slot:
        """The place of a question; asking the same again in the same run has the next place."""
        written = canonical(spec, request)
        alike = exchange_key(written, request.run, -1)
        with self._lock:
            ordinal = self._asked[alike]
            self._asked[alike] += 1
        key = exchange_key(written, request.run, ordinal)
        return Slot(written, request.run, len(request.messages), ordinal, key)

    def release(self, slot: Slot) -> None:
        """Give the place of a question back that was not answered, so that asking again has the same."""
        alike = exchange_key(slot.request, slot.run, -1)
        with self._lock:
            if self._asked[alike] == slot.ordinal + 1:
                self._asked[alike] -= 1

    def find(self, slot: Slot) -> Exchange | None:
        """What was recorded there, where this mode replays; None where the model has to be asked.

        Raises:
            ModelError: Nothing was recorded there, and this mode asks nobody.
        """
        if self.mode not in ("replay", "auto"):
            return None
        with self._lock:
            found = self._exchanges.get(slot.key)
            others = list(self._exchanges.values()) if found is None and self.mode == "replay" else []
        if found is None and self.mode == "replay":
            raise self._missing(slot, others)
        return found

    def record(self, exchange: Exchange) -> None:
        """Keep an answer, where this mode records.

        Raises:
            InputError: It can't be written, or is too long.
        """
        if self.mode not in ("record", "auto"):
            return
        append_exchange(self.path, exchange)
        with self._lock:
            self._exchanges[exchange.key] = replace(exchange, line=0)
            self._recorded += 1

    def close(self) -> None:
        """Tidy the file, where something was recorded."""
        with self._lock:
            recorded, self._recorded = self._recorded, 0
        if recorded:
            tidy(self.path)

    def _missing(self, slot: Slot, others: list[Exchange]) -> ModelError:
        of = f" of run '{visible(slot.run)}'" if slot.run else ""
        what = f"this question{of} ({plural(slot.turn, 'message')}) was never recorded"
        if others:
            near = max(others, key=lambda other: _nearness(slot, other))
            what += f"; line {near.line or '?'} is nearest: {'; '.join(_differences(slot, near))}"
        else:
            what += "; the cassette is empty"
        remedy = "record what is missing (--record), which asks the model, or replay with what it was recorded with"
        return ModelError(what, where=str(self.path), remedy=remedy)


def canonical(spec: ModelSpec, request: Request) -> dict[str, Any]:
    """What a recording is found by: all that can change an answer, and nothing of where it was asked.

    Raises:
        ModelError: The tools or arguments are not JSON.
    """
    return {
        "provider": spec.provider,
        "model": spec.model,
        "system": request.system,
        "messages": [_message(message) for message in request.messages],
        "tools": [
            {"name": tool.name, "description": tool.description, "input_schema": tool.input_schema}
            for tool in request.tools
        ],
        "options": {
            "max_tokens": request.max_tokens,
            "temperature": request.temperature,
            "seed": request.seed,
            "tool_choice": request.tool_choice,
        },
    }


def _message(message: Message) -> dict[str, Any]:
    written: dict[str, Any] = {"role": message.role, "content": message.content}
    if message.tool_calls:
        written["tool_calls"] = [_call(call) for call in message.tool_calls]
    if message.tool_call_id is not None:
        written["tool_call_id"] = message.tool_call_id
    return written


def _call(call: ToolCall) -> dict[str, Any]:
    invalid = {} if call.invalid is None else {"invalid": call.invalid}
    return {"id": call.id, "name": call.name, "arguments": call.arguments, **invalid}


def _nearness(slot: Slot, other: Exchange) -> tuple[int, ...]:
    asked, recorded = slot.request, other.request
    same = [asked.get(part) == recorded.get(part) for part in ("model", "provider", "system", "tools", "options")]
    mine, theirs = asked["messages"], recorded.get("messages") or []
    alike = _common(mine, theirs)
    differing = 0
    if alike < min(len(mine), len(theirs)):
        differing = _common(str(mine[alike].get("content")), str(theirs[alike].get("content")))
    return (sum(same[:2]), alike, differing, sum(same[2:]), other.run == slot.run, -abs(len(mine) - len(theirs)))


def _common(one: Any, other: Any) -> int:
    """How many items two sequences have in common from the beginning."""
    for place, (left, right) in enumerate(zip(one, other, strict=False)):
        if left != right:
            return place
    return min(len(one), len(other))


def _differences(slot: Slot, other: Exchange) -> list[str]:
    asked, recorded = slot.request, other.request
    found = []
    if slot.run != other.run:
        found.append(f"run '{visible(other.run)}' was recorded")
    for part in ("provider", "model"):
        if asked[part] != recorded.get(part):
            found.append(f"{part} '{visible(str(recorded.get(part)))}' was recorded, '{visible(asked[part])}' is asked")
    if asked["system"] != recorded.get("system"):
        found.append(f"the system's text differs {_where(asked['system'] or '', str(recorded.get('system') or ''))}")
    found += _in_messages(asked["messages"], recorded.get("messages") or [])
    if asked["tools"] != recorded.get("tools"):
        found.append(_in_tools(asked["tools"], recorded.get("tools") or []))
    options = recorded.get("options") or {}
    for name, value in asked["options"].items():
        if value != options.get(name):
            found.append(f"{name} {options.get(name)} was recorded, {value} is asked")
    if not found:
        if other.ordinal < slot.ordinal:
            return [f"it was asked {plural(other.ordinal + 1, 'time')} then, and once more now"]
        found.append(f"only the answer to asking it the {other.ordinal + 1:,}. time is there")
    return found


def _in_messages(asked: list[Any], recorded: list[Any]) -> list[str]:
    alike = _common(asked, recorded)
    if alike == min(len(asked), len(recorded)):
        if len(asked) == len(recorded):
            return []
        return [f"{plural(len(recorded), 'message')} were recorded, {len(asked)} are asked"]
    mine, theirs = asked[alike], recorded[alike]
    place = f"message {alike + 1} ({visible(str(mine.get('role')))})"
    if mine.get("content") != theirs.get("content"):
        return [f"{place} differs {_where(str(mine.get('content')), str(theirs.get('content')))}"]
    return [f"{place} has other tool calls"]


def _in_tools(asked: list[Any], recorded: list[Any]) -> str:
    mine, theirs = ({str(tool.get("name")): tool for tool in tools} for tools in (asked, recorded))
    changed = [name for name in mine if mine[name] != theirs.get(name)] + [n for n in theirs if n not in mine]
    return f"other tools: {truncate(visible(', '.join(changed) or 'in another order'), 80)}"


def _where(asked: str, recorded: str) -> str:
    place = _common(asked, recorded)
    start = max(0, place - _AROUND // 2)
    was, now = (visible(text[start : place + _AROUND]) for text in (recorded, asked))
    return f"at character {place + 1:,} ('…{was}…' was recorded, '…{now}…' is asked)"
