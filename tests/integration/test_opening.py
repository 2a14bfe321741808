"""Which library opens: the one around the current folder, the one named, or the one that the settings name."""

from pathlib import Path
from typing import Any

import pytest


@pytest.fixture
def elsewhere(library: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A library with two skills, and an empty folder to stand in."""
    library.skill("skills/a")
    library.skill("other/b")
    library.commit()
    empty = tmp_path / "empty"
    empty.mkdir()
    monkeypatch.chdir(empty)
    return empty


def names(said: Any) -> list[str]:
    return sorted(item["name"] for item in said.json)


def test_a_subfolder_of_a_repository_opens_all_of_it(
    library: Any, elsewhere: Path, workbench: Any, monkeypatch: Any
) -> None:
    monkeypatch.chdir(library.root / "skills/a")
    assert names(workbench("skills", "list", "--json")) == ["a", "b"]


def test_a_named_subfolder_shows_its_part_with_the_same_ids(library: Any, elsewhere: Path, workbench: Any) -> None:
    said = workbench("--library", str(library.root / "skills"), "skills", "list", "--json")
    assert [item["path"] for item in said.json] == ["skills/a"]


def test_with_nothing_here_the_library_of_the_settings_opens(
    library: Any, elsewhere: Path, workbench: Any, tmp_path: Path
) -> None:
    assert workbench("skills", "list", "--json").json == []
    (tmp_path / "config").mkdir()
    (tmp_path / "config/config.yaml").write_text(f"library: {library.root}\n")
    assert names(workbench("skills", "list", "--json")) == ["a", "b"]


def test_with_nothing_at_all_the_status_says_what_can_be_looked_at(elsewhere: Path, workbench: Any) -> None:
    said = workbench()
    assert said.code == 0
    for offer in ("bundled library", "workbench adopt", "--library PATH", "in a terminal"):
        assert offer in said.out


def test_a_folder_that_is_not_there_exits_3(elsewhere: Path, workbench: Any) -> None:
    assert workbench("--library", str(elsewhere / "nope"), "skills", "list").code == 3


def test_a_skills_folder_that_its_repository_ignores_opens_as_a_folder_outside_git(
    library: Any, elsewhere: Path, workbench: Any
) -> None:
    library.write(".gitignore", "venv/\n")
    library.skill("venv/lib/c")
    library.commit()
    said = workbench("--library", str(library.root / "venv/lib"), "status", "--json").json
    assert (said["git"], said["skills"]["total"]) == (False, 1)
