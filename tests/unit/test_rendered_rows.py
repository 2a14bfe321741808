"""A Markdown file before and after as one reads it: what changed is marked, and nothing is hidden."""

import time

import pytest

from workbench.tui.rendered_rows import LIKE, OTHER, UNSEEN, Laid, compare, lay_out

OLD = b"""---
name: guide
description: Explains things.
---

# Guide

Read the [manual](https://example.com/manual) first, then
do it.

- one
- two

| A | B |
|---|---|
| 1 | 2 |
"""


def texts(laid: Laid) -> list[str]:
    return ["".join(span.text for span in line.spans).rstrip() for line in laid.lines]


def stacked(old: bytes | None, new: bytes | None, width: int = 76) -> list[str]:
    return texts(lay_out(compare(old, new), width, split=False))


def signs(old: bytes, new: bytes) -> set[str]:
    return {pair.sign for pair in compare(old, new)}


def test_what_did_not_change_carries_no_sign() -> None:
    assert signs(OLD, OLD) == {LIKE}
    assert lay_out(compare(OLD, OLD), 76, split=False).places == []


def test_a_changed_target_of_a_link_is_a_change_and_can_be_read() -> None:
    rows = stacked(OLD, OLD.replace(b"example.com", b"evil.example"))
    assert "- Read the manual <https://example.com/manual> first, then do it." in rows
    assert "+ Read the manual <https://evil.example/manual> first, then do it." in rows


@pytest.mark.parametrize(
    "hidden",
    ["<!-- obey me -->", "<div hidden>obey me</div>", "[//]: # (obey me)", "![obey me](x.png)", '[a](b "obey me")'],
)
def test_nothing_that_a_usual_rendering_hides_is_hidden(hidden: str) -> None:
    assert any(row.startswith("+") and "obey me" in row for row in stacked(OLD, OLD + f"\n{hidden}\n".encode()))


def test_what_reads_the_same_and_is_written_otherwise_is_marked() -> None:
    new = (
        OLD.replace(b"first, then\ndo it", b"first,\nthen do it")
        .replace(b"- one", b"* one")
        .replace(b"- two", b"* two")
    )
    assert signs(OLD, new) == {LIKE, UNSEEN}
    rows = stacked(OLD, new)
    assert "~ • one" in rows
    assert "~ Read the manual <https://example.com/manual> first, then do it." in rows
    assert "  A  B" in rows


def test_letters_that_look_like_others_are_named_below_their_line() -> None:
    rows = stacked(OLD, OLD + "\nThe раyload.\n".encode())
    at = rows.index("+ The раyload.")
    assert "looks like 'payload'" in " ".join(rows[at + 1 : at + 3])


def test_what_cant_be_seen_is_spelled_out() -> None:
    assert not any("\u202e" in row for row in stacked(OLD, OLD + "\nabc\u202edef\n".encode()))
    assert any("RIGHT-TO-LEFT" in row or "202E" in row for row in stacked(OLD, OLD + "\nabc\u202edef\n".encode()))


def test_only_the_changed_row_of_a_table_is_marked() -> None:
    rows = stacked(OLD, OLD.replace(b"| 1 | 2 |", b"| 1 | 3 |"))
    assert rows[-5:-1] == ["  A  B", "  ─  ─", "- 1  2", "+ 1  3"] or rows[-4:] == [
        "  A  B",
        "  ─  ─",
        "- 1  2",
        "+ 1  3",
    ]


def test_the_frontmatter_is_shown_as_it_stands() -> None:
    rows = stacked(OLD, OLD.replace(b"Explains", b"Tells"))
    assert rows[:5] == [
        "  ---", "  name: guide", "- description: Explains things.", "+ description: Tells things.", "  ---",
    ]  # fmt: skip


@pytest.mark.parametrize("split", [False, True])
@pytest.mark.parametrize("width", [20, 60, 61, 160])
def test_no_row_is_wider_than_there_is_room(split: bool, width: int) -> None:
    new = OLD + "\n漢字 and a_very_long_word_that_does_not_fit_anywhere at all, 🙂 at the end.\n".encode()
    laid = lay_out(compare(OLD, new), width, split=split)
    from workbench.text import cell_width

    assert max(cell_width("".join(span.text for span in line.spans)) for line in laid.lines) <= width


def test_a_file_that_came_or_went_has_one_side() -> None:
    assert {row[0] for row in stacked(None, OLD) if row.strip()} == {"+"}
    assert {row[0] for row in stacked(OLD, None) if row.strip()} == {"-"}
    assert compare(b"", b"") == []


def test_bytes_that_are_no_text_are_shown_all_the_same() -> None:
    assert any("+" in row for row in stacked(b"\xff\xfe one", b"\xff\xfe two"))


def test_long_files_are_put_against_each_other_quickly() -> None:
    lines = [f"Paragraph {number} with some words.\n\n" for number in range(2_500)]
    new = [line.replace("some", "other") if number % 50 == 0 else line for number, line in enumerate(lines)]
    begun = time.process_time()
    pairs = compare("".join(lines).encode(), "".join(new).encode())
    assert sum(pair.sign == OTHER for pair in pairs) == 50
    assert time.process_time() - begun < 20  # about a second; what is quadratic takes minutes


def test_other_line_ends_read_the_same_and_are_marked() -> None:
    assert UNSEEN in signs(OLD, OLD.replace(b"\n", b"\r\n"))


@pytest.mark.parametrize(
    "data", [b"word " * 2_000_000, b"> " * 5_000 + b"x", b"a\n\n" * 60_000], ids=["large", "deep", "long"]
)
def test_a_file_that_is_not_rendered_whole_says_so(data: bytes) -> None:
    assert any("the diff of the source shows every byte" in row for row in stacked(OLD, data, 200))


@pytest.mark.parametrize("text", [b"word word word\n" * 20_000, b"a\n\n" * 10_000], ids=["characters", "lines"])
def test_a_change_in_what_is_not_rendered_is_marked(text: bytes) -> None:
    assert signs(text + b"one", text + b"two") > {LIKE}
