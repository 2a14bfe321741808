"""The manifest digest of skills that git holds: the same bytes, named independently of git.

A link counts as its target's text; a submodule, whose content git does not hold, as the commit's id.
"""

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import replace

from workbench.git import Repository, TreeEntry, deep_entries
from workbench.git.plumbing import parse_tree
from workbench.reviews.trees import WORKBENCH_FOLDER
from workbench.skills.model import ROOT_ID
from workbench.skills.treehash import manifest_of

_BATCH = 1_000
"""So many files are in memory at a time."""


def digest_of(repository: Repository, tree: str) -> str:
    """The digest of one tree."""
    return digests_of(repository, [tree])[tree]


def digests_of(repository: Repository, trees: Iterable[str]) -> dict[str, str]:
    """The digests of some trees, each file read once."""
    listed = deep_entries(repository, list(dict.fromkeys(trees)))
    every = {(entry.kind, entry.id): entry for entries in listed.values() for entry in entries}
    by_object = _hashed(repository, (replace(entry, path=f"{kind} {id_}") for (kind, id_), entry in every.items()))
    return {
        tree: manifest_of((entry.path, by_object[f"{entry.kind} {entry.id}"]) for entry in entries)
        for tree, entries in listed.items()
    }


def digests_at(repository: Repository, commit: str, ids: Sequence[str]) -> dict[str, str]:
    """The digests of many skills at a commit, each file read once; skills that it does not have are left out."""
    wanted = sorted(ids)
    entries = repository.entries(commit, "-r")
    of_skill: dict[str, list[TreeEntry]] = {}
    known = set(wanted)
    for entry in entries:
        for id_ in _above(entry.path):
            if id_ in known:
                of_skill.setdefault(id_, []).append(entry)
    kept = {entry.path: entry for some in of_skill.values() for entry in some}
    hashes = _hashed(repository, kept.values())
    digests = {}
    for id_, some in of_skill.items():
        prefix = "" if id_ == ROOT_ID else f"{id_}/"
        digests[id_] = manifest_of((entry.path[len(prefix) :], hashes[entry.path]) for entry in some)
    return digests


def digest_of_paths(repository: Repository, commit: str, paths: Sequence[str]) -> str:
    """The digest of what a commit has at some paths and below them, and of nothing else."""
    listed = parse_tree(repository.run("--literal-pathspecs", "ls-tree", "-z", "-r", "--full-tree", commit, *paths))
    return manifest_of(_hashed(repository, listed).items())


def _above(path: str) -> Iterable[str]:
    """The folders that hold a path, as skill ids; the root does not hold the workbench's own folder."""
    if not path.startswith(f"{WORKBENCH_FOLDER}/"):
        yield ROOT_ID
    at = path.find("/")
    while at >= 0:
        yield path[:at]
        at = path.find("/", at + 1)


def _hashed(repository: Repository, entries: Iterable[TreeEntry]) -> dict[str, str]:
    """The SHA-256 of each entry's content in hex, by path."""
    some = list(entries)
    found: dict[str, str] = {}
    for start in range(0, len(some), _BATCH):
        part = some[start : start + _BATCH]
        contents = repository.blobs(entry.id for entry in part if entry.kind == "blob")
        by_id = {id_: hashlib.sha256(data).hexdigest() for id_, data in contents.items()}
        for entry in part:
            found[entry.path] = by_id.get(entry.id) or hashlib.sha256(entry.id.encode()).hexdigest()
    return found
