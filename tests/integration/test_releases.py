"""Releasing, listing, comparing, testing, going back: only what is approved is released, and nothing is ever lost."""

import subprocess
from pathlib import Path
from typing import Any

import pytest

from workbench.errors import ConflictError
from workbench.workspace import Workspace


@pytest.fixture
def versions(library: Any, workbench: Any) -> Any:
    """A skill with an approved and released 1.0.0, and an approved 1.1.0."""
    for number, word in (("1.0.0", "one"), ("1.1.0", "two")):
        library.skill("skills/a", body=f"Say {word}.\n", metadata=f"{{version: '{number}'}}")
        library.write("skills/a/scripts/say.sh", f"echo {word}\n")
        cases = f"cases:\n  - {{name: says it, run: [sh, scripts/say.sh], expect: {{stdout: {{contains: {word}}}}}}}\n"
        library.write("skills/a/tests/say.yaml", cases)
        library.commit(f"Version {number}")
        workbench("review", "approve", "a", "--reason", f"Says {word}.")
        if number == "1.0.0":
            assert workbench("version", "release", "a").code == 0
    return library


def test_a_release_is_an_annotated_tag_with_a_changelog_from_the_reviews(versions: Any, workbench: Any) -> None:
    said = workbench("version", "release", "a", "--version", "1.1.0", "--json")
    assert said.code == 0
    assert said.json["changelog"] == ["Says two. (Ada)"]
    assert versions.git("cat-file", "-t", "a/v1.1.0").strip() == "tag"
    assert "- Says two. (Ada)" in versions.git("tag", "-l", "--format=%(contents)", "a/v1.1.0")
    listed = workbench("version", "list", "a", "--json").json["versions"]
    assert [(one["version"], one["approved"], one["current"]) for one in listed] == [
        ("1.0.0", True, False),
        ("1.1.0", True, True),
    ]
    assert workbench("skills", "show", "a", "--json").json["released"] == "1.1.0"


def test_what_is_not_approved_or_not_newer_is_not_released(versions: Any, workbench: Any) -> None:
    assert workbench("version", "release", "a", "--version", "2.0.0").code == 4
    workbench("version", "release", "a")
    assert workbench("version", "release", "a").code == 4  # it exists, and is never moved
    versions.skill("skills/a", body="Say three.\n", metadata="{version: '0.9.0'}")
    assert workbench("version", "release", "a").code == 4  # not committed
    versions.commit()
    assert workbench("version", "release", "a").code == 5  # not approved
    workbench("review", "approve", "a", "--reason", "older")
    assert "not newer than" in workbench("version", "release", "a").err
    versions.skill("skills/b")
    versions.commit()
    workbench("review", "approve", "b", "--reason", "x")
    assert workbench("version", "release", "b").code == 3  # it says no version


def test_a_rollback_is_a_new_commit_that_is_approved_at_once(versions: Any, workbench: Any) -> None:
    versions.write("README.md", "Mine, staged.\n")
    versions.git("add", "README.md")
    versions.write("notes.txt", "mine, untracked")
    before = versions.git("rev-parse", "HEAD").strip()
    said = workbench("version", "rollback", "a", "--json")
    assert (said.code, said.json["to"], said.json["state"]) == (0, "1.0.0", "approved")
    assert versions.git("rev-parse", "HEAD^").strip() == before
    assert (versions.root / "skills/a/scripts/say.sh").read_text() == "echo one\n"
    assert versions.git("status", "--porcelain").split() == ["A", "README.md", "??", "notes.txt"]
    assert workbench("version", "rollback", "a", "--to", before).code == 0
    assert (versions.root / "skills/a/scripts/say.sh").read_text() == "echo two\n"
    assert workbench("version", "rollback", "a", "--to", before, "--json").json["commit"] is None


def test_a_rollback_removes_what_came_since_and_refuses_to_lose_what_is_not_committed(
    versions: Any, workbench: Any
) -> None:
    versions.write("skills/a/scripts/new.sh", "echo new\n")
    assert workbench("version", "rollback", "a").code == 4
    versions.commit("New script")
    assert workbench("version", "rollback", "a", "--to", "approved").code == 0
    assert not (versions.root / "skills/a/scripts/new.sh").exists()
    assert versions.git("status", "--porcelain") == ""
    assert workbench("version", "rollback", "a", "--to", "9.9.9").code == 3


def test_a_rollback_overwrites_nothing_that_only_this_work_tree_has(versions: Any, workbench: Any) -> None:
    versions.write("skills/a/cache.bin", "kept once\n")
    with_cache = versions.commit("Keep a cache")
    versions.git("rm", "-q", "--cached", "skills/a/cache.bin")
    versions.write(".gitignore", "cache.bin\n")
    head = versions.commit("Keep it no longer")
    versions.write("skills/a/cache.bin", "mine alone\n")
    said = workbench("version", "rollback", "a", "--to", with_cache)
    assert said.code == 4
    assert "skills/a/cache.bin" in said.err
    assert (versions.root / "skills/a/cache.bin").read_text() == "mine alone\n"
    assert versions.git("rev-parse", "HEAD").strip() == head
    (versions.root / "skills/a/cache.bin").unlink()
    assert workbench("version", "rollback", "a", "--to", with_cache).code == 0
    assert (versions.root / "skills/a/cache.bin").read_text() == "kept once\n"


