"""The wire format of OpenAI's chat completions, which most servers of models speak."""

import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from workbench.testing.models.protocol import Message, Stop, ToolCall, Usage
from workbench.testing.models.spec import BASE_URLS, ModelSpec
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

_STOPS: Mapping[str, Stop] = {
    "stop": "end",
    "length": "length",
    "tool_calls": "tool_calls",
    "function_call": "tool_calls",
    "content_filter": "refusal",
}
_MOST_CALLS = 1_000


def _headers(key: str | None) -> dict[str, str]:
    return {"authorization": f"Bearer {key}"} if key is not None else {}


def _body(spec: ModelSpec, request: Request) -> dict[str, Any]:
    system = [{"role": "system", "content": request.system}] if request.system is not None else []
    body: dict[str, Any] = {
        "model": spec.model,
        "messages": [*system, *map(_message, request.messages)],
        spec.options.max_tokens_field or _limit_field(spec): request.max_tokens,
    }
    if request.temperature is not None:
        body["temperature"] = request.temperature
    if request.seed is not None:
        body["seed"] = request.seed
    if request.tools:
        body["tools"] = [
            {
                "type": "function",
                "function": {"name": tool.name, "description": tool.description, "parameters": tool.input_schema},
            }
            for tool in request.tools
        ]
        if request.tool_choice in ("auto", "none", "required"):
            body["tool_choice"] = request.tool_choice
        elif request.tool_choice is not None:
            body["tool_choice"] = {"type": "function", "function": {"name": request.tool_choice}}
    if spec.options.stream:
        body["stream"] = True
        body["stream_options"] = {"include_usage": True}
    return body


def _limit_field(spec: ModelSpec) -> str:
    """OpenAI's own endpoint refuses the old name for its newer models; other servers mostly know only that."""
    own = urlsplit(spec.base_url).hostname == urlsplit(BASE_URLS["openai"]).hostname
    return "max_completion_tokens" if own else "max_tokens"


def _message(message: Message) -> dict[str, Any]:
    if message.role == "tool":
        return {"role": "tool", "tool_call_id": message.tool_call_id or "", "content": message.content}
    written: dict[str, Any] = {"role": message.role, "content": message.content}
    if message.tool_calls:
        written["content"] = message.content or None
        written["tool_calls"] = [
            {"id": call.id, "type": "function", "function": {"name": call.name, "arguments": _arguments(call)}}
            for call in message.tool_calls
        ]
    return written


def _arguments(call: ToolCall) -> str:
    return call.invalid if call.invalid is not None else json.dumps(call.arguments, allow_nan=False)


def _read(value: Mapping[str, Any]) -> Answer:
    if error := error_in(value):
        raise error
    choices = items(value.get("choices"))
    if not choices:
        raise WrongAnswer("it has no 'choices'")
    choice = mapping(choices[0])
    message = mapping(choice.get("message"))
    calls: list[ToolCall] = []
    for raw in items(message.get("tool_calls"))[:_MOST_CALLS]:
        function = mapping(mapping(raw).get("function"))
        calls.append(
            _call(text_of(mapping(raw).get("id")), function.get("name"), function.get("arguments"), len(calls))
        )
    text = text_of(message.get("content")) or text_of(message.get("refusal"))
    return Answer(
        text,
        tuple(calls),
        _stop(choice.get("finish_reason"), bool(calls), bool(message.get("refusal"))),
        _usage(value.get("usage")),
        text_of(value.get("model")),
        text_of(value.get("id")),
    )


def _call(id_: str, name: Any, arguments: Any, place: int) -> ToolCall:
    """A call; some servers give arguments as an object, and no id."""
    written = arguments if isinstance(arguments, str) else json.dumps(arguments) if arguments is not None else ""
    return tool_call(id_ or f"call_{place}", text_of(name), written)


def _stop(reason: Any, has_calls: bool, refused: bool) -> Stop:
    if refused:
        return "refusal"
    stop = _STOPS.get(text_of(reason), "other")
    return "tool_calls" if has_calls and stop == "end" else stop  # some servers say `stop` beside calls


def _usage(value: Any) -> Usage | None:
    if not isinstance(value, dict):
        return None
    prompt = number(value.get("prompt_tokens"))
    cached = min(number(mapping(value.get("prompt_tokens_details")).get("cached_tokens")), prompt)
    return Usage(prompt - cached, number(value.get("completion_tokens")), cached)


class _Reader:
    """Puts together what `chat.completion.chunk` events say."""

    def __init__(self) -> None:
        self._text: list[str] = []
        self._calls: dict[int, tuple[str, str, list[str]]] = {}
        self._reason: str | None = None
        self._refused = False
        self._usage: Usage | None = None
        self._model = ""
        self._id = ""

    @property
    def began(self) -> bool:
        return bool(self._calls) or bool(self._text)

    def feed(self, event: Event) -> str:
        if event.data.strip() == "[DONE]":
            return ""
        value = document(event.data)
        if error := error_in(value):
            raise error
        self._model = self._model or text_of(value.get("model"))
        self._id = self._id or text_of(value.get("id"))
        self._usage = _usage(value.get("usage")) or self._usage
        choices = items(value.get("choices"))
        if not choices:
            return ""
        choice = mapping(choices[0])
        self._reason = text_of(choice.get("finish_reason")) or self._reason
        delta = mapping(choice.get("delta"))
        for raw in items(delta.get("tool_calls")):
            self._add_call(mapping(raw))
        refusal = text_of(delta.get("refusal"))
        self._refused = self._refused or bool(refusal)
        added = text_of(delta.get("content")) + refusal
        if added:
            self._text.append(added)
        return added

    def _add_call(self, raw: Mapping[str, Any]) -> None:
        index, function = raw.get("index"), mapping(raw.get("function"))
        if not isinstance(index, int):  # some servers send each call whole, without a number
            begins = raw.get("id") or function.get("name") or not self._calls
            index = len(self._calls) if begins else max(self._calls)
        if index not in self._calls and len(self._calls) >= _MOST_CALLS:
            raise WrongAnswer(f"it asks for more than {_MOST_CALLS:,} tools at once")
        id_, name, pieces = self._calls.get(index, ("", "", []))
        arguments = function.get("arguments")
        pieces.append(json.dumps(arguments) if isinstance(arguments, dict) else text_of(arguments))
        self._calls[index] = (id_ or text_of(raw.get("id")), name or text_of(function.get("name")), pieces)

    def answer(self) -> Answer:
        if self._reason is None:
            raise WrongAnswer("the stream ended before the answer did", PARTIAL)
        calls = tuple(
            _call(id_, name, "".join(pieces), place)
            for place, (_, (id_, name, pieces)) in enumerate(sorted(self._calls.items()))
        )
        stop = _stop(self._reason, bool(calls), self._refused)
        return Answer("".join(self._text), calls, stop, self._usage, self._model, self._id)


OPENAI = Wire("/chat/completions", _headers, _body, _read, _Reader)
"""OpenAI-compatible chat completions."""
