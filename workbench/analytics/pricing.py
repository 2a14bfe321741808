"""Prices of stored calls: the rates in use are kept as rows, so that a total of last year stays what it was.

A call of a model that nobody has a price for keeps null as its cost, and the model is noted with the price data that
did not know it; when newer data is there, those calls are tried again.
"""

import sqlite3
from collections.abc import Sequence

from workbench.analytics.prices import PriceBook, Rates, Tokens, price_book
from workbench.storage import Store

_BATCH = 5000
_TOKENS = "input, output, cache_read, cache_write_5m, cache_write_1h, web_searches"


class Pricer:
    """Prices calls within one transaction; makes the rows of `price` that they need.

    Args:
        connection: A connection inside a write transaction.
        book: The price data.
    """

    def __init__(self, connection: sqlite3.Connection, book: PriceBook) -> None:
        self._connection = connection
        self._book = book
        self._rates: dict[tuple[str, int, str | None], tuple[int, Rates] | None] = {}

    def price(
        self, model: str, at: int, terms: str | None, tokens: Tokens, logged_nd: int | None
    ) -> tuple[int | None, int | None]:
        """The id of the rates and the cost in nano-dollars; both None for an unknown price.

        What the agent itself wrote beside a call (old versions did) is what the call cost, without rates of ours.
        """
        if logged_nd is not None:
            return None, logged_nd
        period = 1000 if self._book.changes_within_a_day(model) else 86_400_000
        key = (model, at // period, terms)
        if key not in self._rates:
            self._rates[key] = self._row(model, at, terms)
        found = self._rates[key]
        return (found[0], found[1].cost(tokens)) if found else (None, None)

    def _row(self, model: str, at: int, terms: str | None) -> tuple[int, Rates] | None:
        rates = self._book.rates(model, at, terms)
        if rates is None:
            self._keep(model, "", "")
            return None
        return self._keep(rates.model, rates.since, rates.to_json()), rates

    def _keep(self, model: str, day: str, rates: str) -> int:
        self._connection.execute(
            "INSERT INTO price (model, day, rates, source) VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING",
            (model, day, rates, self._book.source),
        )
        row = self._connection.execute(
            "SELECT id FROM price WHERE model = ? AND day = ? AND rates = ?", (model, day, rates)
        ).fetchone()
        return int(row[0])


def price_unpriced(connection: sqlite3.Connection, pricer: Pricer, column: str, values: Sequence[int]) -> int:
    """Price calls that have no cost yet, found by `column` (`key` or `model`); gives how many have one now."""
    priced = 0
    for start in range(0, len(values), _BATCH):
        some = values[start : start + _BATCH]
        cursor = connection.execute(
            f"SELECT key, name, at, terms, logged_nd, {_TOKENS} FROM model_call JOIN log_name ON log_name.id = model"  # noqa: S608 - constant text and marks
            f" WHERE cost_nd IS NULL AND {column} IN ({', '.join('?' * len(some))})",
            some,
        )
        changes = []
        for key, name, at, terms, logged_nd, *tokens in cursor.fetchall():
            price, cost = pricer.price(name, at, terms, Tokens(*tokens), logged_nd)
            if cost is not None:
                changes.append((price, cost, key))
        connection.executemany("UPDATE model_call SET price = ?, cost_nd = ? WHERE key = ?", changes)
        priced += len(changes)
    return priced


def retry_unpriced(store: Store) -> int:
    """Try calls without a price again if the price data has changed since; gives how many got a price."""
    book = price_book()
    stale = store.query("SELECT model FROM price WHERE rates = '' AND source <> ?", (book.source,))
    if not stale:
        return 0
    with store.transaction() as connection:
        connection.execute("DELETE FROM price WHERE rates = '' AND source <> ?", (book.source,))
        names = [row["model"] for row in stale]
        marks = ", ".join("?" * len(names))
        ids = connection.execute(f"SELECT id FROM log_name WHERE name IN ({marks})", names).fetchall()  # noqa: S608 - marks only
        return price_unpriced(connection, Pricer(connection, book), "model", [row[0] for row in ids])
