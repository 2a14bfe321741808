"""Every skill of a library is found once; what is left out is listed with its reason; no link leads outside."""

import json
import os
import time
from pathlib import Path

import pytest

from workbench.errors import InputError
from workbench.skills import discovery
from workbench.skills.discovery import find
from workbench.skills.globs import matches
from workbench.skills.model import Skipped


def make(folder: Path, name: str = "SKILL.md") -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / name).write_text("---\nname: demo\ndescription: x\n---\nDo it.\n")
    return folder


@pytest.fixture
def library(tmp_path: Path) -> Path:
    (tmp_path / "library").mkdir()
    return tmp_path / "library"


def reasons(library: Path, *exclude: str) -> dict[str, str]:
    return {skipped.path: skipped.reason for skipped in find(library, exclude).skipped}


def blocked(library: Path) -> dict[str, str]:
    return {skill_id: problem.code for skill_id, problem in find(library).blocked}


def test_skills_are_found_at_the_root_in_hidden_folders_and_within_skills(library: Path) -> None:
    make(library)
    make(library / "skills/b")
    make(library / ".claude/skills/a")
    make(library / "skills/b/examples/inner")
    assert find(library).ids == (".", ".claude/skills/a", "skills/b", "skills/b/examples/inner")


def test_an_empty_library_holds_nothing(library: Path) -> None:
    assert find(library) == discovery.Found(())


def test_a_library_that_is_not_there_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="can't be read"):
        find(tmp_path / "nowhere")


def test_installed_packages_and_gits_own_folder_are_not_searched(library: Path) -> None:
    for folder in (".git/x", "__pycache__/x", "node_modules/x", ".venv/x", ".tox/x", "env/x"):
        make(library / folder)
    (library / "env/pyvenv.cfg").touch()
    make(library / "skills/venv")
    assert find(library).ids == ("skills/venv",)
    assert set(reasons(library)) == {"node_modules", ".venv", ".tox", "env", "__pycache__"}


def test_a_mark_of_a_virtual_environment_does_not_hide_a_skill(library: Path) -> None:
    (make(library / "skills/evil") / "pyvenv.cfg").touch()
    assert find(library).ids == ("skills/evil",)


def test_excluded_skills_are_listed_with_the_pattern(library: Path) -> None:
    make(library / "tests/fixtures/a")
    make(library / "skills/b")
    assert find(library, ["tests/**"]).ids == ("skills/b",)
    assert reasons(library, "tests/**") == {"tests/fixtures/a": "excluded by 'tests/**'"}


def test_only_a_part_of_the_library_can_be_searched(library: Path) -> None:
    make(library / "skills/a")
    make(library / "more/b")
    (library / "more/alias").symlink_to("../skills/a")
    found = find(library, within="more")
    assert found.ids == ("more/b",)
    assert [skipped.path for skipped in found.skipped] == ["more/alias"]


def test_a_misspelt_skill_file_is_pointed_out(library: Path) -> None:
    make(library / "skills/a", "skill.md")
    assert reasons(library) == {"skills/a/skill.md": "not a skill: the file has to be named exactly SKILL.md"}


def test_a_link_to_a_skill_of_the_library_is_an_alias_and_not_a_second_skill(library: Path) -> None:
    make(library / "skills/a")
    (library / ".agents/skills").mkdir(parents=True)
    (library / ".agents/skills/a").symlink_to("../../skills/a")
    (library / ".claude").mkdir()
    (library / ".claude/skills").symlink_to("../skills")
    assert find(library).ids == ("skills/a",)
    assert set(reasons(library)) == {".agents/skills/a", ".claude/skills"}


def test_links_in_a_circle_end(library: Path) -> None:
    make(library / "skills/a")
    (library / "skills/a/up").symlink_to("..")
    (library / "skills/loop").symlink_to("loop")
    assert find(library).ids == ("skills/a",)
    assert blocked(library) == {"skills/loop": "folder-link-dangling"}


def test_a_link_out_of_the_library_is_listed_but_not_followed(library: Path, tmp_path: Path) -> None:
    make(tmp_path / "outside")
    (library / "skills/a").mkdir(parents=True)
    (library / "skills/b").symlink_to(tmp_path / "outside")
    (library / "skills/gone").symlink_to("nowhere")
    (library / "skills/a/SKILL.md").symlink_to(tmp_path / "outside/SKILL.md")
    (library / "docs").symlink_to(tmp_path / "outside")
    assert find(library).ids == ()
    assert blocked(library) == {
        "skills/a": "skill-file-link-leaves",
        "skills/b": "folder-link-leaves",
        "skills/gone": "folder-link-dangling",
    }
    assert set(reasons(library)) == {"docs"}


def test_a_folder_beside_the_library_with_a_longer_name_is_outside(library: Path, tmp_path: Path) -> None:
    make(tmp_path / "library-2")
    (library / "skills").mkdir()
    (library / "skills/a").symlink_to(tmp_path / "library-2")
    assert blocked(library) == {"skills/a": "folder-link-leaves"}


