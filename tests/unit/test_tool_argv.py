"""Templates of command lines: each value is one argument, and none becomes an option by accident."""

from typing import Any

import pytest

from workbench.errors import InputError
from workbench.tools.argv import TemplateError, expand, names, parse


def line(template: list[Any], **arguments: Any) -> list[str]:
    return list(expand(parse(template), arguments))


def test_literal_text_passes_and_a_placeholder_is_one_argument() -> None:
    assert line(["python", "x.py", "{path}"], path="a b; $(id)") == ["python", "x.py", "a b; $(id)"]


def test_a_whole_placeholder_expands_a_list_and_vanishes_without_a_value() -> None:
    assert line(["p", "{x}", "end"], x=["a", "b"]) == ["p", "a", "b", "end"]
    assert line(["p", "{x}", "end"], x=[]) == ["p", "end"]
    assert line(["p", "{x}", "end"]) == ["p", "end"]
    assert line(["p", "{x}", "end"], x=None) == ["p", "end"]
    assert line(["p", "{x}", "end"], x="") == ["p", "", "end"]


def test_text_around_a_placeholder_stays_one_argument_and_vanishes_with_it() -> None:
    assert line(["p", "--n={n}"], n=3) == ["p", "--n=3"]
    assert line(["p", "--n={n}"]) == ["p"]
    assert line(["p", "{a}:{b}"], a="x") == ["p"]
    assert line(["p", "--items={n}"], n=[1, "b"]) == ["p", '--items=[1, "b"]']


@pytest.mark.parametrize(
    ("value", "text"),
    [(True, "true"), (False, "false"), (3, "3"), (2.5, "2.5"), ({"a": [1]}, '{"a": [1]}'), ("ü", "ü"), ([[1]], "[1]")],
)
def test_values_are_written_as_json_and_text_as_it_is(value: object, text: str) -> None:
    assert line(["p", "{x}"], x=value) == ["p", text]


def test_a_flag_is_there_only_for_true() -> None:
    template = ["p", ["--strict", {"if": "strict"}]]
    assert line(template, strict=True) == ["p", "--strict"]
    for value in (False, None, "yes", 1):
        assert line(template, strict=value) == ["p"]
    assert line(template) == ["p"]


def test_double_braces_are_braces() -> None:
    assert line(["awk", "{{print $1}}", "{{{x}}}"], x="1") == ["awk", "{print $1}", "{1}"]


@pytest.mark.parametrize("value", ["-rf", "--output=/x", "-"])
def test_a_value_that_would_be_an_option_is_refused(value: str) -> None:
    for template in (["p", "{x}"], ["p", "{x}.txt"], ["p", "--opt", "{x}"]):
        with pytest.raises(InputError, match="would take for an option"):
            line(template, x=value)
    with pytest.raises(InputError, match="option"):
        line(["p", "{x}"], x=["fine", value])


def test_after_two_dashes_or_inside_an_option_it_is_a_value() -> None:
    assert line(["p", "--", "{x}"], x="-rf") == ["p", "--", "-rf"]
    assert line(["p", "--n={x}"], x="-rf") == ["p", "--n=-rf"]


def test_a_negative_number_may_follow_an_option() -> None:
    assert line(["p", "--offset", "{x}"], x=-5) == ["p", "--offset", "-5"]
    with pytest.raises(InputError):
        line(["p", "{x}"], x=-5)


def test_a_nul_character_is_refused() -> None:
    with pytest.raises(InputError, match="NUL"):
        line(["p", "{x}"], x="a\0b")


def test_the_remedy_says_what_to_change() -> None:
    with pytest.raises(InputError) as raised:
        line(["p", "{x}"], x="-\x1b[31m")
    assert "--name={name}" in (raised.value.remedy or "")
    assert "\x1b" not in str(raised.value)


@pytest.mark.parametrize(
    ("template", "says"),
    [
        ([], "begin with the program"),
        ([["--x", {"if": "y"}]], "begin with the program"),
        (["{x}"], "can't come from an argument"),
        (["bin/{x}"], "can't come from an argument"),
        (["p", "{x"], "lone brace"),
        (["p", "x}"], "lone brace"),
        (["p", "{}"], "lone brace"),
        (["p", None], "has to be text"),
        (["p", True], "has to be text"),
        (["p", {"a": 1}], "has to be text"),
        (["p", ["--x"]], "has to be [flag"),
        (["p", ["--x", {"unless": "y"}]], "has to be [flag"),
        (["p", ["--x", "{y}", {"if": "y"}]], "has to be [flag"),
    ],
)
def test_what_is_no_template_is_refused(template: list[Any], says: str) -> None:
    with pytest.raises(TemplateError) as raised:
        parse(template)
    assert says in str(raised.value)


def test_numbers_in_a_template_are_text() -> None:
    assert line(["head", "-n", 5]) == ["head", "-n", "5"]


def test_the_names_that_a_template_uses_are_known() -> None:
    assert list(names(parse(["p", "{a}", "--b={b}{c}", ["-d", {"if": "d"}], "{{e}}"]))) == ["a", "b", "c", "d"]
