"""An endpoint on loopback that speaks both wire formats as the real ones do, their failures included.

It takes what `then` was given, one answer for each request, and after that repeats what the user said. A request that a
real endpoint would refuse is refused with 400 and the reason.
"""

import json
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any

KEY = "sk-fake-0123456789abcdef"


@dataclass(frozen=True)
class Seen:
    """A request that came in; header names are in lower case."""

    path: str
    headers: Mapping[str, str]
    body: dict[str, Any]


@dataclass(frozen=True)
class Say:
    """An answer.

    Attributes:
        calls: Tools to ask for: name and arguments (a str is sent as it is).
        piece: Bytes per network write of a stream.
        letters: Characters per delta.
        pause: Seconds between writes.
        cut: Bytes of the response after which the connection ends.
        fail: An error event in the middle of a stream, by its type.
        usage: Input, output and cached tokens; None for a server that does not say.
    """

    text: str = ""
    calls: Sequence[tuple[str, Any]] = ()
    piece: int = 1 << 16
    letters: int = 7
    pause: float = 0.0
    cut: int | None = None
    fail: str | None = None
    usage: tuple[int, int, int] | None = (100, 20, 0)
    stop: str | None = None
    fail_first: bool = False


@dataclass(frozen=True)
class Raw:
    """A response as it is."""

    status: int = 200
    body: bytes = b""
    content_type: str = "application/json"
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Hang:
    """No answer at all; with `head`, the head of one and then nothing."""

    head: bool = False


Answer = Say | Raw | Hang | Callable[[Seen], Say | Raw | Hang]


def error(status: int, kind: str = "invalid_request_error", message: str = "no", **headers: str) -> Raw:
    """A failure in the shape that both formats share."""
    body = {"type": "error", "error": {"type": kind, "message": message}}
    return Raw(status, json.dumps(body).encode(), headers={name.replace("_", "-"): v for name, v in headers.items()})


class FakeModels:
    """The endpoint; use it in `with`.

    Attributes:
        seen: Every request, in the order in which they came.
        most_at_once: How many were open at the same time at most.
    """

    def __init__(self, *answers: Answer, key: str | None = KEY) -> None:
        self.key = key
        self.seen: list[Seen] = []
        self.most_at_once = 0
        self._at_once = 0
        self._answers = list(answers)
        self._lock = threading.Lock()
        self.stopping = threading.Event()
        fake = self

        class Handler(_Handler):
            models = fake

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = False
        # Who gave up between being seen and being taken in would leave a server without a limit waiting for ever.
        self._server.socket.settimeout(1)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,))

    @property
    def url(self) -> str:
        """The base of the Anthropic-compatible address; the OpenAI-compatible one has `/v1` behind it."""
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    def base(self, provider: str) -> str:
        return self.url if provider == "anthropic" else f"{self.url}/v1"

    def then(self, *answers: Answer) -> "FakeModels":
        with self._lock:
            self._answers += answers
        return self

    def __enter__(self) -> "FakeModels":
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stopping.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def take(self, seen: Seen) -> Say | Raw | Hang:
        with self._lock:
            self.seen.append(seen)
            self._at_once += 1
            self.most_at_once = max(self.most_at_once, self._at_once)
            answer = self._answers.pop(0) if self._answers else None
        if answer is None:
            return Say(_last_text(seen.body))
        return answer(seen) if callable(answer) else answer

    def done(self) -> None:
        with self._lock:
            self._at_once -= 1


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    models: FakeModels

    def log_message(self, format: str, *args: Any) -> None:
        pass

    def setup(self) -> None:
        super().setup()
        self.connection.settimeout(0.05)  # an idle connection must not keep the server from ending

    def handle_one_request(self) -> None:
        while not self.models.stopping.is_set():
            try:
                self.connection.settimeout(0.05)
                if not self.connection.recv(1, 2):  # MSG_PEEK
                    self.close_connection = True
                    return
            except TimeoutError:
                continue
            except OSError:
                self.close_connection = True
                return
            self.connection.settimeout(5)
            super().handle_one_request()
            return
        self.close_connection = True

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["content-length"])))
        headers = {name.lower(): value for name, value in self.headers.items()}
        seen = Seen(self.path, headers, body)
        answer = self.models.take(seen)
        try:
            self._answer(seen, answer)
        except (BrokenPipeError, ConnectionResetError):
            self.close_connection = True
        finally:
            self.models.done()

    def _answer(self, seen: Seen, answer: Say | Raw | Hang) -> None:
        is_anthropic = self.path == "/v1/messages"
        if not is_anthropic and self.path != "/v1/chat/completions":
            self._send(error(404, "not_found_error", f"no path {self.path}"))
        elif isinstance(answer, Raw):
            self._send(answer)
        elif (refusal := self._refusal(seen, is_anthropic)) is not None:
            self._send(refusal)
        elif isinstance(answer, Hang):
            if answer.head:
                self._head(200, "text/event-stream", {"transfer-encoding": "chunked"})
            self.models.stopping.wait(30)
            self.close_connection = True
        elif seen.body.get("stream"):
            events = _anthropic_events(answer) if is_anthropic else _openai_events(answer, seen.body)
            self._stream(b"".join(events), answer)
        else:
            whole = _anthropic_whole(answer) if is_anthropic else _openai_whole(answer)
            self._send(Raw(200, json.dumps(whole).encode()))

    def _refusal(self, seen: Seen, is_anthropic: bool) -> Raw | None:
        given = seen.headers.get("x-api-key") if is_anthropic else seen.headers.get("authorization", "")[7:]
        if self.models.key is not None and given != self.models.key:
            return error(401, "authentication_error", f"invalid key {given}")
        if seen.body.get("model") == "no-such-model":
            return error(404, "not_found_error", "model: no-such-model")
        wrong = _wrong_anthropic(seen) if is_anthropic else _wrong_openai(seen)
        return error(400, message=wrong) if wrong else None

    def _send(self, raw: Raw) -> None:
        headers = {"content-length": str(len(raw.body)), "request-id": "req_1", **raw.headers}
        self._head(raw.status, raw.content_type, headers)
        self.wfile.write(raw.body)

    def _head(self, status: int, content_type: str, headers: Mapping[str, str]) -> None:
        self.send_response(status)
        self.send_header("content-type", content_type)
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.flush()

    def _stream(self, data: bytes, answer: Say) -> None:
        headers = {"transfer-encoding": "chunked", "request-id": "req_1"}
        self._head(200, "text/event-stream; charset=utf-8", headers)
        end = len(data) if answer.cut is None else answer.cut
        for start in range(0, end, answer.piece):
            part = data[start : min(start + answer.piece, end)]
            self.wfile.write(b"%x\r\n%s\r\n" % (len(part), part))
            self.wfile.flush()
            if answer.pause:
                time.sleep(answer.pause)
                if self.models.stopping.is_set():
                    break
        if answer.cut is None:
            self.wfile.write(b"0\r\n\r\n")
        else:
            self.close_connection = True


