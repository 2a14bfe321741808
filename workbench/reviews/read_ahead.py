"""The files of many trees read from git together, so that a question about each costs no process of its own."""

from collections.abc import Iterable, Sequence

from workbench.git import Repository, TreeEntry
from workbench.reviews.gains import files_of

_ROOM = 64 << 20
"""So many bytes of files are kept at once; the others are read when they are asked for."""
_AT_ONCE = 256


class ReadAhead:
    """What git holds of some trees; whatever was not read ahead is read when it is asked for."""

    def __init__(self, repository: Repository) -> None:
        self._repository = repository
        self._files: dict[str, dict[str, TreeEntry]] = {}
        self._sizes: dict[str, int] = {}
        self._blobs: dict[str, bytes] = {}

    def read(self, pairs: Sequence[tuple[str, str | None]]) -> None:
        """Read ahead what two states of each skill consist of: all Markdown, and the files that differ.

        Args:
            pairs: The tree of each, and the one it is compared with (None: with nothing).
        """
        trees = list(dict.fromkeys(tree for pair in pairs for tree in pair if tree))
        for at in range(0, len(trees), _AT_ONCE):
            for tree, files in files_of(self._repository, trees[at : at + _AT_ONCE]).items():
                if files is not None:
                    self._files[tree] = {path: TreeEntry(mode.decode(), "blob", id_, path) for path, id_, mode in files}
        wanted = list(dict.fromkeys(id_ for tree, base in pairs for id_ in self._wanted(tree, base)))
        self._sizes = self._repository.sizes(wanted)
        room, some = _ROOM, []
        for id_ in wanted:
            room -= self._sizes.get(id_, 0)
            if room >= 0:
                some.append(id_)
        self._blobs = self._repository.blobs(some)

    def files(self, tree: str) -> dict[str, TreeEntry] | None:
        """The files of a tree by path; None where it was not read ahead."""
        return self._files.get(tree)

    def sizes(self, ids: Iterable[str]) -> dict[str, int]:
        """As `Repository.sizes`."""
        wanted = list(dict.fromkeys(ids))
        rest = [id_ for id_ in wanted if id_ not in self._sizes]
        return {id_: self._sizes[id_] for id_ in wanted if id_ in self._sizes} | self._repository.sizes(rest)

    def blobs(self, ids: Iterable[str]) -> dict[str, bytes]:
        """As `Repository.blobs`."""
        wanted = list(dict.fromkeys(ids))
        rest = [id_ for id_ in wanted if id_ not in self._blobs]
        return {id_: self._blobs[id_] for id_ in wanted if id_ in self._blobs} | self._repository.blobs(rest)

    def _wanted(self, tree: str, base: str | None) -> Iterable[str]:
        after, before = self._files.get(tree, {}), self._files.get(base or "", {})
        for side, other in ((after, before), (before, after)):
            for path, entry in side.items():
                if path.lower().endswith(".md") or other.get(path) != entry:
                    yield entry.id
