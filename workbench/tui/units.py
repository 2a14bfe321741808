"""Numbers as people read them: with a unit, and "unknown" where there is none."""

from datetime import datetime

UNKNOWN = "unknown"


def duration(ms: float | None) -> str:
    """`412 ms`, `3.2 s`, `2 min 05 s`."""
    if ms is None:
        return UNKNOWN
    if ms < 1_000:
        return f"{ms:.0f} ms"
    if ms < 60_000:
        return f"{ms / 1_000:.1f} s"
    minutes, seconds = divmod(round(ms / 1_000), 60)
    if minutes < 60:
        return f"{minutes} min {seconds:02} s"
    return f"{minutes // 60} h {minutes % 60:02} min"


def local_time(ms: int | None) -> str:
    """UTC milliseconds as `2026-11-21 10:00` in the user's own zone."""
    return UNKNOWN if ms is None else f"{datetime.fromtimestamp(ms / 1_000):%Y-%m-%d %H:%M}"


def percent(part: int, whole: int) -> str:
    """`97 %`; never rounded up to 100 or down to 0, and unknown for a share of nothing."""
    if whole == 0:
        return UNKNOWN
    share = 100 * part / whole
    if 99 < share < 100:
        return "99 %"
    if 0 < share < 1:
        return "1 %"
    return f"{share:.0f} %"


def size(count: float | None) -> str:
    """Bytes as `812 B`, `1.2 kB`, `34 MB`."""
    return UNKNOWN if count is None else _scaled(count, ("B", "kB", "MB", "GB", "TB"), " ")


def tokens(count: int | None) -> str:
    """A number of tokens as `812`, `1.2k`, `34M`; its column names the unit."""
    return UNKNOWN if count is None else _scaled(count, ("", "k", "M", "G"), "")


def _scaled(value: float, names: tuple[str, ...], space: str) -> str:
    step = 0
    while value >= 999.5 and step < len(names) - 1:
        value, step = value / 1_000, step + 1
    digits = 1 if step and value < 99.95 else 0
    return f"{value:.{digits}f}{space}{names[step]}"
