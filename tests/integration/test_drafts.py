"""Drafts of comments: kept across restarts and processes, moved along, sent once with one verdict, and never lost."""

import multiprocessing
import os
import signal
import subprocess
import sys
from typing import Any

import pytest

RUN = "".join(f"line_{number} = {number}\n" for number in range(1, 11))


@pytest.fixture
def reviewed(library: Any) -> Any:
    library.skill("skills/a")
    library.write("skills/a/run.py", RUN)
    library.skill("skills/b")
    library.commit()
    return library


def add(workbench: Any, place: str = "run.py:5", text: str = "why?", *more: str) -> Any:
    said = workbench("review", "draft", "add", "a", place, "--text", text, "--json", *more)
    assert said.code == 0, said.err
    return said.json


def drafts(workbench: Any, skill: str = "a") -> Any:
    return workbench("review", "draft", "list", skill, "--json").json


def comments(workbench: Any, skill: str = "a") -> list[str]:
    said = workbench("review", "comments", skill, "--json").json
    return [one["text"] for thread in said["threads"] for one in thread["comments"]]


def test_a_draft_is_kept_in_the_store_and_git_knows_nothing_of_it(reviewed: Any, workbench: Any) -> None:
    made = add(workbench)
    assert (made["path"], made["line"], made["outdated"]) == ("run.py", 5, False)
    assert reviewed.git("branch", "--list", "workbench/reviews") == ""
    listed = subprocess.run(
        [sys.executable, "-m", "workbench", "review", "draft", "list", "a"], capture_output=True, text=True, check=True
    )
    assert "run.py:5" in listed.stdout
    assert "1 draft of yours not sent" in workbench("review", "comments", "a").err


def test_a_draft_moves_along_or_says_that_its_line_is_gone(reviewed: Any, workbench: Any) -> None:
    add(workbench, "run.py:5-6")
    reviewed.write("skills/a/run.py", "import os\n" + RUN)
    [draft] = drafts(workbench)
    assert (draft["line"], draft["end_line"]) == (6, 7)
    reviewed.write("skills/a/run.py", RUN.replace("line_5 = 5", "line_5 = 50"))
    [draft] = drafts(workbench)
    assert (draft["line"], draft["outdated"]) == (None, True)
    assert draft["made_at"]["line"] == 5


def test_a_draft_on_a_state_that_was_never_committed_is_sent_with_its_lines(reviewed: Any, workbench: Any) -> None:
    reviewed.write("skills/a/run.py", RUN + "secret = 1\n")
    add(workbench, "run.py:11", "no secrets")
    reviewed.write("skills/a/run.py", RUN)
    assert workbench("review", "comment", "a").code == 0
    [thread] = workbench("review", "comments", "a", "--json").json["threads"]
    assert (thread["outdated"], thread["line"], thread["quote"]) == (True, None, ["secret = 1"])


def test_drafts_are_edited_removed_and_cleared(reviewed: Any, workbench: Any) -> None:
    first, second, third = (add(workbench, f"run.py:{line}")["id"] for line in (1, 2, 3))
    assert workbench("review", "draft", "edit", "a", str(second), "--text", "better").code == 0
    assert [one["text"] for one in drafts(workbench)] == ["why?", "better", "why?"]
    assert workbench("review", "draft", "remove", "a", str(first)).code == 0
    assert workbench("review", "draft", "remove", "a", str(third), str(first)).code == 3
    assert [one["id"] for one in drafts(workbench)] == [second, third], "one that is missing removes none"
    assert workbench("review", "draft", "edit", "b", str(second), "--text", "x").code == 3
    assert workbench("review", "draft", "clear", "a").code == 0
    assert drafts(workbench) == []
    assert add(workbench)["id"] > third, "an id is never given twice"


def test_one_verdict_sends_them_all_and_takes_them_away(reviewed: Any, workbench: Any) -> None:
    for line in (1, 5, 9):
        add(workbench, f"run.py:{line}", f"on {line}")
    said = workbench("review", "request-changes", "a")
    assert said.code == 0, "comments are reason enough"
    assert "with 3 comments" in said.out
    assert drafts(workbench) == []
    assert comments(workbench) == ["on 1", "on 5", "on 9"]
    assert reviewed.git("rev-list", "--count", "workbench/reviews").strip() == "1"


def test_drafts_stay_where_they_are_not_to_be_sent(reviewed: Any, workbench: Any) -> None:
    add(workbench)
    assert workbench("review", "approve", "a", "--reason", "x", "--no-drafts").code == 0
    assert workbench("review", "comment", "a", "--at", "run.py:2", "--text", "this one").code == 0
    assert workbench("review", "request", "a").code == 0
    assert len(drafts(workbench)) == 1
    assert comments(workbench) == ["this one"]


def test_a_refused_verdict_keeps_the_drafts(reviewed: Any, workbench: Any) -> None:
    add(workbench)
    assert workbench("review", "approve", "a", "--reason", "x", "--expect", "0" * 40).code == 4
    reviewed.write("skills/a/run.py", "changed\n")
    assert workbench("review", "approve", "a", "--reason", "x").code == 4
    assert len(drafts(workbench)) == 1


def test_a_range_sends_the_drafts_of_each_skill_with_its_record(reviewed: Any, workbench: Any) -> None:
    base = reviewed.git("rev-parse", "HEAD").strip()
    for name in ("a", "b"):
        reviewed.write(f"skills/{name}/run.py", "import os\n" + RUN)
    reviewed.commit()
    add(workbench, "run.py:6", "in a")
    assert workbench("review", "draft", "add", "b", "run.py:7", "--text", "in b").code == 0
    said = workbench("review", "request-changes", "--range", f"{base}...HEAD", "--reason", "see the lines", "--json")
    assert said.code == 0, said.err
    by_path = {record["path"]: record["comments"] for record in said.json["records"]}
    assert [(one["text"], one["line"]) for one in by_path["skills/a"]] == [("in a", 6)]
    assert [(one["text"], one["line"]) for one in by_path["skills/b"]] == [("in b", 7)]
    assert drafts(workbench) == drafts(workbench, "b") == []


