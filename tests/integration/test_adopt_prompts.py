"""A prompt template becomes a skill that validates, whose cases pass, and whose renderer agrees with Jinja2."""

import json
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from jinja2.sandbox import ImmutableSandboxedEnvironment
from skills_ref import validate

from workbench.reviews.adopting.prompt_template import TemplateFault, read_template
from workbench.skills import reader

PROMPT = """\
name: Code Review
slug: code-review
version: 1.2
description: "Reviews a diff: finds defects and says how to mend them. Use it when somebody asks for a review."
category: engineering
tags: [review, "code quality"]
prompt_template: |
  Review this {{ language | upper }} code{% if focus is defined and focus %} for {{ focus }}{% endif %}:

  {{ code }}
  {%- for rule in rules %}
  {{ loop.index }}. {{ rule.text }}{% if not loop.last %};{% endif %}
  {%- endfor %}
input_schema:
  type: object
  required: [language, code]
  properties:
    language: {type: string, enum: [python, go], description: The language | dialect}
    code: {type: string, minLength: 1}
    focus: {type: string}
    rules: {type: array, items: {type: object}}
output_schema:
  type: object
  required: [findings]
  properties:
    findings: {type: array, items: {type: string}}
    score: {type: integer, minimum: 0, maximum: 10}
examples:
  - name: a small one
    input: {language: python, code: "x = 1\\n", rules: [{text: be kind}, {text: be brief}]}
    output: {findings: ["nothing"], score: 9}
  - input: {language: go, code: "package main", focus: "races: \\u00fc \\U0001f600"}
    output: '{"findings": []}'
  - input: {language: cobol, code: x}
    output: just text
validation_rules:
  - Every finding names a line
  - {field: score, rule: max 10}
author: Ada
"""


@pytest.fixture
def me(library: Any, tmp_path: Path) -> Path:
    library.git("config", "--global", "user.name", "Ada")
    library.git("config", "--global", "user.email", "ada@example.com")
    return tmp_path


def root() -> Path:
    return Path(os.environ["WORKBENCH_DATA"]) / "library"


def adopt(workbench: Any, folder: Path, text: str, *, code: int = 0) -> Any:
    file = folder / "prompt.yaml"
    file.write_text(text)
    said = workbench("adopt", str(file), "--json")
    assert said.code == code, said.err
    return said.json if code == 0 else said


def test_a_prompt_becomes_a_valid_skill_whose_cases_pass(me: Path, workbench: Any) -> None:
    said = adopt(workbench, me, PROMPT)
    assert [(one["path"], one["kind"]) for one in said["skills"]] == [("skills/prompts/code-review", "prompts")]
    reasons = [one["reason"] for one in said["skipped"]]
    assert [reason for reason in reasons if "example 3" in reason and "input_schema" in reason]
    assert [reason for reason in reasons if "example 3" in reason and "output_schema" in reason]
    folder = root() / "skills/prompts/code-review"
    skill = reader.read(root(), "skills/prompts/code-review")
    assert [p for p in skill.problems if p.severity != "info"] == []
    assert validate(folder) == []
    assert skill.frontmatter["metadata"] == {
        "version": "1.2.0", "original-name": "Code Review", "source": "prompt-template", "category": "engineering",
        "tags": "review code-quality", "author": "Ada",
    }  # fmt: skip
    body = (folder / "SKILL.md").read_text()
    assert "| language | string | yes | The language \\| dialect |" in body
    assert "- Every finding names a line" in body
    tests = workbench("--library", str(root()), "test", "code-review", "--json")
    assert tests.code == 0, tests.out
    outcomes = [case["outcome"] for case in tests.json["results"]] if "results" in tests.json else tests.out
    assert "failed" not in str(outcomes)
    assert "error" not in str(outcomes)
    evals = json.loads((folder / "evals/evals.json").read_text())
    assert evals["skill_name"] == "code-review"
    assert [one["id"] for one in evals["evals"]] == [1, 2, 3]
    assert evals["evals"][0]["assertions"][0] == "Every finding names a line"
    assert workbench("adopt", str(me / "prompt.yaml"), "--json").json["commit"] is None


