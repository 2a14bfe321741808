"""The rules of a policy about calls of tools: which are allowed, which need a yes, which are refused, and how often."""

import re
from dataclasses import dataclass
from typing import Any, Literal, cast, get_args

from workbench.policy.reader import Reader
from workbench.text import visible

Decide = Literal["ask", "allow", "deny"]

_SECONDS = {"s": 1, "sec": 1, "min": 60, "h": 3600, "hour": 3600, "day": 86400}
_LIMIT = re.compile(rf"([1-9]\d{{0,5}})/({'|'.join(_SECONDS)})")


@dataclass(frozen=True, slots=True)
class Limit:
    """At most `calls` within `seconds`."""

    calls: int
    seconds: int


@dataclass(frozen=True, slots=True)
class ToolRule:
    """What is decided about the calls that it matches. Deny beats ask beats allow; every matching limit applies.

    Attributes:
        decide: What comes of a matching call.
        tool: Glob of tool names; None matches every tool.
        source: Where the tool comes from, `mcp` for example; None matches every source.
        destructive: Whether the tool says that it destroys; None matches both.
        roles: Roles of whoever calls; empty matches everybody.
        reason: What the caller is told.
    """

    decide: Decide
    tool: str | None = None
    source: str | None = None
    destructive: bool | None = None
    roles: tuple[str, ...] = ()
    reason: str | None = None
    limit: Limit | None = None


def read_tool_rule(reader: Reader, value: Any, number: int) -> ToolRule:
    """One item of the policy's `tools`.

    Raises:
        InputError: It says something that is not understood.
    """
    name = f"tool rule {number}"
    raw = reader.mapping(value, name, ("match", "decide", "reason", "limit"))
    if "match" not in raw or "decide" not in raw:
        raise reader.fail(f"{name} needs 'match' and 'decide'")
    match = reader.mapping(raw["match"], f"'match' of {name}", ("tool", "source", "destructive", "roles"))
    return ToolRule(
        decide=cast("Decide", reader.one_of(raw, "decide", get_args(Decide), name)),
        tool=reader.text(match, "tool", name),
        source=reader.text(match, "source", name),
        destructive=reader.flag(match, "destructive", name),
        roles=reader.texts(match, "roles"),
        reason=reader.text(raw, "reason", name),
        limit=_limit(reader, raw.get("limit"), name),
    )


def _limit(reader: Reader, value: Any, name: str) -> Limit | None:
    if value is None:
        return None
    found = _LIMIT.fullmatch(value) if isinstance(value, str) else None
    if not found:
        raise reader.fail(
            f"limit of {name} is {visible(repr(value))}", "a number of calls per time, for example 60/min"
        )
    return Limit(int(found[1]), _SECONDS[found[2]])
