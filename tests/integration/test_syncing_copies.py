"""What sync does and leaves: copies of other libraries, copies in quarantine, versions that were asked for."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest


class Copies:
    """Copies of skills in one project, installed and brought back by the command line run in a library."""

    def __init__(self, workbench: Any, project: Path) -> None:
        self.workbench, self.project = workbench, project
        project.mkdir(exist_ok=True)

    def run(self, library: Any, *args: str) -> Any:
        places = ("--project", str(self.project), "--home", str(self.project.parent / "home"))
        return self.workbench("--library", str(library.root), *args, *places, "--json")

    def install(self, library: Any, name: str = "a", *options: str, agent: str = "claude") -> Any:
        return self.run(library, "install", name, "--agent", agent, *options)

    def check(self, library: Any) -> tuple[int, dict[str, str]]:
        """The exit code of `sync --check`, and the status of each copy by agent and name."""
        said = self.run(library, "sync", "--check")
        return said.code, {f"{one['agent']} {one['name']}": one["status"] for one in said.json["copies"]}

    def why(self, library: Any) -> str:
        return str(self.run(library, "sync", "--check").json["copies"][0]["why"])

    def text(self, name: str = "a", agent: str = ".claude") -> str:
        return (self.project / agent / "skills" / name / "SKILL.md").read_text()

    def lock(self) -> Any:
        return json.loads((self.project / "skills-lock.json").read_text())["skills"]


@pytest.fixture
def copies(library: Any, workbench: Any, tmp_path: Path) -> Copies:
    return Copies(workbench, tmp_path / "project")


@pytest.fixture
def approve(workbench: Any) -> Callable[..., None]:
    """Changes a skill, commits and approves it, and releases its version where it has one."""

    def call(library: Any, body: str, version: str | None = None, id_: str = "skills/a") -> None:
        library.skill(id_, body=f"{body}\n", **({"metadata": f"{{version: '{version}'}}"} if version else {}))
        library.commit()
        assert workbench("--library", str(library.root), "review", "approve", id_, "--reason", "read it").code == 0
        if version:
            assert workbench("--library", str(library.root), "version", "release", id_).code == 0

    return call


@pytest.fixture
def other(library: Any, tmp_path: Path) -> Any:
    """Another library."""
    return type(library)(tmp_path / "other")


def test_a_copy_of_another_library_is_left_alone_until_force(
    library: Any, other: Any, copies: Copies, approve: Any
) -> None:
    approve(library, "Ours.")
    approve(other, "Theirs.")
    assert copies.install(library).code == 0
    assert copies.check(other) == (0, {"claude a": "elsewhere"})
    assert str(library.root) in copies.why(other)
    assert copies.run(other, "sync").json["synced"] == []
    said = copies.install(other)
    assert said.code == 4
    assert f"not installed from here, but from {library.root}" in said.err
    assert "Ours." in copies.text()
    assert copies.check(library) == (0, {"claude a": "same"})
    forced = copies.install(other, "a", "--force")
    assert forced.code == 0
    assert "Ours." in (Path(forced.json["saved"]) / "SKILL.md").read_text()
    assert copies.run(library, "sync").json["synced"] == []
    assert "Theirs." in copies.text()


def test_the_same_holds_for_the_user_s_own_copies(library: Any, other: Any, copies: Copies, approve: Any) -> None:
    approve(library, "Ours.")
    approve(other, "Theirs.")
    copies.install(library, "a", "--scope", "user")
    assert copies.install(other, "a", "--scope", "user").code == 4
    assert copies.check(other) == (0, {"claude a": "elsewhere"})


def test_two_libraries_may_each_serve_an_agent_from_one_lock_file(
    library: Any, other: Any, copies: Copies, approve: Any
) -> None:
    approve(library, "Ours.")
    approve(other, "Theirs.")
    copies.install(library)
    assert copies.install(other, agent="codex").code == 0
    entry = copies.lock()["a"]
    assert entry["source"] == str(library.root)
    assert entry["copies"]["codex"]["source"] == str(other.root)
    for one in (library, other):
        assert copies.check(one)[0] == 0
        assert copies.run(one, "sync").json["synced"] == []
    assert ("Ours." in copies.text(), "Theirs." in copies.text(agent=".agents")) == (True, True)


def test_another_clone_of_the_library_brings_copies_up_to_date(
    library: Any, copies: Copies, approve: Any, tmp_path: Path
) -> None:
    approve(library, "One.")
    copies.install(library)
    library.git("clone", "-q", str(library.root), str(tmp_path / "clone"))
    clone = type(library)(tmp_path / "clone")
    clone.as_user("Bob", "bob@example.com")
    approve(clone, "Two.")
    assert copies.check(clone) == (1, {"claude a": "older"})
    assert copies.run(clone, "sync").code == 0
    assert "Two." in copies.text()


def test_a_skill_does_not_replace_another_one_of_the_library_with_its_name(
    library: Any, copies: Copies, approve: Any
) -> None:
    approve(library, "This.")
    approve(library, "That.", id_="other/a")
    copies.install(library, "skills/a")
    said = copies.install(library, "other/a")
    assert said.code == 4
    assert "another skill of this library, skills/a" in said.err
    assert copies.check(library) == (0, {"claude a": "same"})
    assert copies.install(library, "other/a", "--force").code == 0
    assert "That." in copies.text()


def test_an_entry_of_another_tool_keeps_what_it_says(library: Any, copies: Copies, approve: Any) -> None:
    approve(library, "Ours.")
    theirs = {"source": "x/y", "sourceType": "github", "skillPath": "a/SKILL.md", "computedHash": "00"}
    (copies.project / "skills-lock.json").write_text(json.dumps({"version": 1, "skills": {"a": theirs}}))
    assert copies.install(library).code == 0
    entry = copies.lock()["a"]
    assert {key: entry[key] for key in theirs} == theirs
    assert copies.check(library) == (0, {"claude a": "same"})


def test_sync_leaves_what_is_in_quarantine_alone_and_install_refuses_it(
    library: Any, copies: Copies, approve: Any
) -> None:
    approve(library, "One.")
    copies.install(library)
    copies.run(library, "quarantine", "a")
    assert copies.check(library) == (0, {"claude a": "quarantined"})
    assert copies.run(library, "sync").json["synced"] == []
    for agent in ("claude", "codex"):
        said = copies.install(library, agent=agent)
        assert said.code == 4
        assert "quarantine a --restore" in said.err
    assert not (copies.project / ".claude/skills/a").exists()
    assert copies.run(library, "quarantine", "a", "--restore").code == 0
    assert copies.check(library) == (0, {"claude a": "same"})
    assert copies.install(library).code == 0


def test_what_was_put_there_by_force_ends_the_quarantine_of_the_same_bytes(
    library: Any, copies: Copies, approve: Any
) -> None:
    approve(library, "One.")
    copies.install(library)
    copies.run(library, "quarantine", "a")
    assert copies.install(library, "a", "--force").code == 0
    assert copies.check(library) == (0, {"claude a": "same"})
    assert copies.run(library, "quarantine", "a", "--restore").code == 0
    assert copies.run(library, "quarantine").json == {}
    assert "One." in copies.text()


def test_of_two_quarantines_the_later_copy_goes_back_and_nothing_is_lost(
    library: Any, copies: Copies, approve: Any, tmp_path: Path
) -> None:
    approve(library, "One.")
    copies.install(library)
    copies.run(library, "quarantine", "a")
    approve(library, "Two.")
    copies.install(library, "a", "--force")
    said = copies.run(library, "quarantine", "a", "--restore")
    assert (said.code, said.json[0]["outcome"]) == (1, "occupied")
    assert "workbench quarantine a" in said.json[0]["why"]
    copies.run(library, "quarantine", "a")
    said = copies.run(library, "quarantine", "a", "--restore")
    assert (said.code, [one["outcome"] for one in said.json]) == (0, ["restored", "saved"])
    assert "Two." in copies.text()
    assert "One." in (Path(said.json[1]["kept"]) / "SKILL.md").read_text()
    assert copies.run(library, "quarantine").json == {}


def test_a_version_that_was_asked_for_is_kept_while_it_is_approved(
    library: Any, copies: Copies, approve: Any, workbench: Any
) -> None:
    approve(library, "One.", "1.0.0")
    approve(library, "Two.", "1.1.0")
    assert copies.install(library, "a@1.0.0").json["pinned"] is True
    assert copies.check(library) == (0, {"claude a": "same"})
    assert "kept at 1.0.0" in copies.why(library)
    (copies.project / ".claude/skills/a/SKILL.md").write_text("changed\n")
    assert copies.run(library, "sync").json["synced"][0]["version"] == "1.0.0"
    assert "One." in copies.text()
    assert copies.check(library)[0] == 0
    library.git("checkout", "-q", "a/v1.0.0")
    assert workbench("review", "revoke", "skills/a", "--reason", "it phones home").code == 0
    library.git("checkout", "-q", "main")
    assert copies.check(library) == (1, {"claude a": "draft"})
    assert "revoked exactly these bytes; 1.0.0 was asked for" in copies.why(library)
    assert copies.run(library, "sync").code == 0
    assert "Two." in copies.text()
    assert copies.run(library, "sync", "--check").json["copies"][0]["pinned"] is False


def test_installing_without_a_version_follows_what_is_approved_again(
    library: Any, copies: Copies, approve: Any
) -> None:
    approve(library, "One.", "1.0.0")
    copies.install(library, "a@1.0.0")
    assert copies.install(library).json["pinned"] is False
    approve(library, "Two.", "1.1.0")
    assert copies.check(library) == (1, {"claude a": "older"})


def test_each_agent_of_an_entry_keeps_its_own_version_and_how_it_came(
    library: Any, copies: Copies, approve: Any
) -> None:
    approve(library, "One.", "1.0.0")
    approve(library, "Two.", "1.1.0")
    library.skill("skills/a", body="Three.\n")
    library.skill("skills/new")
    library.commit()
    copies.install(library, "a@1.0.0", agent="codex")
    copies.install(library)
    of = copies.lock()["a"]["copies"]
    assert {agent: (one["version"], one.get("pinned", False)) for agent, one in of.items()} == {
        "claude": ("1.1.0", False),
        "codex": ("1.0.0", True),
    }
    assert of["claude"]["computedHash"] != of["codex"]["computedHash"]
    assert copies.check(library) == (0, {"claude a": "same", "codex a": "same"})
    copies.install(library, "new", "--force", agent="codex")
    approve(library, "New.", id_="skills/new")
    copies.install(library, "new")
    entry = copies.lock()["new"]
    assert (entry["unapproved"], entry["copies"]["codex"]["unapproved"]) == (True, True)
    assert "unapproved" not in entry["copies"]["claude"]


def test_agents_that_read_one_folder_have_one_copy(library: Any, copies: Copies, approve: Any) -> None:
    approve(library, "One.", "1.0.0")
    copies.install(library, "a@1.0.0", agent="codex")
    approve(library, "Two.", "1.1.0")
    assert copies.install(library, agent="gemini").code == 0
    trees = copies.lock()["a"]["agents"]
    assert trees["codex"] == trees["gemini"]
    assert copies.check(library)[0] == 0


def test_a_copy_is_brought_back_under_the_name_of_its_entry(library: Any, copies: Copies, approve: Any) -> None:
    approve(library, "One.")
    copies.install(library)
    lock = json.loads((copies.project / "skills-lock.json").read_text())
    entry = lock["skills"].pop("a")
    lock["skills"]["renamed"] = entry
    (copies.project / "skills-lock.json").write_text(json.dumps(lock))
    assert copies.check(library) == (1, {"claude renamed": "missing"})
    said = copies.run(library, "sync")
    assert said.json["synced"][0]["path"] == str(copies.project / ".claude/skills/renamed")
    assert copies.check(library) == (0, {"claude renamed": "same"})


def test_a_forced_copy_is_a_draft_and_says_why(library: Any, copies: Copies, approve: Any) -> None:
    library.skill("skills/a")
    library.commit()
    copies.install(library, "a", "--force")
    assert copies.check(library) == (1, {"claude a": "draft"})
    assert copies.why(library) == "no version of this skill is approved"
    assert copies.run(library, "sync").code == 1
    approve(library, "One.")
    assert copies.why(library) == "it was installed with --force"
    assert copies.run(library, "sync").code == 0
    assert copies.check(library) == (0, {"claude a": "same"})


def test_a_copy_follows_its_skill_to_another_folder(library: Any, copies: Copies, approve: Any, workbench: Any) -> None:
    approve(library, "One.")
    copies.install(library)
    library.write("skills/group/note.md", "Moved.\n")
    library.git("mv", "skills/a", "skills/group/a")
    library.commit()
    assert copies.check(library) == (1, {"claude a": "draft"})
    assert "skills/a is skills/group/a now" in copies.why(library)
    assert workbench("review", "approve", "a", "--reason", "moved").code == 0
    assert copies.check(library) == (0, {"claude a": "same"})
    approve(library, "Two.", id_="skills/group/a")
    assert copies.run(library, "sync").code == 0
    assert "Two." in copies.text()
    assert copies.lock()["a"]["skillPath"] == "skills/group/a"


def test_a_copy_of_a_skill_that_is_gone_can_be_settled(library: Any, copies: Copies, approve: Any) -> None:
    approve(library, "One.")
    approve(library, "Another one.", id_="other/a")
    copies.install(library, "skills/a")
    library.git("rm", "-q", "-r", "skills/a")
    library.commit()
    assert copies.check(library) == (1, {"claude a": "gone"})
    [failed] = copies.run(library, "sync").json["failed"]
    assert "no skill 'skills/a' any more" in failed["why"]
    assert "workbench quarantine a" in failed["remedy"]
    assert "One." in copies.text()
    copies.run(library, "quarantine", "a")
    assert copies.check(library) == (0, {"claude a": "quarantined"})
    copies.run(library, "quarantine", "a", "--restore")
    (copies.project / ".claude/skills/a").rename(copies.project / "away")
    assert copies.check(library) == (1, {"claude a": "missing"})
    said = copies.run(library, "sync")
    assert (said.code, "its entry was taken out" in said.json["notes"][0]) == (0, True)
    assert copies.lock() == {}


@pytest.mark.parametrize("cache", ["scripts/__pycache__/x.pyc", ".DS_Store"])
def test_caches_in_a_copy_are_said_and_are_no_change(
    library: Any, copies: Copies, approve: Any, cache: str, workbench: Any
) -> None:
    library.write("skills/a/scripts/x.py", "print(1)\n")
    approve(library, "One.")
    copies.install(library)
    left = copies.project / ".claude/skills/a" / cache
    left.parent.mkdir(exist_ok=True)
    left.write_bytes(b"left behind")
    assert copies.check(library) == (0, {"claude a": "same"})
    assert "caches" in copies.why(library)
    said = copies.run(library, "skills", "drift")
    assert (said.code, said.json["copies"][0]["status"]) == (0, "approved")
    assert "caches" in said.json["copies"][0]["why"]
    assert copies.install(library).json["saved"] is None
    (left.parent / "more.py").write_text("print(2)\n")
    assert copies.check(library)[0] == (0 if "__pycache__" in cache else 1)


def test_drift_and_sync_say_the_same_of_a_copy_in_the_library_itself(
    library: Any, copies: Copies, approve: Any
) -> None:
    approve(library, "One.")
    copies.project = library.root
    copies.install(library)
    assert copies.check(library) == (0, {"claude a": "same"})
    assert copies.run(library, "skills", "drift").code == 0
    approve(library, "Two.")
    assert copies.check(library) == (1, {"claude a": "older"})
    [said] = copies.run(library, "skills", "drift").json["copies"]
    assert said["status"] == "older"


def test_a_revoked_copy_is_the_same_to_drift_and_sync(
    library: Any, copies: Copies, approve: Any, workbench: Any
) -> None:
    approve(library, "One.")
    copies.install(library)
    assert workbench("review", "revoke", "a", "--reason", "it phones home").code == 0
    assert copies.check(library) == (1, {"claude a": "draft"})
    [said] = copies.run(library, "skills", "drift").json["copies"]
    assert (said["status"], said["why"]) == ("draft", copies.why(library))
    assert copies.run(library, "sync").code == 1
    assert "One." in copies.text()
