"""What is read line by line is what the YAML parser gives, to the last place; everything else is left to the parser."""

import pytest
from hypothesis import event, given, settings
from hypothesis import strategies as st

from workbench.skills.bounded_yaml import MAX_NODES, Loaded, YamlError, load
from workbench.skills.simple_yaml import read_simple

WORDS = st.sampled_from([
    "use", "it", "No", "on", "null", "true", "a:b", "http://x", "#x", "x#", "it's", '"q"', "[x]", "{y}", "-", "—",
    "1.2", "&z", "*", "|", ">", "!", "%", "é\xa0e", "x" * 1_200, "a,b", "?", ":x", "\\n", "---", "...", "=", "<<",
    "\U0001f600",
])  # fmt: skip
SENTENCES = st.lists(WORDS, min_size=1, max_size=5).map(" ".join)
VALUES = st.one_of(
    SENTENCES,
    SENTENCES.map(lambda text: f"x {text}"),
    SENTENCES.map(lambda text: f'"{text}"'),
    SENTENCES.map(lambda text: f"'{text}'"),
)
KEYS = st.sampled_from(["name", "description", "license", "metadata", "a-b", "x_1", "yes", "null", "_z"])
INDENTS = st.sampled_from([" ", "  ", "  ", "    ", "   "])
BLOCKS = st.tuples(
    KEYS, st.sampled_from([">", ">-", "|", "|-", ">+", "|2"]), st.lists(st.tuples(INDENTS, SENTENCES), max_size=3)
).map(lambda it: f"{it[0]}: {it[1]}\n" + "".join(f"{indent}{text}\n" for indent, text in it[2]))
MAPPINGS = st.tuples(KEYS, INDENTS, st.lists(st.tuples(KEYS, VALUES), max_size=3)).map(
    lambda it: f"{it[0]}:\n" + "".join(f"{it[1]}{key}: {value}\n" for key, value in it[2])
)
LINES = st.tuples(KEYS, VALUES).map(lambda it: f"{it[0]}: {it[1]}\n")
ODD = st.sampled_from([
    *([""] * 12), "\n", " ", "#\n", "\t", "\r\n", "- a\n", "\x85", "\u2028", "\ufeff", ":", '"', "---\n",
])  # fmt: skip
TEXTS = st.lists(st.tuples(st.one_of(LINES, LINES, BLOCKS, MAPPINGS), ODD), min_size=1, max_size=4).map(
    lambda parts: "".join(f"{part}{odd}" for part, odd in parts)
)


def by_the_parser(text: str, *, core: bool) -> Loaded:
    """A comment says nothing, and is not read line by line."""
    commented = f"{text}#\n"
    assert read_simple(commented) is None
    return load(commented, first_line=2, as_written=("metadata",), core=core)


@settings(max_examples=1_500, deadline=None)
@given(TEXTS, st.booleans())
def test_what_is_read_line_by_line_is_what_the_parser_gives(text: str, core: bool) -> None:
    simple = read_simple(text)
    event("simple" if simple is not None else "parsed")
    if simple is not None:
        loaded = load(text, first_line=2, as_written=("metadata",), core=core)
        parsed = by_the_parser(text, core=core)
        assert (loaded, list(loaded.value)) == (parsed, list(parsed.value))
        assert loaded.value == simple.value


@pytest.mark.parametrize(
    "text",
    [
        "name: csv-profile\ndescription: Profiles a file, as it is. Use it when asked: never.\n".replace(": n", " n"),
        'name: a\ndescription: >-\n  One line\n  and another.\nmetadata:\n  version: "1.10"\n  by: Ada\n',
        "a: 'it is # no: comment'\nb: \"so \u2014 is this\"\n",
        "a: |\n  one\n  two\nb: x\n",
    ],
)
def test_ordinary_frontmatter_needs_no_parser(text: str) -> None:
    assert read_simple(text) is not None
    assert load(text, first_line=2, core=True) == by_the_parser(text, core=True)


@pytest.mark.parametrize(
    "text",
    [
        "", "\n", "a: b", "a: 1\n", "a: yes\n", "a: Null\n", "a:\n", "a: b: c\n", "a: b #c\n", "a: b \n", "a: b\n c\n",
        "a: b\na: c\n", "a: 'it''s'\n", 'a: "\\n"\n', "a: [b]\n", "a: &x b\n", "a: *x\n", "a: !x b\n", "a: b\r\n",
        "a:\n - b\n", "a:\n  b:\n   c: d\n", "a:\n  b: 1.10\n", "a: >\n  b\n   c\n", "a: >\n\n  b\n", " a: b\n",
        "a:\tb\n", "<<: b\n", "? a\n: b\n", "a: b\n---\n", "a: b\n...\n", "%YAML 1.2\n", "a: \ufeffb\n", "a: \x85b\n",
    ],
)  # fmt: skip
def test_everything_else_is_left_to_the_parser(text: str) -> None:
    assert read_simple(text) is None


def test_a_text_with_room_for_too_many_values_is_counted_by_the_parser() -> None:
    text = "".join(f"key{number}: x\n" for number in range(MAX_NODES // 2 + 1))
    assert read_simple(text) is not None
    with pytest.raises(YamlError, match="more than"):
        load(text)
