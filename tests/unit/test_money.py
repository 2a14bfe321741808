"""Money reads the same everywhere, and what nobody knows is never shown as nothing."""

import pytest

from workbench.analytics.money import dollars, usd


@pytest.mark.parametrize(
    ("nano", "shown"),
    [
        (None, "unpriced"),
        (0, "$0.00"),
        (1, "<$0.01"),
        (9_999_999, "<$0.01"),
        (10_000_000, "$0.01"),
        (12_345_000_000, "$12.34"),
        (12_355_000_000, "$12.36"),
        (12_345_000_001, "$12.35"),
        (1_234_567_890_000_000, "$1,234,567.89"),
        (-12_350_000_000, "-$12.35"),
        (-1, ">-$0.01"),
        (2**62, "$4,611,686,018.43"),
    ],
)
def test_people_see_cents(nano: int | None, shown: str) -> None:
    assert dollars(nano) == shown


@pytest.mark.parametrize(
    ("nano", "given"),
    [
        (None, None),
        (0, "0.0000"),
        (1, "0.0000"),
        (50_000, "0.0000"),
        (150_000, "0.0002"),
        (250_000, "0.0002"),
        (250_001, "0.0003"),
        (12_345_600_000, "12.3456"),
        (1_234_567_890_000_000, "1234567.8900"),
    ],
)
def test_programs_get_four_decimals_rounded_to_the_even_digit(nano: int | None, given: str | None) -> None:
    assert usd(nano) == given
