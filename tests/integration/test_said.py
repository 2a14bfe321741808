"""What used to be passed over without a word is said: changes on the command line, lacking skills, odd sources."""

import json
import os
from pathlib import Path
from typing import Any

import pytest


def test_the_command_line_shows_what_changed_since_it_was_accepted(library: Any, workbench: Any) -> None:
    library.write("CLAUDE.md", "Be kind.\nBe brief.\n")
    library.commit()
    workbench("inventory", "--accept")
    assert workbench("inventory", "--diff", "--json").json["changes"] == []
    library.write("CLAUDE.md", "Be kind.\nBe \x1b[31mlong.\n")
    said = workbench("inventory", "--diff")
    assert said.code == 0
    assert "CLAUDE.md: changed since you accepted it" in said.out
    assert "-Be brief.\n+Be ␛[31mlong.\n" in said.out
    (change,) = workbench("inventory", "--diff", "CLAUDE.md", "--json").json["changes"]
    assert (change["path"], change["diff"][1:3]) == ("CLAUDE.md", [" Be kind.", "-Be brief."])
    assert "changes" not in workbench("inventory", "--json").json


def test_what_git_does_not_know_is_not_compared_and_that_is_said(library: Any, workbench: Any) -> None:
    library.write("CLAUDE.md", "Be kind.\n")
    workbench("inventory", "--accept")
    library.write("CLAUDE.md", "Be brief.\n")
    assert "git knows no earlier text: read all of it" in workbench("inventory", "--diff").out


def test_every_bad_import_is_said(library: Any, workbench: Any) -> None:
    library.write("CLAUDE.md", "See @./one.md and @./two.md\n")
    said = workbench("inventory", "--json").json
    (entry,) = said["entries"]
    assert "one.md" in entry["problem"]["message"]
    assert [one["path"] for one in said["skipped"]] == ["CLAUDE.md"]
    assert "two.md" in said["skipped"][0]["reason"]


def test_a_skill_that_lacks_what_it_needs_does_not_stand_alone(library: Any, workbench: Any) -> None:
    library.skill("skills/alone")
    library.skill("skills/lacking", metadata="{requires: gone-tools}")
    library.commit()
    said = workbench("skills", "graph")
    assert said.code == 1
    assert "1 skill needs no other, and no other needs it" in said.out.splitlines()


def test_a_skill_in_a_folder_of_compiled_python_is_listed_as_skipped(library: Any, workbench: Any) -> None:
    library.skill("skills/a/__pycache__/q")
    library.write("lib/__pycache__/x.pyc", "x")
    skipped = {one.path for one in library.workspace().skills()[1]}
    assert skipped == {"skills/a/__pycache__"}


def test_a_quote_that_is_not_closed_is_said(library: Any, workbench: Any) -> None:
    library.skill("skills/a")
    assert "a quote is not closed" in workbench("skills", "search", '"no such').err
    assert "quote" not in workbench("skills", "search", '"no such"').err


@pytest.mark.parametrize(
    ("text", "why"),
    [("a: [\n", "line "), ("a: 1\n", "it is no mapping with a 'prompt_template'"), (b"\xff\xfe\x00a: 1\n", "UTF-8")],
)
def test_a_named_file_that_is_no_template_says_why(
    library: Any, workbench: Any, tmp_path: Path, text: str | bytes, why: str
) -> None:
    file = tmp_path / "broken.yaml"
    file.write_bytes(text if isinstance(text, bytes) else text.encode())
    said = workbench("adopt", str(file))
    assert said.code == 3
    assert "nothing here that can be adopted" in said.err
    assert why in said.err


def test_an_entry_that_stands_twice_in_a_store_is_said(library: Any, workbench: Any, tmp_path: Path) -> None:
    library.git("config", "--global", "user.name", "Ada")
    library.git("config", "--global", "user.email", "ada@example.com")
    store = tmp_path / "store"
    store.mkdir()
    (store / "add.py").write_text("def add(a: int) -> int:\n    return a\n")
    entry = {"name": "add", "version": "1.0.0", "code_path": os.fspath(store / "add.py"), "description": "Adds."}
    (store / "manifest.json").write_text(json.dumps({"skills": [entry, entry]}))
    said = workbench("adopt", str(store), "--json").json
    assert len(said["skills"]) == 1
    assert any("same name and version: 'add'" in one["reason"] for one in said["skipped"])
