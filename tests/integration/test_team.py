"""What teams do with git: an approval holds for the same bytes however they travel, and for nothing else."""

import os
import subprocess
from pathlib import Path
from typing import Any

import pytest

from workbench.errors import InputError
from workbench.workspace import Workspace

STRICT = "schema: 1\nroles: {reviewer: ['*@example.com']}\nrequire: [{when: {}, chain: [{role: reviewer}]}]\n"
BOB, EVE = ("Bob", "bob@example.com"), ("Eve", "eve@example.com")


@pytest.fixture
def team(library: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """A library where nobody approves their own changes, with a remote; Ada's branch changes `a`."""
    monkeypatch.setenv("WORKBENCH_CACHE", str(tmp_path / "cache"))
    library.skill("skills/a")
    library.write(".workbench/policy.yaml", STRICT)
    library.commit()
    library.git("init", "-q", "--bare", "-b", "main", str(tmp_path / "server.git"))
    library.git("remote", "add", "origin", str(tmp_path / "server.git"))
    library.git("push", "-q", "-u", "origin", "main")
    library.git("switch", "-q", "-c", "topic")
    library.skill("skills/a", body="Better.\n")
    library.commit("Better\n\nCo-authored-by: Bob <bob@example.com>")
    return library


def approve(library: Any, who: tuple[str, str], name: str = "a") -> None:
    library.as_user(*who)
    Workspace.open(library.root).reviews.decide(f"skills/{name}", "approve", "read it")
    library.as_user("Ada", "ada@example.com")


def move_main(library: Any, name: str = "other") -> None:
    """Somebody else's commit on main meanwhile."""
    library.git("switch", "-q", "main")
    library.skill(f"skills/{name}")
    library.commit("Meanwhile", author="Mia <mia@example.com>")


def state(library: Any) -> str:
    """By the list and by `verify`, which have to agree."""
    workspace = Workspace.open(library.root)
    (judged,) = workspace.reviews.verify(["skills/a"]).skills
    row = workspace.row("skills/a")
    assert (judged.state, judged.ok) == (row.state, row.state == "approved")
    return str(row.state)


@pytest.mark.parametrize("way", ["merge", "squash", "rebase", "cherry-pick"])
def test_an_approval_survives_every_way_into_main(team: Any, way: str) -> None:
    approve(team, EVE)
    move_main(team)
    if way == "merge":
        team.git("merge", "-q", "--no-ff", "--no-edit", "topic")
    elif way == "squash":
        team.git("merge", "-q", "--squash", "topic")
        team.commit("Better (#1)\n\nCo-authored-by: Bob <bob@example.com>", author="Ada <ada@example.com>")
    elif way == "rebase":
        team.git("switch", "-q", "topic")
        team.git("rebase", "-q", "main")
    else:
        team.git("cherry-pick", "topic")
    team.git("branch", "-q", "-D", "topic", check=False)
    team.git("reflog", "expire", "--expire=now", "--all")
    team.git("gc", "-q", "--prune=now")
    assert state(team) == "approved"


@pytest.mark.parametrize("way", ["squash", "cherry-pick"])
def test_a_co_author_stays_an_author_when_the_commits_are_made_anew(team: Any, way: str) -> None:
    approve(team, BOB)
    assert state(team) == "in-review"
    move_main(team)
    if way == "squash":
        team.git("merge", "-q", "--squash", "topic")
        team.commit("Better (#1)\n\nCo-authored-by: Bob <bob@example.com>", author="Ada <ada@example.com>")
    else:
        team.git("cherry-pick", "topic")
    assert state(team) == "in-review"


def test_a_conflict_resolved_with_other_bytes_is_not_what_was_approved(team: Any) -> None:
    approve(team, EVE)
    team.git("switch", "-q", "main")
    team.skill("skills/a", body="Another way.\n")
    team.commit("Meanwhile", author="Mia <mia@example.com>")
    team.git("merge", "-q", "topic", check=False)
    team.skill("skills/a", body="Better, another way.\n")
    team.commit("Merge")
    assert state(team) == "stale"


def test_where_main_is_protected_only_the_reviews_branch_is_pushed(team: Any, workbench: Any, tmp_path: Path) -> None:
    hook = tmp_path / "server.git/hooks/update"
    hook.write_text('#!/bin/sh\ncase "$1" in refs/heads/workbench/reviews) exit 0;; *) exit 1;; esac\n')
    hook.chmod(0o755)
    main = team.git("rev-parse", "origin/main")
    approve(team, EVE)
    said = workbench("review", "sync", "--json")
    assert said.code == 0, said.err
    assert said.json["pushed"] == 1
    listed = team.git("ls-remote", "origin").splitlines()
    assert sorted(line.split("\t")[1] for line in listed) == ["HEAD", "refs/heads/main", "refs/heads/workbench/reviews"]
    assert team.git("rev-parse", "origin/main") == main


def test_a_fork_that_was_only_fetched_approves_nothing_here(team: Any, workbench: Any, tmp_path: Path) -> None:
    """Whoever forks can commit in anybody's name: their reviews count once they were taken in, not before."""
    team.git("clone", "-q", str(tmp_path / "server.git"), str(tmp_path / "fork"))
    fork = type(team)(tmp_path / "fork")
    approve(fork, EVE)
    team.git("remote", "add", "a-fork", str(fork.root))
    team.git("fetch", "-q", "a-fork")
    assert team.git("rev-parse", "-q", "--verify", "a-fork/workbench/reviews")
    team.git("switch", "-q", "main")
    assert state(team) == "draft"
    assert workbench("review", "verify", "a").code == 1
    team.git("remote", "rename", "origin", "upstream")
    assert state(team) == "draft"


def test_the_only_remote_counts_whatever_it_is_called(team: Any, tmp_path: Path) -> None:
    approve(team, EVE)
    team.git("push", "-q", "origin", "topic", "workbench/reviews")
    team.git("clone", "-q", "-o", "upstream", "-b", "topic", str(tmp_path / "server.git"), str(tmp_path / "clone"))
    assert state(type(team)(tmp_path / "clone")) == "approved"


def test_a_second_work_tree_and_the_first_are_judged_each_by_its_own_head(team: Any, tmp_path: Path) -> None:
    team.git("worktree", "add", "-q", str(tmp_path / "second"), "main")
    second = type(team)(tmp_path / "second")
    approve(team, EVE)
    assert (state(team), state(second)) == ("approved", "stale")
    approve(second, EVE)
    assert (state(team), state(second)) == ("approved", "approved")


@pytest.fixture
def inner(tmp_path: Path) -> Path:
    made = tmp_path / "inner"
    made.mkdir()
    git = ("git", "-c", "user.name=x", "-c", "user.email=x@example.com")
    subprocess.run(["git", "init", "-q", "-b", "main"], cwd=made, check=True)
    for number in (1, 2):
        (made / "data.txt").write_text(f"{number}\n")
        subprocess.run(["git", "add", "-A"], cwd=made, check=True)
        subprocess.run([*git, "commit", "-q", "-m", str(number)], cwd=made, check=True)
    return made


def test_a_submodule_smuggles_nothing_into_an_approved_skill(team: Any, inner: Path) -> None:
    approve(team, EVE)
    approved = team.git("rev-parse", "HEAD").strip()
    team.git("-c", "protocol.file.allow=always", "submodule", "add", "-q", str(inner), "skills/a/sub")
    assert Workspace.open(team.root).row("a").state == "stale"
    team.commit()
    assert state(team) == "stale"
    with pytest.raises(InputError, match="sub is a submodule"):
        approve(team, EVE)
    team.as_user("Ada", "ada@example.com")
    team.git("submodule", "deinit", "-q", "-f", "skills/a/sub")
    team.git("checkout", "-q", approved)
    assert state(team) == "approved"


def test_a_library_that_is_a_submodule_keeps_its_reviews_in_its_own_repository(team: Any, tmp_path: Path) -> None:
    team.git("push", "-q", "origin", "topic:main", "--force")
    outer = type(team)(tmp_path / "outer")
    outer.commit()
    server = str(tmp_path / "server.git")
    outer.git("-c", "protocol.file.allow=always", "submodule", "add", "-q", server, "library")
    outer.commit()
    before = outer.fingerprint()
    inside = type(team)(outer.root / "library")
    approve(inside, EVE)
    assert state(inside) == "approved"
    assert outer.git("branch", "--list", "workbench/reviews") == ""
    assert outer.fingerprint()["head"] == before["head"]
    assert outer.git("status", "--porcelain") == ""


def shallow(team: Any, tmp_path: Path, *options: str) -> Path:
    clone = tmp_path / "clone"
    url = f"file://{tmp_path / 'server.git'}"
    subprocess.run(["git", "clone", "-q", "--depth=1", *options, url, str(clone)], check=True, env={**os.environ})
    return clone


def test_a_shallow_clone_without_the_reviews_branch_is_told_what_to_fetch(
    team: Any, workbench: Any, tmp_path: Path
) -> None:
    approve(team, EVE)
    team.git("push", "-q", "origin", "topic:main", "--force", "workbench/reviews")
    clone = shallow(team, tmp_path)
    # As a CI job does: every branch is configured, and one commit is fetched.
    team.git("-C", str(clone), "config", "remote.origin.fetch", "+refs/heads/*:refs/remotes/origin/*")
    said = workbench("--library", str(clone), "review", "verify")
    assert said.code == 3, said.out
    # Its rules leave out the authors of a change, so that the history is needed as well.
    assert "git fetch --unshallow origin workbench/reviews:workbench/reviews" in said.err
    team.git("-C", str(clone), "fetch", "-q", "--unshallow", "origin", "workbench/reviews:workbench/reviews")
    assert workbench("--library", str(clone), "review", "verify").code == 0


def test_a_branch_that_was_fetched_shallow_is_not_the_whole(team: Any, workbench: Any, tmp_path: Path) -> None:
    approve(team, EVE)
    team.as_user(*BOB)
    Workspace.open(team.root).reviews.decide("skills/a", "request-changes", "no")
    approve(team, EVE, "a")
    team.git("push", "-q", "origin", "topic:main", "--force", "workbench/reviews")
    clone = shallow(team, tmp_path)
    branch = "workbench/reviews:workbench/reviews"
    team.git("-C", str(clone), "fetch", "-q", "--depth=1", "origin", branch)
    said = workbench("--library", str(clone), "review", "verify")
    assert said.code == 3
    assert f"git fetch --unshallow origin {branch}" in said.err
    team.git("-C", str(clone), "fetch", "-q", "--unshallow", "origin", branch)
    assert workbench("--library", str(clone), "review", "verify").code == 0


def test_a_whole_clone_of_a_library_that_nobody_reviewed_is_judged_and_not_refused(
    team: Any, workbench: Any, tmp_path: Path
) -> None:
    team.git("clone", "-q", str(tmp_path / "server.git"), str(tmp_path / "clone"))
    assert workbench("--library", str(tmp_path / "clone"), "review", "verify").code == 1
