"""How installed copies stand to the library: by their bytes alone, with what an installer changed folded."""

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
import yaml


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return tmp_path / "home"


@pytest.fixture
def project(tmp_path: Path) -> Path:
    made = tmp_path / "project"
    made.mkdir()
    return made


def approve(library: Any, id_: str = "skills/pdf") -> str:
    recorded = library.workspace().reviews.decide(id_, "approve", "read it")
    return str(recorded.record.tree)


def install(library: Any, folder: Path, id_: str = "skills/pdf") -> Path:
    folder.parent.mkdir(parents=True, exist_ok=True)
    return Path(shutil.copytree(library.root / id_, folder))


@pytest.fixture
def drift(workbench: Any, home: Path, project: Path) -> Any:
    """Runs the command on the home and project of the test; gives its JSON and exit code."""

    def call(*args: str) -> Any:
        said = workbench("skills", "drift", "--json", "--home", str(home), "--project", str(project), *args)
        assert said.code in (0, 1), said.err
        assert (said.code == 0) == (
            all(c["status"] == "approved" for c in said.json["copies"]) or "--exit-zero" in args
        )
        return said.json

    return call


def one(drift: Any, *args: str) -> dict[str, Any]:
    copies = drift(*args)["copies"]
    assert len(copies) == 1, copies
    found: dict[str, Any] = copies[0]
    return found


def test_a_copy_goes_from_draft_to_approved_to_older_to_changed(library: Any, drift: Any, home: Path) -> None:
    library.skill("skills/pdf", metadata="{version: 1.0.0}")
    library.commit()
    copy = install(library, home / ".claude/skills/pdf")
    assert (one(drift)["status"], one(drift)["matches"]) == ("draft", None)
    assert "no version" in one(drift)["why"]
    tree = approve(library)
    found = one(drift)
    assert (found["status"], found["skill"], found["tree"], found["approved_tree"]) == (
        "approved", "skills/pdf", tree, tree,
    )  # fmt: skip
    assert found["matches"]["version"] == "1.0.0"
    assert found["matches"]["commit"] == library.git("rev-parse", "HEAD").strip()
    library.skill("skills/pdf", body="Two.\n", metadata="{version: 2.0.0}")
    library.commit()
    assert one(drift)["status"] == "approved", "what is not approved yet makes no copy old"
    second = approve(library)
    found = one(drift)
    assert (found["status"], found["matches"]["version"], found["approved_tree"]) == ("older", "1.0.0", second)
    (copy / "extra.md").write_text("x")
    found = one(drift)
    assert (found["status"], found["matches"]) == ("changed", None)


def test_a_revoked_copy_says_so(library: Any, drift: Any, home: Path) -> None:
    library.skill("skills/pdf")
    library.commit()
    install(library, home / ".claude/skills/pdf")
    approve(library)
    library.workspace().reviews.decide("skills/pdf", "revoke", "it phones home")
    found = one(drift)
    assert found["status"] == "draft"
    assert "revoked exactly these bytes" in found["why"]


def test_unknown_and_dangling_copies_are_named(library: Any, drift: Any, home: Path) -> None:
    library.skill("skills/pdf")
    library.commit()
    approve(library)
    other = install(library, home / ".claude/skills/other")
    (other / "SKILL.md").write_text("---\nname: other\ndescription: x\n---\n")
    (home / ".claude/skills/pdf").symlink_to(home / "nowhere")
    found = {copy["name"]: copy for copy in drift()["copies"]}
    assert (found["other"]["status"], found["other"]["skill"]) == ("unknown", None)
    assert (found["pdf"]["status"], found["pdf"]["client"], found["pdf"]["scope"]) == ("dangling", "claude", "user")
    assert found["pdf"]["link"] == str(home / "nowhere")
    assert drift()["counts"] == {
        "dangling": 1, "changed": 0, "older": 0, "draft": 0, "unknown": 1, "approved": 0,
    }  # fmt: skip


