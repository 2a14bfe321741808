"""The diff as a person reads it: nothing hidden, nothing lost, and as quick for 20,000 lines as for 20."""

from typing import Literal

import pytest
from textual.app import App, ComposeResult
from textual.pilot import Pilot

from workbench.config import bundled
from workbench.reviews.diff import DiffLine, FileDiff, Hunk, SkillDiff
from workbench.tui import themes
from workbench.tui.widgets.diff_rows import RowKind, changed_words, index_rows
from workbench.tui.widgets.diff_view import DiffView


def line(kind: Literal[" ", "+", "-"], number: int, text: str) -> DiffLine:
    return DiffLine(kind, None if kind == "+" else number, None if kind == "-" else number, text)


def hunk(*lines: DiffLine, start: int = 1) -> Hunk:
    old = sum(one.kind != "+" for one in lines)
    return Hunk(start, old, start, len(lines) - sum(one.kind == "-" for one in lines), "def main", lines)


def modified(path: str, *hunks: Hunk, notes: tuple[str, ...] = ()) -> FileDiff:
    return FileDiff(path, None, "modified", "100644", "100644", False, hunks, notes)


def skill_diff(*files: FileDiff) -> SkillDiff:
    return SkillDiff("skills/x", "a" * 40, "approved aaaa", "b" * 40, files)


CHANGE = hunk(
    line(" ", 1, "import csv"),
    line("-", 2, "rows = read(path)"),
    line("+", 2, "rows = read(path, strict)"),
    line("+", 3, "print(rows)"),
)


class DiffApp(App[None]):
    AUTO_FOCUS = "DiffView"

    def __init__(self, diff: SkillDiff) -> None:
        super().__init__()
        self.given = diff
        self.register_theme(themes.textual_theme(themes.read_theme(bundled("themes") / f"{themes.DEFAULT}.yaml")))
        self.theme = themes.DEFAULT

    def compose(self) -> ComposeResult:
        yield DiffView(self.given)


def drawn(pilot: Pilot[None]) -> list[str]:
    view = pilot.app.query_one(DiffView)
    return [view.render_line(y).text.rstrip() for y in range(view.size.height)]


async def test_signs_and_numbers_say_what_changed_without_colour() -> None:
    async with DiffApp(skill_diff(modified("run.py", CHANGE))).run_test(size=(80, 24)) as pilot:
        await pilot.pause()
        text = drawn(pilot)
    assert text[0].startswith("▌M run.py  modified")
    assert text[0].endswith("+2 -1")
    assert text[3].split() == ["2", "-rows", "=", "read(path)"]
    assert text[4].split() == ["2", "+rows", "=", "read(path,", "strict)"]


async def test_a_wide_screen_shows_both_sides_and_a_narrow_one_does_not() -> None:
    async with DiffApp(skill_diff(modified("run.py", CHANGE))).run_test(size=(130, 24)) as pilot:
        await pilot.pause()
        assert "rows = read(path)" in drawn(pilot)[3]
        assert "rows = read(path, strict)" in drawn(pilot)[3]
        await pilot.resize_terminal(80, 24)
        await pilot.pause()
        assert not any("read(path) " in text and "strict" in text for text in drawn(pilot))


@pytest.mark.parametrize("width", [80, 130])
async def test_the_first_switch_of_the_layout_is_seen(width: int) -> None:
    async with DiffApp(skill_diff(modified("run.py", CHANGE))).run_test(size=(width, 24)) as pilot:
        await pilot.pause()
        view = pilot.app.query_one(DiffView)
        seen = [view.split]
        for _ in range(3):
            view.action_toggle_layout()
            await pilot.pause()
            seen.append(view.split)
        wide = width > 100
        assert seen == [wide, not wide, wide, wide]


