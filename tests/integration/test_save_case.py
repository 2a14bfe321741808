"""A call saved as a case: the same again passes, another does not, and nothing that stood in the file is touched."""

from pathlib import Path
from typing import Any

import pytest

from tests.integration.conftest import Library
from workbench.sandbox.probe import probe

pytestmark = pytest.mark.skipif(not probe().works, reason="no sandbox works on this machine")

TOOLS = """\
tools:
  - name: rows
    description: Counts rows.
    run: [python, scripts/rows.py, "{path}"]
    input_schema: {type: object, required: [path], properties: {path: {type: string, format: path}}}
    output: json
  - name: up
    description: Says it louder.
    run: [python, scripts/up.py, "{text}"]
    input_schema: {type: object, required: [text], properties: {text: {type: string}}}
  - name: login
    description: Takes a secret.
    run: [python, scripts/up.py, "{token}"]
    input_schema: {type: object, properties: {token: {type: string, format: password}}}
  - name: double
    description: Twice as much.
    call: scripts/f.py:double
  - name: promise
    description: Breaks its promise.
    run: [python, scripts/up.py, "x"]
    output: json
"""
ROWS = """\
import json, pathlib, sys
path = pathlib.Path(sys.argv[1])
files = sorted(path.rglob("*.csv")) if path.is_dir() else [path]
print(json.dumps({"path": sys.argv[1], "rows": {file.name: file.read_text().count("\\n") for file in files}}))
"""
UP = """\
import sys, time
if sys.argv[1] == "fail": sys.exit("no such word")
if sys.argv[1] == "time": print(time.time_ns())
print(sys.argv[1].upper() * (5000 if sys.argv[1] == "long" else 1))
"""
OURS = """\
# what we promise
cases:

- name:   says it   # spaced as we like it
  run: [ "true" ]
# nothing below
"""


@pytest.fixture
def skill(library: Library) -> Library:
    library.skill("skills/a")
    library.write("skills/a/tools.yaml", TOOLS)
    library.write("skills/a/scripts/rows.py", ROWS)
    library.write("skills/a/scripts/up.py", UP)
    library.write("skills/a/scripts/f.py", 'def double(x: int) -> int:\n    """Double."""\n    return 2 * x\n')
    library.commit()
    return library


def save(workbench: Any, tool: str, args: str, name: str) -> Any:
    return workbench("tools", "call", tool, "--args", args, "--save-case", name, "--json")


def test_a_saved_call_passes_and_fails_once_the_tool_gives_something_else(skill: Library, workbench: Any) -> None:
    said = save(workbench, "a.double", '{"x": 4}', "doubles four")
    assert said.code == 0
    assert said.json["output"] == 8
    assert said.json["saved_case"] == {
        "skill": "skills/a", "name": "doubles four", "path": "skills/a/tests/double.yaml", "line": 2, "files": [],
        "error": None, "outcome": "passed", "reason": None,
    }  # fmt: skip
    script = skill.root / "skills/a/scripts/f.py"
    script.write_text(script.read_text().replace("2 *", "3 *"))
    assert workbench("test", "a", "--json").json["results"][0]["outcome"] == "failed"


def test_a_callers_file_goes_into_the_case_and_a_long_one_into_a_fixture(
    skill: Library, workbench: Any, tmp_path: Path
) -> None:
    small, large = tmp_path / "small.csv", tmp_path / "large.csv"
    small.write_text("a,b\n1,\n")
    large.write_text("x\n" * 5000)
    first = save(workbench, "a.rows", f'{{"path": "{small}"}}', "counts a small file")
    second = save(workbench, "a.rows", f'{{"path": "{large}"}}', "counts a large file")
    assert first.json["saved_case"]["files"] == []
    written = "skills/a/tests/fixtures/counts-a-large-file/inputs/large.csv"
    assert second.json["saved_case"]["files"] == [written]
    small.unlink()
    large.unlink()
    run = workbench("test", "a", "--json")
    assert [one["outcome"] for one in run.json["results"]] == ["passed", "passed"]
    assert (skill.root / written).read_text() == "x\n" * 5000


def test_a_folder_is_kept_with_all_its_files_but_not_with_links(skill: Library, workbench: Any, tmp_path: Path) -> None:
    folder = tmp_path / "given"
    (folder / "below").mkdir(parents=True)
    (folder / "below/one.csv").write_text("a\n")
    (folder / "two.csv").write_bytes(b"\xff\n\n")
    said = save(workbench, "a.rows", f'{{"path": "{folder / "below"}"}}', "counts a folder")
    assert said.json["saved_case"]["outcome"] == "passed"
    (folder / "link.csv").symlink_to("/etc/passwd")
    said = save(workbench, "a.rows", f'{{"path": "{folder}"}}', "counts links")
    assert said.code != 0
    assert "counts links" not in (skill.root / "skills/a/tests/rows.yaml").read_text()


