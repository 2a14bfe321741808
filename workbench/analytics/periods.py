"""Days, weeks and months in a person's own time zone, for moments stored as UTC milliseconds."""

from datetime import UTC, date, datetime, time, timedelta, tzinfo
from typing import Literal

Period = Literal["day", "week", "month"]

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_QUARTER = 15 * 60


def local(at: int, tz: tzinfo | None) -> datetime:
    """The moment on the clock of `tz`; None means the zone of this machine."""
    return (_EPOCH + timedelta(milliseconds=at)).astimezone(tz)


def bounds(since: date | None, until: date | None, tz: tzinfo | None) -> tuple[int, int]:
    """UTC milliseconds from the first moment of `since` to, exclusively, the first of the day after `until`."""
    first = _start_of(since, tz) if since is not None else -(2**63)
    end = _start_of(until + timedelta(days=1), tz) if until is not None and until < date.max else 2**63 - 1
    return first, end


def period_key(day: date, period: Period) -> str:
    """`2026-11-21`, `2026-W47` (ISO 8601, the year that the week belongs to) or `2026-11`."""
    if period == "day":
        return day.isoformat()
    if period == "month":
        return f"{day.year:04d}-{day.month:02d}"
    year, week, _ = day.isocalendar()
    return f"{year:04d}-W{week:02d}"


def grain(first: int, last: int, tz: tzinfo | None) -> int:
    """Milliseconds of the longest span that never crosses a midnight of `tz` between two moments.

    Today's zones are whole quarters of an hour from UTC; a made-up one may be anything, and is then served by seconds.
    """
    offsets = (local(at, tz).utcoffset() or timedelta() for at in (first, last))
    return (1 if any(offset.total_seconds() % _QUARTER for offset in offsets) else _QUARTER) * 1000


def _start_of(day: date, tz: tzinfo | None) -> int:
    midnight = datetime.combine(day, time.min, tzinfo=tz)
    try:
        moment = midnight if tz is not None else midnight.astimezone()
        return int((moment - _EPOCH) / timedelta(milliseconds=1))
    except (OverflowError, ValueError):
        return -(2**63) if day.year < 1970 else 2**63 - 1
