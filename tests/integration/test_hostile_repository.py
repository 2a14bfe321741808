"""Repositories that would run programs, smuggle content or are in odd shape: nothing runs, each is read or named."""

import os
import subprocess
from pathlib import Path
from typing import Any

import pytest


@pytest.fixture
def trap(tmp_path: Path) -> str:
    """A program that leaves a mark when it runs."""
    program = tmp_path / "trap.sh"
    program.write_text(f"#!/bin/sh\ntouch '{tmp_path}/sprung'\ncat\n")
    program.chmod(0o755)
    return str(program)


def everything(library: Any, workbench: Any) -> None:
    """Every command that reads the library."""
    tree = library.workspace().row("skills/a").standing.head_tree
    for command in (
        ("status",), ("skills", "list", "--json"), ("skills", "show", "skills/a"), ("review", "list"),
        ("review", "diff", "skills/a"), ("review", "diff", "skills/a", "--base", "HEAD~1"), ("review", "verify"),
        ("review", "approve", "skills/a", "--reason", "x", "--expect", tree), ("tools", "list"), ("doctor",),
    ):  # fmt: skip
        said = workbench(*command)
        assert said.code in (0, 1, 3, 4), (command, said.err)


def two_commits(library: Any) -> None:
    library.skill("skills/a")
    library.commit()
    library.write("skills/a/data.bin", b"\0\1\2")
    library.skill("skills/a", body="Changed.\n")
    library.commit()


@pytest.mark.parametrize(
    "settings",
    [
        {"core.fsmonitor": "{trap}"},
        {"diff.external": "{trap}"},
        {"core.pager": "{trap}", "core.editor": "{trap}", "core.sshCommand": "{trap}"},
        {"filter.evil.clean": "{trap}", "filter.evil.smudge": "{trap}", "filter.evil.required": "true"},
        {"filter.evil.process": "{trap}"},
        {"diff.evil.textconv": "{trap}", "diff.evil.command": "{trap}"},
        {"gpg.program": "{trap}", "log.showSignature": "true", "commit.gpgSign": "true"},
        {"core.hooksPath": "hooks"},
        {"core.alternateRefsCommand": "{trap}", "credential.helper": "!{trap}"},
    ],
    ids=lambda settings: next(iter(settings)),
)
def test_no_program_that_a_repository_names_runs(
    library: Any, workbench: Any, trap: str, tmp_path: Path, settings: dict[str, str]
) -> None:
    two_commits(library)
    library.write(".gitattributes", "* filter=evil diff=evil\n")
    for hook in ("pre-commit", "post-index-change", "reference-transaction", "post-checkout"):
        file = library.write(f"hooks/{hook}", Path(trap).read_text())
        file.chmod(0o755)
    subprocess.run(["git", "-c", "core.hooksPath=/dev/null", "add", "-A"], cwd=library.root, check=True)
    subprocess.run(["git", "-c", "core.hooksPath=/dev/null", "commit", "-qm", "traps"], cwd=library.root, check=True)
    for key, value in settings.items():
        library.git("config", key, value.format(trap=trap))
    os.utime(library.root / "skills/a/SKILL.md")
    everything(library, workbench)
    assert not (tmp_path / "sprung").exists()


def test_hooks_in_their_usual_place_do_not_run(library: Any, workbench: Any, trap: str, tmp_path: Path) -> None:
    two_commits(library)
    for hook in ("reference-transaction", "post-index-change", "pre-commit"):
        file = library.write(f".git/hooks/{hook}", Path(trap).read_text())
        file.chmod(0o755)
    everything(library, workbench)
    assert not (tmp_path / "sprung").exists()


def test_a_submodules_configuration_runs_nothing_either(
    library: Any, workbench: Any, trap: str, tmp_path: Path
) -> None:
    two_commits(library)
    inner = tmp_path / "inner"
    library.git("init", "-q", str(inner))
    (inner / "file").write_text("as it was\n")
    library.git("-C", str(inner), "add", "file")
    library.git("-C", str(inner), "-c", "user.name=x", "-c", "user.email=x@x", "commit", "-q", "-m", "x")
    library.git("-c", "protocol.file.allow=always", "submodule", "add", "-q", str(inner), "skills/a/sub")
    library.commit()
    library.git("-C", "skills/a/sub", "config", "core.fsmonitor", trap)
    library.git("-C", "skills/a/sub", "config", "filter.x.clean", trap)
    library.write("skills/a/sub/.gitattributes", "* filter=x\n")
    library.write("skills/a/sub/file", "As it is.\n")
    everything(library, workbench)
    assert not (tmp_path / "sprung").exists()


