"""Places and circumstances that are rare: each works, or is named with what to do about it; none gives a traceback."""

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest


@pytest.fixture
def one(library: Any) -> Any:
    library.skill("skills/a")
    library.commit()
    return library


def test_a_library_whose_path_holds_a_line_end_is_opened(one: Any, workbench: Any, tmp_path: Path) -> None:
    odd = tmp_path / "two\nlines"
    one.root.rename(odd)
    one.root.mkdir()
    assert workbench("--library", str(odd), "review", "approve", "a", "--reason", "x").code == 0
    assert workbench("--library", str(odd), "review", "verify").code == 0


@pytest.mark.parametrize("name", ["~nobody-has-this-name", "a" * 5000, "missing"])
def test_a_folder_that_can_not_be_is_named(library: Any, workbench: Any, name: str) -> None:
    for command in (("--library", name, "status"), ("adopt", name)):
        said = workbench(*command)
        assert said.code == 3
        assert "there is no such folder" in said.err


def test_a_current_folder_that_is_gone_is_named(library: Any, workbench: Any, tmp_path: Path) -> None:
    gone = tmp_path / "gone"
    gone.mkdir()
    os.chdir(gone)
    gone.rmdir()
    said = workbench("status")
    assert said.code == 3
    assert "does not exist any more" in said.err


def test_a_bare_repository_and_the_inside_of_git_are_told_from_a_library(one: Any, workbench: Any) -> None:
    one.git("init", "-q", "--bare", "bare.git")
    for inside in ("bare.git", ".git"):
        said = workbench("--library", str(one.root / inside), "status")
        assert said.code == 3
        assert "no work tree here" in said.err


def test_inside_a_hook_another_repository_is_neither_read_nor_changed(
    one: Any, workbench: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = (one.root / ".git/config").read_bytes()
    before = one.fingerprint()
    home = tmp_path / "home/.claude/skills/pdf"
    home.mkdir(parents=True)
    (home / "SKILL.md").write_text("---\nname: pdf\ndescription: Reads PDFs.\n---\n")
    monkeypatch.setenv("GIT_AUTHOR_EMAIL", "ada@example.com")
    with monkeypatch.context() as hook:
        hook.setenv("GIT_DIR", str(one.root / ".git"))
        hook.setenv("GIT_WORK_TREE", str(one.root))
        hook.setenv("GIT_INDEX_FILE", str(one.root / ".git/index"))
        hook.chdir(tmp_path)
        assert workbench("adopt").code == 0
        listed = workbench("--library", str(tmp_path / "data/library"), "skills", "list", "--json").json
        assert [item["name"] for item in listed] == ["pdf"]
    assert one.fingerprint() == before
    assert (one.root / ".git/config").read_bytes() == config


def test_a_branch_in_the_way_of_the_reviews_is_named(one: Any, workbench: Any) -> None:
    one.git("branch", "workbench")
    said = workbench("review", "approve", "a", "--reason", "x")
    assert said.code == 3
    assert "refs/heads/workbench" in said.err
    assert "git branch -m" in said.err


def test_a_lock_that_a_dead_process_left_is_named(one: Any, workbench: Any) -> None:
    workbench("review", "approve", "a", "--reason", "x")
    one.write(".git/refs/heads/workbench/reviews.lock", "")
    said = workbench("review", "comment", "a", "--reason", "x")
    assert said.code == 4
    assert "reviews.lock" in said.err


def test_standard_streams_that_are_closed_stop_nothing(one: Any) -> None:
    program = 'exec "$0" -m workbench skills list <&- >&- 2>&-'
    assert subprocess.run(["sh", "-c", program, sys.executable], check=False).returncode == 0


def test_a_full_disk_behind_the_output_is_said(one: Any) -> None:
    if not Path("/dev/full").exists():
        pytest.skip("this system has no /dev/full")
    with Path("/dev/full").open("w") as full:
        command = [sys.executable, "-m", "workbench", "status"]
        done = subprocess.run(command, stdout=full, stderr=subprocess.PIPE, text=True, check=False)
    assert done.returncode == 3
    assert "Traceback" not in done.stderr


def test_a_user_without_a_home_is_told_what_to_set(one: Any) -> None:
    nobody = {k: v for k, v in os.environ.items() if k not in ("HOME", "WORKBENCH_CONFIG")}
    program = (
        "import pwd, sys; pwd.getpwuid = lambda _: {}['none']; from workbench.cli.main import main; main(['status'])"
    )
    done = subprocess.run([sys.executable, "-c", program], env=nobody, capture_output=True, text=True, check=False)
    assert done.returncode == 3
    assert "HOME" in done.stderr


def test_a_folder_whose_name_is_not_utf_8_is_listed_and_tested_but_no_record_can_name_it(
    library: Any, workbench: Any
) -> None:
    name = os.fsdecode(b"skills/caf\xe9")
    library.write(f"{name}/SKILL.md", "---\nname: cafe\ndescription: Does cafe.\n---\n")
    library.write(f"{name}/tests/one.yaml", "cases:\n  - {name: x, run: [python, -c, ''], expect: {exit: 0}}\n")
    library.commit()
    assert [item["state"] for item in workbench("skills", "list", "--json").json] == ["draft"]
    said = workbench("review", "approve", name, "--reason", "x")
    assert said.code == 3
    assert "not UTF-8" in said.err
    said = workbench("test", name, "--unsandboxed")
    assert said.code == 0
    assert "not UTF-8" in said.err
    library.git("config", "--global", "user.email", "ada@example.com")
    adopted = workbench("adopt", str(library.root / "skills"), "--json").json
    assert (adopted["skills"], len(adopted["skipped"])) == ([], 1)
