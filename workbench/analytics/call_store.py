"""Writing model calls into the store, so that copies of a call, in any order and from any process, end as one row."""

import hashlib
import sqlite3
from collections.abc import Iterable, Sequence

from workbench.analytics.claude_lines import UNKNOWN_MODEL, Call
from workbench.analytics.prices import Tokens, price_book
from workbench.analytics.pricing import Pricer, price_unpriced

_COUNTS = ("input", "output", "cache_read", "cache_write_5m", "cache_write_1h", "web_searches")
_COLUMNS = (
    "key", "at", "model", "project", "session", "sidechain", "copied",
    *_COUNTS, "terms", "logged_nd", "price", "cost_nd",
)  # fmt: skip


def _name_of(column: str) -> str:
    return f"(SELECT name FROM log_name WHERE id = {column})"  # noqa: S608 - names of columns


_INSERT = f"INSERT INTO model_call ({', '.join(_COLUMNS)}) VALUES ({', '.join('?' * len(_COLUMNS))}) ON CONFLICT (key) "  # noqa: S608 - constant names
_NEW = _INSERT + "DO NOTHING"

# The same rules as `claude_scan.merged` and `claude_scan.attribution`, for a row that is there already.
_RAISED = " OR ".join(
    [f"excluded.{column} > {column}" for column in _COUNTS]
    + ["coalesce(excluded.terms, '') > coalesce(terms, '')", "coalesce(excluded.logged_nd, 0) > coalesce(logged_nd, 0)"]
)
_KNOWN_NOW = (
    f"({_name_of('excluded.model')} = '{UNKNOWN_MODEL}', {_name_of('excluded.model')})"
    f" < ({_name_of('model_call.model')} = '{UNKNOWN_MODEL}', {_name_of('model_call.model')})"
)
_BETTER = (
    f"(excluded.sidechain, excluded.copied, {_name_of('excluded.session')}, {_name_of('excluded.project')})"
    f" < (sidechain, copied, {_name_of('model_call.session')}, {_name_of('model_call.project')})"
)
_REPRICE = f"({_RAISED} OR excluded.model <> model_call.model AND {_KNOWN_NOW})"
_MERGE = (
    _INSERT
    + "DO UPDATE SET at = min(at, excluded.at), "
    + ", ".join(f"{column} = max({column}, excluded.{column})" for column in _COUNTS)
    + ", "
    + ", ".join(
        f"{column} = CASE WHEN {_BETTER} THEN excluded.{column} ELSE {column} END"
        for column in ("project", "session", "sidechain", "copied")
    )
    + f", model = CASE WHEN {_KNOWN_NOW} THEN excluded.model ELSE model END"
    + ", terms = nullif(max(coalesce(terms, ''), coalesce(excluded.terms, '')), '')"
    + ", logged_nd = nullif(max(coalesce(logged_nd, 0), coalesce(excluded.logged_nd, 0)), 0)"
    + f", price = CASE WHEN {_REPRICE} THEN NULL ELSE price END"
    + f", cost_nd = CASE WHEN {_REPRICE} THEN NULL ELSE cost_nd END"
    + f" WHERE excluded.at < at OR {_REPRICE} OR {_BETTER}"
)


class Names:
    """Ids of the names that calls share. Ids stay valid across transactions that were committed."""

    def __init__(self) -> None:
        self._ids: dict[str, int] = {}

    def ids(self, connection: sqlite3.Connection, names: Iterable[str]) -> dict[str, int]:
        """The id of each name, made where it is new."""
        wanted = sorted(set(names) - self._ids.keys())
        connection.executemany("INSERT INTO log_name (name) VALUES (?) ON CONFLICT DO NOTHING", [(n,) for n in wanted])
        for name in wanted:
            row = connection.execute("SELECT id FROM log_name WHERE name = ?", (name,)).fetchone()
            self._ids[name] = int(row[0])
        return self._ids


def write_calls(connection: sqlite3.Connection, names: Names, calls: Sequence[Call]) -> tuple[int, int]:
    """Store calls inside a write transaction; gives how many are new, and how many known ones changed."""
    if not calls:
        return 0, 0
    ids = names.ids(connection, (name for call in calls for name in (call.model, call.project, call.session)))
    pricer = Pricer(connection, price_book())
    rows = [_row(call, ids, pricer) for call in calls]
    before = connection.total_changes
    connection.executemany(_NEW, rows)
    new = connection.total_changes - before
    if new == len(rows):
        return new, 0
    before = connection.total_changes
    connection.executemany(_MERGE, rows)
    changed = connection.total_changes - before
    if changed:
        price_unpriced(connection, pricer, "key", [key_of(call.key) for call in calls])
    return new, changed


def key_of(identity: str) -> int:
    """The 64-bit hash under which a call is stored: half the size of the id, and the same for every agent's ids."""
    digest = hashlib.blake2b(identity.encode("utf-8", errors="surrogatepass"), digest_size=8).digest()
    return int.from_bytes(digest, "big", signed=True)


def _row(call: Call, ids: dict[str, int], pricer: Pricer) -> tuple[object, ...]:
    counts = (
        call.input,
        call.output,
        call.cache_read,
        call.cache_write_5m,
        call.cache_write_1h,
        call.web_searches,
    )
    price, cost = pricer.price(call.model, call.at, call.terms, Tokens(*counts), call.logged_nd)
    return (
        key_of(call.key), call.at, ids[call.model], ids[call.project], ids[call.session], call.sidechain, call.copied,
        *counts, call.terms, call.logged_nd, price, cost,
    )  # fmt: skip