def test_a_rollback_leaves_what_is_staged(versions: Any, workbench: Any) -> None:
    said = (versions.root / "skills/a/SKILL.md").read_text()
    versions.write("skills/a/SKILL.md", said + "Precious.\n")
    versions.git("add", "-A")
    versions.write("skills/a/SKILL.md", said)
    assert workbench("version", "rollback", "a").code == 4
    assert "Precious." in versions.git("show", ":skills/a/SKILL.md")


def test_a_rollback_that_fails_moves_nothing(versions: Any, workbench: Any) -> None:
    before = versions.git("rev-parse", "HEAD")
    (versions.root / ".git/index.lock").touch()
    assert workbench("version", "rollback", "a").code == 3
    (versions.root / ".git/index.lock").unlink()
    assert versions.git("rev-parse", "HEAD") == before
    assert versions.git("status", "--porcelain") == ""


def test_any_two_versions_are_compared_and_an_old_one_is_tested_with_its_own_cases(
    versions: Any, workbench: Any
) -> None:
    said = workbench("version", "compare", "a", "1.0.0", "HEAD")
    assert said.code == 0
    assert "-echo one" in said.out
    assert "+echo two" in said.out
    assert workbench("version", "compare", "a", "HEAD", "HEAD").out.endswith("identical\n")
    assert workbench("version", "compare", "a", "nothing", "HEAD").code == 3
    versions.write("skills/a/scripts/say.sh", "echo broken\n")
    assert workbench("test", "a").code == 1
    assert workbench("version", "test", "a", "1.0.0").code == 0


def test_the_version_that_a_change_asks_for_is_told_with_its_reasons(versions: Any, workbench: Any) -> None:
    versions.skill("skills/a", body="Say two, please.\n", metadata="{version: '1.1.0'}")
    said = workbench("version", "suggest", "a", "--json")
    assert (said.code, said.json["level"], said.json["version"]) == (1, "patch", "1.1.1")
    assert said.json["reasons"]
    versions.skill("skills/a", body="Say two, please.\n", metadata="{version: '1.1.1'}")
    assert workbench("version", "suggest", "a").code == 0


def test_verify_says_who_said_what_and_how_it_is_proved(versions: Any, workbench: Any) -> None:
    said = workbench("review", "verify", "a").out
    assert "approve by Ada <ada@example.com> on " in said
    assert "via cli, claimed by the commit's author" in said


def move(library: Any, tag: str, to: str) -> None:
    library.git("tag", "-f", "-a", "-m", "a 1.0.0", tag, to)


def test_a_tag_that_was_moved_is_told_and_nothing_is_installed_by_it(versions: Any, workbench: Any) -> None:
    move(versions, "a/v1.0.0", "HEAD")  # to another tree, which is approved, too
    said = workbench("review", "verify", "--json")
    assert said.code == 1
    assert all(one["ok"] for one in said.json["skills"]), "the rules hold for what HEAD has"
    assert "the tag a/v1.0.0 was moved" in said.json["notes"][0]
    assert "was released by Ada on" in said.json["notes"][0]
    [listed] = workbench("version", "list", "a", "--json").json["versions"]
    assert "was released by Ada" in listed["moved"]
    assert "the tag was moved" in workbench("version", "list", "a").out
    assert workbench("skills", "show", "a", "--json").json["released"] is None
    for command in (
        ("install", "a@1.0.0", "--agent", "claude", "--scope", "project"),
        ("version", "rollback", "a", "--to", "1.0.0"),
        ("review", "receipt", "a@1.0.0"),
    ):
        refused = workbench(*command)
        assert refused.code == 5, command
        assert "the tag a/v1.0.0 was moved" in refused.err
    assert not (versions.root / ".claude").exists()


def test_a_tag_that_is_made_again_where_it_was_is_believed(versions: Any, workbench: Any) -> None:
    move(versions, "a/v1.0.0", "HEAD~1")
    assert workbench("review", "verify").code == 0
    assert workbench("install", "a@1.0.0", "--agent", "claude", "--scope", "project").code == 0


def test_a_tag_by_hand_on_what_was_approved_as_another_version_is_told(versions: Any, workbench: Any) -> None:
    versions.git("tag", "-a", "-m", "a 2.0.0", "a/v2.0.0", "HEAD~1")
    said = workbench("install", "a@2.0.0", "--agent", "claude", "--scope", "project")
    assert said.code == 5
    assert "approved as version 1.0.0" in said.err
    assert workbench("review", "verify").code == 1


