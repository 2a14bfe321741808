"""Everything a case may say is read exactly; what is wrong is named with its line and column, all of it at once."""

import json
import time
from pathlib import Path
from typing import Any

import pytest
import yaml
from jsonschema import Draft202012Validator

from workbench.testing.cases import MAX_CASES, parse_cases
from workbench.testing.model import Case, ExitDemand, Matcher, Normaliser, RequestDemand, Stub
from workbench.testing.schema import case_schema

PATH = "skills/a/tests/x.yaml"
HEAD = "cases:\n  - name: a\n    run: [x]\n"


def parsed(text: str) -> list[Case]:
    cases, problems = parse_cases(text, PATH)
    assert problems == []
    return cases


def only(rest: str) -> Case:
    return parsed(HEAD + rest)[0]


def wrong(text: str) -> list[tuple[str, int | None, int | None]]:
    return [(problem.code, problem.line, problem.column) for problem in parse_cases(text, PATH)[1]]


def message(text: str) -> str:
    _, (problem,) = parse_cases(text, PATH)
    return problem.message


def test_a_function_can_be_called_with_arguments() -> None:
    (case,) = parsed("cases: [{name: a, call: scripts/x.py:f, with: {n: 1}}]\n")
    assert (case.call, case.arguments, case.run) == ("scripts/x.py:f", {"n": 1}, ())


def test_what_surrounds_the_program_is_read() -> None:
    case = only(
        "    stdin: hello\n    setup: [[mkdir, out], [touch, out/x]]\n    teardown: [[rm, out/x]]\n"
        "    tags: [slow, net]\n    skip: not here\n    xfail: broken since 1.2\n"
    )
    assert (case.stdin, case.setup, case.teardown) == (
        "hello",
        (("mkdir", "out"), ("touch", "out/x")),
        (("rm", "out/x"),),
    )
    assert (case.tags, case.skip, case.xfail) == (("slow", "net"), "not here", "broken since 1.2")


def test_http_answers_are_read() -> None:
    case = only(
        """\
    http:
      - request: {method: post, url: "http://api.example.com", headers: {X-Key: 1}, body: {contains: a}}
        response: {status: 201, json: {ok: true}}
        times: 2
      - {request: {path: /x}}
      - {request: {path: /y}, response: {file: tests/y.bin, headers: {Content-Type: image/png}}}
    expect: {requests: [{method: get, path: /x}]}
"""
    )
    assert case.http == (
        Stub(
            RequestDemand("POST", "http://api.example.com/", None, {"x-key": "1"}, (Matcher("contains", "a"),)),
            201,
            {"content-type": "application/json"},
            '{"ok": true}',
            times=2,
        ),
        Stub(RequestDemand(path="/x")),
        Stub(RequestDemand(path="/y"), headers={"content-type": "image/png"}, file="tests/y.bin"),
    )
    assert case.expect.requests == (RequestDemand("GET", path="/x"),)


@pytest.mark.parametrize(
    ("written", "demand", "right", "others"),
    [
        ("3", ExitDemand((3,)), {3}, {0, 1}),
        ("[0, 2]", ExitDemand((0, 2)), {0, 2}, {1}),
        ("{not: 0}", ExitDemand((0,), negated=True), {1, 255}, {0}),
        ("{not: [1, 2]}", ExitDemand((1, 2), negated=True), {0, 3}, {1, 2}),
    ],
)
def test_an_exit_code_may_be_one_of_several_or_none_of_them(
    written: str, demand: ExitDemand, right: set[int], others: set[int]
) -> None:
    assert only(f"    expect: {{exit: {written}}}\n").expect.exit == demand
    assert {code for code in right | others if demand.holds(code)} == right
    assert not demand.holds(None)


