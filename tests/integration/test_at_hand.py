"""A workbench that stays open answers from memory, and sees at once whatever moved in git."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from workbench import git
from workbench.reviews.survey import read_background, standing_of
from workbench.workspace import Workspace


@pytest.fixture
def opened(library: Any) -> Any:
    """A library with an approved skill and a draft, in a workbench that has listed them."""
    library.skill("skills/a")
    library.skill("skills/b")
    library.commit()
    workspace = library.workspace()
    workspace.reviews.decide("skills/a", "approve", "read it")
    workspace.view()
    return workspace


def glanced(workspace: Any) -> list[Any]:
    """What a list shows, by a new process' glance and by judging everything; the two are the same."""
    seen, view = workspace.glance(), workspace.view()
    rows = [replace(row, standing=replace(row.standing, records=())) for row in view.rows]
    assert [replace(row, standing=replace(row.standing, records=())) for row in seen.rows] == rows
    assert (seen.notes, seen.head, seen.branch, seen.skipped) == (view.notes, view.head, view.branch, view.skipped)
    return rows


def states(workspace: Any) -> dict[str, str]:
    """The states by the list, which are those that each skill says alone, and those that git says without memory."""
    listed = {row.id: row.state for row in workspace.view().rows}
    assert listed == {id_: workspace.row(id_).state for id_ in listed}
    for _ in range(2):
        assert glanced(Workspace.open(workspace.root)) == glanced(workspace)
    skills = workspace.skills()[0]
    trees = workspace.trees(list(listed))
    afresh = read_background(workspace.repository, skills, skills, cached=False)
    now = datetime.now(UTC)
    assert listed == {skill.id: standing_of(skill, trees[skill.id], afresh, now).state for skill in skills}
    return listed


def test_a_verdict_of_another_process_is_seen(library: Any, opened: Any) -> None:
    assert states(opened) == {"skills/a": "approved", "skills/b": "draft"}
    library.workspace().reviews.decide("skills/a", "revoke", "wrong")
    library.workspace().reviews.decide("skills/b", "request", "please")
    assert states(opened) == {"skills/a": "revoked", "skills/b": "in-review"}


def test_an_edit_a_commit_and_a_new_skill_are_seen(library: Any, opened: Any) -> None:
    library.skill("skills/a", body="Other.\n")
    assert states(opened)["skills/a"] == "stale"
    library.commit()
    assert states(opened)["skills/a"] == "stale"
    assert opened.row("skills/a").standing.head_tree == opened.row("skills/a").standing.tree
    library.skill("skills/c")
    library.commit()
    assert states(opened)["skills/c"] == "draft"
    library.git("checkout", "-q", "HEAD~2")
    assert states(opened) == {"skills/a": "approved", "skills/b": "draft"}


def test_a_policy_and_a_release_are_seen(library: Any, opened: Any) -> None:
    library.write(
        ".workbench/policy.yaml", "schema: 1\nrequire: [{when: {}, chain: [{role: lead}]}]\nroles: {lead: [x@y.z]}\n"
    )
    assert states(opened)["skills/a"] == "approved"
    library.commit()
    assert states(opened)["skills/a"] == "in-review"
    library.git("tag", "-a", "skills/a/v1.0.0", "-m", "1.0.0")
    assert opened.row("skills/a").standing.released == "1.0.0"
    library.git("tag", "-d", "skills/a/v1.0.0")
    assert opened.row("skills/a").standing.released is None


def test_a_label_names_its_release_while_a_skill_has_the_name(library: Any, opened: Any) -> None:
    def versions() -> list[str]:
        return [one.release.version for one in opened.versions.list("skills/a").versions]

    library.git("tag", "-a", "a/v1.0.0", "-m", "1.0.0")
    assert {row.id: row.standing.released for row in opened.view().rows}["skills/a"] == "1.0.0"
    library.skill("other/a")
    assert {row.id: row.standing.released for row in opened.view().rows}["skills/a"] == "1.0.0"
    assert versions() == ["1.0.0"]
    library.skill("skills/a", name="b")
    assert versions() == []


def test_a_skill_that_is_gone_is_gone(library: Any, opened: Any) -> None:
    library.git("rm", "-q", "-r", "skills/b")
    assert list(states(opened)) == ["skills/a"]
    with pytest.raises(Exception, match="there is no skill"):
        opened.row("skills/b")


def test_opening_a_review_reads_no_history_once_the_library_was_listed(opened: Any) -> None:
    before = len(git.commands())
    opened.reviews.diff("skills/a")
    commands = [" ".join(command.argv) for command in git.commands()[before:]]
    assert len(commands) <= 20
    assert not [command for command in commands if " log " in command or "rev-list" in command]


def test_a_branch_keeps_its_name_beside_a_tag_of_the_same_name(library: Any, opened: Any) -> None:
    branch = library.git("branch", "--show-current").strip()
    library.git("tag", branch)
    assert opened.view().branch == opened.glance().branch == branch
    library.git("checkout", "-q", "--detach")
    assert opened.view().branch is opened.glance().branch is None
