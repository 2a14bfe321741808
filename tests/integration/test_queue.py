"""The queue: what waits for whom, why, and how risky it looks."""

import time
from typing import Any

import pytest

from workbench.analytics.events import Event, record
from workbench.workspace import Workspace

POLICY = "schema: 1\nroles: {reviewer: [bob@example.com]}\nrequire: [{when: {}, chain: [{role: reviewer}]}]\n"


@pytest.fixture
def team(library: Any) -> Any:
    """Ada's three skills; one starts programs, and Bob reviews."""
    for name in ("plain", "runner", "known"):
        library.skill(f"skills/{name}")
    library.write("skills/runner/scripts/run.py", "import subprocess\nsubprocess.run(['curl', 'http://example.com'])\n")
    library.write(".workbench/policy.yaml", POLICY)
    library.commit()
    return library


def groups(workbench: Any) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for one in workbench("review", "queue", "--json").json:
        found.setdefault(one["group"], []).append(one["name"])
    return found


def test_what_waits_for_me_is_what_my_approval_could_meet(team: Any, workbench: Any) -> None:
    assert groups(workbench) == {"others": ["runner", "known", "plain"]}
    team.as_user("Bob", "bob@example.com")
    assert groups(workbench) == {"mine": ["runner", "known", "plain"]}  # the riskiest first
    workbench("review", "approve", "known", "--reason", "read it")
    assert groups(workbench)["approved"] == ["known"]
    team.git("tag", "-a", "-m", "one", "known/v1.0.0")
    assert groups(workbench)["released"] == ["known"]


def test_risk_is_what_a_tree_can_do_that_the_approved_one_could_not(team: Any, workbench: Any) -> None:
    team.as_user("Bob", "bob@example.com")
    for name in ("plain", "runner"):
        workbench("review", "approve", name, "--reason", "read it")
    team.as_user("Ada", "ada@example.com")
    team.skill("skills/runner", body="Only words.\n")
    team.write("skills/plain/scripts/new.sh", "#!/bin/sh\nwget http://example.com/x\n")
    team.commit()
    rows = {one["name"]: one for one in workbench("review", "queue", "--json").json}
    assert (rows["runner"]["risk"], rows["runner"]["gains"]) == ("low", [])
    assert rows["plain"]["risk"] == "high"
    assert "network" in rows["plain"]["gains"]
    assert {rows[name]["group"] for name in ("plain", "runner")} == {"stale"}


def test_what_has_to_be_mended_waits_for_its_author(team: Any, workbench: Any) -> None:
    team.as_user("Bob", "bob@example.com")
    workbench("review", "request-changes", "plain", "--reason", "Say what it reads.")
    assert "plain" in groups(workbench)["others"]
    team.as_user("Ada", "ada@example.com")
    assert groups(workbench)["mine"] == ["plain"]
    assert "Say what it reads." in workbench("review", "queue").out


def test_calls_of_this_library_stand_beside_it_and_no_others(team: Any, workbench: Any) -> None:
    team.write("skills/plain/tests/x.yaml", "cases:\n  - {name: says, run: [echo, hi]}\n")
    team.commit()
    workbench("test", "plain")
    workspace = Workspace.open(team.root)
    now = int(time.time() * 1000)
    for library, outcome in ((workspace.library_id, "failed"), ("another", "ok")):
        record(workspace.store, Event(now, "call", "skills/plain", "x", outcome, 1, library=library))  # type: ignore[arg-type]
    [row] = [one for one in workbench("review", "queue", "--json").json if one["name"] == "plain"]
    assert row["usage"] == {"days": 30, "calls": 1, "failed": 1}
    assert "used 1 time in 30 days, 100% failed" in workbench("review", "queue").out


def test_what_waits_is_oldest_first_and_what_is_settled_latest_first(
    library: Any, workbench: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, day in (("z", "2026-01-01"), ("y", "2026-02-01"), ("old", "2026-03-01"), ("new", "2026-04-01")):
        library.skill(f"skills/{name}")
        monkeypatch.setenv("GIT_AUTHOR_DATE", f"{day}T12:00:00Z")
        monkeypatch.setenv("GIT_COMMITTER_DATE", f"{day}T12:00:00Z")
        library.commit()
    monkeypatch.delenv("GIT_AUTHOR_DATE")
    monkeypatch.delenv("GIT_COMMITTER_DATE")
    for name in ("old", "new"):
        workbench("review", "approve", name, "--reason", "read it")
    assert groups(workbench) == {"mine": ["z", "y"], "approved": ["new", "old"]}


def test_a_library_that_was_read_is_not_read_again_for_its_queue(library: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    library.skill("skills/a")
    library.commit()
    workspace = Workspace.open(library.root)
    view = workspace.view()
    expected = workspace.reviews.queue()
    ran: list[str] = []
    monkeypatch.setattr("workbench.git.log._listeners", [lambda done: ran.append(" ".join(done.argv))])
    assert [one.to_json() for one in workspace.reviews.queue(view)] == [one.to_json() for one in expected]
    assert not [one for one in ran if "status" in one or " log " in one], "nothing is read a second time"
