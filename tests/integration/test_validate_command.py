"""`workbench skills validate`: names and paths, profiles, formats, exit codes, and mending with consent."""

import json
from pathlib import Path
from typing import Any

import pytest

from workbench.errors import ExitCode

BAD = "---\nname: other\ndescription: Use when: asked\n---\nSee [x](gone.md).\n"


@pytest.fixture
def mixed(library: Any) -> Any:
    """A library with a healthy skill, one with an error, and one for some clients."""
    library.skill("skills/good")
    library.write("skills/bad/SKILL.md", BAD)
    library.skill("skills/mine", model="opus")
    library.commit()
    return library


def test_the_whole_library_is_judged_and_an_error_exits_1(mixed: Any, workbench: Any) -> None:
    said = workbench("skills", "validate")
    assert said.code == ExitCode.NO
    assert "skills/bad/SKILL.md:2:1: error: the name 'other' is not the folder's name 'bad' [name-mismatch]" in said.out
    assert "  → Give both the same name" in said.out
    assert "3 skills: 1 error, 2 warnings, 1 info" in said.out
    assert workbench("skills", "check").out == said.out


def test_names_and_paths_stand_for_skills(mixed: Any, workbench: Any, tmp_path: Path) -> None:
    def judged(*args: str) -> list[str]:
        return [skill["path"] for skill in workbench("skills", "validate", "--json", *args).json["skills"]]

    mixed.write("skills/good/scripts/x.py", "print(1)\n")
    assert judged("good") == judged("skills/good") == judged("skills/good/SKILL.md") == ["skills/good"]
    assert judged("skills/good/scripts/x.py", "skills/good/scripts", "good") == ["skills/good"]
    assert judged("skills") == ["skills/bad", "skills/good", "skills/mine"]
    outside = tmp_path / "else/demo"
    outside.mkdir(parents=True)
    (outside / "SKILL.md").write_text("---\nname: demo\ndescription: x\n---\nx\n")
    assert judged(str(outside)) == judged(str(outside / "SKILL.md")) == judged(str(outside.parent)) == ["demo"]


def test_what_stands_for_no_skill(mixed: Any, workbench: Any) -> None:
    mixed.write("README.md", "hi\n")
    said = workbench("skills", "validate", "README.md", "skills/good")
    assert (said.code, said.err) == (0, "note: README.md is in no skill\n")
    (mixed.root / "empty").mkdir()
    for name in ("empty", "nothing-like-it", "skills/gone/SKILL.md", "a\0b"):
        assert workbench("skills", "validate", name).code == ExitCode.USAGE


def test_json_has_everything(mixed: Any, workbench: Any) -> None:
    said = workbench("skills", "validate", "skills/bad", "--client", "codex", "--client", "claude", "--json")
    data = said.json
    assert (data["ok"], data["profile"]) == (False, "default")
    assert set(data["counts"]) == {"skills", "errors", "warnings", "infos"}
    (skill,) = data["skills"]
    assert (skill["path"], skill["name"], skill["ok"]) == ("skills/bad", "other", False)
    assert set(skill["problems"][0]) == {"severity", "code", "message", "path", "line", "column", "remedy"}
    codex, claude = skill["clients"]
    assert (codex["client"], codex["loads"], codex["ok"]) == ("codex", False, False)
    assert (claude["loads"], claude["ok"], claude["ignored"]) == (True, False, ["name", "description"])


def test_strict_takes_the_six_fields_only(mixed: Any, workbench: Any) -> None:
    assert workbench("skills", "validate", "mine").code == 0
    said = workbench("skills", "validate", "mine", "--strict", "--json")
    assert said.code == ExitCode.NO
    assert said.json["profile"] == "strict"
    assert [problem["code"] for problem in said.json["skills"][0]["problems"]] == ["client-field"]


def test_a_client_that_refuses_a_skill_exits_1(mixed: Any, workbench: Any) -> None:
    mixed.write("skills/good/SKILL.md", "---\nname: good\ndescription: Use when: asked\n---\nDo it.\n")
    assert workbench("skills", "validate", "good").code == 0
    assert workbench("skills", "validate", "good", "--client", "gemini").code == 0
    said = workbench("skills", "validate", "good", "--client", "all")
    assert said.code == ExitCode.NO
    assert "Codex does not load it" in said.out
    assert "NAME  CLAUDE       CODEX  CURSOR  COPILOT  GEMINI       OPENCODE" in said.out


def test_the_line_of_a_problem_is_shown_with_a_caret(mixed: Any, workbench: Any) -> None:
    said = workbench("skills", "validate", "skills/bad", "--source")
    assert "    5 | See [x](gone.md).\n                ^\n" in said.out


