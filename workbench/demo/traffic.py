"""The demonstration's past: some weeks of calls, test runs and model requests, all made up and marked as such."""

import json
import random
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from workbench.analytics.events import Event, record_all
from workbench.demo.script import USE
from workbench.storage import Store

_SEED = 20
_DAYS = 35
_LEVEL = "bubblewrap"
_MODELS = (("claude-opus-4-6", 1), ("claude-sonnet-4-6", 6), ("claude-haiku-4-5", 3), ("house-model-7b", 1))
_PROJECTS = ("/demo-data/shop", "/demo-data/shop-docs", "/demo-data/infra")


def write_events(store: Store, library: str, trees: Mapping[str, Sequence[str]], now: datetime) -> None:
    """Store the calls and test runs of the last weeks, with source `demo`."""
    record_all(store, _events(random.Random(_SEED), library, trees, now))


def _events(dice: random.Random, library: str, trees: Mapping[str, Sequence[str]], now: datetime) -> Iterator[Event]:
    for days_ago in range(_DAYS, 0, -1):
        day = now - timedelta(days=days_ago)
        for name, (tool, a_day, fails, median_ms) in USE.items():
            skill = f"skills/{name}"
            busy = 0.25 if day.weekday() >= 5 else 1.0
            for _ in range(_poisson(dice, a_day * busy)):
                failed = dice.random() < fails
                yield Event(
                    at=_moment(dice, day),
                    kind="call",
                    library=library,
                    skill=skill,
                    tree=_tree(trees, skill),
                    tool=tool,
                    source="demo",
                    outcome="failed" if failed else "ok",
                    exit_code=2 if failed else 0,
                    duration_ms=max(8, round(dice.lognormvariate(0, 0.5) * median_ms)),
                    sandbox=_LEVEL,
                    reason="it ended with exit code 2" if failed else None,
                )
    yield from _last_test_run(library, trees, now)


def _last_test_run(library: str, trees: Mapping[str, Sequence[str]], now: datetime) -> Iterator[Event]:
    """Yesterday's run of the skill whose test fails."""
    cases = (("capitals on ordinary words", "ok"), ("the first word always has one", "failed"))
    for number, (case, outcome) in enumerate(cases):
        yield Event(
            at=int((now - timedelta(days=1)).timestamp() * 1000) + number,
            kind="test",
            library=library,
            skill="skills/title-case",
            tree=_tree(trees, "skills/title-case"),
            tool=case,
            source="demo",
            outcome=outcome,
            exit_code=0,
            duration_ms=38 + number,
            sandbox=_LEVEL,
            reason=None if outcome == "ok" else "stdout is not what was expected",
            run="demo",
        )


def write_logs(folder: Path, now: datetime) -> None:
    """Write Claude Code logs of the last weeks below `folder`, in the agent's own format."""
    dice = random.Random(_SEED)
    for days_ago in range(_DAYS, -1, -1):
        day = now - timedelta(days=days_ago)
        for project in _PROJECTS:
            if dice.random() < (0.15 if day.weekday() >= 5 else 0.7):
                _write_session(dice, folder / "projects" / project.replace("/", "-"), project, day)


def _write_session(dice: random.Random, folder: Path, project: str, day: datetime) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    session = f"demo-{dice.getrandbits(64):016x}"
    model = dice.choices([name for name, _ in _MODELS], [weight for _, weight in _MODELS])[0]
    start = _moment(dice, day)
    with (folder / f"{session}.jsonl").open("w", encoding="utf-8") as log:
        for number in range(dice.randrange(6, 40)):
            log.write(json.dumps(_line(dice, session, project, model, start + number * 41_000, number)) + "\n")


def _line(dice: random.Random, session: str, project: str, model: str, at: int, number: int) -> dict[str, Any]:
    moment = datetime.fromtimestamp(at / 1000).astimezone().isoformat(timespec="milliseconds")
    written = dice.randrange(400, 6_000)
    return {
        "type": "assistant",
        "uuid": f"{session}-{number}",
        "sessionId": session,
        "requestId": f"req_{session}_{number}",
        "timestamp": moment,
        "cwd": project,
        "isSidechain": False,
        "message": {
            "id": f"msg_{session}_{number}",
            "model": model,
            "role": "assistant",
            "content": [{"type": "text", "text": "(demonstration)"}],
            "usage": {
                "input_tokens": dice.randrange(3, 400),
                "output_tokens": dice.randrange(80, 1_800),
                "cache_read_input_tokens": 14_000 + number * 900,
                "cache_creation_input_tokens": written,
                "cache_creation": {"ephemeral_5m_input_tokens": written, "ephemeral_1h_input_tokens": 0},
            },
        },
    }


def _tree(trees: Mapping[str, Sequence[str]], skill: str) -> str | None:
    return trees[skill][0] if trees.get(skill) else None


def _moment(dice: random.Random, day: datetime) -> int:
    """UTC milliseconds somewhere in the working hours of a day."""
    start = day.replace(hour=0, minute=0, second=0, microsecond=0)
    return int((start + timedelta(minutes=dice.triangular(8 * 60, 19 * 60, 11 * 60))).timestamp() * 1000)


def _poisson(dice: random.Random, mean: float) -> int:
    """A count with this mean (Knuth's method, for small means)."""
    import math

    limit, product, count = math.exp(-mean), dice.random(), 0
    while product > limit:
        product *= dice.random()
        count += 1
    return count
