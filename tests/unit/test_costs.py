"""Costs are exact, belong to the user's own days, and unknown is never zero."""

import json
import random
from collections import defaultdict
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta, timezone
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from workbench.analytics.call_store import Names, write_calls
from workbench.analytics.claude_lines import Call
from workbench.analytics.costs import TokenSums, cost_report, session_calls
from workbench.analytics.prices import Tokens, price_book
from workbench.storage import Store


def ms(stamp: str) -> int:
    return int(datetime.fromisoformat(stamp).timestamp() * 1000)


def call(key: str, stamp: str = "2026-11-21T10:00:00+00:00", **changes: Any) -> Call:
    values: dict[str, Any] = {
        "key": key, "at": ms(stamp), "model": "claude-opus-5", "project": "/p", "session": "s", "sidechain": False,
        "copied": False, "input": 1, "output": 0, "cache_read": 0, "cache_write_5m": 0, "cache_write_1h": 0,
        "web_searches": 0, "terms": None, "logged_nd": None,
    }  # fmt: skip
    return Call(**{**values, **changes})


@pytest.fixture
def store() -> Iterator[Store]:
    store = Store(None)
    yield store
    store.close()


def keep(store: Store, *calls: Call) -> None:
    with store.transaction() as connection:
        write_calls(connection, Names(), calls)


def keys(store: Store, **asked: Any) -> list[str]:
    return [row.key for row in cost_report(store, **asked).rows]


def test_the_json_has_exactly_the_promised_shape(store: Store) -> None:
    keep(store, call("a", input=1000, output=2000, cache_read=3000, cache_write_5m=400, cache_write_1h=50))
    known = 1000 * 5000 + 2000 * 25_000 + 3000 * 500 + 400 * 6250 + 50 * 10_000
    group = {
        "usd": "0.0595",
        "calls": 1,
        "unpriced_calls": 0,
        "tokens": {"input": 1000, "output": 2000, "cache_read": 3000, "cache_write_5m": 400, "cache_write_1h": 50},
    }
    assert known == 59_500_000
    report = cost_report(store, by="day", tz=UTC).to_json()
    assert json.dumps(report) == json.dumps({"total": group, "rows": [{"key": "2026-11-21", **group}]})


def test_nothing_costs_nothing(store: Store) -> None:
    nothing = {"input": 0, "output": 0, "cache_read": 0, "cache_write_5m": 0, "cache_write_1h": 0}
    for by in ("day", "week", "month", "model", "project", "session"):
        report = cost_report(store, by=by, tz=UTC).to_json()  # type: ignore[arg-type]  # all of them
        assert report == {
            "total": {"usd": "0.0000", "calls": 0, "unpriced_calls": 0, "tokens": nothing},
            "rows": [],
        }


def test_what_is_unknown_is_null_and_what_is_partly_known_says_so(store: Store) -> None:
    keep(store, call("a", model="mystery"), call("b", model="mystery"), call("c", input=2_000_000))
    report = cost_report(store, by="model").to_json()
    assert [(row["key"], row["usd"], row["unpriced_calls"]) for row in report["rows"]] == [
        ("claude-opus-5", "10.0000", 0),
        ("mystery", None, 2),
    ]
    assert (report["total"]["usd"], report["total"]["unpriced_calls"]) == ("10.0000", 2)
    only = cost_report(store, by="model", since=date(2030, 1, 1)).to_json()
    assert only["total"]["usd"] == "0.0000"


def test_a_total_in_which_everything_is_unknown_is_null(store: Store) -> None:
    keep(store, call("a", model="mystery"))
    assert cost_report(store, by="day", tz=UTC).to_json()["total"]["usd"] is None
    assert cost_report(store, by="day", tz=UTC).to_json()["rows"][0]["usd"] is None


def test_a_million_small_calls_lose_no_fraction_of_a_cent(store: Store) -> None:
    keep(store, *(call(f"k{number}", model="claude-haiku-5-5", input=1) for number in range(10_000)))
    assert cost_report(store, by="day", tz=UTC).total.cost_nd == 10_000 * 100


def test_a_call_belongs_to_the_day_of_the_users_zone(store: Store) -> None:
    keep(store, call("a", "2026-11-21T23:30:00+00:00"))
    for zone, day in (
        ("UTC", "2026-11-21"),
        ("Europe/Berlin", "2026-11-22"),
        ("Asia/Kathmandu", "2026-11-22"),
        ("America/Los_Angeles", "2026-11-21"),
        ("Pacific/Kiritimati", "2026-11-22"),
    ):
        tz = ZoneInfo(zone)
        assert keys(store, by="day", tz=tz) == [day]
        asked = date.fromisoformat(day)
        assert cost_report(store, by="model", since=asked, until=asked, tz=tz).total.calls == 1
        assert cost_report(store, by="model", until=asked - timedelta(days=1), tz=tz).total.calls == 0
        assert cost_report(store, by="model", since=asked + timedelta(days=1), tz=tz).total.calls == 0


def test_the_first_moment_of_a_day_is_in_it_and_not_in_the_day_before(store: Store) -> None:
    keep(store, call("a", "2026-11-21T00:00:00+00:00"), call("b", "2026-11-20T23:59:59.999+00:00"))
    for by in ("day", "model"):
        for day in (20, 21):
            asked = date(2026, 11, day)
            assert cost_report(store, by=by, since=asked, until=asked, tz=UTC).total.calls == 1  # type: ignore[arg-type]  # both


