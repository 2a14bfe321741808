"""How skills did is told from their events: shares and exact percentiles."""

import random
from collections.abc import Iterator
from datetime import UTC, date
from typing import Any

import pytest

from workbench.analytics.events import Event, record, record_all
from workbench.analytics.usage import CaseOutcome, last_test_run, percentile, recent, usage
from workbench.storage import Store

NOON = 1_795_262_400_000  # 2026-11-21T12:00:00Z
DAY = 86_400_000


@pytest.fixture
def store() -> Iterator[Store]:
    store = Store(None)
    yield store
    store.close()


def event(skill: str = "csv", tool: str = "profile", **changes: Any) -> Event:
    values: dict[str, Any] = {"at": NOON, "kind": "call", "outcome": "ok", "duration_ms": 10}
    return Event(skill=skill, tool=tool, **{**values, **changes})


def test_success_leaves_out_what_a_person_cancelled(store: Store) -> None:
    outcomes = ["ok", "ok", "ok", "failed", "timeout", "refused", "limit", "error", "cancelled", "cancelled"]
    record_all(store, [event(outcome=outcome, at=NOON + n) for n, outcome in enumerate(outcomes)])
    (row,) = usage(store, by="skill")
    assert (row.key, row.calls, row.ok, row.failed, row.last_at) == ("csv", 10, 3, 5, NOON + 9)
    assert row.success == 3 / 8
    assert row.to_json() == {
        "key": "csv", "calls": 10, "ok": 3, "failed": 5, "success": 0.375, "p50_ms": 10, "p95_ms": 10,
        "last_at": NOON + 9,
    }  # fmt: skip


def test_only_cancelled_events_tell_nothing(store: Store) -> None:
    record(store, event(outcome="cancelled"))
    (row,) = usage(store, by="skill")
    assert (row.calls, row.success, row.p50_ms, row.p95_ms) == (1, None, None, None)


def test_percentiles_are_values_that_occurred_by_nearest_rank() -> None:
    assert percentile([], 50) is None
    assert [percentile([7], p) for p in (0, 50, 95, 100)] == [7, 7, 7, 7]
    assert percentile([1, 2, 3, 4], 50) == 2
    assert percentile(list(range(1, 101)), 95) == 95
    assert percentile(list(range(1, 21)), 95) == 19
    chance = random.Random(1)
    for _ in range(200):
        values = sorted(chance.choices(range(50), k=chance.randint(1, 60)))
        for percent in (1, 50, 95, 99, 100):
            found = percentile(values, percent)
            smallest = next(v for v in values if 100 * sum(w <= v for w in values) >= percent * len(values))
            assert found == smallest


def test_latency_is_of_the_group_it_is_shown_for(store: Store) -> None:
    record_all(store, [event(duration_ms=n) for n in range(1, 101)])
    record_all(store, [event(skill="web", duration_ms=7)])
    record_all(store, [event(skill="web", duration_ms=100_000, outcome="cancelled")])
    csv, web = usage(store, by="skill")
    assert (csv.p50_ms, csv.p95_ms) == (50, 95)
    assert (web.p50_ms, web.p95_ms) == (7, 7)


def test_tools_are_named_by_their_skill_and_rows_come_by_use(store: Store) -> None:
    record_all(store, [event(tool="a"), event(tool="b"), event(tool="b"), event(skill="web", tool="a")])
    assert [(row.key, row.calls) for row in usage(store, by="tool")] == [("csv.b", 2), ("csv.a", 1), ("web.a", 1)]


def test_days_are_the_users_own_and_in_order(store: Store) -> None:
    record_all(store, [event(at=NOON), event(at=NOON - 3 * DAY), event(at=NOON - 3 * DAY)])
    assert [(row.key, row.calls) for row in usage(store, by="day", tz=UTC)] == [("2026-11-18", 2), ("2026-11-21", 1)]
    (row,) = usage(store, by="day", tz=UTC, since=date(2026, 11, 21), until=date(2026, 11, 21))
    assert row.key == "2026-11-21"


def test_kind_and_demonstration_can_be_left_out(store: Store) -> None:
    record_all(store, [event(), event(kind="test", source="test"), event(source="demo")])
    asked: list[tuple[dict[str, Any], int]] = [
        ({}, 3), ({"kind": "call"}, 2), ({"kind": "test"}, 1), ({"include_demo": False}, 2),
        ({"kind": "call", "include_demo": False}, 1),
    ]  # fmt: skip
    for question, calls in asked:
        assert sum(row.calls for row in usage(store, by="skill", **question)) == calls


def test_recent_events_come_newest_first_and_whole(store: Store) -> None:
    whole = event(at=NOON + 5, exit_code=3, sandbox="full", reason="why", run="r", tree="t", detail={"a": [1]})
    record_all(store, [event(), whole, event(skill="web", at=NOON + 9)])
    assert recent(store, 2) == [event(skill="web", at=NOON + 9), whole]
    assert recent(store, 9, "csv") == [whole, event()]


def test_a_damaged_detail_does_not_hide_the_event(store: Store) -> None:
    record(store, event(detail={"a": 1}))
    for damaged in ("{", "[1]", "5"):
        with store.transaction() as connection:
            connection.execute("UPDATE event SET detail = ?", (damaged,))
        assert recent(store, 1)[0].detail == {}


def test_the_last_test_run_has_every_case_of_it_and_no_other(store: Store) -> None:
    assert last_test_run(store, "csv") is None

    def case(name: str, run: str, at: int, **changes: Any) -> Event:
        return event(tool=name, kind="test", source="test", run=run, at=at, **{"tree": "t1", **changes})

    record_all(store, [case("a", "r1", NOON), case("b", "r1", NOON + 1)])
    record_all(
        store,
        [
            case("a", "r2", NOON + 10, tree="t2"),
            case("b", "r2", NOON + 20, tree="t2", outcome="failed", reason="no", duration_ms=5),
            case("c", "r2", NOON + 30, tree="t2", outcome="cancelled"),
            event(at=NOON + 99),
            event(skill="web", kind="test", run="r2", at=NOON + 99),
        ],
    )
    last = last_test_run(store, "csv")
    assert last is not None
    assert (last.passed, last.failed, last.at, last.run, last.tree) == (1, 2, NOON + 10, "r2", "t2")
    assert last.cases == (
        CaseOutcome("a", "ok", 10, None),
        CaseOutcome("b", "failed", 5, "no"),
        CaseOutcome("c", "cancelled", 10, None),
    )
    before = last_test_run(store, "csv", "t1")
    assert before is not None
    assert (before.run, before.passed, before.failed) == ("r1", 2, 0)
    assert last_test_run(store, "csv", "t3") is None


def test_a_case_recorded_on_its_own_is_a_run_of_one(store: Store) -> None:
    record_all(store, [event(kind="test", tool="a"), event(kind="test", tool="b", at=NOON + 1)])
    last = last_test_run(store, "csv")
    assert last is not None
    assert [case.name for case in last.cases] == ["b"]
