"""A dissent stands until somebody settles it whose word counts, whatever is pushed onto the reviews branch."""

from datetime import UTC, datetime
from typing import Any

import pytest

from workbench.git import Identity, TreeEntry
from workbench.reviews.mailmap import parse_mailmap
from workbench.reviews.model import REVIEWS_REF

MAL = Identity("Mal", "mal@example.com")


def changed_by_mal(library: Any, *, reviewers: str = "*@example.com", count: int = 1) -> Any:
    """A library whose policy wants so many approvals by somebody else, and a change by Mal."""
    library.skill("skills/a")
    chain = f"[{{role: reviewer, count: {count}}}]"
    policy = f'schema: 1\nroles: {{reviewer: ["{reviewers}"]}}\nrequire: [{{when: {{}}, chain: {chain}}}]\n'
    library.write(".workbench/policy.yaml", policy)
    library.commit()
    library.skill("skills/a", body="Evil.\n")
    library.commit(author="Mal <mal@example.com>")
    return library


@pytest.fixture
def evil(library: Any) -> Any:
    return changed_by_mal(library)


def say(library: Any, workbench: Any, who: str, verdict: str, *options: str, email: str | None = None) -> None:
    library.as_user(who, email or f"{who.lower()}@example.com")
    said = workbench("review", verdict, "a", "-m", f"{who} says so", *options)
    assert said.code == 0, said.err


def head(library: Any) -> str:
    return str(library.git("rev-parse", REVIEWS_REF).strip())


def commit(library: Any, tree: str, *parents: str, who: Identity = MAL) -> str:
    repository = library.repository()
    return str(repository.commit(repository.resolve(f"{tree}^{{tree}}"), parents, "x", who, datetime.now(UTC)))


def move(library: Any, to: str) -> None:
    library.repository().move_ref(REVIEWS_REF, to, head(library), "x")


def rules_hold(workbench: Any, *, state: str) -> bool:
    said = workbench("review", "verify", "--json")
    [judged] = said.json["skills"]
    assert judged["state"] == state, judged["reasons"]
    assert workbench("review", "list", "--json").json[0]["state"] == state
    return bool(said.code == 0)


@pytest.mark.parametrize(("verdict", "state"), [("request-changes", "changes-requested"), ("revoke", "revoked")])
def test_a_copy_that_is_merged_before_a_dissent_does_not_take_it_away(
    evil: Any, workbench: Any, verdict: str, state: str
) -> None:
    say(evil, workbench, "Carol", "approve")
    before = head(evil)
    say(evil, workbench, "Bob", verdict)
    genuine = head(evil)
    copy = commit(evil, genuine, before)
    move(evil, commit(evil, genuine, copy, genuine))
    assert not rules_hold(workbench, state=state)
    records = workbench("review", "verify", "--json").json["skills"][0]["records"]
    assert [(record["counts"], record["introduced"]) for record in records][1] == (True, genuine)


def test_a_copy_put_there_before_the_cache_is_read_again_counts_like_any(evil: Any, workbench: Any) -> None:
    """First only the copy is on the branch, and what is kept of it says that it does not count."""
    say(evil, workbench, "Carol", "approve")
    before = head(evil)
    say(evil, workbench, "Bob", "request-changes")
    genuine = head(evil)
    copy = commit(evil, genuine, before)
    evil.git("update-ref", REVIEWS_REF, copy)
    assert evil.state("a") == "approved"
    gone = commit(evil, before, copy)
    bob = Identity("Bob", "bob@example.com")
    evil.git("update-ref", REVIEWS_REF, commit(evil, genuine, gone, who=bob))
    assert evil.state("a") == "changes-requested"