def test_one_folder_that_several_clients_read_is_one_copy(library: Any, drift: Any, home: Path, project: Path) -> None:
    library.skill("skills/pdf")
    library.commit()
    approve(library)
    install(library, home / ".agents/skills/pdf")
    (home / ".claude/skills").mkdir(parents=True)
    (home / ".claude/skills/pdf").symlink_to("../../.agents/skills/pdf")
    install(library, project / ".claude/skills/pdf")
    copies = {copy["path"]: copy for copy in drift()["copies"]}
    assert set(copies) == {
        str(home / ".agents/skills/pdf"), str(home / ".claude/skills/pdf"), str(project / ".claude/skills/pdf"),
    }  # fmt: skip
    shared = copies[str(home / ".agents/skills/pdf")]
    assert {"codex", "cursor", "copilot"} <= set(shared["clients"])
    assert copies[str(home / ".claude/skills/pdf")]["link"] == str(home / ".agents/skills/pdf")
    assert copies[str(project / ".claude/skills/pdf")]["scope"] == "project"


def test_a_link_into_the_library_is_the_skill_it_leads_to_whatever_it_is_called(
    library: Any, drift: Any, home: Path
) -> None:
    library.skill("skills/pdf")
    library.commit()
    approve(library)
    (home / ".claude/skills").mkdir(parents=True)
    (home / ".claude/skills/renamed").symlink_to(library.root / "skills/pdf")
    assert (one(drift)["skill"], one(drift)["status"]) == ("skills/pdf", "approved")
    library.skill("skills/pdf", body="Not committed.\n")
    assert one(drift)["status"] == "draft"


def marshalled(file: Path, **metadata: str) -> None:
    """Change a SKILL.md as `gh skill install` does."""
    _, front, body = file.read_text().split("---\n", 2)
    values = yaml.safe_load(front)
    values["metadata"] = {**values.get("metadata", {}), **metadata}
    file.write_text(f"---\n{yaml.safe_dump(values, indent=4)}---\n{body.lstrip()}")


def test_what_an_installer_writes_is_folded_and_said(library: Any, drift: Any, home: Path) -> None:
    library.skill("skills/pdf", body="\nBody.\n", license="MIT")
    library.write("skills/pdf/scripts/run.py", "print(1)\n")
    library.commit()
    approve(library)
    copy = install(library, home / ".claude/skills/pdf")
    marshalled(copy / "SKILL.md", **{"github-repo": "https://github.com/o/r", "github-path": "skills/pdf"})
    (copy / "scripts/run.py").chmod(0o755)
    assert (one(drift)["status"], one(drift)["folded"]) == ("approved", True)
    (copy / "scripts/run.py").write_text("print(2)\n")
    assert (one(drift)["status"], one(drift)["folded"]) == ("changed", False)


def test_a_name_that_two_skills_share_is_told_by_origin_or_bytes_and_else_said(
    library: Any, drift: Any, home: Path
) -> None:
    library.skill("a/pdf", body="A.\n")
    library.skill("b/pdf", body="B.\n")
    library.write("skills-lock.json", json.dumps({"version": 1, "skills": {
        "a/pdf": {"source": "o/r", "sourceType": "github", "skillPath": "skills/pdf/SKILL.md"},
    }}))  # fmt: skip
    library.commit()
    approve(library, "a/pdf")
    approve(library, "b/pdf")
    copy = install(library, home / ".claude/skills/pdf", "b/pdf")
    assert (one(drift)["skill"], one(drift)["status"]) == ("b/pdf", "approved")
    (copy / "more.md").write_text("x")
    assert (one(drift)["skill"], one(drift)["status"]) == (None, "unknown")
    assert "2 skills of the library have this name: a/pdf, b/pdf" in one(drift)["why"]
    marshalled(copy / "SKILL.md", **{"github-repo": "https://github.com/o/r.git", "github-path": "skills/pdf"})
    assert (one(drift)["skill"], one(drift)["status"]) == ("a/pdf", "changed")


