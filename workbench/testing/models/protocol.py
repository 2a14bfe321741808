"""What it is to ask a model: messages and tools in, one reply out, whoever answers."""

import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol

from workbench.errors import InputError, RefusedError

Role = Literal["user", "assistant", "tool"]
Stop = Literal["end", "tool_calls", "length", "refusal", "other"]
"""Why a reply ended; `length` is the limit of tokens, `refusal` the provider's filter."""

OnText = Callable[[str], None]
"""Told each piece of a reply's text as it comes, in the thread that asks. Raw: make it harmless where it is shown."""

DEFAULT_MAX_TOKENS = 4096
"""How long a reply may be that nothing was said about, in tokens."""


class ModelError(InputError):
    """A model could not be asked, or its answer could not be used (exit 3)."""


class BudgetSpentError(RefusedError):
    """The next request could cost more than what is left of the budget; it was not sent (exit 5)."""


@dataclass(frozen=True, slots=True)
class ToolCall:
    """What a model wants to have called.

    Attributes:
        id: The provider's own; the answer carries it as `tool_call_id`.
        arguments: Plain JSON data; empty where `invalid` is given.
        invalid: The arguments as the model wrote them, where that is not a JSON object.
    """

    id: str
    name: str
    arguments: Mapping[str, Any] = field(default_factory=dict)
    invalid: str | None = None


@dataclass(frozen=True, slots=True)
class Message:
    """One message of a conversation.

    Attributes:
        role: `tool` for what a tool gave, with `tool_call_id`; the system's text is not a message.
        tool_calls: What an assistant's message asked for.
    """

    role: Role
    content: str
    tool_calls: tuple[ToolCall, ...] = ()
    tool_call_id: str | None = None


@dataclass(frozen=True, slots=True)
class ToolSpec:
    """A tool that a model may ask for; `input_schema` is a JSON Schema of an object."""

    name: str
    description: str
    input_schema: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Usage:
    """Tokens of one request by how they are billed; `input` is what was read without any caching."""

    input: int = 0
    output: int = 0
    cache_read: int = 0
    cache_write: int = 0

    @property
    def total(self) -> int:
        """All tokens."""
        return self.input + self.output + self.cache_read + self.cache_write


@dataclass(frozen=True, slots=True)
class Reply:
    """What a model answered. All texts are raw: make them harmless where they are shown.

    Attributes:
        usage: None where the endpoint did not say, which is not the same as none.
        model: The model's own name for itself; the one asked for where it gives none.
        cost_nd: Nano-dollars; None where nobody knows a price. Of a replayed reply: what it cost when it was recorded.
        duration_ms: From the first byte sent to the last received, without waiting for another try; of a replayed
            reply: that of the recording.
        request_id: The provider's own, for its support; empty where it gives none.
        cached: Whether it was replayed from a cassette, and so cost nothing now.
    """

    text: str
    tool_calls: tuple[ToolCall, ...] = ()
    stop: Stop = "end"
    usage: Usage | None = None
    model: str = ""
    cost_nd: int | None = None
    duration_ms: int = 0
    request_id: str = ""
    cached: bool = False

    def as_message(self) -> Message:
        """The reply as the next message of its conversation."""
        return Message("assistant", self.text, self.tool_calls)


class Model(Protocol):
    """Somebody who answers messages. Several threads may ask at once."""

    def ask(
        self,
        messages: Sequence[Message],
        *,
        system: str | None = None,
        tools: Sequence[ToolSpec] = (),
        tool_choice: str | None = None,
        max_tokens: int = DEFAULT_MAX_TOKENS,
        temperature: float | None = None,
        seed: int | None = None,
        run: str = "",
        on_text: OnText | None = None,
        cancel: threading.Event | None = None,
    ) -> Reply:
        """Ask for the next message of a conversation.

        Args:
            messages: From the first on; the last is not the assistant's.
            system: What the model is told before all of them.
            tools: What it may ask to be called; nothing is called here.
            tool_choice: `auto`, `none`, `required`, or the name of the one tool that it has to ask for.
            max_tokens: How long the reply may be.
            temperature: None for the provider's own.
            seed: For repeatable answers, where the provider takes one.
            run: Which repetition this is (`eval-1/with_skill/run-2`): a recording keeps repetitions apart by it.
            on_text: Told the text as it comes.
            cancel: Stops it, within half a second.

        Raises:
            ModelError: The endpoint, its answer or the recording is not what it has to be.
            BudgetSpentError: It could cost more than what is left.
            CancelledError: `cancel` was set.
        """
        ...
