"""What a verdict leaves in git, what it must not touch, and which verdicts are refused."""

import hashlib
import multiprocessing
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

REVIEWS = "workbench/reviews"


@pytest.fixture
def reviewed(library: Any) -> Any:
    library.skill("skills/a")
    library.skill("skills/b")
    library.write("notes.txt", "one\n")
    library.commit()
    return library


def record_of(library: Any, commit: str = REVIEWS) -> tuple[str, bytes]:
    """The one record file that a commit on the reviews branch added."""
    names = library.git("show", "--format=", "--name-only", "--diff-filter=A", commit, "--", "records").split()
    assert len(names) == 1
    data = subprocess.run(["git", "show", f"{commit}:{names[0]}"], cwd=library.root, capture_output=True, check=True)
    return names[0], data.stdout


def test_the_users_branch_index_and_files_stay_byte_for_byte(reviewed: Any, workbench: Any) -> None:
    reviewed.write("notes.txt", "staged\n")
    reviewed.git("add", "notes.txt")
    reviewed.write("notes.txt", "changed again\n")
    reviewed.write("untracked.txt", "x")
    before = reviewed.fingerprint()
    assert workbench("review", "approve", "a", "--reason", "read it").code == 0
    assert workbench("skills", "list").code == 0
    assert reviewed.fingerprint() == before


def test_the_record_is_exactly_what_design_says(reviewed: Any, workbench: Any) -> None:
    said = workbench("review", "approve", "a", "--reason", "Reads the file once.", "--json").json
    path, data = record_of(reviewed)
    record = yaml.safe_load(data)
    tree = reviewed.git("rev-parse", "HEAD:skills/a").strip()
    file = (reviewed.root / "skills/a/SKILL.md").read_bytes()
    listing = f"SKILL.md\0{hashlib.sha256(file).hexdigest()}\n".encode()
    assert record["schema"] == 1
    assert (record["path"], record["skill"], record["tree"]) == ("skills/a", "a", tree)
    assert record["digest"] == "sha256:" + hashlib.sha256(listing).hexdigest()
    assert record["library"] == reviewed.git("rev-list", "--max-parents=0", "HEAD").strip()
    assert record["commit"] == reviewed.git("rev-parse", "HEAD").strip()
    assert (record["base"], record["policy"], record["verdict"], record["via"]) == (None, None, "approve", "cli")
    assert record["reviewer"] == {"name": "Ada", "email": "ada@example.com"}
    assert record["reason"] == "Reads the file once."
    assert record["checks"]["validation"] == "pass"
    stamp = path.rpartition("/")[2].removesuffix(".yaml").split("-")
    assert path.startswith(f"records/skills/a/{tree[:12]}/")
    assert stamp[1] == hashlib.sha256(data).hexdigest()[:16]
    assert said["commit"] == reviewed.git("rev-parse", REVIEWS).strip()
    assert said["record"]["tree"] == tree


def test_the_commit_holds_the_trailers_and_the_approved_tree_itself(reviewed: Any, workbench: Any) -> None:
    workbench("review", "approve", "a", "--reason", "read it")
    tree = reviewed.git("rev-parse", "HEAD:skills/a").strip()
    trailers = reviewed.git("log", "-1", "--format=%(trailers:only)", REVIEWS).split("\n")
    assert ["Skill: skills/a", f"Skill-Tree: {tree}", "Verdict: approve"] == [line for line in trailers if line]
    assert reviewed.git("rev-parse", f"{REVIEWS}:trees/{tree[:2]}/{tree}").strip() == tree


def test_the_base_of_a_second_approval_is_the_tree_approved_before(reviewed: Any, workbench: Any) -> None:
    first = workbench("review", "approve", "a", "--reason", "one", "--json").json["record"]["tree"]
    reviewed.skill("skills/a", body="Two.\n")
    reviewed.commit()
    second = workbench("review", "approve", "a", "--reason", "two", "--json").json["record"]
    assert second["base"] == first
    assert reviewed.git("rev-list", "--count", REVIEWS).strip() == "2"


def test_a_wrong_expectation_exits_4_and_changes_nothing(reviewed: Any, workbench: Any) -> None:
    said = workbench("review", "approve", "a", "--reason", "x", "--expect", "0" * 40)
    assert said.code == 4
    assert "changed since you read it" in said.err
    assert reviewed.git("branch", "--list", REVIEWS) == ""
    tree = reviewed.git("rev-parse", "HEAD:skills/a").strip()
    assert workbench("review", "approve", "a", "--reason", "x", "--expect", tree).code == 0


def test_approving_what_is_not_committed_exits_4_and_says_commit_first(reviewed: Any, workbench: Any) -> None:
    reviewed.skill("skills/a", body="Uncommitted.\n")
    said = workbench("review", "approve", "a", "--reason", "x")
    assert said.code == 4
    assert "commit the skill first" in said.err
    reviewed.skill("skills/new")
    assert workbench("review", "approve", "new", "--reason", "x").code == 4


def test_approving_outside_git_exits_3_and_names_adopt(library: Any, workbench: Any, tmp_path: Path) -> None:
    folder = tmp_path / "plain" / "a"
    folder.mkdir(parents=True)
    (folder / "SKILL.md").write_text("---\nname: a\ndescription: Does a.\n---\nBody.\n")
    said = workbench("--library", str(folder.parent), "review", "approve", "a", "--reason", "x")
    assert said.code == 3
    assert "workbench adopt" in said.err
    listed = workbench("--library", str(folder.parent), "skills", "list", "--json")
    assert [(item["name"], item["state"]) for item in listed.json] == [("a", "draft")]


