"""Where a skill came from: the first that says, read from files that nobody vouches for."""

import json
from pathlib import Path
from typing import Any

import pytest

from workbench.reviews.ledger import read_ledger
from workbench.reviews.origins import Origin, origin_of, read_origins, record_origins, without_credentials
from workbench.skills.reader import read_all

GH = """---
description: Does pdf.
metadata:
    github-path: skills/pdf
    github-pinned: v1.2.0
    github-ref: refs/tags/v1.2.0
    github-repo: https://user:secret@github.com/o/r
    github-tree-sha: {tree}
name: pdf
---
Body.
"""
TREE = "a" * 40


def origins(library: Any, **more: Any) -> Any:
    return read_origins(library.root, read_all(library.root)[0], **more)


def lock(library: Any, **skills: Any) -> None:
    library.write("skills-lock.json", json.dumps({"version": 1, "skills": skills}))


@pytest.mark.parametrize(
    ("address", "kept"),
    [
        ("https://user:secret@host/o/r.git", "https://host/o/r.git"),
        ("https://ghp_token@github.com/o/r", "https://github.com/o/r"),
        ("https://host/r.git?private_token=x#y", "https://host/r.git"),
        ("ssh://git:secret@host:22/r.git", "ssh://git@host:22/r.git"),
        ("git@github.com:o/r.git", "git@github.com:o/r.git"),
        ("/home/ada/skills", "/home/ada/skills"),
        ("HTTPS://a:b@host/x", "HTTPS://host/x"),
    ],
)
def test_a_credential_in_an_address_is_not_kept(address: str, kept: str) -> None:
    assert without_credentials(address) == kept


def test_the_librarys_own_lock_says_first(library: Any) -> None:
    library.write("skills/pdf/SKILL.md", GH.format(tree=TREE))
    assert origins(library).of("skills/pdf") == Origin(
        "github", "https://github.com/o/r", "skills/pdf", "v1.2.0", None, TREE, True, "SKILL.md"
    )
    lock(library, pdf={"source": "x/y", "sourceType": "github", "ref": "main", "skillPath": "pdf/SKILL.md"})
    assert origins(library).of("skills/pdf") == Origin(
        "github", "https://github.com/x/y.git", "pdf", "main", said_by="skills-lock.json"
    )


def test_a_name_that_two_skills_share_names_neither(library: Any) -> None:
    library.skill("a/pdf")
    library.skill("b/pdf")
    lock(library, pdf={"source": "x/y", "sourceType": "github"})
    assert {origins(library).of(id_).kind for id_ in ("a/pdf", "b/pdf")} == {"unknown"}


def test_recording_and_reading_give_the_same_origin_also_for_shared_names(library: Any) -> None:
    library.skill("a/pdf")
    library.skill("b/pdf")
    library.skill("c/other")
    given = {
        "a/pdf": Origin("github", "https://github.com/o/r", "skills/pdf", "refs/tags/v1", "b" * 40, TREE, True),
        "b/pdf": Origin("git", "ssh://git@host/r.git", ".", "refs/heads/main", "c" * 40, TREE),
        "c/other": Origin("local", "/home/ada/other", tree=TREE),
    }
    path = record_origins(library.root, given)
    assert path == library.root / "skills-lock.json"
    found = origins(library)
    for id_, origin in given.items():
        said = found.of(id_)
        assert (said.kind, said.url, said.path, said.revision, said.tree, said.pinned) == (
            origin.kind, origin.url, origin.path, origin.revision, origin.tree, origin.pinned,
        )  # fmt: skip
    entries = json.loads(path.read_text())["skills"]
    assert entries["a/pdf"]["source"] == "o/r"
    assert entries["a/pdf"]["libraryPath"] == "a/pdf"
    assert entries["other"]["computedHash"]
    assert record_origins(library.root, {"c/other": Origin("unknown")}) is None


def test_recording_again_keeps_the_keys_of_others_and_what_stands_under_the_name(library: Any) -> None:
    library.skill("skills/pdf")
    entry = {"source": "g/l", "sourceType": "gitlab", "sourceUrl": "https://gitlab.com/g/l.git", "wellKnownDigest": "x"}
    lock(library, pdf=entry)
    record_origins(library.root, {"skills/pdf": Origin("git", "https://gitlab.com/g/l.git", "pdf", tree=TREE)})
    after = json.loads((library.root / "skills-lock.json").read_text())["skills"]
    assert list(after) == ["pdf"]
    assert (after["pdf"]["wellKnownDigest"], after["pdf"]["sourceType"]) == ("x", "gitlab")


