"""What commits changed below a folder, from their trees: exactly what `git log -c --raw --root` says."""

import random
import subprocess
from datetime import UTC, datetime
from pathlib import Path

import pytest

from workbench.git import GitError, Identity, Repository, TreeEntry, Wanted, changes_of

FILES = ["a", "b.yaml", "ä", "100644 f"]
FOLDERS = ["c d", "deep", "x 40000 y"]


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


def as_git_says(repository: Repository, below: str) -> dict[str, set[tuple[str, str | None]]]:
    entries = repository.log((), "-t", "--full-history", "main", "--", below)
    found: dict[str, dict[str, str | None]] = {}
    for entry in entries:
        paths: dict[str, str | None] = {}
        for change in entry.changes:
            gone = change.status.endswith("D")
            if not gone or change.path not in paths:
                paths[change.path] = None if gone else change.id
        found[entry.fields[0]] = paths
    return {commit: set(paths.items()) for commit, paths in found.items() if paths}


@pytest.mark.parametrize("seed", range(12))
@pytest.mark.parametrize("below", ["top", "top/deep"])
def test_the_changes_of_a_random_history_are_gits(tmp_path: Path, seed: int, below: str) -> None:
    repository = random_history(tmp_path / "library", seed)
    commits = [(entry.fields[0], entry.fields[2].split()) for entry in repository.commits((), "main")]
    found = changes_of(repository, commits, Wanted(below.encode(), lambda *_: True, lambda *_: True))
    mine = {
        commit: {(change.path.decode(), change.id) for change in changes}
        for (commit, _), changes in zip(commits, found, strict=True)
        if changes
    }
    said = as_git_says(repository, below)
    for paths in (*said.values(), *mine.values()):
        paths -= {(path, id_) for path, id_ in paths if below.startswith(f"{path}/")}
    assert mine == {commit: paths for commit, paths in said.items() if paths}


@pytest.mark.parametrize("place", ["main:top", "main:top/deep"])
@pytest.mark.parametrize("below", ["top", "top/deep"])
def test_a_folder_that_the_repository_lost_is_an_error_and_not_an_empty_one(
    tmp_path: Path, place: str, below: str
) -> None:
    repository = Repository.create(tmp_path / "library")
    tree = repository.make_tree([TreeEntry("100644", "blob", repository.store_blob(b"x"), "a")])
    for name in ("deep", "top"):
        tree = repository.make_tree([TreeEntry("040000", "tree", tree, name)])
    commit = repository.commit(tree, [], "x", Identity("Ada", "ada@example.com"), datetime.now(UTC))
    repository.move_ref("refs/heads/main", commit, None, "x")
    lost = repository.resolve(place)
    assert lost is not None
    (repository.git_dir / "objects" / lost[:2] / lost[2:]).unlink()
    with pytest.raises(GitError, match=lost):
        changes_of(repository, [(commit, [])], Wanted(below.encode(), lambda *_: True, lambda *_: True))
