"""Events: one row in the store for each call, each test case and each run of an evaluation."""

import json
import sqlite3
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from workbench.storage import Store

EventKind = Literal["call", "test", "compare", "audit", "eval"]
EventSource = Literal["person", "test", "agent", "demo"]


@dataclass(frozen=True, slots=True)
class Event:
    """One call, one test case or one run of an evaluation.

    Attributes:
        at: UTC milliseconds at which it began.
        library: The library's root commit, or its folder outside git.
        skill: Skill id.
        tree: The skill's tree that ran, where known.
        tool: The tool's name within its skill, the case's name, or the evaluation's id.
        outcome: As `sandbox.model.RunOutcome`; a test whose expectations failed is `failed`.
        sandbox: The level in force.
        reason: Why it did not end well, one line.
        run: Groups the cases of one test run.
    """

    at: int
    kind: EventKind
    skill: str
    tool: str
    outcome: str
    duration_ms: int
    source: EventSource = "person"
    library: str | None = None
    tree: str | None = None
    exit_code: int | None = None
    sandbox: str | None = None
    reason: str | None = None
    run: str | None = None
    detail: Mapping[str, Any] = field(default_factory=dict)


_COLUMNS = (
    "at", "kind", "library", "skill", "tree", "tool", "source", "outcome",
    "exit_code", "duration_ms", "sandbox", "reason", "run", "detail",
)  # fmt: skip
_INSERT = f"INSERT INTO event ({', '.join(_COLUMNS)}) VALUES ({', '.join('?' * len(_COLUMNS))})"  # noqa: S608 - constant names


def record(store: Store, event: Event) -> int:
    """Store one event; gives its id."""
    with store.transaction() as connection:
        return int(connection.execute(_INSERT, _row(event)).lastrowid or 0)


def record_all(store: Store, events: Iterable[Event]) -> None:
    """Store many events in one transaction."""
    with store.transaction() as connection:
        connection.executemany(_INSERT, map(_row, events))


def _row(event: Event) -> tuple[Any, ...]:
    detail = json.dumps(dict(event.detail)) if event.detail else None
    return tuple(detail if name == "detail" else getattr(event, name) for name in _COLUMNS)


def event_from_row(row: Mapping[str, Any] | sqlite3.Row) -> Event:
    """The event that a row of the table `event` holds; a `detail` that is not a JSON object comes back empty."""
    try:
        detail = json.loads(row["detail"]) if row["detail"] else {}
    except ValueError:
        detail = {}
    values = {name: row[name] for name in _COLUMNS if name != "detail"}
    return Event(**values, detail=detail if isinstance(detail, dict) else {})
