"""Installing what was approved into agents' folders: exactly those bytes, in one step, and nobody else's are lost."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from workbench.config import store_path
from workbench.storage import Store


@pytest.fixture
def shelf(library: Any, workbench: Any, tmp_path: Path) -> Any:
    """An approved skill with a script and a link, a project and a home."""
    library.skill("skills/a", body="Say one.\n", metadata="{version: '1.0.0'}")
    library.write("skills/a/scripts/say.sh", "#!/bin/sh\necho one\n").chmod(0o755)
    (library.root / "skills/a/scripts/alias.sh").symlink_to("say.sh")
    library.commit()
    workbench("review", "approve", "a", "--reason", "read it")
    workbench("version", "release", "a")
    (tmp_path / "project").mkdir()
    return library


@pytest.fixture
def project(tmp_path: Path) -> Path:
    return tmp_path / "project"


def run(workbench: Any, project: Path, *args: str) -> Any:
    return workbench(*args, "--project", str(project), "--home", str(project.parent / "home"), "--json")


def install(workbench: Any, project: Path, *options: str, name: str = "a", agent: str = "claude") -> Any:
    return run(workbench, project, "install", name, "--agent", agent, *options)


def test_exactly_the_approved_bytes_arrive_whatever_the_work_tree_says(
    shelf: Any, workbench: Any, project: Path
) -> None:
    shelf.skill("skills/a", body="Say two, unapproved.\n")
    said = install(workbench, project)
    assert (said.code, said.json["outcome"], said.json["version"]) == (0, "installed", "1.0.0")
    copy = project / ".claude/skills/a"
    assert "Say one." in (copy / "SKILL.md").read_text()
    assert os.access(copy / "scripts/say.sh", os.X_OK)
    assert (copy / "scripts/alias.sh").readlink() == Path("say.sh")
    assert [path.name for path in copy.parent.iterdir()] == ["a"]
    assert install(workbench, project).json["outcome"] == "same"


def test_the_lock_file_is_the_ecosystem_s_own_and_keeps_what_it_does_not_know(
    shelf: Any, workbench: Any, project: Path
) -> None:
    other = {"source": "x/y", "sourceType": "github", "computedHash": "0", "odd": 1}
    (project / "skills-lock.json").write_text(json.dumps({"version": 1, "skills": {"z": other}, "extra": True}))
    install(workbench, project)
    install(workbench, project, agent="codex")
    lock = json.loads((project / "skills-lock.json").read_text())
    assert lock["skills"]["z"] == other
    assert lock["extra"] is True
    entry = lock["skills"]["a"]
    tree = shelf.git("rev-parse", "HEAD:skills/a").strip()
    assert entry["agents"] == {"claude": tree, "codex": tree}
    assert len(entry["computedHash"]) == 64
    install(workbench, project, "--scope", "user")
    lock = json.loads((project.parent / "home/.agents/.skill-lock.json").read_text())
    assert (lock["version"], lock["skills"]["a"]["skillFolderHash"]) == (3, tree)


def test_nothing_unapproved_is_installed_but_by_force_which_is_recorded(
    shelf: Any, workbench: Any, project: Path
) -> None:
    shelf.skill("skills/new")
    shelf.commit()
    assert install(workbench, project, name="new").code == 5
    assert not (project / ".claude").exists()
    said = install(workbench, project, "--force", name="new")
    assert (said.code, said.json["forced"]) == (0, True)
    assert json.loads((project / "skills-lock.json").read_text())["skills"]["new"]["unapproved"] is True
    store = Store(store_path())
    [event] = store.query("SELECT tool, detail FROM event WHERE kind = 'audit'")
    assert (event["tool"], json.loads(event["detail"])["forced"]) == ("install", True)
    assert install(workbench, project, name="a@9.9.9").code == 3


def test_a_folder_from_elsewhere_is_not_overwritten_and_a_link_is_never_written_through(
    shelf: Any, workbench: Any, project: Path, tmp_path: Path
) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / "SKILL.md").write_text("mine")
    place = project / ".claude/skills/a"
    place.parent.mkdir(parents=True)
    place.symlink_to(elsewhere)
    assert install(workbench, project).code == 4
    said = install(workbench, project, "--force")
    assert said.code == 0
    assert (elsewhere / "SKILL.md").read_text() == "mine"
    assert not place.is_symlink()
    assert Path(said.json["saved"]).readlink() == elsewhere


@pytest.mark.parametrize("linked", [".claude", ".claude/skills"])
def test_a_project_s_link_does_not_lead_an_installation_out_of_it(
    shelf: Any, workbench: Any, project: Path, tmp_path: Path, linked: str
) -> None:
    (tmp_path / "elsewhere").mkdir()
    (project / linked).parent.mkdir(exist_ok=True)
    (project / linked).symlink_to(tmp_path / "elsewhere")
    said = install(workbench, project, "--force")
    assert said.code == 4
    assert "leads out of the project" in said.err
    assert list((tmp_path / "elsewhere").rglob("*")) == []
    assert not (project / "skills-lock.json").exists()
    (project / linked).unlink()
    (project / "inside").mkdir()
    (project / linked).symlink_to(project / "inside")
    assert install(workbench, project).code == 0


def test_a_lock_file_that_can_t_be_read_is_no_sign_that_all_is_well(shelf: Any, workbench: Any, project: Path) -> None:
    install(workbench, project)
    (project / ".claude/skills/a/SKILL.md").write_text("changed")
    (project / "skills-lock.json").write_text("{")
    for options in (("--check",), ()):
        said = run(workbench, project, "sync", *options)
        assert said.code == 3
        assert "skills-lock.json" in said.err
        assert "--scope user" in said.err
    assert run(workbench, project, "sync", "--check", "--scope", "user").code == 0
    assert (project / "skills-lock.json").read_text() == "{"


@pytest.mark.parametrize("name", ["/etc", "../../../elsewhere", "a/b", "..", ".", ""])
def test_a_lock_file_can_t_lead_out_of_the_agent_s_folder(shelf: Any, workbench: Any, project: Path, name: str) -> None:
    install(workbench, project)
    lock = json.loads((project / "skills-lock.json").read_text())
    lock["skills"][name] = lock["skills"]["a"]
    (project / "skills-lock.json").write_text(json.dumps(lock))
    for options in (("--check",), ()):
        said = run(workbench, project, "sync", *options)
        assert said.code == 3
        assert "is no folder's name" in said.err


def test_an_empty_version_is_not_the_default_one(shelf: Any, workbench: Any, project: Path) -> None:
    assert install(workbench, project, name="a@").code == 2
    assert not (project / ".claude").exists()
    assert workbench("review", "receipt", "a@").code == 2
    assert workbench("version", "deprecate", "a", "--successor", "a@", "-m", "x").code == 2


def test_sync_brings_copies_back_and_saves_local_changes_first(shelf: Any, workbench: Any, project: Path) -> None:
    install(workbench, project)
    assert run(workbench, project, "sync", "--check").code == 0
    file = project / ".claude/skills/a/SKILL.md"
    file.write_text("changed here")
    said = run(workbench, project, "sync", "--check")
    assert (said.code, said.json["copies"][0]["status"]) == (1, "changed")
    said = run(workbench, project, "sync")
    assert said.code == 0
    assert "Say one." in file.read_text()
    assert (Path(said.json["synced"][0]["saved"]) / "SKILL.md").read_text() == "changed here"
    shelf.skill("skills/a", body="Say two.\n", metadata="{version: '1.1.0'}")
    shelf.commit()
    workbench("review", "approve", "a", "--reason", "read it again")
    assert run(workbench, project, "sync", "--check").json["copies"][0]["status"] == "older"
    run(workbench, project, "sync")
    assert "Say two." in file.read_text()
    file.parent.rename(project / "away")
    assert run(workbench, project, "sync", "--check").json["copies"][0]["status"] == "missing"


def test_quarantine_takes_every_copy_out_and_puts_each_back_where_it_was(
    shelf: Any, workbench: Any, project: Path
) -> None:
    install(workbench, project)
    install(workbench, project, "--scope", "user", agent="codex")
    link = project / ".cursor/skills/a"
    link.parent.mkdir(parents=True)
    link.symlink_to("../../.claude/skills/a")
    said = run(workbench, project, "quarantine", "a")
    assert said.code == 0
    copies = [project / ".claude/skills/a", project.parent / "home/.agents/skills/a", link]
    assert not any(os.path.lexists(copy) for copy in copies)
    assert {one["path"] for one in said.json} == {str(copy) for copy in copies}
    (project / ".claude/skills/a").mkdir()
    back = run(workbench, project, "quarantine", "a", "--restore")
    assert back.code == 1  # one place is taken meanwhile
    assert link.is_symlink()
    (project / ".claude/skills/a").rmdir()
    assert run(workbench, project, "quarantine", "a", "--restore").code == 0
    assert "Say one." in (link / "SKILL.md").read_text()
    assert run(workbench, project, "quarantine", "a", "--restore").code == 4


def test_a_program_killed_at_any_moment_leaves_the_old_or_the_new_whole(
    shelf: Any, workbench: Any, project: Path
) -> None:
    install(workbench, project)
    whole = {}
    for word in ("one", "two"):
        shelf.skill("skills/a", body=f"Say {word}.\n", metadata="{version: '1.0.0'}")
        for number in range(40):
            shelf.write(f"skills/a/references/{number}.md", f"{word} {number}\n")
        shelf.commit()
        workbench("review", "approve", "a", "--reason", "read it")
        whole[word] = shelf.git("rev-parse", "HEAD:skills/a").strip()
    copy = project / ".claude/skills/a"
    known = {shelf.git("rev-parse", "a/v1.0.0:skills/a").strip(), *whole.values()}
    command = [sys.executable, "-m", "workbench", "install", "a", "--agent", "claude", "--project", str(project)]
    from workbench.skills.treehash import tree_of_folder

    for delay in range(12):
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        time.sleep(0.15 + delay * 0.06)
        process.send_signal(signal.SIGKILL)
        process.wait()
        assert tree_of_folder(copy) in known
    assert install(workbench, project).code == 0
    assert tree_of_folder(copy) == whole["two"]


_KILLED_WHILE_WRITING = """
import os, signal, sys
from workbench.cli.main import run
from workbench.reviews import placing

