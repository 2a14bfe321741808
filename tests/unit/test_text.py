"""The sanitiser: nothing that acts on a terminal or hides gets through, and everything else stays as it is."""

import sys
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.text import cell_width, fit, hidden_characters, keep_end, plural, truncate, visible, visible_block

ACTING = [
    "\x1b]52;c;eA==\x07",
    "\x9b31m",
    "\x00",
    "\x7f",
    "\r",
    "\b",
    "a\u202eb",
    "\u2066",
    "\u200b",
    "\ufeff",
    "\U000e0041",
]


@pytest.mark.parametrize("text", ACTING)
def test_what_acts_or_hides_becomes_visible(text: str) -> None:
    shown = visible(text)
    assert shown.isprintable()
    assert len(shown) >= len(text)


def test_no_character_at_all_gets_through_unless_it_can_be_seen() -> None:
    every = "".join(map(chr, range(sys.maxunicode + 1)))
    shown = visible(every)
    assert not {unicodedata.category(char) for char in shown} & {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}
    shown.encode("utf-8")


@pytest.mark.parametrize("text", ["plain", "naïve café", "漢字", "🙂 ok", "a\u00a0b", "[/nope] {x} <b>"])
def test_ordinary_text_stays_as_it_is(text: str) -> None:
    assert visible(text) == text


def test_a_block_keeps_its_lines_and_expands_tabs() -> None:
    assert visible_block("a\tb\r\nc\x1b\n") == "a   b\nc␛\n"


def test_hidden_characters_are_named_with_line_and_column() -> None:
    assert hidden_characters("ok\nx\u202ey\tz\n") == [(2, 2, "RIGHT-TO-LEFT OVERRIDE")]


@pytest.mark.parametrize(
    ("text", "width", "cut"), [("hello", 5, "hello"), ("hello!", 5, "hell…"), ("漢字漢", 5, "漢字…"), ("x", 0, "")]
)
def test_cutting_counts_terminal_cells(text: str, width: int, cut: str) -> None:
    assert truncate(text, width) == cut
    assert cell_width(truncate(text, width)) <= width


def test_fitting_fills_exactly_the_width_on_either_side() -> None:
    assert fit("ab", 4) == "ab  "
    assert fit("ab", 4, right=True) == "  ab"
    assert cell_width(fit("漢字漢字", 5)) == 5


def test_counts_have_a_noun() -> None:
    assert [plural(1, "skill"), plural(1200, "skill"), plural(2, "match", "matches")] == [
        "1 skill",
        "1,200 skills",
        "2 matches",
    ]


@given(st.text(max_size=60), st.integers(0, 30))
def test_a_path_that_is_too_long_keeps_its_end(text: str, width: int) -> None:
    shown = keep_end(text, width)
    assert cell_width(shown) <= width
    assert shown == text or text.endswith(shown.removeprefix("…"))


def test_the_name_of_a_file_is_what_is_left_of_a_long_path() -> None:
    assert keep_end("skills/claude-api/references/types.md", 12) == "…es/types.md"
