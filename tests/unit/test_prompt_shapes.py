"""Whatever a prompt's file holds, a valid skill or a reason comes of it; the small renderer fills as Jinja2 does."""

import json
from typing import Any

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from jinja2 import TemplateError
from jinja2.sandbox import ImmutableSandboxedEnvironment

from workbench.reviews.adopting import prompt_render
from workbench.reviews.adopting.model import Findings
from workbench.reviews.adopting.prompt_template import TemplateFault, read_template
from workbench.reviews.adopting.prompts import convert
from workbench.skills.model import SKILL_FILE
from workbench.skills.reader import parse_skill
from workbench.skills.writing import is_valid_name

JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-9, 9) | st.floats(allow_nan=False) | st.text(max_size=12),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=3),
    max_leaves=6,
)
SCHEMAS = JSON | st.sampled_from([
    {"type": "object", "required": ["x"], "properties": {"x": {"type": "string"}}}, {"x": "str"},
    {"type": ["object", 7]}, {"properties": []}, {"$ref": "#/nowhere"},
    {"type": "object", "properties": {"x": {"enum": [1]}}},
    {"x": {"required": True}},
])  # fmt: skip
EXAMPLES = JSON | st.lists(
    st.fixed_dictionaries({}, optional={"input": JSON | st.just({"x": "y"}), "output": JSON, "name": JSON}), max_size=3
)
TEMPLATES = JSON | st.sampled_from(
    ["Hi {{ x }}", "{{ x", "{% for a in x %}{{ a }}{% endfor %}", "{{ a + b }}", "\ud83d\n"]
)


@given(
    fields=st.fixed_dictionaries(
        {"prompt_template": TEMPLATES},
        optional={
            "name": JSON, "slug": JSON, "version": JSON, "description": JSON, "category": JSON, "tags": JSON,
            "input_schema": SCHEMAS, "output_schema": SCHEMAS, "examples": EXAMPLES, "validation_rules": JSON,
            "more": JSON,
        },
    )
)  # fmt: skip
@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_a_file_of_any_shape_makes_a_valid_skill_or_says_why_not(
    tmp_path_factory: pytest.TempPathFactory, fields: dict[str, Any]
) -> None:
    file = tmp_path_factory.mktemp("prompt") / "p.yaml"
    file.write_text(json.dumps(fields), encoding="utf-8")
    findings = Findings()
    made = list(convert(file, findings))
    assert made or findings.skipped
    for one in made:
        assert is_valid_name(one.name)
        skill = parse_skill(f"skills/{one.name}", one.files[SKILL_FILE].data)
        assert [p for p in skill.problems if p.severity == "error"] == []
        for path, new in one.files.items():
            if path.endswith(".json"):
                json.loads(new.data)


EXPRESSIONS = st.sampled_from([
    "x", "y", "x.a", "x['a']", "x[0]", "y|upper", "x|length", "y|default('d')", "gone|default(y, true)", "x|join('-')",
    "x|tojson", "y|replace('a', y)", "y|title", "y|capitalize|trim", "'q'", "1", "none", "true", "not x", "x and y",
    "x or 'z'", "x == y", "y in x", "x is defined", "gone is not defined", "y is string", "y if x else 'n'", "y if x",
    "x|first", "x|last", "y|indent(2)", "gone", "[1, y]", "loop.index", "y < 'm'", "x != none", "y | lower | length",
])  # fmt: skip
PIECES = st.recursive(
    st.sampled_from(["text ", "\n", "  ", "a\r\nb", "}", "{", "{# note #}"])
    | EXPRESSIONS.map(lambda e: f"{{{{ {e} }}}}")
    | EXPRESSIONS.map(lambda e: f"{{{{- {e} -}}}}"),
    lambda inner: (
        st.tuples(EXPRESSIONS, st.lists(inner, max_size=2), st.lists(inner, max_size=2)).map(
            lambda t: f"{{% if {t[0]} %}}{''.join(t[1])}{{%- else -%}}{''.join(t[2])}{{% endif %}}"
        )
        | st.tuples(EXPRESSIONS, st.lists(inner, max_size=2)).map(
            lambda t: f"{{% for x in {t[0]} %}}{''.join(t[1])}{{% endfor -%}}"
        )
    ),
    max_leaves=5,
)
VALUES = st.fixed_dictionaries({}, optional={"x": JSON, "y": st.text(max_size=8) | JSON})


@given(pieces=st.lists(PIECES, min_size=1, max_size=4), samples=st.lists(VALUES, max_size=1), values=VALUES)
@settings(max_examples=400, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much])
def test_what_the_small_renderer_fills_is_what_jinja2_fills(
    pieces: list[str], samples: list[dict[str, Any]], values: dict[str, Any]
) -> None:
    source = "".join(pieces)
    try:
        read = read_template(source, samples)
    except TemplateFault:
        return
    assume(read.beyond is None)
    try:
        mine = prompt_render.render(source, values)
    except prompt_render.TemplateError:
        return  # it may refuse; it may not fill in another way
    try:
        assert mine == ImmutableSandboxedEnvironment().from_string(source).render(values)
    except (TemplateError, TypeError, ValueError, AttributeError, LookupError):
        raise AssertionError(f"Jinja2 refuses what the small renderer makes {mine!r} of") from None
