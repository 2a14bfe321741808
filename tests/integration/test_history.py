"""The history of skills, read from logs with everything that real repositories have."""

from typing import Any

from workbench.reviews.history import read_history


def subjects(library: Any, id_: str) -> list[str]:
    return [change.subject for change in read_history(library.repository(), [id_])[id_]]


def test_a_merge_that_changes_a_skill_on_its_own_is_part_of_its_history(library: Any) -> None:
    library.skill("skills/a")
    library.commit("one")
    library.git("checkout", "-q", "-b", "side")
    library.skill("skills/a", body="Side.\n")
    library.commit("side")
    library.git("checkout", "-q", "main")
    library.skill("skills/a", body="Main.\n")
    library.commit("main")
    library.git("merge", "-q", "side", check=False)
    library.skill("skills/a", body="Both.\n")
    merge = library.commit("merge both")
    library.skill("skills/b")
    library.commit("another skill\n\nCo-authored-by: Bob <bob@example.com>")
    assert subjects(library, "skills/a")[0] == "merge both"
    assert sorted(subjects(library, "skills/a")) == ["main", "merge both", "one", "side"]
    newest = read_history(library.repository(), ["skills/a"])["skills/a"][0]
    assert newest.tree == library.git("rev-parse", f"{merge}:skills/a").strip()


def test_a_message_can_not_pose_as_another_commit(library: Any) -> None:
    library.skill("skills/a")
    library.commit("x\x01deadbeef\x02 \n:100644 100644 0 0 M\n\nCo-authored-by: Eve\x1f<eve@example.com>")
    changes = read_history(library.repository(), ["skills/a"])["skills/a"]
    assert len(changes) == 1
    assert "ada@example.com" in changes[0].authors


def test_a_removed_and_restored_skill_keeps_its_history(library: Any) -> None:
    library.skill("skills/a")
    library.skill("skills/b")
    library.commit("add")
    library.git("rm", "-rq", "skills/a")
    library.commit("remove")
    library.skill("skills/a")
    library.commit("restore")
    changes = read_history(library.repository(), ["skills/a"])["skills/a"]
    assert [(change.subject, change.tree is None) for change in changes] == [
        ("restore", False), ("remove", True), ("add", False),
    ]  # fmt: skip
