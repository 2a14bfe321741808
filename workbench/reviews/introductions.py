"""The files that the commits of the reviews branch brought: by which commits each came, when, and what came before it.

A file can be brought more than once: deleted and put back, or copied to a commit beside the branch that is merged
later. Whoever merges chooses the order of the two. So every commit that brought a file is told, and which of two files
is older is asked of which commit descends from which: that nobody can choose afterwards.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from workbench.git import Repository, seconds_of
from workbench.reviews.model import Introduction
from workbench.reviews.signing import SIGNATURE_SUFFIX

CLOCKS = 600
"""Seconds by which the clocks of two people may differ."""

_NO_FILES = ("000000", "160000")
_FOLDER = "records/"
_SUFFIXES = (".yaml", SIGNATURE_SUFFIX)
_LARGEST_COMMIT = 1 << 20


@dataclass(frozen=True, slots=True)
class Brought:
    """A file of the branch with certain bytes, and every commit that brought it, in the branch's order."""

    file: str
    blob: str
    by: tuple[Introduction, ...]


@dataclass(frozen=True, slots=True)
class Branch:
    """What some commits of the branch brought.

    Attributes:
        files: In the branch's order, each where it came first.
        parents: The parents of each commit, oldest first.
        newest: The newest date that was on the branch by then, UTC seconds.
    """

    files: tuple[Brought, ...]
    parents: Mapping[str, Sequence[str]]
    newest: int


def read_branch(repository: Repository, revisions: Sequence[str], now: float, newest: int = 0) -> Branch:
    """What the commits of `revisions` brought, including what came with a merge.

    Args:
        now: UTC seconds. A date that is still to come is a wrong clock's and says nothing of what follows it.
        newest: The newest date below `revisions`.
    """
    found: dict[tuple[str, str], list[Introduction]] = {}
    parents: dict[str, Sequence[str]] = {}
    dates: dict[str, int] = {}
    for entry in reversed(list(repository.log(("%an <%ae>", "%ct", "%P"), "--topo-order", *revisions, "--"))):
        commit, author, said, above = entry.fields
        parents[commit] = above.split()
        floor = max((dates.get(parent, newest) for parent in parents[commit]), default=0)
        at = no_earlier(seconds_of(said), floor)
        dates[commit] = max(at, floor) if at <= now else floor
        for change in entry.changes:
            if change.mode in _NO_FILES or not (change.path.startswith(_FOLDER) and change.path.endswith(_SUFFIXES)):
                continue
            # What a change left is a record too: its name does not match its bytes, which is how an edit shows.
            found.setdefault((change.path, change.id), []).append(Introduction(commit, author, at))
    files = tuple(Brought(*key, tuple(by)) for key, by in found.items())
    return Branch(files, parents, max((newest, *dates.values())))


def no_earlier(at: int, floor: int) -> int:
    """A date that can't be before another one; the later of them, but for what clocks may differ by."""
    return at if at >= floor - CLOCKS else floor


def descents(parents: Mapping[str, Sequence[str]], marked: Mapping[str, Iterable[str]]) -> Callable[[str, str], bool]:
    """Tells whether a commit (first) descends from one that carries a mark (second).

    Args:
        parents: Of each commit, oldest first.
        marked: The marks of some commits.
    """
    marks = dict.fromkeys(mark for some in marked.values() for mark in some)
    bits = {mark: 1 << number for number, mark in enumerate(marks)}
    held: dict[str, int] = {}
    before: dict[str, int] = {}
    for commit, above in parents.items():
        seen = 0
        for parent in above:
            seen |= held.get(parent, 0)
        before[commit] = seen
        for mark in marked.get(commit, ()):
            seen |= bits[mark]
        held[commit] = seen
    return lambda commit, mark: bool(before.get(commit, 0) & bits.get(mark, 0))


def commit_dates(repository: Repository, names: Iterable[str]) -> dict[str, int]:
    """When these commits were made, UTC seconds; what is not here, or is no commit, is left out."""
    sizes = repository.sizes(names)
    small = [name for name, size in sizes.items() if size < _LARGEST_COMMIT]
    found = {}
    for name, (kind, data) in zip(small, repository.stream(small) if small else (), strict=True):
        head = data.partition(b"\n\n")[0].split(b"\n")
        committer = next((line for line in head if line.startswith(b"committer ")), None) if kind == "commit" else None
        if committer is not None:
            found[name] = seconds_of(committer.rsplit(b" ", 2)[-2].decode("ascii", "replace"))
    return found
