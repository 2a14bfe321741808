"""Numbers on the screen have a unit, and what is not known is never a number."""

import pytest

from workbench.tui.units import duration, local_time, percent, size, tokens


@pytest.mark.parametrize(
    ("ms", "said"),
    [
        (None, "unknown"),
        (0, "0 ms"),
        (412, "412 ms"),
        (3_210, "3.2 s"),
        (125_000, "2 min 05 s"),
        (3_720_000, "1 h 02 min"),
    ],
)
def test_durations(ms: float | None, said: str) -> None:
    assert duration(ms) == said


def test_one_failure_in_a_thousand_is_not_a_hundred_percent() -> None:
    assert percent(999, 1_000) == "99 %"
    assert percent(1_000, 1_000) == "100 %"
    assert percent(1, 1_000) == "1 %"
    assert percent(0, 0) == "unknown"


@pytest.mark.parametrize(
    ("count", "said"), [(0, "0 B"), (999, "999 B"), (1_234, "1.2 kB"), (34_000_000, "34.0 MB"), (999_999, "1.0 MB")]
)
def test_sizes(count: int, said: str) -> None:
    assert size(count) == said


def test_tokens_are_short() -> None:
    assert [tokens(n) for n in (0, 812, 12_345, 123_456, 1_234_567)] == ["0", "812", "12.3k", "123k", "1.2M"]


def test_times_are_in_the_users_own_zone(monkeypatch: pytest.MonkeyPatch) -> None:
    import time

    monkeypatch.setenv("TZ", "Asia/Tokyo")
    time.tzset()
    try:
        assert local_time(0) == "1970-01-01 09:00"
    finally:
        monkeypatch.undo()
        time.tzset()
