"""What a clone that lacks a part of the library still answers, and what it refuses with the command that mends it."""

import subprocess
from pathlib import Path
from typing import Any

import pytest

from workbench.config import cache_dir
from workbench.git import GitError
from workbench.git.remote import Mirror

STRICT = "roles: {boss: [mia@example.com]}\nrequire:\n  - {when: {}, chain: [{role: boss}]}\n"
LAX = "require:\n  - {when: {}, self_approval: true}\n"
REVIEWS = "workbench/reviews:workbench/reviews"


@pytest.fixture
def server(library: Any, tmp_path: Path) -> Path:
    bare = tmp_path / "server.git"
    subprocess.run(["git", "init", "-q", "--bare", "-b", "main", str(bare)], check=True)
    subprocess.run(["git", "-C", str(bare), "config", "uploadpack.allowFilter", "true"], check=True)
    library.git("remote", "add", "origin", str(bare))
    return bare


@pytest.fixture
def cloned(library: Any, server: Path, tmp_path: Path) -> Any:
    """Pushes all and clones it anew, with the reviews branch: `cloned("--depth=1")`."""

    def make(*options: str, fetch: bool = True) -> Any:
        library.git("push", "-q", "--force", "origin", "main", "workbench/reviews")
        place = tmp_path / f"clone{len(list(tmp_path.glob('clone*')))}"
        library.git("clone", "-q", *options, f"file://{server}", str(place))
        if fetch:
            library.git("-C", str(place), "fetch", "-q", "origin", REVIEWS)
        return place

    return make


def policy(library: Any, text: str) -> None:
    library.write(".workbench/policy.yaml", "schema: 1\n" + text)
    library.commit("Policy")


def by(library: Any, workbench: Any, name: str, who: str) -> None:
    library.as_user(who.title(), f"{who}@example.com")
    assert workbench("review", "approve", name, "--reason", "read it").code == 0
    library.as_user("Ada", "ada@example.com")


def verify(workbench: Any, clone: Path, *options: str) -> Any:
    return workbench("--library", str(clone), "review", "verify", *options)


def mend(library: Any, clone: Path, said: Any) -> None:
    """Run the command that a refusal names."""
    command = next(line for line in said.err.splitlines() if "git fetch" in line).partition("git fetch")[2]
    command = command.partition(";")[0]
    library.git("-C", str(clone), "fetch", "-q", *command.split())


def change(library: Any) -> None:
    """Weaken the policy and change the skill, in one commit."""
    library.skill("skills/a", body="Changed.\n")
    policy(library, LAX)


def remove(library: Any) -> None:
    """Remove the policy and change the skill, in one commit."""
    library.skill("skills/a", body="Changed.\n")
    library.git("rm", "-q", "-r", ".workbench")
    library.commit("No rules")


@pytest.mark.parametrize("weaken", [change, remove])
def test_a_shallow_clone_does_not_take_the_last_policy_for_the_one_in_force(
    library: Any, workbench: Any, cloned: Any, weaken: Any
) -> None:
    library.skill("skills/a")
    policy(library, STRICT)
    by(library, workbench, "a", "mia")
    weaken(library)
    by(library, workbench, "a", "ada")
    assert verify(workbench, cloned()).code == 1
    clone = cloned("--depth=1")
    said = verify(workbench, clone)
    assert (said.code, "which policy is in force can't be known" in said.err) == (3, True)
    listed = workbench("--library", str(clone), "review", "list", "--json")
    assert listed.code == 0
    for command in (("review", "list"), ("skills", "list"), ("policy", "show"), ("status",)):
        shown = workbench("--library", str(clone), *command)
        assert "an earlier policy, and earlier authors of a change, can't be seen" in shown.out + shown.err, command
    mend(library, clone, said)
    assert verify(workbench, clone).code == 1


def test_who_wrote_a_change_is_not_guessed_where_history_ends(library: Any, workbench: Any, cloned: Any) -> None:
    library.skill("skills/a")
    policy(library, "require:\n  - {when: {}, self_approval: false}\n")
    library.as_user("Bob", "bob@example.com")
    library.skill("skills/a", body="Changed.\n")
    library.commit("By Bob")
    by(library, workbench, "a", "bob")
    library.write("README.md", "more\n")
    library.commit("By Ada")
    assert verify(workbench, cloned()).code == 1
    for depth in (1, 2):
        clone = cloned(f"--depth={depth}")
        assert verify(workbench, clone).code == 3
        said = verify(workbench, clone, "--policy-from", "HEAD")
        assert (said.code, "who the authors of 'skills/a' are" in said.err) == (3, True)
        mend(library, clone, said)
        assert verify(workbench, clone).code == 1


