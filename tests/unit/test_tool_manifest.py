"""tools.yaml: both forms, every problem at its line, and nothing of the skill ever run."""

from itertools import pairwise
from pathlib import Path

import pytest

from workbench.skills.model import Problem, Skill
from workbench.tools.manifest import load_tools
from workbench.tools.model import CallForm, RunForm, Tool

SKILL = Skill("skills/shop", "shop")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / SKILL.id
    (folder / "scripts").mkdir(parents=True)
    (folder / "scripts" / "count.py").write_text("print(1)\n")
    (folder / "scripts" / "slug.py").write_text('def slugify(text: str, n: int = 3) -> str:\n    """Make a slug."""\n')
    return folder


def load(folder: Path, text: str) -> tuple[tuple[Tool, ...], tuple[Problem, ...]]:
    (folder / "tools.yaml").write_text(text)
    return load_tools(folder.parent.parent, SKILL)


def problems(folder: Path, text: str) -> list[tuple[str, str, int | None]]:
    return [(problem.severity, problem.code, problem.line) for problem in load(folder, text)[1]]


GOOD = """\
tools:
  - name: count
    description: Counts things.
    run: [python, scripts/count.py, "{path}", [--strict, {if: strict}]]
    stdin: args
    input_schema:
      type: object
      required: [path]
      properties: {path: {type: string, format: path}, strict: {type: boolean}}
    output: json
    output_schema: {type: object}
  - name: slugify
    call: scripts/slug.py:slugify
"""


def test_both_forms_are_read_as_the_format_says(folder: Path) -> None:
    (count, slugify), found = load(folder, GOOD)
    assert found == ()
    assert (count.id, count.skill, count.line, count.output, count.callable) == (
        "shop.count",
        SKILL.id,
        2,
        "json",
        True,
    )
    assert count.form == RunForm(("python", "scripts/count.py", "{path}", ("--strict", "strict")), stdin_args=True)
    assert slugify.form == CallForm("scripts/slug.py", "slugify")
    assert (slugify.description, slugify.output) == ("Make a slug.", "json")
    assert slugify.input_schema["required"] == ["text"]


def test_a_skill_without_a_manifest_has_no_tools(folder: Path) -> None:
    assert load_tools(folder.parent.parent, SKILL) == ((), ())


def test_a_skill_at_the_root_has_its_manifest_there(folder: Path) -> None:
    (folder / "tools.yaml").write_text(GOOD)
    tools, found = load_tools(folder, Skill(".", "shop"))
    assert [tool.id for tool in tools] == ["shop.count", "shop.slugify"]
    assert found == ()


# Each line holds the one before twenty times.
BOMB = "a: &a [1]\n" + "".join(f"{b}: &{b} [{', '.join([f'*{a}'] * 20)}]\n" for a, b in pairwise("abcdefghi"))


@pytest.mark.parametrize(
    ("text", "code", "line"),
    [
        ("tools: [", "tools-unreadable", 1),
        ("a: 1\nb: ]\n", "tools-unreadable", 2),
        ("- a\n", "tools-shape", 1),
        ("", "tools-shape", 1),
        ("tools: 3\n", "tools-shape", 1),
        ("x: !!python/object/apply:os.system [id]\n", "tools-unreadable", 1),
        (BOMB, "tools-unreadable", 5),
        ("x: " + "[" * 1000 + "]" * 1000, "tools-unreadable", 1),
        ("x: " + "y" * 300_000, "tools-unreadable", None),
    ],
)
def test_a_manifest_that_can_not_be_used_gives_no_tools_and_says_why(
    folder: Path, text: str, code: str, line: int | None
) -> None:
    tools, found = load(folder, text)
    assert tools == ()
    assert [(problem.severity, problem.code, problem.line) for problem in found] == [("error", code, line)]
    assert found[0].path == "skills/shop/tools.yaml"