def test_the_skill_fills_its_template_on_its_own(me: Path, workbench: Any) -> None:
    adopt(workbench, me, PROMPT)
    folder = root() / "skills/prompts/code-review"
    values = {"language": "go", "code": "x", "rules": [{"text": "a"}]}
    (me / "in.json").write_text(json.dumps(values))

    def run(*arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-I", *arguments], cwd=folder, capture_output=True, text=True, check=False
        )

    filled = run("scripts/render.py", str(me / "in.json"))
    expected = ImmutableSandboxedEnvironment().from_string((folder / "assets/prompt.jinja").read_text()).render(values)
    assert filled.stdout == f"{expected}\n"
    (me / "bad.json").write_text('{"language": "cobol"}')
    refused = run("scripts/render.py", str(me / "bad.json"))
    assert (refused.returncode, refused.stdout) == (1, "")
    assert "'code'" in refused.stderr
    assert "one of" in refused.stderr
    (me / "answer.json").write_text('{"findings": [1], "score": 11}')
    checked = run("scripts/check.py", "output", str(me / "answer.json"))
    assert checked.returncode == 1
    assert checked.stderr.splitlines() == ["findings[0] has to be string", "score is more than maximum 10"]
    (me / "answer.json").write_text("{")
    assert run("scripts/check.py", "output", str(me / "answer.json")).returncode == 2


def test_a_template_beyond_the_renderer_is_kept_with_its_examples_as_evaluations(me: Path, workbench: Any) -> None:
    said = adopt(
        workbench, me, "name: total\nprompt_template: '{{ a + b }}'\nexamples: [{input: {a: 1, b: 2}, output: 3}]\n"
    )
    assert any("Jinja2 alone" in one["reason"] and "arithmetic" in one["reason"] for one in said["skipped"])
    folder = root() / "skills/prompts/total"
    assert sorted(str(p.relative_to(folder)) for p in folder.rglob("*") if p.is_file()) == [
        "SKILL.md", "assets/prompt.jinja", "evals/evals.json", "schemas/input.json",
    ]  # fmt: skip
    assert "arithmetic" in (folder / "SKILL.md").read_text()
    assert validate(folder) == []


def test_a_folder_of_prompts_is_adopted_whole_and_what_is_none_is_said(me: Path, workbench: Any) -> None:
    folder = me / "library of prompts"
    (folder / "below").mkdir(parents=True)
    (folder / "a.yaml").write_text("name: One\nprompt_template: Hello {{ who }}\n")
    (folder / "below/b.yml").write_text("name: One\nprompt_template: Bye {{ who }}\n")
    (folder / "config.yaml").write_text("colour: red\n")
    (folder / "bad.yaml").write_text("name: [\n")
    (folder / "empty.yaml").write_text("name: x\nprompt_template: ''\n")
    said = workbench("adopt", str(folder), "--json")
    assert said.code == 0, said.err
    paths = [one["path"] for one in said.json["skills"]]
    assert paths[0] == "skills/library of prompts/one"
    assert paths[1].startswith("skills/library of prompts/one-")
    assert len(said.json["skipped"]) == 3
    assert workbench("adopt", str(folder), "--json").json["commit"] is None


def test_a_schema_in_short_form_is_written_out(me: Path, workbench: Any) -> None:
    adopt(
        workbench,
        me,
        "name: a\nprompt_template: '{{ x }}{{ n }}'\ninput_schema:\n  x: str\n  n: {type: int, required: true}\n",
    )
    schema = json.loads((root() / "skills/prompts/a/schemas/input.json").read_text())
    assert schema == {
        "type": "object", "properties": {"x": {"type": "string"}, "n": {"type": "integer"}}, "required": ["n"],
    }  # fmt: skip
    assert workbench("--library", str(root()), "test", "a").code == 0


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("name: a\nprompt_template: '{{ x'\n", "not Jinja2"),
        ("name: a\nprompt_template: '{% if x %}'\n", "not Jinja2"),
        ("name: a\nprompt_template: [1]\n", "not text"),
        ("name: a\nprompt_template: '" + "x" * 70_000 + "'\n", "longer than 64 KiB"),
        ("name: a\nprompt_template: '{{ " + "(" * 3000 + ")" * 3000 + " }}'\n", "nests too deep"),
        ("a: &a [x]\nb: [*a, *a\n", "nothing here that can be adopted"),
    ],
)
def test_a_prompt_that_can_not_be_used_says_why(me: Path, workbench: Any, text: str, words: str) -> None:
    said = adopt(workbench, me, text, code=3)
    assert words in said.err