def _wrong_anthropic(seen: Seen) -> str | None:
    body = seen.body
    if "anthropic-version" not in seen.headers:
        return "anthropic-version: header is required"
    if not isinstance(body.get("max_tokens"), int):
        return "max_tokens: field required"
    known = {"model", "max_tokens", "messages", "system", "temperature", "tools", "tool_choice", "stream"}
    if extra := set(body) - known:
        return f"{sorted(extra)[0]}: extra inputs are not permitted"
    expected: set[str] = set()
    for place, message in enumerate(body["messages"]):
        if message["role"] != ("user", "assistant")[place % 2]:
            return "messages: roles must alternate between user and assistant"
        blocks = message["content"]
        if any(block["type"] == "text" and not block["text"] for block in blocks):
            return "messages: text content blocks must be non-empty"
        answered = {block["tool_use_id"] for block in blocks if block["type"] == "tool_result"}
        if answered != expected:
            return "messages: tool_use ids were found without tool_result blocks immediately after"
        expected = {block["id"] for block in blocks if block["type"] == "tool_use"}
    return None


def _wrong_openai(seen: Seen) -> str | None:
    body = seen.body
    waiting: list[str] = []
    for message in body["messages"]:
        if message["role"] == "tool":
            if message["tool_call_id"] not in waiting:
                return "messages with role 'tool' must be a response to a preceding message with 'tool_calls'"
            waiting.remove(message["tool_call_id"])
            continue
        if waiting:
            return "an assistant message with 'tool_calls' must be followed by tool messages"
        for call in message.get("tool_calls", ()):
            if not isinstance(call["function"]["arguments"], str):
                return "tool_calls.function.arguments: expected a string"
            waiting.append(call["id"])
    if body.get("stream_options") and not body.get("stream"):
        return "stream_options is only allowed when stream is enabled"
    return None


def _last_text(body: Mapping[str, Any]) -> str:
    content = body["messages"][-1]["content"]
    if isinstance(content, list):
        return "".join(str(block.get("text", block.get("content", ""))) for block in content)
    return str(content)


def _parts(text: str, size: int) -> Iterator[str]:
    for start in range(0, len(text), size):
        yield text[start : start + size]


def _written(arguments: Any) -> str:
    return arguments if isinstance(arguments, str) else json.dumps(arguments, ensure_ascii=False)


def _sse(value: Any, name: str | None = None) -> bytes:
    event = f"event: {name}\n" if name else ""
    return f"{event}data: {json.dumps(value, ensure_ascii=False)}\n\n".encode()


def _openai_usage(usage: tuple[int, int, int]) -> dict[str, Any]:
    given, output, cached = usage
    return {
        "prompt_tokens": given + cached,
        "completion_tokens": output,
        "total_tokens": given + cached + output,
        "prompt_tokens_details": {"cached_tokens": cached},
    }


