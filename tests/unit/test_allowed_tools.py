"""`allowed-tools` is read in every form that clients read, and a tool with a pattern stays whole."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.skills.allowed_tools import MAX_TOOLS, parse


@pytest.mark.parametrize(
    "value",
    [
        "Bash(git:*) Bash(jq:*) Read",
        "Bash(git:*), Bash(jq:*), Read",
        "Bash(git:*),Bash(jq:*),Read",
        "  Bash(git:*)\n  Bash(jq:*)\tRead ",
        ["Bash(git:*)", "Bash(jq:*)", "Read"],
        ["Bash(git:*), Bash(jq:*)", " Read "],
    ],
)
def test_spaces_commas_and_lists_say_the_same(value: object) -> None:
    assert [(tool.name, tool.pattern) for tool in parse(value)] == [("Bash", "git:*"), ("Bash", "jq:*"), ("Read", None)]


def test_parentheses_hold_spaces_commas_and_parentheses() -> None:
    tools = parse("Bash(git commit -m 'a, b'), Bash(echo $(date)) mcp__github__get_issue")
    assert [tool.text for tool in tools] == [
        "Bash(git commit -m 'a, b')",
        "Bash(echo $(date))",
        "mcp__github__get_issue",
    ]
    assert [tool.pattern for tool in tools] == ["git commit -m 'a, b'", "echo $(date)", None]
    assert all(tool.closed for tool in tools)


@pytest.mark.parametrize(
    ("value", "text"), [("Bash(git Read", "Bash(git Read"), ("Bash) Read", "Bash)"), ("(a)(b", "(a)(b")]
)
def test_parentheses_that_do_not_fit_are_said(value: str, text: str) -> None:
    tool = parse(value)[0]
    assert (tool.text, tool.closed) == (text, False)


@pytest.mark.parametrize("value", [None, 1, True, {"a": "b"}, [None, 1, ["Read"]], "", " , ", []])
def test_what_is_no_text_gives_no_tools(value: object) -> None:
    assert parse(value) == ()


def test_a_flood_is_cut() -> None:
    assert len(parse("Read " * 5_000)) == MAX_TOOLS


@given(st.text(alphabet="Bash(:*), []{}ü\n\t'", max_size=200))
def test_nothing_but_separators_is_lost(value: str) -> None:
    kept = "".join(tool.text for tool in parse(value))
    drop = str.maketrans("", "", " ,\n\t")
    assert kept.translate(drop) == value.translate(drop)
