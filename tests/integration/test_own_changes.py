"""Nobody gets their own change approved by themselves, however it came into the library."""

from typing import Any

import pytest

from workbench.git import Repository
from workbench.reviews.ancestry import Ancestry

EVE = "Eve <eve@example.com>"
TWO_EYES = "require:\n  - {when: {}}\n"
BOSS_FOR_NETWORK = (
    "roles: {boss: [mia@example.com]}\n"
    "require:\n  - {when: {gains: [network]}, chain: [{role: boss}]}\n  - {when: {}}\n"
)


def start(library: Any, workbench: Any, rules: str) -> None:
    """A library whose skill `a` is by Ada and approved by Bob."""
    library.write(".workbench/policy.yaml", f"schema: 1\n{rules}")
    library.skill("skills/a")
    library.commit("Start")
    approve(library, workbench, "bob")
    assert library.state("a") == "approved"


def approve(library: Any, workbench: Any, who: str) -> None:
    library.as_user(who.title(), f"{who}@example.com")
    assert workbench("review", "approve", "a", "--reason", f"read by {who}").code == 0
    library.as_user("Ada", "ada@example.com")


def test_an_approval_of_one_s_own_that_met_nothing_is_no_base_for_the_next(library: Any, workbench: Any) -> None:
    start(library, workbench, TWO_EYES)
    library.skill("skills/a", body="Do as Eve says.\n")
    library.commit("Hers", author=EVE)
    approve(library, workbench, "eve")
    assert library.state("a") != "approved"
    library.write("skills/a/NOTES.md", "A word by Ada.\n")
    library.commit("A word")
    approve(library, workbench, "eve")
    assert library.state("a") != "approved"
    approve(library, workbench, "bob")
    assert library.state("a") == "approved"


def test_what_such_an_approval_gained_is_still_a_gain_of_the_next(library: Any, workbench: Any) -> None:
    start(library, workbench, BOSS_FOR_NETWORK)
    library.write("skills/a/scripts/send.py", "import urllib.request\nurllib.request.urlopen('https://e.example')\n")
    library.commit("Hers", author=EVE)
    approve(library, workbench, "bob")
    assert library.state("a") != "approved"
    library.write("skills/a/NOTES.md", "A word by Ada.\n")
    library.commit("A word")
    approve(library, workbench, "bob")
    assert library.state("a") != "approved"
    approve(library, workbench, "mia")
    assert library.state("a") == "approved"


def test_whoever_restores_an_approved_tree_has_not_written_it_and_a_later_revoke_of_its_base_changes_nothing(
    library: Any, workbench: Any
) -> None:
    start(library, workbench, TWO_EYES)
    library.write("skills/a/NOTES.md", "By Eve.\n")
    library.commit("Notes", author=EVE)
    approve(library, workbench, "ada")
    assert library.state("a") == "approved"
    library.git("revert", "--no-edit", "HEAD")
    assert workbench("review", "revoke", "a", "--reason", "the first was wrong").code == 0
    library.git("revert", "--no-edit", "HEAD")
    assert library.state("a") == "approved"


def test_who_wrote_a_tree_does_not_approve_it_because_somebody_else_restored_it(library: Any, workbench: Any) -> None:
    start(library, workbench, TWO_EYES)
    library.write("skills/a/NOTES.md", "By Eve.\n")
    library.commit("Notes", author=EVE)
    library.git("revert", "--no-edit", "HEAD")
    library.git("revert", "--no-edit", "HEAD")
    approve(library, workbench, "eve")
    assert library.state("a") != "approved"
    approve(library, workbench, "bob")
    assert library.state("a") == "approved"


@pytest.mark.parametrize("date", ["2001-01-01T00:00:00Z", "2099-01-01T00:00:00Z"])
def test_a_side_branch_brings_its_authors_whatever_its_dates(library: Any, workbench: Any, date: str) -> None:
    library.write(".workbench/policy.yaml", f"schema: 1\n{TWO_EYES}")
    library.skill("skills/a")
    library.commit("Start")
    library.git("checkout", "-q", "-b", "side")
    library.write("skills/a/scripts/x.sh", "#!/bin/sh\necho hers\n")
    library.git("add", "-A")
    dated = {"GIT_AUTHOR_DATE": date, "GIT_COMMITTER_DATE": date}
    library.git("commit", "-q", "-m", "Hers", "--author", EVE, env=dated)
    library.git("checkout", "-q", "main")
    library.write("skills/a/NOTES.md", "By Ada.\n")
    library.commit("Notes")
    approve(library, workbench, "bob")
    assert library.state("a") == "approved"
    library.git("merge", "-q", "--no-edit", "side")
    approve(library, workbench, "eve")
    assert library.state("a") != "approved"
    approve(library, workbench, "bob")
    assert library.state("a") == "approved"


