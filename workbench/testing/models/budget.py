"""How much a run may cost: every request reserves its worst case before it is sent, and is settled after."""

import threading
from decimal import Decimal, InvalidOperation

from workbench.analytics.money import NANO, dollars, usd
from workbench.analytics.prices import Rates, Tokens, price_book
from workbench.errors import CancelledError, UsageError
from workbench.testing.models.protocol import BudgetSpentError, Usage
from workbench.testing.models.spec import ModelSpec
from workbench.text import visible

_BYTES_PER_TOKEN = 3
"""Fewer than in any usual text (English about 4.5, code 3.3), so that the estimate is rather too high."""
_POLL_SECONDS = 0.1


class Budget:
    """An amount that the requests of many threads share.

    A request that fits only once others have come in for less than they reserved waits for them.

    Args:
        limit_nd: Nano-dollars.
    """

    def __init__(self, limit_nd: int) -> None:
        self.limit_nd = limit_nd
        self._changed = threading.Condition()
        self._spent = 0
        self._reserved = 0

    @property
    def spent_nd(self) -> int:
        """Nano-dollars spent; of an answer that came without its usage, what was reserved for it."""
        with self._changed:
            return self._spent

    def reserve(self, worst_nd: int, cancel: threading.Event | None = None) -> None:
        """Set the worst case of a request aside.

        Raises:
            BudgetSpentError: It could exceed the limit, whatever comes of the requests on their way.
            CancelledError: `cancel` was set while it waited.
        """
        with self._changed:
            while self._spent + self._reserved + worst_nd > self.limit_nd:
                if self._reserved == 0:
                    raise self._over(worst_nd)
                if cancel is not None and cancel.is_set():
                    raise CancelledError("the request was stopped")
                self._changed.wait(_POLL_SECONDS)
            self._reserved += worst_nd

    def settle(self, reserved_nd: int, spent_nd: int) -> None:
        """Put what a request really cost in the place of what was reserved for it."""
        with self._changed:
            self._reserved -= reserved_nd
            self._spent += spent_nd
            self._changed.notify_all()

    def _over(self, worst_nd: int) -> BudgetSpentError:
        return BudgetSpentError(
            f"the budget of {exact(self.limit_nd)} is spent: {exact(self._spent)} so far, and the next request could"
            f" cost up to {exact(worst_nd)}",
            remedy="what was asked until now is kept; give more with --max-cost, or ask for fewer runs",
        )


def exact(nano: int) -> str:
    """An amount for people, with as many decimals as a single request needs: `$0.50`, `$0.0012`, `$12.00`."""
    if nano and abs(nano) < NANO:
        return f"${usd(nano)}" if abs(nano) >= NANO // 10_000 else "<$0.0001"
    return dollars(nano)


def parse_amount(text: str) -> int:
    """Nano-dollars of an amount that a person wrote: `0.50`, `$2`.

    Raises:
        UsageError: It is none.
    """
    try:
        amount = Decimal(text.strip().removeprefix("$"))
    except InvalidOperation:
        amount = Decimal("NaN")
    if not (amount.is_finite() and 0 <= amount <= 1_000_000):
        raise UsageError(f"'{visible(text[:40])}' is no amount of money", remedy="dollars, for example 0.50")
    return int(amount * NANO)


def rates_of(spec: ModelSpec, at: int) -> Rates | None:
    """What a model costs: the price in the settings, else the price data's; None where nobody knows.

    Args:
        at: UTC milliseconds.
    """
    if spec.options.prices is not None:
        paid, output, read, write = spec.options.prices
        return Rates(spec.model, "", ((0, paid, output, read, write, write),), 0)
    return price_book().rates(spec.model, at)


def cost_of(rates: Rates | None, usage: Usage | None) -> int | None:
    """Nano-dollars of one request; None where price or usage is unknown."""
    if rates is None or usage is None:
        return None
    return rates.cost(Tokens(usage.input, usage.output, usage.cache_read, usage.cache_write))


def worst_cost(rates: Rates, body: bytes, max_tokens: int) -> int:
    """Nano-dollars that a request can be expected to cost at most: its text read without a cache, its answer full."""
    return rates.cost(Tokens(input=-(-len(body) // _BYTES_PER_TOKEN), output=max_tokens))


def need_rates(spec: ModelSpec, rates: Rates | None) -> Rates:
    """The rates of a model that is held to a budget.

    Raises:
        UsageError: Nobody knows its price.
    """
    if rates is None:
        raise UsageError(
            f"nobody knows what {spec.label} costs, so no budget can hold it",
            remedy="give its price in config.yaml (input_usd_per_mtok, output_usd_per_mtok), or leave --max-cost out",
        )
    return rates
