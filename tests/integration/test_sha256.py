"""A library whose objects have SHA-256 ids: everything that reviews do works there as anywhere."""

import json
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

GET = "#!/bin/sh\ncurl https://example.com\n"


@pytest.fixture
def library(library: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """Two approved skills on main, both changed on `topic`; `origin` is a bare repository that has main and pr/3."""
    monkeypatch.setenv("WORKBENCH_CACHE", str(tmp_path / "cache"))
    subprocess.run(["rm", "-rf", str(library.root / ".git")], check=True)
    library.git("init", "-q", "-b", "main", "--object-format=sha256")
    library.git("config", "user.name", "Ada")
    library.git("config", "user.email", "ada@example.com")
    for name in ("a", "b"):
        library.skill(f"skills/{name}", metadata="{version: 1.0.0}")
    library.commit()
    bare = tmp_path / "origin.git"
    subprocess.run(
        ["git", "init", "-q", "--bare", "-b", "main", "--object-format=sha256", str(bare)],
        check=True, env={**os.environ},
    )  # fmt: skip
    library.git("remote", "add", "origin", str(bare))
    library.git("push", "-q", "origin", "main")
    library.git("switch", "-q", "-c", "topic")
    library.write("skills/b/scripts/get.sh", GET)
    library.skill("skills/a", body="Do it better.\n", metadata="{version: 1.0.0}")
    library.commit("Change both")
    library.git("push", "-q", "origin", "topic:refs/pull/3/head")
    assert len(library.git("rev-parse", "HEAD").strip()) == 64
    return library


def test_a_verdict_is_on_the_long_tree_and_holds_until_a_byte_changes(library: Any, workbench: Any) -> None:
    done = workbench("review", "approve", "a", "--reason", "read", "--json")
    assert done.code == 0, done.err
    assert done.json["record"]["tree"] == library.git("rev-parse", "HEAD:skills/a").strip()
    assert workbench("review", "verify", "a").code == 0
    library.skill("skills/a", body="Slipped in.\n")
    library.commit()
    assert workbench("review", "verify", "a").code == 1
    diff = workbench("review", "diff", "a").out
    assert "+Slipped in." in diff
    assert workbench("review", "card", "a").code == 0
    assert "stale" in workbench("review", "queue").out


def test_comments_receipts_and_revokes_work(library: Any, workbench: Any, tmp_path: Path) -> None:
    assert workbench("review", "draft", "add", "b", "scripts/get.sh:2", "--text", "which?").code == 0
    assert workbench("review", "request-changes", "b").code == 0
    [thread] = workbench("review", "comments", "b", "--json").json["threads"]
    assert (thread["path"], thread["line"], thread["outdated"]) == ("scripts/get.sh", 2, False)
    assert workbench("review", "approve", "b", "--reason", "read").code == 0
    receipt = tmp_path / "receipt.json"
    receipt.write_text(workbench("review", "receipt", "b", "--format", "json").out)
    assert workbench("review", "verify-receipt", str(receipt)).code == 0
    changed = json.loads(receipt.read_text())
    changed["decisions"][0]["reason"] = "something else"
    receipt.write_text(json.dumps(changed))
    assert workbench("review", "verify-receipt", str(receipt)).code == 1
    assert workbench("review", "revoke", "b", "--reason", "no").code == 0
    assert workbench("review", "verify", "b").code == 1


def test_a_pull_request_is_read_and_approved_as_one(library: Any, workbench: Any) -> None:
    library.git("switch", "-q", "main")
    library.git("branch", "-qD", "topic")
    said = workbench("review", "open", "pr/3", "--json").json
    assert [one["path"] for one in said["skills"]] == ["skills/b", "skills/a"]
    done = workbench("review", "approve", "--range", "pr/3", "--expect", said["head"], "--reason", "read", "--json")
    assert done.code == 0, done.err
    assert len(done.json["records"]) == 2
    library.git("merge", "-q", "refs/workbench/pr/3")
    assert workbench("review", "verify", "--base", "origin/main").code == 0


def test_reviews_are_shared_and_united(library: Any, workbench: Any, tmp_path: Path, monkeypatch: Any) -> None:
    workbench("review", "approve", "a", "--reason", "read")
    done = workbench("review", "sync", "--json")
    assert (done.code, done.json["pushed"]) == (0, 1), done.err
    bob = tmp_path / "bob"
    subprocess.run(["git", "clone", "-q", str(tmp_path / "origin.git"), str(bob)], check=True)
    for key, value in (("name", "Bob"), ("email", "bob@example.com")):
        subprocess.run(["git", "-C", str(bob), "config", f"user.{key}", value], check=True)
    at_bobs = ("--library", str(bob))
    assert workbench("review", "sync", *at_bobs, "--json").json["fetched"] == 1
    workbench("review", "comment", "b", "--reason", "seen", *at_bobs)
    assert workbench("review", "sync", *at_bobs).code == 0
    workbench("review", "comment", "a", "--reason", "also")
    done = workbench("review", "sync", "--json").json
    assert (done["fetched"], done["pushed"], done["united"]) == (1, 2, True)
    assert len(workbench("review", "log", "--json").json) == 3


def test_a_remote_of_the_other_kind_is_refused_and_loses_nothing(library: Any, workbench: Any, tmp_path: Path) -> None:
    bare = tmp_path / "short.git"
    subprocess.run(["git", "init", "-q", "--bare", "--object-format=sha1", str(bare)], check=True)
    library.git("remote", "add", "short", str(bare))
    workbench("review", "approve", "a", "--reason", "read")
    head = library.git("rev-parse", "workbench/reviews")
    done = workbench("review", "sync", "--remote", "short")
    assert done.code == 3
    assert "Traceback" not in done.err
    assert "git init --bare --object-format=sha256" in done.err, done.err
    assert library.git("rev-parse", "workbench/reviews") == head


def test_what_was_installed_is_known_as_approved(library: Any, workbench: Any, tmp_path: Path) -> None:
    workbench("review", "approve", "a", "--reason", "read")
    done = workbench("install", "a", "--agent", "claude", "--scope", "project")
    assert done.code == 0, done.err
    assert workbench("sync", "--check").code == 0, "an installation is as it was written"
    (library.root / ".claude/skills/a/SKILL.md").write_text("---\nname: a\ndescription: Other.\n---\n")
    assert workbench("sync", "--check").code == 1


def test_a_version_is_released_and_gone_back_to(library: Any, workbench: Any) -> None:
    workbench("review", "approve", "a", "--reason", "read")
    assert workbench("version", "release", "a").code == 0
    library.skill("skills/a", body="Worse.\n", metadata="{version: 1.0.0}")
    library.commit()
    assert workbench("version", "rollback", "a").code == 0
    assert workbench("review", "verify", "a").code == 0


def test_a_copy_is_known_to_be_the_librarys(library: Any, workbench: Any, tmp_path: Path) -> None:
    project = tmp_path / "project"
    project.mkdir()
    places = ("--project", str(project), "--home", str(tmp_path / "home"))
    workbench("review", "approve", "a", "--reason", "Read.")
    assert workbench("install", "a", "--agent", "claude", *places).code == 0
    copies = workbench("skills", "where", "a", *places, "--json").json["copies"]
    assert {one["same_as_library"] for one in copies} == {True}
    with (project / ".claude/skills/a/SKILL.md").open("a") as copy:
        copy.write("More.\n")
    copies = workbench("skills", "where", "a", *places, "--json").json["copies"]
    assert {one["same_as_library"] for one in copies} == {False}