async def test_the_cursor_stays_on_its_line_when_the_layout_changes() -> None:
    async with DiffApp(skill_diff(modified("a", CHANGE), modified("b", CHANGE))).run_test(size=(130, 24)) as pilot:
        await pilot.pause()
        view = pilot.app.query_one(DiffView)
        view.cursor = next(n for n, row in enumerate(view._index.rows) if row.file == 1 and row.left == 1)
        view.diff_layout = "unified"
        await pilot.pause()
        row = view._index.rows[view.cursor]
        assert (row.kind, row.file, row.left) == (RowKind.LINE, 1, 1)


async def test_a_file_that_is_new_takes_the_whole_width_even_side_by_side() -> None:
    new = FileDiff("new.py", None, "added", None, "100644", False, (hunk(line("+", 1, "x" * 90)),))
    async with DiffApp(skill_diff(new)).run_test(size=(130, 24)) as pilot:
        await pilot.pause()
        assert "x" * 90 in drawn(pilot)[2]


async def test_hostile_text_shows_and_acts_on_nothing() -> None:
    evil = hunk(line("+", 1, "\x1b]52;c;aGk=\x07 \u202egnp.exe [/nope] [@click=app.quit]x[/]"))
    diff = skill_diff(modified("\x1b[2Jname", evil, notes=("hidden \u200b characters on line 1",)))
    async with DiffApp(diff).run_test(size=(100, 24)) as pilot:
        await pilot.pause()
        text = "\n".join(drawn(pilot))
    assert "␛]52;c;aGk=␇ ⟨U+202E⟩gnp.exe [/nope] [@click=app.quit]x[/]" in text
    assert "␛[2Jname" in text
    assert "⟨U+200B⟩" in text
    assert not {"\x1b", "\u202e", "\u200b", "\x07"} & set(text)


@pytest.mark.parametrize("layout", ["unified", "split"])
async def test_every_word_of_a_long_line_is_on_the_screen(layout: str) -> None:
    words = [f"word{number}" for number in range(60)]
    text = " ".join(words)
    changed = hunk(line("-", 1, text), line("+", 1, f"{text} more"), line(" ", 2, "after"))
    app = DiffApp(skill_diff(modified("f", changed)))
    async with app.run_test(size=(80, 40)) as pilot:
        pilot.app.query_one(DiffView).diff_layout = layout  # type: ignore[assignment]
        await pilot.pause()
        seen = "\n".join(drawn(pilot))
        assert all(seen.count(f"{word} ") + seen.count(f"{word}\n") >= 2 for word in words)
        assert "more" in seen
        rows = [row for row in drawn(pilot) if "after" in row]
        assert len(rows) == 1


async def test_wrapping_leaves_the_cursor_on_its_line() -> None:
    lines = [line("+", number, "x" * 300) for number in range(1, 9)]
    async with DiffApp(skill_diff(modified("f", hunk(*lines)))).run_test() as pilot:
        view = pilot.app.query_one(DiffView)
        await pilot.pause()
        view.cursor = 15
        before = view.place
        view.wrap = False
        await pilot.pause()
        assert view.place == before
        view.wrap = True
        await pilot.pause()
        assert view.place == before


async def test_a_long_line_is_cut_with_a_mark_and_can_be_scrolled_to() -> None:
    async with DiffApp(skill_diff(modified("f", hunk(line("+", 1, "a" * 100 + "END"))))).run_test() as pilot:
        pilot.app.query_one(DiffView).wrap = False
        await pilot.pause()
        assert drawn(pilot)[2].endswith("›")
        view = pilot.app.query_one(DiffView)
        view.scroll_to(x=view.max_scroll_x, animate=False, immediate=True)
        await pilot.pause()
        assert drawn(pilot)[2].endswith("END")
        assert "‹" in drawn(pilot)[2]


