"""The states of a skill, in DESIGN's meaning and order, each reached as a user would reach it."""

from typing import Any

import pytest


@pytest.fixture
def reviewed(library: Any) -> Any:
    """A library with one committed skill."""
    library.skill("skills/a")
    library.commit()
    return library


def test_a_skill_that_nobody_looked_at_is_a_draft(reviewed: Any) -> None:
    assert reviewed.state("a") == "draft"


def test_a_skill_that_no_client_would_load_is_invalid_whatever_was_recorded(reviewed: Any) -> None:
    reviewed.workspace().reviews.decide("skills/a", "approve", "read it")
    reviewed.write("skills/a/SKILL.md", "no frontmatter")
    assert reviewed.state("a") == "invalid"


def test_approving_makes_it_approved_and_one_changed_byte_makes_it_stale(reviewed: Any) -> None:
    reviewed.workspace().reviews.decide("skills/a", "approve", "read it")
    assert reviewed.state("a") == "approved"
    file = reviewed.root / "skills/a/SKILL.md"
    file.write_bytes(file.read_bytes() + b"x")
    assert reviewed.state("a") == "stale"
    reviewed.commit()
    assert reviewed.state("a") == "stale"


def test_going_back_to_the_approved_bytes_is_approved_again_at_once(reviewed: Any) -> None:
    reviewed.workspace().reviews.decide("skills/a", "approve", "read it")
    file = reviewed.skill("skills/a", body="Changed.\n")
    assert reviewed.state("a") == "stale"
    reviewed.git("checkout", "--", str(file))
    assert reviewed.state("a") == "approved"


def test_a_new_untracked_file_in_the_folder_makes_it_stale(reviewed: Any) -> None:
    reviewed.workspace().reviews.decide("skills/a", "approve", "read it")
    reviewed.write("skills/a/scripts/new.py", "print(1)\n")
    assert reviewed.state("a") == "stale"


@pytest.mark.parametrize("mark", ["--assume-unchanged", "--skip-worktree"])
def test_a_change_that_git_was_told_to_overlook_is_seen(reviewed: Any, mark: str) -> None:
    reviewed.workspace().reviews.decide("skills/a", "approve", "read it")
    reviewed.git("update-index", mark, "skills/a/SKILL.md")
    reviewed.skill("skills/a", body="Smuggled.\n")
    assert reviewed.git("status", "--porcelain") == ""
    assert reviewed.state("a") == "stale"


def test_a_request_puts_it_in_review_and_a_comment_changes_nothing(reviewed: Any) -> None:
    reviewed.workspace().reviews.decide("skills/a", "comment", "nice")
    assert reviewed.state("a") == "draft"
    reviewed.workspace().reviews.decide("skills/a", "request", "")
    assert reviewed.state("a") == "in-review"


def test_requested_changes_stand_until_an_approval_answers_them(reviewed: Any) -> None:
    reviewed.workspace().reviews.decide("skills/a", "approve", "fine")
    reviewed.workspace().reviews.decide("skills/a", "request-changes", "no tests")
    assert reviewed.state("a") == "changes-requested"
    done = reviewed.workspace().reviews.decide("skills/a", "approve", "tests are elsewhere")
    assert len(done.record.answers) == 1
    assert reviewed.state("a") == "approved"


def test_a_revoke_voids_the_approvals_before_it_until_one_answers_it(reviewed: Any) -> None:
    reviewed.workspace().reviews.decide("skills/a", "approve", "fine")
    reviewed.workspace().reviews.decide("skills/a", "revoke", "it phones home")
    assert reviewed.state("a") == "revoked"
    reviewed.workspace().reviews.decide("skills/a", "approve", "it does not")
    assert reviewed.state("a") == "approved"


def test_a_revoked_tree_is_not_what_stale_is_measured_against(reviewed: Any) -> None:
    reviewed.workspace().reviews.decide("skills/a", "approve", "fine")
    reviewed.workspace().reviews.decide("skills/a", "revoke", "no")
    reviewed.skill("skills/a", body="Another.\n")
    assert reviewed.state("a") == "draft"


def test_after_a_change_the_last_approval_can_still_be_revoked(reviewed: Any) -> None:
    first = reviewed.workspace().reviews.decide("skills/a", "approve", "fine").record.tree
    reviewed.skill("skills/a", body="Another.\n")
    reviewed.commit()
    assert reviewed.workspace().reviews.decide("skills/a", "revoke", "no").record.tree == first
    assert reviewed.state("a") == "draft"


def test_the_authors_own_approval_counts_without_a_policy_and_says_so(reviewed: Any) -> None:
    reviewed.workspace().reviews.decide("skills/a", "approve", "mine")
    standing = reviewed.workspace().row("a").standing
    assert standing.self_approved
    assert "self-approved" in standing.reasons
    reviewed.as_user("Bob", "bob@example.com")
    reviewed.workspace().reviews.decide("skills/a", "approve", "read it too")
    assert not reviewed.workspace().row("a").standing.self_approved


def test_a_co_author_who_approves_is_a_self_approver(library: Any) -> None:
    library.skill("skills/a")
    library.commit("Add a\n\nCo-authored-by: Bob <bob@example.com>")
    library.as_user("Bob", "Bob@Example.com")
    library.workspace().reviews.decide("skills/a", "approve", "mine too")
    assert library.workspace().row("a").standing.self_approved


def test_a_released_version_is_a_field_beside_the_state(reviewed: Any) -> None:
    reviewed.git("tag", "-a", "-m", "one", "a/v1.0.0")
    assert reviewed.workspace().row("a").standing.released == "1.0.0"
    assert reviewed.state("a") == "draft"
    reviewed.skill("skills/a", body="Changed.\n")
    assert reviewed.workspace().row("a").standing.released is None


def test_two_skills_with_one_name_share_no_release_and_no_record(library: Any) -> None:
    library.skill("skills/a")
    library.skill("other/a", body="Another.\n")
    library.commit()
    library.git("tag", "-a", "-m", "one", "a/v1.0.0")
    library.workspace().reviews.decide("other/a", "approve", "read it")
    rows = {row.id: row for row in library.workspace().view().rows}
    assert [rows["other/a"].state, rows["skills/a"].state] == ["approved", "draft"]
    assert rows["skills/a"].standing.released is None


def test_a_skill_at_the_root_has_the_tree_without_the_workbench_folder(library: Any) -> None:
    library.write("SKILL.md", "---\nname: library\ndescription: Does it all.\n---\nBody.\n")
    library.commit()
    plain = library.git("rev-parse", "HEAD^{tree}").strip()
    assert library.workspace().row(".").standing.tree == plain
    library.write(".workbench/note.txt", "mine")
    library.commit()
    assert library.workspace().row(".").standing.tree == plain
    library.workspace().reviews.decide(".", "approve", "read it")
    assert library.state(".") == "approved"
    assert library.workspace().reviews.verify().ok


def test_a_merge_conflict_in_one_skill_leaves_the_others_as_they_are(library: Any) -> None:
    library.skill("skills/a")
    library.skill("skills/b")
    library.commit()
    library.workspace().reviews.decide("skills/b", "approve", "read it")
    library.git("checkout", "-q", "-b", "side")
    library.skill("skills/a", body="Side.\n")
    library.commit()
    library.git("checkout", "-q", "main")
    library.skill("skills/a", body="Main.\n")
    library.commit()
    library.git("merge", "side", check=False)
    view = library.workspace().view()
    assert {row.name: row.state for row in view.rows} == {"a": "draft", "b": "approved"}
    assert any("merge is in progress" in note for note in view.notes)