def test_a_release_while_the_reviews_are_checked_out_is_tagged_and_says_what_is_missing(
    versions: Any, workbench: Any, tmp_path: Any
) -> None:
    versions.git("worktree", "add", "-q", str(tmp_path / "reviews"), "workbench/reviews")
    said = workbench("version", "release", "a")
    assert said.code == 0
    assert "the reviews do not tell of this release" in said.err
    assert versions.git("tag", "-l", "a/v1.1.0").strip() == "a/v1.1.0"


def test_a_release_is_signed_or_it_is_none(
    versions: Any, workbench: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("SSH_AUTH_SOCK", raising=False)
    monkeypatch.setenv("SSH_ASKPASS", "/bin/false")
    monkeypatch.setenv("SSH_ASKPASS_REQUIRE", "force")  # whoever is asked gives no passphrase
    versions.git("config", "gpg.format", "ssh")
    for name, passphrase in (("locked", "secret words"), ("open", "")):
        subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", passphrase, "-f", tmp_path / name], check=True)
    versions.git("config", "user.signingkey", str(tmp_path / "locked"))
    said = workbench("version", "release", "a", "--sign")
    assert said.code == 3
    assert "could not sign" in said.err or "incorrect passphrase" in said.err
    assert "a/v1.1.0" not in versions.git("tag")
    versions.git("config", "user.signingkey", str(tmp_path / "open"))
    assert workbench("version", "release", "a", "--sign", "--json").json["signed"] is True
    assert "-----BEGIN SSH SIGNATURE-----" in versions.git("cat-file", "tag", "a/v1.1.0")


def test_an_empty_name_goes_back_to_nothing(versions: Any, workbench: Any) -> None:
    head = versions.git("rev-parse", "HEAD")
    assert workbench("version", "rollback", "a", "--to", "").code == 3
    assert versions.git("rev-parse", "HEAD") == head


def test_what_was_agreed_to_is_what_is_released_or_gone_back_to(versions: Any) -> None:
    desk = Workspace.open(versions.root).versions
    released, returned = desk.plan("a"), desk.plan_return("a", "1.0.0")
    versions.write("README.md", "Another commit, that leaves the skill as it was.\n")
    versions.commit()
    tagged = desk.release("a", expect=released)
    assert tagged.commit == versions.git("rev-parse", "a/v1.1.0^{commit}").strip()
    versions.skill("skills/a", body="Say three.\n", metadata="{version: '1.2.0'}")
    versions.commit()
    Workspace.open(versions.root).reviews.decide("skills/a", "approve", "Meanwhile.")
    head = versions.git("rev-parse", "HEAD")
    with pytest.raises(ConflictError, match="agreed to"):
        desk.release("a", expect=released)
    with pytest.raises(ConflictError, match="agreed to"):
        desk.go_back("a", "1.0.0", expect=returned)
    assert versions.git("rev-parse", "HEAD") == head
    assert "a/v1.2.0" not in versions.git("tag")


def test_a_skill_at_the_root_of_the_repository_goes_back_without_the_library_s_rules(
    library: Any, workbench: Any
) -> None:
    text = "---\nname: whole\ndescription: Says a word. Use it for words.\n---\nSay {}.\n"
    library.write("SKILL.md", text.format("one"))
    library.write("notes/one.md", "One.\n")
    library.commit("One")
    workbench("review", "approve", ".", "--reason", "read it")
    library.write("SKILL.md", text.format("two"))
    (library.root / "notes/one.md").unlink()
    rules = "schema: 1\nrequire: [{when: {}, self_approval: true}]\n"
    library.write(".workbench/policy.yaml", rules)
    library.commit("Two, and rules")
    said = workbench("version", "rollback", ".", "--to", "approved", "--json")
    assert (said.code, said.json["state"]) == (0, "approved"), said.err
    assert (library.root / "SKILL.md").read_text() == text.format("one")
    assert (library.root / "notes/one.md").read_text() == "One.\n"
    assert (library.root / ".workbench/policy.yaml").read_text() == rules
    assert library.git("status", "--porcelain").strip() == ""


def test_changed_data_is_not_called_words(library: Any, workbench: Any) -> None:
    library.skill("skills/a", metadata="{version: '1.0.0'}")
    library.write("skills/a/data.bin", b"\0\1\2")
    library.commit()
    assert workbench("review", "approve", "a", "-m", "read it").code == 0
    library.write("skills/a/data.bin", b"\0\1\3")
    library.commit()
    said = workbench("version", "suggest", "a", "--json").json
    assert [one["text"] for one in said["reasons"]] == ["data changed: data.bin"]


def test_a_version_is_compared_with_what_is_here(library: Any, workbench: Any) -> None:
    library.skill("skills/a", metadata="{version: '1.0.0'}")
    library.commit()
    assert workbench("review", "approve", "a", "-m", "read it").code == 0
    assert workbench("version", "release", "a").code == 0
    library.skill("skills/a", body="Another.\n", metadata="{version: '1.0.0'}")
    said = workbench("version", "compare", "a", "1.0.0")
    assert (said.code, "+Another." in said.out) == (0, True)