def test_an_approval_that_a_revoke_took_back_stays_so_when_a_merge_puts_it_later(library: Any, workbench: Any) -> None:
    evil = changed_by_mal(library, count=2)
    empty = commit(evil, "4b825dc642cb6eb9a060e54bf8d69288fbee4904")
    evil.git("update-ref", REVIEWS_REF, empty)
    say(evil, workbench, "Carol", "approve")
    say(evil, workbench, "Bob", "revoke")
    genuine = head(evil)
    file = evil.workspace().row("a").standing.records[-1].file
    blob = evil.repository().resolve(f"{genuine}:{file}")
    revoke_alone = evil.repository().graft(None, {file: TreeEntry("100644", "blob", blob, file)})
    move(evil, commit(evil, genuine, commit(evil, revoke_alone, empty), genuine))
    say(evil, workbench, "Dave", "approve")
    assert not rules_hold(workbench, state="in-review"), "Carol's approval was taken back"
    say(evil, workbench, "Carol", "approve")
    assert rules_hold(workbench, state="approved"), "it came after the revoke, though it answers nothing any more"


@pytest.mark.parametrize(("verdict", "state"), [("request-changes", "changes-requested"), ("revoke", "revoked")])
def test_an_approval_that_does_not_count_settles_nothing(evil: Any, workbench: Any, verdict: str, state: str) -> None:
    say(evil, workbench, "Carol", "approve")
    say(evil, workbench, "Bob", verdict)
    say(evil, workbench, "Mal", "approve")
    assert not rules_hold(workbench, state=state)
    assert "the approval of Mal settles nothing" in workbench("review", "verify").out
    say(evil, workbench, "Dave", "approve")
    assert rules_hold(workbench, state="approved"), (
        "whose word counts settles it, though Mal's approval answered it too"
    )


def test_who_may_approve_nothing_may_still_take_their_own_dissent_back(evil: Any, workbench: Any) -> None:
    say(evil, workbench, "Carol", "approve")
    say(evil, workbench, "Mal", "request-changes")
    assert not rules_hold(workbench, state="changes-requested")
    say(evil, workbench, "Mal", "approve")
    assert rules_hold(workbench, state="approved")


def test_who_has_no_part_in_the_rules_settles_nothing(library: Any, workbench: Any) -> None:
    evil = changed_by_mal(library, reviewers="carol@example.com")
    say(evil, workbench, "Carol", "approve")
    say(evil, workbench, "Bob", "request-changes")
    say(evil, workbench, "Eve", "approve")
    assert not rules_hold(workbench, state="changes-requested")
    say(evil, workbench, "Carol", "approve")
    assert rules_hold(workbench, state="approved")


def test_without_a_policy_anybody_settles_a_dissent(library: Any, workbench: Any) -> None:
    library.skill("skills/a")
    library.commit()
    say(library, workbench, "Bob", "request-changes")
    say(library, workbench, "Ada", "approve")
    assert rules_hold(workbench, state="approved")


def test_spellings_that_a_commit_holds_as_one_are_one_person(library: Any, workbench: Any) -> None:
    library.skill("skills/a")
    library.write(
        ".workbench/policy.yaml",
        'schema: 1\nroles: {reviewer: ["*@example.com", ",*", ".*"]}\n'
        "require: [{when: {}, chain: [{role: reviewer, count: 2}]}]\n",
    )
    library.commit(author="Mal <mal@example.com>")
    for email in (",mal@example.com", ".mal@example.com", "mal@example.com;", "<mal@example.com>"):
        say(library, workbench, "Mal", "approve", email=email)
    assert set(library.git("log", "--format=%ae", REVIEWS_REF).split()) == {"mal@example.com"}
    assert not rules_hold(workbench, state="in-review")
    say(library, workbench, "Bob", "approve")
    say(library, workbench, "Bob", "approve", email=".bob@example.com")
    assert not rules_hold(workbench, state="in-review")
    say(library, workbench, "Carol", "approve")
    assert rules_hold(workbench, state="approved")


def test_whoever_joins_two_spellings_by_mailmap_meets_the_one_that_git_has() -> None:
    known = parse_mailmap("Ada <ada@example.com> <old@example.com>\n")
    assert known.of(".Old@Example.com,") == "ada@example.com"
    assert known.everybody([";mal@example.com"]) == {"mal@example.com"}
