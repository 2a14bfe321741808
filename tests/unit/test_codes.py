"""The registry of codes: everything that can be said is in it, and everything in it can be said."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest
from hostile_folders import FOLDERS
from test_hostile_skills import CORPUS

import workbench
from workbench.skills.codes import code_pages, every_code
from workbench.skills.model import Problem
from workbench.skills.reader import parse_skill, read_all
from workbench.skills.validation import ALL_CLIENTS, Validation, judged, with_lookalikes
from workbench.testing.companions import companion_problems

HERE = Path(workbench.__file__).parent
CODES = {code.id: code for code in every_code()}
NEEDS_LUCK = {"skill-file-vanished", "skill-file-unreadable"}
"""Said only where files change while they are read, or where one is not allowed to: tests of their own show them."""

EXTRA = {
    "description-markup": "name: demo\ndescription: Makes <b> tags.\n",
    "field-type": "name: demo\ndescription: x\ndisable-model-invocation: 'yes'\n",
    "field-value": "name: demo\ndescription: x\neffort: huge\n",
    "field-without-effect": "name: demo\ndescription: x\nagent: Explore\n",
    "allowed-tools-commas": "name: demo\ndescription: x\nallowed-tools: Read, Grep\n",
    "allowed-tools-syntax": "name: demo\ndescription: x\nallowed-tools: Bash(git Read\n",
    "name-whitespace": "name: ' demo '\ndescription: x\n",
    "license-type": "name: demo\ndescription: x\nlicense: [MIT]\n",
    "compatibility-type": "name: demo\ndescription: x\ncompatibility: [x]\n",
    "version-format": "name: demo\ndescription: x\nmetadata: {version: v1}\n",
    "client-refuses": "description: x\n",
    "client-warns": "name: other\ndescription: x\n",
    "client-ignores": "name: demo\ndescription: x\nmodel: opus\n",
}  # fmt: skip
BODIES = {"missing-mention": "`scripts/gone.py`\n", "broken-link": "[x](gone.md)\n", "link-leaves-skill": "[x](../y)\n",
          "body-tokens": "word " * 5_000}  # fmt: skip


def emitted(tmp_path: Path) -> Iterator[Problem]:
    for case in CORPUS.values():
        yield from parse_skill("skills/demo", case.data, present=()).problems
    for number, front in enumerate(EXTRA.values()):
        yield from _judge(tmp_path / f"extra{number}", f"---\n{front}---\nDo it.\n")
    for number, body in enumerate(BODIES.values()):
        yield from _judge(tmp_path / f"body{number}", f"---\nname: demo\ndescription: x\n---\n{body}")
    twins = [parse_skill(f"skills/{name}", b"", present=()) for name in ("tools", "too1s")]
    for one in with_lookalikes([Validation(tmp_path, twin, ()) for twin in twins], twins):
        yield from one.problems
    yield from _judge(tmp_path / "blanks", "--- \nname: demo\ndescription: x\n---\nDo it.\n")
    for number, hostile in enumerate(FOLDERS.values()):
        library = tmp_path / f"folder{number}"
        hostile.make(library / "skills/demo")
        for skill in read_all(library)[0]:
            yield from judged(library, skill, companion_problems(library, skill)).problems


def _judge(library: Path, text: str) -> tuple[Problem, ...]:
    (library / "skills/demo").mkdir(parents=True)
    (library / "skills/demo/SKILL.md").write_text(text)
    (skill,) = read_all(library)[0]
    return judged(library, skill, clients=ALL_CLIENTS).problems


def test_every_code_is_said_by_some_fixture_and_every_problem_has_its_severity(tmp_path: Path) -> None:
    said: dict[str, set[str]] = {}
    for problem in emitted(tmp_path):
        said.setdefault(problem.code, set()).add(problem.severity)
    assert set(said) <= set(CODES)
    assert set(CODES) - set(said) <= NEEDS_LUCK
    mixed = {"tool-description", "tool-form", "tool-output", "tool-schema"}  # these depend on what is wrong
    assert {id_: s for id_, s in said.items() if s != {CODES[id_].severity} and id_ not in mixed} == {}


def test_every_code_that_the_source_of_validation_names_is_registered() -> None:
    named: dict[str, str] = {}
    judging = [path for path in (HERE / "skills").rglob("*.py") if "workbench.skills.codes import" in path.read_text()]
    for path in [*judging, HERE / "skills/discovery.py", HERE / "tools/manifest.py", HERE / "testing/companions.py"]:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call):
                for id_ in _codes_of(node):
                    named[id_] = path.name
    assert {id_: where for id_, where in named.items() if id_ not in CODES} == {}
    assert len(named) > 60


def _codes_of(call: ast.Call) -> Iterator[str]:
    name = call.func.id if isinstance(call.func, ast.Name) else getattr(call.func, "attr", "")
    at = {"problem": 0, "Problem": 1, "_at": 2}.get(name)
    if at is not None and len(call.args) > at:
        value = call.args[at]
        if isinstance(value, ast.Constant) and isinstance(value.value, str):
            yield value.value


_LOWER = ("agents/", "tools.yaml", "allowed-tools", "metadata", "compatibility", "'---'")


def test_ids_are_kebab_case_and_sentences_have_no_full_stop() -> None:
    for code in CODES.values():
        assert code.id == code.id.lower().replace("_", "-").replace(" ", "-")
        for sentence in (code.summary, code.remedy):
            assert sentence
            assert not sentence.endswith(".")
            assert sentence[0].isupper() or sentence.startswith(_LOWER)


@pytest.mark.parametrize("id_", ["unquoted-colon", "client-field", "unknown-field", "allowed-tools-list"])
def test_the_pages_show_what_strict_makes_of_a_code(id_: str) -> None:
    assert f"| `{id_}` | {CODES[id_].severity}; strict: error |" in code_pages()


def test_the_documentation_of_the_codes_is_fresh() -> None:
    page = (HERE.parent / "docs/validation.md").read_text(encoding="utf-8")
    assert code_pages() in page, "run: python docs/make_validation.py"
