"""The colours of a diff come from the whole file, are bounded, and belong to the line they are shown on."""

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from workbench.tui.diff_colours import FileColours, colour_slices, language_of

PYTHON = '''def f():
    """Says
    return 1 in words.
    """
    return 1
'''


def coloured(text: str | bytes, path: str) -> FileColours:
    found = FileColours()
    data = text if isinstance(text, bytes) else text.encode("utf-8", "surrogatepass")
    for lines, colours in colour_slices(data, path, lambda: False):
        found.lines += lines
        found.colours += colours
    return found


def tones(text: str, path: str, number: int) -> list[tuple[str, str]]:
    line = text.split("\n")[number - 1]
    return [(line[start:end], tone) for start, end, tone in coloured(text, path).of(number, line)]


def test_a_string_over_many_lines_is_one() -> None:
    assert tones(PYTHON, "run.py", 3) == [("    return 1 in words.", "string")]
    assert tones(PYTHON, "run.py", 5) == [("return", "keyword"), ("1", "number")]


def test_the_frontmatter_of_a_skill_is_yaml_and_its_body_markdown() -> None:
    text = "---\nname: x\n---\n\n# Title\n"
    assert tones(text, "SKILL.md", 2)[0][1] == "keyword"
    assert tones(text, "SKILL.md", 5) == [("# Title", "title")]


def test_crlf_changes_nothing() -> None:
    found = coloured(PYTHON.replace("\n", "\r\n"), "run.py")
    assert [tone for _, _, tone in found.of(3, "    return 1 in words.\r")] == ["string"]


def test_a_line_of_another_text_stays_plain() -> None:
    assert list(coloured(PYTHON, "run.py").of(5, "    return 2")) == []
    assert list(coloured(PYTHON, "run.py").of(99, "    return 1")) == []
    assert list(coloured(PYTHON, "run.py").of(None, "    return 1")) == []


def test_a_script_is_known_by_its_first_line_and_an_unknown_file_stays_plain() -> None:
    assert language_of("bin/tool", "#!/usr/bin/env python3\n") == "py"
    assert language_of("bin/tool", "#!/bin/bash -e\n") == "sh"
    assert language_of("bin/tool", "some words\n") is None
    assert coloured("if x:\n", "x.unknown").colours == []


def test_a_large_file_and_a_long_line_stay_plain() -> None:
    assert coloured("x = 1\n" * 200_000, "big.py").colours == []
    found = coloured("x = 1\ny = '" + "a" * 3_000 + "'\nz = 1\n", "a.py")
    assert found.colours[1] is None
    assert [tone for _, _, tone in found.of(3, "z = 1")] == ["number"]


def test_it_stops_when_asked() -> None:
    assert list(colour_slices(b"x = 1\n" * 20_000, "a.py", lambda: True)) != []
    assert sum(len(lines) for lines, _ in colour_slices(b"x = 1\n" * 20_000, "a.py", lambda: True)) < 2_000


@pytest.mark.parametrize("piece", ["[" * 60, '"""', "`a", "**a", "<!--", "\t" * 1_000, " " * 1_500, "${", "a: |"])
@pytest.mark.parametrize("name", ["a.md", "a.py", "a.sh", "a.js", "a.yaml", "a.json", "a.html"])
def test_no_text_keeps_a_lexer_for_long(name: str, piece: str) -> None:
    began = time.process_time()
    coloured(f"{piece}\n" * (80_000 // (len(piece) + 1)), name)
    assert time.process_time() - began < 5


@settings(max_examples=60, deadline=None)
@given(st.text(max_size=300), st.sampled_from(["a.md", "a.py", "a.sh", "a.yaml", "a.json"]))
def test_every_line_has_its_colours_within_it(text: str, path: str) -> None:
    found = coloured(text.encode("utf-8", "replace"), path)
    assert len(found.lines) == len(found.colours)
    for number, line in enumerate(found.lines, start=1):
        spans = list(found.of(number, line))
        assert all(0 <= start < end <= len(line) for start, end, _ in spans)