def test_only_the_named_skills_copies_and_another_library_sees_them_its_own_way(
    library: Any, drift: Any, home: Path, tmp_path: Path, workbench: Any, project: Path
) -> None:
    library.skill("skills/pdf")
    library.skill("skills/csv")
    library.commit()
    approve(library)
    install(library, home / ".claude/skills/pdf")
    install(library, home / ".claude/skills/csv", "skills/csv")
    assert one(drift, "pdf")["name"] == "pdf"
    assert len(drift("--exit-zero")["copies"]) == 2
    other = type(library)(tmp_path / "other")
    other.skill("pdf", body="Another pdf.\n")
    other.commit()
    args = ("--library", str(other.root), "skills", "drift", "--json", "--home", str(home), "--project", str(project))
    found = {copy["name"]: copy["status"] for copy in workbench(*args).json["copies"]}
    assert found == {"pdf": "changed", "csv": "unknown"}


def test_a_library_outside_git_or_with_long_ids_is_compared_too(
    library: Any, drift: Any, home: Path, tmp_path: Path, workbench: Any
) -> None:
    import subprocess

    library.skill("skills/pdf")
    install(library, home / ".claude/skills/pdf")
    plain = tmp_path / "plain/skills/pdf"
    shutil.copytree(library.root / "skills/pdf", plain)
    args = ("skills", "drift", "--json", "--home", str(home), "--project", str(tmp_path / "project"))
    assert workbench("--library", str(tmp_path / "plain"), *args).json["copies"][0]["status"] == "draft"
    long = tmp_path / "long"
    subprocess.run(["git", "init", "-q", "--object-format=sha256", "-b", "main", str(long)], check=True)
    made = type(library)(long)
    shutil.copytree(library.root / "skills/pdf", long / "pdf")
    made.commit()
    approve(made, "pdf")
    assert workbench("--library", str(long), *args).json["copies"][0]["status"] == "approved"


def test_hostile_copies_are_listed_and_end_nothing(library: Any, workbench: Any, drift: Any, home: Path) -> None:
    library.skill("skills/pdf")
    library.commit()
    approve(library)
    hostile = "\x1b]0;owned\x07evil"
    folder = home / ".claude/skills" / hostile
    folder.mkdir(parents=True)
    (folder / "SKILL.md").write_bytes(b"---\nname: \xff\xfe\n")
    deep = home / ".claude/skills/deep"
    deep.joinpath(*["d"] * 40).mkdir(parents=True)
    (deep / "SKILL.md").write_text("---\nname: pdf\ndescription: x\n---\n")
    (home / ".agents").mkdir()
    (home / ".agents/.skill-lock.json").write_text("[" * 50_000)
    found = drift()
    assert {copy["status"] for copy in found["copies"]} == {"unknown"}
    assert any("nest deeper" in copy["why"] for copy in found["copies"])
    said = workbench("skills", "drift", "--home", str(home), "--skipped")
    assert not set("\x1b\x07") & set(said.out + said.err)


def test_plugins_and_what_an_administrator_installed_are_left_out_and_counted(
    library: Any, drift: Any, home: Path
) -> None:
    library.skill("skills/pdf")
    library.commit()
    system = install(library, home / ".codex/skills/.system/pdf")
    found = drift()
    assert found["copies"] == []
    assert [one["path"] for one in found["skipped"]] == [str(system)]


def test_nothing_is_written(library: Any, drift: Any, home: Path) -> None:
    library.skill("skills/pdf")
    library.commit()
    install(library, home / ".claude/skills/pdf")
    before = library.fingerprint(), sorted(str(path) for path in home.rglob("*"))
    drift()
    assert (library.fingerprint(), sorted(str(path) for path in home.rglob("*"))) == before
