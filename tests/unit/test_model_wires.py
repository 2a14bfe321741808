"""Whatever an endpoint sends, reading it gives an answer or says what is wrong with it; nothing else comes out."""

import json
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from workbench.testing.models.anthropic_wire import ANTHROPIC
from workbench.testing.models.failures import retry_after
from workbench.testing.models.openai_wire import OPENAI
from workbench.testing.models.protocol import Message, ToolCall
from workbench.testing.models.reading import ResponseReader
from workbench.testing.models.sending import Head
from workbench.testing.models.spec import ModelOptions, ModelSpec
from workbench.testing.models.wire import Request, Wire, WrongAnswer

KEYS = st.sampled_from(
    ["choices", "delta", "message", "content", "tool_calls", "function", "arguments", "name", "id", "index", "usage",
     "finish_reason", "type", "content_block", "text", "partial_json", "stop_reason", "error", "model", "input",
     "prompt_tokens", "prompt_tokens_details", "cached_tokens", "output_tokens"]
)  # fmt: skip
LEAVES = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(allow_nan=False, allow_infinity=False),
    st.text(max_size=5),
    st.sampled_from(["text", "tool_use", "content_block_start", "content_block_delta", "message_start", "text_delta",
                     "input_json_delta", "message_delta", "message_stop", "error", "stop", "{", "{}"]),
)  # fmt: skip
VALUES = st.recursive(
    LEAVES, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=5), max_leaves=25
)
STREAM = Head(200, {"content-type": "text/event-stream"})
WHOLE = Head(200, {"content-type": "application/json"})
WIRES = (OPENAI, ANTHROPIC)


@settings(deadline=None, max_examples=300)
@given(st.lists(VALUES, max_size=6), st.sampled_from(WIRES))
def test_no_stream_of_events_breaks_the_reader(values: list[Any], wire: Wire) -> None:
    reader = ResponseReader(wire, lambda text: None)
    with suppress(WrongAnswer):
        reader.feed(STREAM, b"".join(f"data: {json.dumps(value)}\n\n".encode() for value in values))
        reader.answer(STREAM)


@settings(deadline=None, max_examples=300)
@given(VALUES, st.sampled_from(WIRES))
def test_no_document_breaks_the_reader(value: Any, wire: Wire) -> None:
    reader = ResponseReader(wire, None)
    with suppress(WrongAnswer):
        reader.feed(WHOLE, json.dumps(value).encode())
        reader.answer(WHOLE)


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"retry-after": "3"}, 3.0),
        ({"retry-after": "0.5"}, 0.5),
        ({"retry-after-ms": "250", "retry-after": "9"}, 0.25),
        ({"retry-after": "Thu, 01 Jan 1970 00:02:00 GMT"}, 20.0),
        ({"retry-after": "Thu, 01 Jan 1970 00:00:00 GMT"}, 0.0),
        ({"retry-after": "soon"}, None),
        ({"retry-after": "-1"}, None),
        ({"retry-after": "9" * 400}, None),
        ({}, None),
    ],
)
def test_how_long_to_wait_is_read_as_seconds_or_a_date(headers: dict[str, str], seconds: float | None) -> None:
    assert retry_after(headers, now=100.0) == seconds


def test_the_limit_of_an_answer_has_the_name_that_the_endpoint_knows() -> None:
    request = Request((Message("user", "x"),), max_tokens=5)
    own, other = "https://api.openai.com/v1", "http://localhost/v1"
    assert OPENAI.body(ModelSpec("openai", own, "m"), request)["max_completion_tokens"] == 5
    assert OPENAI.body(ModelSpec("openai", other, "m"), request)["max_tokens"] == 5
    told = ModelOptions(max_tokens_field="max_output")
    assert OPENAI.body(ModelSpec("openai", own, "m", options=told), request)["max_output"] == 5


def test_servers_that_speak_loosely_are_understood() -> None:
    calls = [{"id": "a", "function": {"name": "t", "arguments": {"n": 1}}}, {"function": {"name": "u"}}]
    whole = {"choices": [{"message": {"content": None, "tool_calls": calls}, "finish_reason": "stop"}]}
    answer = OPENAI.read(whole)
    assert answer.tool_calls == (ToolCall("a", "t", {"n": 1}), ToolCall("call_1", "u"))
    assert answer.stop == "tool_calls"
    reader = ResponseReader(OPENAI, None)
    for call in calls:  # without an index each
        event = {"choices": [{"delta": {"tool_calls": [call]}, "finish_reason": "stop"}]}
        reader.feed(STREAM, f"data: {json.dumps(event)}\n\n".encode())
    assert [call.name for call in reader.answer(STREAM).tool_calls] == ["t", "u"]
