"""What can't be seen in a line is named with its place: every kind, and nothing in a plain text."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.reviews.odd_characters import MOST_MARKS, has_odd, may_be_odd, odd_characters
from workbench.text import visible


@pytest.mark.parametrize(
    ("text", "kind", "start", "what"),
    [
        ("user = '\u202eadmin'", "bidirectional", 8, "U+202E RIGHT-TO-LEFT OVERRIDE"),
        ("a\u2066b", "bidirectional", 1, "U+2066 LEFT-TO-RIGHT ISOLATE"),
        ("pass\u200bword", "invisible", 4, "U+200B ZERO WIDTH SPACE"),
        ("\ufeffimport", "invisible", 0, "U+FEFF ZERO WIDTH NO-BREAK SPACE"),
        ("x\u3164 = 1", "invisible", 1, "U+3164 HANGUL FILLER"),
        ("\x1b[2J", "control", 0, "U+001B ESCAPE"),
        ("ok\rrm -rf", "control", 2, "U+000D CARRIAGE RETURN"),
        ("a\ue000", "unassigned", 1, "U+E000 private character"),
        ("g\u00ad\u00ad\u00ado", "invisible", 1, "3 × U+00AD SOFT HYPHEN"),
    ],
)
def test_a_hidden_character_is_named_with_its_code_point_and_place(text: str, kind: str, start: int, what: str) -> None:
    [odd] = odd_characters(text)
    assert (odd.kind, odd.start, odd.what) == (kind, start, what)
    assert text[odd.start : odd.end].startswith(text[start])


def test_tag_characters_are_read_out() -> None:
    [odd] = odd_characters("Hi" + "".join(chr(0xE0000 + ord(char)) for char in "ignore all"))
    assert (odd.kind, odd.start, odd.end) == ("tag", 2, 12)
    assert odd.what == "10 tag characters, U+E0069 …: they say 'ignore all'"


def test_a_text_in_variation_selectors_is_read_out_and_a_sign_keeps_its_variant() -> None:
    smuggled = "".join(chr(0xE0100 + byte - 16) for byte in b"obey me")
    [odd] = odd_characters(f"a{smuggled}")
    assert odd.kind == "selector"
    assert odd.what.endswith("they say 'obey me'")
    assert odd_characters("done ✔\ufe0f") == ()


def test_a_word_with_foreign_letters_that_look_latin_is_named() -> None:
    [odd] = odd_characters("import p\u0430ypal")
    assert (odd.kind, odd.start, odd.end) == ("look-alike", 7, 13)
    assert odd.what == "U+0430 CYRILLIC SMALL LETTER A in 'pаypal', which looks like 'paypal'"


@pytest.mark.parametrize(
    "text", ["", "x = 1", "\tindented", "naïve café", "привет, мир", "表計算", "e\u0301", "✔\ufe0f"]
)
def test_plain_text_of_any_script_has_nothing_to_mark(text: str) -> None:
    assert odd_characters(text) == ()
    assert not has_odd(text)


def test_a_line_of_nothing_else_is_bounded() -> None:
    assert len(odd_characters("\u202e\u200b" * 10_000)) == MOST_MARKS


@given(st.text())
def test_whatever_the_screen_replaces_is_marked_and_the_quick_look_never_misses(text: str) -> None:
    line = text.replace("\n", " ").replace("\t", " ").rstrip("\r")
    odd = odd_characters(line)
    assert has_odd(line) == bool(odd)
    assert not odd or may_be_odd([line])
    covered = {at for one in odd for at in range(one.start, one.end)}
    replaced = {at for at, char in enumerate(line) if visible(char) != char}
    assert len(odd) == MOST_MARKS or replaced <= covered
    assert all(visible(one.what) == one.what for one in odd)
