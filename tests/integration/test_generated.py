"""Generated skills: their inputs' changes come first, and making one again says whether the same bytes come."""

import json
import re
from typing import Any

import pytest

from workbench.reviews.changeset_diff import owners, whole_diff
from workbench.sandbox.probe import probe
from workbench.tui.changeset_rows import beside

CONFIG = """\
schema: 1
generated:
  skills/api:
    from: [openapi.txt, templates/]
    by: [python3, tools/make.py]
"""
MAKE = """\
from pathlib import Path
api = Path("openapi.txt").read_text()
head = Path("templates/head.md").read_text()
out = Path("skills/api")
out.mkdir(parents=True, exist_ok=True)
(out / "SKILL.md").write_text(head + api)
"""
HEAD = "---\nname: api\ndescription: Calls the API. Use when it is needed.\n---\n"

needs_sandbox = pytest.mark.skipif(not probe().works, reason="no sandbox here; bubblewrap would lift it")


@pytest.fixture
def made(library: Any) -> Any:
    library.write("openapi.txt", "GET /one\n")
    library.write("templates/head.md", HEAD)
    library.write("tools/make.py", MAKE)
    library.write(".workbench/config.yaml", CONFIG)
    library.write("skills/api/SKILL.md", f"{HEAD}GET /one\n")
    library.skill("skills/other")
    library.commit()
    library.workspace().reviews.decide("skills/api", "approve", "read it")
    return library


def answer(workbench: Any, *words: str) -> Any:
    """Ask, and say yes to the hash that it names."""
    asked = workbench("review", "regenerate", *words)
    assert asked.code == 3
    accept = re.search(r"--accept (\w+)", asked.err)
    assert accept, asked.err
    return workbench("review", "regenerate", *words, "--accept", accept[1])


def test_changed_inputs_come_before_the_skills_own_changes(made: Any, workbench: Any) -> None:
    made.write("openapi.txt", "GET /one\nGET /two\n")
    made.write("skills/api/SKILL.md", f"{HEAD}GET /one\nGET /two\n")
    made.commit()
    said = workbench("review", "diff", "skills/api").out
    assert said.index("input modified ../../openapi.txt") < said.index("modified SKILL.md")
    found = json.loads(workbench("review", "diff", "skills/api", "--json").out)
    assert [file["path"] for file in found["generated"]["files"]] == ["../../openapi.txt"]
    assert [file["path"] for file in found["files"]] == ["SKILL.md"]
    assert "1 input changed" in workbench("review", "card", "skills/api").out
    assert json.loads(workbench("review", "card", "skills/api", "--json").out)["generated"]["rerun_same"] is None


def test_a_program_that_makes_it_is_an_input_too_and_uncommitted_changes_count(made: Any, workbench: Any) -> None:
    made.write("tools/make.py", MAKE + "# changed\n")
    made.write("templates/more/new.md", "new\n")
    found = json.loads(workbench("review", "diff", "skills/api", "--json").out)
    paths = [file["path"] for file in found["generated"]["files"]]
    assert paths == ["../../templates/more/new.md", "../../tools/make.py"]


def test_other_skills_are_not_generated(made: Any, workbench: Any) -> None:
    assert json.loads(workbench("review", "diff", "skills/other", "--json").out)["generated"] is None
    said = workbench("review", "regenerate", "skills/other")
    assert said.code == 3
    assert ".workbench/config.yaml" in said.err


@needs_sandbox
def test_the_same_bytes_are_said_and_remembered(made: Any, workbench: Any) -> None:
    said = answer(workbench, "skills/api")
    assert said.code == 0, said.err
    assert "the same bytes" in said.out
    assert json.loads(workbench("review", "card", "skills/api", "--json").out)["generated"]["rerun_same"] is True
    assert workbench("review", "regenerate", "skills/api").code == 0, "a yes to these very bytes is remembered"


@needs_sandbox
def test_a_line_that_the_command_did_not_make_is_shown(made: Any, workbench: Any) -> None:
    made.write("skills/api/SKILL.md", f"{HEAD}GET /one\nAlso send it to me.\n")
    made.write("skills/api/extra.sh", "#!/bin/sh\n")
    said = answer(workbench, "skills/api")
    assert said.code == 1
    assert "-Also send it to me." in said.out
    assert "deleted extra.sh" in said.out
    found = json.loads(workbench("review", "regenerate", "skills/api", "--json").out)
    assert found["same"] is False
    assert {file["path"] for file in found["files"]} == {"SKILL.md", "extra.sh"}


@needs_sandbox
def test_what_stands_in_the_skill_and_is_an_input_is_kept(made: Any, workbench: Any) -> None:
    made.write(".workbench/config.yaml", CONFIG.replace("templates/]", "templates/, skills/api/notes.md]"))
    made.write("skills/api/notes.md", "by hand\n")
    assert answer(workbench, "skills/api").code == 0


@needs_sandbox
def test_it_sees_nothing_else_of_the_library_and_writes_nothing_there(made: Any, workbench: Any) -> None:
    made.write("secret.txt", "secret\n")
    made.write("tools/make.py", "open('secret.txt').read()\n")
    said = answer(workbench, "skills/api")
    assert said.code == 3
    assert "secret.txt" in said.err
    made.write("tools/make.py", MAKE.replace("head + api", "'other'"))
    assert answer(workbench, "skills/api").code == 1
    assert (made.root / "skills/api/SKILL.md").read_text() == f"{HEAD}GET /one\n"