@pytest.mark.parametrize(
    "field",
    [
        "input_schema: [1]", "input_schema: {type: nonsense}", "output_schema: 7", "examples: none",
        "examples: [1, {}]",
        "examples: [{input: 7, output: [1]}]", "tags: {a: b}", "version: latest", "version: [1]", "name: {a: b}",
        "validation_rules: 7", "validation_rules: {a: {b: c}}", "description: [a]", "category: true", "extra: {a: b}",
        "input_schema: {type: array}", "input_schema: {properties: 7}", "slug: '../../evil'", "name: .nan",
        "input_schema: {$ref: 'http://example.com/x'}",
        "output_schema: {type: object, patternProperties: {'(a+)+$': {}}}",
    ],
)  # fmt: skip
def test_fields_of_any_type_make_a_valid_skill(me: Path, workbench: Any, field: str) -> None:
    key = field.partition(":")[0]
    base = {"name": "name: odd", "prompt_template": "prompt_template: 'Hi {{ who }}'",
            "examples": "examples: [{input: {who: you}, output: {a: 1}}]"}  # fmt: skip
    adopt(workbench, me, "\n".join([*(text for name, text in base.items() if name != key), field, ""]))
    (folder,) = (root() / "skills/prompts").iterdir()
    assert validate(folder) == []
    assert [p for p in reader.read(root(), f"skills/prompts/{folder.name}").problems if p.severity == "error"] == []
    tests = workbench("--library", str(root()), "test", folder.name)
    assert tests.code == 0, tests.out + tests.err
    assert "error" not in workbench("--library", str(root()), "tools", "list").err


HOSTILE = [
    "{{ 10**10**10 }}", "{{ 'a' * 10**10 }}", "{{ 'a'|center(1000000000) }}", "{{ '%1000000000d'|format(1) }}",
    "{% for a in range(10**9) %}{% for b in range(10**9) %}x{% endfor %}{% endfor %}", "{{ ''.__class__.__mro__ }}",
    "{% include '/etc/passwd' %}", "{% macro a() %}{{ a() }}{% endmacro %}{{ a() }}", "{{ lipsum(n=10000) }}",
    "{{ x|replace('', 'y' * 1000000) }}", "{{ 'x'|indent(999999999) }}", "{% set a = 1 %}{{ a }}",
    "{{ cycler.__init__ }}",
]  # fmt: skip


@pytest.mark.parametrize("template", HOSTILE)
def test_a_template_that_computes_is_never_computed(template: str) -> None:
    began = time.process_time()
    try:
        read = read_template(template, [{"x": "y"}])
    except TemplateFault:
        return
    finally:
        assert time.process_time() - began < 1.5
    assert read.beyond is not None


def test_a_template_that_grows_with_its_example_is_stopped() -> None:
    loops = "".join(f"{{% for a{n} in xs %}}" for n in range(8)) + "x" + "{% endfor %}" * 8
    began = time.process_time()
    assert "too long" in (read_template(loops, [{"xs": list(range(100))}]).beyond or "")
    assert "too long" in (read_template("{{ x|replace('a', x) }}", [{"x": "a" * 200_000}]).beyond or "")
    assert time.process_time() - began < 2


@pytest.mark.parametrize(
    "template",
    [
        "a{{ x }}b\n", "{{ x|default('d')|upper }}", "{% if x %}y{% elif n == 3 %}z{% else %}-{% endif %}",
        "{# c #}t\n\n",
        "  {%- if x -%}  a  {%- endif -%}  b", "{% for k in xs %}{{ k }}{{ ', ' if not loop.last }}{% endfor %}",
        "{% for a, b in pairs %}{{ a }}={{ b }};{% endfor %}", "{{ d.key }}{{ d['other'] }}{{ xs[0] }}{{ xs[9] }}",
        "{{ xs|join(', ') }}{{ xs|length }}{{ xs|first }}{{ xs|last }}",
        "{{ d|tojson }}{{ x|title }}{{ x|capitalize }}",
        "{{ 'b' in xs }}{{ x is defined }}{{ gone is defined }}{{ none is none }}{{ true }}",
        "{{ gone }}|{{ gone == '' }}",
        "{{ x|replace('o', '0')|trim }}", "{{ text|indent(2) }}", "a\r\nb\r", "{{ n is number and not n == 4 }}",
        "{{ x or 'y' }}{{ gone and x }}{{ [1, x] }}", "{{ n if n > 2 else 0 }}", "{{x}}{{-x-}} {{ x }}",
    ],
)  # fmt: skip
def test_what_the_small_renderer_takes_on_it_fills_as_jinja2_does(template: str) -> None:
    values = {
        "x": "foo bar",
        "n": 3,
        "xs": ["a", "b"],
        "pairs": [[1, 2], [3, 4]],
        "d": {"key": "<v>"},
        "text": "a\n\nb",
    }
    assert read_template(template, [values]).beyond is None
