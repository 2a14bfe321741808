"""What few runs can tell is computed as the literature has it, always alike, and never claims more."""

import random
from math import isclose

import pytest

from workbench.testing.statistics import Interval, difference, summary, wilson


@pytest.mark.parametrize(
    ("passed", "total", "low", "high"),
    [
        # Newcombe, Statistics in Medicine 17 (1998), table I, method 3
        (81, 263, 0.2553, 0.3662),
        (15, 148, 0.0624, 0.1605),
        (0, 20, 0.0, 0.1611),
        (1, 29, 0.0061, 0.1718),
    ],
)
def test_the_interval_of_a_rate_is_that_of_the_literature(passed: int, total: int, low: float, high: float) -> None:
    seen = wilson(passed, total)
    assert (round(seen.low, 4), round(seen.high, 4)) == (low, high)


def test_the_interval_of_a_rate_at_its_ends() -> None:
    assert wilson(0, 0) == Interval(0.0, 1.0)
    assert wilson(20, 20).high == 1.0
    assert isclose(wilson(20, 20).low, 1 - wilson(0, 20).high)
    with pytest.raises(ValueError, match="3 of 2"):
        wilson(3, 2)


def test_a_summary_has_the_sample_standard_deviation() -> None:
    said = summary([0.8, 0.9, 0.85])
    assert said.to_json() == {"mean": 0.85, "stddev": 0.05, "min": 0.8, "max": 0.9}
    assert summary([0.5]).stddev == 0.0
    assert summary([]).to_json() == {"mean": 0.0, "stddev": 0.0, "min": 0.0, "max": 0.0}


def test_a_clear_difference_is_told_and_its_other_side_too() -> None:
    good, bad = {"1": [1.0, 1.0, 1.0], "2": [1.0, 0.5, 1.0]}, {"1": [0.0, 0.0, 0.5], "2": [0.0, 0.0, 0.0]}
    above, below = difference(good, bad), difference(bad, good)
    assert (above.verdict, below.verdict) == ("better", "worse")
    assert isclose(above.mean, -below.mean)
    assert above.interval is not None
    assert above.interval.low > 0
    assert above.paired is not None
    assert above.p is not None
    assert above.p < 0.05


def test_three_runs_a_side_never_tell_anything() -> None:
    seen = difference({"1": [1.0] * 3}, {"1": [0.0] * 3})
    assert (seen.verdict, seen.mean, seen.runs) == ("not enough runs to tell", 1.0, 3)
    assert difference({"1": [1.0] * 4}, {"1": [0.0] * 4}).verdict == "better"
    assert difference({"1": [1.0] * 3}, {"1": [1.0] * 3}).verdict == "not enough runs to tell"


def test_runs_that_overlap_and_runs_that_are_missing_tell_nothing() -> None:
    assert difference({"1": [1.0, 0.0] * 3}, {"1": [0.0, 0.0, 1.0] * 2}).verdict == "not enough runs to tell"
    assert difference({"1": [1.0] * 9}, {"2": [0.0] * 9}).verdict == "not enough runs to tell"
    assert difference({"1": [1.0] * 9}, {"1": []}).interval is None
    assert difference({"1": [1.0] * 5}, {"1": [1.0] * 5}).verdict == "same"


def test_the_same_runs_always_give_the_same_numbers() -> None:
    one, other = {"1": [0.5, 0.75, 1.0, 0.25]}, {"1": [0.5, 0.25, 0.0, 0.75]}
    assert difference(one, other) == difference(one, other)
    assert difference(one, other, seed=1).p != difference(one, other, seed=2).p


def test_chance_alone_is_seldom_called_a_difference() -> None:
    chance = random.Random(7)
    said = 0
    for _ in range(100):
        one, other = ({"1": [float(chance.random() < 0.5) for _ in range(6)]} for _ in range(2))
        said += difference(one, other, resamples=300).verdict in ("better", "worse")
    assert said <= 10
