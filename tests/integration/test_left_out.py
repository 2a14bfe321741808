"""What can't be read or kept is named with the reason, and keeps nothing else out."""

import os
from pathlib import Path
from typing import Any

import pytest

from workbench.skills.inventory.masking import masked_argv

SKILL = "---\nname: {name}\ndescription: Does {name}.\n---\nBody.\n"


@pytest.fixture
def source(library: Any, tmp_path: Path) -> Path:
    """A folder of one good skill, in a home where git knows the user."""
    library.git("config", "--global", "user.name", "Ada")
    library.git("config", "--global", "user.email", "ada@example.com")
    return add(tmp_path / "src", "good")


def add(source: Path, name: str) -> Path:
    (source / name).mkdir(parents=True)
    (source / name / "SKILL.md").write_text(SKILL.format(name=name))
    return source


def too_deep(folder: Path) -> None:
    deep = folder / "/".join(["d"] * 70)
    deep.mkdir(parents=True)
    (deep / "x.txt").write_text("x")


def adopted(said: Any) -> list[str]:
    return [Path(one["path"]).name for one in said.json["skills"]]


def test_a_skill_that_cannot_be_read_keeps_no_other_out(source: Path, workbench: Any) -> None:
    too_deep(add(source, "bad") / "bad")
    said = workbench("adopt", str(source), "--json")
    assert said.code == 0
    assert adopted(said) == ["good"]
    assert any("nest deeper" in one["reason"] and one["path"].endswith("bad") for one in said.json["skipped"])


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_file_without_permission_keeps_no_other_skill_out(source: Path, workbench: Any) -> None:
    key = add(source, "bad") / "bad/private.key"
    key.touch(0o000)
    assert adopted(workbench("adopt", str(source), "--json")) == ["good"]


def test_the_only_skill_of_a_source_that_cannot_be_read_is_an_error(source: Path, workbench: Any) -> None:
    too_deep(source / "good")
    said = workbench("adopt", str(source))
    assert said.code == 3
    assert "nest deeper" in said.err


def test_a_pipe_in_an_adopted_skill_is_said(source: Path, workbench: Any) -> None:
    os.mkfifo(source / "good/pipe")
    said = workbench("adopt", str(source), "--json")
    assert adopted(said) == ["good"]
    assert [(one["path"], one["reason"]) for one in said.json["skipped"]] == [
        (str(source / "good/pipe"), "neither a file nor a link, so git can't keep it")
    ]


def test_a_skill_whose_folder_cannot_be_wholly_listed_is_shown(library: Any, workbench: Any) -> None:
    library.skill("skills/a")
    library.commit()
    library.write("skills/a/" + "/".join(["d"] * 40) + "/x.txt", "x")
    said = workbench("skills", "show", "a")
    assert said.code == 0
    assert "files-not-listed" in said.out
    assert "0 cases, files unknown" in said.out
    shown = workbench("skills", "show", "a", "--json")
    assert (shown.code, shown.json["files"]) == (0, None)


def test_the_budget_shows_no_secret_of_a_server(library: Any, workbench: Any) -> None:
    library.write(
        ".mcp.json",
        '{"mcpServers": {"db": {"command": "db-mcp", "args": ["--api-key", "hunter2hunter2", "--port", "8080"]},'
        ' "far": {"type": "http", "url": "https://u:hunter2hunter2@mcp.example.com/x?key=hunter2hunter2"}}}',
    )
    for options in ((), ("--json",)):
        said = workbench("skills", "budget", *options)
        assert said.code == 0
        assert "hunter2" not in said.out + said.err
    servers = {one["name"]: one for one in workbench("skills", "budget", "--json").json["mcp"]["servers"]}
    assert servers["db"]["command"] == ["db-mcp", "--api-key", "•••", "--port", "8080"]
    assert servers["far"]["url"] == "https://•••@mcp.example.com/x?key=•••"


def test_only_the_secret_words_of_a_command_are_masked() -> None:
    said = masked_argv(["x", "--token", "abc", "--token=abc", "--verbose", "TOKEN=abc", "--token", "--path", "a b"])
    assert said == ["x", "--token", "•••", "--token=•••", "--verbose", "TOKEN=•••", "--token", "--path", "a b"]
