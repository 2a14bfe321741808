"""Many skills at once: git is asked otherwise than for a few, and says the same."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.git import covering
from workbench.reviews import trees
from workbench.reviews.judging import rows_in_git

PARTS = st.lists(st.sampled_from(["a", "b", "c", "skills", "deep"]), min_size=1, max_size=5)


@given(st.lists(PARTS.map("/".join), max_size=60), st.integers(1, 8))
def test_what_covers_folders_holds_each_of_them_and_never_everything(folders: list[str], most: int) -> None:
    cover = covering(folders, most=most)
    assert all(any(folder == one or folder.startswith(f"{one}/") for one in cover) for folder in folders)
    assert "" not in cover
    assert len(cover) <= max(most, len({folder.partition("/")[0] for folder in folders}))


def test_a_few_folders_are_named_as_they_are() -> None:
    assert covering(["skills/b", "skills/a", "x"]) == ["skills/a", "skills/b", "x"]


def test_rows_are_the_same_however_many_are_asked_for(library: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    for number in range(80):
        library.skill(f"skills/s{number:02}" if number % 2 else f"more/deep/s{number:02}")
    library.skill("skills/s05/inner/nested")
    library.commit()
    library.skill("skills/s01", "Changed.\n")
    library.skill("skills/new")
    library.write("skills/[odd]*/SKILL.md", "---\nname: odd\ndescription: Odd.\n---\nx\n")
    library.write(".gitignore", "skills/s03/\n")
    workspace = library.workspace()
    repository = library.repository()
    skills, _ = workspace.skills()
    many, _ = rows_in_git(repository, skills)
    one_by_one = [rows_in_git(repository, [skill], among=skills)[0][0] for skill in skills]
    assert list(many) == one_by_one
    nested = [skill for skill in skills if skill.id.startswith("skills/s05")]
    assert len(nested) == 2
    assert rows_in_git(repository, nested, among=skills)[0] == tuple(row for row in many if row.skill in nested)
    monkeypatch.setattr(trees, "FEW", 10_000)
    assert rows_in_git(repository, skills)[0] == many