def test_matchers_nest_in_lists_and_in_not() -> None:
    case = only(
        """\
    expect:
      stdout: [{contains: a}, {matches: [b, c], not: {contains: [d, e]}}, {json: {x: 1}}]
      files: {x.txt: {absent: true}}
      duration: {under: 1500ms}
"""
    )
    assert case.expect.stdout == (
        Matcher("contains", "a"),
        Matcher("matches", "b"),
        Matcher("matches", "c"),
        Matcher("contains", "d", negated=True),
        Matcher("contains", "e", negated=True),
        Matcher("json", {"x": 1}),
    )
    assert case.expect.files == {"x.txt": (Matcher("absent", True),)}
    assert case.expect.under == 1.5


def test_normalisers_belong_to_the_matchers_beside_them() -> None:
    (matcher, other) = only(
        "    expect: {stdout: [{snapshot: x.txt, normalise: [paths, {replace: 'v(\\d)', with: 'V\\1'}]}, a]}\n"
    ).expect.stdout
    assert matcher.normalise == (Normaliser("paths"), Normaliser("replace", r"v(\d)", r"V\1"))
    assert other.normalise == ()


class TestMatrix:
    def test_every_combination_is_a_case_with_its_values_in_the_name(self) -> None:
        cases = parsed(
            """\
cases:
  - name: a
    matrix: {n: [1, 2], s: [x, ""]}
    tool: t
    with: {n: "{matrix.n}", s: "-{matrix.s}-", list: ["{matrix.n}"]}
    files: {"f{matrix.n}.txt": "{matrix.n}"}
    env: {N: "{matrix.n}"}
    expect: {exit: "{matrix.n}", stdout: {json: {n: "{matrix.n}"}}, stderr: "{matrix.n}"}
"""
        )
        assert [case.name for case in cases] == ["a [n=1,s=x]", "a [n=1,s=]", "a [n=2,s=x]", "a [n=2,s=]"]
        last = cases[-1]
        assert last.arguments == {"n": 2, "s": "--", "list": [2]}
        assert (last.files, last.env) == ({"f2.txt": "2"}, {"N": "2"})
        assert last.expect.exit == ExitDemand((2,))
        assert last.expect.stdout == (Matcher("json", {"n": 2}),)
        assert last.expect.stderr == (Matcher("equals", "2"),)

    def test_without_a_matrix_the_words_mean_nothing(self) -> None:
        assert only("    stdin: '{matrix.a}'\n").stdin == "{matrix.a}"

    @pytest.mark.parametrize(
        ("matrix", "said"),
        [
            ("3", "has to be a mapping"),
            ("{}", "has to be a mapping"),
            ("{a: 1}", "'a' has to be a list of at least one value"),
            ("{a: []}", "'a' has to be a list of at least one value"),
            ("{a: [[1]]}", "a value of 'a' has to be text"),
            ("{a: [1, 1]}", "'a' has the same value twice"),
            ("{a-b: [1]}", "'a-b' is not a name"),
            ("{a: [1], b: [2]}", "the matrix has no 'c'; known: a, b"),
            ("{value: [1]}", "the matrix has no 'c'"),
        ],
    )
    def test_a_bad_matrix_is_said(self, matrix: str, said: str) -> None:
        assert said in message(HEAD + f"    matrix: {matrix}\n    stdin: '{{matrix.c}}'\n")

    def test_a_matrix_of_too_many_cases_is_refused_before_they_are_made(self) -> None:
        axis = list(range(100))
        text = HEAD + f"    matrix: {{a: {axis}, b: {axis}, c: {axis}, d: {axis}}}\n"
        assert message(text) == "the matrix makes more than 200 cases"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("    expcet: {exit: 1}\n", ("unknown-key", 4, 5)),
        ("    expect: {exit: 0, sdtout: x}\n", ("unknown-key", 4, 23)),
        ("    expect:\n      stdout: {contian: x}\n", ("matcher", 5, 16)),
        ("    expect: {stdout: {not: {not: x}}}\n", ("matcher", 4, 23)),
        ("    expect: {stdout: {not: {snapshot: x}}}\n", ("matcher", 4, 23)),
        ("    expect: {stdout: {absent: true}}\n", ("matcher", 4, 23)),
        ("    expect: {files: {x: {absent: true, contains: a}}}\n", ("matcher", 4, 22)),
        ("    expect: {files: {x: {absent: false}}}\n", ("matcher", 4, 26)),
        ("    expect: {stdout: {normalise: paths}}\n", ("matcher", 4, 14)),
        ("    expect: {stdout: {contains: a, normalise: [pathes]}}\n", ("matcher", 4, 48)),
        ("    expect: {stdout: {contains: a, normalise: {replace: '(', with: x}}}\n", ("matcher", 4, 48)),
        ("    expect: {stdout: {contains: a, normalise: {replace: a, with: '\\9'}}}\n", ("matcher", 4, 60)),
        ("    expect: {stdout: []}\n", ("matcher", 4, 14)),
        ("    expect: {duration: {over: 2s}}\n", ("unknown-key", 4, 25)),
        ("    expect: {duration: {under: soon}}\n", ("wrong-type", 4, 25)),
        ("    expect: {exit: {not: a}}\n", ("wrong-type", 4, 21)),
        ("    expect: {exit: []}\n", ("wrong-type", 4, 14)),
        ("    expect: {requests: {}}\n", ("wrong-type", 4, 14)),
        ("    setup: [mkdir, out]\n", ("wrong-type", 4, 5)),
        ("    teardown: []\n", ("wrong-type", 4, 5)),
        ("    tags: ['a b']\n", ("wrong-type", 4, 12)),
        ("    skip: true\n", ("wrong-type", 4, 5)),
        ("    xfail: ''\n", ("wrong-type", 4, 5)),
        ("    stdin: 3\n", ("wrong-type", 4, 5)),
        ("    call: x\n", ("wrong-type", 4, 5)),
        ("    http: [{request: {path: x}}]\n", ("wrong-type", 4, 23)),
        ("    http: [{request: {url: 'https://x.org/'}}]\n", ("wrong-type", 4, 23)),
        ("    http: [{request: {url: 'http://x.org/', path: /}}]\n", ("case-incomplete", 4, 45)),
        ("    http: [{request: {method: GET}}]\n", ("case-incomplete", 4, 13)),
        ("    http: [{response: {status: 200}}]\n", ("request-missing", 4, 12)),
        ("    http: [{request: {path: /}, response: {status: 99}}]\n", ("wrong-type", 4, 44)),
        ("    http: [{request: {path: /}, response: {body: a, json: 1}}]\n", ("case-incomplete", 4, 53)),
        ("    http: [{request: {path: /}, response: {file: ../x}}]\n", ("path-leaves", 4, 44)),
        ("    http: [{request: {path: /, body: {snapshot: x}}}]\n", ("matcher", 4, 32)),
        ("    http: [{request: {path: /, headers: {'a b': x}}}]\n", ("wrong-type", 4, 42)),
        ('    http: [{request: {path: /, headers: {a: "x\\r\\nb: c"}}}]\n', ("wrong-type", 4, 42)),
        ("    http: [{request: {path: /}}]\n    network: host\n", ("case-incomplete", 5, 5)),
    ],
)
def test_what_is_wrong_is_named_with_its_line_and_column(text: str, said: tuple[str, int, int]) -> None:
    assert wrong(HEAD + text)[0] == said


