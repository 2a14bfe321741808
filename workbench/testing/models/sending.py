"""One request over HTTP, from any thread: httpx on an event loop in a thread of its own, so that nothing can hang.

The asking thread waits on a queue, looks at its cancel event and the clock ten times a second, and walks away from a
request that it gave up; the loop then closes the connection.
"""

import asyncio
import queue
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

from workbench.errors import CancelledError

if TYPE_CHECKING:
    import httpx

MOST_BYTES = 32 << 20
"""How long a response may be."""

_POLL_SECONDS = 0.1
_POOLED = 32
"""How many idle connections are kept; how many there are at once is the caller's choice."""
_LOOP = threading.Lock()


@dataclass(frozen=True, slots=True)
class Head:
    """What comes before a response's body; header names are in lower case."""

    status: int
    headers: Mapping[str, str]

    @property
    def content_type(self) -> str:
        """Without parameters, in lower case."""
        return self.headers.get("content-type", "").partition(";")[0].strip().lower()


class Unreachable(Exception):
    """The request did not come to an end.

    Attributes:
        kind: `connect` or `certificate` (nothing was sent), `silence`, `total`, `broken` (it ended), `too-long`.
    """

    def __init__(self, kind: str, what: str) -> None:
        super().__init__(what)
        self.kind = kind
        self.what = what


@dataclass(frozen=True, slots=True)
class Limits:
    """Seconds: for connecting, without a byte, and the moment (`time.monotonic`) at which all has to be over."""

    connect: float
    silence: float
    end: float


class Sender:
    """Sends requests to one endpoint; threads may share it. Connections are kept and used again.

    Args:
        local: Whether the endpoint is on this machine: proxies of the environment are then not asked.
        plain: Whether it is asked over http only: the certificates, which take 50 ms to load, are then left alone.
        transport: What to use in the place of the network.
    """

    def __init__(
        self, *, local: bool, plain: bool = False, transport: "httpx.AsyncBaseTransport | None" = None
    ) -> None:
        self._local = local
        self._plain = plain
        self._transport = transport
        self._client: httpx.AsyncClient | None = None
        self._lock = threading.Lock()

    def send(
        self,
        url: str,
        headers: Mapping[str, str],
        body: bytes,
        limits: Limits,
        on_bytes: Callable[[Head, bytes], None],
        cancel: threading.Event | None,
    ) -> tuple[Head, bytes]:
        """Post a body and wait for the response.

        Args:
            on_bytes: Told each piece of the response's body, in this thread; what it raises ends the request.

        Raises:
            Unreachable: It did not come to an end.
            CancelledError: `cancel` was set.
        """
        inbox: queue.SimpleQueue[Head | bytes | Exception | None] = queue.SimpleQueue()
        task = asyncio.run_coroutine_threadsafe(self._post(url, headers, body, limits, inbox), _loop())
        head, parts = None, []
        try:
            while True:
                item = _next(inbox, limits.end, cancel)
                if item is None:
                    break
                if isinstance(item, Exception):
                    raise item
                if isinstance(item, Head):
                    head = item
                elif head is not None:
                    parts.append(item)
                    on_bytes(head, item)
        finally:
            task.cancel()
        assert head is not None
        return head, b"".join(parts)

    def close(self) -> None:
        """Close the connections."""
        with self._lock:
            client, self._client = self._client, None
        if client is not None:
            asyncio.run_coroutine_threadsafe(client.aclose(), _loop()).result(timeout=5)

    async def _post(
        self,
        url: str,
        headers: Mapping[str, str],
        body: bytes,
        limits: Limits,
        inbox: "queue.SimpleQueue[Head | bytes | Exception | None]",
    ) -> None:
        try:
            await self._exchange(url, headers, body, limits, inbox)
            inbox.put(None)
        except Exception as error:  # noqa: BLE001 - it is raised in the thread that asked
            inbox.put(error)

    async def _exchange(
        self,
        url: str,
        headers: Mapping[str, str],
        body: bytes,
        limits: Limits,
        inbox: "queue.SimpleQueue[Head | bytes | Exception | None]",
    ) -> None:
        import httpx

        timeout = httpx.Timeout(limits.silence, connect=limits.connect)
        try:
            async with self._opened().stream(
                "POST", url, content=body, headers=dict(headers), timeout=timeout
            ) as response:
                inbox.put(Head(response.status_code, {key.lower(): value for key, value in response.headers.items()}))
                received = 0
                async for chunk in response.aiter_bytes():
                    received += len(chunk)
                    if received > MOST_BYTES:
                        raise Unreachable("too-long", f"its answer has more than {MOST_BYTES >> 20} MiB")
                    inbox.put(chunk)
        except (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.ProxyError) as error:
            slow = isinstance(error, httpx.TimeoutException)
            reason = f"no connection within {limits.connect:g} s" if slow else _reason(error)
            untrusted = "CERTIFICATE_VERIFY_FAILED" in reason
            raise Unreachable("certificate" if untrusted else "connect", reason) from error
        except httpx.TimeoutException as error:
            raise Unreachable("silence", f"nothing came for {limits.silence:g} s") from error
        except (httpx.HTTPError, httpx.InvalidURL, httpx.StreamError) as error:
            raise Unreachable("broken", _reason(error)) from error

    def _opened(self) -> "httpx.AsyncClient":
        import httpx

        with self._lock:
            if self._client is None:
                self._client = httpx.AsyncClient(
                    transport=self._transport,
                    trust_env=not self._local,
                    verify=not self._plain,
                    follow_redirects=False,  # the key goes to no other host
                    limits=httpx.Limits(max_connections=None, max_keepalive_connections=_POOLED),
                )
            return self._client


def _next(
    inbox: "queue.SimpleQueue[Head | bytes | Exception | None]", end: float, cancel: threading.Event | None
) -> Head | bytes | Exception | None:
    while True:
        if cancel is not None and cancel.is_set():
            raise CancelledError("the request was stopped")
        left = end - time.monotonic()
        if left <= 0:
            raise Unreachable("total", "its answer was not complete in time")
        try:
            return inbox.get(timeout=min(_POLL_SECONDS, left))
        except queue.Empty:
            continue


def _reason(error: Exception) -> str:
    """What the network says; its own words are for programmers, and often empty."""
    return str(error).strip() or type(error).__name__


@cache
def _new_loop() -> asyncio.AbstractEventLoop:
    loop = asyncio.new_event_loop()
    threading.Thread(target=loop.run_forever, name="models", daemon=True).start()
    return loop


def _loop() -> asyncio.AbstractEventLoop:
    with _LOOP:  # a cache alone makes one for each thread that comes first
        return _new_loop()
