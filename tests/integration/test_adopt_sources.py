"""Adopting what a user names: its content tells the kind, a dry run changes nothing, failures leave all as it was."""

import fcntl
import json
import os
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any

import pytest

from workbench.reviews.adopting import lock

SKILL = "---\nname: {name}\ndescription: Does {name}.\n---\nBody.\n"


def put(folder: Path, name: str, extra: str = "") -> Path:
    skill = folder / name
    skill.mkdir(parents=True)
    (skill / "SKILL.md").write_text(SKILL.format(name=name) + extra)
    return skill


def snapshot(folder: Path) -> dict[str, bytes]:
    return {str(p.relative_to(folder)): p.read_bytes() for p in sorted(folder.rglob("*")) if p.is_file()}


def pack(path: Path, files: dict[str, str], executable: tuple[str, ...] = ()) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as packed:
        for name, text in files.items():
            info = zipfile.ZipInfo(name)
            info.external_attr = (0o100755 if name in executable else 0o100644) << 16
            packed.writestr(info, text)
    return path


@pytest.fixture
def me(library: Any, tmp_path: Path) -> Path:
    """A user whom git knows, with an empty home; gives the folder for whatever is to be adopted."""
    library.git("config", "--global", "user.name", "Ada")
    library.git("config", "--global", "user.email", "ada@example.com")
    return tmp_path


def mine(workbench: Any) -> Path:
    return Path(os.environ["WORKBENCH_DATA"]) / "library"


def test_a_skill_archive_with_one_folder_is_adopted_with_its_executable_bits(me: Path, workbench: Any) -> None:
    files = {"pdf/SKILL.md": SKILL.format(name="pdf"), "pdf/scripts/run.sh": "#!/bin/sh\n"}
    archive = pack(me / "pdf.skill", files, ("pdf/scripts/run.sh",))
    said = workbench("adopt", str(archive), "--json")
    assert said.code == 0, said.err
    assert [(one["path"], one["outcome"], one["kind"]) for one in said.json["skills"]] == [
        ("skills/archives/pdf", "new", "archive")
    ]
    assert str(archive) in said.json["skills"][0]["origin"]
    copy = mine(workbench) / "skills/archives/pdf"
    assert os.access(copy / "scripts/run.sh", os.X_OK)
    listed = workbench("--library", said.json["library"], "skills", "list", "--json").json
    assert [(one["name"], one["state"]) for one in listed] == [("pdf", "draft")]
    assert workbench("adopt", str(archive), "--json").json["commit"] is None


def test_files_at_the_top_of_an_archive_get_the_name_they_say_themselves(me: Path, workbench: Any) -> None:
    archive = pack(me / "Download (3).zip", {"SKILL.md": SKILL.format(name="pdf"), "references/a.md": "a"})
    assert [one["path"] for one in workbench("adopt", str(archive), "--json").json["skills"]] == ["skills/archives/pdf"]
    wild = pack(me / "My Skill.zip", {"SKILL.md": SKILL.format(name="../../evil")})
    assert [one["path"] for one in workbench("adopt", str(wild), "--json").json["skills"]] == [
        "skills/archives/my-skill"
    ]


def test_a_refused_archive_changes_nothing_and_names_the_entry(me: Path, workbench: Any) -> None:
    good = put(me / "team/skills", "deploy").parent
    bad = pack(me / "bad.zip", {"SKILL.md": SKILL.format(name="bad"), "../evil": "x"})
    said = workbench("adopt", str(good), str(bad))
    assert said.code == 3
    assert "'../evil' leads out" in said.err
    assert not mine(workbench).exists()
    assert not (me / "evil").exists()


def test_an_archive_without_a_skill_says_what_it_has_to_hold(me: Path, workbench: Any) -> None:
    said = workbench("adopt", str(pack(me / "a.zip", {"README.md": "x"})))
    assert said.code == 3
    assert "SKILL.md" in said.err


