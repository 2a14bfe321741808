"""A list of any length: only what is on the screen is drawn, and the cursor stays on its row."""

import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

import pytest
from textual.app import ComposeResult
from textual.pilot import Pilot

from workbench.tui.app import WorkbenchApp
from workbench.tui.widgets.columns import Column
from workbench.tui.widgets.filtered_list import FilteredList
from workbench.tui.widgets.tones import Span
from workbench.tui.widgets.virtual_list import Row, VirtualList

COLUMNS = (Column("Skill", 0), Column("State", 12), Column("Path", 20, least=90))


def rows(count: int) -> list[Row]:
    return [Row(f"id-{n}", (f"skill-{n}", Span("✓ approved", "good"), f"skills/{n}")) for n in range(count)]


class CountedRows(Sequence[Row]):
    """Counts how many rows are ever looked at."""

    def __init__(self, count: int) -> None:
        self._rows = rows(count)
        self.seen = 0

    def __len__(self) -> int:
        return len(self._rows)

    def __getitem__(self, index: int) -> Row:  # type: ignore[override]  # slices are not used
        self.seen += 1
        return self._rows[index]


class ListApp(WorkbenchApp):
    MODES = {}  # noqa: RUF012
    DEFAULT_MODE = "_default"
    CSS_PATH = None

    def compose(self) -> ComposeResult:
        yield FilteredList(COLUMNS, noun="skill", empty="Nothing here.\nPress a key.")

    def offer_libraries(self) -> None:
        pass


class Driver:
    def __init__(self, pilot: Pilot[int]) -> None:
        self.pilot = pilot
        self.list = pilot.app.query_one(VirtualList)
        self.filtered = pilot.app.query_one(FilteredList)
        self.opened: list[str] = []

    @property
    def lines(self) -> list[str]:
        strips = self.pilot.app.screen._compositor.render_strips()
        return ["".join(segment.text for segment in strip).rstrip() for strip in strips]

    @property
    def current(self) -> str | None:
        return self.list.current.id if self.list.current else None

    async def press(self, *keys: str) -> None:
        await self.pilot.press(*keys)
        await self.pilot.pause()


@asynccontextmanager
async def showing(content: Sequence[Row], size: tuple[int, int] = (80, 24)) -> AsyncIterator[Driver]:
    app = ListApp()
    async with app.run_test(size=size) as pilot:
        driver = Driver(pilot)
        driver.list.focus()
        driver.filtered.show(content)
        await pilot.pause()
        yield driver


async def test_a_hundred_thousand_rows_are_shown_by_looking_at_a_screenful() -> None:
    content = CountedRows(100_000)
    async with showing(content) as driver:
        assert "skill-0" in driver.lines[1]
        assert content.seen < 500
        await driver.press("G")
        assert driver.current == "id-99999"
        assert "skill-99999" in driver.lines[-1]
        assert content.seen < 1_000


@pytest.mark.parametrize(
    ("keys", "row"),
    [
        (["j"], 1),
        (["down", "down"], 2),
        (["j", "k"], 0),
        (["k"], 0),
        (["G"], 199),
        (["G", "j"], 199),
        (["end", "home"], 0),
        (["ctrl+d"], 23),
        (["pagedown", "ctrl+u"], 0),
    ],
)
async def test_keys_move_the_cursor_and_stop_at_the_ends(keys: list[str], row: int) -> None:
    async with showing(rows(200)) as driver:
        await driver.press(*keys)
        assert driver.current == f"id-{row}"
        assert any(f"skill-{row} " in line + " " and line.startswith("▌") for line in driver.lines)


async def test_a_cursor_move_draws_two_lines_and_not_the_screen() -> None:
    async with showing(rows(200)) as driver:
        drawn: list[int] = []
        original = driver.list.render_line
        driver.list.render_line = lambda y: (drawn.append(y), original(y))[1]  # type: ignore[method-assign]
        await driver.press("j")
        assert sorted(set(drawn)) == [1, 2]


async def test_the_filter_wants_every_word_in_any_case_and_column() -> None:
    content = [
        Row("a", ("csv-profile", Span("✓ approved", "good"), "skills/data")),
        Row("b", ("csv-clean", Span("~ stale", "attention"), "skills/data")),
        Row("c", ("Deploy", Span("~ stale", "attention"), "skills/ops")),
    ]
    async with showing(content) as driver:
        for text, ids in (
            ("csv", "ab"),
            ("STALE", "bc"),
            ("stale csv", "b"),
            ("ops", "c"),
            ("csv ops", ""),
            ("", "abc"),
        ):
            driver.list.filter(text)
            assert "".join(row.id for row in driver.list.rows) == ids, text