def test_weeks_and_months_have_their_own_years(store: Store) -> None:
    keep(store, call("a", "2027-01-01T12:00:00+00:00"), call("b", "2026-01-01T12:00:00+00:00"), call("c"))
    assert keys(store, by="week", tz=UTC) == ["2026-W01", "2026-W47", "2026-W53"]
    assert keys(store, by="month", tz=UTC) == ["2026-01", "2026-11", "2027-01"]
    assert keys(store, by="day", tz=UTC) == ["2026-01-01", "2026-11-21", "2027-01-01"]


@pytest.mark.parametrize(
    "tz",
    [ZoneInfo("Europe/Berlin"), ZoneInfo("America/Havana"), ZoneInfo("Africa/Cairo"), ZoneInfo("Australia/Lord_Howe"),
     ZoneInfo("Asia/Kolkata"), timezone(timedelta(minutes=7, seconds=13)), None],
)  # fmt: skip
def test_days_over_a_year_with_clock_changes_equal_a_count_by_hand(store: Store, tz: Any) -> None:
    chance = random.Random(5)
    moments = [ms("2026-01-01T00:00:00+00:00") + chance.randrange(365 * 86_400_000) for _ in range(3000)]
    calls = [call(f"k{n}", input=n, output=n % 7) for n in range(3000)]
    for item, moment in zip(calls, moments, strict=True):
        item.at = moment
    keep(store, *calls)
    by_hand: dict[str, int] = defaultdict(int)
    for item in calls:
        by_hand[datetime.fromtimestamp(item.at / 1000, UTC).astimezone(tz).date().isoformat()] += item.input
    report = cost_report(store, by="day", tz=tz)
    assert {row.key: row.tokens.input for row in report.rows} == dict(by_hand)
    some = sorted(by_hand)[40:50]
    window = cost_report(store, by="day", tz=tz, since=date.fromisoformat(some[0]), until=date.fromisoformat(some[-1]))
    assert {row.key: row.tokens.input for row in window.rows} == {key: by_hand[key] for key in some}


def test_every_grouping_has_the_same_total_as_the_calls_one_by_one(store: Store) -> None:
    chance = random.Random(3)
    models = ["claude-opus-5", "claude-sonnet-4-5", "claude-haiku-4-5", "mystery"]
    calls = [
        call(f"k{n}", model=chance.choice(models), project=f"/p{n % 5}", session=f"s{n % 17}",
             input=chance.randrange(300_000), output=chance.randrange(9000), cache_read=chance.randrange(200_000),
             cache_write_5m=chance.randrange(5000), cache_write_1h=chance.randrange(5000))
        for n in range(2000)
    ]  # fmt: skip
    keep(store, *calls)
    expected = 0
    for item in calls:
        rates = price_book().rates(item.model, item.at)
        counts = Tokens(item.input, item.output, item.cache_read, item.cache_write_5m, item.cache_write_1h)
        expected += rates.cost(counts) if rates else 0
    for by in ("day", "week", "month", "model", "project", "session"):
        total = cost_report(store, by=by).total  # type: ignore[arg-type]  # all of them
        assert (total.cost_nd, total.calls) == (expected, 2000)
        assert total.unpriced_calls == sum(item.model == "mystery" for item in calls)
        assert total.tokens.output == sum(item.output for item in calls)


def test_groups_come_dearest_first_and_unpriced_last(store: Store) -> None:
    keep(
        store,
        call("a", project="/cheap"),
        call("b", project="/dear", input=9000),
        call("c", project="/unknown", model="mystery"),
        call("d", project="/unknown", model="mystery"),
        call("e", project="/also-unknown", model="mystery"),
    )
    assert keys(store, by="project") == ["/dear", "/cheap", "/unknown", "/also-unknown"]


def test_names_come_back_as_they_were_logged(store: Store) -> None:
    keep(store, call("a", project="/x\x1b[31m\u202e"))
    assert keys(store, by="project") == ["/x\x1b[31m\u202e"]


def test_a_sessions_calls_come_in_order_with_their_price(store: Store) -> None:
    keep(
        store,
        call("late", "2026-11-21T11:00:00+00:00", sidechain=True, model="mystery"),
        call("early", "2026-11-21T09:00:00+00:00", terms="speed=fast", input=1000),
        call("other", session="s2"),
    )
    early, late = session_calls(store, "s")
    assert (early.cost_nd, early.terms, early.tokens) == (10_000_000, "speed=fast", TokenSums(input=1000))
    assert early.price is not None
    assert early.price.startswith("anthropic/claude-opus-5 speed=fast (genai-prices ")
    assert (late.cost_nd, late.price, late.sidechain, late.model) == (None, None, True, "mystery")
    assert session_calls(store, "nobody's") == []


def test_days_at_the_ends_of_the_calendar_are_asked_without_a_crash(store: Store) -> None:
    keep(store, call("a"))
    for tz in (None, UTC, ZoneInfo("Pacific/Kiritimati"), ZoneInfo("America/Los_Angeles")):
        assert cost_report(store, by="day", since=date.min, until=date.max, tz=tz).total.calls == 1
        assert cost_report(store, by="day", since=date.max, tz=tz).total.calls == 0
        assert cost_report(store, by="day", until=date.min, tz=tz).total.calls == 0
