"""What a tree of a skill can do that the tree it is compared with can't: kinds of capabilities, read from git alone."""

import functools

from workbench.git import Repository
from workbench.skills.capabilities import capability_kinds, scan_file

MAX_FILES = 2_000


def gains_between(repository: Repository, base: str | None, tree: str) -> frozenset[str] | None:
    """The kinds of capabilities that `tree` has and `base` (None: nothing) has not; None where they can't be known.

    A file that can't be read as code counts as every capability, so that nothing can hide in it.
    """
    after = _kinds(repository, tree)
    before = _kinds(repository, base) if base else frozenset()
    return None if after is None or before is None else after - before


@functools.lru_cache(maxsize=4_096)
def _kinds(repository: Repository, tree: str) -> frozenset[str] | None:
    if repository.resolve(f"{tree}^{{tree}}") is None:
        return None
    entries = [entry for entry in repository.entries(tree, "-r") if entry.kind == "blob"]
    if len(entries) > MAX_FILES:
        return None
    contents = repository.blobs(entry.id for entry in entries)
    findings = [
        finding for entry in entries if entry.id in contents for finding in scan_file(entry.path, contents[entry.id])
    ]
    return capability_kinds(findings)
