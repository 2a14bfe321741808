"""Comments on lines: recorded in git, shown where their lines are now, resolved by who may, wanted by a policy."""

import json
from pathlib import Path
from typing import Any

import pytest
import yaml

RUN = "import csv\nimport sys\n\nrows = list(csv.reader(open(sys.argv[1])))\nprint(len(rows))\n"


@pytest.fixture
def reviewed(library: Any) -> Any:
    """A skill with a script, approved once and changed since."""
    library.skill("skills/a")
    library.write("skills/a/scripts/run.py", RUN)
    library.skill("skills/b")
    library.commit()
    library.workspace().reviews.decide("skills/a", "approve", "read it")
    library.write("skills/a/scripts/run.py", RUN.replace("print(len(rows))", "print(len(rows) - 1)"))
    library.commit()
    return library


def say(workbench: Any, at: str, text: str = "why?", *more: str) -> Any:
    """Record one comment; gives the JSON of the record."""
    said = workbench("review", "comment", "a", "--at", at, "--text", text, "--json", *more)
    assert said.code == 0, said.err
    return said.json["record"]


def threads(workbench: Any, *more: str) -> Any:
    said = workbench("review", "comments", "a", "--json", *more)
    assert said.code == 0, said.err
    return said.json["threads"]


def test_a_comment_is_in_the_record_as_design_says(reviewed: Any, workbench: Any) -> None:
    record = say(workbench, "scripts/run.py:4", "why not csv.Sniffer?")
    [comment] = record["comments"]
    assert {key: comment[key] for key in ("path", "line", "side", "text")} == {
        "path": "scripts/run.py", "line": 4, "side": "new", "text": "why not csv.Sniffer?",
    }  # fmt: skip
    assert len(comment["context"]) == 32
    data = yaml.safe_load(reviewed.git("show", f"workbench/reviews:{record['file']}"))
    assert data["comments"] == [comment]
    assert record["verdict"] == "comment"
    [thread] = threads(workbench)
    assert (thread["path"], thread["line"], thread["outdated"], thread["resolved"]) == (
        "scripts/run.py",
        4,
        False,
        False,
    )
    assert thread["quote"] == ["rows = list(csv.reader(open(sys.argv[1])))"]


def test_the_tree_that_was_commented_on_is_kept_like_an_approved_one(reviewed: Any, workbench: Any) -> None:
    tree = say(workbench, "scripts/run.py:4")["tree"]
    assert reviewed.git("rev-parse", f"workbench/reviews:trees/{tree[:2]}/{tree}").strip() == tree


def test_it_follows_its_line_and_says_when_the_line_is_gone(reviewed: Any, workbench: Any) -> None:
    say(workbench, "scripts/run.py:4-5")
    file = reviewed.root / "skills/a/scripts/run.py"
    text = file.read_text()
    file.write_text("#!/usr/bin/env python3\n# more\n" + text.replace("import csv\n", ""))
    [thread] = threads(workbench)
    assert (thread["line"], thread["end_line"], thread["outdated"]) == (5, 6, False)
    reviewed.git("mv", "skills/a/scripts/run.py", "skills/a/scripts/other.py")
    assert [one["path"] for one in threads(workbench)] == ["scripts/run.py"], "moved and changed: not the same file"
    reviewed.git("mv", "skills/a/scripts/other.py", "skills/a/scripts/run.py")
    file.write_text(text.replace("csv.reader", "csv.DictReader"))
    [thread] = threads(workbench)
    assert (thread["line"], thread["outdated"]) == (None, True)
    assert thread["made_at"]["line"] == 4
    assert thread["quote"][0].startswith("rows = list(csv.reader")
    said = workbench("review", "comments", "a")
    assert "scripts/run.py:4-5" in said.out
    assert "outdated" in said.out


