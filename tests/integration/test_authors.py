"""Who wrote a change: everybody its commit names, however the name got there, and however long ago."""

import subprocess
from typing import Any

import pytest

from workbench.reviews.history import people, read_history
from workbench.reviews.policy_object import first_parents, read_changes

STRICT = "schema: 1\nroles: {reviewer: ['*@example.com']}\nrequire: [{when: {}, chain: [{role: reviewer}]}]\n"
MAL = "Mal <mal@example.com>"


@pytest.fixture
def strict(library: Any) -> Any:
    """A library where nobody approves their own changes; its first state is approved by Bob."""
    library.skill("skills/a")
    library.write(".workbench/policy.yaml", STRICT)
    library.commit()
    approve(library, "bob")
    return library


def approve(library: Any, who: str, name: str = "skills/a") -> None:
    library.as_user(who.title(), f"{who}@example.com")
    library.workspace().reviews.decide(name, "approve", "read it")
    library.as_user("Ada", "ada@example.com")


MESSAGES = {
    "a note behind it": f"Better\n\nCo-authored-by: {MAL} (pairing)\n",
    "a middle paragraph": f"Squash (#1)\n\n* one\n\nCo-authored-by: {MAL}\n\n* two\n",
    "the only paragraph": f"Better\nCo-authored-by: {MAL}\n",
    "another case": f"Better\n\nCO-AUTHORED-BY: {MAL.upper()}\n",
    "a folded line": "Better\n\nCo-authored-by: Mal\n  <mal@example.com>\n",
    "no brackets": "Better\n\nCo-authored-by: mal@example.com\n",
    "text behind it": f"Better\n\nCo-authored-by: {MAL}\nAnd that is all there is\nto say of it, really.\n",
}


@pytest.mark.parametrize("message", MESSAGES.values(), ids=MESSAGES)
def test_a_co_author_does_not_approve_wherever_the_message_names_them(strict: Any, message: str) -> None:
    strict.skill("skills/a", body="Worse.\n")
    strict.commit(message)
    approve(strict, "mal")
    assert strict.state("a") != "approved"
    approve(strict, "bob")
    assert strict.state("a") == "approved"


def test_who_wrote_what_git_squashed_does_not_approve(strict: Any) -> None:
    strict.git("switch", "-q", "-c", "side")
    strict.skill("skills/a", body="Worse.\n")
    strict.commit("Worse", author=MAL)
    strict.git("switch", "-q", "main")
    strict.git("merge", "-q", "--squash", "side")
    strict.git("commit", "-q", "--no-edit")
    approve(strict, "mal")
    assert strict.state("a") != "approved"


def test_a_co_author_of_the_policy_does_not_approve_it(strict: Any, workbench: Any) -> None:
    strict.write(".workbench/policy.yaml", STRICT + "skills: {exclude: ['skills/**']}\n")
    strict.commit(f"Looser (#2)\n\nCo-authored-by: {MAL}\n\n* more\n")
    approve(strict, "mal", "@policy")
    assert workbench("review", "verify").code == 1


def test_a_mention_makes_nobody_an_author() -> None:
    message = "Better\n\nReported-by: Bob <bob@example.com>\nThe author is bob@example.com, not me.\n"
    assert people("ada@example.com", message) == {"ada@example.com"}


def test_no_number_of_commits_hides_the_first_policy_nor_an_author(strict: Any, workbench: Any) -> None:
    strict.skill("skills/a", body="Worse.\n")
    strict.write(".workbench/policy.yaml", "schema: 1\nrequire: [{when: {}, self_approval: true}]\n")
    strict.commit("Weaker", author=MAL)
    fast_import(strict, 2_100)
    repository = strict.repository()
    assert len(first_parents(repository, "HEAD")) == 2_102
    assert MAL in {change.author for change in read_changes(repository, "HEAD")}
    approve(strict, "mal")
    assert workbench("review", "verify").code == 1
    assert strict.state("a") != "approved"


def test_no_number_of_commits_hides_who_changed_a_skill(strict: Any) -> None:
    strict.skill("skills/a", body="Worse.\n")
    strict.commit("Worse", author=MAL)
    fast_import(strict, 20_100, "skills/a/data.csv")
    changes = read_history(strict.repository(), ["skills/a"])["skills/a"]
    assert len(changes) == 20_102
    assert "mal@example.com" in changes[-2].authors


def fast_import(library: Any, commits: int, path: str = ".mailmap") -> None:
    """So many commits by Ada on main, each of which changes a file."""
    stream = []
    for number in range(commits):
        data = f"# {number}\n"
        stream.append(
            f"commit refs/heads/main\ncommitter Ada <ada@example.com> {1_800_000_000 + number} +0000\n"
            f"data 1\nx\n{'' if number else 'from refs/heads/main^0' + chr(10)}"
            f"M 100644 inline {path}\ndata {len(data)}\n{data}\n"
        )
    library.write("../stream", "".join(stream))
    with (library.root.parent / "stream").open("rb") as file:
        subprocess.run(["git", "fast-import", "--quiet"], cwd=library.root, stdin=file, check=True)
    library.git("reset", "-q", "--hard")


def merge_both(library: Any) -> None:
    """A line by Mal on a branch and one by Cy on main, in one file, with main to be merged into the branch."""
    library.skill("skills/a", body="one\ntwo\nthree\nfour\n")
    library.commit("Lines")
    approve(library, "bob")
    library.git("switch", "-q", "-c", "side")
    library.skill("skills/a", body="ONE\ntwo\nthree\nfour\n")
    library.commit("First line", author=MAL)
    library.git("switch", "-q", "main")
    library.skill("skills/a", body="one\ntwo\nthree\nFOUR\n")
    library.commit("Last line", author="Cy <cy@example.com>")
    library.git("switch", "-q", "side")
    library.as_user("Bob", "bob@example.com")


def test_who_merges_without_writing_anything_is_no_author(strict: Any) -> None:
    merge_both(strict)
    strict.git("merge", "-q", "--no-edit", "main")
    approve(strict, "mal")
    approve(strict, "cy")
    assert strict.state("a") != "approved"
    approve(strict, "bob")
    assert strict.state("a") == "approved"


def test_who_writes_while_they_merge_is_an_author(strict: Any) -> None:
    merge_both(strict)
    strict.git("merge", "-q", "--no-commit", "main")
    strict.write("skills/a/NOTES.md", "By Bob.\n")
    strict.commit("Merge branch main")
    approve(strict, "bob")
    assert strict.state("a") != "approved"
    approve(strict, "ada")
    assert strict.state("a") == "approved"
