"""Test cases are read exactly, and whatever is wrong with one is named with its line while the others go on."""

import os
from pathlib import Path

import pytest

from workbench.skills.model import Skill
from workbench.testing.cases import MAX_FILE, load_cases, parse_cases
from workbench.testing.model import Case, ExitDemand, Expectation, Matcher

PATH = "skills/a/tests/x.yaml"


def only(text: str) -> Case:
    cases, problems = parse_cases(text, PATH)
    assert problems == []
    return cases[0]


def wrong(text: str) -> list[tuple[str, int | None]]:
    cases, problems = parse_cases(text, PATH)
    assert cases == []
    return [(problem.code, problem.line) for problem in problems]


def test_a_case_is_read_with_everything_the_format_has() -> None:
    case = only(
        """\
cases:
  - name: counts rows
    tool: profile
    with: {path: data.csv, top: 1, since: 2026-01-31}
    files: {data.csv: "a,b\\n1,\\n", sub/x.txt: ""}
    fixture: tests/fixtures/small
    env: {TZ: UTC, N: 3}
    timeout: 500ms
    network: none
    expect:
      exit: 2
      stdout: {json: {rows: 1}}
      stderr: ""
      files: {report.md: {contains: [rows, nulls], matches: "^#"}}
"""
    )
    assert (case.name, case.tool, case.run, case.fixture) == ("counts rows", "profile", (), "tests/fixtures/small")
    assert case.arguments == {"path": "data.csv", "top": 1, "since": "2026-01-31"}
    assert case.files == {"data.csv": "a,b\n1,\n", "sub/x.txt": ""}
    assert (case.env, case.timeout, case.network) == ({"TZ": "UTC", "N": "3"}, 0.5, False)
    assert case.expect == Expectation(
        exit=ExitDemand((2,)),
        stdout=(Matcher("json", {"rows": 1}),),
        stderr=(Matcher("equals", ""),),
        files={"report.md": (Matcher("contains", "rows"), Matcher("contains", "nulls"), Matcher("matches", "^#"))},
    )
    assert (case.place(), case.place("expect.stdout"), case.place("with.path.0")) == (
        f"{PATH}:2",
        f"{PATH}:12",
        f"{PATH}:4",
    )


def test_a_case_that_says_little_expects_exit_0_within_ten_seconds_without_network() -> None:
    case = only("cases:\n  - {name: a, run: [python, x.py, 3]}\n")
    assert (case.run, case.timeout, case.network, case.expect) == (("python", "x.py", "3"), 10.0, False, Expectation())


@pytest.mark.parametrize(("written", "seconds"), [("5s", 5), ("500ms", 0.5), ("2m", 120), ("3", 3), ("0.5", 0.5)])
def test_a_timeout_has_a_unit_or_means_seconds(written: str, seconds: float) -> None:
    assert only(f"cases:\n  - {{name: a, run: [x], timeout: {written}}}\n").timeout == seconds


HEAD = "cases:\n  - name: a\n    run: [x]\n"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("cases: [\n", ("cases-yaml", 1)),
        ("a: b\n", ("cases-missing", 1)),
        ("- a\n", ("cases-missing", 1)),
        ("", ("cases-missing", None)),
        ("cases: {}\n", ("cases-missing", 1)),
        ("cases: []\nother: 1\n", ("unknown-key", 2)),
        ("cases:\n  - a\n", ("case-type", 2)),
        ("cases:\n  - run: [x]\n", ("name-missing", 2)),
        ("cases:\n  - run: [x]\n    name: 3\n", ("name-missing", 3)),
        ("cases:\n  - name: a\n", ("case-incomplete", 2)),
        ("cases:\n  - name: a\n    run: [x]\n    tool: y\n", ("case-incomplete", 2)),
        (HEAD + "    with: {a: b}\n", ("case-incomplete", 4)),
        (HEAD + "    expcet: {exit: 1}\n", ("unknown-key", 4)),
        (HEAD + "    name: b\n", ("duplicate-key", 4)),
        (HEAD + "    expect: {exit: yes}\n", ("wrong-type", 4)),
        (HEAD + "    expect: {exit: 300}\n", ("wrong-type", 4)),
        (HEAD + "    expect:\n      sdtout: x\n", ("unknown-key", 5)),
        (HEAD + "    expect:\n      stdout: 3\n", ("matcher", 5)),
        (HEAD + "    expect:\n      stdout: {}\n", ("matcher", 5)),
        (HEAD + "    expect:\n      stdout:\n        contain: x\n", ("matcher", 6)),
        (HEAD + "    expect:\n      stdout:\n        contains: [1]\n", ("matcher", 6)),
        (HEAD + "    expect:\n      stdout:\n        matches: '('\n", ("matcher", 6)),
        (HEAD + "    expect:\n      stdout:\n        json_schema: {type: nonsense}\n", ("matcher", 6)),
        (HEAD + "    expect:\n      stdout:\n        json_schema: {$ref: 'http://x/y'}\n", ("matcher", 6)),
        (HEAD + "    expect:\n      stdout:\n        snapshot: ../../x\n", ("path-leaves", 6)),
        (HEAD + "    expect:\n      files:\n        /etc/x: y\n", ("path-leaves", 6)),
        (HEAD + "    files:\n      ../x: y\n", ("path-leaves", 5)),
        (HEAD + "    files:\n      x: 3\n", ("wrong-type", 5)),
        (HEAD + "    files: {x: a, x/y: b}\n", ("path-conflict", 4)),
        (HEAD + "    fixture: /etc\n", ("path-leaves", 4)),
        (HEAD + "    env: {A=B: c}\n", ("wrong-type", 4)),
        (HEAD + "    env: {A: 1.10}\n", ("wrong-type", 4)),
        (HEAD + "    timeout: soon\n", ("wrong-type", 4)),
        (HEAD + "    timeout: 0\n", ("wrong-type", 4)),
        (HEAD + "    timeout: 1h\n", ("wrong-type", 4)),
        (HEAD + "    network: all\n", ("wrong-type", 4)),
        ("cases:\n  - name: a\n    run: x y\n", ("wrong-type", 3)),
        ("cases:\n  - name: a\n    run: [x, 1.10]\n", ("wrong-type", 3)),
        ("a: &a [x]\nb: " + "[" * 100 + "\n", ("cases-yaml", 2)),
    ],
)
def test_what_is_wrong_is_named_with_its_line(text: str, said: tuple[str, int | None]) -> None:
    assert wrong(text) == [said]