def test_a_file_that_was_only_moved_is_followed(reviewed: Any, workbench: Any) -> None:
    say(workbench, "scripts/run.py:4")
    reviewed.git("mv", "skills/a/scripts/run.py", "skills/a/main.py")
    assert [(one["path"], one["line"]) for one in threads(workbench)] == [("main.py", 4)]


def test_a_line_of_the_old_side_is_one_of_the_approved_tree(reviewed: Any, workbench: Any) -> None:
    say(workbench, "scripts/run.py:5", "it was right", "--side", "old")
    [thread] = threads(workbench)
    assert (thread["side"], thread["line"], thread["outdated"]) == ("old", 5, False)
    say(workbench, "scripts/run.py:4", "still there", "--side", "old")
    assert [(one["side"], one["line"]) for one in threads(workbench)] == [("new", 4), ("old", 5)]
    reviewed.workspace().reviews.decide("skills/a", "approve", "read it")
    [there, gone] = threads(workbench)
    assert (there["line"], gone["line"]) == (4, None)
    assert (gone["outdated"], gone["quote"]) == (True, ["print(len(rows))"])


@pytest.mark.parametrize(("place", "code"), [
    ("scripts/run.py:99", 3), ("scripts/none.py:1", 3), ("../b/SKILL.md:1", 3), ("scripts/run.py:5-4", 2),
    ("scripts", 3), ("skills/a/scripts/run.py:4", 0), ("scripts/run.py", 0), ("SKILL.md:1-3", 0),
])  # fmt: skip
def test_a_place_has_to_be_there(reviewed: Any, workbench: Any, place: str, code: int) -> None:
    assert workbench("review", "comment", "a", "--at", place, "--text", "x").code == code


def test_a_comment_without_a_word_is_refused(reviewed: Any, workbench: Any) -> None:
    assert workbench("review", "comment", "a", "--at", "scripts/run.py:4").code == 2
    assert workbench("review", "comment", "a").code == 2
    assert workbench("review", "request-changes", "a").code == 2


def test_answers_join_a_thread_and_the_opener_resolves_it(reviewed: Any, workbench: Any) -> None:
    say(workbench, "scripts/run.py:4")
    [thread] = threads(workbench)
    assert workbench("review", "comment", "a", "--reply-to", thread["id"][:6], "--text", "because").code == 0
    [thread] = threads(workbench)
    assert [one["text"] for one in thread["comments"]] == ["why?", "because"]
    said = workbench("review", "resolve", "a", thread["id"], "--reason", "settled")
    assert said.code == 0
    assert "0 open threads left" in said.out
    assert threads(workbench) == []
    [thread] = threads(workbench, "--all")
    assert thread["resolved_by"]["email"] == "ada@example.com"
    assert workbench("review", "resolve", "a", thread["id"]).code == 4
    workbench("review", "comment", "a", "--reply-to", thread["id"], "--text", "not yet")
    assert len(threads(workbench)) == 1, "an answer opens it again"


def test_somebody_else_resolves_only_with_a_verdict(reviewed: Any, workbench: Any) -> None:
    reviewed.as_user("Rev", "rev@example.com")
    say(workbench, "scripts/run.py:4")
    [thread] = threads(workbench)
    reviewed.as_user("Eve", "eve@example.com")
    said = workbench("review", "resolve", "a", thread["id"])
    assert said.code == 5
    assert "--resolve" in said.err
    assert workbench("review", "comment", "a", "--reason", "x", "--resolve", thread["id"]).code == 0
    assert len(threads(workbench)) == 1, "a comment of somebody else resolves nothing"
    assert workbench("review", "approve", "a", "--reason", "x", "--resolve", thread["id"]).code == 0
    assert threads(workbench) == []
    reviewed.as_user("Ada", "ada@example.com")  # the author of the skill
    say(workbench, "scripts/run.py:1")
    reviewed.as_user("Rev", "rev@example.com")
    say(workbench, "scripts/run.py:2")
    reviewed.as_user("Ada", "ada@example.com")
    for one in threads(workbench):
        assert workbench("review", "resolve", "a", one["id"]).code == 0


