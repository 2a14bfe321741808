"""A folder's identity, worked out without git, is the one that git gives it."""

import os
import subprocess
from pathlib import Path

import pytest

from workbench.errors import InputError
from workbench.skills.treehash import manifest_digest, tree_of_folder


def git_tree(folder: Path) -> str:
    """What git itself says, with no configuration of this machine."""
    env = {
        "PATH": os.environ["PATH"],
        "HOME": str(folder),
        "GIT_CONFIG_GLOBAL": "/dev/null",
        "GIT_CONFIG_SYSTEM": "/dev/null",
    }

    def git(*args: str) -> str:
        return subprocess.run(
            ["git", *args], cwd=folder, env=env, check=True, capture_output=True, text=True
        ).stdout.strip()

    git("init", "-q")
    git("add", "-A", "-f", ".")
    return git("write-tree")


def fill(folder: Path) -> None:
    names = ["a", "a.b", "a-b", "a0", "SKILL.md", "é", "B", "z z", "x\ny"]
    for name in names:
        (folder / name).write_text(f"{name}\n")
    # Git sorts the folder `a.d` as `a.d/`, after `a.d-x` and before `a.d0`.
    for name in ["a.d-x", "a.d0"]:
        (folder / name).write_text(name)
    (folder / "a.d").mkdir()
    (folder / "a.d/deep/er").mkdir(parents=True)
    (folder / "a.d/deep/er/file").write_bytes(bytes(range(256)) * 5000)
    (folder / "empty/emptier").mkdir(parents=True)
    (folder / "run.sh").write_text("#!/bin/sh\n")
    (folder / "run.sh").chmod(0o755)
    (folder / "link").symlink_to("a.d/deep")
    (folder / "dangling").symlink_to("./no//where/")
    (folder / "nothing").touch()
    (folder / os.fsdecode(b"caf\xe9")).touch()


def test_the_tree_is_gits(tmp_path: Path) -> None:
    fill(tmp_path)
    alone = tree_of_folder(tmp_path)
    assert alone == git_tree(tmp_path)
    assert tree_of_folder(tmp_path) == alone, "the .git that is there now is not part of it"


def test_an_empty_folder_is_gits_empty_tree(tmp_path: Path) -> None:
    (tmp_path / "below").mkdir()
    assert tree_of_folder(tmp_path) == git_tree(tmp_path) == "4b825dc642cb6eb9a060e54bf8d69288fbee4904"


def test_a_bit_a_byte_or_a_name_makes_another_tree(tmp_path: Path) -> None:
    fill(tmp_path)
    seen = {tree_of_folder(tmp_path)}
    (tmp_path / "run.sh").chmod(0o644)
    seen.add(tree_of_folder(tmp_path))
    (tmp_path / "nothing").write_text("x")
    seen.add(tree_of_folder(tmp_path))
    (tmp_path / "nothing").rename(tmp_path / "something")
    seen.add(tree_of_folder(tmp_path))
    assert len(seen) == 4


def test_a_root_skill_leaves_the_librarys_own_folder_out_but_only_at_the_top(tmp_path: Path) -> None:
    (tmp_path / "SKILL.md").write_text("x")
    plain = tree_of_folder(tmp_path)
    (tmp_path / ".workbench").mkdir()
    (tmp_path / ".workbench/policy.yaml").write_text("schema: 1\n")
    assert tree_of_folder(tmp_path, library_root=True) == plain != tree_of_folder(tmp_path)
    (tmp_path / "sub/.workbench").mkdir(parents=True)
    (tmp_path / "sub/.workbench/x").touch()
    assert tree_of_folder(tmp_path, library_root=True) != plain


def test_what_git_does_not_store_is_left_out(tmp_path: Path) -> None:
    (tmp_path / "a").write_text("a")
    plain = tree_of_folder(tmp_path)
    os.mkfifo(tmp_path / "pipe")
    assert tree_of_folder(tmp_path) == plain


def test_a_folder_that_is_not_there_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="can't be read"):
        tree_of_folder(tmp_path / "nowhere")


def test_the_manifest_digest_is_the_published_vector_in_any_order() -> None:
    files = [("scripts/run.sh", b"#!/bin/sh\n"), ("SKILL.md", b"# Hello\n")]
    expected = "sha256:34f7a8c484e9991f3e71a309f31332d6335efc01f544105c4185a7c4ab12eb1e"
    assert manifest_digest(files) == manifest_digest(reversed(files)) == expected


def test_a_folder_has_the_tree_that_a_repository_with_long_ids_gives_it(tmp_path: Path) -> None:
    subprocess.run(["git", "init", "-q", "--object-format=sha256", str(tmp_path)], check=True)
    (tmp_path / "a/b").mkdir(parents=True)
    (tmp_path / "a/b/x").write_text("x\n")
    (tmp_path / "a/link").symlink_to("b/x")
    subprocess.run(["git", "add", "-A"], cwd=tmp_path, check=True)
    written = subprocess.run(["git", "write-tree"], cwd=tmp_path, check=True, capture_output=True, text=True)
    assert tree_of_folder(tmp_path, algorithm="sha256") == written.stdout.strip()
