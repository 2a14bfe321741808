"""The reviews branch: every record that was ever put on it, and new ones appended in one commit.

Records are read from the branch's history, not from its last tree: a record that a later commit removed or changed
still counts as it was introduced, so that no dissent can be made to vanish by editing the branch.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from workbench.errors import ConflictError
from workbench.git import Identity, Repository, TreeEntry
from workbench.reviews import records
from workbench.reviews.model import REVIEWS_REF, Record
from workbench.text import decode

_ATTEMPTS = 20


@dataclass(frozen=True, slots=True)
class Ledger:
    """All records of a library, oldest first, and the commit they were read at (None: there is no branch)."""

    head: str | None
    records: tuple[Record, ...]

    def of(self, path: str) -> tuple[Record, ...]:
        """The records of one skill, oldest first."""
        return tuple(record for record in self.records if record.path == path)


@dataclass(frozen=True, slots=True)
class _Introduced:
    file: str
    blob: str
    commit: str
    author: str


def read_ledger(repository: Repository) -> Ledger:
    """Every record on the reviews branch, the local one or else a remote's."""
    head = _head(repository)
    if head is None:
        return Ledger(None, ())
    introduced = list(_introductions(repository, head))
    contents = repository.blobs(entry.blob for entry in introduced)
    libraries = None if repository.is_shallow() else frozenset(repository.roots())
    found = tuple(
        records.read(
            entry.file, contents[entry.blob], introduced=entry.commit, author=entry.author, libraries=libraries
        )
        for entry in introduced
        if entry.blob in contents
    )
    return Ledger(head, found)


def _head(repository: Repository) -> str | None:
    local = repository.resolve(REVIEWS_REF)
    if local:
        return local
    listed = repository.run("for-each-ref", "--format=%(objectname)", "refs/remotes/*/workbench/reviews")
    return decode(listed).split("\n")[0] or None


def _introductions(repository: Repository, head: str) -> Iterator[_Introduced]:
    """Each record file as a commit brought it, in the branch's order, including those that came with a merge."""
    seen: set[tuple[str, str]] = set()
    options = ("--reverse", "--topo-order", "--full-history", head, "--", "records")
    for entry in repository.log(("%an <%ae>",), *options):
        commit, author = entry.fields
        for change in entry.changes:
            # What a change left is a record too: its name does not match its bytes, which is how an edit shows.
            key = (change.path, change.id)
            if not change.status.endswith("D") and change.path.endswith(".yaml") and key not in seen:
                seen.add(key)
                yield _Introduced(change.path, change.id, commit, author)


def append(
    repository: Repository,
    files: Mapping[str, bytes],
    trees: Sequence[str],
    message: str,
    who: Identity,
    at: datetime,
) -> str:
    """Put record files, and the trees they approve, on the reviews branch in one commit; gives the commit.

    The user's branch, index and work tree are not touched. Two processes that append at once both succeed.

    Raises:
        ConflictError: The branch is checked out somewhere, or kept moving.
    """
    if repository.checked_out(REVIEWS_REF):
        raise ConflictError(
            "the branch workbench/reviews is checked out, and a verdict would move it under your feet",
            where=str(repository.root),
            remedy="switch to another branch first",
        )
    additions = {path: TreeEntry("100644", "blob", repository.store_blob(data), path) for path, data in files.items()}
    for tree in trees:
        place = f"trees/{tree[:2]}/{tree}"
        additions[place] = TreeEntry("040000", "tree", tree, place)
    for attempt in range(_ATTEMPTS):
        local = repository.resolve(REVIEWS_REF)
        parent = local or _head(repository)
        grafted = repository.graft(f"{parent}^{{tree}}" if parent else None, additions)
        commit = repository.commit(grafted, [parent] if parent else [], message, who, at)
        try:
            repository.move_ref(REVIEWS_REF, commit, local, "workbench: verdict")
        except ConflictError:
            if attempt == _ATTEMPTS - 1:
                raise
        else:
            break
    return commit
