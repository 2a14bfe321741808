"""What waits on branches: a request on what is not checked out is offered, queued and, once settled, gone."""

from pathlib import Path
from typing import Any

import pytest

POLICY = "schema: 1\nroles: {reviewer: ['*@example.com']}\nrequire: [{when: {}, chain: [{role: reviewer}]}]\n"


@pytest.fixture
def asked(library: Any, workbench: Any) -> Any:
    """Ada asks for a review of `a` on her branch; main is checked out, where Bob approved it as it was."""
    library.skill("skills/a")
    library.write(".workbench/policy.yaml", POLICY)
    library.commit()
    library.as_user("Bob", "bob@example.com")
    workbench("review", "approve", "a", "--reason", "read it")
    library.as_user("Ada", "ada@example.com")
    library.git("switch", "-q", "-c", "topic")
    library.write("skills/a/scripts/send.sh", "#!/bin/sh\ncurl http://example.com\n")
    library.commit("Send it")
    workbench("review", "request", "a", "--reason", "please")
    library.git("switch", "-q", "main")
    return library


def elsewhere(workbench: Any) -> list[dict[str, Any]]:
    return [one for one in workbench("review", "queue", "--json").json if one["branch"]]


def test_a_request_on_a_branch_waits_for_who_could_meet_it(asked: Any, workbench: Any) -> None:
    [ada] = elsewhere(workbench)
    assert (ada["group"], ada["state"], ada["branch"], ada["range"]) == ("others", "in-review", "topic", "HEAD...topic")
    asked.as_user("Bob", "bob@example.com")
    [bob] = elsewhere(workbench)
    assert (bob["group"], bob["waits_for"], bob["risk"]) == ("mine", "me", "high")
    assert "network" in bob["gains"]
    here = [one for one in workbench("review", "queue", "--json").json if not one["branch"]]
    assert [(one["path"], one["state"]) for one in here] == [("skills/a", "approved")]
    said = workbench("review", "queue")
    assert "on topic: workbench review open HEAD...topic" in said.out
    assert workbench("review", "open", bob["range"]).code == 0


def test_what_was_asked_is_over_once_it_is_approved_merged_amended_or_dropped(asked: Any, workbench: Any) -> None:
    topic = asked.git("rev-parse", "topic").strip()
    asked.git("switch", "-q", "-c", "other", "topic")
    asked.skill("skills/a", body="Another way.\n")
    asked.commit("Another way")
    asked.git("branch", "-q", "-f", "topic", "other")
    asked.git("switch", "-q", "main")
    assert not elsewhere(workbench)  # nobody asked for a review of what the branch has now
    asked.git("branch", "-q", "-f", "topic", topic)
    asked.git("branch", "-q", "-D", "other")
    assert len(elsewhere(workbench)) == 1
    asked.git("merge", "-q", "--squash", "topic")
    asked.git("commit", "-q", "-m", "Squashed")
    assert not elsewhere(workbench)
    asked.git("reset", "-q", "--hard", "HEAD~1")
    asked.as_user("Bob", "bob@example.com")
    workbench("review", "approve", "--range", "HEAD...topic", "--reason", "fine")
    assert not elsewhere(workbench)


def test_a_request_for_changes_on_a_branch_waits_for_its_author(asked: Any, workbench: Any) -> None:
    asked.as_user("Bob", "bob@example.com")
    workbench("review", "request-changes", "--range", "HEAD...topic", "--reason", "Why send it?")
    assert [one["group"] for one in elsewhere(workbench)] == ["others"]
    asked.as_user("Ada", "ada@example.com")
    [one] = elsewhere(workbench)
    assert (one["group"], one["state"]) == ("mine", "changes-requested")
    assert "Why send it?" in one["reason"]


def test_a_remotes_branch_and_a_proposal_are_offered_and_queued(
    asked: Any, workbench: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked.git("init", "-q", "--bare", "-b", "main", str(tmp_path / "server.git"))
    asked.git("remote", "add", "origin", str(tmp_path / "server.git"))
    asked.git("push", "-q", "origin", "main", "topic")
    asked.git("branch", "-q", "-D", "topic")
    assert [one["branch"] for one in elsewhere(workbench)] == ["origin/topic"]
    draft = tmp_path / "draft"
    draft.mkdir()
    (draft / "SKILL.md").write_text("---\nname: fresh\ndescription: Does it. Use when needed.\n---\nDo it.\n")
    monkeypatch.setenv("CLAUDECODE", "1")
    assert workbench("propose", str(draft), "--reason", "needed").code == 0
    monkeypatch.delenv("CLAUDECODE")
    assert {(one["path"], one["branch"]) for one in elsewhere(workbench)} == {
        ("skills/a", "origin/topic"), ("skills/fresh", "workbench/propose/fresh-1")
    }  # fmt: skip
    offered = {one["range"]: one["about"] for one in workbench("review", "open", "--json").json}
    assert "proposed: Propose fresh" in offered["HEAD...workbench/propose/fresh-1"]
    asked.git("merge", "-q", "--no-edit", "workbench/propose/fresh-1")
    assert [one["branch"] for one in elsewhere(workbench)] == ["origin/topic"]
    assert not [one for one in workbench("review", "open", "--json").json if "propose" in one["range"]]


def test_a_skill_at_the_root_waits_on_a_branch_too(library: Any, workbench: Any) -> None:
    library.write("SKILL.md", "---\nname: whole\ndescription: Does it. Use when needed.\n---\nDo it.\n")
    library.commit()
    library.git("switch", "-q", "-c", "topic")
    library.write("more.md", "More.\n")
    library.commit()
    workbench("review", "request", "whole", "--reason", "please")
    library.git("switch", "-q", "main")
    assert [one["branch"] for one in elsewhere(workbench)] == ["topic"]


def test_what_changed_since_its_approval_is_stale_whoever_may_approve_it(library: Any, workbench: Any) -> None:
    library.skill("skills/a")
    library.commit()
    workbench("review", "approve", "a", "--reason", "read it")
    library.skill("skills/a", body="Other words.\n")
    library.commit()
    [one] = workbench("review", "queue", "--group", "stale", "--json").json
    assert (one["path"], one["waits_for"]) == ("skills/a", "me")
    assert one["reason"].startswith("changed since the approved tree")
    workbench("review", "request", "a", "--reason", "please")
    assert workbench("review", "queue", "--group", "stale", "--json").json == []
    assert [one["path"] for one in workbench("review", "queue", "--group", "mine", "--json").json] == ["skills/a"]