@pytest.mark.parametrize(
    ("place", "recorded"), [("workbench.reviews.ledger", False), ("workbench.reviews.drafts", True)]
)
def test_killed_while_sending_leaves_drafts_or_a_record_and_the_next_time_sends_them_once(
    reviewed: Any, workbench: Any, place: str, recorded: bool
) -> None:
    add(workbench)
    name = "sent" if recorded else "append"
    program = (
        "import os, signal, sys\n"
        f"import {place} as place\n"
        f"place.{name} = lambda *a, **k: os.kill(os.getpid(), signal.SIGKILL)\n"
        "from workbench.cli.main import run\n"
        "run(['review', 'request-changes', 'a'])\n"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, check=False)
    assert done.returncode == -signal.SIGKILL
    assert len(drafts(workbench)) == 1
    assert bool(reviewed.git("branch", "--list", "workbench/reviews").strip()) is recorded
    again = workbench("review", "request-changes", "a")
    assert again.code == (4 if recorded else 0)
    assert "sent before" in again.err or not recorded
    assert comments(workbench) == ["why?"]
    assert drafts(workbench) == []


def test_an_edit_after_a_sending_that_was_interrupted_is_another_comment(reviewed: Any, workbench: Any) -> None:
    from workbench.reviews import drafts as kept

    made = add(workbench)
    desk = reviewed.workspace()
    store, library = workbench_store(), desk.library_id
    [draft] = kept.drafts_of(store, library, "skills/a")
    workbench("review", "draft", "edit", "a", str(made["id"]), "--text", "second thought")
    kept.sent(store, [draft.key])
    assert [one["text"] for one in drafts(workbench)] == ["second thought"]


def workbench_store() -> Any:
    from workbench.config import store_path
    from workbench.storage import Store

    return Store(store_path())


def _add_many(root: str, start: int) -> None:
    os.chdir(root)
    from workbench.cli.main import run

    for number in range(start, start + 5):
        assert run(["review", "draft", "add", "a", f"run.py:{number % 10 + 1}", "--text", f"n{number}"]) == 0


def test_many_processes_lose_no_draft(reviewed: Any, workbench: Any) -> None:
    with multiprocessing.get_context("spawn").Pool(3) as pool:
        pool.starmap(_add_many, [(str(reviewed.root), start) for start in (0, 10, 20)])
    assert len({one["text"] for one in drafts(workbench)}) == 15


def _send(root: str) -> int:
    command = [sys.executable, "-m", "workbench", "--library", root, "review", "comment", "a", "--reason", "x"]
    return subprocess.run(command, capture_output=True, check=False).returncode


def test_two_processes_that_send_the_same_drafts_show_each_once(reviewed: Any, workbench: Any) -> None:
    for line in (1, 5, 9):
        add(workbench, f"run.py:{line}", f"on {line}")
    with multiprocessing.get_context("spawn").Pool(2) as pool:
        assert pool.map(_send, [str(reviewed.root)] * 2) == [0, 0]
    assert comments(workbench) == ["on 1", "on 5", "on 9"]
    assert drafts(workbench) == []


def test_as_many_drafts_as_a_record_holds_and_no_more(
    reviewed: Any, workbench: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("workbench.reviews.drafts.MAX_DRAFTS", 2)
    add(workbench)
    add(workbench)
    assert workbench("review", "draft", "add", "a", "run.py:1", "--text", "x").code == 4


def test_a_draft_on_a_branch_is_sent_with_the_branchs_range(reviewed: Any, workbench: Any) -> None:
    reviewed.git("checkout", "-q", "-b", "topic")
    reviewed.write("skills/a/run.py", RUN + "added = 1\n")
    reviewed.commit()
    reviewed.git("checkout", "-q", "main")
    assert workbench("review", "draft", "add", "a", "run.py:11", "--text", "x").code == 3
    assert workbench("review", "draft", "add", "a", "run.py:11", "--text", "why?", "--tree", "topic").code == 0
    said = workbench("review", "comment", "--range", "main...topic", "--json")
    assert said.code == 0, said.err
    [record] = said.json["records"]
    assert [(one["line"], one["text"]) for one in record["comments"]] == [(11, "why?")]
    [thread] = workbench("review", "comments", "a", "--tree", "topic", "--json").json["threads"]
    assert (thread["line"], thread["outdated"]) == (11, False)


def test_the_drafts_on_a_range_are_listed_together(library: Any, workbench: Any) -> None:
    for name in "ab":
        library.skill(f"skills/{name}")
    library.commit()
    library.git("checkout", "-q", "-b", "topic")
    for name in "ab":
        library.skill(f"skills/{name}", body="Another.\n")
    library.commit()
    for name in "ab":
        draft = ("review", "draft", "add", name, "SKILL.md:5", "--range", "main...HEAD", "--text", f"on {name}")
        assert workbench(*draft).code == 0
    said = workbench("review", "draft", "list", "--range", "main...HEAD", "--json")
    assert [(one["skill"], one["text"]) for one in said.json] == [("skills/a", "on a"), ("skills/b", "on b")]
    assert "skills/b" in workbench("review", "draft", "list", "--range", "main...HEAD").out
    assert workbench("review", "draft", "list").code == 2