def test_a_failing_call_is_expected_to_fail_again_with_what_it_said(skill: Library, workbench: Any) -> None:
    said = save(workbench, "a.up", '{"text": "fail"}', "refuses")
    assert said.code == 1
    assert said.json["saved_case"]["outcome"] == "passed"
    text = (skill.root / "skills/a/tests/up.yaml").read_text()
    assert "expect: {exit: 1, stderr: {contains: no such word}}" in text


def test_long_output_becomes_a_snapshot(skill: Library, workbench: Any) -> None:
    said = save(workbench, "a.up", '{"text": "long"}', "shouts")
    assert said.json["saved_case"]["files"] == ["skills/a/tests/snapshots/shouts.txt"]
    assert said.json["saved_case"]["outcome"] == "passed"


def test_what_differs_from_run_to_run_is_said_at_once(skill: Library, workbench: Any) -> None:
    said = save(workbench, "a.up", '{"text": "time"}', "tells the time")
    assert said.json["saved_case"]["outcome"] == "failed"
    assert "differs from run to run" in said.err


def test_what_the_file_holds_stays_to_the_byte(skill: Library, workbench: Any) -> None:
    skill.write("skills/a/tests/up.yaml", OURS)
    assert save(workbench, "a.up", '{"text": "hi"}', "says hi").code == 0
    text = (skill.root / "skills/a/tests/up.yaml").read_text()
    assert text == OURS + '- name: says hi\n  tool: up\n  with: {text: hi}\n  expect: {output: {equals: "HI\\n"}}\n'
    skill.write("skills/a/tests/up.yaml", "\ufeff" + OURS.replace("\n", "\r\n").removesuffix("\r\n"))
    assert save(workbench, "a.up", '{"text": "hi"}', "says hi").json["saved_case"]["outcome"] == "passed"
    data = (skill.root / "skills/a/tests/up.yaml").read_bytes()
    assert data.count(b"\n") == data.count(b"\r\n") == 10
    assert data.startswith(("\ufeff" + OURS).replace("\n", "\r\n").encode())


@pytest.mark.parametrize(
    ("held", "says"),
    [
        ("cases: [{name: x, run: ['true']}]\n", "can't be added"),
        ("cases: []\n", "can't be added"),
        ("cases:\n  - {name: x, rum: ['true']}\n", "did you mean"),
        ("cases:\n  - {name: x, run: ['true']}\n...\n", "can't be added"),
        ("cases: [\n", "error"),
    ],
)
def test_a_file_that_can_take_no_case_is_left_alone(skill: Library, workbench: Any, held: str, says: str) -> None:
    file = skill.write("skills/a/tests/up.yaml", held)
    said = save(workbench, "a.up", '{"text": "hi"}', "says hi")
    assert said.code == 3
    assert said.json["output"] == "HI\n"
    assert says in said.err
    assert file.read_text() == held


def test_a_name_that_is_taken_or_none_is_refused_before_anything_runs(skill: Library, workbench: Any) -> None:
    assert save(workbench, "a.up", '{"text": "hi"}', "says hi").code == 0
    calls = len(skill.workspace().analytics.recent_events())
    assert save(workbench, "a.double", '{"x": 1}', "says hi").code == 4
    assert save(workbench, "a.double", '{"x": 1}', " ").code == 2
    assert save(workbench, "a.double", '{"x": 1}', "a\nb").code == 2
    assert len(skill.workspace().analytics.recent_events()) == calls
    assert not (skill.root / "skills/a/tests/double.yaml").exists()


def test_secrets_and_broken_promises_become_no_cases(skill: Library, workbench: Any) -> None:
    said = save(workbench, "a.login", '{"token": "hunter2"}', "logs in")
    assert said.code == 3
    assert "secret" in said.err
    assert save(workbench, "a.promise", "{}", "promises").code != 0
    assert not (skill.root / "skills/a/tests").exists()


def test_nothing_is_written_through_a_link(skill: Library, workbench: Any, tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (skill.root / "skills/a/tests").symlink_to(outside)
    assert save(workbench, "a.up", '{"text": "hi"}', "says hi").code == 3
    assert list(outside.iterdir()) == []


def test_hostile_text_is_kept_as_data(skill: Library, workbench: Any) -> None:
    args = r'{"text": "\u001b[2J- name: x\n{matrix.y}: [&a *a] !!python/object \u2028 --- #"}'
    said = save(workbench, "a.up", args, "says: [anything] # {matrix.z}")
    assert said.json["saved_case"]["outcome"] == "passed"
    assert "\x1b" not in said.err
    assert "\x1b" not in (skill.root / "skills/a/tests/up.yaml").read_text()