write = placing.write_contents

def killed(folder, contents):
    write(folder, contents)
    os.kill(os.getpid(), signal.SIGKILL)

placing.write_contents = killed
run(sys.argv[1:])
"""


@pytest.mark.parametrize("again", ["install", "sync"])
def test_what_a_killed_installation_left_is_no_copy_and_goes_with_the_next(
    shelf: Any, workbench: Any, project: Path, again: str
) -> None:
    install(workbench, project)
    shelf.skill("skills/a", body="Say two.\n", metadata="{version: '1.0.0'}")
    shelf.commit()
    workbench("review", "approve", "a", "--reason", "read it")
    home = project.parent / "home"
    words = ("install", "a", "--agent", "claude", "--project", str(project), "--home", str(home))
    for _ in range(2):
        killed = subprocess.run([sys.executable, "-c", _KILLED_WHILE_WRITING, *words], check=False)
        assert killed.returncode == -signal.SIGKILL
    left = project / ".claude/.workbench-installing"
    assert [path.name for path in (project / ".claude/skills").iterdir()] == ["a"]
    assert len(list(left.rglob("SKILL.md"))) == 1
    assert len(run(workbench, project, "skills", "drift", "a").json["copies"]) == 1
    assert len(run(workbench, project, "quarantine", "a").json) == 1
    assert run(workbench, project, "quarantine", "a", "--restore").code == 0
    assert (install(workbench, project) if again == "install" else run(workbench, project, "sync")).code == 0
    assert not left.exists()


def test_a_link_where_it_would_be_written_is_not_followed(
    shelf: Any, workbench: Any, project: Path, tmp_path: Path
) -> None:
    kept = tmp_path / "kept/mine.md"
    kept.parent.mkdir()
    kept.write_text("mine")
    (project / ".claude").mkdir()
    (project / ".claude/.workbench-installing").symlink_to(kept.parent)
    assert install(workbench, project).code == 0
    assert run(workbench, project, "sync").code == 0
    assert kept.read_text() == "mine"
    assert [path.name for path in (project / ".claude/skills").iterdir()] == ["a"]


def test_every_agent_has_a_folder_in_a_project_and_at_home(shelf: Any, workbench: Any, project: Path) -> None:
    for agent in ("claude", "codex", "cursor", "copilot", "gemini", "opencode"):
        for scope in ("project", "user"):
            said = install(workbench, project, "--scope", scope, agent=agent)
            assert (Path(said.json["path"]) / "SKILL.md").exists()