def _openai_stop(answer: Say) -> str:
    return answer.stop or ("tool_calls" if answer.calls else "stop")


def _openai_whole(answer: Say) -> dict[str, Any]:
    message: dict[str, Any] = {"role": "assistant", "content": answer.text or None}
    if answer.calls:
        message["tool_calls"] = [
            {"id": f"call_{n}", "type": "function", "function": {"name": name, "arguments": _written(arguments)}}
            for n, (name, arguments) in enumerate(answer.calls)
        ]
    whole = {
        "id": "chatcmpl-1",
        "object": "chat.completion",
        "model": "fake-2026",
        "choices": [{"index": 0, "message": message, "finish_reason": _openai_stop(answer)}],
    }
    return whole if answer.usage is None else {**whole, "usage": _openai_usage(answer.usage)}


def _openai_events(answer: Say, body: Mapping[str, Any]) -> Iterator[bytes]:
    def chunk(delta: Mapping[str, Any], reason: str | None = None) -> bytes:
        choice = {"index": 0, "delta": delta, "finish_reason": reason}
        head = {"id": "chatcmpl-1", "object": "chat.completion.chunk", "model": "fake-2026"}
        return _sse({**head, "choices": [choice], "usage": None})

    failure = _sse({"error": {"message": "it fell over", "type": answer.fail, "code": None}})
    if answer.fail and answer.fail_first:
        yield failure
        return
    yield b": a comment\n\n" + chunk({"role": "assistant", "content": ""})
    for part in _parts(answer.text, answer.letters):
        yield chunk({"content": part})
    if answer.fail:
        yield failure
        return
    for n, (name, arguments) in enumerate(answer.calls):
        start = {"index": n, "id": f"call_{n}", "type": "function", "function": {"name": name, "arguments": ""}}
        yield chunk({"tool_calls": [start]})
        for part in _parts(_written(arguments), answer.letters):
            yield chunk({"tool_calls": [{"index": n, "function": {"arguments": part}}]})
    yield chunk({}, _openai_stop(answer))
    if answer.usage is not None and body.get("stream_options", {}).get("include_usage"):
        yield _sse({"id": "chatcmpl-1", "choices": [], "usage": _openai_usage(answer.usage)})
    yield b"data: [DONE]\n\n"


def _anthropic_stop(answer: Say) -> str:
    return answer.stop or ("tool_use" if answer.calls else "end_turn")


def _anthropic_usage(usage: tuple[int, int, int]) -> dict[str, int]:
    given, output, cached = usage
    return {
        "input_tokens": given,
        "output_tokens": output,
        "cache_read_input_tokens": cached,
        "cache_creation_input_tokens": 0,
    }


def _anthropic_whole(answer: Say) -> dict[str, Any]:
    blocks: list[dict[str, Any]] = [{"type": "text", "text": answer.text}] if answer.text else []
    for n, (name, arguments) in enumerate(answer.calls):
        blocks.append({"type": "tool_use", "id": f"toolu_{n}", "name": name, "input": arguments})
    whole = {"id": "msg_1", "type": "message", "role": "assistant", "model": "fake-2026", "content": blocks}
    usage = {} if answer.usage is None else {"usage": _anthropic_usage(answer.usage)}
    return {**whole, "stop_reason": _anthropic_stop(answer), **usage}


def _anthropic_events(answer: Say) -> Iterator[bytes]:
    def event(name: str, **values: Any) -> bytes:
        return _sse({"type": name, **values}, name)

    failure = event("error", error={"type": answer.fail, "message": "it fell over"})
    usage = _anthropic_usage(answer.usage) if answer.usage is not None else {}
    started = {**usage, "output_tokens": 1} if usage else {}
    message = {"id": "msg_1", "type": "message", "role": "assistant", "model": "fake-2026", "content": []}
    yield event("message_start", message={**message, **({"usage": started} if started else {})})
    yield event("ping")
    if answer.fail and answer.fail_first:
        yield failure
        return
    index = 0
    if answer.text:
        yield event("content_block_start", index=index, content_block={"type": "text", "text": ""})
        for part in _parts(answer.text, answer.letters):
            yield event("content_block_delta", index=index, delta={"type": "text_delta", "text": part})
        if answer.fail:
            yield failure
            return
        yield event("content_block_stop", index=index)
        index += 1
    for n, (name, arguments) in enumerate(answer.calls):
        block = {"type": "tool_use", "id": f"toolu_{n}", "name": name, "input": {}}
        yield event("content_block_start", index=index, content_block=block)
        for part in _parts(_written(arguments), answer.letters):
            yield event("content_block_delta", index=index, delta={"type": "input_json_delta", "partial_json": part})
        yield event("content_block_stop", index=index)
        index += 1
    total = {"usage": {"output_tokens": usage["output_tokens"]}} if usage else {}
    yield event("message_delta", delta={"stop_reason": _anthropic_stop(answer), "stop_sequence": None}, **total)
    yield event("message_stop")
