"""`workbench skills where`: the command's answer about a name, a path, and all names."""

from pathlib import Path
from typing import Any

import pytest


@pytest.fixture
def user(library: Any, tmp_path: Path) -> Any:
    """A library that is also the project, and a home folder with a skill of the same name for Claude Code."""
    library.skill("skills/deploy")
    library.skill(".claude/skills/deploy", description="The project's own.")
    library.commit()
    _copy(library.root / "skills/deploy", tmp_path / "home/.claude/skills/deploy")
    return library


def _copy(source: Path, target: Path) -> None:
    target.mkdir(parents=True)
    (target / "SKILL.md").write_bytes((source / "SKILL.md").read_bytes())


def test_it_says_which_copy_loads_which_is_shadowed_and_whether_it_is_the_librarys(user: Any, workbench: Any) -> None:
    said = workbench("skills", "where", "deploy", "--client", "claude", "--json")
    assert said.code == 0
    first, second = said.json["copies"]
    home = str(user.root.parent / "home/.claude/skills/deploy")
    project = str(user.root / ".claude/skills/deploy")
    assert said.json["name"] == "deploy"
    assert said.json["clients"] == [{"client": "claude", "loads": home}]
    assert (first["path"], first["loads"], first["shadows"], first["same_as_library"]) == (home, True, [project], True)
    assert (second["path"], second["loads"], second["shadowed_by"]) == (project, False, home)
    assert first["tree"] == user.git("rev-parse", "HEAD:skills/deploy").strip()
    assert {"real_path", "scope", "client", "why", "tree"} <= set(second)


def test_text_names_every_client_and_the_reason(user: Any, workbench: Any) -> None:
    said = workbench("skills", "where", "deploy")
    assert said.code == 0
    assert "Claude Code  loads     user" in said.out
    assert "shadowed" in said.out
    assert "no copy" in said.out
    assert "comes first" in said.out
    assert "~/.claude/skills/deploy" in said.out


def test_a_path_stands_for_the_skill_that_lies_there(user: Any, workbench: Any) -> None:
    by_path = workbench("skills", "where", ".claude/skills/deploy", "--json")
    assert by_path.json == workbench("skills", "where", "deploy", "--json").json
    assert workbench("skills", "where", ".claude/skills/deploy/SKILL.md", "--json").json == by_path.json


def test_a_client_that_loads_none_makes_the_answer_no(user: Any, workbench: Any) -> None:
    said = workbench("skills", "where", "deploy", "--client", "codex", "--json")
    assert (said.code, said.json["clients"]) == (1, [{"client": "codex", "loads": None}])


def test_an_unknown_name_is_a_usage_error_with_what_is_near(user: Any, workbench: Any) -> None:
    said = workbench("skills", "where", "deplyo")
    assert said.code == 2
    assert "did you mean deploy?" in said.err


def test_without_a_name_all_names_stand_in_a_table(user: Any, workbench: Any) -> None:
    said = workbench("skills", "where")
    assert said.code == 0
    heading, row, *_ = said.out.splitlines()
    assert heading.split("  ")[0] == "NAME"
    assert row.split()[:3] == ["deploy", "user", "-"]
    data = workbench("skills", "where", "--json").json
    assert data["names"][0]["clients"]["cursor"] == str(user.root / ".claude/skills/deploy")
    assert data["skipped"] == []


def test_another_project_and_another_home_can_be_asked_about(user: Any, workbench: Any, tmp_path: Path) -> None:
    _copy(user.root / "skills/deploy", tmp_path / "else/.codex/skills/deploy")
    (tmp_path / "empty").mkdir()
    said = workbench(
        "skills", "where", "deploy", "--project", str(tmp_path / "empty"), "--home", str(tmp_path / "else"), "--json"
    )
    assert {copy["path"] for copy in said.json["copies"]} == {str(tmp_path / "else/.codex/skills/deploy")}


def test_what_was_not_searched_is_counted_and_can_be_listed(user: Any, workbench: Any) -> None:
    (user.root / ".claude/skills/gone\x1b").symlink_to("nowhere")
    assert "not searched; workbench skills where --skipped lists them" in workbench("skills", "where", "deploy").err
    said = workbench("skills", "where", "deploy", "--skipped")
    assert "which does not exist" in said.err
    assert "\x1b" not in said.out + said.err


def test_names_with_control_characters_are_made_visible(user: Any, workbench: Any) -> None:
    user.write(".claude/skills/e\x1b[2Jvil/SKILL.md", '---\nname: "e\\e[2Jvil"\ndescription: d\n---\n')
    for said in (workbench("skills", "where"), workbench("skills", "where", "e\x1b[2Jvil")):
        assert said.code == 0
        assert "\x1b" not in said.out + said.err


def test_the_folder_of_a_huge_copy_has_no_tree_and_is_not_read_through(user: Any, workbench: Any) -> None:
    huge = user.root.parent / "home/.claude/skills/deploy/big.bin"
    with huge.open("wb") as file:
        file.truncate(100 << 20)
    copy = workbench("skills", "where", "deploy", "--client", "claude", "--json").json["copies"][0]
    assert (copy["loads"], copy["tree"], copy["same_as_library"]) == (True, None, None)
