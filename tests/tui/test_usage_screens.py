"""Numbers of use and cost: grouped and bounded as asked, with units, and unknown never shown as nothing."""

import json
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

from workbench.analytics.events import Event, record_all
from workbench.tui.screens.cost import CostScreen
from workbench.tui.screens.cost_detail import CostDetail
from workbench.tui.usage_periods import STRETCHES, days_of
from workbench.tui.widgets.virtual_list import VirtualList


def at(days_ago: int) -> int:
    return int((datetime.now(UTC) - timedelta(days=days_ago)).timestamp() * 1000)


def event(days_ago: int = 0, **changed: Any) -> Event:
    fields: dict[str, Any] = {
        "at": at(days_ago), "kind": "call", "skill": "skills/echo", "tool": "echo", "outcome": "ok", "duration_ms": 120
    }  # fmt: skip
    return Event(**{**fields, **changed})


def cells(page: Any, row: int = 0) -> list[str]:
    found = page.screen.query_one(VirtualList).rows[row].cells
    return [cell if isinstance(cell, str) else cell.text for cell in found]


def log_line(number: int, model: str, session: str = "session-1", days_ago: int = 0) -> str:
    stamp = (datetime.now(UTC) - timedelta(days=days_ago)).strftime("%Y-%m-%dT%H:%M:%S.000Z")
    usage = {"input_tokens": 1_000, "output_tokens": 2_000, "cache_read_input_tokens": 3_000}
    return json.dumps(
        {
            "type": "assistant",
            "timestamp": stamp,
            "sessionId": session,
            "cwd": "/home/you/code",
            "requestId": f"req_{number}",
            "message": {"id": f"msg_{number}", "model": model, "usage": usage},
        }
    )


def write_logs(*lines: str) -> None:
    folder = Path.home() / ".claude/projects/-home-you-code"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "session-1.jsonl").write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")


async def test_use_is_grouped_with_units_and_a_low_success_stands_out(opened: Any) -> None:
    async with opened() as page:
        events = [event(), event(outcome="failed", duration_ms=2_400), event(days_ago=3), event(tool="other")]
        record_all(page.workspace.store, events)
        await page.press("4")
        await page.shows("4 calls and tests")
        assert cells(page)[:6] == ["echo", "4", "75 %", "1", "120 ms", "2.4 s"]
        await page.press("b")
        await page.until(lambda: cells(page)[0] == "echo.echo", "by tool")
        assert [cells(page, row)[0] for row in range(2)] == ["echo.echo", "echo.other"]
        await page.press("b")
        await page.until(lambda: cells(page)[0] == date.today().isoformat(), "by day, the newest first")


async def test_the_period_bounds_what_is_counted(opened: Any) -> None:
    async with opened() as page:
        record_all(page.workspace.store, [event(), event(days_ago=20), event(days_ago=200)])
        await page.press("4")
        await page.shows("2 calls and tests")
        await page.press("w", "w")
        await page.shows("3 calls and tests")
        assert "all time" in page.text
        await page.press("w")
        await page.shows("1 call or test")


async def test_demo_data_is_called_demo_data(opened: Any) -> None:
    async with opened() as page:
        record_all(page.workspace.store, [event(source="demo")])
        await page.press("4")
        await page.shows("demo data")


async def test_without_use_it_says_what_fills_it(opened: Any) -> None:
    async with opened(mode="analytics", size=(80, 24)) as page:
        await page.shows("Nothing was called or tested")


async def test_hostile_names_of_tools_act_on_nothing(opened: Any) -> None:
    async with opened() as page:
        record_all(page.workspace.store, [event(skill="\x1b[2J", tool="[/nope]\u202e")])
        await page.press("4", "b")
        await page.until(lambda: "[/nope]" in page.text, "the row")
        assert not {"\x1b", "\u202e"} & set(page.text)


async def test_costs_are_read_from_the_logs_when_the_screen_opens(opened: Any) -> None:
    write_logs(log_line(1, "claude-sonnet-4-5-20250929"), log_line(2, "claude-sonnet-4-5-20250929", days_ago=2))
    async with opened() as page:
        await page.press("5")
        await page.until(lambda: len(page.screen.query_one(VirtualList).rows) == 2, "two days")
        assert cells(page)[0] == date.today().isoformat()
        assert cells(page)[1].startswith("$0.0")
        await page.shows("2 model calls")


async def test_what_has_no_price_is_unpriced_and_never_nothing(opened: Any) -> None:
    write_logs(log_line(1, "a-model-nobody-knows"))
    async with opened() as page:
        await page.press("5")
        await page.until(lambda: page.screen.query_one(VirtualList).rows, "a row")
        assert cells(page)[1:3] == ["unpriced", "1"]
        assert "$0.00" not in page.said("#cost-head")
        assert "unpriced" in page.said("#cost-head")


async def test_a_session_opens_with_each_of_its_calls(opened: Any) -> None:
    write_logs(log_line(1, "claude-sonnet-4-5-20250929"), log_line(2, "a-model-nobody-knows"))
    async with opened() as page:
        await page.press("5")
        await page.until(lambda: page.screen.query_one(VirtualList).rows, "a row")
        await page.press("b", "b", "b", "b", "b")
        await page.until(lambda: cells(page)[0] == "session-1", "by session")
        await page.press("enter")
        await page.until(lambda: isinstance(page.screen, CostDetail), "the detail")
        await page.until(lambda: len(page.screen.query_one(VirtualList).rows) == 2, "its calls")
        assert "1 call: no price is known" in page.said("#facts")
        await page.press("escape")
        assert isinstance(page.screen, CostScreen)


async def test_without_logs_it_says_which_folders_were_looked_in(opened: Any) -> None:
    async with opened(mode="cost", size=(80, 24)) as page:
        await page.shows("No agent logs were found.")
        assert str(Path.home() / ".claude")[:40] in page.text


async def test_hostile_names_in_logs_act_on_nothing(opened: Any) -> None:
    write_logs(log_line(1, "\x1b[2Jevil [/nope]"))
    async with opened() as page:
        await page.press("5")
        await page.until(lambda: page.screen.query_one(VirtualList).rows, "a row")
        await page.press("b", "b", "b")
        await page.until(lambda: "evil" in page.text, "the model")
        assert "\x1b" not in page.text


def test_every_day_of_a_stretch_has_its_bar() -> None:
    today = date(2026, 3, 1)
    assert days_of(STRETCHES[0], today, {}) == [f"2026-02-{day}" for day in range(23, 29)] + ["2026-03-01"]
    assert days_of(STRETCHES[3], today, {"2026-02-27": 1}) == ["2026-02-27", "2026-02-28", "2026-03-01"]


async def test_a_row_opens_with_the_calls_behind_it(opened: Any) -> None:
    async with opened() as page:
        events = [event(), event(outcome="failed", reason="no such file"), event(skill="skills/other")]
        record_all(page.workspace.store, events)
        await page.press("4")
        await page.until(lambda: page.screen.query_one(VirtualList).rows, "rows")
        await page.press("enter")
        await page.shows("no such file")
        assert len(page.screen.query_one(VirtualList).rows) == 2