def test_a_link_into_a_folder_that_is_not_searched_is_listed(library: Path) -> None:
    make(library / "node_modules/pkg")
    (library / "skills").mkdir()
    (library / "skills/a").symlink_to("../node_modules/pkg")
    assert blocked(library) == {"skills/a": "folder-link-unsearched"}


@pytest.mark.parametrize("kind", ["folder", "pipe", "dangling", "link to a folder"])
def test_a_skill_file_that_is_no_file_is_listed_as_blocked(library: Path, kind: str) -> None:
    folder = library / "skills/a"
    folder.mkdir(parents=True)
    if kind == "folder":
        (folder / "SKILL.md").mkdir()
    elif kind == "pipe":
        os.mkfifo(folder / "SKILL.md")
    else:
        (folder / "SKILL.md").symlink_to("nowhere" if kind == "dangling" else "..")
    expected = "skill-file-link-dangling" if kind == "dangling" else "skill-file-not-a-file"
    assert blocked(library) == {"skills/a": expected}


def test_names_that_no_terminal_should_see_are_found_and_kept_as_they_are(library: Path) -> None:
    make(library / "skills" / "a\x1b[2J\nb")
    make(library / "skills" / os.fsdecode(b"caf\xe9"))
    assert len(find(library).ids) == 2
    (library / "skills/x").symlink_to("/\x1b[2Jnowhere")
    assert all(problem.message.isprintable() for _, problem in find(library).blocked)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_folder_without_permission_is_listed(library: Path) -> None:
    folder = make(library / "skills/a")
    folder.chmod(0)
    try:
        assert reasons(library) == {"skills/a": "permission denied"}
    finally:
        folder.chmod(0o755)


def test_the_walk_ends_at_its_bounds_and_says_so(library: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    make(library / "/".join(["d"] * (discovery.MAX_DEPTH + 1)))
    assert list(reasons(library).values()) == ["deeper than 16 folders"]
    for number in range(10):
        make(library / f"skills/s{number}")
    monkeypatch.setattr(discovery, "MAX_FOLDERS", 5)
    assert any("only the first 5 folders" in reason for reason in reasons(library).values())


def test_more_links_than_are_followed_are_counted_and_soon_done(library: Path) -> None:
    (library / "skills").mkdir(parents=True)
    for number in range(30_000):
        (library / f"skills/{number}").symlink_to("gone")
    started = time.process_time()
    found = find(library)
    assert time.process_time() - started < 2
    assert len(found.blocked) == 5_000
    assert Skipped(".", "only the first 5,000 links were followed; 25,000 were not") in found.skipped


def test_what_a_marketplace_lists_and_is_not_there_is_listed(library: Path) -> None:
    make(library / "plugins/docs/skills/pdf")
    market = library / ".claude-plugin/marketplace.json"
    market.parent.mkdir()
    listed = ["./skills/pdf", "./skills/gone", "../../../elsewhere"]
    entry = {"name": "d", "source": "./plugins/docs", "skills": listed}
    market.write_text(json.dumps({"name": "m", "plugins": [entry]}))
    found = find(library)
    assert found.ids == ("plugins/docs/skills/pdf",)
    assert {one.path for one in found.skipped} == {".claude-plugin/marketplace.json"}
    assert sorted(one.reason for one in found.skipped) == [
        "'../../../elsewhere' leads out of the plugin; it is not read",
        "lists './skills/gone', which is no folder",
    ]
    market.write_text("[" * 50_000)
    assert "not JSON that can be read" in find(library).skipped[0].reason
    assert find(library).skipped[0].path == ".claude-plugin/marketplace.json"


def test_ten_thousand_skills_are_found_quickly(library: Path) -> None:
    for number in range(10_000):
        folder = library / f"skills/g{number % 20}/s{number}"
        folder.mkdir(parents=True)
        (folder / "SKILL.md").touch()
    began = time.process_time()
    assert len(find(library, ["tests/**"]).ids) == 10_000
    assert time.process_time() - began < 2  # about 0.2 s on an idle machine


@pytest.mark.parametrize(
    ("pattern", "path", "expected"),
    [
        ("tests/**", "tests/a/b", True),
        ("tests/**", "tests", False),
        ("tests/**", "a/tests/b", False),
        ("vendor", "a/vendor/b", True),
        ("/vendor", "a/vendor", False),
        ("vendor/", "vendor/x", True),
        ("**/fixtures/*", "fixtures/x/y", True),
        ("skills/deploy-*", "skills/deploy-a", True),
        ("skills/deploy-*", "skills/x/deploy-a", False),
        ("a/**/b", "a/b", True),
        ("a/**/b", "a/x/y/b", True),
        ("[!a]*", "b", True),
        ("[!a]*/x", "a/x", False),
        ("**", ".", True),
    ],
)
def test_patterns_mean_what_gitignore_says(pattern: str, path: str, expected: bool) -> None:
    assert matches(pattern, path) is expected


def test_no_pattern_makes_matching_slow() -> None:
    began = time.perf_counter()
    assert not matches("/".join(["**", "a"] * 200) + "/b", "/".join(["a"] * 2000))
    assert not matches("*a" * 100 + "b", "a" * 255)
    assert time.perf_counter() - began < 1