def test_without_an_email_nothing_is_recorded_and_the_remedy_is_named(reviewed: Any, workbench: Any) -> None:
    reviewed.git("config", "--unset", "user.email")
    said = workbench("review", "approve", "a", "--reason", "x")
    assert said.code == 3
    assert "git config --global user.email" in said.err
    assert reviewed.git("branch", "--list", REVIEWS) == ""


def test_a_verdict_that_needs_a_reason_is_refused_without_one(reviewed: Any, workbench: Any) -> None:
    assert workbench("review", "approve", "a").code == 2
    assert workbench("review", "approve", "a", "--reason", "  ").code == 2
    assert workbench("review", "request", "a").code == 0


def test_a_skill_that_does_not_load_can_not_be_approved(reviewed: Any, workbench: Any) -> None:
    reviewed.write("skills/a/SKILL.md", "nothing")
    reviewed.commit()
    assert workbench("review", "approve", "a", "--reason", "x").code == 3


def test_revoking_what_nobody_approved_is_a_conflict(reviewed: Any, workbench: Any) -> None:
    assert workbench("review", "revoke", "a", "--reason", "x").code == 4


def test_it_works_on_a_detached_head_and_in_a_second_work_tree(reviewed: Any, workbench: Any, tmp_path: Path) -> None:
    reviewed.git("checkout", "-q", "--detach")
    assert workbench("review", "approve", "a", "--reason", "x").code == 0
    reviewed.git("worktree", "add", "-q", str(tmp_path / "second"), "main")
    second = str(tmp_path / "second")
    assert workbench("--library", second, "review", "approve", "b", "--reason", "x").code == 0
    states = {item["name"]: item["state"] for item in workbench("skills", "list", "--json").json}
    assert states == {"a": "approved", "b": "approved"}


def test_a_checked_out_reviews_branch_is_not_moved_under_the_users_feet(reviewed: Any, workbench: Any) -> None:
    workbench("review", "approve", "a", "--reason", "x")
    reviewed.git("worktree", "add", "-q", str(reviewed.root.parent / "reviews"), REVIEWS)
    before = reviewed.git("rev-parse", REVIEWS)
    assert workbench("review", "approve", "b", "--reason", "x").code == 4
    assert reviewed.git("rev-parse", REVIEWS) == before


def test_an_ambiguous_name_exits_2_and_lists_the_candidates(reviewed: Any, workbench: Any) -> None:
    reviewed.skill("other/a")
    reviewed.commit()
    said = workbench("review", "approve", "a", "--reason", "x")
    assert said.code == 2
    assert "skills/a" in said.err
    assert "other/a" in said.err
    assert workbench("review", "approve", "other/a", "--reason", "x").code == 0


def _approve(root: str, name: str) -> int:
    command = [sys.executable, "-m", "workbench", "--library", root, "review", "approve", name, "--reason", "at once"]
    return subprocess.run(command, capture_output=True, check=False).returncode


def test_many_processes_that_approve_at_once_lose_nothing(library: Any) -> None:
    names = [f"s{number}" for number in range(6)]
    for name in names:
        library.skill(f"skills/{name}")
    library.commit()
    with multiprocessing.get_context("spawn").Pool(6) as pool:
        codes = pool.starmap(_approve, [(str(library.root), name) for name in names])
    assert codes == [0] * 6
    assert {row.name: row.state for row in library.workspace().view().rows} == dict.fromkeys(names, "approved")


def test_verdicts_survive_a_clone_and_are_checked_there_alone(reviewed: Any, workbench: Any, tmp_path: Path) -> None:
    workbench("review", "approve", "a", "--reason", "x")
    reviewed.git("clone", "-q", str(reviewed.root), str(tmp_path / "clone"))
    said = workbench("--library", str(tmp_path / "clone"), "review", "verify", "--json")
    assert said.code == 1
    assert {one["name"]: one["ok"] for one in said.json["skills"]} == {"a": True, "b": False}


def test_control_characters_in_a_reason_reach_no_terminal(reviewed: Any, workbench: Any) -> None:
    assert workbench("review", "request-changes", "a", "--reason", "\x1b]52;c;eA==\x07 bad \u202e").code == 0
    for command in (("review", "list"), ("skills", "show", "a"), ("status",), ("review", "verify")):
        said = workbench(*command)
        assert "\x1b" not in said.out + said.err
        assert "\u202e" not in said.out + said.err
    log = reviewed.git("log", "--format=%B", REVIEWS)
    assert "\x1b" not in log


CASES = """\
cases:
  - {name: one, run: [python, -c, "print(1)"], expect: {stdout: {contains: "1"}}}
  - {name: two, run: [python, -c, "print(2)"], expect: {stdout: {contains: "2"}}}
"""


def test_the_record_says_how_tests_stood_on_this_very_tree(reviewed: Any, workbench: Any) -> None:
    reviewed.write("skills/a/tests/cases.yaml", CASES)
    reviewed.commit()

    def checks() -> Any:
        return workbench("review", "comment", "a", "--reason", "x", "--json").json["record"]["checks"]

    assert "tests" not in checks()
    assert workbench("test", "a", "--case", "one", "--unsandboxed").code == 0
    assert "tests" not in checks(), "a run of one case says nothing about the skill"
    assert workbench("test", "a", "--unsandboxed").code == 0
    assert checks()["tests"] == {"passed": 2, "failed": 0}
    reviewed.skill("skills/a", body="Changed.\n")
    reviewed.commit()
    assert "tests" not in checks()
