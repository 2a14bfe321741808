"""A budget is never exceeded by what was foreseen, whoever spends it at the same time."""

import threading
import time

import pytest

from workbench.analytics.money import NANO
from workbench.analytics.prices import Rates
from workbench.errors import CancelledError, UsageError
from workbench.testing.models.budget import Budget, cost_of, exact, need_rates, parse_amount, worst_cost
from workbench.testing.models.protocol import BudgetSpentError, Usage
from workbench.testing.models.spec import ModelSpec

RATES = Rates("m", "", ((0, 1_000_000, 5_000_000, 100_000, 1_250_000, 2_000_000),), 0)
"""$1 and $5 per million tokens."""


@pytest.mark.parametrize(("text", "nano"), [("0.50", NANO // 2), ("$2", 2 * NANO), (" 0 ", 0), ("1e-3", NANO // 1000)])
def test_amounts_are_read_exactly(text: str, nano: int) -> None:
    assert parse_amount(text) == nano


@pytest.mark.parametrize("text", ["", "-1", "nan", "inf", "1e99", "5 EUR", "\x1b"])
def test_what_is_no_amount_is_a_usage_error(text: str) -> None:
    with pytest.raises(UsageError, match="is no amount of money"):
        parse_amount(text)


def test_a_request_that_could_exceed_the_budget_is_refused_with_what_was_spent() -> None:
    budget = Budget(NANO // 2)
    budget.reserve(NANO // 10)
    budget.settle(NANO // 10, NANO // 20)
    budget.reserve(NANO * 45 // 100)
    budget.settle(NANO * 45 // 100, NANO * 4 // 10)
    with pytest.raises(BudgetSpentError) as caught:
        budget.reserve(NANO * 6 // 100)
    assert "the budget of $0.5000 is spent: $0.4500 so far" in caught.value.what
    assert "$0.0600" in caught.value.what
    budget.reserve(NANO // 20)


def test_a_request_waits_for_others_that_may_cost_less_than_they_reserved() -> None:
    budget = Budget(100)
    budget.reserve(80)
    came: list[str] = []
    waiting = threading.Thread(target=lambda: (budget.reserve(50), came.append("in")))
    waiting.start()
    time.sleep(0.05)
    assert came == []
    budget.settle(80, 10)
    waiting.join(5)
    assert came == ["in"]


def test_waiting_for_others_can_be_stopped() -> None:
    budget = Budget(100)
    budget.reserve(80)
    cancel = threading.Event()
    cancel.set()
    with pytest.raises(CancelledError):
        budget.reserve(50, cancel)


def test_many_threads_never_spend_more_than_the_budget() -> None:
    budget = Budget(1_000)
    refused: list[int] = []

    def spend(n: int) -> None:
        for _ in range(1_000):
            try:
                budget.reserve(17)
            except BudgetSpentError:
                refused.append(n)
                return
            budget.settle(17, 11)

    threads = [threading.Thread(target=spend, args=(n,)) for n in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert 1_000 - 17 < budget.spent_nd <= 1_000
    assert len(refused) == 8


def test_the_worst_case_is_more_than_what_usual_text_costs() -> None:
    english = ("The quick brown fox jumps over the lazy dog. " * 100).encode()  # 1,000 tokens in any tokenizer, or less
    assert worst_cost(RATES, english, 100) >= 1_000 * 1_000 + 100 * 5_000
    assert worst_cost(RATES, b"", 1) == 5_000


def test_unknown_price_or_usage_is_an_unknown_cost() -> None:
    assert cost_of(RATES, Usage(1000, 100, 1000, 1000)) == 1_000_000 + 500_000 + 100_000 + 1_250_000
    assert cost_of(None, Usage(1)) is None
    assert cost_of(RATES, None) is None
    with pytest.raises(UsageError, match="nobody knows what m at h costs"):
        need_rates(ModelSpec("openai", "https://h", "m"), None)


def test_small_amounts_are_shown_as_what_they_are() -> None:
    assert [exact(n) for n in (0, 1, NANO // 5000, NANO // 2, 3 * NANO)] == [
        "$0.00", "<$0.0001", "$0.0002", "$0.5000", "$3.00",
    ]  # fmt: skip