def test_a_missing_object_is_not_fetched_through_a_program(
    library: Any, workbench: Any, trap: str, tmp_path: Path
) -> None:
    two_commits(library)
    library.git("config", "extensions.partialClone", "origin")
    library.git("config", "remote.origin.url", f"ext::{trap}")
    library.git("config", "remote.origin.promisor", "true")
    library.git("config", "protocol.ext.allow", "always")
    blob = library.git("rev-parse", "HEAD~1:skills/a/SKILL.md").strip()
    (library.root / ".git/objects" / blob[:2] / blob[2:]).unlink()
    workbench("review", "diff", "skills/a", "--base", "HEAD~1")
    workbench("skills", "list")
    assert not (tmp_path / "sprung").exists()


def test_a_replaced_object_does_not_hide_what_is_really_there(library: Any) -> None:
    two_commits(library)
    library.workspace().reviews.decide("skills/a", "approve", "read it")
    old, new = (library.git("rev-parse", f"{rev}:skills/a").strip() for rev in ("HEAD~1", "HEAD"))
    library.git("replace", new, old)
    assert library.state("skills/a") == "approved"
    assert library.workspace().row("skills/a").standing.tree == new


def test_a_repository_without_commits_is_listed_and_says_so(library: Any, workbench: Any) -> None:
    library.skill("skills/a")
    said = workbench("status")
    assert said.code == 0
    assert "no commit yet" in said.out
    assert workbench("review", "approve", "a", "--reason", "x").code == 4


def test_a_skill_below_an_ignored_folder_is_shown_but_has_no_tree(library: Any, workbench: Any) -> None:
    library.write(".gitignore", ".claude/\n")
    library.skill(".claude/skills/a")
    library.commit()
    item = workbench("skills", "list", "--json").json[0]
    assert (item["path"], item["tree"], item["state"]) == (".claude/skills/a", None, "draft")


def test_an_unreadable_git_index_is_an_error_with_a_place_and_not_a_traceback(library: Any, workbench: Any) -> None:
    two_commits(library)
    (library.root / ".git/index").write_bytes(b"rubbish")
    said = workbench("skills", "list")
    assert said.code == 3
    assert "index" in said.err


def test_git_that_is_not_installed_is_named(library: Any, workbench: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    two_commits(library)
    monkeypatch.setenv("PATH", "/nonexistent")
    said = workbench("skills", "list")
    assert said.code == 3
    assert "git is not installed" in said.err


def test_names_that_would_act_on_a_terminal_do_not(library: Any, workbench: Any) -> None:
    hostile = "\x1b]0;owned\x07[/nope]\u202e"
    library.write(f"skills/{hostile}/SKILL.md", f"---\nname: '{hostile[8:]}'\ndescription: 'd\x1b[2J'\n---\n")
    library.commit("subject \x1b[31m")
    for command in (("status",), ("skills", "list"), ("review", "list"), ("review", "verify")):
        said = workbench(*command)
        assert said.code in (0, 1), said.err
        assert not set("\x1b\x07\u202e") & set(said.out + said.err)
    assert workbench("skills", "list", "--json").out.isascii()


def test_bad_settings_name_the_file_and_the_near_key(library: Any, workbench: Any, tmp_path: Path) -> None:
    (tmp_path / "config").mkdir()
    (tmp_path / "config/config.yaml").write_text("tehme: dark\n")
    said = workbench("skills", "list")
    assert said.code == 3
    assert "did you mean 'theme'" in said.err


def test_a_store_that_can_not_be_made_costs_the_trace_and_not_the_answer(
    library: Any, workbench: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    two_commits(library)
    blocked = library.write("../blocked", "a file where a folder should be")
    monkeypatch.setenv("WORKBENCH_DATA", str(blocked / "data"))
    assert workbench("skills", "list").code == 0
    assert workbench("review", "approve", "a", "--reason", "x").code == 0
    said = workbench("cost")
    assert said.code == 3
    assert "WORKBENCH_DATA" in said.err
