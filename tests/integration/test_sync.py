"""Sharing the reviews branch between real clones: nothing is lost, nothing is rewritten, nothing foreign runs."""

import os
import shutil
from pathlib import Path
from typing import Any

import pytest

from workbench.workspace import Workspace


@pytest.fixture
def shared(library: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """A library with two skills that was pushed to a bare repository, and a second clone of it, Bob's."""
    monkeypatch.setenv("WORKBENCH_CACHE", str(tmp_path / "cache"))
    for name in "ab":
        library.skill(f"skills/{name}")
    library.commit()
    library.git("clone", "-q", "--bare", str(library.root), str(tmp_path / "bare.git"))
    library.git("remote", "add", "origin", str(tmp_path / "bare.git"))
    return library


@pytest.fixture
def bob(shared: Any, tmp_path: Path) -> Any:
    shared.git("clone", "-q", str(tmp_path / "bare.git"), str(tmp_path / "bob"))
    other = type(shared)(tmp_path / "bob")
    other.as_user("Bob", "bob@example.com")
    return other


def approve(library: Any, name: str) -> None:
    Workspace.open(library.root).reviews.decide(f"skills/{name}", "approve", "read it")


def sync(library: Any, workbench: Any, *options: str) -> Any:
    return workbench("review", "sync", "--library", str(library.root), "--json", *options)


def records(library: Any) -> set[str]:
    listed = library.git("ls-tree", "-r", "--name-only", "workbench/reviews", "records").splitlines()
    return {line for line in listed if line.endswith(".yaml")}


def head(library: Any, ref: str = "workbench/reviews") -> str:
    return str(library.git("rev-parse", ref)).strip()


def test_what_one_approved_the_other_sees(shared: Any, bob: Any, workbench: Any) -> None:
    approve(shared, "a")
    before = shared.fingerprint()
    assert sync(shared, workbench).json["pushed"] == 1
    assert shared.fingerprint() == before
    assert sync(bob, workbench).json["fetched"] == 1
    assert Workspace.open(bob.root).row("a").state == "approved"


def test_two_who_approve_at_once_lose_nothing_and_end_at_one_head(shared: Any, bob: Any, workbench: Any) -> None:
    approve(shared, "a")
    approve(bob, "b")
    assert sync(shared, workbench).code == 0
    assert sync(bob, workbench).json["united"]
    assert sync(shared, workbench).json["fetched"] == 2
    assert records(shared) == records(bob)
    assert len(records(shared)) == 2
    assert head(shared) == head(bob)
    for library in (shared, bob):
        states = {row.name: row.state for row in Workspace.open(library.root).view().rows}
        assert states == {"a": "approved", "b": "approved"}


def test_uniting_twice_changes_nothing_more(shared: Any, bob: Any, workbench: Any) -> None:
    approve(shared, "a")
    approve(bob, "b")
    for library in (shared, bob, shared):
        sync(library, workbench)
    at = head(shared)
    for library in (bob, shared):
        said = sync(library, workbench).json
        assert (said["fetched"], said["pushed"], said["united"]) == (0, 0, False)
    assert head(shared) == head(bob) == at


def test_the_same_branch_united_on_both_sides_comes_together_again(shared: Any, bob: Any, workbench: Any) -> None:
    approve(shared, "a")
    approve(bob, "b")
    for one, other in ((shared, bob), (bob, shared)):
        one.git("fetch", "-q", str(other.root), "workbench/reviews:refs/heads/theirs")
        one.git("worktree", "add", "-q", str(one.root.parent / f"{one.root.name}-merge"), "workbench/reviews")
        merge = type(one)(one.root.parent / f"{one.root.name}-merge")
        merge.git("merge", "-q", "--allow-unrelated-histories", "-m", "Unite by hand", "theirs")
        one.git("worktree", "remove", str(merge.root))
    for library in (shared, bob, shared):
        assert sync(library, workbench).code == 0
    assert records(shared) == records(bob)
    assert head(shared) == head(bob)


def test_offline_the_reviews_wait_and_go_out_later(shared: Any, workbench: Any, tmp_path: Path) -> None:
    (tmp_path / "bare.git").rename(tmp_path / "away.git")
    approve(shared, "a")
    said = sync(shared, workbench)
    assert (said.code, said.json["offline"], said.json["queued"]) == (0, True, 1)
    (tmp_path / "away.git").rename(tmp_path / "bare.git")
    assert sync(shared, workbench).json["pushed"] == 1


def test_a_branch_that_was_rewritten_is_refused_and_named(
    shared: Any, bob: Any, workbench: Any, tmp_path: Path
) -> None:
    approve(shared, "a")
    sync(shared, workbench)
    sync(bob, workbench)
    approve(bob, "b")
    bob.git("checkout", "-q", "--orphan", "fresh")
    bob.git("commit", "-q", "-m", "Nothing happened")
    bob.git("push", "-q", "--force", "origin", "fresh:workbench/reviews")
    said = sync(shared, workbench)
    assert said.code == 4
    assert "was rewritten" in said.err
    assert Workspace.open(shared.root).row("a").state == "approved"
    assert sync(shared, workbench, "--accept-rewrite").code == 0
    assert Workspace.open(shared.root).row("a").state == "approved"  # what is here stays, and goes back out
    assert records(shared) <= set(
        shared.git("--git-dir", str(tmp_path / "bare.git"), "ls-tree", "-r", "--name-only", "workbench/reviews").split()
    )


def test_a_local_branch_that_lost_a_dissent_fails_verify(shared: Any, workbench: Any) -> None:
    for name in "ab":
        approve(shared, name)
    before = head(shared)
    Workspace.open(shared.root).reviews.decide("skills/a", "revoke", "it phones home")
    assert workbench("review", "verify").code == 1
    shared.git("update-ref", "refs/heads/workbench/reviews", before)
    said = workbench("review", "verify")
    assert said.code == 1
    assert "was rewritten" in said.err


def test_a_dissent_that_an_evil_merge_drops_still_stands(shared: Any, bob: Any, workbench: Any) -> None:
    approve(shared, "a")
    sync(shared, workbench)
    sync(bob, workbench)
    Workspace.open(bob.root).reviews.decide("skills/a", "request-changes", "no tests")
    approve(shared, "b")
    shared.git("fetch", "-q", str(bob.root), "workbench/reviews")
    tree = head(shared, "workbench/reviews^{tree}")
    merged = shared.git("commit-tree", tree, "-p", head(shared), "-p", "FETCH_HEAD", "-m", "Merge").strip()
    shared.git("update-ref", "refs/heads/workbench/reviews", merged)
    assert Workspace.open(shared.root).row("a").state == "changes-requested"
    assert workbench("review", "verify", "a").code == 1


def test_a_record_of_another_library_does_not_count_here(shared: Any, workbench: Any, tmp_path: Path) -> None:
    other = type(shared)(tmp_path / "fork")
    other.skill("skills/a")
    other.commit("Another beginning")
    other.as_user("Ada", "ada@example.com")
    approve(other, "a")
    other.git("remote", "add", "origin", str(tmp_path / "bare.git"))
    assert sync(other, workbench).code == 0
    assert sync(shared, workbench).json["fetched"] == 1
    row = Workspace.open(shared.root).row("a")
    assert row.state == "draft"
    assert "another library" in " ".join(row.standing.reasons)


def test_a_shallow_clone_that_has_only_the_end_of_the_branch_is_told_so(
    shared: Any, workbench: Any, tmp_path: Path
) -> None:
    for name in "ab":
        approve(shared, name)
    sync(shared, workbench)
    url = f"file://{tmp_path / 'bare.git'}"
    shared.git("clone", "-q", "--depth", "1", "--no-single-branch", url, str(tmp_path / "shallow"))
    said = workbench("review", "verify", "--library", str(tmp_path / "shallow"))
    assert said.code == 3
    assert "git fetch --unshallow origin" in said.err
    whole = tmp_path / "cut"
    shared.git("clone", "-q", "--depth", "1", url, str(whole))
    shared.git("-C", str(whole), "fetch", "-q", "origin", "workbench/reviews:workbench/reviews")
    assert workbench("review", "verify", "--library", str(whole)).code == 0


def test_a_second_work_tree_sees_and_shares_the_same_reviews(shared: Any, workbench: Any, tmp_path: Path) -> None:
    shared.git("worktree", "add", "-q", "-b", "side", str(tmp_path / "side"))
    side = type(shared)(tmp_path / "side")
    approve(side, "a")
    assert Workspace.open(shared.root).row("a").state == "approved"
    assert sync(side, workbench).json["pushed"] == 1


def test_what_the_library_s_configuration_says_starts_no_program(shared: Any, workbench: Any, tmp_path: Path) -> None:
    approve(shared, "a")
    trap = tmp_path / "trap"
    script = shared.write("trap.sh", f"#!/bin/sh\ntouch {trap}\nexit 1\n")
    script.chmod(0o755)
    hooks = shared.root / ".git/hooks"
    for name in ("pre-push", "reference-transaction", "post-merge"):
        shutil.copy(script, hooks / name)
    shared.git("config", "core.sshCommand", str(script))
    shared.git("config", "credential.helper", f"!{script}")
    shared.git("config", "remote.origin.uploadpack", str(script))
    shared.git("config", "remote.origin.receivepack", str(script))
    shared.git("config", "core.fsmonitor", str(script))
    assert sync(shared, workbench).json["pushed"] == 1
    shared.git("remote", "set-url", "origin", f"ext::{script}")
    assert sync(shared, workbench).code == 5
    shared.git("config", f"url.ext::{script}.insteadOf", "https://")
    shared.git("remote", "set-url", "origin", "https://example.invalid/x")
    assert sync(shared, workbench).code == 5
    assert not trap.exists()


def test_without_a_remote_the_remedy_is_named(shared: Any, workbench: Any) -> None:
    shared.git("remote", "remove", "origin")
    said = sync(shared, workbench)
    assert (said.code, "git remote add origin" in said.err) == (2, True)
    assert sync(shared, workbench, "--remote", "nowhere").code == 2


def test_paths_that_differ_only_in_case_are_two_records(shared: Any, bob: Any, workbench: Any) -> None:
    shared.skill("skills/A", body="Upper.\n", name="upper")
    shared.commit()
    shared.git("push", "-q", "origin", "main")
    bob.git("pull", "-q")
    bob.git("config", "core.ignorecase", "true")
    approve(shared, "A")
    approve(bob, "a")
    for library in (shared, bob, shared):
        assert sync(library, workbench).code == 0
    rows = {row.id: row.state for row in Workspace.open(bob.root).view().rows}
    assert (rows["skills/a"], rows["skills/A"]) == ("approved", "approved")
    assert os.fsencode(next(iter(records(bob))))


def test_sync_takes_a_local_branch_that_lost_something_only_when_told_to(
    shared: Any, workbench: Any, tmp_path: Path
) -> None:
    approve(shared, "a")
    before = head(shared)
    sync(shared, workbench)
    Workspace.open(shared.root).reviews.decide("skills/a", "revoke", "it phones home")
    assert workbench("review", "verify").code == 1
    shared.git("update-ref", "refs/heads/workbench/reviews", before)
    said = sync(shared, workbench)
    assert (said.code, "was rewritten" in said.err) == (4, True)
    assert workbench("review", "verify").code == 1
    assert sync(shared, workbench, "--accept-rewrite").code == 0
    assert "was rewritten" not in workbench("review", "verify").err


def test_a_branch_that_was_deleted_here_and_is_whole_at_the_remote_comes_back(shared: Any, workbench: Any) -> None:
    approve(shared, "a")
    sync(shared, workbench)
    before = head(shared)
    shared.git("update-ref", "-d", "refs/heads/workbench/reviews")
    assert sync(shared, workbench).code == 0
    assert head(shared) == before


def test_another_library_in_the_same_folder_was_not_rewritten(library: Any, workbench: Any) -> None:
    library.skill("skills/a")
    library.commit()
    assert workbench("review", "approve", "a", "-m", "read it").code == 0
    assert workbench("review", "verify").code == 0
    shutil.rmtree(library.root / ".git")
    again = type(library)(library.root)
    again.commit("Another library")
    assert workbench("review", "approve", "a", "-m", "read it").code == 0
    assert workbench("review", "verify").code == 0


def test_without_a_remote_a_rewritten_branch_can_be_taken_as_it_is(library: Any, workbench: Any) -> None:
    library.skill("skills/a")
    library.commit()
    assert workbench("review", "approve", "a", "-m", "read it").code == 0
    before = library.git("rev-parse", "workbench/reviews").strip()
    assert workbench("review", "comment", "a", "-m", "hm").code == 0
    library.git("update-ref", "refs/heads/workbench/reviews", before)
    said = workbench("review", "verify")
    assert (said.code, "sync --accept-rewrite" in said.err) == (1, True)
    assert workbench("review", "sync").code == 2
    assert workbench("review", "sync", "--accept-rewrite").code == 0
    assert workbench("review", "verify").code == 0
