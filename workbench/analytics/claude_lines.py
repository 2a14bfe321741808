"""The model calls of a Claude Code log line: counted the way they are billed, and attributed to project and session.

What this module imports, each worker loads: hence no dataclasses, pathlib or hashlib here (8 MB for two workers).
"""

import re
from collections.abc import Iterator
from datetime import UTC, datetime

import msgspec

from workbench.analytics.claude_format import Inner, Iteration, Line, Message, Usage, decode, decode_leniently
from workbench.analytics.claude_origin import Origin
from workbench.text import visible

MARKER = b'"usage"'
"""Every line with a model call has it; inside a JSON string its quotes would be escaped, so text can't fake it."""

UNKNOWN_MODEL = "unknown"
_SYNTHETIC = "<synthetic>"  # messages that Claude Code made up itself: no model ran
_EARLIEST = 1_577_836_800_000  # 2020-01-01
_LATEST = 4_102_444_800_000  # 2100-01-01
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_PLAIN = re.compile(r"[^a-zA-Z0-9]")
_TIER = re.compile(r"[a-z_]{1,20}")
_NOT_A_CHARACTER = re.compile(r"[\ud800-\udfff]")


class Call(msgspec.Struct, array_like=True, gc=False):
    """One model call as it travels from a scanner to the store.

    Attributes:
        key: The message's id, or what stands for it: copies of a call have the same.
        at: UTC milliseconds.
        sidechain: A subagent's call, or a copy of it in a progress line.
        copied: The line is a forked session's copy.
        terms: As `PriceBook.rates` takes them.
        logged_nd: Nano-dollars that the agent wrote itself.
    """

    key: str
    at: int
    model: str
    project: str
    session: str
    sidechain: bool
    copied: bool
    input: int
    output: int
    cache_read: int
    cache_write_5m: int
    cache_write_1h: int
    web_searches: int
    terms: str | None
    logged_nd: int | None


class LineReader:
    """Reads the lines of one file.

    Args:
        origin: The file's place.
    """

    def __init__(self, origin: Origin) -> None:
        self._origin = origin
        self._projects: dict[str, str] = {}

    def read(self, raw: bytes | memoryview) -> tuple[list[Call], list[str]]:
        """The calls of one line that has the `MARKER`, and the reasons for calls that could not be counted."""
        try:
            return self._calls(decode(raw), raw)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            calls: list[Call] = []
            reasons: list[str] = []
        for found in decode_leniently(bytes(raw)):
            if isinstance(found, str):
                reasons.append(found)
            else:
                more, why = self._calls(*found)
                calls += more
                reasons += why
        return calls, reasons

    def _calls(self, line: Line, raw: bytes | memoryview) -> tuple[list[Call], list[str]]:
        message, inner = line.message, None
        if (message is None or message.usage is None) and line.data is not None and line.data.message is not None:
            inner = line.data.message
            message = inner.message
        if message is None or message.usage is None or message.model == _SYNTHETIC:
            return [], []
        stamp = (inner.timestamp if inner else None) or line.timestamp
        try:
            at = _milliseconds(stamp)
        except ValueError as error:
            return [], [visible(f"not counted: {error}")]
        usage = message.usage
        identity = _identity(message, inner or line, raw)
        five, hour = _cache_writes(usage)
        call = Call(
            key=identity,
            at=at,
            model=_name(message.model) or UNKNOWN_MODEL,
            project=self._project(line.cwd),
            session=_name(line.sessionId) or self._origin.session,
            sidechain=bool(line.isSidechain) or inner is not None or self._origin.sidechain,
            copied=bytes(line.forkedFrom) not in (b"", b"null", b"false"),
            input=usage.input_tokens,
            output=usage.output_tokens,
            cache_read=usage.cache_read_input_tokens or 0,
            cache_write_5m=five,
            cache_write_1h=hour,
            web_searches=(usage.server_tool_use.web_search_requests or 0) if usage.server_tool_use else 0,
            terms=_terms(usage),
            logged_nd=round(line.costUSD * 1e9) or None if line.costUSD else None,
        )
        if usage.iterations:
            return [call, *_advisors(call, identity, usage.iterations)], []
        return [call], []

    def _project(self, cwd: str | None) -> str:
        if not cwd:
            return self._origin.folder
        project = self._projects.get(cwd)
        if project is None:
            project = self._projects[cwd] = _name(_project_root(cwd, self._origin.folder)) or self._origin.folder
        return project