@pytest.mark.parametrize(
    "entry",
    [
        {},
        {"source": 7},
        {"source": "x" * 5_000},
        {"source": "evil\x1b[2J"},
        {"source": ["o/r"], "sourceUrl": {"a": 1}},
    ],
)
def test_an_entry_that_says_nothing_usable_is_no_origin(library: Any, entry: Any) -> None:
    library.skill("skills/pdf")
    lock(library, pdf=entry)
    assert origins(library).of("skills/pdf").kind == "unknown"


@pytest.mark.parametrize("path", ["../../etc", "/etc", "a/../../b", "a\\b", ".git/hooks", "x/.GIT"])
def test_a_path_that_leads_out_of_the_repository_is_not_taken(library: Any, path: str) -> None:
    library.skill("skills/pdf")
    lock(library, pdf={"source": "o/r", "sourceType": "github", "skillPath": path, "tree": "zz"})
    said = origins(library).of("skills/pdf")
    assert (said.path, said.tree) == (None, None)


def test_a_lock_that_can_not_be_read_is_a_problem_and_not_an_end(library: Any) -> None:
    library.skill("skills/pdf")
    library.write("skills-lock.json", "<<<<<<< HEAD\n{}\n")
    found = origins(library)
    assert found.of("skills/pdf").kind == "unknown"
    assert found.problems[0].code == "lock-unreadable"


def test_what_was_adopted_is_found_in_the_homes_lock_and_else_in_the_baseline(
    library: Any, workbench: Any, tmp_path: Path
) -> None:
    home = tmp_path / "home"
    library.git("config", "--global", "user.email", "ada@example.com")
    for name in ("pdf", "csv"):
        folder = home / ".agents/skills" / name
        folder.mkdir(parents=True)
        (folder / "SKILL.md").write_text(f"---\nname: {name}\ndescription: x\n---\n")
    entry = {
        "source": "o/r", "sourceType": "github", "sourceUrl": "https://github.com/o/r.git",
        "skillPath": "skills/pdf/SKILL.md", "skillFolderHash": TREE, "pinnedRef": "v2",
    }  # fmt: skip
    (home / ".agents/.skill-lock.json").write_text(json.dumps({"version": 3, "skills": {"pdf": entry}}))
    adopted = workbench("adopt", "--json").json["library"]
    from workbench.workspace import Workspace

    workspace = Workspace.open(Path(adopted))
    assert workspace.repository is not None
    (workspace.root / "skills-lock.json").unlink(missing_ok=True)
    skills = workspace.skills()[0]
    records = read_ledger(workspace.repository).records
    found = read_origins(workspace.root, skills, records=records, home=home)
    assert {one.url for one in found.by_id.values()} >= {"https://github.com/o/r.git"}
    csv = next(skill.id for skill in skills if skill.name == "csv")
    assert found.of(csv).said_by == "baseline"
    assert found.of(csv).tree is not None
    other = read_origins(workspace.root, skills, home=home)
    assert other.by_id == {}, "the home's lock says nothing about a skill that was not adopted from there"


def test_a_folder_in_a_clone_comes_from_its_remote_without_the_password(library: Any, tmp_path: Path) -> None:
    library.skill("skills/pdf")
    head = library.commit()
    library.git("remote", "add", "origin", "https://me:secret@host/r.git")
    said = origin_of(library.root / "skills/pdf", home=tmp_path / "home")
    assert said == Origin(
        "git", "https://host/r.git", "skills/pdf", "refs/heads/main", head,
        library.git("rev-parse", "HEAD:skills/pdf").strip(), said_by="git remote",
    )  # fmt: skip


def test_a_folder_below_a_project_comes_from_the_projects_lock(tmp_path: Path) -> None:
    folder = tmp_path / "project/.agents/skills/pdf"
    folder.mkdir(parents=True)
    (folder / "SKILL.md").write_text("---\nname: pdf\ndescription: x\n---\n")
    assert origin_of(folder) == Origin("local", str(folder), said_by="folder")
    (tmp_path / "project/skills-lock.json").write_text(
        json.dumps({"version": 1, "skills": {"pdf": {"source": "o/r", "sourceType": "github", "ref": "dev"}}})
    )
    assert origin_of(folder).url == "https://github.com/o/r.git"
    (folder / "SKILL.md").write_text(GH.format(tree=TREE))
    assert origin_of(folder).said_by == "SKILL.md"
