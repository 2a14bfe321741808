"""Change sets: every skill that a range or a pull request touches, read and decided as one."""

import os
import subprocess
from pathlib import Path
from typing import Any

import pytest

SHARED = "Ask first.\nThen do it.\nSay what you did.\n"


@pytest.fixture
def branch(library: Any) -> Any:
    """Three skills on main; a branch changes two of them alike, removes the third and adds a fourth."""
    for name in ("a", "b", "old"):
        library.skill(f"skills/{name}")
    library.commit()
    library.git("switch", "-q", "-c", "topic")
    for name in ("a", "b"):
        library.write(f"skills/{name}/references/how.md", SHARED)
    library.write("skills/b/scripts/get.sh", "#!/bin/sh\ncurl https://example.com\n")
    library.git("rm", "-rq", "skills/old")
    library.skill("skills/new")
    library.write("README.md", "hi\n")
    library.commit("Change four", author="Eve <eve@example.com>")
    return library


def test_a_range_lists_every_skill_it_touches_the_riskiest_first(branch: Any, workbench: Any) -> None:
    said = workbench("review", "open", "main...HEAD", "--json").json
    assert [one["path"] for one in said["skills"]] == ["skills/b", "skills/a", "skills/new", "skills/old"]
    assert [one["removed"] for one in said["skills"]] == [False, False, False, True]
    assert said["skills"][0]["risk"] == "high"
    assert "network" in said["skills"][0]["gains"]
    assert said["outside"] == ["README.md"]
    assert said["head"] == branch.git("rev-parse", "HEAD").strip()
    assert not said["policy_changes"]


def test_what_repeats_across_skills_is_read_once_and_counted(branch: Any, workbench: Any) -> None:
    said = workbench("review", "open", "main...HEAD", "--json").json
    assert said["repeated"] == 1
    [how] = [file for file in said["skills"][1]["files"] if file["path"] == "references/how.md"]
    assert [hunk["same_as_in"] for hunk in how["hunks"]] == ["skills/b"]
    text = workbench("review", "open", "main...HEAD", "--diff").out
    assert text.count("Say what you did.") == 1
    assert "the same as in skills/b" in text


def test_one_verdict_is_one_commit_with_a_record_for_each_skill(branch: Any, workbench: Any) -> None:
    before = branch.fingerprint()
    said = workbench("review", "approve", "--range", "main...HEAD", "--reason", "read all", "--json")
    assert said.code == 0, said.err
    records = said.json["records"]
    assert [record["path"] for record in records] == ["skills/a", "skills/b", "skills/new"]
    assert {record["introduced"] for record in records} == {said.json["commit"]}
    assert {record["commit"] for record in records} == {branch.git("rev-parse", "HEAD").strip()}
    assert branch.git("rev-list", "--count", "workbench/reviews").strip() == "1"
    assert branch.fingerprint() == before
    assert workbench("review", "verify").code == 0


def test_a_head_that_moved_since_it_was_read_is_refused(branch: Any, workbench: Any) -> None:
    read = workbench("review", "open", "main...topic", "--json").json["head"]
    branch.skill("skills/a", body="Slipped in.\n")
    branch.commit()
    said = workbench("review", "approve", "--range", "main...topic", "--expect", read, "--reason", "x")
    assert said.code == 4
    assert "it moved since you read it" in said.err
    assert branch.git("branch", "--list", "workbench/reviews") == ""
    assert workbench("review", "approve", "--range", "main...topic", "--expect", read[:6], "--reason", "x").code == 4


def test_one_skill_that_no_client_loads_keeps_the_whole_set_from_being_approved(branch: Any, workbench: Any) -> None:
    branch.write("skills/broken/SKILL.md", "---\nname: [\n---\n")
    branch.commit()
    assert workbench("review", "approve", "--range", "main...HEAD", "--reason", "x").code == 3
    assert branch.git("branch", "--list", "workbench/reviews") == ""
    assert workbench("review", "request-changes", "--range", "main...HEAD", "--reason", "mend it").code == 0
    assert branch.state("broken") == "invalid"


@pytest.mark.parametrize(
    ("args", "code"),
    [
        (("open", "main"), 2),
        (("open", "nowhere...HEAD"), 3),
        (("open", "--json", "--", "--upload-pack=x...HEAD"), 3),
        (("approve", "--reason", "x"), 2),
        (("approve", "a", "--range", "main...HEAD", "--reason", "x"), 2),
        (("revoke", "--range", "main...HEAD", "--reason", "x"), 2),
        (("approve", "--range", "main...HEAD"), 2),
        (("approve", "--range", "HEAD...HEAD", "--reason", "x"), 3),
        (("approve", "--range", "pr/7", "--reason", "x"), 3),
        (("open", "pr/7"), 2),
    ],
)
def test_what_names_nothing_is_said_and_nothing_is_recorded(
    branch: Any, workbench: Any, args: tuple[str, ...], code: int
) -> None:
    said = workbench("review", *args)
    assert said.code == code
    assert "Traceback" not in said.err
    assert branch.git("branch", "--list", "workbench/reviews") == ""