def test_one_skill_is_filed_as_it_would_be_with_all_the_others(me: Path, workbench: Any) -> None:
    agents = put(me / "home/.claude/skills", "pdf")
    alone = put(me / "somewhere", "csv")
    said = workbench("adopt", str(agents), str(alone / "SKILL.md"), "--json")
    assert [one["path"] for one in said.json["skills"]] == ["skills/claude/pdf", "skills/somewhere/csv"]
    assert workbench("adopt", "--json").json["skills"][0]["outcome"] == "same"


def test_what_a_path_is_does_not_depend_on_its_name(me: Path, workbench: Any) -> None:
    archive = pack(me / "pdf.yaml", {"pdf/SKILL.md": SKILL.format(name="pdf")})
    assert workbench("adopt", str(archive), "--json").json["skills"][0]["kind"] == "archive"


@pytest.mark.parametrize("what", ["empty folder", "text", "nothing", "binary", "pipe"])
def test_what_can_not_be_adopted_is_said_with_what_could_be(me: Path, workbench: Any, what: str) -> None:
    path = me / "thing"
    if what == "empty folder":
        path.mkdir()
    elif what == "text":
        path.write_text("hello: world\n")
    elif what == "binary":
        path.write_bytes(b"\0\xff\xfe" * 100)
    elif what == "pipe":
        os.mkfifo(path)
    said = workbench("adopt", str(path))
    assert said.code == 3
    assert what == "nothing" or "ToolWeaver" in said.err
    assert not mine(workbench).exists()


@pytest.mark.parametrize("kind", ["archive", "toolweaver"])
def test_a_kind_that_the_path_can_not_be_is_refused(me: Path, workbench: Any, kind: str) -> None:
    path = put(me, "folder") if kind == "archive" else pack(me / "a.zip", {"SKILL.md": SKILL.format(name="a")})
    assert workbench("adopt", "--as", kind, str(path)).code == 3


def test_a_kind_without_a_source_is_a_usage_error(me: Path, workbench: Any) -> None:
    assert workbench("adopt", "--as", "skills").code == 2


def test_a_dry_run_lists_everything_and_changes_nothing(me: Path, workbench: Any) -> None:
    put(me / "home/.claude/skills", "pdf")
    said = workbench("adopt", "--dry-run", "--json")
    assert (said.code, said.json["dry_run"], said.json["commit"]) == (0, True, None)
    assert [(one["path"], one["outcome"]) for one in said.json["skills"]] == [("skills/claude/pdf", "new")]
    assert not mine(workbench).exists()
    workbench("adopt")
    put(me / "home/.claude/skills", "csv")
    (me / "home/.claude/skills/pdf/SKILL.md").write_text(SKILL.format(name="pdf") + "More.\n")
    before = snapshot(mine(workbench))
    said = workbench("adopt", "--dry-run")
    assert said.code == 0
    assert "WOULD BE" in said.out
    assert "updated" in said.out
    assert snapshot(mine(workbench)) == before


def test_plugins_are_shown_with_their_count_and_never_copied_unless_named(me: Path, workbench: Any) -> None:
    cache = me / "home/.claude/plugins/cache/market/tools/1.0.0/skills"
    put(cache, "one")
    put(cache, "two")
    before = snapshot(me / "home/.claude/plugins")
    said = workbench("adopt", "--json").json
    assert said["plugins"] == [{"client": "claude", "path": str(cache.parent), "skills": 2}]
    assert said["skills"] == []
    named = workbench("adopt", str(cache), "--json").json
    assert len(named["skills"]) == 2
    assert snapshot(me / "home/.claude/plugins") == before


