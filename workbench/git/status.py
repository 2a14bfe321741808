"""Where a work tree differs from HEAD, from git's own comparison: the fastest way to know that most of it does not."""

import re
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import NamedTuple, Protocol

_STATUS = (
    "status", "--porcelain=v2", "-z", "--no-renames", "--untracked-files=normal", "--ignored=traditional",
    # Of a submodule that is asked for more, git starts another git, which takes its settings from the submodule.
    "--ignore-submodules=dirty",
)  # fmt: skip
_ODD = re.compile(rb"(?:^|\0)(?:[a-zS] |. 160000 |. [0-7]+ [0-9a-f]+ [1-3]\t)")
"""An entry that git was told to believe unchanged, a submodule, or one that a merge left open."""
_FIELDS_BEFORE_PATH = 8


class Runner(Protocol):
    """What runs git."""

    @property
    def ignores_case(self) -> bool:
        """Whether names that differ only in case are one to the work tree's file system, and so to git."""

    def run(self, *args: str, stdin: bytes | None = None, ok: Sequence[int] = (0,)) -> bytes:
        """What a git command prints."""


class Differences(NamedTuple):
    """Paths relative to the top; those of whole folders end with a stroke.

    Attributes:
        changed: What HEAD, the index and the work tree do not all have alike, or only the work tree has.
        ignored: What only the work tree has and git leaves out.
    """

    changed: tuple[bytes, ...]
    ignored: tuple[bytes, ...]


def differences(repository: Runner) -> Differences | None:
    """Where the work tree or the index differs from HEAD; None where git's answer may hide something.

    That is so with entries that it was told to believe unchanged, in the middle of a merge, with submodules, and where
    names that differ only in case are one.
    """
    if repository.ignores_case:
        return None
    with ThreadPoolExecutor(max_workers=1) as beside:
        listed = beside.submit(repository.run, "ls-files", "-v", "--stage", "-z")
        said = repository.run(*_STATUS)
        if _ODD.search(listed.result()):
            return None
    return _parsed(said)


def _parsed(said: bytes) -> Differences | None:
    changed, ignored = [], []
    for line in said.split(b"\0"):
        kind, _, rest = line.partition(b" ")
        if kind == b"?":
            changed.append(rest)
        elif kind == b"!":
            ignored.append(rest)
        elif kind == b"1":
            changed.append(rest.split(b" ", _FIELDS_BEFORE_PATH - 1)[-1])
        elif line:
            return None
    return Differences(tuple(changed), tuple(ignored))
