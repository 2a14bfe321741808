"""What a plain `git fetch` brought of the shared reviews counts, beside what is here."""

from pathlib import Path
from typing import Any

import pytest

from workbench.workspace import Workspace


@pytest.fixture
def clone(library: Any, workbench: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """A clone with a reviews branch of its own, in the current folder; `a` was approved before it was made."""
    for name in "ab":
        library.skill(f"skills/{name}")
    library.commit()
    assert workbench("review", "approve", "a", "-m", "read it").code == 0
    library.git("clone", "-q", str(library.root), str(tmp_path / "clone"))
    library.git("-C", str(tmp_path / "clone"), "branch", "-q", "workbench/reviews", "origin/workbench/reviews")
    made = type(library)(tmp_path / "clone")
    monkeypatch.chdir(made.root)
    return made


def states(clone: Any) -> dict[str, str]:
    return {row.name: row.state for row in Workspace.open(clone.root).view().rows}


def revoke(library: Any) -> None:
    Workspace.open(library.root).reviews.decide("skills/a", "revoke", "a backdoor")


@pytest.mark.parametrize("own", [False, True])
def test_a_revoke_that_was_fetched_counts(library: Any, clone: Any, workbench: Any, own: bool) -> None:
    assert states(clone) == {"a": "approved", "b": "draft"}
    revoke(library)
    if own:
        assert workbench("review", "approve", "b", "-m", "read it").code == 0
    assert states(clone)["a"] == "approved"
    clone.git("fetch", "-q")
    assert states(clone) == {"a": "revoked", "b": "approved" if own else "draft"}
    assert states(clone) == {"a": "revoked", "b": "approved" if own else "draft"}  # from the cache
    said = workbench("review", "verify")
    assert said.code == 1
    assert "a backdoor" in said.out
    assert workbench("install", "a", "--agent", "claude").code == 5


def test_what_is_said_after_the_fetch_answers_what_came(library: Any, clone: Any, workbench: Any) -> None:
    revoke(library)
    assert workbench("review", "approve", "b", "-m", "read it").code == 0
    clone.git("fetch", "-q")
    assert workbench("review", "approve", "a", "-m", "it was a false alarm").code == 0
    assert states(clone) == {"a": "approved", "b": "approved"}
    assert workbench("review", "sync").code == 0
    assert states(clone) == {"a": "approved", "b": "approved"}


def test_a_receipt_waits_until_both_are_united(library: Any, clone: Any, workbench: Any) -> None:
    assert workbench("review", "approve", "b", "-m", "read it").code == 0
    Workspace.open(library.root).reviews.decide("skills/b", "comment", "hm")
    clone.git("fetch", "-q")
    said = workbench("review", "receipt", "b")
    assert (said.code, "workbench review sync" in said.err) == (4, True)
    assert workbench("review", "sync").code == 0
    assert workbench("review", "receipt", "b").code == 0


def test_a_fork_s_reviews_do_not_count(library: Any, clone: Any, tmp_path: Path) -> None:
    library.git("clone", "-q", "--bare", str(library.root), str(tmp_path / "fork.git"))
    fork = type(library)(tmp_path / "work")
    fork.git("remote", "add", "origin", str(tmp_path / "fork.git"))
    fork.git("fetch", "-q", "origin", "main", "workbench/reviews:workbench/reviews")
    fork.git("reset", "-q", "--hard", "FETCH_HEAD")
    fork.git("checkout", "-q", "-B", "main", "origin/main")
    revoke(fork)
    fork.git("push", "-q", "origin", "workbench/reviews")
    clone.git("remote", "add", "fork", str(tmp_path / "fork.git"))
    clone.git("fetch", "-q", "fork")
    assert states(clone)["a"] == "approved"
