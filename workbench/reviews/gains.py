"""What a tree of a skill can do that the tree it is compared with can't: kinds of capabilities, read from git alone."""

import functools

from workbench.git import Repository
from workbench.skills.capabilities import Finding, compare, kinds, scan_file

MAX_FILES = 2_000


def gains_between(repository: Repository, base: str | None, tree: str) -> frozenset[str] | None:
    """The kinds of capabilities of which `tree` has more than `base` (None: nothing); None where that can't be known.

    One more host is a gain of `network`. A file that can't be read as code counts as every capability, so that nothing
    can hide in it.
    """
    after = findings_in(repository, tree)
    before = findings_in(repository, base) if base else ()
    return None if after is None or before is None else kinds(compare(before, after).gained)


@functools.lru_cache(maxsize=1_024)
def findings_in(repository: Repository, tree: str) -> tuple[Finding, ...] | None:
    """What the files of a tree say that they can do; None where the tree is not here, or has too many files."""
    if repository.resolve(f"{tree}^{{tree}}") is None:
        return None
    entries = [entry for entry in repository.entries(tree, "-r") if entry.kind == "blob"]
    if len(entries) > MAX_FILES:
        return None
    contents = repository.blobs(entry.id for entry in entries)
    return tuple(
        finding for entry in entries if entry.id in contents for finding in scan_file(entry.path, contents[entry.id])
    )
