"""A model that answers what a test wrote down, without any network."""

import threading
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from workbench.errors import CancelledError
from workbench.testing.models.protocol import DEFAULT_MAX_TOKENS, Message, OnText, Reply, ToolSpec

Answer = Reply | str | Exception | Callable[[Sequence[Message]], Reply | str]


@dataclass(frozen=True, slots=True)
class Asked:
    """One question that the model was asked."""

    messages: tuple[Message, ...]
    system: str | None
    tools: tuple[ToolSpec, ...]
    run: str


class ScriptedModel:
    """Gives its answers in turn, the last one for ever; an exception is raised, a function is called.

    Attributes:
        asked: Every question, in the order in which they came.
    """

    def __init__(self, *answers: Answer) -> None:
        self._answers = answers
        self._lock = threading.Lock()
        self.asked: list[Asked] = []

    def ask(
        self,
        messages: Sequence[Message],
        *,
        system: str | None = None,
        tools: Iterable[ToolSpec] = (),
        tool_choice: str | None = None,
        max_tokens: int = DEFAULT_MAX_TOKENS,
        temperature: float | None = None,
        seed: int | None = None,
        run: str = "",
        on_text: OnText | None = None,
        cancel: threading.Event | None = None,
    ) -> Reply:
        if cancel is not None and cancel.is_set():
            raise CancelledError("the request was stopped")
        with self._lock:
            answer = self._answers[min(len(self.asked), len(self._answers) - 1)]
            self.asked.append(Asked(tuple(messages), system, tuple(tools), run))
        if isinstance(answer, Exception):
            raise answer
        given = answer(messages) if callable(answer) else answer
        reply = Reply(given) if isinstance(given, str) else given
        if on_text is not None and reply.text:
            on_text(reply.text)
        return reply