def _project_root(cwd: str, folder: str) -> str:
    """The working folder, or its parent that the log's folder is named after: an agent may have gone into it.

    Claude Code names the folder by replacing everything but ASCII letters and digits in the path, which can't be
    undone; but it can be recognised.
    """
    path = cwd
    while path:
        if _PLAIN.sub("-", path) == folder:
            return path
        path = path.rpartition("/")[0]
    return cwd


def _identity(message: Message, line: Line | Inner, raw: bytes | memoryview) -> str:
    """What copies of a call share: the message's id; without one the request, the line's uuid, the line itself."""
    if message.id:
        return message.id
    if line.requestId:
        return f"request {line.requestId}"
    if line.uuid:
        return f"uuid {line.uuid}"
    import hashlib

    return f"line {hashlib.blake2b(raw).hexdigest()}"


def _cache_writes(usage: Usage | Iteration) -> tuple[int, int]:
    """Tokens written to the cache for 5 minutes and for 1 hour.

    The total counts where there is no split, all of it as the API's default of 5 minutes; what a split leaves of a
    higher total is of that default too. A split that adds up to more is believed: it says more exactly what is billed.
    """
    total = usage.cache_creation_input_tokens or 0
    split = usage.cache_creation
    if split is None:
        return total, 0
    hour = split.ephemeral_1h_input_tokens or 0
    return max(split.ephemeral_5m_input_tokens or 0, total - hour), hour


def _terms(usage: Usage) -> str | None:
    terms = []
    if usage.speed == "fast":
        terms.append("speed=fast")
    if usage.inference_geo == "us":
        terms.append("geo=us")
    tier = usage.service_tier
    if tier is not None and tier != "standard" and _TIER.fullmatch(tier):
        terms.append(f"tier={tier}")
    return " ".join(terms) or None


def _advisors(call: Call, identity: str, iterations: list[Iteration]) -> Iterator[Call]:
    """Calls of the advisor model, which are billed besides the message; other iterations repeat its total."""
    number = 0
    for iteration in iterations:
        if iteration.type != "advisor_message":
            continue
        five, hour = _cache_writes(iteration)
        yield msgspec.structs.replace(
            call,
            key=f"{identity}:adv{number}",
            model=_name(iteration.model) or UNKNOWN_MODEL,
            input=iteration.input_tokens or 0,
            output=iteration.output_tokens or 0,
            cache_read=iteration.cache_read_input_tokens or 0,
            cache_write_5m=five,
            cache_write_1h=hour,
            web_searches=0,
            terms=None,
            logged_nd=None,
        )
        number += 1


def _milliseconds(stamp: str | None) -> int:
    if not stamp:
        raise ValueError("no timestamp")
    try:
        moment = datetime.fromisoformat(stamp)
    except ValueError as error:
        raise ValueError(f"'{stamp[:40]}' is not a timestamp") from error
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    since = moment - _EPOCH
    at = (since.days * 86_400 + since.seconds) * 1000 + since.microseconds // 1000
    if not _EARLIEST <= at < _LATEST:
        raise ValueError(f"the timestamp {stamp[:40]} is not between 2020 and 2100")
    return at


def _name(text: str | None) -> str:
    """A name that SQLite can hold: lone surrogates replaced, and cut at a length no real name has."""
    if not text:
        return ""
    return (text if text.isascii() else _NOT_A_CHARACTER.sub("\ufffd", text))[:4096]