def test_a_link_out_of_the_library_is_not_followed(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    outside = tmp_path_factory.mktemp("outside") / "tools.yaml"
    outside.write_text(GOOD)
    (folder / "tools.yaml").symlink_to(outside)
    tools, [problem] = load_tools(folder.parent.parent, SKILL)
    assert (tools, problem.code) == ((), "tools-unreadable")


def test_an_unknown_key_is_a_warning_that_names_the_near_one(folder: Path) -> None:
    text = "tool: x\ntools:\n  - name: a\n    descripton: x\n    description: y\n    run: [ls]\n"
    found = load(folder, text)[1]
    assert [(problem.severity, problem.line) for problem in found] == [("warning", 1), ("warning", 4)]
    assert "did you mean tools?" in found[0].message
    assert "did you mean description?" in found[1].message


ENTRY = "tools:\n  - name: {name}\n    description: x\n    {form}\n"


@pytest.mark.parametrize(
    ("form", "code", "line"),
    [
        ("run: python x.py", "tool-form", 4),
        ("run: []", "tool-form", 4),
        ("run: ['{x}']", "tool-form", 4),
        ("run: [ls, {a: 1}]", "tool-form", 4),
        ("call: scripts/slug.py", "tool-form", 4),
        ("call: [a]", "tool-form", 4),
        ("run: [ls]\n    call: scripts/slug.py:slugify", "tool-form", 2),
        ("output: json", "tool-form", 2),
        ("run: [ls]\n    stdin: yes please", "tool-form", 5),
        ("run: [ls]\n    output: yaml", "tool-output", 5),
        ("run: [python, scripts/nope.py]", "tool-script", 4),
        ("run: [python, -O, scripts/nope.py]", "tool-script", 4),
        ("run: [./nope]", "tool-script", 4),
        ("run: [../../outside]", "tool-script", 4),
        ("call: scripts/nope.py:f", "tool-script", 4),
        ("call: scripts/slug.py:nope", "tool-signature", None),
        ("run: [ls, '{x}']", "tool-placeholder", 4),
        ("run: [ls, [--x, {if: y}]]", "tool-placeholder", 4),
        ("run: [ls]\n    input_schema: 3", "tool-schema", 5),
        ("run: [ls]\n    input_schema: {type: array}", "tool-schema", 5),
        ("run: [ls]\n    input_schema:\n      properties:\n        a: {type: strin}", "tool-schema", 7),
        ("run: [ls]\n    output: json\n    output_schema: {type: strin}", "tool-schema", 6),
        ("run: [ls, [--x, {if: y}]]\n    input_schema: {properties: {y: {type: string}}}", "tool-placeholder", 4),
    ],
)
def test_an_error_keeps_the_tool_listed_but_not_callable(folder: Path, form: str, code: str, line: int | None) -> None:
    (tool,), found = load(folder, ENTRY.format(name="a", form=form))
    errors = [(problem.code, problem.line) for problem in found if problem.severity == "error"]
    assert errors == [(code, line)]
    assert not tool.callable
    assert tool.name == "a"


@pytest.mark.parametrize("name", ["a b", "ü", "'\\e[31m'", "x" * 65, "[1]", "''", "~"])
def test_a_name_that_can_not_be_used_is_an_error(folder: Path, name: str) -> None:
    (tool,), found = load(folder, ENTRY.format(name=name, form="run: [ls]"))
    assert ("error", "tool-name", 2) in [(problem.severity, problem.code, problem.line) for problem in found]
    assert not tool.callable


def test_a_name_given_twice_is_an_error_of_the_second(folder: Path) -> None:
    text = "tools:\n  - {name: a, description: x, run: [ls]}\n  - {name: a, description: x, run: [ls]}\n"
    (first, second), _ = load(folder, text)
    assert (first.callable, second.callable) == (True, False)
    assert "line 2" in second.problems[0].message
    assert second.problems[0].line == 3


def test_an_entry_that_is_no_mapping_is_reported_and_the_rest_is_read(folder: Path) -> None:
    tools, found = load(folder, "tools:\n  - 3\n  - {name: a, description: x, run: [ls]}\n")
    assert [tool.name for tool in tools] == ["a"]
    assert [(problem.code, problem.line) for problem in found] == [("tool-shape", 2)]


def test_an_unknown_annotation_is_an_error_in_the_script_itself(folder: Path) -> None:
    (folder / "scripts" / "slug.py").write_text("from pathlib import Path\n\n\ndef slugify(p: Path): ...\n")
    (tool,), [problem] = load(folder, "tools:\n  - {name: a, description: x, call: 'scripts/slug.py:slugify'}\n")
    assert (problem.path, problem.line) == ("skills/shop/scripts/slug.py", 4)
    assert not tool.callable


def test_an_input_schema_stands_in_for_annotations(folder: Path) -> None:
    (folder / "scripts" / "slug.py").write_text("def slugify(p): ...\n")
    text = (
        "tools:\n  - {name: a, description: x, call: 'scripts/slug.py:slugify', input_schema: {properties: {p: {}}}}\n"
    )
    (tool,), found = load(folder, text)
    assert found == ()
    assert tool.input_schema == {"type": "object", "properties": {"p": {}}}


def test_what_is_only_odd_is_a_warning(folder: Path) -> None:
    text = (
        "tools:\n  - name: a\n    run: [ls]\n    input_schema: {properties: {x: {pattern: '\\p{L}'}}}\n"
        "    output_schema: {}\n"
    )
    (tool,), found = load(folder, text)
    assert tool.callable
    assert {problem.code for problem in found} == {"tool-description", "tool-unused", "tool-schema", "tool-output"}
    assert {problem.severity for problem in found} == {"warning"}


@pytest.mark.parametrize("form", ["run: [python, scripts/away.py]", "call: scripts/away.py:f", "run: [../away.py]"])
def test_a_script_outside_the_skill_is_as_good_as_none(folder: Path, form: str) -> None:
    (folder.parent / "away.py").write_text("def f(): ...\n")
    (folder / "scripts" / "away.py").symlink_to("../../away.py")
    (tool,), _ = load(folder, ENTRY.format(name="a", form=form))
    assert [problem.code for problem in tool.problems] == ["tool-script"]


def test_hostile_text_in_a_problem_is_visible(folder: Path) -> None:
    found = load(folder, 'tools:\n  - name: "\\e]0;x\\a"\n    "\\e[31m": 1\n    run: ["\\e[2J{"]\n')[1]
    assert found
    assert not any("\x1b" in problem.message or "\x07" in problem.message for problem in found)


def test_listing_never_imports_the_skills_code(folder: Path, tmp_path: Path) -> None:
    mark = tmp_path / "ran"
    (folder / "scripts" / "slug.py").write_text(f"open({str(mark)!r}, 'w')\ndef slugify(text: str): 'x'\n")
    tools, found = load(folder, GOOD)
    assert (len(tools), found) == (2, ())
    assert not mark.exists()
