"""How an MCP server is reached: a program over its standard streams, or an address over HTTP; both bounded.

The SDK's own transport for programs takes lines of any length, and leaves behind what a server started before it ended
by itself. This one does not. Imported only once a server is asked, because the SDK takes a third of a second to load.
"""

import asyncio
import os
import signal
import subprocess
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from functools import partial

import anyio
import anyio.lowlevel
import httpx2
from anyio.streams.memory import MemoryObjectReceiveStream, MemoryObjectSendStream
from mcp.client._transport import TransportStreams
from mcp.client.streamable_http import streamable_http_client
from mcp.shared.message import SessionMessage
from mcp_types import jsonrpc_message_adapter

from workbench.errors import InputError

GRACE_SECONDS = 2.0
MAX_ERRORS = 8 << 10
MAX_NOISE = 1_000

_POLL_SECONDS = 0.02


@asynccontextmanager
async def stdio(
    argv: Sequence[str], environment: Mapping[str, str], cwd: str, limit: int, errors: bytearray
) -> AsyncGenerator[TransportStreams, None]:
    """Start a program in a process group of its own and speak to it; at the end the whole group is ended.

    Args:
        argv: The command.
        environment: All of its environment.
        cwd: The folder it starts in.
        limit: How many bytes it may write in all.
        errors: Takes the end of what it writes on standard error.

    Raises:
        InputError: It can't be started.
    """
    try:
        process = subprocess.Popen(
            list(argv), env=dict(environment), cwd=cwd, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            stderr=subprocess.PIPE, start_new_session=True,
        )  # fmt: skip
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else str(error)
        raise InputError(f"its command can't be started: {reason}") from error
    pipes = _Pipes()
    try:
        await pipes.connect(process, limit)
        incoming, received = anyio.create_memory_object_stream[SessionMessage | Exception](0)
        sending, outgoing = anyio.create_memory_object_stream[SessionMessage](0)
        async with anyio.create_task_group() as group:
            group.start_soon(_read, pipes.output, incoming, limit)
            group.start_soon(_write, outgoing, pipes.input)
            group.start_soon(_listen, pipes.complaints, errors)
            try:
                yield received, sending
            finally:
                for stream in (received, sending, incoming, outgoing):
                    stream.close()
                pipes.input.close()
                group.cancel_scope.cancel()
    finally:
        with anyio.CancelScope(shield=True):
            await _end(process)
        pipes.close()


@asynccontextmanager
async def http(address: str, headers: Mapping[str, str], limit: int) -> AsyncGenerator[TransportStreams, None]:
    """Speak to a server over HTTP, with no proxy and no credentials but these headers.

    Args:
        address: Its URL.
        headers: What every request carries.
        limit: How many bytes one answer may have.
    """
    async with httpx2.AsyncClient(
        headers=dict(headers), trust_env=False, timeout=30.0, transport=_Bounded(limit)
    ) as client, streamable_http_client(address, http_client=client) as streams:  # fmt: skip
        yield streams


class _Bounded(httpx2.AsyncHTTPTransport):
    """HTTP whose answers end in an error when they are too long."""

    def __init__(self, limit: int) -> None:
        super().__init__()
        self._limit = limit

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        response = await super().handle_async_request(request)
        assert isinstance(response.stream, httpx2.AsyncByteStream)
        response.stream = _Counted(response.stream, self._limit)
        return response


class _Counted(httpx2.AsyncByteStream):
    def __init__(self, stream: httpx2.AsyncByteStream, limit: int) -> None:
        self._stream = stream
        self._left = limit

    async def __aiter__(self) -> AsyncGenerator[bytes, None]:
        async for chunk in self._stream:
            self._left -= len(chunk)
            if self._left < 0:
                raise httpx2.ReadError("the answer is too long")
            yield chunk

    async def aclose(self) -> None:
        await self._stream.aclose()


class _Pipes:
    """A program's standard streams, in this event loop."""

    def __init__(self) -> None:
        self._transports: list[asyncio.BaseTransport] = []

    async def connect(self, process: "subprocess.Popen[bytes]", limit: int) -> None:
        """Open all three; a line may have `limit` bytes."""
        loop = asyncio.get_running_loop()
        self.output, self.complaints = asyncio.StreamReader(limit=limit), asyncio.StreamReader()
        for reader, pipe in ((self.output, process.stdout), (self.complaints, process.stderr)):
            transport, _ = await loop.connect_read_pipe(partial(asyncio.StreamReaderProtocol, reader), pipe)
            self._transports.append(transport)
        writing, flow = await loop.connect_write_pipe(asyncio.streams.FlowControlMixin, process.stdin)
        self._transports.append(writing)
        self.input = asyncio.StreamWriter(writing, flow, None, loop)

    def close(self) -> None:
        """Close what is open."""
        for transport in self._transports:
            transport.close()


async def _read(
    output: asyncio.StreamReader, incoming: MemoryObjectSendStream[SessionMessage | Exception], limit: int
) -> None:
    """Hand on each message; what is not one, a line of a log say, is passed over, up to a point."""
    left, noise = limit, 0
    with suppress(anyio.ClosedResourceError, anyio.BrokenResourceError):
        async with incoming:
            while True:
                try:
                    line = await output.readline()
                except ValueError:  # one line is longer than the limit
                    return
                left -= len(line)
                if not line or left < 0 or noise > MAX_NOISE:
                    return
                await anyio.lowlevel.checkpoint()  # a line that is there already would not let anything else run
                try:
                    message = jsonrpc_message_adapter.validate_json(line, by_name=False)
                except (ValueError, RecursionError):
                    noise += 1
                    continue
                await incoming.send(SessionMessage(message))


async def _write(outgoing: MemoryObjectReceiveStream[SessionMessage], writer: asyncio.StreamWriter) -> None:
    with suppress(OSError, anyio.ClosedResourceError):
        async for item in outgoing:
            writer.write(item.message.model_dump_json(by_alias=True, exclude_unset=True).encode() + b"\n")
            await writer.drain()


async def _listen(complaints: asyncio.StreamReader, errors: bytearray) -> None:
    while chunk := await complaints.read(MAX_ERRORS):
        errors += chunk
        del errors[:-MAX_ERRORS]


async def _end(process: "subprocess.Popen[bytes]") -> None:
    """End the group: the server has its time to go by itself, then all of the group is told to, then it is killed.

    The server is reaped last, so that its number can't have become somebody else's meanwhile.
    """
    await _gone(process)
    for number in (signal.SIGTERM, signal.SIGKILL):
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, number)
        if number == signal.SIGTERM:
            await _gone(process)
    with suppress(subprocess.TimeoutExpired):
        process.wait(GRACE_SECONDS)
    with suppress(ProcessLookupError, PermissionError):
        for _ in range(int(GRACE_SECONDS / _POLL_SECONDS)):
            os.killpg(process.pid, 0)  # what was killed takes a moment to be gone
            await asyncio.sleep(_POLL_SECONDS)


async def _gone(process: "subprocess.Popen[bytes]") -> None:
    """Wait until the server has ended, at most `GRACE_SECONDS`."""
    for _ in range(int(GRACE_SECONDS / _POLL_SECONDS)):
        if os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT | os.WNOHANG) is not None:
            return
        await asyncio.sleep(_POLL_SECONDS)
