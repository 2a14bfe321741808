"""Asking an MCP server for its tools: started or called once, within bounds, and ended with all that it started.

Nothing here asks whether it may: the caller has the user's yes to exactly this server (`Server.hash`).
"""

import asyncio
import json
import os
import threading
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from workbench.errors import CancelledError, InputError, WorkbenchError
from workbench.text import truncate, visible
from workbench.tools.mcp_servers import Server

if TYPE_CHECKING:
    from mcp.client._transport import Transport
    from mcp_types import ListToolsResult

TIMEOUT_SECONDS = 30.0
MAX_TOOLS = 2_000
MAX_PAGES = 100
MAX_LISTING = 8 << 20

Listing = tuple[Mapping[str, Any], ...]
"""The tools of one server as it gave them: name, description, inputSchema and what else belongs to each."""


def list_tools(server: Server, *, timeout: float = TIMEOUT_SECONDS, cancel: threading.Event | None = None) -> Listing:
    """The tools of a server, asked for in an event loop of its own; what is started has ended when this returns.

    Args:
        server: What to start or call.
        timeout: Seconds for all of it.
        cancel: Ends it early.

    Raises:
        InputError: It does not start, does not answer in time, or answers with nonsense or too much.
        CancelledError: It was cancelled.
    """
    if server.fault is not None:
        raise InputError(server.fault, where=visible(server.name))
    asking = _Asking(server, timeout)
    thread = threading.Thread(target=asking.run, name="mcp")
    thread.start()
    try:
        while thread.is_alive():
            thread.join(0.05)
            if cancel is not None and cancel.is_set():
                asking.stop()
    except BaseException:
        asking.stop()
        thread.join()
        raise
    if asking.failure is not None:
        raise asking.failure
    return asking.tools


def parsed_listing(text: bytes, where: str) -> dict[str | None, Listing]:
    """The tools that a saved listing holds, by server: a result of `tools/list` or a list of tools (None for its
    server), or a mapping of servers to either.

    Raises:
        InputError: It is none of these, or too large.
    """
    if len(text) > MAX_LISTING:
        raise InputError(f"the listing is larger than {MAX_LISTING >> 20} MiB", where=visible(where))
    try:
        value = json.loads(text.decode("utf-8-sig"))
    except (ValueError, RecursionError) as error:
        raise InputError(f"it is not JSON: {truncate(visible(str(error)), 100)}", where=visible(where)) from error
    if (tools := _tools_in(value)) is not None:
        return {None: tools}
    named = {name: _tools_in(item) for name, item in value.items()} if isinstance(value, dict) else {}
    if not named or any(tools is None for tools in named.values()):
        remedy = "save what tools/list answers: a mapping with 'tools', a list of tools, or servers mapped to either"
        raise InputError("it is not a listing of tools", where=visible(where), remedy=remedy)
    return {name: tools for name, tools in named.items() if tools is not None}


def _tools_in(value: Any) -> Listing | None:
    if isinstance(value, dict):
        value = value.get("result", value)
        value = value.get("tools") if isinstance(value, dict) else None
    if not isinstance(value, list) or len(value) > MAX_TOOLS:
        return None
    fine = all(isinstance(tool, dict) and isinstance(tool.get("name"), str) for tool in value)
    return tuple(value) if fine else None


class _Asking:
    """One question to one server, running in a thread; `tools` or `failure` is set when it has ended."""

    def __init__(self, server: Server, timeout: float) -> None:
        self.tools: Listing = ()
        self.failure: WorkbenchError | None = None
        self._server = server
        self._timeout = timeout
        self._stopped = threading.Event()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._task: asyncio.Task[Listing] | None = None
        self._errors = bytearray()

    def run(self) -> None:
        """Ask, in the thread that calls this."""
        where = visible(self._server.name)
        try:
            self.tools = asyncio.run(self._ask())
        except asyncio.CancelledError:
            self.failure = CancelledError("asking the server was stopped", where=where)
        except TimeoutError:
            what = f"the server did not answer within {self._timeout:g} s"
            self.failure = InputError(what, where=where, remedy=self._said())
        except Exception as error:  # noqa: BLE001 - whatever a server or the SDK does ends as a failure of this server
            self.failure = InputError(
                f"its tools can't be listed: {_innermost(error)}", where=where, remedy=self._said()
            )

    def stop(self) -> None:
        """End it from another thread; a second time changes nothing, so that the ending itself is not disturbed."""
        if self._stopped.is_set():
            return
        self._stopped.set()
        loop, task = self._loop, self._task
        if loop is not None and task is not None and not loop.is_closed():
            loop.call_soon_threadsafe(task.cancel)

    def _said(self) -> str | None:
        """The end of what the server wrote on standard error."""
        text = bytes(self._errors).decode("utf-8", "replace").strip()
        return f"it wrote: {visible(truncate(text[-400:], 400))}" if text else None

    async def _ask(self) -> Listing:
        self._loop, self._task = asyncio.get_running_loop(), asyncio.current_task()
        if self._stopped.is_set():
            raise asyncio.CancelledError
        async with asyncio.timeout(self._timeout):
            return await _listed(_transport(self._server, self._errors), self._timeout)


def _transport(server: Server, errors: bytearray) -> "Transport":
    from workbench.tools.mcp_transports import http, stdio

    if server.address is not None:
        return http(server.address, server.headers, MAX_LISTING)
    return stdio(server.argv, {**_common_environment(), **server.environment}, server.cwd, MAX_LISTING, errors)


def _common_environment() -> dict[str, str]:
    """What every server gets besides its own: where programs are, who the user is, which language is spoken."""
    names = ("HOME", "LOGNAME", "PATH", "SHELL", "TERM", "USER", "LANG", "LC_ALL", "TMPDIR")
    return {name: os.environ[name] for name in names if name in os.environ}


async def _listed(transport: "Transport", timeout: float) -> Listing:
    from mcp import Client

    tools: list[Mapping[str, Any]] = []
    async with Client(transport, read_timeout_seconds=timeout, cache=None) as client:
        cursor: str | None = None
        for _ in range(MAX_PAGES):
            page = await client.list_tools(cursor=cursor)
            tools += _plain(page)
            if len(tools) > MAX_TOOLS:
                raise InputError(f"it has more than {MAX_TOOLS:,} tools")
            cursor = page.next_cursor
            if not cursor:
                return tuple(tools)
    raise InputError(f"its tools have more than {MAX_PAGES} pages")


def _plain(page: "ListToolsResult") -> list[Mapping[str, Any]]:
    return [tool.model_dump(mode="json", by_alias=True, exclude_none=True) for tool in page.tools]


def _innermost(error: BaseException) -> str:
    """What went wrong, out of the groups that concurrent code wraps it in."""
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    text = error.what if isinstance(error, WorkbenchError) else str(error) or type(error).__name__
    return truncate(visible(text), 200)
