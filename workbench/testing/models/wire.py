"""What both wire formats have in common: a request before it is written, an answer after it was read."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from workbench.testing.models.protocol import DEFAULT_MAX_TOKENS, Message, Stop, ToolCall, ToolSpec, Usage
from workbench.testing.models.spec import ModelSpec
from workbench.testing.models.sse import Event
from workbench.text import first_line, truncate, visible

PARTIAL = "workbench:partial"
"""The kind of an answer that lacks its end."""

_MOST_SAID = 300


@dataclass(frozen=True, slots=True)
class Request:
    """One question as `Model.ask` takes it."""

    messages: tuple[Message, ...]
    system: str | None = None
    tools: tuple[ToolSpec, ...] = ()
    tool_choice: str | None = None
    max_tokens: int = DEFAULT_MAX_TOKENS
    temperature: float | None = None
    seed: int | None = None
    run: str = ""


@dataclass(frozen=True, slots=True)
class Answer:
    """What a response says; `model` and `id` are empty where it does not."""

    text: str
    tool_calls: tuple[ToolCall, ...]
    stop: Stop
    usage: Usage | None
    model: str
    id: str


class WrongAnswer(ValueError):
    """A response that says that something went wrong, or that can't be read.

    Attributes:
        kind: The provider's word for it (`overloaded_error`), `PARTIAL`, or empty.
    """

    def __init__(self, what: str, kind: str = "") -> None:
        super().__init__(what)
        self.what = what
        self.kind = kind


class StreamReader(Protocol):
    """Puts an answer together from its events."""

    @property
    def began(self) -> bool:
        """Whether some of the answer itself was seen."""
        ...

    def feed(self, event: Event) -> str:
        """Take one event; gives the text that it adds.

        Raises:
            WrongAnswer: It reports an error, or can't be read.
        """
        ...

    def answer(self) -> Answer:
        """The whole answer.

        Raises:
            WrongAnswer: The stream ended before the answer did.
        """
        ...


@dataclass(frozen=True, slots=True)
class Wire:
    """One wire format.

    Attributes:
        path: What is added to the base URL.
        headers: The headers that carry a key (or none).
        body: The request as the endpoint takes it.
        read: The answer in a whole document; raises `WrongAnswer`.
        reader: Makes a reader of a stream.
    """

    path: str
    headers: Callable[[str | None], dict[str, str]]
    body: Callable[[ModelSpec, Request], dict[str, Any]]
    read: Callable[[Mapping[str, Any]], Answer]
    reader: Callable[[], StreamReader]


def tool_call(id_: str, name: str, arguments: str) -> ToolCall:
    """A tool call whose arguments came as text; what is not a JSON object is kept as the model wrote it."""
    if not arguments.strip():
        return ToolCall(id_, name)
    try:
        value = json.loads(arguments, parse_constant=_refuse)
    except (ValueError, RecursionError):
        value = None
    return ToolCall(id_, name, value) if isinstance(value, dict) else ToolCall(id_, name, {}, arguments)


def _refuse(constant: str) -> None:
    raise ValueError(f"{constant} is not JSON")


def document(text: str) -> Mapping[str, Any]:
    """A JSON object in a response.

    Raises:
        WrongAnswer: It is none.
    """
    try:
        value = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise WrongAnswer(f"it is not JSON: '{said(text)}'") from error
    if not isinstance(value, dict):
        raise WrongAnswer(f"it is not a JSON object: '{said(text)}'")
    return value


def error_in(value: Mapping[str, Any]) -> WrongAnswer | None:
    """The error that a document reports, in whichever shape servers have for it."""
    error = value.get("error")
    if isinstance(error, dict):
        what = error.get("message") or error.get("type") or error.get("code") or error
        return WrongAnswer(said(str(what)), str(error.get("type") or error.get("code") or ""))
    if error:
        return WrongAnswer(said(str(error)))
    return None


def said(text: str) -> str:
    """What an endpoint said, short and harmless."""
    return truncate(first_line(text[:4000]) or visible(text[:20]), _MOST_SAID)


def number(value: Any) -> int:
    """A count of tokens; what can't be one counts as none."""
    return value if isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 1 << 40 else 0


def text_of(value: Any) -> str:
    """A text; what is none is an empty one."""
    return value if isinstance(value, str) else ""


def mapping(value: Any) -> Mapping[str, Any]:
    """A JSON object; what is none is an empty one."""
    return value if isinstance(value, dict) else {}


def items(value: Any) -> list[Any]:
    """A JSON array; what is none is an empty one."""
    return value if isinstance(value, list) else []
