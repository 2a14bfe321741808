"""How skills and tools were used: calls, success, latency and the last test run, from the stored events."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date, timedelta, tzinfo
from typing import Any, Literal

from workbench.analytics.events import Event, EventKind, event_from_row
from workbench.analytics.periods import bounds, local
from workbench.storage import Store

By = Literal["skill", "tool", "day"]

USAGE_DAYS = 30
"""What lately means."""


@dataclass(frozen=True, slots=True)
class UsageRow:
    """How one skill, tool or day did.

    Attributes:
        key: The skill's id, `skill.tool`, or the ISO day.
        ok: Events that ended well.
        failed: Those that did not, whatever the way: failure, timeout, refusal, limit, error. A cancelled or
            skipped one is neither: a person's change of mind says nothing about the skill.
        p50_ms: Median duration of all events that were not cancelled, by nearest rank; None without any.
        p95_ms: 95th percentile, likewise.
        last_at: UTC milliseconds of the latest event.
    """

    key: str
    calls: int
    ok: int
    failed: int
    p50_ms: int | None
    p95_ms: int | None
    last_at: int

    @property
    def success(self) -> float | None:
        """Share of those that ended well among those that were not cancelled, 0 to 1; None without any."""
        return self.ok / (self.ok + self.failed) if self.ok + self.failed else None

    def to_json(self) -> dict[str, Any]:
        """The row for programs."""
        return {
            "key": self.key,
            "calls": self.calls,
            "ok": self.ok,
            "failed": self.failed,
            "success": None if self.success is None else round(self.success, 4),
            "p50_ms": self.p50_ms,
            "p95_ms": self.p95_ms,
            "last_at": self.last_at,
        }


@dataclass(frozen=True, slots=True)
class CaseOutcome:
    """How one case of a test run ended; `word` says it more exactly (`xfail`, `flaky`), where there is more to say."""

    name: str
    outcome: str
    duration_ms: int
    reason: str | None
    word: str | None = None


@dataclass(frozen=True, slots=True)
class SkillTestRun:
    """The cases of one run of a skill's tests.

    Attributes:
        failed: Cases that did not pass, cancelled ones among them: a run that was cut short proves nothing.
        skipped: Cases that say themselves that they are not run.
        at: UTC milliseconds at which its first case began.
        run: Its id; None for a case that was recorded on its own.
    """

    passed: int
    failed: int
    at: int
    run: str | None
    tree: str | None
    cases: tuple[CaseOutcome, ...]
    skipped: int = 0


def usage(
    store: Store,
    *,
    by: By,
    since: date | None = None,
    until: date | None = None,
    tz: tzinfo | None = None,
    kind: EventKind | None = None,
    include_demo: bool = True,
    library: str | None = None,
) -> list[UsageRow]:
    """How skills, tools or days did; days in their order, the others by number of calls.

    Args:
        store: Where the events are.
        by: What a row stands for.
        since: First day, in `tz`.
        until: Last day, in `tz`, included.
        tz: The zone that days belong to; None for this machine's.
        kind: Only calls or only tests; None for both.
        include_demo: Whether the demonstration's events count.
        library: Only what was used of this library; None for all, whose skills may share an id.
    """
    where, parameters = _conditions(bounds(since, until, tz), kind, include_demo)
    if library is not None:
        where, parameters = f"{where} AND library = ?", (*parameters, library)
    rows = store.query(f"SELECT at, skill, tool, outcome, duration_ms FROM event WHERE {where}", parameters)  # noqa: S608 - constant text
    keys: dict[str, Callable[[Any], str]] = {
        "skill": lambda row: str(row["skill"]),
        "tool": lambda row: f"{row['skill']}.{row['tool']}",
        "day": lambda row: local(row["at"], tz).date().isoformat(),
    }
    groups: dict[str, list[Any]] = {}
    for row in rows:
        groups.setdefault(keys[by](row), []).append(row)
    found = [_row(key, groups[key]) for key in sorted(groups)]
    return found if by == "day" else sorted(found, key=lambda row: (-row.calls, row.key))


def used_lately(store: Store | None, library: str, today: date) -> dict[str, UsageRow]:
    """How the skills of a library were called in the last `USAGE_DAYS` days, by id; tests are no use."""
    if store is None:
        return {}
    since = today - timedelta(days=USAGE_DAYS - 1)
    return {row.key: row for row in usage(store, by="skill", since=since, kind="call", library=library)}


def recent(store: Store, limit: int, skill: str | None = None) -> list[Event]:
    """The latest events, the newest first, of all skills or of one."""
    where, parameters = ("WHERE skill = ?", (skill,)) if skill is not None else ("", ())
    rows = store.query(f"SELECT * FROM event {where} ORDER BY at DESC, id DESC LIMIT ?", (*parameters, limit))  # noqa: S608 - constant text
    return [event_from_row(row) for row in rows]


def last_test_run(store: Store, skill: str, tree: str | None = None) -> SkillTestRun | None:
    """The latest run of a skill's tests, on `tree` if it is given; None if there was none."""
    on_tree, parameters = (" AND tree = ?", (skill, tree)) if tree is not None else ("", (skill,))
    of_skill = f"kind = 'test' AND skill = ?{on_tree}"
    last = store.query(f"SELECT id, run FROM event WHERE {of_skill} ORDER BY at DESC, id DESC LIMIT 1", parameters)  # noqa: S608 - constant text
    if not last:
        return None
    run = last[0]["run"]
    which, value = ("run", run) if run is not None else ("id", last[0]["id"])
    rows = store.query(f"SELECT * FROM event WHERE {of_skill} AND {which} = ? ORDER BY id", (*parameters, value))  # noqa: S608 - constant text
    passed = sum(row["outcome"] == "ok" for row in rows)
    skipped = sum(row["outcome"] == "skipped" for row in rows)
    return SkillTestRun(
        passed=passed,
        failed=len(rows) - passed - skipped,
        skipped=skipped,
        at=min(row["at"] for row in rows),
        run=run,
        tree=rows[-1]["tree"],
        cases=tuple(map(_case, rows)),
    )


