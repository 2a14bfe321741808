"""What few runs can tell: intervals of rates, of differences, and whether a difference is more than chance.

Everything is drawn from a seed, so that the same runs always give the same numbers.
"""

import math
import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import NormalDist, fmean, stdev
from typing import Any, Literal

RESAMPLES = 2_000
SEED = 42
LEVEL = 0.95
FEWEST_RUNS = 4
"""Fewer on a side than this can't tell anything: of 3 against 3 even all against none happens by chance one time in 10
(Fisher's exact test), of 4 against 4 one time in 35."""

Groups = Mapping[str, Sequence[float]]
"""Values of one side by what they are values of: pass rates of the runs of each evaluation, say."""

Verdict = Literal["better", "worse", "same", "not enough runs to tell"]


@dataclass(frozen=True, slots=True)
class Interval:
    """The 95 % interval of a number."""

    low: float
    high: float

    def to_json(self) -> dict[str, float]:
        """The interval for programs."""
        return {"low": round(self.low, 4), "high": round(self.high, 4)}


@dataclass(frozen=True, slots=True)
class Summary:
    """Mean, sample standard deviation (n - 1; 0 of a single value), and the ends of some values."""

    n: int
    mean: float
    stddev: float
    min: float
    max: float

    def to_json(self) -> dict[str, float]:
        """The four numbers as `benchmark.json` has them."""
        return {name: round(getattr(self, name), 4) for name in ("mean", "stddev", "min", "max")}


@dataclass(frozen=True, slots=True)
class Difference:
    """How much one side is above the other.

    Attributes:
        mean: Of the groups' differences, each group counted once.
        interval: Of that mean, runs drawn again within each group; None where a side has no run.
        paired: Of that mean, groups drawn again with their pairs; None of fewer than two groups.
        p: How often chance alone makes a difference as large, the runs of each group shuffled between the sides.
        runs: Runs on the side that has fewer.
    """

    mean: float
    interval: Interval | None
    paired: Interval | None
    p: float | None
    runs: int
    verdict: Verdict

    def to_json(self) -> dict[str, Any]:
        """The difference for programs."""
        return {
            "mean": round(self.mean, 4),
            "interval": self.interval and self.interval.to_json(),
            "paired_interval": self.paired and self.paired.to_json(),
            "p": None if self.p is None else round(self.p, 4),
            "runs": self.runs,
            "verdict": self.verdict,
        }


def wilson(passed: int, total: int, level: float = LEVEL) -> Interval:
    """The score interval of a rate (Wilson, 1927; formula 4 of Newcombe, Statistics in Medicine 17, 1998).

    Of no tries at all it is everything.

    Raises:
        ValueError: More passed than were tried.
    """
    if not 0 <= passed <= total:
        raise ValueError(f"{passed} of {total} can't be")
    if total == 0:
        return Interval(0.0, 1.0)
    z = NormalDist().inv_cdf((1 + level) / 2)
    centre = 2 * passed + z * z
    reach = z * math.sqrt(z * z + 4 * passed * (total - passed) / total)
    below = 2 * (total + z * z)
    low = 0.0 if passed == 0 else (centre - reach) / below
    high = 1.0 if passed == total else (centre + reach) / below
    return Interval(low, high)


def summary(values: Sequence[float]) -> Summary:
    """What `benchmark.json` says of some values; zeros of none."""
    if not values:
        return Summary(0, 0.0, 0.0, 0.0, 0.0)
    spread = stdev(values) if len(values) > 1 else 0.0
    return Summary(len(values), fmean(values), spread, min(values), max(values))


def difference(one: Groups, other: Groups, *, seed: int = SEED, resamples: int = RESAMPLES) -> Difference:
    """How much `one` is above `other`, by groups that both have.

    The intervals are percentile bootstrap intervals (Efron and Tibshirani, 1993, chapter 13). They are too narrow for
    few runs, so a verdict also needs `FEWEST_RUNS` on both sides and a permutation test (Fisher, 1935; Phipson and
    Smyth, 2010, for the 1 that is added) that says the same.
    """
    pairs = [(list(one[name]), list(other[name])) for name in one if name in other and one[name] and other[name]]
    runs = min(sum(len(mine) for mine, _ in pairs), sum(len(theirs) for _, theirs in pairs)) if pairs else 0
    if not pairs:
        return Difference(0.0, None, None, None, 0, "not enough runs to tell")
    mean = _mean_difference(pairs)
    interval = _interval(_resampled(pairs, random.Random(seed), resamples))
    paired = _interval(_repaired(pairs, random.Random(seed + 1), resamples)) if len(pairs) > 1 else None
    p = _chance(pairs, mean, random.Random(seed + 2), resamples)
    return Difference(mean, interval, paired, p, runs, _verdict(pairs, interval, p, runs))


def _verdict(pairs: list[tuple[list[float], list[float]]], interval: Interval, p: float, runs: int) -> Verdict:
    if runs < FEWEST_RUNS:
        return "not enough runs to tell"
    if len({value for sides in pairs for side in sides for value in side}) == 1:
        return "same"
    if p >= 1 - LEVEL or interval.low <= 0 <= interval.high:
        return "not enough runs to tell"
    return "better" if interval.low > 0 else "worse"


def _mean_difference(pairs: Sequence[tuple[Sequence[float], Sequence[float]]]) -> float:
    return fmean(fmean(mine) - fmean(theirs) for mine, theirs in pairs)


def _resampled(pairs: list[tuple[list[float], list[float]]], chance: random.Random, times: int) -> list[float]:
    return [
        _mean_difference([(chance.choices(mine, k=len(mine)), chance.choices(theirs, k=len(theirs)))
                          for mine, theirs in pairs])
        for _ in range(times)
    ]  # fmt: skip


def _repaired(pairs: list[tuple[list[float], list[float]]], chance: random.Random, times: int) -> list[float]:
    differences = [fmean(mine) - fmean(theirs) for mine, theirs in pairs]
    return [fmean(chance.choices(differences, k=len(differences))) for _ in range(times)]


def _interval(drawn: list[float]) -> Interval:
    ordered = sorted(drawn)
    tail = (1 - LEVEL) / 2
    last = len(ordered) - 1
    return Interval(ordered[math.floor(tail * last)], ordered[math.ceil((1 - tail) * last)])


def _chance(pairs: list[tuple[list[float], list[float]]], seen: float, chance: random.Random, times: int) -> float:
    as_large = 0
    for _ in range(times):
        shuffled = []
        for mine, theirs in pairs:
            both = [*mine, *theirs]
            chance.shuffle(both)
            shuffled.append((both[: len(mine)], both[len(mine) :]))
        as_large += abs(_mean_difference(shuffled)) >= abs(seen) - 1e-12
    return (as_large + 1) / (times + 1)
