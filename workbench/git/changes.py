"""What each of many commits changed below a folder: as `git log -c --raw --root` tells it, in a fraction of its time.

git compares a wide folder's tree with its parent's entry by entry, and once more to limit the log. Here git only gives
the trees, all of one level of folders in one process, and `tree_diff` compares them.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple, Protocol

from workbench.git.plumbing import GitError
from workbench.git.tree_diff import TREE_MODE, Entry, Tree


class Objects(Protocol):
    """Where objects are read."""

    def look_up(self, names: Sequence[str]) -> list[tuple[str, str] | None]:
        """Id and type of what each name stands for."""

    def stream(self, ids: Sequence[str]) -> Iterator[tuple[str, bytes]]:
        """Types and contents of objects."""


class Change(NamedTuple):
    """One entry that a commit left otherwise than each of its parents had it; an id of None where it removed it."""

    path: bytes
    id: str | None


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which changes are asked for.

    Attributes:
        below: The folder to look in, `/` between its parts; empty for the root.
        report: Whether a change of this path is one of them; it is told what the commit has there, None for nothing.
        enter: Whether there may be some below this folder; the flag says whether the commit still has the folder.
    """

    below: bytes
    report: Callable[[bytes, Entry | None], bool]
    enter: Callable[[bytes, bool], bool]


class _Pair(NamedTuple):
    """One folder of one commit, and what its parents have in its place; None where they have no folder there."""

    commit: int
    path: bytes
    olds: tuple[str | None, ...]
    new: str | None


def changes_of(
    objects: Objects, commits: Sequence[tuple[str, Sequence[str]]], wanted: Wanted
) -> list[tuple[Change, ...]]:
    """The wanted changes of each of these commits, sorted by path.

    Args:
        objects: The repository's.
        commits: Each with its parents. Those that follow each other in history should do so here.
        wanted: What is asked for.

    Raises:
        GitError: A tree is missing or damaged.
    """
    found: list[list[Change]] = [[] for _ in commits]
    pairs = _at_the_top(objects, commits, wanted, found)
    while pairs:
        pairs = [
            inner for pair, differing in _compared(objects, pairs) for inner in _inside(pair, differing, wanted, found)
        ]
    return [tuple(sorted(changes)) if len(changes) > 1 else tuple(changes) for changes in found]


def _at_the_top(
    objects: Objects, commits: Sequence[tuple[str, Sequence[str]]], wanted: Wanted, changes: list[list[Change]]
) -> list[_Pair]:
    """The pairs for the folder that is looked in."""
    every = list(dict.fromkeys(id_ for commit, parents in commits for id_ in (commit, *parents)))
    below = wanted.below.decode("utf-8", "surrogateescape")
    known = dict(zip(every, objects.look_up([f"{id_}:{below}" for id_ in every]), strict=True))
    _hold_absent(objects, [id_ for id_, found in known.items() if found is None], wanted.below)
    pairs = []
    for number, (commit, parents) in enumerate(commits):
        new, olds = known[commit], [known[parent] for parent in parents] or [None]
        if new not in olds:
            if wanted.below and wanted.report(wanted.below, _entry(new)):
                changes[number].append(Change(wanted.below, new[0] if new else None))
            pair = _Pair(number, wanted.below, tuple(map(_tree, olds)), _tree(new))
            if wanted.enter(wanted.below, pair.new is not None):
                pairs.append(pair)
    return pairs


def _hold_absent(objects: Objects, commits: Sequence[str], path: bytes) -> None:
    """Make sure that these commits have nothing at a path: git says the same of what a damaged repository lost.

    Raises:
        GitError: One of them has something there which is not here, or can't be read itself.
    """
    roots = objects.look_up([f"{id_}^{{tree}}" for id_ in commits])
    trees = list(dict.fromkeys(found[0] if found else commit for commit, found in zip(commits, roots, strict=True)))
    *above, last = path.split(b"/")
    for name in above:
        trees = [entry[1].hex() for entry in _named(objects, trees, name) if entry[0] == TREE_MODE]
    lost = next((entry[1].hex() for entry in _named(objects, trees, last)), None)
    if lost is not None:
        raise GitError(f"object {lost} is missing", remedy="git fsck says what the repository lacks")


def _named(objects: Objects, trees: Sequence[str], name: bytes) -> Iterator[Entry]:
    """The entries of that name in these trees."""
    distinct = list(dict.fromkeys(trees))
    for id_, (kind, data) in zip(distinct, objects.stream(distinct), strict=True):
        if kind != "tree":
            raise GitError(f"object {id_} is a {kind}, and should be a tree")
        if b" %s\0" % name in data and (entry := Tree(data, len(id_) // 2).all_entries().get(name)):
            yield entry


def _entry(found: tuple[str, str] | None) -> Entry | None:
    return (TREE_MODE if found[1] == "tree" else b"100644", bytes.fromhex(found[0])) if found else None


def _tree(found: tuple[str, str] | None) -> str | None:
    return found[0] if found and found[1] == "tree" else None


_Differing = dict[bytes, tuple[tuple[Entry | None, ...], Entry | None]]


def _compared(objects: Objects, pairs: Sequence[_Pair]) -> Iterator[tuple[_Pair, _Differing]]:
    """Each pair with its entries that differ from those of every parent; each tree is read once and then let go."""
    uses = Counter(id_ for pair in pairs for id_ in (pair.new, *pair.olds) if id_)
    reading = objects.stream(list(uses))
    order = iter(uses)
    trees: dict[str, Tree] = {}

    def tree(id_: str | None) -> Tree:
        if id_ is None:
            return _EMPTY
        while id_ not in trees:
            kind, data = next(reading)
            if kind != "tree":
                raise GitError(f"object {id_} is a {kind}, and a folder's entry says that it is a tree")
            trees[next(order)] = Tree(data, len(id_) // 2)
        return trees[id_]

    for pair in pairs:
        try:
            new = tree(pair.new)
            differing = _of_every(new, [tree(old) for old in pair.olds])
        except ValueError as error:
            raise GitError(f"a tree is damaged: {pair.new}", remedy="git fsck says more") from error
        for id_ in (pair.new, *pair.olds):
            if id_:
                uses[id_] -= 1
                if not uses[id_]:
                    del trees[id_]
        yield pair, differing


_EMPTY = Tree(b"", 20)


def _of_every(new: Tree, olds: Sequence[Tree]) -> _Differing:
    """The entries of a tree that differ from those of each of the others."""
    before, after = olds[0].differing(new)
    names = before.keys() | after.keys() if before else after
    found: _Differing = {
        name: ((then,), now) for name in names if (then := before.get(name)) != (now := after.get(name))
    }
    for old in olds[1:]:
        before, after = old.differing(new)
        found = {
            name: ((*olds_, before.get(name)), now)
            for name, (olds_, now) in found.items()
            if (name in before or name in after) and before.get(name) != now
        }
    return found


def _inside(pair: _Pair, differing: _Differing, wanted: Wanted, found: list[list[Change]]) -> Iterator[_Pair]:
    """What is to be compared below a folder, its own wanted changes noted."""
    for name, (olds, new) in differing.items():
        path = b"%s/%s" % (pair.path, name) if pair.path else name
        if wanted.report(path, new):
            found[pair.commit].append(Change(path, new[1].hex() if new else None))
        now = _folder(new)
        then = tuple(map(_folder, olds))
        if (now or any(then)) and wanted.enter(path, now is not None):
            yield _Pair(pair.commit, path, then, now)


def _folder(entry: Entry | None) -> str | None:
    return entry[1].hex() if entry and entry[0] == TREE_MODE else None