def test_everything_that_is_wrong_is_said_at_once() -> None:
    assert wrong(HEAD + "    tiemout: 1\n    env: {a b: c}\n    expect: {exit: x, stdout: 3}\n") == [
        ("unknown-key", 4, 5),
        ("wrong-type", 5, 11),
        ("wrong-type", 6, 14),
        ("matcher", 6, 23),
    ]


def test_near_words_are_named() -> None:
    assert message(HEAD + "    teardwon: []\n").endswith("did you mean teardown?")
    assert message(HEAD + "    expect: {stdout: {contians: x}}\n").endswith("did you mean contains?")
    assert message(HEAD + "    network: hots\n").endswith("did you mean host?")
    assert message("case: []\ncases: []\n").endswith("did you mean cases?")


def test_matchers_that_nest_for_ever_are_refused() -> None:
    deep = "[" * 15 + "a" + "]" * 15
    assert "deeper than" in message(HEAD + f"    expect: {{stdout: {deep}}}\n")


def test_too_many_cases_are_said_and_soon() -> None:
    text = "cases:\n" + "".join(f"  - {{name: c{number}, run: [x]}}\n" for number in range(10_000))
    began = time.process_time()
    (problem,) = parse_cases(text, PATH)[1]
    assert time.process_time() - began < 5
    assert (problem.code, problem.line) == ("too-many-cases", 1)
    assert problem.message == f"there are 10,000 cases, at most {MAX_CASES:,} are read from one file; split it"


