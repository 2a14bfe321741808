"""Applying what a comment suggests: exactly those lines, a commit of that file alone, or a refusal."""

from pathlib import Path
from typing import Any

import pytest

RUN = "import sys\n\nprint(sys.argv)\nprint(1)\n"


@pytest.fixture
def reviewed(library: Any) -> Any:
    library.skill("skills/a")
    library.write("skills/a/run.py", RUN)
    library.write("notes.txt", "one\n")
    library.commit()
    return library


def suggest(library: Any, workbench: Any, place: str = "run.py:3", text: str = "print(sys.argv[1:])\n") -> str:
    """A reviewer's suggestion; gives its id."""
    file = library.root.parent / "suggestion"
    file.write_text(text)
    library.as_user("Rev", "rev@example.com")
    said = workbench("review", "comment", "a", "--at", place, "--text", "better", "--suggest", str(file))
    assert said.code == 0, said.err
    library.as_user("Ada", "ada@example.com")
    return str(workbench("review", "comments", "a", "--json").json["threads"][-1]["id"])


def test_it_changes_the_lines_in_the_work_tree(reviewed: Any, workbench: Any) -> None:
    id_ = suggest(reviewed, workbench, "run.py:3-4", "print(2)\nprint(3)\nprint(4)\n")
    said = workbench("review", "apply-suggestion", "a", id_, "--json")
    assert said.json == {"skill": "skills/a", "path": "skills/a/run.py", "line": 3, "comment": id_, "commit": None}
    assert (reviewed.root / "skills/a/run.py").read_text() == "import sys\n\nprint(2)\nprint(3)\nprint(4)\n"
    assert reviewed.git("status", "--porcelain") == " M skills/a/run.py\n"


def test_a_commit_holds_that_file_alone_and_names_the_reviewer(reviewed: Any, workbench: Any) -> None:
    id_ = suggest(reviewed, workbench)
    reviewed.write("notes.txt", "staged\n")
    reviewed.git("add", "notes.txt")
    reviewed.write("notes.txt", "changed again\n")
    said = workbench("review", "apply-suggestion", "a", id_[:8], "--commit", "--json")
    assert said.json["commit"] == reviewed.git("rev-parse", "main").strip()
    assert reviewed.git("show", "--format=", "--name-only", "HEAD").split() == ["skills/a/run.py"]
    assert reviewed.git("log", "-1", "--format=%an %(trailers:key=Co-authored-by,valueonly)").strip() == (
        "Ada Rev <rev@example.com>"
    )
    assert reviewed.git("status", "--porcelain") == "MM notes.txt\n"
    assert reviewed.git("show", ":notes.txt") == "staged\n"
    assert (reviewed.root / "skills/a/run.py").read_text() == RUN.replace("sys.argv", "sys.argv[1:]")


def test_a_fenced_suggestion_is_applied_likewise(reviewed: Any, workbench: Any) -> None:
    text = "so:\n```suggestion\nprint(0)\n```\n"
    workbench("review", "comment", "a", "--at", "run.py:4", "--text", text)
    [thread] = workbench("review", "comments", "a", "--json").json["threads"]
    assert workbench("review", "apply-suggestion", "a", thread["id"]).code == 0
    assert (reviewed.root / "skills/a/run.py").read_text() == RUN.replace("print(1)", "print(0)")


def test_it_is_applied_where_the_line_is_now(reviewed: Any, workbench: Any) -> None:
    id_ = suggest(reviewed, workbench)
    reviewed.write("skills/a/run.py", "# new\n" + RUN)
    reviewed.commit()
    assert workbench("review", "apply-suggestion", "a", id_).code == 0
    assert (reviewed.root / "skills/a/run.py").read_text() == "# new\n" + RUN.replace("sys.argv", "sys.argv[1:]")


@pytest.mark.parametrize("staged", [True, False])
def test_a_file_with_changes_that_are_not_committed_is_left_alone(reviewed: Any, workbench: Any, staged: bool) -> None:
    id_ = suggest(reviewed, workbench)
    reviewed.write("skills/a/run.py", RUN + "# mine\n")
    if staged:
        reviewed.git("add", "-A")
    before = reviewed.fingerprint()
    assert workbench("review", "apply-suggestion", "a", id_, "--commit").code == 4
    assert reviewed.fingerprint() == before


def test_an_outdated_place_is_refused(reviewed: Any, workbench: Any) -> None:
    id_ = suggest(reviewed, workbench)
    reviewed.write("skills/a/run.py", RUN.replace("sys.argv", "sys.orig_argv"))
    reviewed.commit()
    assert workbench("review", "apply-suggestion", "a", id_).code == 4
    assert "sys.orig_argv" in (reviewed.root / "skills/a/run.py").read_text()


def test_a_comment_that_suggests_nothing_can_not_be_applied(reviewed: Any, workbench: Any) -> None:
    workbench("review", "comment", "a", "--at", "run.py:4", "--text", "hm")
    [thread] = workbench("review", "comments", "a", "--json").json["threads"]
    assert workbench("review", "apply-suggestion", "a", thread["id"]).code == 3


@pytest.mark.parametrize(("data", "place", "suggestion", "expected"), [
    (b"a\r\nb\r\nc\r\n", "run.py:2", "x\ny\n", b"a\r\nx\r\ny\r\nc\r\n"),
    (b"a\nb", "run.py:2", "x\n", b"a\nx"),
    (b"a\r\nb", "run.py:2", "x\ny\n", b"a\r\nx\r\ny"),
    (b"a\nb\nc\n", "run.py:1-2", "", b"c\n"),
    (b"a\nb\n", "run.py:2", "no line end", b"a\nno line end\n"),
])  # fmt: skip
def test_line_ends_stay_as_they_were(
    reviewed: Any, workbench: Any, data: bytes, place: str, suggestion: str, expected: bytes
) -> None:
    reviewed.git("config", "core.autocrlf", "false")
    reviewed.write("skills/a/run.py", data)
    reviewed.commit()
    id_ = suggest(reviewed, workbench, place, suggestion)
    assert workbench("review", "apply-suggestion", "a", id_, "--commit").code == 0
    assert (reviewed.root / "skills/a/run.py").read_bytes() == expected
    assert reviewed.git("status", "--porcelain") == ""


def test_nothing_is_written_through_a_link(reviewed: Any, workbench: Any, tmp_path: Path) -> None:
    outside = tmp_path / "outside.py"
    outside.write_text(RUN)
    id_ = suggest(reviewed, workbench)
    (reviewed.root / "skills/a/run.py").unlink()
    (reviewed.root / "skills/a/run.py").symlink_to(outside)
    reviewed.commit()
    assert workbench("review", "apply-suggestion", "a", id_).code != 0
    assert outside.read_text() == RUN


def test_an_agent_may_apply_a_suggestion(reviewed: Any, workbench: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    id_ = suggest(reviewed, workbench)
    monkeypatch.setenv("CLAUDECODE", "1")
    assert workbench("review", "apply-suggestion", "a", id_, "--commit").code == 0


def test_a_merge_in_progress_is_finished_first(reviewed: Any, workbench: Any) -> None:
    id_ = suggest(reviewed, workbench)
    (reviewed.root / ".git/MERGE_HEAD").write_text(reviewed.git("rev-parse", "HEAD"))
    assert workbench("review", "apply-suggestion", "a", id_).code == 4