def test_an_unknown_thread_is_named(reviewed: Any, workbench: Any) -> None:
    assert workbench("review", "resolve", "a", "abcdef").code == 3
    assert workbench("review", "comment", "a", "--reply-to", "ab", "--text", "x").code == 3
    assert workbench("review", "approve", "a", "--reason", "x", "--resolve", "abcdef").code == 3


POLICY = "schema: 1\nrequire: [{chain: [{role: anybody}], checks: [comments], self_approval: true}]\n"


def test_a_policy_holds_an_approval_back_while_a_thread_is_open(reviewed: Any, workbench: Any) -> None:
    reviewed.write(".workbench/policy.yaml", POLICY)
    reviewed.commit()
    assert workbench("policy", "validate").code == 0
    say(workbench, "scripts/run.py:4")
    assert "1 thread of comments is not resolved" in workbench("policy", "check", "a").out
    assert workbench("review", "approve", "a", "--reason", "good").code == 0
    assert reviewed.state("a") == "in-review"
    said = workbench("policy", "check", "a", "--json")
    assert said.code == 1
    assert [(one["what"], one["met"]) for one in said.json["demands"]][-1] == (
        "every thread of comments is resolved",
        False,
    )
    assert workbench("review", "verify", "a").code == 1
    [thread] = threads(workbench)
    workbench("review", "resolve", "a", thread["id"])
    assert reviewed.state("a") == "approved"
    assert workbench("review", "verify", "a").code == 0


def test_a_thread_on_the_next_state_leaves_what_was_approved_approved(reviewed: Any, workbench: Any) -> None:
    reviewed.write(".workbench/policy.yaml", POLICY)
    reviewed.commit()
    workbench("review", "approve", "a", "--reason", "good")
    tree = reviewed.workspace().row("a").standing.tree
    reviewed.write("skills/a/scripts/run.py", RUN + "print('more')\n")
    reviewed.commit()
    say(workbench, "scripts/run.py:6")
    assert reviewed.workspace().row("a").standing.approved_tree == tree
    assert reviewed.state("a") == "stale"


def test_hostile_text_reaches_no_terminal_and_no_markup(reviewed: Any, workbench: Any) -> None:
    hostile = "\x1b]52;c;eA==\x07 \u202e```\n# Approved by Ada\n<script>@everyone [x](http://evil)"
    say(workbench, "scripts/run.py:4", hostile)
    for form in ("text", "markdown"):
        said = workbench("review", "comments", "a", "--format", form)
        assert "\x1b" not in said.out
        assert "\u202e" not in said.out
    lines = said.out.split("\n")
    start = next(number for number, line in enumerate(lines) if line.startswith("````"))
    end = lines.index("````", start + 1)
    assert "# Approved by Ada" in lines[start:end], "inside a block that the text can't close"
    assert [line for line in lines if line.startswith("#")] == [
        "# Comments on a", "## `scripts/run.py`", next(line for line in lines if line.startswith("### Line 4")),
        "# Approved by Ada",
    ]  # fmt: skip


def test_an_export_groups_by_file_with_lines_and_diffs(reviewed: Any, workbench: Any, tmp_path: Path) -> None:
    better = tmp_path / "better.py"
    better.write_text("print(len(rows))\n")
    say(workbench, "scripts/run.py:5", "count them all", "--suggest", str(better))
    say(workbench, "SKILL.md:2", "name?")
    workbench("review", "comment", "a", "--text", "nice on the whole")
    said = workbench("review", "export", "a").out
    assert said.index("## The skill as a whole") < said.index("## `SKILL.md`") < said.index("## `scripts/run.py`")
    assert "```diff\n-print(len(rows) - 1)\n+print(len(rows))\n```" in said
    exported = workbench("review", "export", "a", "--format", "json").json
    assert [one["path"] for one in exported["files"]] == [None, "SKILL.md", "scripts/run.py"]
    assert list(exported["files"][2]["threads"][0]["diffs"].values()) == [
        ["-print(len(rows) - 1)", "+print(len(rows))"]
    ]


