"""A model at an endpoint: recording looked at, budget reserved, request sent and sent again, answer read and priced."""

import json
import os
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from types import TracebackType
from typing import TYPE_CHECKING

from workbench.analytics.prices import Rates
from workbench.errors import CancelledError
from workbench.testing.models.anthropic_wire import ANTHROPIC
from workbench.testing.models.budget import Budget, cost_of, need_rates, rates_of, worst_cost
from workbench.testing.models.cassette import Cassette, Slot
from workbench.testing.models.cassette_file import Exchange, Recorded
from workbench.testing.models.failures import PassingError, answer_failure, status_failure, unreachable_failure
from workbench.testing.models.keys import Keyring, find_key, holds_key, without_key
from workbench.testing.models.openai_wire import OPENAI
from workbench.testing.models.protocol import (
    DEFAULT_MAX_TOKENS,
    Message,
    ModelError,
    OnText,
    Reply,
    ToolSpec,
    Usage,
)
from workbench.testing.models.reading import ResponseReader
from workbench.testing.models.retrying import Pace, with_retries
from workbench.testing.models.sending import Head, Limits, Sender, Unreachable
from workbench.testing.models.spec import ModelSpec, Provider
from workbench.testing.models.wire import Answer, Request, Wire, WrongAnswer

if TYPE_CHECKING:
    import httpx

_WIRES: Mapping[Provider, Wire] = {"openai": OPENAI, "anthropic": ANTHROPIC}
_REQUEST_IDS = ("request-id", "x-request-id")


def open_model(
    spec: ModelSpec,
    *,
    env: Mapping[str, str] | None = None,
    keyring: Keyring | None = None,
    transport: "httpx.AsyncBaseTransport | None" = None,
    cassette: Cassette | None = None,
    budget: Budget | None = None,
    pace: Pace | None = None,
) -> "Endpoint":
    """A model that can be asked. Nothing is sent yet; where answers are replayed only, nothing ever is.

    Args:
        env: Where the key is looked for; the process's environment by default. Where a recording may have all answers,
            key and price are asked for only once one is missing.
        keyring: Where else; the system's own by default, if the package `keyring` is installed.
        transport: What to send by, in the place of the network.
        cassette: Where answers are recorded or replayed. The caller closes it.
        budget: What all requests together may cost. Replayed answers cost nothing.
        pace: How to wait between tries.

    Raises:
        ModelError: There is no key.
        UsageError: There is a budget, and nobody knows what the model costs.
    """
    pace = pace or Pace()
    key = _Key(lambda: find_key(spec, os.environ if env is None else env, keyring))
    if cassette is None or cassette.mode in ("record", "off"):
        key.value()
        if budget is not None:
            need_rates(spec, rates_of(spec, _milliseconds(pace)))
    return Endpoint(
        spec,
        key,
        Sender(local=spec.is_local, plain=spec.base_url.startswith("http:"), transport=transport),
        cassette,
        budget,
        pace,
    )