def test_the_author_of_the_first_policy_may_approve_the_next(library: Any, workbench: Any) -> None:
    library.skill("skills/a")
    library.write(".workbench/policy.yaml", f"schema: 1\n{TWO_EYES}")
    library.commit("Policy")
    library.write(".workbench/policy.yaml", "schema: 1\nrequire:\n  - {when: {}, self_approval: true}\n")
    library.commit("Laxer", author="Bob <bob@example.com>")
    assert workbench("review", "approve", "@policy", "--reason", "fine").code == 0
    assert "@policy" not in workbench("review", "verify").out


def test_which_commit_contains_which_is_as_git_says(library: Any) -> None:
    for number in range(4):
        library.commit(f"Main {number}")
        library.git("checkout", "-q", "-b", f"side-{number}", f"HEAD~{min(number, 2)}")
        library.commit(f"Side {number}")
        library.commit(f"Side {number} again")
        library.git("checkout", "-q", "main")
        library.git("merge", "-q", "--no-ff", "--no-edit", f"side-{max(0, number - 1)}")
    found = Repository.discover(library.root)
    assert found is not None
    commits = library.git("rev-list", "HEAD").split()
    ancestry = Ancestry(found, commits[0])
    for earlier in commits:
        for later in commits:
            below = library.git("rev-list", later).split()
            assert ancestry.precedes(earlier, later) is (earlier in below)


def hers_with_a_word_by_bob(library: Any, path: str, hers: str) -> str:
    """A change by Eve and a word of Bob's on it, whose commit is dated as the first; the commit of hers."""
    library.write(path, hers)
    first = str(library.commit("Hers", author=EVE))
    library.write(path, hers + "# a word\n")
    library.git("add", "-A")
    bob = ("--author", "Bob <bob@example.com>")
    library.git("commit", "-q", "-m", "A word", *bob, env={"GIT_COMMITTER_DATE": "2001-01-01T00:00:00Z"})
    return first


def commit_beside(library: Any, onto: str) -> None:
    """Merge what is checked out with an empty commit on `onto`."""
    library.git("branch", "-q", "-f", "hers")
    library.git("checkout", "-q", "--detach", onto)
    library.git("commit", "-q", "--allow-empty", "-m", "Beside", "--author", EVE)
    library.git("merge", "-q", "--no-ff", "--no-edit", "hers")
    library.git("checkout", "-q", "-B", "main")


def test_an_old_date_beside_a_sibling_hides_no_author(library: Any, workbench: Any) -> None:
    start(library, workbench, TWO_EYES)
    first = hers_with_a_word_by_bob(library, "skills/a/NOTES.md", "By Eve.\n")
    commit_beside(library, first)
    approve(library, workbench, "eve")
    assert library.state("a") != "approved"
    approve(library, workbench, "ada")
    assert library.state("a") == "approved"


def test_an_old_date_beside_a_sibling_hides_no_author_of_the_policy(library: Any, workbench: Any) -> None:
    library.skill("skills/a")
    library.write(".workbench/policy.yaml", f"schema: 1\n{TWO_EYES}")
    library.commit("Policy")
    lax = "schema: 1\nrequire:\n  - {when: {}, self_approval: true}\n"
    commit_beside(library, hers_with_a_word_by_bob(library, ".workbench/policy.yaml", lax))
    for who, shown in (("eve", True), ("ada", False)):
        library.as_user(who.title(), f"{who}@example.com")
        assert workbench("review", "approve", "@policy", "--reason", "fine").code == 0
        assert ("@policy" in workbench("review", "verify").out) is shown


def test_a_change_that_was_taken_back_beside_the_one_that_came_still_has_its_author(
    library: Any, workbench: Any
) -> None:
    start(library, workbench, TWO_EYES)
    library.write("skills/a/NOTES.md", "By Eve.\n")
    first = library.commit("Hers", author=EVE)
    library.git("revert", "--no-edit", "HEAD")
    taken_back = library.git("rev-parse", "HEAD").strip()
    library.git("checkout", "-q", "-B", "main", first)
    library.write("skills/a/NOTES.md", "By Eve, spelled right.\n")
    library.commit("A word", author="Bob <bob@example.com>")
    library.git("merge", "-q", "-s", "ours", "--no-edit", taken_back)
    library.write("skills/a/NOTES.md", "By Eve; spelled right.\n")
    library.commit("Another word", author="Bob <bob@example.com>")
    approve(library, workbench, "eve")
    assert library.state("a") != "approved"


def test_who_only_wrote_what_was_taken_back_may_approve_what_comes_after_it(library: Any, workbench: Any) -> None:
    start(library, workbench, TWO_EYES)
    library.write("skills/a/NOTES.md", "By Eve.\n")
    library.commit("Hers", author=EVE)
    library.git("revert", "--no-edit", "HEAD")
    library.write("skills/a/NOTES.md", "By Bob.\n")
    library.commit("His", author="Bob <bob@example.com>")
    approve(library, workbench, "eve")
    assert library.state("a") == "approved"