def test_comments_are_in_the_log_and_in_receipts_whose_digest_covers_them(
    reviewed: Any, workbench: Any, tmp_path: Path
) -> None:
    say(workbench, "scripts/run.py:4", "why not csv.Sniffer?")
    workbench("review", "approve", "a", "--reason", "good")
    assert "scripts/run.py:4" in workbench("review", "log", "--verdict", "comment").out
    receipt = workbench("review", "receipt", "a").json
    assert receipt["decisions"][0]["comments"][0]["text"] == "why not csv.Sniffer?"
    assert "why not csv.Sniffer?" in workbench("review", "receipt", "a", "--format", "md").out
    file = tmp_path / "receipt.json"
    file.write_text(json.dumps(receipt))
    assert workbench("review", "verify-receipt", str(file)).code == 0
    receipt["decisions"][0]["comments"][0]["text"] = "all good"
    file.write_text(json.dumps(receipt))
    assert workbench("review", "verify-receipt", str(file)).code == 1


def test_a_record_with_broken_comments_still_counts(reviewed: Any, workbench: Any) -> None:
    from workbench.reviews import ledger, records

    record = say(workbench, "scripts/run.py:4")
    fields = yaml.safe_load(reviewed.git("show", f"workbench/reviews:{record['file']}"))
    fields |= {"verdict": "approve", "comments": [{"text": 7}, "x", {"text": "fine", "path": "SKILL.md", "line": 1}]}
    data = records.encode(fields)
    row = reviewed.workspace().row("a")
    name = records.file_path("skills/a", row.standing.tree, row.standing.records[-1].at, data)
    repository = reviewed.repository()
    ledger.append(repository, {name: data}, [], "x", repository.identity(), row.standing.records[-1].at)
    assert reviewed.state("a") == "approved"
    said = workbench("review", "comments", "a", "--json")
    assert len(said.json["threads"]) == 2
    assert len(said.json["problems"]) == 2
    assert "comment 1: its text is not text" in said.err