def test_with_its_base_a_shallow_clone_judges_what_rests_on_no_author(
    library: Any, workbench: Any, cloned: Any
) -> None:
    library.skill("skills/a")
    library.skill("skills/b")
    policy(library, STRICT.replace("chain:", "self_approval: true, chain:"))
    library.skill("skills/a", body="Changed.\n")
    library.commit("Change")
    by(library, workbench, "a", "ada")
    clone = cloned("--depth=2")
    assert verify(workbench, clone, "--base", "HEAD~1").code == 1
    by(library, workbench, "a", "mia")
    library.git("push", "-q", "origin", "workbench/reviews")
    library.git("-C", str(clone), "fetch", "-q", "origin", REVIEWS)
    said = verify(workbench, clone, "--base", "HEAD~1")
    assert (said.code, "skills/b" in said.out) == (0, False)


def test_without_any_policy_a_shallow_clone_answers_and_says_what_it_can_not_see(
    library: Any, workbench: Any, cloned: Any
) -> None:
    library.skill("skills/a")
    library.commit()
    library.commit("Another")
    by(library, workbench, "a", "ada")
    said = verify(workbench, cloned("--depth=1"))
    assert said.code == 0
    assert "which library a record belongs to can't be checked" in said.err
    assert "an earlier policy, and earlier authors of a change, can't be seen" in said.err


@pytest.mark.parametrize("part", ["blob:none", "tree:0"])
@pytest.mark.parametrize("options", [(), ("--no-checkout",)])
def test_a_partial_clone_is_told_how_to_become_whole(
    library: Any, workbench: Any, cloned: Any, part: str, options: tuple[str, ...]
) -> None:
    library.skill("skills/a")
    policy(library, LAX)
    by(library, workbench, "a", "ada")
    library.skill("skills/b")
    library.commit("Another")
    clone = cloned(f"--filter={part}", *options, fetch=False)
    said = verify(workbench, clone)
    assert (said.code, "git fetch --refetch --no-filter origin" in said.err) == (3, True), said.err
    assert "to see it yourself" not in said.err
    mend(library, clone, said)
    assert verify(workbench, clone, "a").code == 0
    assert verify(workbench, clone).code == 1


@pytest.mark.parametrize("asked_before", [False, True])
def test_sync_fetches_the_reviews_branch_whole_into_a_shallow_clone(
    library: Any, workbench: Any, cloned: Any, server: Path, asked_before: bool
) -> None:
    library.skill("skills/a")
    library.skill("skills/b")
    library.commit()
    head = library.commit("Another")
    for name in "ab":
        by(library, workbench, name, "ada")
    library.git("push", "-q", "origin", "main", "workbench/reviews")
    if asked_before:  # what is kept of that repository is itself shallow then
        assert Mirror(cache_dir(), str(server)).fetch(head, "refs/heads/main")
    clone = cloned("--depth=1", "--no-single-branch", fetch=False)
    assert verify(workbench, clone).code == 3
    said = workbench("--library", str(clone), "review", "sync", "--json")
    assert said.code == 0, said.err
    whole = library.git("rev-list", "--count", "workbench/reviews")
    assert library.git("-C", str(clone), "rev-list", "--count", "workbench/reviews") == whole
    assert verify(workbench, clone).code == 0
    assert library.git("-C", str(clone), "rev-list", "--count", "main") == "1\n"
    assert workbench("--library", str(clone), "review", "sync").code == 0


def test_what_is_read_in_one_stream_says_so_too(library: Any, workbench: Any, cloned: Any) -> None:
    library.skill("skills/a")
    library.commit()
    by(library, workbench, "a", "ada")
    tree = library.git("rev-parse", "HEAD:skills").strip()
    clone = type(library)(cloned("--filter=blob:none", "--no-checkout", fetch=False)).repository()
    blob = library.git("rev-parse", "HEAD:skills/a/SKILL.md").strip()
    with pytest.raises(GitError) as refused:
        list(clone.stream([tree, blob]))
    assert "git fetch --refetch --no-filter origin" in str(refused.value.remedy)


def test_no_verdict_is_recorded_that_would_name_another_library(library: Any, cloned: Any, workbench: Any) -> None:
    library.skill("skills/a")
    library.commit()
    by(library, workbench, "a", "mia")
    library.skill("skills/a", body="More.\n")
    library.commit()
    clone = cloned("--depth=1")
    library.git("-C", str(clone), "config", "user.email", "mia@example.com")
    said = workbench("--library", str(clone), "review", "approve", "a", "--reason", "read it")
    assert said.code == 3
    mend(library, clone, said)
    assert workbench("--library", str(clone), "review", "approve", "a", "--reason", "read it").code == 0
    assert verify(workbench, clone, "a").code == 0