def last_outcomes(store: Store, library: str, skill: str) -> dict[str, CaseOutcome]:
    """How each case of a skill ended the last time that this told something, on whatever tree."""
    told = "kind = 'test' AND library = ? AND skill = ? AND outcome NOT IN ('cancelled', 'refused')"
    rows = store.query(f"SELECT *, MAX(id) FROM event WHERE {told} GROUP BY tool", (library, skill))  # noqa: S608 - constant text
    return {row["tool"]: _case(row) for row in rows}


def _case(row: Any) -> CaseOutcome:
    said = event_from_row(row).detail.get("outcome")
    word = said if isinstance(said, str) else None
    return CaseOutcome(row["tool"], row["outcome"], row["duration_ms"], row["reason"], word)


def percentile(sorted_values: list[int], percent: int) -> int | None:
    """The smallest value that `percent` of all are not above (nearest rank, exact); None of no values."""
    if not sorted_values:
        return None
    rank = -(-percent * len(sorted_values) // 100)
    return sorted_values[max(rank, 1) - 1]


def _conditions(window: tuple[int, int], kind: EventKind | None, include_demo: bool) -> tuple[str, tuple[Any, ...]]:
    where, parameters = "at >= ? AND at < ?", (*window,)
    if kind is None:
        where += " AND kind IN ('call', 'test')"
    else:
        where, parameters = f"{where} AND kind = ?", (*parameters, kind)  # type: ignore[assignment]  # a longer tuple
    if not include_demo:
        where += " AND source <> 'demo'"
    return where, parameters


def _row(key: str, events: Iterable[Any]) -> UsageRow:
    events = list(events)
    counted = [event for event in events if event["outcome"] not in ("cancelled", "skipped")]
    ok = sum(event["outcome"] == "ok" for event in counted)
    durations = sorted(event["duration_ms"] for event in counted)
    return UsageRow(
        key=key,
        calls=len(events),
        ok=ok,
        failed=len(counted) - ok,
        p50_ms=percentile(durations, 50),
        p95_ms=percentile(durations, 95),
        last_at=max(event["at"] for event in events),
    )