def test_an_agent_reads_a_set_and_does_not_approve_it(
    branch: Any, workbench: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CLAUDECODE", "1")
    assert workbench("review", "open", "main...HEAD").code == 0
    assert workbench("review", "approve", "--range", "main...HEAD", "--reason", "x").code == 5
    assert workbench("review", "comment", "--range", "main...HEAD", "--reason", "x").code == 0


def test_the_author_of_a_pull_request_is_known_though_it_is_not_checked_out(branch: Any, workbench: Any) -> None:
    branch.git("switch", "-q", "main")
    branch.write(".workbench/policy.yaml", "schema: 1\nrequire: [{when: {}, chain: [{role: anybody}]}]\n")
    branch.commit("Policy")
    branch.as_user("Eve", "eve@example.com")
    workbench("review", "approve", "--range", "main...topic", "--reason", "mine")
    states = {one["path"]: one["state"] for one in workbench("review", "open", "main...topic", "--json").json["skills"]}
    assert states["skills/new"] == "in-review"
    branch.as_user("Ada", "ada@example.com")
    workbench("review", "approve", "--range", "main...topic", "--reason", "read")
    states = {one["path"]: one["state"] for one in workbench("review", "open", "main...topic", "--json").json["skills"]}
    assert states["skills/new"] == "approved"


def test_a_verdict_on_a_set_says_where_each_skill_stands_by_it(branch: Any, workbench: Any) -> None:
    branch.write(".workbench/policy.yaml", "schema: 1\nrequire: [{when: {}, checks: [tests]}]\n")
    branch.git("stash", "-q", "-u")
    branch.git("checkout", "-q", "main")
    branch.git("stash", "pop", "-q")
    branch.commit("Rules")
    branch.as_user("Bob", "bob@example.com")
    said = workbench("review", "approve", "--range", "main...topic", "--reason", "read")
    assert "in-review" in said.out
    assert "the check 'tests'" in said.out
    told = workbench("review", "approve", "--range", "main...topic", "--reason", "again", "--json").json
    assert set(told["states"].values()) == {"in-review"}
    assert told["states"].keys() == {record["path"] for record in told["records"]}


def test_what_i_judged_last_can_be_the_base(branch: Any, workbench: Any) -> None:
    workbench("review", "comment", "--range", "main...HEAD", "--reason", "so far")
    branch.write("skills/a/references/more.md", "More.\n")
    branch.commit()
    said = workbench("review", "open", "main...HEAD", "--since-my-verdict", "--json").json
    files = {one["path"]: [file["path"] for file in one["files"]] for one in said["skills"]}
    assert files["skills/a"] == ["references/more.md"]
    assert files["skills/b"] == []


def test_a_change_of_the_rules_is_not_approved_along(branch: Any, workbench: Any) -> None:
    branch.write(".workbench/policy.yaml", "schema: 1\n")
    branch.commit("Policy")
    said = workbench("review", "open", "main...HEAD")
    assert "approved apart, as @policy" in said.err
    done = workbench("review", "approve", "--range", "main...HEAD", "--reason", "x", "--json").json
    assert "@policy" not in [record["path"] for record in done["records"]]


def test_attributes_and_drivers_of_the_request_hide_nothing(branch: Any, workbench: Any) -> None:
    branch.write(".gitattributes", "*.sh binary\n*.md -diff\n")
    branch.commit()
    assert "curl https://example.com" in workbench("review", "open", "main...HEAD", "--diff").out


def test_hostile_names_reach_the_terminal_harmless(branch: Any, workbench: Any) -> None:
    branch.write("skills/evil\x1b[2J/SKILL.md", "---\nname: evil\ndescription: Does it.\n---\n\x1b]0;owned\x07\n")
    branch.commit()
    said = workbench("review", "open", "main...HEAD", "--diff")
    assert "\x1b" not in said.out + said.err


@pytest.fixture
def remote(branch: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A bare remote that has `topic` as every service keeps a request's head; the clone has none of them.

    12 as GitHub, 13 as GitLab, 14 as Bitbucket's server, 15 as Azure DevOps, which has only the merge.
    """
    monkeypatch.setenv("WORKBENCH_CACHE", str(tmp_path / "cache"))
    bare = tmp_path / "remote.git"
    subprocess.run(["git", "init", "-q", "--bare", "-b", "main", str(bare)], check=True, env={**os.environ})
    branch.git("remote", "add", "origin", str(bare))
    branch.git("push", "-q", "origin", "main", "topic:refs/pull/12/head", "topic:refs/merge-requests/13/head")
    branch.git("switch", "-q", "-c", "merged", "main")
    branch.git("merge", "-q", "--no-ff", "-m", "Merge", "topic")
    branch.git("push", "-q", "origin", "topic:refs/pull-requests/14/from", "merged:refs/pull/15/merge")
    branch.git("switch", "-q", "main")
    branch.git("branch", "-qD", "merged")
    branch.git("branch", "-qD", "topic")
    branch.git("reflog", "expire", "--expire=now", "--all")
    branch.git("gc", "-q", "--prune=now")
    return bare


@pytest.mark.parametrize("name", ["pr/12", "pr/13", "mr/13", "pr/14", "pr/15"])
def test_a_request_is_fetched_from_any_service_and_nothing_checked_out(
    remote: Path, branch: Any, workbench: Any, name: str
) -> None:
    before = branch.fingerprint()
    said = workbench("review", "open", name, "--json")
    assert said.code == 0, said.err
    assert len(said.json["skills"]) == 4
    assert branch.fingerprint() == before
    assert branch.git("rev-parse", f"refs/workbench/{name}").strip() == said.json["head"]
    assert branch.git("log", "-1", "--format=%s", said.json["head"]).strip() == "Change four"
    assert workbench("review", "approve", "--range", name, "--reason", "read").code == 0
    assert [one["range"] for one in workbench("review", "open", "--json").json] == [name]


def test_a_request_that_is_not_there_is_called_as_it_was_asked_for(remote: Path, branch: Any, workbench: Any) -> None:
    for name, said in (("pr/99", "no pull request 99"), ("mr/99", "no merge request 99"), ("mr/12", "request 12")):
        done = workbench("review", "open", name)
        assert done.code == 3
        assert said in done.err
        assert "fetch its branch yourself" in done.err
    assert "workbench review open mr/13" in workbench("review", "card", "--range", "mr/13").err
    assert workbench("review", "open", "mr/0").code == 2


def test_a_pull_and_a_merge_request_of_one_number_are_two(remote: Path, branch: Any, workbench: Any) -> None:
    branch.git("push", "-q", "origin", "main:refs/merge-requests/12/head")
    assert len(workbench("review", "open", "pr/12", "--json").json["skills"]) == 4
    assert workbench("review", "open", "mr/12", "--json").json["skills"] == []
    assert len(workbench("review", "open", "pr/12", "--json").json["skills"]) == 4


def test_an_approved_pull_request_is_approved_however_it_is_merged(remote: Path, branch: Any, workbench: Any) -> None:
    workbench("review", "open", "pr/12")
    done = workbench("review", "approve", "--range", "pr/12", "--reason", "read all of it")
    assert done.code == 0, done.err
    branch.git("update-ref", "-d", "refs/workbench/pr/12")
    branch.git("fetch", "-q", "origin", "refs/pull/12/head")
    branch.git("merge", "-q", "--squash", "FETCH_HEAD")
    branch.commit("Squashed")
    assert workbench("review", "verify", "--base", "origin/main").code == 0


def test_a_request_that_moves_after_it_was_opened_is_judged_as_it_was_read(
    remote: Path, branch: Any, workbench: Any
) -> None:
    read = workbench("review", "open", "pr/12", "--json").json["head"]
    branch.git("switch", "-q", "-c", "sly", read)
    branch.skill("skills/a", body="Slipped in.\n")
    moved = branch.commit()
    branch.git("push", "-q", "origin", "sly:refs/pull/12/head")
    branch.git("switch", "-q", "main")
    done = workbench("review", "approve", "--range", "pr/12", "--reason", "x", "--json").json
    assert {record["commit"] for record in done["records"]} == {read}
    assert workbench("review", "open", "pr/12", "--json").json["head"] == moved


def test_one_comment_holds_the_cards_of_all_skills_of_a_range(branch: Any, workbench: Any) -> None:
    said = workbench("review", "card", "--range", "main...HEAD", "--format", "markdown")
    assert said.code == 0, said.err
    lines = said.out.splitlines()
    assert lines[0] == "<!-- skill-workbench: review card -->"
    assert [line for line in lines if line.startswith("### ")] == ["### b", "### a", "### new", "### old"]
    assert "| `skills/b` | draft | high |" in said.out
    assert "1 changed file outside these skills: README.md." in said.out
    exact = workbench("review", "card", "--range", "main...HEAD", "--format", "json").json
    assert [one["card"] is None for one in exact["skills"]] == [False, False, False, True]
    assert "skills/old: removed" in workbench("review", "card", "--range", "main...HEAD").out


def test_a_card_is_of_one_skill_or_of_a_range(branch: Any, workbench: Any) -> None:
    assert workbench("review", "card").code == 2
    assert workbench("review", "card", "a", "--range", "main...HEAD").code == 2


def test_names_and_files_can_not_write_into_the_comment(library: Any, workbench: Any) -> None:
    library.skill("skills/a")
    library.commit()
    library.git("switch", "-q", "-c", "topic")
    library.write("skills/a/@x <img src=y>.md", "hi\n")
    library.write("<b>@me.md", "hi\n")
    library.commit()
    said = workbench("review", "card", "--range", "main...HEAD", "--format", "markdown").out
    assert "<b>" not in said
    assert "<img" not in said


def test_one_diff_holds_all_files_and_notes_what_repeats(branch: Any) -> None:
    from workbench.reviews.changeset_diff import whole_diff
    from workbench.workspace import Workspace

    found = Workspace.open(branch.root).sets.open("main...HEAD")
    files = {file.path: file for file in whole_diff(found).files}
    assert next(iter(files)).startswith("skills/b/")
    assert files["skills/b/references/how.md"].added == 3
    assert files["skills/a/references/how.md"].hunks == ()
    assert files["skills/a/references/how.md"].notes == ("line 1: +3 -0, the same as in skills/b",)


def test_a_frontmatter_is_compared_by_key_in_a_set_too(branch: Any) -> None:
    from workbench.reviews.changeset_diff import whole_diff
    from workbench.workspace import Workspace

    branch.write(
        "skills/a/SKILL.md", "---\ndescription: 'Does a. Use when needed.'\nname: a\nlicense: MIT\n---\n\nDo it.\n"
    )
    branch.commit()
    found = Workspace.open(branch.root).sets.open("main...HEAD")
    [folded] = [one.folded for one in found.skills if one.skill.id == "skills/a"]
    assert folded is not None
    shown = {file.path: file for file in whole_diff(found).files}["skills/a/SKILL.md"]
    assert shown.hunks == folded.hunks
    exact = {file.path: file for file in whole_diff(found, raw=True).files}["skills/a/SKILL.md"]
    assert exact.hunks != folded.hunks


def test_without_a_range_those_are_listed_that_suggest_themselves(branch: Any, workbench: Any) -> None:
    branch.git("update-ref", "refs/workbench/pr/7", "main")
    branch.git("update-ref", "refs/workbench/pr/12", "topic")
    said = workbench("review", "open", "--json").json
    assert [one["range"] for one in said] == ["main...HEAD", "pr/12", "pr/7"]
    assert "fetched: Change four" in workbench("review", "open").out


def test_a_skill_that_only_the_branch_has_is_commented_on_from_the_command_line(branch: Any, workbench: Any) -> None:
    branch.git("switch", "-q", "main")
    place = ("new", "SKILL.md:1", "--text", "Why a rule?")
    assert workbench("review", "draft", "add", *place).code == 2  # main has no such skill
    there = ("--range", "main...topic")
    first = workbench("review", "draft", "add", *place, *there, "--json").json
    workbench("review", "draft", "add", "new", "SKILL.md", "--text", "Twice.", *there)
    assert workbench("review", "draft", "edit", "new", str(first["id"]), "--text", "Why?", *there).code == 0
    listed = workbench("review", "draft", "list", "new", "--json", *there).json
    assert [(one["line"], one["text"]) for one in listed] == [(1, "Why?"), (None, "Twice.")]
    workbench("review", "draft", "remove", "new", str(listed[1]["id"]), *there)
    said = workbench("review", "request-changes", *there, "--reason", "See it.", "--drafts")
    assert said.code == 0, said.err
    threads = workbench("review", "comments", "new", "--json", *there).json["threads"]
    assert [one["comments"][0]["text"] for one in threads] == ["Why?"]
    assert "Why?" in workbench("review", "export", "new", *there).out
    assert workbench("review", "draft", "list", "new", "--json", *there).json == []
    assert workbench("review", "comments", "old", *there).code == 2  # the range removes it
    assert workbench("review", "comments", "new", "--tree", "HEAD", *there).code == 2