def test_a_second_adoption_waits_for_the_first_and_then_says_that_it_is_busy(
    me: Path, workbench: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(me / "home/.claude/skills", "pdf")
    place = mine(workbench).with_name(".library.adopting")
    place.parent.mkdir(parents=True)
    with place.open("a") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        monkeypatch.setattr(lock, "PATIENCE_SECONDS", 0.1)
        said = workbench("adopt")
        assert said.code == 4
        assert "another process" in said.err
    assert workbench("adopt").code == 0


def test_two_adoptions_at_once_both_end_well_and_lose_nothing(me: Path, library: Any, workbench: Any) -> None:
    for group in ("a", "b"):
        for number in range(5):
            put(me / group / "skills", f"{group}{number}")
    started = [
        subprocess.Popen(
            [sys.executable, "-m", "workbench", "adopt", str(me / group / "skills"), "--json"],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
        )
        for group in ("a", "b", "a")
    ]
    for one in started:
        _, err = one.communicate(timeout=60)
        assert one.returncode == 0, err
    root = str(mine(workbench))
    assert library.git("-C", root, "status", "--porcelain") == ""
    assert library.git("-C", root, "fsck", "--strict", check=False) == ""
    assert len(workbench("--library", root, "skills", "list", "--json").json) == 10


def test_a_commit_that_fails_leaves_work_tree_and_index_as_they_were(me: Path, library: Any, workbench: Any) -> None:
    put(me / "home/.claude/skills", "pdf")
    workbench("adopt")
    root = mine(workbench)
    (me / "home/.claude/skills/pdf/SKILL.md").write_text(SKILL.format(name="pdf") + "More.\n")
    put(me / "home/.claude/skills", "csv")
    before = {k: v for k, v in snapshot(root).items() if not k.startswith(".git/")}
    (root / ".git/refs/heads/main.lock").touch()  # the branch can't move
    assert workbench("adopt").code == 3
    assert {k: v for k, v in snapshot(root).items() if not k.startswith(".git/")} == before
    assert library.git("-C", str(root), "status", "--porcelain") == ""
    (root / ".git/refs/heads/main.lock").unlink()
    outcomes = {one["path"]: one["outcome"] for one in workbench("adopt", "--json").json["skills"]}
    assert outcomes == {"skills/claude/csv": "new", "skills/claude/pdf": "updated"}


def test_a_held_index_is_a_conflict_that_changes_nothing(me: Path, library: Any, workbench: Any) -> None:
    put(me / "home/.claude/skills", "pdf")
    workbench("adopt")
    root = mine(workbench)
    (me / "home/.claude/skills/pdf/SKILL.md").write_text(SKILL.format(name="pdf") + "More.\n")
    (root / ".git/index.lock").touch()
    assert workbench("adopt").code == 4
    assert (root / "skills/claude/pdf/SKILL.md").read_text() == SKILL.format(name="pdf")
    (root / ".git/index.lock").unlink()
    assert library.git("-C", str(root), "status", "--porcelain") == ""


def test_what_a_killed_adoption_left_is_taken_up_the_next_time(me: Path, library: Any, workbench: Any) -> None:
    put(me / "home/.claude/skills", "pdf")
    workbench("adopt")
    root = mine(workbench)
    put(me / "home/.claude/skills", "csv")
    put(root / "skills/claude", "csv")  # copied, and killed before the commit
    (root / ".git/workbench-adopting/1").mkdir(parents=True)
    said = workbench("adopt", "--json").json
    assert {one["path"]: one["outcome"] for one in said["skills"]}["skills/claude/csv"] == "new"
    assert said["commit"] is not None
    assert library.git("-C", str(root), "status", "--porcelain") == ""
    assert not (root / ".git/workbench-adopting").exists()
    library.git("-C", str(root), "update-ref", "-d", "refs/heads/workbench/reviews")  # killed before the baseline
    assert workbench("adopt", "--json").json["baseline"] is not None
    assert workbench("adopt", "--json").json["baseline"] is None


def test_a_library_in_the_middle_of_a_merge_is_a_conflict(me: Path, library: Any, workbench: Any) -> None:
    put(me / "home/.claude/skills", "pdf")
    workbench("adopt")
    root = mine(workbench)
    head = library.git("-C", str(root), "rev-parse", "HEAD")
    (root / ".git/MERGE_HEAD").write_text(head)
    put(me / "home/.claude/skills", "csv")
    said = workbench("adopt")
    assert said.code == 4
    assert "merge" in said.err
    assert not (root / "skills/claude/csv").exists()


def origins(workbench: Any) -> dict[str, dict[str, Any]]:
    file = mine(workbench) / "skills-lock.json"
    return json.loads(file.read_text())["skills"] if file.exists() else {}


def test_origins_that_others_can_follow_are_kept_and_committed(me: Path, library: Any, workbench: Any) -> None:
    gh = put(me / "home/.claude/skills", "pdf")
    text = (gh / "SKILL.md").read_text()
    meta = "metadata:\n  github-repo: acme/skills\n  github-path: skills/pdf\n  github-ref: refs/tags/v1\n"
    (gh / "SKILL.md").write_text(text.replace("---\nBody", f"{meta}---\nBody"))
    put(me / "home/.agents/skills", "csv")
    locked = {"version": 3, "skills": {"csv": {"source": "acme/data", "sourceType": "github", "skillPath": "csv"}}}
    (me / "home/.agents/.skill-lock.json").write_text(json.dumps(locked))
    put(me / "home/.codex/skills", "own")
    workbench("adopt")
    archive = pack(me / "zipped.skill", {"zipped/SKILL.md": SKILL.format(name="zipped")})
    workbench("adopt", str(archive))
    kept = origins(workbench)
    assert set(kept) == {"pdf", "csv", "zipped"}
    assert (kept["pdf"]["source"], kept["pdf"]["ref"]) == ("acme/skills", "v1")
    assert kept["csv"]["source"] == "acme/data"
    assert kept["zipped"]["sourceType"] == "archive"
    assert library.git("-C", str(mine(workbench)), "status", "--porcelain") == ""


def test_a_checkout_with_a_remote_is_the_origin_without_its_credentials(me: Path, library: Any, workbench: Any) -> None:
    checkout = me / "team"
    put(checkout / "skills", "deploy")
    library.git("init", "-q", "-b", "main", str(checkout))
    library.git("-C", str(checkout), "add", "-A")
    library.git("-C", str(checkout), "commit", "-q", "-m", "Add")
    library.git("-C", str(checkout), "remote", "add", "origin", "https://ada:secret@example.com/team.git")
    workbench("adopt", str(checkout / "skills"))
    kept = origins(workbench)["deploy"]
    assert (kept["sourceUrl"], kept["skillPath"]) == ("https://example.com/team.git", "skills/deploy/SKILL.md")
    assert kept["revision"] == library.git("-C", str(checkout), "rev-parse", "HEAD").strip()
    assert "secret" not in (mine(workbench) / "skills-lock.json").read_text()


@pytest.mark.parametrize("state", ["changed", "untracked", "broken"])
def test_a_lock_file_of_the_users_own_is_not_committed_or_overwritten(
    me: Path, library: Any, workbench: Any, state: str
) -> None:
    archive = pack(me / "a.skill", {"a/SKILL.md": SKILL.format(name="a")})
    workbench("adopt", str(archive))
    root = mine(workbench)
    file = root / "skills-lock.json"
    text = "{" if state == "broken" else '{"version": 1, "skills": {"mine": {"source": "x/y"}}}'
    if state == "untracked":
        library.git("-C", str(root), "rm", "-q", "--cached", "skills-lock.json")
        library.git("-C", str(root), "commit", "-q", "-m", "Remove")
    file.write_text(text)
    if state == "broken":
        library.git("-C", str(root), "commit", "-q", "-am", "Break")
    other = pack(me / "b.skill", {"b/SKILL.md": SKILL.format(name="b")})
    said = workbench("adopt", str(other), "--json")
    assert said.code == 0, said.err
    assert any("skills-lock.json" in one["path"] for one in said.json["skipped"])
    assert file.read_text() == text
    assert (root / "skills/archives/b/SKILL.md").is_file()
