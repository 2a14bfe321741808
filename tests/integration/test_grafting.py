"""Entries put into trees, and everything below many trees: as git itself does it one by one, in few processes."""

from typing import Any

import pytest

from workbench import git
from workbench.git import TreeEntry, deep_entries


@pytest.fixture
def repository(library: Any) -> Any:
    library.write("a/b/c.txt", "c")
    library.write("a/run.sh", "#!/bin/sh\n").chmod(0o755)
    library.write("a/ü\n/x", "odd name")
    (library.root / "a/b/link").symlink_to("c.txt")
    library.write("z", "z")
    library.commit()
    return library.repository()


def listed(repository: Any, tree: str) -> dict[str, tuple[str, str]]:
    return {entry.path: (entry.mode, entry.id) for entry in repository.entries(tree, "-r")}


def test_everything_else_stays_as_it_was(repository: Any) -> None:
    before = listed(repository, "HEAD")
    blobs = repository.store_blobs([b"one", b"two", b"\r\nthree\r\n"])
    assert [repository.blobs([id_])[id_] for id_ in blobs] == [b"one", b"two", b"\r\nthree\r\n"]
    a = repository.resolve("HEAD:a")
    paths = ["a/b/new", "a/c.txt", "q/r/s/t"]
    additions = {path: TreeEntry("100644", "blob", id_, path) for path, id_ in zip(paths, blobs, strict=True)}
    additions |= {
        "kept/aa": TreeEntry("040000", "tree", a, "kept/aa"),
        "z": TreeEntry("100755", "blob", blobs[0], "z"),
    }
    made = repository.graft("HEAD^{tree}", additions)
    wanted = before | {path: ("100644", id_) for path, id_ in zip(paths, blobs, strict=True)}
    wanted |= {f"kept/aa/{path}": entry for path, entry in listed(repository, a).items()}
    wanted["z"] = ("100755", blobs[0])
    assert listed(repository, made) == wanted
    assert repository.run("fsck", "--strict", "--no-dangling") == b""
    assert listed(repository, repository.graft(None, {"z": additions["z"]})) == {"z": ("100755", blobs[0])}


def test_a_file_makes_room_for_a_folder(repository: Any) -> None:
    (blob,) = repository.store_blobs([b"one"])
    made = repository.graft("HEAD^{tree}", {"z/deep/one": TreeEntry("100644", "blob", blob, "z/deep/one")})
    assert listed(repository, made).keys() >= {"z/deep/one", "a/b/c.txt"}
    assert "z" not in listed(repository, made)


def test_five_hundred_take_as_many_processes_as_five(repository: Any) -> None:
    counts = []
    repository.head()  # what is asked once for all
    for many in (5, 500):
        ran = len(git.commands())
        blobs = repository.store_blobs([b"%d" % number for number in range(many)])
        paths = [f"records/skills/s{number}/x/{number}" for number in range(many)]
        made = repository.graft(
            "HEAD^{tree}",
            {path: TreeEntry("100644", "blob", id_, path) for path, id_ in zip(paths, blobs, strict=True)},
        )
        counts.append(len(git.commands()) - ran)
        assert len(repository.entries(made, "-r")) == many + 5
    assert counts[0] == counts[1] <= 12


def test_what_is_below_many_trees_is_what_is_below_each(repository: Any) -> None:
    trees = [repository.resolve(name) for name in ("HEAD^{tree}", "HEAD:a", "HEAD:a/b")]
    found = deep_entries(repository, [*trees, trees[0]])
    assert {tree: {e.path: (e.mode, e.id) for e in entries} for tree, entries in found.items()} == {
        tree: listed(repository, tree) for tree in trees
    }