def test_github_annotations_and_their_level(mixed: Any, workbench: Any) -> None:
    lines = workbench("skills", "validate", "--format", "github").out.splitlines()
    assert lines[0].startswith("::error file=skills/bad/SKILL.md,line=2,col=1,title=name-mismatch::the name")
    assert all(line.startswith(("::error ", "::warning ")) for line in lines)
    lines = workbench("skills", "validate", "--format", "github", "--level", "info").out.splitlines()
    assert lines[-1].startswith("::notice file=skills/mine/SKILL.md")


def test_sarif_is_written(mixed: Any, workbench: Any) -> None:
    log = json.loads(workbench("skills", "validate", "--format", "sarif").out)
    assert {result["ruleId"] for result in log["runs"][0]["results"]} >= {"name-mismatch", "client-field"}


def test_a_hostile_skill_prints_no_control_characters_in_any_format(library: Any, workbench: Any) -> None:
    library.write(
        "skills/x\x1b[2J/SKILL.md", '---\nname: "a\\e]0;x\\a\\n::error::b"\ndescription: x\n---\n[x](\x1b[31m)\n'
    )
    for form in ("text", "json", "sarif", "github"):
        out = workbench("skills", "validate", "--format", form, "--source", "--level", "info").out
        assert not {char for char in out if ord(char) < 32} - {"\n"}
        assert not any(line.startswith("::error::b") for line in out.splitlines())


class TestMending:
    def test_without_a_terminal_and_without_yes_nothing_changes(self, mixed: Any, workbench: Any) -> None:
        before = mixed.fingerprint()
        said = workbench("skills", "validate", "skills/bad", "--fix")
        assert said.code == ExitCode.NO
        assert "+description: 'Use when: asked'" in said.out
        assert "--yes makes these changes" in said.err
        assert mixed.fingerprint() == before

    def test_yes_mends_and_says_what_is_left(self, mixed: Any, workbench: Any) -> None:
        said = workbench("skills", "validate", "skills/bad", "--fix", "--yes")
        assert said.code == ExitCode.NO
        assert "mended skills/bad/SKILL.md: unquoted-colon" in said.out
        assert "unquoted-colon]" not in said.out
        assert (mixed.root / "skills/bad/SKILL.md").read_text() == BAD.replace("Use when: asked", "'Use when: asked'")

    def test_json_says_what_would_be_and_what_was_mended(self, mixed: Any, workbench: Any) -> None:
        planned = workbench("skills", "validate", "skills/bad", "--fix", "--json").json["fixes"]
        assert [(fix["path"], fix["codes"], fix["applied"]) for fix in planned] == [
            ("skills/bad/SKILL.md", ["unquoted-colon"], False)
        ]
        assert workbench("skills", "validate", "skills/bad", "--fix", "--yes", "--json").json["fixes"][0]["applied"]

    def test_where_nothing_can_be_mended_that_is_said(self, mixed: Any, workbench: Any) -> None:
        said = workbench("skills", "validate", "good", "--fix")
        assert said.code == 0
        assert "Nothing here can be mended" in said.out

    def test_what_is_not_mended_is_judged_as_before(self, mixed: Any, workbench: Any) -> None:
        (mixed.root / "skills/isdir/SKILL.md").mkdir(parents=True)
        for name, target in (("dang", "/nonexistent"), ("leave", "/etc/passwd")):
            (mixed.root / "skills" / name).mkdir()
            (mixed.root / f"skills/{name}/SKILL.md").symlink_to(target)
        names = [f"skills/{name}" for name in ("bad", "dang", "isdir", "leave")]

        def codes(*options: str) -> dict[str, list[str]]:
            judged = workbench("skills", "validate", *names, "--json", *options).json["skills"]
            return {one["path"]: [problem["code"] for problem in one["problems"]] for one in judged}

        before = codes()
        after = codes("--fix", "--yes")
        assert after == {**before, "skills/bad": [code for code in before["skills/bad"] if code != "unquoted-colon"]}
        assert after["skills/dang"] == ["skill-file-link-dangling"]
        assert after["skills/isdir"] == ["skill-file-not-a-file"]
        assert after["skills/leave"] == ["skill-file-link-leaves"]

    def test_an_authors_yes_is_not_turned_into_text(self, library: Any, workbench: Any) -> None:
        file = library.skill("skills/own", **{"disable-model-invocation": "yes", "license": "on"})
        said = workbench("skills", "validate", "own", "--fix", "--yes")
        assert "disable-model-invocation: yes\n" in file.read_text()
        assert 'license: "on"\n' in file.read_text()
        assert "→ Write true or false." in said.out
        assert "quotes" not in said.out

    def test_yes_alone_is_a_mistake(self, mixed: Any, workbench: Any) -> None:
        assert workbench("skills", "validate", "--yes").code == ExitCode.USAGE
