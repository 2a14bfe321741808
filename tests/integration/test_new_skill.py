"""`skills new` makes a skill that every validator takes and whose cases pass, or says why not and makes nothing."""

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from skills_ref import validate

from workbench.skills import reader, rules
from workbench.skills.writing import is_valid_name, valid_name


@pytest.mark.parametrize("script", ["python", "shell", "none"])
@pytest.mark.parametrize("name", ["word-count", "a", "x" * 64, "on", "123", "null"])
def test_a_new_skill_validates_everywhere_and_its_cases_pass(
    library: Any, workbench: Any, script: str, name: str
) -> None:
    said = workbench("skills", "new", name, "--script", script, "--json")
    assert said.code == 0, said.err
    assert said.json["id"] == f"skills/{name}"
    folder = library.root / "skills" / name
    assert sorted(said.json["files"]) == sorted(str(p.relative_to(folder)) for p in folder.rglob("*") if p.is_file())
    assert reader.read(library.root, f"skills/{name}").problems == ()
    assert validate(folder) == []
    tests = workbench("test", f"skills/{name}")
    assert tests.code == 0, tests.out + tests.err
    assert "passed" in tests.out


def test_the_reference_program_takes_it(library: Any, workbench: Any) -> None:
    workbench("skills", "new", "word-count")
    program = Path(sys.executable).with_name("agentskills")
    done = subprocess.run([program, "validate", "skills/word-count"], cwd=library.root, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def test_a_description_is_kept_in_whatever_characters_it_comes(library: Any, workbench: Any) -> None:
    text = "Zählt: 'Wörter' #1 --- \"und\" Zeilen.\n\tUse it when: asked\x1b[31m.  Ende"
    workbench("skills", "new", "count", "--description", text)
    skill = reader.read(library.root, "skills/count")
    assert skill.description == "Zählt: 'Wörter' #1 – \"und\" Zeilen. Use it when: asked [31m. Ende"
    assert skill.problems == ()
    assert validate(library.root / "skills/count") == []


def test_a_description_that_is_too_long_is_refused(library: Any, workbench: Any) -> None:
    assert workbench("skills", "new", "count", "--description", "x" * (rules.MAX_DESCRIPTION + 1)).code == 2
    assert not (library.root / "skills").exists()


@pytest.mark.parametrize(
    ("name", "near"),
    [
        ("Word Count", "word-count"),
        ("wordCount", "word-count"),
        ("word_count", "word-count"),
        ("word--count", "word-count"),
        ("-word", "word"),
        ("Wörter", "worter"),
        ("x" * 65, "x" * 64),
        ("../evil", "evil"),
        ("a/b", "a-b"),
    ],
)
def test_a_name_that_breaks_the_specification_is_refused_with_the_nearest_valid_one(
    library: Any, workbench: Any, name: str, near: str
) -> None:
    said = workbench("skills", "new", "--", name)
    assert said.code == 2
    assert near in said.err
    assert is_valid_name(near)
    assert not (library.root / "skills").exists()


@pytest.mark.parametrize("name", ["", "技能", "---", "\n"])
def test_a_name_without_a_near_one_gets_the_rule(library: Any, workbench: Any, name: str) -> None:
    said = workbench("skills", "new", "--", name)
    assert said.code == 2
    assert "a-z" in said.err
    assert valid_name(name) is None


@pytest.mark.parametrize("what", ["folder", "file", "dangling link"])
def test_what_is_there_already_is_never_touched(library: Any, workbench: Any, what: str) -> None:
    place = library.root / "skills/count"
    place.parent.mkdir()
    if what == "folder":
        place.mkdir()
    elif what == "file":
        place.write_text("mine")
    else:
        place.symlink_to("nowhere")
    assert workbench("skills", "new", "count").code == 4
    assert [one.name for one in place.parent.iterdir()] == ["count"]


def test_another_folder_can_be_named(library: Any, workbench: Any, tmp_path: Path) -> None:
    inside = workbench("skills", "new", "count", "--dir", str(library.root / ".claude/skills"), "--json")
    assert inside.json["id"] == ".claude/skills/count"
    outside = workbench("skills", "new", "count", "--dir", str(tmp_path / "elsewhere"), "--json")
    assert (outside.json["id"], (tmp_path / "elsewhere/count/SKILL.md").is_file()) == (None, True)


def test_a_folder_that_can_not_be_written_says_so_and_leaves_nothing(library: Any, workbench: Any) -> None:
    (library.root / "skills").write_text("a file")
    assert workbench("skills", "new", "count").code == 3
