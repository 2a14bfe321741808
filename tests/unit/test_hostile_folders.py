"""Whole folders that nobody meant well with: judged in bounded time, named precisely, nothing outside read."""

import os
import shutil
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from hostile_folders import FOLDERS, HostileFolder, put, skill
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from workbench.skills import validation
from workbench.skills.codes import every_code
from workbench.skills.folder import Folder
from workbench.skills.reader import read_all
from workbench.skills.validation import ALL_CLIENTS, Validation, judged, validate
from workbench.testing.companions import companion_problems

KNOWN = {code.id for code in every_code()}


def judge_all(library: Path, *, strict: bool = False) -> list[Validation]:
    skills, _ = read_all(library)
    return [
        judged(library, one, companion_problems(library, one), strict=strict, clients=ALL_CLIENTS) for one in skills
    ]


@pytest.fixture(params=FOLDERS.values(), ids=FOLDERS.keys())
def hostile(request: pytest.FixtureRequest) -> HostileFolder:
    found: HostileFolder = request.param
    return found


@pytest.fixture
def library(tmp_path: Path) -> Iterator[Path]:
    yield tmp_path / "library"
    for folder, below, _ in os.walk(tmp_path):
        for name in below:
            path = Path(folder, name)
            if not path.is_symlink():
                path.chmod(0o755)


def test_each_is_said_with_its_file_and_line_within_two_seconds(hostile: HostileFolder, library: Path) -> None:
    hostile.make(library / "skills/demo")
    began = time.process_time()
    found = {one.skill.id: one for one in judge_all(library)}
    assert time.process_time() - began < 2
    said = {(problem.code, problem.path, problem.line) for problem in found["skills/demo"].problems}
    wanted = {(code, f"skills/demo/{path}".rstrip("/"), line) for code, path, line in hostile.said}
    assert wanted <= said, sorted(map(str, said))


def test_every_problem_has_a_code_a_remedy_and_a_place_that_exists(hostile: HostileFolder, library: Path) -> None:
    hostile.make(library / "skills/demo")
    for one in judge_all(library):
        for problem in one.problems:
            assert problem.code in KNOWN
            assert problem.remedy
            assert problem.message.isprintable()
            assert_inside(library, problem.path, problem.line, problem.column)


def assert_inside(library: Path, path: str | None, line: int | None, column: int | None) -> None:
    if path is None or line is None:
        assert (line, column) == (None, None)
        return
    try:
        text = (library / path).read_bytes().decode("utf-8", "replace").removeprefix("\ufeff")
    except OSError:
        return
    lines = text.split("\n")
    assert 1 <= line <= len(lines)
    assert column is None or 1 <= column <= len(lines[line - 1]) + 1


def test_a_healthy_skill_has_nothing_wrong(tmp_path: Path) -> None:
    folder = skill(tmp_path / "skills/demo", "Run `python scripts/run.py`; see [types](references/types.md).\n")
    put(folder, "scripts/run.py", "import help_me\n")
    put(folder, "scripts/help_me.py", "print(1)\n")
    put(folder, "references/types.md", "Back to [the skill](../SKILL.md).\n")
    put(folder, "tests/run.yaml", "cases:\n  - name: runs\n    run: [python, scripts/run.py]\n    expect: {exit: 0}\n")
    put(folder, "LICENSE", "MIT\n")
    assert judge_all(tmp_path)[0].problems == ()


def test_the_skills_that_come_with_the_workbench_are_healthy() -> None:
    root = Path(__file__).parents[2]
    found = [validate(root, f"skills/{folder.name}", strict=True) for folder in sorted((root / "skills").iterdir())]
    assert len(found) >= 9
    assert [problem for one in found for problem in one.problems if problem.severity != "info"] == []


def test_a_file_that_vanishes_while_it_is_read_is_no_exception(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = skill(tmp_path / "skills/demo", "`references/a.md` `scripts/b.py`\n")
    put(folder, "references/a.md", "a\n")
    put(folder, "scripts/b.py", "b\n", 0o755)
    put(folder, "agents/openai.yaml", "interface: {}\n")
    put(folder, "evals/evals.json", "{}")
    looked = validation.look

    def look_then_remove(root: Path, skill_id: str) -> Folder:
        found = looked(root, skill_id)
        for name in ("references", "scripts", "agents", "evals"):
            shutil.rmtree(root / skill_id / name)
        return found

    monkeypatch.setattr(validation, "look", look_then_remove)
    codes = {problem.code for problem in validate(tmp_path, "skills/demo").problems}
    assert codes == {"openai-yaml-unreadable", "evals-invalid", "script-without-case"}


def test_a_skill_of_a_hundred_thousand_files_is_refused_quickly(tmp_path: Path) -> None:
    folder = skill(tmp_path / "skills/demo")
    for number in range(100):
        (folder / f"d{number}").mkdir()
        for inner in range(1_000):
            os.close(os.open(folder / f"d{number}/{inner}", os.O_CREAT | os.O_WRONLY))
    began = time.process_time()
    found = validate(tmp_path, "skills/demo")
    assert time.process_time() - began < 2
    assert [problem.code for problem in found.problems] == ["files-not-listed"]


NAMES = st.text(alphabet="ab./-_ é\n\x1b`[]()*\\%", min_size=1, max_size=12).filter(
    lambda name: name not in (".", "..") and "/" not in name
)
CONTENTS = st.one_of(
    st.binary(max_size=80),
    st.sampled_from([b"#!/bin/sh\r\n", b"[a](b.md)", b"`scripts/x.py`", b'{"evals": []}', b"tools:\n  - name: a\n"]),
)
PLACES = st.sampled_from(["", "scripts/", "references/", "assets/", "agents/", "evals/", "tests/", "deep/er/"])
KNOWN_FILES = st.sampled_from(["openai.yaml", "evals.json", "a.md", "x.py", "tools.yaml", "SKILL.md", "b.sh"])


@settings(max_examples=60, deadline=2_000, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(tree=st.lists(st.tuples(PLACES, st.one_of(NAMES, KNOWN_FILES), CONTENTS, st.booleans()), max_size=12))
def test_no_tree_makes_it_fail_or_read_outside(tmp_path: Path, tree: list[tuple[str, str, bytes, bool]]) -> None:
    library = tmp_path / "random"
    shutil.rmtree(library, ignore_errors=True)
    outside = tmp_path / "outside.md"
    outside.write_text("SECRET-FROM-OUTSIDE")
    folder = skill(library / "skills/demo", "[x](references/a.md) `scripts/x.py`\n")
    for place, name, content, link in tree:
        path = folder / place / name
        if path.exists() or path.is_symlink() or not (path.parent.exists() or _can_make(path.parent)):
            continue
        if link:
            path.symlink_to(outside)
        else:
            path.write_bytes(content)
    for one in judge_all(library):
        for problem in one.problems:
            assert problem.code in KNOWN
            assert "SECRET-FROM-OUTSIDE" not in problem.message
            assert_inside(library, problem.path, problem.line, problem.column)


def _can_make(folder: Path) -> bool:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError:
        return False
    return True
