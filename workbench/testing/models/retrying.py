"""Asking again: exponential back-off with jitter, the endpoint's own wish honoured, a bounded number of tries."""

import random
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from workbench.errors import CancelledError
from workbench.testing.models.failures import PassingError
from workbench.testing.models.protocol import ModelError

T = TypeVar("T")

Sleep = Callable[[float, threading.Event | None], None]
"""Waits some seconds, or until the event is set."""


def sleep(seconds: float, cancel: threading.Event | None) -> None:
    """Really wait."""
    if cancel is None:
        time.sleep(seconds)
    else:
        cancel.wait(seconds)


@dataclass(frozen=True, slots=True)
class Pace:
    """How to wait between tries; clock, sleep and random are arguments, so that tests don't wait.

    Attributes:
        first: Seconds to wait after the first try at most; twice as long after each.
        most: Seconds that one wait has at most, the endpoint's own wish included.
        clock: `time.monotonic`, against which a question's end is held.
        now: Seconds since the epoch.
        random: From 0 to 1.
    """

    first: float = 1.0
    most: float = 60.0
    clock: Callable[[], float] = time.monotonic
    now: Callable[[], float] = time.time
    sleep: Sleep = sleep
    random: Callable[[], float] = random.random

    def wait_after(self, tries: int) -> float:
        """Seconds to wait after so many tries: between half of the step and all of it."""
        return min(self.most, self.first * 2.0 ** (tries - 1)) * (0.5 + self.random() / 2)


def with_retries(
    attempt: Callable[[], T], *, tries: int, end: float, pace: Pace, cancel: threading.Event | None = None
) -> T:
    """The first result of `attempt` that is not a `PassingError`.

    Args:
        tries: How often at most.
        end: Moment of the pace's clock after which nothing is tried.

    Raises:
        ModelError: The last failure, with the number of tries.
        CancelledError: `cancel` was set.
    """
    number = 1
    while True:
        try:
            return attempt()
        except PassingError as failure:
            wished = failure.wait or 0.0
            wait = max(wished, pace.wait_after(number))
            if number >= tries:
                raise _given_up(failure, f"after {number} tries" if number > 1 else "") from failure
            if wished > pace.most:
                raise _given_up(failure, f"it asks to wait {wished:,.0f} s") from failure
            if pace.clock() + wait >= end:
                raise _given_up(failure, "the time for this question is over") from failure
        pace.sleep(wait, cancel)
        if cancel is not None and cancel.is_set():
            raise CancelledError("the request was stopped")
        number += 1


def _given_up(failure: PassingError, why: str) -> ModelError:
    what = f"{failure.what} ({why})" if why else failure.what
    return ModelError(what, where=failure.where, remedy=failure.remedy)
