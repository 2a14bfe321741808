"""What a tree of a skill can do that the tree it is compared with can't: kinds of capabilities, read from git alone."""

import json
import zlib
from collections.abc import Iterable, Mapping, Sequence
from itertools import islice
from threading import RLock
from typing import TYPE_CHECKING, Any

from workbench.git import TREE_MODE, Repository, raw_entries
from workbench.reviews.git_memory import GitMemory
from workbench.skills.catalogue_rows import code_mark
from workbench.text import decode

if TYPE_CHECKING:
    from workbench.skills.capabilities import Finding

MAX_FILES = 2_000
MAX_DEPTH = 64
MAX_BYTES = 64 << 20
"""A tree of more bytes is not looked into; of several together no more are read at once."""
MAX_KEPT = 20_000
"""So many trees are kept from one run to the next, those that were asked for last."""

_AT_ONCE = 64
_SUBMODULE = b"160000"
_EXECUTABLE = b"100755"
_File = tuple[str, str, bytes]
"""Path, blob and mode."""

Findings = tuple["Finding", ...] | None
"""What the files of a tree say that they can do; None where that can't be known."""


class Gains:
    """Answers for many trees: each is read once, several together, and kept for the next run where that is wanted.

    Args:
        cached: Whether what was found out before may be taken from the cache; `keep` puts it there.
    """

    def __init__(self, repository: Repository, *, cached: bool = False) -> None:
        self._repository = repository
        self._memory = GitMemory(repository, "findings") if cached else None
        self._known: dict[str, Findings] | None = None
        self._fresh = False
        self._lock = RLock()

    def between(self, base: str | None, tree: str) -> frozenset[str] | None:
        """The kinds of capabilities of which `tree` has more than `base` (None: nothing); None where nobody knows.

        One more host is a gain of `network`. A file that can't be read as code counts as every capability, so that
        nothing can hide in it.
        """
        from workbench.skills.capabilities import compare, kinds

        self.read([tree, *([base] if base else [])])
        known = self._all()
        after, before = known.get(tree), known.get(base) if base else ()
        return None if after is None or before is None else kinds(compare(before, after).gained)

    def read(self, trees: Iterable[str]) -> None:
        """Look into all of these trees that were not looked into before, so that the answers are there."""
        with self._lock:
            known = self._all()
            new = iter([tree for tree in dict.fromkeys(trees) if tree not in known])
            while some := list(islice(new, _AT_ONCE)):
                found = _read(self._repository, some)
                # A tree that is not here may come; any other stays what it is.
                known.update(found)
                self._fresh = self._fresh or bool(found)

    def keep(self) -> None:
        """Keep what was found out for the next run."""
        with self._lock:
            if self._memory is None or not self._fresh or self._known is None:
                return
            last = list(self._known.items())[-MAX_KEPT:]
            said = {tree: None if found is None else [_told(one) for one in found] for tree, found in last}
            self._memory.remember(code_mark().hex(), zlib.compress(json.dumps(said).encode(), 1))
            self._fresh = False

    def _all(self) -> dict[str, Findings]:
        with self._lock:
            if self._known is None:
                kept = self._memory.recall() if self._memory else None
                self._known = _recalled(kept.value) if kept and kept.commit == code_mark().hex() else {}
            return self._known


def _told(finding: "Finding") -> list[Any]:
    from workbench.skills.capabilities.model import CERTAINTIES

    return [finding.kind, finding.what, CERTAINTIES.index(finding.certainty)]


def _recalled(value: bytes) -> dict[str, Findings]:
    """What `keep` wrote; the digest of the memory vouches for it."""
    said: Mapping[str, list[list[Any]] | None] = json.loads(zlib.decompress(value))
    return {tree: None if found is None else tuple(map(_as_finding, found)) for tree, found in said.items()}


def _as_finding(told: Sequence[Any]) -> "Finding":
    from workbench.skills.capabilities.model import CERTAINTIES, Finding

    kind, what, certainty = told
    return Finding(kind, what, "", 0, 0, "", CERTAINTIES[certainty])


def _read(repository: Repository, trees: Sequence[str]) -> dict[str, Findings]:
    """What the files of these trees say; a tree that is not here is left out."""
    listed = files_of(repository, trees)
    sizes = repository.sizes(id_ for files in listed.values() if files for _, id_, _ in files)
    found: dict[str, Findings] = {}
    some: dict[str, list[_File]] = {}
    room = MAX_BYTES
    for tree, files in listed.items():
        size = MAX_BYTES + 1 if files is None else sum(sizes.get(id_, MAX_BYTES + 1) for _, id_, _ in files)
        if files is None or size > MAX_BYTES:
            found[tree] = None
            continue
        if size > room:
            found |= _scanned(repository, some)
            some, room = {}, MAX_BYTES
        some[tree] = files
        room -= size
    return found | _scanned(repository, some)


def _scanned(repository: Repository, listed: Mapping[str, Sequence[_File]]) -> dict[str, Findings]:
    contents = repository.blobs(id_ for files in listed.values() for _, id_, _ in files)
    return {
        tree: _distinct(files, contents) if all(id_ in contents for _, id_, _ in files) else None
        for tree, files in listed.items()
    }


def _distinct(files: Iterable[_File], contents: Mapping[str, bytes]) -> "tuple[Finding, ...]":
    """Findings of each kind, subject and certainty, one each: where they are says nothing of what is gained."""
    from workbench.skills.capabilities import scan_file

    found = {
        (one.kind, one.what, one.certainty): one
        for path, id_, mode in files
        for one in scan_file(path, contents[id_], executable=mode == _EXECUTABLE)
    }
    return tuple(found.values())


def files_of(repository: Repository, trees: Sequence[str]) -> dict[str, list[_File] | None]:
    """Path and blob of every file of each tree, level by level for all at once; None where it is more than is read.

    A submodule's files are not here, so what they can do is not known.
    """
    here = [tree for tree, known in zip(trees, repository.look_up(trees), strict=True) if known == (tree, "tree")]
    found: dict[str, list[_File] | None] = {tree: [] for tree in here}
    waiting = [(tree, "", tree) for tree in here]
    for depth in range(MAX_DEPTH + 1):
        contents = repository.blobs(id_ for _, _, id_ in waiting)
        below = []
        for tree, folder, id_ in waiting:
            files = found[tree]
            if files is None:
                continue
            if id_ not in contents or depth == MAX_DEPTH:
                found[tree] = None
                continue
            for name, (mode, entry) in raw_entries(contents[id_], len(tree) // 2).items():
                path = f"{folder}{decode(name)}"
                if mode == TREE_MODE:
                    below.append((tree, f"{path}/", entry.hex()))
                else:
                    files.append((path, entry.hex(), mode))
                if mode == _SUBMODULE or len(files) > MAX_FILES or len(below) > MAX_FILES * _AT_ONCE:
                    found[tree] = None
                    break
        waiting = [one for one in below if found[one[0]] is not None]
        if not waiting:
            break
    return found