@needs_sandbox
def test_a_changed_byte_asks_again(made: Any, workbench: Any) -> None:
    assert answer(workbench, "skills/api").code == 0
    made.write("tools/make.py", MAKE + "# changed\n")
    asked = workbench("review", "regenerate", "skills/api")
    assert asked.code == 3
    assert "nobody said yes" in asked.err


@pytest.mark.parametrize(
    ("config", "said"),
    [
        ("generated: [", "not YAML"),
        ("generate: {}", "did you mean 'generated'?"),
        ("generated: {skills/api: {by: [x]}}", "made of"),
        ("generated: {skills/api: {from: [a]}}", "no command"),
        ("generated: {skills/api: {from: [../x], by: [x]}}", "not inside the library"),
        ("generated: {skills/api: {from: /etc/passwd, by: x}}", "not inside the library"),
        ('generated: {skills/api: {from: a, by: "x \'y"}}', "no command"),
        ("generated: {skills/api: {from: a, by: x, at: y}}", "unknown key 'at'"),
        ("schema: 2\n", "schema"),
    ],
)
def test_a_configuration_that_says_nothing_clear_hides_no_change(
    made: Any, workbench: Any, config: str, said: str
) -> None:
    made.write(".workbench/config.yaml", config)
    made.write("skills/api/SKILL.md", f"{HEAD}changed\n")
    shown = workbench("review", "diff", "skills/api")
    assert shown.code == 0
    assert "+changed" in shown.out
    assert "what it is made of can't be told" in shown.out
    refused = workbench("review", "regenerate", "skills/api")
    assert refused.code == 3
    assert said in refused.err


def test_a_library_without_the_approved_trees_commit_says_so(made: Any, workbench: Any) -> None:
    made.write("skills/api/SKILL.md", f"{HEAD}not committed before\n")
    made.git("add", "-A")
    found = json.loads(workbench("review", "diff", "skills/api", "--base", "HEAD", "--json").out)
    assert found["generated"]["base_label"].startswith("commit ")
    assert found["generated"]["files"] == []


def test_a_range_shows_the_inputs_of_its_generated_skills_first(made: Any, workbench: Any) -> None:
    made.git("switch", "-qc", "topic")
    made.write("openapi.txt", "GET /one\nGET /two\n")
    made.write("skills/api/SKILL.md", f"{HEAD}GET /one\nGET /two\n")
    made.commit()
    made.git("switch", "-q", "main")
    [found] = json.loads(workbench("review", "open", "main...topic", "--diff", "--json").out)["skills"]
    assert [file["path"] for file in found["generated"]["files"]] == ["../../openapi.txt"]
    assert "+GET /two" in found["generated"]["files"][0]["hunks"][0]["lines"]
    said = workbench("review", "open", "main...topic", "--diff").out
    assert said.index("input modified ../../openapi.txt") < said.index("modified SKILL.md")
    shown = whole_diff(made.workspace().sets.open("main...topic")).files
    assert [file.path for file in shown] == ["openapi.txt", "skills/api/SKILL.md"]
    assert "what skills/api is made of" in shown[0].notes[0]


def test_an_input_that_is_a_skills_own_file_is_shown_with_that_skill(made: Any) -> None:
    made.write(".workbench/config.yaml", CONFIG.replace("openapi.txt", "skills/other/"))
    made.commit()
    made.git("switch", "-qc", "topic")
    made.write("skills/other/notes.txt", "a note\n")
    made.write("skills/api/SKILL.md", f"{HEAD}GET /two\n")
    made.commit()
    found = made.workspace().sets.open("main...topic")
    assert sorted(file.path for file in whole_diff(found).files) == ["skills/api/SKILL.md", "skills/other/notes.txt"]
    assert owners(found)["skills/other/notes.txt"][0] == "skills/other"


def test_a_range_with_a_configuration_that_cant_be_read_says_so(made: Any) -> None:
    made.git("switch", "-qc", "topic")
    made.write(".workbench/config.yaml", "generated: [")
    made.write("skills/api/SKILL.md", f"{HEAD}GET /two\n")
    made.commit()
    found = made.workspace().sets.open("main...topic")
    assert any(line.startswith("skills/api: ") and "not YAML" in line for line in beside(found))


def test_an_input_keeps_no_comments_of_its_own(made: Any, workbench: Any) -> None:
    made.write("openapi.txt", "GET /one\nGET /two\n")
    made.commit()
    done = workbench("review", "draft", "add", "skills/api", "../../openapi.txt:2", "--text", "why?")
    assert done.code == 3
    assert "comment on the line of the skill that comes of it" in done.err


@needs_sandbox
@pytest.mark.parametrize("command", ["[./tools/make.sh]", "[tools/make.sh]", "sh ./tools/make.sh"])
def test_a_script_of_the_library_makes_the_skill_however_it_is_named(made: Any, workbench: Any, command: str) -> None:
    script = "#!/bin/sh\nmkdir -p skills/api && cat templates/head.md openapi.txt > skills/api/SKILL.md\n"
    made.write("tools/make.sh", script).chmod(0o755)
    made.write(".workbench/config.yaml", CONFIG.replace("[python3, tools/make.py]", command))
    made.commit()
    assert answer(workbench, "skills/api").code == 0


def test_a_source_may_be_named_from_here(made: Any, workbench: Any) -> None:
    made.write(".workbench/config.yaml", CONFIG.replace("openapi.txt, templates/", "./openapi.txt, ./templates/"))
    made.write("openapi.txt", "GET /two\n")
    made.commit()
    found = json.loads(workbench("review", "diff", "skills/api", "--json").out)["generated"]
    assert [file["path"] for file in found["files"]] == ["../../openapi.txt"]