def test_one_wrong_case_does_not_take_the_others_with_it() -> None:
    cases, problems = parse_cases("cases:\n  - {name: a, run: [x]}\n  - {name: b}\n  - {name: c, run: [x]}\n", PATH)
    assert [case.name for case in cases] == ["a", "c"]
    assert [(problem.line, problem.path) for problem in problems] == [(3, PATH)]


def test_a_misspelt_key_is_answered_with_the_right_one() -> None:
    _, (problem,) = parse_cases(HEAD + "    expcet: {}\n", PATH)
    assert problem.message == "'expcet' is not known here; did you mean expect?"


class TestFiles:
    skill = Skill("skills/a", "a")

    def folder(self, root: Path) -> Path:
        folder = root / "skills/a/tests"
        folder.mkdir(parents=True)
        return folder

    def test_all_files_are_read_in_the_order_of_their_names(self, tmp_path: Path) -> None:
        folder = self.folder(tmp_path)
        (folder / "b.yml").write_text("cases: [{name: two, run: [x]}]\n")
        (folder / "a.yaml").write_text("\ufeffcases: [{name: one, run: [x]}]\n", encoding="utf-8")
        (folder / "notes.txt").write_text("nothing")
        cases, problems = load_cases(tmp_path, self.skill)
        assert [(case.name, case.path) for case in cases] == [
            ("one", "skills/a/tests/a.yaml"),
            ("two", "skills/a/tests/b.yml"),
        ]
        assert problems == ()

    def test_a_skill_without_tests_has_none(self, tmp_path: Path) -> None:
        (tmp_path / "skills/a").mkdir(parents=True)
        assert load_cases(tmp_path, self.skill) == ((), ())

    def test_a_name_used_twice_is_a_problem_of_the_second(self, tmp_path: Path) -> None:
        folder = self.folder(tmp_path)
        (folder / "a.yaml").write_text("cases: [{name: one, run: [x]}]\n")
        (folder / "b.yaml").write_text("\ncases: [{name: one, run: [y]}]\n")
        cases, problems = load_cases(tmp_path, self.skill)
        assert [case.run for case in cases] == [("x",)]
        assert [(p.code, p.path, p.line) for p in problems] == [("name-repeated", "skills/a/tests/b.yaml", 2)]

    @pytest.mark.parametrize("kind", ["link out", "dangling", "folder", "pipe", "large", "latin-1"])
    def test_a_file_that_can_not_be_read_is_a_problem(self, tmp_path: Path, kind: str) -> None:
        folder = self.folder(tmp_path)
        path = folder / "x.yaml"
        if kind in ("link out", "dangling"):
            (tmp_path / "outside.yaml").write_text("cases: [{name: one, run: [x]}]\n")
            path.symlink_to("../../../outside.yaml" if kind == "link out" else "nowhere")
        elif kind == "folder":
            path.mkdir()
        elif kind == "pipe":
            os.mkfifo(path)
        else:
            path.write_bytes(b"#" * (MAX_FILE + 1) if kind == "large" else b"cases: [] # caf\xe9\n")
        cases, problems = load_cases(tmp_path, self.skill)
        assert cases == ()
        assert [(problem.code, problem.path) for problem in problems] == [("cases-unreadable", PATH)]

    def test_a_linked_folder_of_cases_is_not_followed(self, tmp_path: Path) -> None:
        (tmp_path / "skills/a").mkdir(parents=True)
        (tmp_path / "skills/a/tests").symlink_to("/etc")
        assert [problem.code for problem in load_cases(tmp_path, self.skill)[1]] == ["tests-unreadable"]
