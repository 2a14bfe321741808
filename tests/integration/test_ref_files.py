"""What is read of refs without git is what git says of them, wherever it keeps them."""

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.integration.conftest import Library
from workbench.git import Repository, commands
from workbench.reviews.in_force import default_tip

ASKED = ("HEAD", "refs/heads/main", "refs/heads/topic", "refs/heads/a/b", "refs/heads/gone", "refs/tags/v1")


@pytest.fixture
def grown(library: Library) -> Library:
    library.skill("skills/a")
    library.commit("one")
    library.git("branch", "topic")
    library.git("branch", "a/b")
    library.git("tag", "-a", "v1", "-m", "v1")
    library.skill("skills/b")
    library.commit("two")
    return library


def _packed(library: Library) -> None:
    library.git("pack-refs", "--all")


def _packed_and_moved(library: Library) -> None:
    library.git("pack-refs", "--all")
    library.commit("three")
    library.git("branch", "-D", "topic")


def _detached(library: Library) -> None:
    library.git("checkout", "-q", "--detach", "topic")


def _unborn(library: Library) -> None:
    library.git("checkout", "-q", "--orphan", "empty")


def _linked(library: Library) -> None:
    library.git("symbolic-ref", "refs/heads/topic", "refs/heads/a/b")
    library.git("checkout", "-q", "topic")


def _folder_for_a_ref(library: Library) -> None:
    (library.root / ".git/refs/heads/gone/deeper").mkdir(parents=True)
    (library.root / ".git/refs/heads/a/b").rename(library.root / ".git/refs/heads/a.b")


def _odd_name(library: Library) -> None:
    library.git("checkout", "-q", "-b", "größe/ü")


def _head_is_a_link_of_the_file_system(library: Library) -> None:
    library.git("config", "core.preferSymlinkRefs", "true")
    library.git("symbolic-ref", "HEAD", "refs/heads/topic")
    assert (library.root / ".git/HEAD").is_symlink()


@pytest.mark.parametrize(
    "change",
    [
        lambda library: None, _packed, _packed_and_moved, _detached, _unborn, _linked, _folder_for_a_ref, _odd_name,
        _head_is_a_link_of_the_file_system,
    ],
)  # fmt: skip
def test_refs_are_what_git_says(grown: Library, change: Callable[[Library], None]) -> None:
    change(grown)
    repository = grown.repository()
    for name in ASKED:
        for asked in (name, f"{name}^{{commit}}", f"{name}^{{tree}}"):
            said = grown.git("rev-parse", "--verify", "--quiet", "--end-of-options", asked, check=False).strip()
            assert repository.resolve(asked) == (said or None), asked
    on = grown.git("symbolic-ref", "--quiet", "HEAD", check=False).strip()
    assert repository.branch() == (on.removeprefix("refs/heads/") or None)


def test_another_work_tree_has_a_head_of_its_own(grown: Library, tmp_path: Path) -> None:
    grown.git("worktree", "add", "-q", str(tmp_path / "other"), "topic")
    repository = Repository.discover(tmp_path / "other")
    assert repository is not None
    assert repository.branch() == "topic"
    assert repository.head() == grown.git("rev-parse", "topic").strip()
    assert repository.resolve("refs/heads/main") == grown.git("rev-parse", "main").strip()


def test_a_tag_that_has_a_branch_s_whole_name_is_not_taken_for_it(grown: Library) -> None:
    grown.git("tag", "refs/heads/workbench/reviews", "topic")
    assert grown.git("rev-parse", "refs/heads/workbench/reviews") == grown.git("rev-parse", "topic")
    assert grown.repository().resolve("refs/heads/workbench/reviews") is None


def test_a_head_without_its_object_is_no_commit(grown: Library) -> None:
    (grown.root / ".git/refs/heads/main").write_text("1" * 40 + "\n")
    assert grown.repository().head() is None


def test_the_default_branch_is_the_remote_s_and_else_the_local_one(grown: Library) -> None:
    repository = grown.repository()
    main, topic = (grown.git("rev-parse", name).strip() for name in ("main", "topic"))
    assert default_tip(repository, main) == main
    grown.git("checkout", "-q", "topic")
    assert default_tip(repository, topic) == main
    grown.git("update-ref", "refs/remotes/origin/rel/1", topic)
    grown.git("symbolic-ref", "refs/remotes/origin/HEAD", "refs/remotes/origin/rel/1")
    assert default_tip(repository, main) == topic
    grown.git("checkout", "-q", "-b", "rel/1", "main")
    assert default_tip(repository, main) == main
    grown.git("update-ref", "--no-deref", "-d", "refs/remotes/origin/rel/1")
    grown.git("checkout", "-q", "topic")
    assert default_tip(repository, topic) == main


def test_what_is_asked_of_an_object_twice_starts_git_once(grown: Library) -> None:
    repository = grown.repository()
    head = repository.head()
    assert head
    first = repository.entries(head, "-r")
    asked = len(commands())
    assert repository.entries(head, "-r") == first
    assert repository.head() == head
    assert len(commands()) == asked


def test_what_is_not_here_yet_is_asked_for_again(grown: Library, tmp_path: Path) -> None:
    grown.git("clone", "-q", str(grown.root), str(tmp_path / "clone"))
    clone = Repository.discover(tmp_path / "clone")
    assert clone is not None
    old, new = clone.head() or "", grown.commit("three")
    assert clone.resolve(f"{new}^{{commit}}") is None
    assert not clone.is_ancestor(old, new)
    grown.git("-C", str(tmp_path / "clone"), "fetch", "-q")
    assert clone.resolve(f"{new}^{{commit}}") == new
    assert clone.is_ancestor(old, new)


def test_a_history_that_was_cut_is_read_again_when_it_is_whole(grown: Library, tmp_path: Path) -> None:
    url = f"file://{grown.root}"
    grown.git("clone", "-q", "--depth=1", url, str(tmp_path / "clone"))
    clone = Repository.discover(tmp_path / "clone")
    assert clone is not None
    head = clone.head() or ""
    assert clone.first_root(head) == head
    grown.git("-C", str(tmp_path / "clone"), "fetch", "-q", "--unshallow")
    assert clone.first_root(head) == grown.git("rev-parse", "topic").strip()
