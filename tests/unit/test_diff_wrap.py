"""A long line is shown whole: nothing is lost between its rows, and no row is wider than the room."""

from hypothesis import given
from hypothesis import strategies as st
from rich.segment import Segment
from textual.strip import Strip

from workbench.text import visible
from workbench.tui.widgets.diff_wrap import parts

TEXTS = st.text(st.sampled_from("ab c,日本é\u0301🙂x"), max_size=200)


@given(TEXTS, st.integers(8, 40))
def test_the_parts_are_the_line(text: str, room: int) -> None:
    shown = visible(text)
    strip = Strip([Segment(shown)])
    found = parts(shown, room)
    assert all(end - begin <= room for begin, end in found) or len(found) == 1
    assert [begin for begin, _ in found[1:]] == [end for _, end in found[:-1]]
    assert "".join(strip.crop(begin, end).text for begin, end in found).rstrip() == shown.rstrip()


def test_a_line_breaks_behind_a_blank_where_one_is_near() -> None:
    text = "the quick brown fox"
    assert [text[begin:end] for begin, end in parts(text, 10)] == ["the quick ", "brown fox"]
    assert [("x" * 25)[begin:end] for begin, end in parts("x" * 25, 10)] == ["x" * 10, "x" * 10, "x" * 5]


def test_a_short_line_is_one_part_and_so_is_any_in_no_room() -> None:
    assert len(parts("short", 10)) == 1
    assert len(parts("", 10)) == 1
    assert len(parts("x" * 100, 3)) == 1