class Endpoint:
    """A `Model` at an endpoint; made by `open_model`. Close it when all was asked."""

    def __init__(
        self,
        spec: ModelSpec,
        key: "_Key",
        sender: Sender,
        cassette: Cassette | None,
        budget: Budget | None,
        pace: Pace,
    ) -> None:
        self.spec = spec
        self._lazy_key = key
        self._sender = sender
        self._cassette = cassette if cassette is not None and cassette.mode != "off" else None
        self._budget = budget
        self._pace = pace
        self._wire = _WIRES[spec.provider]

    def __enter__(self) -> "Endpoint":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the connections."""
        self._sender.close()

    @property
    def _key(self) -> str | None:
        return self._lazy_key.value()

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
        """See `protocol.Model.ask`."""
        request = Request(tuple(messages), system, tuple(tools), tool_choice, max_tokens, temperature, seed, run)
        if cancel is not None and cancel.is_set():
            raise CancelledError("the request was stopped")
        if self._cassette is None:
            return self._paid(request, None, on_text, cancel)
        try:
            slot = self._cassette.claim(self.spec, request)
        except (ValueError, TypeError, RecursionError) as error:
            raise ModelError("the question holds what JSON can't say") from error
        try:
            exchange = self._cassette.find(slot)
            if exchange is not None:
                return self._replayed(exchange, on_text)
            return self._paid(request, slot, on_text, cancel)
        except BaseException:
            self._cassette.release(slot)
            raise

    def _replayed(self, exchange: Exchange, on_text: OnText | None) -> Reply:
        response = exchange.response
        head = Head(response.status, {"content-type": response.content_type})
        reader = ResponseReader(self._wire, on_text)
        try:
            reader.feed(head, response.body)
            answer = reader.answer(head)
        except WrongAnswer as error:
            place = f"{self._cassette.path}:{exchange.line}" if self._cassette else None
            raise ModelError(
                f"the recorded answer can't be used: {error.what}", where=place, remedy="record it again (--record)"
            ) from error
        return _reply(
            answer, self.spec, exchange.usage, exchange.cost_nd, exchange.duration_ms, response.request_id, cached=True
        )

    def _paid(
        self, request: Request, slot: Slot | None, on_text: OnText | None, cancel: threading.Event | None
    ) -> Reply:
        body = self._body(request)
        rates = rates_of(self.spec, _milliseconds(self._pace))
        if self._budget is None:
            return self._asked(body, slot, rates, on_text, cancel, _Bill())
        worst = worst_cost(need_rates(self.spec, rates), body, request.max_tokens)
        self._budget.reserve(worst, cancel)
        bill = _Bill()
        try:
            return self._asked(body, slot, rates, on_text, cancel, bill)
        finally:
            self._budget.settle(worst, bill.amount(worst))

    def _body(self, request: Request) -> bytes:
        try:
            text = json.dumps(self._wire.body(self.spec, request), ensure_ascii=False, allow_nan=False)
        except (ValueError, TypeError, RecursionError) as error:
            raise ModelError("the question holds what JSON can't say") from error
        if holds_key(text, self._key):
            raise ModelError(
                "the question holds the endpoint's own key, so it was not sent",
                remedy="take the key out of the prompt, the skill's files, or what its tools print",
            )
        return text.encode("utf-8", "replace")

    def _asked(
        self,
        body: bytes,
        slot: Slot | None,
        rates: Rates | None,
        on_text: OnText | None,
        cancel: threading.Event | None,
        bill: "_Bill",
    ) -> Reply:
        total = self.spec.options.total
        end = time.monotonic() + total
        head, received, answer, duration = with_retries(
            lambda: self._try(body, end, on_text, cancel, bill),
            tries=self.spec.options.tries,
            end=self._pace.clock() + total,
            pace=self._pace,
            cancel=cancel,
        )
        cost = cost_of(rates, answer.usage)
        bill.paid(cost)
        head = self._clean_head(head)
        request_id = next((head.headers[name] for name in _REQUEST_IDS if name in head.headers), answer.id)
        if slot is not None and self._cassette is not None:
            response = Recorded(head.status, head.headers.get("content-type", ""), request_id, received)
            self._cassette.record(
                Exchange(slot.request, slot.run, slot.turn, slot.ordinal, response, answer.usage, cost, duration)
            )
        return _reply(answer, self.spec, answer.usage, cost, duration, request_id, cached=False)

    def _try(
        self, body: bytes, end: float, on_text: OnText | None, cancel: threading.Event | None, bill: "_Bill"
    ) -> tuple[Head, bytes, Answer, int]:
        """Ask once.

        Raises:
            PassingError: Asking again may help, and nothing of an answer has been seen.
            ModelError: It does not help.
        """
        options = self.spec.options
        limits = Limits(options.connect, options.silence if options.stream else options.total, end)
        reader = ResponseReader(self._wire, on_text)
        headers = {
            "content-type": "application/json",
            "accept": "text/event-stream, application/json" if options.stream else "application/json",
            "accept-encoding": "identity",
            **self._wire.headers(self._key),
        }
        bill.sent()
        started = time.perf_counter()
        seen: list[tuple[Head, bytes]] = []

        def keep(head: Head, chunk: bytes) -> None:
            seen.append((head, chunk))
            reader.feed(head, chunk)

        try:
            head, received = self._sender.send(
                self.spec.base_url + self._wire.path, headers, body, limits, keep, cancel
            )
            if head.status != 200:
                bill.refused()
                raise status_failure(self.spec, self._clean_head(head), self._clean(received), self._pace.now())
            answer = reader.answer(head)
        except WrongAnswer as error:
            head = seen[-1][0] if seen else Head(200, {})
            told = self._told(error.what, b"".join(chunk for _, chunk in seen))
            failure = answer_failure(self.spec, self._clean_head(head), error, told)
            raise self._final(failure, reader, bill) from error
        except Unreachable as error:
            failure = unreachable_failure(self.spec, error, without_key(error.what, self._key))
            if error.kind in ("connect", "certificate"):
                bill.refused()
            raise self._final(failure, reader, bill) from error
        self._check_answer(received, answer)
        return head, received, answer, round((time.perf_counter() - started) * 1000)

    def _final(self, failure: ModelError, reader: ResponseReader, bill: "_Bill") -> ModelError:
        """A failure in the middle of an answer is final: what came of it was seen, and is paid."""
        if not (isinstance(failure, PassingError) and reader.began):
            if isinstance(failure, PassingError):
                bill.refused()
            return failure
        return ModelError(f"{failure.what}, in the middle of its answer", remedy=failure.remedy)

    def _told(self, what: str, received: bytes) -> str:
        """What is wrong with an answer; nothing of an answer that holds the key, for a part of the key is too much."""
        held = holds_key(received.decode("utf-8", "replace") + what, self._key)
        return "it holds the endpoint's key, and is not shown" if held else what

    def _clean_head(self, head: Head) -> Head:
        return Head(head.status, {name: without_key(value, self._key) for name, value in head.headers.items()})

    def _clean(self, received: bytes) -> bytes:
        text = received.decode("utf-8", "replace")
        return without_key(text, self._key).encode() if holds_key(text, self._key) else received

    def _check_answer(self, received: bytes, answer: Answer) -> None:
        told = [answer.text, answer.model, answer.id, received.decode("utf-8", "replace")]
        told += [call.invalid or json.dumps(call.arguments, ensure_ascii=False) for call in answer.tool_calls]
        if any(holds_key(text, self._key) for text in told):
            raise ModelError(
                f"the answer of {self.spec.label} holds its own key, so it is neither kept nor shown",
                remedy="don't trust this endpoint: withdraw the key",
            )


class _Key:
    """A key that is looked for once, when it is needed."""

    def __init__(self, find: Callable[[], str | None]) -> None:
        self._find = find
        self._lock = threading.Lock()
        self._found: tuple[str | None] | None = None

    def value(self) -> str | None:
        with self._lock:
            if self._found is None:
                self._found = (self._find(),)
            return self._found[0]


class _Bill:
    """What a question has cost by now: nothing before it is sent, and the worst from then on until it is known."""

    def __init__(self) -> None:
        self._open = False
        self._cost: int | None = 0

    def sent(self) -> None:
        self._open = True

    def refused(self) -> None:
        """The endpoint did not take it."""
        self._open = False

    def paid(self, cost: int | None) -> None:
        self._cost = cost
        self._open = cost is None

    def amount(self, worst: int) -> int:
        return worst if self._open else self._cost or 0


def _reply(
    answer: Answer,
    spec: ModelSpec,
    usage: Usage | None,
    cost: int | None,
    duration: int,
    request_id: str,
    *,
    cached: bool,
) -> Reply:
    model = answer.model or spec.model
    return Reply(answer.text, answer.tool_calls, answer.stop, usage, model, cost, duration, request_id, cached)


def _milliseconds(pace: Pace) -> int:
    return int(pace.now() * 1000)
