"""The wire format of Anthropic's messages."""

from collections.abc import Mapping
from typing import Any

from workbench.testing.models.protocol import Message, Stop, ToolCall, Usage
from workbench.testing.models.spec import ModelSpec
from workbench.testing.models.sse import Event
from workbench.testing.models.wire import (
    PARTIAL,
    Answer,
    Request,
    Wire,
    WrongAnswer,
    document,
    error_in,
    items,
    mapping,
    number,
    text_of,
    tool_call,
)

VERSION = "2023-06-01"

_STOPS: Mapping[str, Stop] = {
    "end_turn": "end",
    "stop_sequence": "end",
    "tool_use": "tool_calls",
    "max_tokens": "length",
    "model_context_window_exceeded": "length",
    "refusal": "refusal",
}
_CHOICES = {"auto": "auto", "none": "none", "required": "any"}
_MOST_BLOCKS = 1_000


def _headers(key: str | None) -> dict[str, str]:
    return {"anthropic-version": VERSION, **({"x-api-key": key} if key is not None else {})}


def _body(spec: ModelSpec, request: Request) -> dict[str, Any]:
    body: dict[str, Any] = {
        "model": spec.model,
        "max_tokens": request.max_tokens,
        "messages": _messages(request.messages),
    }
    if request.system is not None:
        body["system"] = request.system
    if request.temperature is not None:
        body["temperature"] = request.temperature
    if request.tools:
        body["tools"] = [
            {"name": tool.name, "description": tool.description, "input_schema": tool.input_schema}
            for tool in request.tools
        ]
        if request.tool_choice in _CHOICES:
            body["tool_choice"] = {"type": _CHOICES[request.tool_choice]}
        elif request.tool_choice is not None:
            body["tool_choice"] = {"type": "tool", "name": request.tool_choice}
    if spec.options.stream:
        body["stream"] = True
    return body


def _messages(messages: tuple[Message, ...]) -> list[dict[str, Any]]:
    """What tools gave is the user's, and all answers to one message's calls have to stand in the next."""
    written: list[dict[str, Any]] = []
    for message in messages:
        role = "assistant" if message.role == "assistant" else "user"
        blocks = _blocks(message)
        if written and written[-1]["role"] == role:
            written[-1]["content"] += blocks
        elif blocks:
            written.append({"role": role, "content": blocks})
    return written


def _blocks(message: Message) -> list[dict[str, Any]]:
    if message.role == "tool":
        return [{"type": "tool_result", "tool_use_id": message.tool_call_id or "", "content": message.content}]
    text = [{"type": "text", "text": message.content}] if message.content else []  # an empty block is refused
    return text + [
        {"type": "tool_use", "id": call.id, "name": call.name, "input": call.arguments} for call in message.tool_calls
    ]


def _read(value: Mapping[str, Any]) -> Answer:
    if error := error_in(value):
        raise error
    if not isinstance(value.get("content"), list):
        raise WrongAnswer("it has no 'content'")
    text, calls = [], []
    for raw in items(value["content"])[:_MOST_BLOCKS]:
        block = mapping(raw)
        if block.get("type") == "text":
            text.append(text_of(block.get("text")))
        elif block.get("type") == "tool_use":
            calls.append(ToolCall(text_of(block.get("id")), text_of(block.get("name")), mapping(block.get("input"))))
    stop = _stop(value.get("stop_reason"))
    usage = _usage(mapping(value.get("usage"))) if isinstance(value.get("usage"), dict) else None
    return Answer("".join(text), tuple(calls), stop, usage, text_of(value.get("model")), text_of(value.get("id")))


def _stop(reason: Any) -> Stop:
    return _STOPS.get(text_of(reason), "other")


def _usage(value: Mapping[str, Any]) -> Usage:
    return Usage(
        number(value.get("input_tokens")),
        number(value.get("output_tokens")),
        number(value.get("cache_read_input_tokens")),
        number(value.get("cache_creation_input_tokens")),
    )


class _Reader:
    """Puts together what the events from `message_start` to `message_stop` say."""

    def __init__(self) -> None:
        self._blocks: dict[int, dict[str, Any]] = {}
        self._reason: str | None = None
        self._usage: dict[str, Any] = {}
        self._model = ""
        self._id = ""
        self._stopped = False

    @property
    def began(self) -> bool:
        return bool(self._blocks)

    def feed(self, event: Event) -> str:
        value = document(event.data)
        if error := error_in(value):
            raise error
        match value.get("type", event.name):
            case "message_start":
                message = mapping(value.get("message"))
                self._model, self._id = text_of(message.get("model")), text_of(message.get("id"))
                self._usage.update(mapping(message.get("usage")))
            case "content_block_start":
                return self._start(value)
            case "content_block_delta":
                return self._add(value)
            case "message_delta":
                self._reason = text_of(mapping(value.get("delta")).get("stop_reason")) or self._reason
                self._usage.update(mapping(value.get("usage")))  # its counts are totals
            case "message_stop":
                self._stopped = True
        return ""  # `ping`, and what will be there tomorrow

    def _start(self, value: Mapping[str, Any]) -> str:
        block = mapping(value.get("content_block"))
        if len(self._blocks) >= _MOST_BLOCKS:
            raise WrongAnswer(f"it has more than {_MOST_BLOCKS:,} parts")
        text = text_of(block.get("text")) if block.get("type") == "text" else ""
        self._blocks[number(value.get("index"))] = {**block, "pieces": [text] if text else []}
        return text

    def _add(self, value: Mapping[str, Any]) -> str:
        block = self._blocks.get(number(value.get("index")))
        if block is None:
            raise WrongAnswer("it continues a part that never began")
        delta = mapping(value.get("delta"))
        kind = delta.get("type")
        if kind == "text_delta" and block.get("type") == "text":
            block["pieces"].append(text_of(delta.get("text")))
            return text_of(delta.get("text"))
        if kind == "input_json_delta" and block.get("type") == "tool_use":
            block["pieces"].append(text_of(delta.get("partial_json")))
        return ""

    def answer(self) -> Answer:
        if not self._stopped or self._reason is None:
            raise WrongAnswer("the stream ended before the answer did", PARTIAL)
        text, calls = [], []
        for _, block in sorted(self._blocks.items()):
            written = "".join(block["pieces"])
            if block.get("type") == "text":
                text.append(written)
            elif block.get("type") == "tool_use":
                call = tool_call(text_of(block.get("id")), text_of(block.get("name")), written)
                given = call.arguments or mapping(block.get("input"))  # some servers send it whole with the start
                calls.append(call if call.invalid is not None else ToolCall(call.id, call.name, given))
        usage = _usage(self._usage) if self._usage else None
        return Answer("".join(text), tuple(calls), _stop(self._reason), usage, self._model, self._id)


ANTHROPIC = Wire("/v1/messages", _headers, _body, _read, _Reader)
"""Anthropic-compatible messages."""
