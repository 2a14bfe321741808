"""A skill whose folder was renamed: whoever wrote it where it was is still its author."""

from typing import Any

import pytest

POLICY = "schema: 1\nroles: {r: ['*']}\nrequire:\n  - {when: {}, chain: [{role: r, count: 1}]}\n"


@pytest.fixture
def moving(library: Any, workbench: Any) -> Any:
    """A library with a policy in which Bob wrote a skill in `drafts/a`."""
    library.write(".workbench/policy.yaml", POLICY)
    library.commit("rules")
    library.as_user("Bob", "bob@example.com")
    library.skill("drafts/a", body="All of it by Bob.\nLine by line.\n")
    library.commit("write it")
    return library


def move(library: Any, old: str, new: str, *, name: str | None = None) -> None:
    (library.root / new).parent.mkdir(parents=True, exist_ok=True)
    library.git("mv", old, new)
    if name:
        file = library.root / new / "SKILL.md"
        file.write_text(file.read_text().replace("name: a\n", f"name: {name}\n"))
    library.commit(f"move it to {new}")


def approved(library: Any, workbench: Any, who: str, name: str = "a") -> bool:
    library.as_user(who, f"{who.lower()}@example.com")
    assert workbench("review", "approve", name, "-m", "read it").code == 0
    listed = library.state(name) == "approved"
    assert (workbench("review", "verify").code == 0) is listed
    return listed


@pytest.mark.parametrize("others", [0, 200])
@pytest.mark.parametrize("name", ["a", "b"])
def test_who_wrote_all_of_it_does_not_approve_it_after_somebody_moved_it(
    moving: Any, workbench: Any, name: str, others: int
) -> None:
    for number in range(others):
        moving.write(f"src/{number}.txt", f"{number}\n")
    moving.as_user("Ada", "ada@example.com")
    move(moving, "drafts/a", f"skills/{name}", name=name)
    assert not approved(moving, workbench, "Bob", name)
    assert not approved(moving, workbench, "Ada", name)
    assert approved(moving, workbench, "Cleo", name)


def test_it_is_followed_through_several_places_and_back(moving: Any, workbench: Any) -> None:
    moving.as_user("Ada", "ada@example.com")
    for old, new in (("drafts/a", "later/a"), ("later/a", "drafts/a"), ("drafts/a", "skills/a")):
        move(moving, old, new)
    assert not approved(moving, workbench, "Bob")
    assert approved(moving, workbench, "Cleo")


def test_what_was_approved_where_it_was_bars_nobody_any_more(moving: Any, workbench: Any) -> None:
    assert approved(moving, workbench, "Cleo")
    moving.as_user("Ada", "ada@example.com")
    move(moving, "drafts/a", "skills/a")
    assert approved(moving, workbench, "Bob")


def test_what_its_author_alone_approved_there_does_not_count_for_that(moving: Any, workbench: Any) -> None:
    assert not approved(moving, workbench, "Bob")
    moving.as_user("Ada", "ada@example.com")
    move(moving, "drafts/a", "skills/a")
    assert not approved(moving, workbench, "Bob")


def test_a_move_that_comes_after_the_history_was_kept_is_seen(moving: Any, workbench: Any) -> None:
    moving.skill("skills/b")
    moving.commit("another")
    assert moving.state("a") == "draft"
    moving.as_user("Ada", "ada@example.com")
    move(moving, "drafts/a", "skills/a")
    assert {row.state for row in moving.workspace().view().rows} == {"draft"}
    assert not approved(moving, workbench, "Bob")
    moving.skill("skills/b", body="More.\n")
    moving.commit("on")
    assert not approved(moving, workbench, "Bob")