@pytest.mark.parametrize("width", [80, 81, 130, 131])
async def test_every_row_is_exactly_as_wide_as_the_view(width: int) -> None:
    text = hunk(line("-", 1, "表計算" * 40), line("+", 1, "表計算x" * 40), line(" ", 2, "e\u0301" * 200))
    async with DiffApp(skill_diff(modified("日本語" * 30, text))).run_test(size=(width, 24)) as pilot:
        await pilot.pause()
        view = pilot.app.query_one(DiffView)
        for left in (0, 1, 7):
            view.scroll_to(x=left, animate=False, immediate=True)
            room = view.scrollable_content_region.width
            assert {view.render_line(y).cell_length for y in range(6)} == {room}


async def test_hunks_and_files_can_be_walked_in_both_directions() -> None:
    diff = skill_diff(modified("a", CHANGE, CHANGE), modified("b", CHANGE))
    async with DiffApp(diff).run_test(size=(80, 24)) as pilot:
        await pilot.pause()
        view = pilot.app.query_one(DiffView)
        seen = []
        for _ in range(4):
            view.action_next_hunk()
            seen.append((view.file_at_cursor, view.hunk_at_cursor))
        assert seen == [(0, 1), (0, 2), (1, 3), (1, 3)]
        view.action_previous_file()
        view.action_previous_file()
        assert (view.cursor, view.file_at_cursor) == (0, 0)
        view.action_next_file()
        assert view.file_at_cursor == 1


def test_only_the_words_that_differ_are_marked() -> None:
    old, new = changed_words("read(path, False)", "read(path, True)")
    assert old == [(11, 16)]
    assert new == [(11, 15)]


def test_lines_with_nothing_in_common_have_no_marked_words() -> None:
    assert changed_words("import os", "a completely different sentence, with many words in it") == ([], [])


def test_an_old_name_a_mode_and_a_binary_file_have_rows_of_their_own() -> None:
    moved = FileDiff("new/logo.png", "old/logo.png", "renamed", "100644", "100755", True, ())
    rows = index_rows(skill_diff(moved), split=False).rows
    assert [row.kind for row in rows] == [RowKind.FILE, *[RowKind.NOTE] * 3]


def test_no_line_is_lost_in_either_layout() -> None:
    lines = tuple(line("-" if n % 3 else "+", n, str(n)) for n in range(50))
    for split in (False, True):
        rows = index_rows(skill_diff(modified("f", hunk(*lines))), split=split).rows
        if split:
            seen = [n for row in rows for n in (row.left, row.right) if row.kind is RowKind.PAIR and n >= 0]
        else:
            seen = [row.left for row in rows if row.kind is RowKind.LINE]
        assert sorted(seen) == list(range(50))


@pytest.mark.parametrize("width", [80, 130])
async def test_what_is_hidden_in_a_line_is_named_in_rows_below_it(width: int) -> None:
    text = hunk(line("-", 1, "a = 1"), line("+", 1, "a\u200b = '\u202e1'"), line(" ", 2, "p\u0430ypal"))
    async with DiffApp(skill_diff(modified("f", text))).run_test(size=(width, 24)) as pilot:
        await pilot.pause()
        rows = [row.strip() for row in drawn(pilot)]
    here = next(n for n, row in enumerate(rows) if "⟨U+202E⟩" in row)
    assert rows[here + 1].split("! ")[1] == "at column 2: U+200B ZERO WIDTH SPACE"
    assert rows[here + 2].split("! ")[1] == "at column 7: U+202E RIGHT-TO-LEFT OVERRIDE"
    assert "U+0430 CYRILLIC SMALL LETTER A in 'p" in rows[here + 4]
    assert any(row.startswith("! 2 hidden characters in 1 new line (invisible, bidirectional)") for row in rows)


def test_a_file_of_nothing_but_hidden_characters_has_a_bounded_number_of_rows() -> None:
    evil = hunk(*(line("+", n, "\u202e\u200b" * 50) for n in range(1, 5_001)))
    rows = index_rows(skill_diff(modified("f", evil)), split=False).rows
    assert 5_000 < sum(row.kind is RowKind.ODD for row in rows) < 8_000
