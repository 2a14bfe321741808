"""The parts of Claude Code's log lines that model calls are made of, decoded strictly or, where that fails, leniently.

The structs name only the fields we need, so that the rest of a line is skipped and not built. Sources: the API's
`usage` object, and the log format as observed in Claude Code 1.0 to 2.1.
"""

from collections.abc import Iterator
from typing import Annotated, Any

import msgspec

from workbench.text import visible

_MAX_TOKENS = 10**9  # no model reads or writes a thousandth of it; keeps every sum within 64 bits
_MAX_DOLLARS = 10**6
_MAX_TEARS = 200  # starts of objects to try in a torn line: its depth where it is torn, in an honest one
_RECOVERY_EFFORT = 4  # how often a torn line may be read over, in lengths of that line

Count = Annotated[int, msgspec.Meta(ge=0, le=_MAX_TOKENS)]
Dollars = Annotated[float, msgspec.Meta(ge=0, le=_MAX_DOLLARS)]


class CacheSplit(msgspec.Struct, gc=False):
    """Tokens written to the cache, by how long they stay."""

    ephemeral_5m_input_tokens: Count | None = None
    ephemeral_1h_input_tokens: Count | None = None


class ServerTools(msgspec.Struct, gc=False):
    """Uses of the provider's own tools."""

    web_search_requests: Count | None = None


class Iteration(msgspec.Struct, gc=False):
    """One pass within a message: the message itself, a compaction, or an advisor."""

    type: str | None = None
    model: str | None = None
    input_tokens: Count | None = None
    output_tokens: Count | None = None
    cache_read_input_tokens: Count | None = None
    cache_creation_input_tokens: Count | None = None
    cache_creation: CacheSplit | None = None


class Usage(msgspec.Struct, gc=False):
    """The API's `usage` object."""

    input_tokens: Count
    output_tokens: Count
    cache_read_input_tokens: Count | None = None
    cache_creation_input_tokens: Count | None = None
    cache_creation: CacheSplit | None = None
    server_tool_use: ServerTools | None = None
    iterations: list[Iteration] | None = None
    speed: str | None = None
    service_tier: str | None = None
    inference_geo: str | None = None


class Message(msgspec.Struct, gc=False):
    """A message of the API, without its content."""

    id: str | None = None
    model: str | None = None
    usage: Usage | None = None


class Inner(msgspec.Struct, gc=False):
    """The message that a progress line carries."""

    message: Message | None = None
    timestamp: str | None = None
    requestId: str | None = None
    uuid: str | None = None


class Data(msgspec.Struct, gc=False):
    """The `data` of a progress line."""

    message: Inner | None = None


class Line(msgspec.Struct, gc=False):
    """One line of a log."""

    timestamp: str | None = None
    sessionId: str | None = None
    cwd: str | None = None
    requestId: str | None = None
    uuid: str | None = None
    isSidechain: bool | None = None
    forkedFrom: msgspec.Raw = msgspec.Raw()
    costUSD: Dollars | None = None
    message: Message | None = None
    data: Data | None = None


decode = msgspec.json.Decoder(Line).decode
"""A line as a `Line`. Raises `msgspec.DecodeError`, `UnicodeDecodeError` or `RecursionError`."""


def decode_leniently(raw: bytes) -> Iterator[tuple[Line, bytes] | str]:
    """What can be read of a line that `decode` refuses: lines with their bytes, and reasons why something is lost.

    A wrong type in a field that tells no amount is dropped; in one that does, the call is not counted.
    """
    import json

    objects, broken = _objects(raw.decode("utf-8", errors="replace"))
    for found in objects:
        try:
            yield msgspec.convert(_pruned(found), Line), json.dumps(found).encode()
        except msgspec.ValidationError as error:
            yield visible(f"not counted: {error}")
    if broken:
        yield broken


def _objects(text: str) -> tuple[list[Any], str | None]:
    """All whole JSON objects of a line, and why something of it is lost, if it is.

    Two writers can glue two objects to one line, or tear one off and go on with the next. After a tear the reading
    goes on at the next thing that looks like the start of an object.
    """
    import json

    read_value = json.JSONDecoder().raw_decode
    found: list[Any] = []
    broken: str | None = None
    position, tears, effort = 0, 0, _RECOVERY_EFFORT * len(text)
    while position < len(text):
        if text[position] in " \t\r\n\0\ufeff":
            position += 1
            continue
        try:
            value, position = read_value(text, position)
            found.append(value)
            continue
        except json.JSONDecodeError as error:
            tears += 1
            effort -= error.pos - position
            broken = broken or "torn line: not JSON to its end"
        except RecursionError:
            return found, "not counted: nested too deeply"
        except ValueError:
            return found, "not counted: a number has too many digits"
        position = text.find('{"', position + 1)
        if position < 0 or effort < 0 or tears > _MAX_TEARS:
            break
    return found, broken


_SCALARS: dict[str, type | tuple[type, ...]] = {
    "sessionId": str,
    "cwd": str,
    "requestId": str,
    "uuid": str,
    "isSidechain": bool,
    "costUSD": (int, float),
    "id": str,
    "model": str,
    "speed": str,
    "service_tier": str,
    "inference_geo": str,
}


def _pruned(value: Any) -> dict[str, Any]:
    """A line with only the parts that a call is made of, without fields of a wrong type that tell no amount."""
    line = _scalars_checked(value)
    line.pop("forkedFrom", None)
    kept = {key: line[key] for key in ("timestamp", *_SCALARS) if key in line}
    if isinstance(value, dict) and value.get("forkedFrom"):
        kept["forkedFrom"] = msgspec.Raw(b"true")
    kept["message"] = _pruned_message(line.get("message"))
    data = line.get("data")
    inner = data.get("message") if isinstance(data, dict) else None
    if isinstance(inner, dict):
        checked = _scalars_checked(inner)
        kept["data"] = {"message": {**checked, "message": _pruned_message(checked.get("message"))}}
    return kept


def _pruned_message(value: Any) -> dict[str, Any] | None:
    message = _scalars_checked(value)
    usage = message.get("usage")
    if not isinstance(usage, dict):
        return None
    usage = _scalars_checked(usage)
    iterations = usage.get("iterations")
    if isinstance(iterations, list):
        advisors = (i for i in iterations if isinstance(i, dict) and i.get("type") == "advisor_message")
        usage["iterations"] = [_scalars_checked(i) for i in advisors]
    return {**message, "usage": usage}


def _scalars_checked(value: Any) -> dict[str, Any]:
    """A JSON object without the scalars in it that have a wrong type; no object at all counts as an empty one."""
    if not isinstance(value, dict):
        return {}
    checked = {key: v for key, v in value.items() if key not in _SCALARS or isinstance(v, _SCALARS[key])}
    if isinstance(checked.get("costUSD"), bool) or not 0 <= checked.get("costUSD", 0) <= _MAX_DOLLARS:
        del checked["costUSD"]
    return checked