def test_an_agent_reads_and_comments_but_neither_resolves_nor_approves(
    reviewed: Any, workbench: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CLAUDECODE", "1")
    say(workbench, "scripts/run.py:4")
    [thread] = threads(workbench)
    assert workbench("review", "export", "a").code == 0
    assert workbench("review", "resolve", "a", thread["id"]).code == 5
    assert workbench("review", "comment", "a", "--reason", "x", "--resolve", thread["id"]).code == 5
    assert workbench("review", "approve", "a", "--reason", "x").code == 5


def test_comments_survive_a_clone_and_are_placed_there(reviewed: Any, workbench: Any, tmp_path: Path) -> None:
    say(workbench, "scripts/run.py:4")
    reviewed.git("clone", "-q", str(reviewed.root), str(tmp_path / "clone"))
    said = workbench("--library", str(tmp_path / "clone"), "review", "comments", "a", "--json")
    assert [(one["line"], one["outdated"]) for one in said.json["threads"]] == [(4, False)]


def forge(
    made: Any, original: dict[str, Any], author: tuple[str, str], path: str | None = None, **changed: Any
) -> None:
    """Put a record on the branch that says what an existing one says but for some fields, committed by somebody."""
    from datetime import UTC, datetime

    from workbench.reviews import ledger, records

    made.as_user(*author)
    fields = yaml.safe_load(made.git("show", f"workbench/reviews:{original['file']}")) | changed
    data = records.encode(fields)
    at = datetime.fromisoformat(fields["at"]).astimezone(UTC)
    name = records.file_path(path or fields["path"], fields["tree"], at, data)
    repository = made.repository()
    ledger.append(repository, {name: data}, [], "x", repository.identity(), at)


def test_nobody_resolves_in_another_persons_name_or_with_a_record_of_another_skill(
    reviewed: Any, workbench: Any
) -> None:
    reviewed.as_user("Rev", "rev@example.com")
    record = say(workbench, "scripts/run.py:4")
    [thread] = threads(workbench)
    settles = {"resolves": [thread["id"]], "comments": []}
    forge(reviewed, record, ("Eve", "eve@example.com"), **settles)
    assert len(threads(workbench)) == 1, "committed in the name of who opened it"
    forge(reviewed, record, ("Rev", "rev@example.com"), path="skills/b", **settles)
    forge(reviewed, record, ("Rev", "rev@example.com"), library="0" * 40, **settles)
    assert len(threads(workbench)) == 1, "of another skill, or another library"
    forge(reviewed, record, ("Rev", "rev@example.com"), reason="mine", **settles)
    assert threads(workbench) == []


def test_a_thread_can_not_be_made_to_vanish_by_editing_the_branch(reviewed: Any, workbench: Any) -> None:
    record = say(workbench, "scripts/run.py:4")
    reviewed.git("worktree", "add", "-q", str(reviewed.root.parent / "w"), "workbench/reviews")
    reviewed.git("-C", str(reviewed.root.parent / "w"), "rm", "-q", record["file"])
    reviewed.git("-C", str(reviewed.root.parent / "w"), "commit", "-q", "-m", "gone")
    reviewed.git("worktree", "remove", "--force", str(reviewed.root.parent / "w"))
    assert len(threads(workbench)) == 1


def test_two_people_who_comment_at_once_are_both_heard_after_a_sync(
    reviewed: Any, workbench: Any, tmp_path: Path
) -> None:
    reviewed.git("clone", "-q", "--bare", str(reviewed.root), str(tmp_path / "hub.git"))
    reviewed.git("remote", "add", "origin", str(tmp_path / "hub.git"))
    reviewed.git("clone", "-q", str(tmp_path / "hub.git"), str(tmp_path / "other"))
    other = str(tmp_path / "other")
    for key, value in (("user.name", "Rev"), ("user.email", "rev@example.com")):
        reviewed.git("-C", other, "config", key, value)
    say(workbench, "scripts/run.py:4", "from here")
    assert (
        workbench("--library", other, "review", "comment", "a", "--at", "scripts/run.py:4", "--text", "from there").code
        == 0
    )
    assert workbench("--library", other, "review", "sync").code == 0
    assert workbench("review", "sync").code == 0
    said = [one["comments"][0]["text"] for one in threads(workbench)]
    assert sorted(said) == ["from here", "from there"]


def test_a_comment_on_an_opened_pull_request_is_placed_in_it(reviewed: Any, workbench: Any, tmp_path: Path) -> None:
    reviewed.git("clone", "-q", "--bare", str(reviewed.root), str(tmp_path / "hub.git"))
    reviewed.git("remote", "add", "origin", str(tmp_path / "hub.git"))
    reviewed.git("checkout", "-q", "-b", "topic")
    reviewed.write("skills/a/scripts/run.py", RUN + "print('more')\n")
    reviewed.commit()
    reviewed.git("push", "-q", "origin", "topic:refs/pull/7/head")
    reviewed.git("checkout", "-q", "main")
    reviewed.git("branch", "-q", "-D", "topic")
    opened = workbench("review", "open", "pr/7", "--json")
    assert opened.code == 0, opened.err
    place = ("a", "scripts/run.py:6", "--text", "why?", "--tree", "refs/workbench/pr/7")
    assert workbench("review", "draft", "add", *place).code == 0
    said = workbench("review", "request-changes", "--range", "pr/7", "--json")
    assert said.code == 0, said.err
    assert [one["line"] for one in said.json["records"][0]["comments"]] == [6]
    assert [one["line"] for one in threads(workbench, "--tree", "refs/workbench/pr/7")] == [6]
    assert [one["outdated"] for one in threads(workbench)] == [True]