async def test_a_row_is_also_found_by_what_no_column_shows_and_a_remark_is_not_counted() -> None:
    content = [
        Row("a", ("csv-profile", "", ""), "Column types and ranges"),
        Row("b", ("deploy", "", ""), "Ships it"),
        Row("c", ("csv-link", "", ""), counted=False),
    ]
    async with showing(content) as driver:
        await driver.press("slash", *"csv")
        assert [row.id for row in driver.list.rows] == ["a", "c"]
        assert "1 of 2 skills" in driver.lines[0]
        await driver.press(*" RANGES".lower())
        assert [row.id for row in driver.list.rows] == ["a"]


async def test_the_cursor_stays_on_its_row_when_rows_change_around_it() -> None:
    async with showing(rows(50)) as driver:
        await driver.press(*["j"] * 7)
        driver.list.filter("7")
        assert driver.current == "id-7"
        driver.list.filter("")
        assert driver.current == "id-7"
        driver.filtered.show(list(reversed(rows(50))))
        assert driver.current == "id-7"
        driver.filtered.show([row for row in rows(50) if row.id != "id-7"])
        assert driver.current is not None


async def test_one_types_into_the_filter_and_leaves_it_with_escape() -> None:
    async with showing(rows(50)) as driver:
        await driver.press("slash", *"kill-1")
        assert "11 of 50 skills" in driver.lines[0]
        await driver.press("enter", "j")
        assert driver.current == "id-10"
        await driver.press("escape")
        assert len(driver.list.rows) == 50
        assert driver.current == "id-10", "the row that was found is kept"
        assert driver.list.has_focus


async def test_what_no_row_contains_is_said_with_the_way_out() -> None:
    async with showing(rows(3)) as driver:
        await driver.press("slash", *"[/nope]")
        assert any("No row contains all of: [/nope]" in line for line in driver.lines)
        assert any("Esc clears the filter" in line for line in driver.lines)


async def test_an_empty_list_says_why_and_which_key() -> None:
    async with showing([]) as driver:
        assert "  Nothing here." in driver.lines
        assert "  Press a key." in driver.lines
        await driver.press("j", "G", "enter", "ctrl+u")
        assert driver.current is None


async def test_columns_of_less_weight_give_way_to_the_name() -> None:
    async with showing(rows(3), size=(80, 24)) as driver:
        assert "Path" not in driver.lines[0]
        await driver.pilot.resize_terminal(120, 24)
        await driver.pilot.pause()
        assert "Path" in driver.lines[0]


async def test_a_click_moves_and_a_second_one_opens() -> None:
    async with showing(rows(30)) as driver:
        opened: list[str] = []
        driver.list.action_open = lambda: opened.append(driver.current or "")  # type: ignore[method-assign]
        await driver.pilot.click(VirtualList, offset=(5, 4))
        assert (driver.current, opened) == ("id-3", [])
        await driver.pilot.click(VirtualList, offset=(5, 4), times=2)
        assert opened == ["id-3"]
        await driver.pilot.click(VirtualList, offset=(5, 0))
        assert driver.current == "id-3", "the heading is no row"


async def test_the_cursor_stays_in_sight_when_the_terminal_shrinks() -> None:
    async with showing(rows(200), size=(80, 40)) as driver:
        await driver.press(*["ctrl+d"], *["j"] * 20)
        await driver.pilot.resize_terminal(80, 16)
        await driver.pilot.pause()
        assert any(line.startswith("▌") for line in driver.lines)


async def test_hostile_cells_are_shown_as_what_they_are() -> None:
    async with showing([Row("x", ("[/nope] \x1b]52;c;eA==\x07\u202e [@click=app.quit]", "a\nb", ""))]) as driver:
        assert "[/nope] ␛]52;c;eA==␇⟨U+202E⟩ [@click=app.quit]" in driver.lines[1]
        assert "a␊b" in driver.lines[1]


async def test_filtering_ten_thousand_rows_takes_a_blink() -> None:
    async with showing(rows(10_000)) as driver:
        driver.list.filter("warm")
        times = []
        for word in ("7", "77", "approved 9"):
            began = time.perf_counter()
            driver.list.filter(word)
            times.append(time.perf_counter() - began)
        assert min(times) < 0.1


async def test_the_first_key_of_a_filter_is_prepared_while_its_line_opens() -> None:
    async with showing(rows(3_000)) as driver:
        await driver.press("slash")
        for _ in range(200):
            if driver.list._haystacks is not None and driver.list._haystacks.complete:
                break
            await driver.pilot.pause(0.01)
        else:
            raise AssertionError("nothing was prepared")
        await driver.press(*"2999")
        assert driver.current == "id-2999"
        driver.filtered.show([*rows(2_999), Row("id-2999", ("renamed", "", ""))])
        await driver.pilot.pause()
        assert driver.current is None
