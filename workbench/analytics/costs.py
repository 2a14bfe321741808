"""What model calls cost: totals and groups of what the importers stored, exact to the nano-dollar."""

import sqlite3
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, tzinfo
from typing import Any, Literal, get_args

from workbench.analytics.money import usd
from workbench.analytics.periods import Period, bounds, grain, local, period_key
from workbench.storage import Store

By = Literal["day", "week", "month", "model", "project", "session"]

_SUMS = (
    "count(*) AS calls, count(*) - count(cost_nd) AS unpriced, coalesce(sum(cost_nd), 0) AS cost, sum(input) AS input,"
    " sum(output) AS output, sum(cache_read) AS cache_read, sum(cache_write_5m) AS cache_write_5m,"
    " sum(cache_write_1h) AS cache_write_1h"
)


@dataclass(frozen=True, slots=True)
class TokenSums:
    """Tokens by how they are billed; `input` is what was read without any caching."""

    input: int = 0
    output: int = 0
    cache_read: int = 0
    cache_write_5m: int = 0
    cache_write_1h: int = 0

    def __add__(self, other: "TokenSums") -> "TokenSums":
        return TokenSums(
            self.input + other.input,
            self.output + other.output,
            self.cache_read + other.cache_read,
            self.cache_write_5m + other.cache_write_5m,
            self.cache_write_1h + other.cache_write_1h,
        )

    @property
    def total(self) -> int:
        """All tokens."""
        return self.input + self.output + self.cache_read + self.cache_write_5m + self.cache_write_1h


@dataclass(frozen=True, slots=True)
class CostRow:
    """What a group of calls cost.

    Attributes:
        key: The period, or the model, project or session as logged (raw: sanitise it where it is shown); empty for a
            total.
        known_nd: Nano-dollars of the calls that have a price.
        unpriced_calls: Calls that nobody knows a price for.
    """

    key: str
    known_nd: int = 0
    calls: int = 0
    unpriced_calls: int = 0
    tokens: TokenSums = TokenSums()

    @property
    def cost_nd(self) -> int | None:
        """Nano-dollars; None if all of it is unpriced, since unknown is not nothing."""
        return None if self.calls and self.unpriced_calls == self.calls else self.known_nd

    def to_json(self) -> dict[str, Any]:
        """The row without its key, as `cost_report` gives it to programs."""
        return {
            "usd": usd(self.cost_nd),
            "calls": self.calls,
            "unpriced_calls": self.unpriced_calls,
            "tokens": {
                "input": self.tokens.input,
                "output": self.tokens.output,
                "cache_read": self.tokens.cache_read,
                "cache_write_5m": self.tokens.cache_write_5m,
                "cache_write_1h": self.tokens.cache_write_1h,
            },
        }


@dataclass(frozen=True, slots=True)
class CostReport:
    """What calls cost in all, and by group."""

    total: CostRow
    rows: tuple[CostRow, ...]

    def to_json(self) -> dict[str, Any]:
        """`{"total": {...}, "rows": [{"key": ..., ...}]}`; amounts are strings with four decimals, or null."""
        return {
            "total": self.total.to_json(),
            "rows": [{"key": row.key, **row.to_json()} for row in self.rows],
        }


@dataclass(frozen=True, slots=True)
class CallDetail:
    """One model call of a session.

    Attributes:
        at: UTC milliseconds.
        terms: What changed its price (`speed=fast geo=us tier=batch`), or None.
        price: The rates' name and the data they came from, or None.
        cost_nd: Nano-dollars, or None while unpriced.
    """

    at: int
    model: str
    project: str
    sidechain: bool
    tokens: TokenSums
    web_searches: int
    terms: str | None
    price: str | None
    cost_nd: int | None


def cost_report(
    store: Store,
    *,
    by: By,
    since: date | None = None,
    until: date | None = None,
    tz: tzinfo | None = None,
) -> CostReport:
    """What the stored calls cost.

    Args:
        store: Where they are.
        by: How to group them. Periods come in their order, everything else by cost, the dearest first.
        since: First day, in `tz`.
        until: Last day, in `tz`, included.
        tz: The zone that days belong to; None for this machine's.
    """
    window = bounds(since, until, tz)
    rows = _by_period(store, by, window, tz) if by in get_args(Period) else _by_name(store, by, window)
    return CostReport(total=_sum("", rows), rows=tuple(rows))


def session_calls(store: Store, session: str) -> list[CallDetail]:
    """Every call of a session, in the order of time."""
    rows = store.query(
        "SELECT c.*, m.name AS model_name, p.name AS project_name, price.model || ' (' || price.source || ')' AS rate"
        " FROM model_call c JOIN log_name m ON m.id = c.model JOIN log_name p ON p.id = c.project"
        " LEFT JOIN price ON price.id = c.price"
        " WHERE c.session = (SELECT id FROM log_name WHERE name = ?) ORDER BY c.at, c.key",
        (session,),
    )
    return [
        CallDetail(
            at=row["at"],
            model=row["model_name"],
            project=row["project_name"],
            sidechain=bool(row["sidechain"]),
            tokens=_tokens(row),
            web_searches=row["web_searches"],
            terms=row["terms"],
            price=row["rate"],
            cost_nd=row["cost_nd"],
        )
        for row in rows
    ]


def _by_name(store: Store, by: str, window: tuple[int, int]) -> list[CostRow]:
    rows = store.query(
        f"SELECT name, {_SUMS} FROM model_call JOIN log_name ON log_name.id = model_call.{by}"  # noqa: S608 - `by` is one of ours
        " WHERE at >= ? AND at < ? GROUP BY name",
        window,
    )
    return sorted((_row(row["name"], row) for row in rows), key=_dearest_first)


def _dearest_first(row: CostRow) -> tuple[bool, int, int, str]:
    """Unpriced groups last, since nobody knows where else they belong."""
    return row.cost_nd is None, -row.known_nd, -row.calls, row.key


def _by_period(store: Store, by: str, window: tuple[int, int], tz: tzinfo | None) -> list[CostRow]:
    """Sums over spans that no midnight crosses, made by SQLite; the spans of a period added up here."""
    first, last = store.query("SELECT min(at), max(at) FROM model_call")[0]
    if first is None:
        return []
    span = grain(first, last, tz)
    rows = store.query(
        f"SELECT at / {span} AS span, {_SUMS} FROM model_call WHERE at >= ? AND at < ? GROUP BY 1",  # noqa: S608 - a number
        window,
    )
    groups: dict[str, list[CostRow]] = {}
    for row in rows:
        key = period_key(local(row["span"] * span, tz).date(), by)  # type: ignore[arg-type]  # checked by the caller
        groups.setdefault(key, []).append(_row(key, row))
    return [_sum(key, groups[key]) for key in sorted(groups)]


def _sum(key: str, rows: Iterable[CostRow]) -> CostRow:
    rows = list(rows)
    return CostRow(
        key=key,
        known_nd=sum(row.known_nd for row in rows),
        calls=sum(row.calls for row in rows),
        unpriced_calls=sum(row.unpriced_calls for row in rows),
        tokens=sum((row.tokens for row in rows), TokenSums()),
    )


def _row(key: str, row: sqlite3.Row) -> CostRow:
    return CostRow(key, row["cost"], row["calls"], row["unpriced"], _tokens(row))


def _tokens(row: sqlite3.Row) -> TokenSums:
    return TokenSums(row["input"], row["output"], row["cache_read"], row["cache_write_5m"], row["cache_write_1h"])
