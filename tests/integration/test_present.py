"""What HEAD is believed to say of a work tree is what storing every folder says."""

import os
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.integration.test_cut_index import CASES, IDS, git, make
from workbench.git import Repository
from workbench.reviews import present as present_module
from workbench.reviews.present import present


def caches_and_logs(root: Path) -> None:
    (root / ".gitignore").write_text("*.log\n*.pyc\nbuild/\n")
    git(root, "add", "-A")
    git(root, "commit", "-q", "-m", "Ignore")
    for place in ("one/__pycache__/a.pyc", "two/deep/er/a.log", "two/scripts/b.log", "crlf/build/x", "one/build/n"):
        (root / "skills" / place).parent.mkdir(parents=True, exist_ok=True)
        (root / "skills" / place).write_text("x\n")
    subprocess.run(["git", "init", "-q", str(root / "skills/crlf/build/inner")], check=True)


def links_out(root: Path) -> None:
    (root / "skills/two/out").symlink_to("../../file-1.txt")
    git(root, "add", "-A")
    git(root, "commit", "-q", "-m", "Lead out")


def converted_by_a_rule_that_only_this_clone_has(root: Path) -> None:
    (root / ".git/info").mkdir(exist_ok=True)
    (root / ".git/info/attributes").write_text("*.md filter=shout\n")


def an_empty_folder_and_a_mode(root: Path) -> None:
    (root / "skills/one/empty").mkdir()
    (root / "skills/two/scripts/run.sh").chmod(0o644)


def a_path_that_looks_like_a_tree(root: Path) -> None:
    blob = git(root, "rev-parse", "HEAD:file-1.txt").strip()
    tree = git(root, "rev-parse", "HEAD:skills").strip()
    name = os.fsdecode(b"040000 tree " + tree.encode() + b"\tskills")
    (root / f"x{name}").mkdir()
    (root / f"x{name}" / "one").write_text(blob)
    git(root, "add", "-A")
    git(root, "commit", "-q", "-m", "Odd")


def renamed_and_staged(root: Path) -> None:
    git(root, "mv", "skills/two/SKILL.md", "skills/crlf/moved.md")


MORE = (
    caches_and_logs, links_out, converted_by_a_rule_that_only_this_clone_has, an_empty_folder_and_a_mode,
    a_path_that_looks_like_a_tree, renamed_and_staged,
)  # fmt: skip


@pytest.fixture(params=["sha1", "sha256"])
def root(tmp_path: Path, request: pytest.FixtureRequest) -> Path:
    made = tmp_path / "library"
    make(made, f"--object-format={request.param}")
    return made


@pytest.fixture(autouse=True)
def _few(monkeypatch: pytest.MonkeyPatch) -> None:
    """So few skills as these are otherwise stored, each of them."""
    monkeypatch.setattr(present_module, "FEW", 0)


@pytest.mark.parametrize("case", [*CASES, *MORE], ids=lambda case: case.__name__)
def test_what_head_says_is_what_storing_every_folder_says(
    root: Path, case: Callable[[Path], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    case(root)
    repository = Repository.discover(root)
    assert repository is not None
    ids = [id_ for id_ in IDS if (root / id_).is_dir()]
    stored = present_module._stored(repository, ids)
    monkeypatch.setattr(present_module, "FEW", len(ids) - 1)
    assert present(repository, ids) == stored


def test_a_library_that_nobody_works_on_is_stored_nowhere(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    ids = [id_ for id_ in IDS if (root / id_).is_dir()]
    repository = Repository.discover(root)
    assert repository is not None
    stored = present_module._stored(repository, ids)
    monkeypatch.setattr(present_module, "current_trees", None)
    assert present(repository, ids) == stored


def test_only_what_changed_is_stored(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (root / "skills/one/SKILL.md").write_text("changed\n")
    asked = []
    really = present_module._stored
    monkeypatch.setattr(present_module, "_stored", lambda repo, ids: asked.append(ids) or really(repo, ids))
    monkeypatch.setattr(present_module, "FEW", 1)
    repository = Repository.discover(root)
    assert repository is not None
    present(repository, ["skills/one", "skills/two", "skills/crlf"])
    assert asked == [["skills/one"]]
