"""`agents/openai.yaml` is read as Codex reads it."""

from hypothesis import given
from hypothesis import strategies as st

from workbench.skills.codes import every_code
from workbench.skills.openai_yaml import OpenAiYaml, read_openai_yaml

GOOD = b"""\
interface:
  display_name: Demo
  short_description: Shows it
  icon_small: ./assets/small.png
  brand_color: "#12aBcF"
  default_prompt: Show me
dependencies:
  tools:
    - {type: mcp, value: github, description: Issues, transport: stdio, command: run, url: http://localhost}
policy:
  allow_implicit_invocation: false
  products: [codex, ChatGPT]
"""


def test_what_is_right_is_read_whole() -> None:
    read, problems = read_openai_yaml(GOOD, {"assets/small.png"})
    assert problems == ()
    assert read.interface["display_name"] == "Demo"
    assert read.tools[0]["value"] == "github"
    assert (read.implicit, read.products) == (False, ("codex", "chatgpt"))


def test_a_value_of_a_wrong_type_makes_codex_ignore_the_file() -> None:
    read, problems = read_openai_yaml(GOOD.replace(b"false", b"'no'"), {"assets/small.png"})
    assert read == OpenAiYaml()
    assert [(problem.code, problem.line, problem.column) for problem in problems] == [("openai-yaml-type", 11, 3)]


def test_a_single_value_that_does_not_fit_is_left_out_alone() -> None:
    read, problems = read_openai_yaml(b"interface: {display_name: Demo, brand_color: red}\n")
    assert read.interface == {"display_name": "Demo"}
    assert [problem.code for problem in problems] == ["openai-yaml-value"]


def test_an_empty_file_says_nothing_and_is_fine() -> None:
    assert read_openai_yaml(b"") == (OpenAiYaml(), ())


@given(st.one_of(st.binary(max_size=200), st.text(alphabet="interfacedpolcy:\n -[]{}#&*!'\"12", max_size=200)))
def test_nothing_makes_it_fail(data: bytes | str) -> None:
    raw = data if isinstance(data, bytes) else data.encode()
    _, problems = read_openai_yaml(raw)
    known = {code.id for code in every_code()}
    for problem in problems:
        assert problem.code in known
        assert problem.line is None or 1 <= problem.line <= raw.count(b"\n") + 1
