"""The stretches of time that the numbers are shown for, and the days in them."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta

_MOST_DAYS = 3_660


@dataclass(frozen=True, slots=True)
class Stretch:
    """A stretch of time up to today; `days` is None for all time."""

    title: str
    days: int | None

    def since(self, today: date) -> date | None:
        """The first day of it; None for all time."""
        return None if self.days is None else today - timedelta(days=self.days - 1)


STRETCHES = (
    Stretch("last 7 days", 7),
    Stretch("last 30 days", 30),
    Stretch("last 90 days", 90),
    Stretch("all time", None),
)
START = 1
"""Which stretch is shown at first."""


def days_of(stretch: Stretch, today: date, known: Mapping[str, object]) -> list[str]:
    """Every day of the stretch, oldest first, as ISO dates; for all time, from the first day that is known."""
    first = stretch.since(today) or min((_day(key) for key in known), default=today)
    last = max([today, *(_day(key) for key in known)])
    first = max(first, last - timedelta(days=_MOST_DAYS))
    return [(first + timedelta(days=number)).isoformat() for number in range((last - first).days + 1)]


def _day(key: str) -> date:
    return date.fromisoformat(key)
