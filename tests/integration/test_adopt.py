"""Adopting copies what agents have into a git library of one's own, as one baseline; it never touches the originals."""

from pathlib import Path
from typing import Any

import pytest

SKILL = "---\nname: {name}\ndescription: Does {name}.\n---\nBody.\n"


def put(folder: Path, name: str, extra: str = "") -> Path:
    skill = folder / name
    skill.mkdir(parents=True)
    (skill / "SKILL.md").write_text(SKILL.format(name=name) + extra)
    return skill


def digest(folder: Path) -> dict[str, bytes]:
    return {str(p.relative_to(folder)): p.read_bytes() for p in sorted(folder.rglob("*")) if p.is_file()}


@pytest.fixture
def home(library: Any, tmp_path: Path) -> Path:
    """A home with skills of two agents; git knows the user."""
    library.git("config", "--global", "user.name", "Ada")
    library.git("config", "--global", "user.email", "ada@example.com")
    home = tmp_path / "home"
    put(home / ".claude/skills", "pdf")
    put(home / ".claude/skills", "shared")
    put(home / ".codex/skills", "shared")
    put(home / ".codex/skills", "shell")
    return home


def test_it_copies_all_agents_skills_as_one_baseline_that_is_not_an_approval(
    home: Path, workbench: Any, tmp_path: Path
) -> None:
    before = digest(home)
    said = workbench("adopt", "--json")
    assert said.code == 0
    assert sorted(one["path"] for one in said.json["skills"]) == [
        "skills/claude/pdf", "skills/claude/shared", "skills/codex/shell",
    ]  # fmt: skip
    assert digest(home) == before
    listed = workbench("--library", said.json["library"], "skills", "list", "--json").json
    assert {item["state"] for item in listed} == {"draft"}
    records = workbench("--library", said.json["library"], "review", "list", "--json").json
    verdicts = [(r["verdict"], r["reason"]) for item in records for r in item["records"]]
    assert verdicts == [("baseline", "as found, unread")] * 3
    shared = next(item for item in records if item["name"] == "shared")["records"][0]
    assert ".claude/skills/shared" in shared["origin"]
    assert ".codex/skills/shared" in shared["origin"]


def test_a_second_time_only_what_is_new_is_copied(home: Path, workbench: Any) -> None:
    workbench("adopt")
    put(home / ".claude/skills", "new")
    (home / ".claude/skills/pdf/SKILL.md").write_text(SKILL.format(name="pdf") + "More.\n")
    outcomes = {one["path"]: one["outcome"] for one in workbench("adopt", "--json").json["skills"]}
    assert outcomes == {
        "skills/claude/new": "new", "skills/claude/pdf": "updated",
        "skills/claude/shared": "same", "skills/codex/shell": "same",
    }  # fmt: skip
    assert workbench("adopt", "--json").json["commit"] is None


def test_a_copy_that_was_changed_in_the_library_is_not_overwritten(home: Path, workbench: Any) -> None:
    library = Path(workbench("adopt", "--json").json["library"])
    mine = library / "skills/claude/pdf/SKILL.md"
    mine.write_text(SKILL.format(name="pdf") + "Mine.\n")
    (home / ".claude/skills/pdf/SKILL.md").write_text(SKILL.format(name="pdf") + "Theirs.\n")
    said = workbench("adopt", "--json").json
    assert {one["outcome"] for one in said["skills"] if one["path"].endswith("pdf")} == {"changed here"}
    assert mine.read_text().endswith("Mine.\n")


def test_a_named_folder_is_adopted_under_its_own_name(home: Path, workbench: Any, tmp_path: Path) -> None:
    put(tmp_path / "team/skills", "deploy")
    said = workbench("adopt", str(tmp_path / "team/skills"), "--json")
    assert [one["path"] for one in said.json["skills"]] == ["skills/team/deploy"]
    assert workbench("adopt", str(tmp_path / "nowhere")).code == 3


def test_linked_skills_are_copied_whole_and_links_out_of_a_skill_stay_links(
    home: Path, workbench: Any, tmp_path: Path
) -> None:
    elsewhere = put(tmp_path / "store", "linked")
    (elsewhere / "secret").symlink_to("/etc/passwd")
    (home / ".claude/skills/linked").symlink_to(elsewhere)
    (home / ".claude/skills/dangling").symlink_to(tmp_path / "gone")
    said = workbench("adopt", "--json").json
    copy = Path(said["library"]) / "skills/claude/linked"
    assert (copy / "SKILL.md").is_file()
    assert (copy / "secret").is_symlink()
    assert any(one["path"].endswith("dangling") for one in said["skipped"])


def test_the_copies_can_be_approved_and_then_go_stale(home: Path, workbench: Any) -> None:
    library = workbench("adopt", "--json").json["library"]
    assert workbench("--library", library, "review", "approve", "pdf", "--reason", "read it").code == 0
    Path(library, "skills/claude/pdf/SKILL.md").write_text(SKILL.format(name="pdf") + "x")
    states = {i["name"]: i["state"] for i in workbench("--library", library, "skills", "list", "--json").json}
    assert states["pdf"] == "stale"


def test_what_the_user_staged_in_the_library_is_not_committed_with_it(home: Path, workbench: Any, library: Any) -> None:
    root = Path(workbench("adopt", "--json").json["library"])
    (root / "mine.txt").write_text("x")
    library.git("-C", str(root), "add", "mine.txt")
    put(home / ".claude/skills", "new")
    workbench("adopt")
    assert library.git("-C", str(root), "status", "--porcelain") == "A  mine.txt\n"


def test_without_an_identity_nothing_is_copied_and_the_remedy_is_named(
    home: Path, workbench: Any, library: Any
) -> None:
    library.git("config", "--global", "--unset", "user.email")
    said = workbench("adopt")
    assert said.code == 3
    assert "user.email" in said.err


def test_one_folder_that_git_can_not_store_keeps_nothing_else_out(home: Path, workbench: Any, tmp_path: Path) -> None:
    put(home / ".claude/skills", "GiT~1")
    said = workbench("adopt", "--json").json
    assert len(said["skills"]) == 3
    assert ["GiT~1" in one["path"] and "git can't store it" in one["reason"] for one in said["skipped"]] == [True]
    library = Path(said["library"])
    assert not (library / "skills/claude/GiT~1").exists()
    assert {one["outcome"] for one in workbench("adopt", "--json").json["skills"]} == {"same"}


def test_a_copy_that_git_stores_in_another_form_is_the_same_the_second_time(home: Path, workbench: Any) -> None:
    folder = put(home / ".claude/skills", "lines")
    (folder / ".gitattributes").write_text("*.txt text eol=lf\n")
    (folder / "notes.txt").write_bytes(b"one\r\ntwo\r\n")
    (folder / ".gitignore").write_text("*\n")
    put(folder, "inner")
    assert {one["outcome"] for one in workbench("adopt", "--json").json["skills"]} == {"new"}
    said = workbench("adopt", "--json")
    assert said.code == 0, said.err
    assert {one["outcome"] for one in said.json["skills"]} == {"same"}
    assert said.json["commit"] is None
