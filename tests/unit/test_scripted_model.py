"""The model that tests of evaluations use keeps the promises of a real one."""

import threading

import pytest

from tests.scripted_model import ScriptedModel
from workbench.errors import CancelledError
from workbench.testing.models.protocol import Message, Model, ModelError, Reply, ToolCall

HELLO = [Message("user", "hello")]


def test_a_scripted_model_is_a_model_and_answers_in_turn() -> None:
    model: Model = ScriptedModel("one", Reply("", (ToolCall("c1", "read_file", {"path": "a"}),), "tool_calls"))
    pieces: list[str] = []
    assert model.ask(HELLO, on_text=pieces.append).as_message() == Message("assistant", "one")
    assert pieces == ["one"]
    assert model.ask(HELLO).tool_calls[0].arguments == {"path": "a"}
    assert model.ask(HELLO).stop == "tool_calls"


def test_a_scripted_failure_and_a_cancelled_question_are_raised() -> None:
    model = ScriptedModel(ModelError("no"), lambda messages: messages[-1].content)
    with pytest.raises(ModelError):
        model.ask(HELLO)
    stop = threading.Event()
    stop.set()
    with pytest.raises(CancelledError):
        model.ask(HELLO, cancel=stop)
    assert model.ask(HELLO, run="2").text == "hello"
    assert [asked.run for asked in model.asked] == ["", "2"]
