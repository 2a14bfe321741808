"""A case that is written reads back as the very data it was made of, and looks as a person would have written it."""

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from workbench.testing.case_text import case_text
from workbench.testing.cases import parse_cases
from workbench.testing.matchers import same

TEXT = st.text(st.characters(blacklist_categories=["Cs"]), max_size=30)
LEAF = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | TEXT
JSON = st.recursive(LEAF, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXT, inner, max_size=4))


@settings(max_examples=300, deadline=None)
@given(JSON, TEXT, st.integers(0, 6))
def test_whatever_json_can_say_reads_back_the_same(value: Any, text: str, indent: int) -> None:
    entry = {
        "name": "x",
        "tool": "t",
        "with": {"value": value, "text": text},
        "files": {"a.txt": text},
        "expect": {"output": [{"json": value}, {"equals": text}], "stderr": {"equals": f"{text}\n{text}\n"}},
    }
    written = f"cases:\n{case_text(entry, indent)}{case_text({**entry, 'name': 'y'}, indent)}"
    (first, second), problems = parse_cases(written, "tests/t.yaml")
    assert not problems
    assert same(first.arguments["value"], value)
    assert first.arguments["text"] == text
    assert first.files == {"a.txt": text}
    assert same(first.expect.output[0].value, value)
    assert [one.value for one in first.expect.output[1:]] == [text]
    assert first.expect.stderr[0].value == f"{text}\n{text}\n"
    assert second.name == "y"


def test_short_values_stand_in_one_line_and_texts_of_several_lines_in_a_block() -> None:
    entry = {
        "name": "counts rows",
        "tool": "profile",
        "with": {"path": "data.csv"},
        "expect": {"output": {"equals": "rows: 2\nnulls: 1\n"}},
    }
    assert case_text(entry, 2) == (
        "  - name: counts rows\n"
        "    tool: profile\n"
        "    with: {path: data.csv}\n"
        '    expect: {output: {equals: "rows: 2\\nnulls: 1\\n"}}\n'
    )
    long = {**entry, "expect": {"output": {"equals": "rows: 2\n" * 20}}}
    assert "        equals: |\n          rows: 2\n          rows: 2\n" in case_text(long, 2)
