"""The history of skills among random commits: what each commit left otherwise than all of its parents had it."""

import random
import subprocess
from datetime import UTC, datetime
from pathlib import Path

import pytest

from workbench.git import GitError, Identity, Repository, TreeEntry
from workbench.reviews import history
from workbench.reviews.history import read_history

FILES = ["a", "b.yaml", "ä", "100644 f"]
FOLDERS = ["a", "c d", "deep", "x 40000 y"]


def random_history(root: Path, seed: int, commits: int = 60) -> Repository:
    """Commits that add, change, remove and retype files and folders, with merges of two and three."""
    chance = random.Random(seed)
    repository = Repository.create(root)
    stream = bytearray()
    for number in range(1, commits + 1):
        stream += b"commit refs/heads/main\nmark :%d\ncommitter Ada <ada@example.com> %d +0000\ndata 1\nx\n" % (
            number,
            1_700_000_000 + number * chance.choice([0, 60]),
        )
        if number > 1:
            parents = chance.sample(range(1, number), min(number - 1, chance.choice([1, 1, 1, 2, 3])))
            for at, parent in enumerate(parents):
                stream += b"%s :%d\n" % (b"merge" if at else b"from", parent)
        for _ in range(chance.randint(0, 4)):
            path = "/".join(["top", *chance.choices(FOLDERS, k=chance.randint(0, 3)), chance.choice(FILES)])
            if chance.random() < 0.3:
                stream += f"D {path}\n".encode()
            else:
                mode = chance.choice(["100644", "100644", "100755", "120000"])
                stream += f"M {mode} inline {path}\n".encode() + b"data 1\n%d\n" % chance.randint(0, 3)
    done = subprocess.run(["git", "fast-import", "--quiet", "--force"], cwd=root, input=bytes(stream), check=False)
    assert done.returncode == 0
    return repository


def as_trees_say(repository: Repository, paths: list[str]) -> dict[str, dict[str, str | None]]:
    """What each commit left at these paths otherwise than each of its parents, from nothing but its own trees."""
    found: dict[str, dict[str, str | None]] = {}
    for line in repository.run("rev-list", "--parents", "main").decode().splitlines():
        commit, *parents = line.split()
        for path in paths:
            now = repository.resolve(f"{commit}:{path}")
            before = [repository.resolve(f"{parent}:{path}") for parent in parents] or [None]
            if now not in before:
                found.setdefault(commit, {})[path] = now
    return found


@pytest.mark.parametrize("alone", [True, False], ids=["alone", "in a large repository"])
@pytest.mark.parametrize("seed", range(6))
def test_the_history_of_skills_is_what_the_trees_say(
    tmp_path: Path, seed: int, alone: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    repository = random_history(tmp_path / "library", seed)
    repository.run("reset", "-q", "--hard", "main")
    monkeypatch.setattr(history, "_MOSTLY_SKILLS", 1_000 if alone else 0)
    paths = ["top/deep", "top/c d", "top/deep/deep", "top/x 40000 y", "top/a"]
    found: dict[str, dict[str, str | None]] = {}
    for path, changes in read_history(repository, paths, "main").items():
        for change in changes:
            found.setdefault(change.commit, {})[path] = change.tree
    assert found == as_trees_say(repository, paths)


@pytest.mark.parametrize("place", ["main:top", "main:top/deep"])
@pytest.mark.parametrize("alone", [True, False])
def test_a_folder_that_the_repository_lost_is_an_error_and_not_an_empty_one(
    tmp_path: Path, place: str, alone: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    repository = Repository.create(tmp_path / "library")
    monkeypatch.setattr(history, "_MOSTLY_SKILLS", 1_000 if alone else 0)
    tree = repository.make_tree([TreeEntry("100644", "blob", repository.store_blob(b"x"), "a")])
    for name in ("deep", "top"):
        tree = repository.make_tree([TreeEntry("040000", "tree", tree, name)])
    commit = repository.commit(tree, [], "x", Identity("Ada", "ada@example.com"), datetime.now(UTC))
    repository.move_ref("refs/heads/main", commit, None, "x")
    lost = repository.resolve(place)
    assert lost is not None
    (repository.git_dir / "objects" / lost[:2] / lost[2:]).unlink()
    with pytest.raises(GitError, match=lost):
        read_history(repository, ["top/deep"], "main")