def test_a_file_in_one_line_is_read_as_fast() -> None:
    text = "cases: [" + ",".join(f"{{name: c{number}, run: [x]}}" for number in range(MAX_CASES)) + "]\n"
    began = time.process_time()
    assert len(parsed(text)) == MAX_CASES
    assert time.process_time() - began < 5


class TestSchema:
    schema = case_schema()

    def errors(self, document: Any) -> list[str]:
        return [error.message for error in Draft202012Validator(self.schema).iter_errors(document)]

    def test_it_is_one(self) -> None:
        Draft202012Validator.check_schema(self.schema)
        json.dumps(self.schema)

    def test_every_bundled_file_of_cases_fits_it(self) -> None:
        files = sorted(Path("skills").glob("*/tests/*.yaml"))
        assert len(files) > 5
        for file in files:
            text = file.read_text(encoding="utf-8")
            assert self.errors(yaml.safe_load(text)) == [], file
            assert parse_cases(text, str(file))[1] == []

    @pytest.mark.parametrize(
        "case",
        [
            {"run": ["x"], "expect": {"exit": [0, 1], "stdout": [{"not": {"contains": ["a"]}}], "stderr": ""}},
            {"run": ["x"], "expect": {"files": {"a": {"absent": True}}, "duration": {"under": "2s"}, "requests": []}},
            {"tool": "x", "with": {"a": 1}, "matrix": {"a": [1]}, "expect": {"exit": "{matrix.a}"}},
            {"call": "x.py:f", "timeout": 3, "http": [{"request": {"path": "/"}, "response": {"json": None}}]},
        ],
    )
    def test_what_can_be_read_fits_it(self, case: dict[str, Any]) -> None:
        document = {"cases": [{"name": "a", **case}]}
        assert self.errors(document) == []
        assert parse_cases(json.dumps(document), PATH)[1] == []

    @pytest.mark.parametrize(
        "case",
        [
            {},
            {"run": ["x"], "tool": "y"},
            {"run": []},
            {"run": ["x"], "expcet": {}},
            {"run": ["x"], "expect": {"stdout": {"contian": "x"}}},
            {"run": ["x"], "expect": {"stdout": {"absent": True}}},
            {"run": ["x"], "expect": {"exit": 256}},
            {"run": ["x"], "timeout": "soon"},
            {"run": ["x"], "http": [{"response": {}}]},
        ],
    )
    def test_what_can_not_be_read_does_not_fit_it(self, case: dict[str, Any]) -> None:
        document = {"cases": [{"name": "a", **case}]}
        assert self.errors(document) != []
        assert parse_cases(json.dumps(document), PATH)[1] != []


def test_every_example_of_the_documentation_is_right() -> None:
    page = Path("docs/testing.md").read_text(encoding="utf-8") + Path("docs/skills.md").read_text(encoding="utf-8")
    blocks = [block.partition("```")[0] for block in page.split("```yaml\n")[1:]]
    examples = [block for block in blocks if "tools:" not in block]
    assert len(examples) >= 5
    for block in examples:
        head = "" if "cases:\n" in block else HEAD if block.startswith("    ") else "cases:\n"
        assert parse_cases(head + block, PATH)[1] == [], block
