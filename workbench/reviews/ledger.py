"""The reviews branch: every record that was ever put on it, and new ones appended in one commit.

Records are read from the branch's history, not from its last tree: a record that a later commit removed or changed
still counts as it was introduced, so that no dissent can be made to vanish by editing the branch.
"""

from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cached_property
from typing import TYPE_CHECKING

from workbench.errors import ConflictError, InputError
from workbench.git import Identity, Repository, TreeEntry, seconds_of, tidy
from workbench.reviews.branch_worker import records_from_worker
from workbench.reviews.git_memory import GitMemory
from workbench.reviews.mailmap import Mailmap
from workbench.reviews.model import REVIEWS_REF, Record
from workbench.reviews.proving import People, prove
from workbench.reviews.record_store import Records, decode_records, encode_records
from workbench.reviews.signing import SIGNATURE_SUFFIX, check_signatures
from workbench.text import decode, plural, visible

if TYPE_CHECKING:
    from workbench.reviews.signer_changes import SignerChange

_ATTEMPTS = 20
_BRANCH = REVIEWS_REF.removeprefix("refs/heads/")


@dataclass(frozen=True)
class Ledger:
    """All records of a library, and the commit they were read at (None: there is no branch).

    Attributes:
        kept: The records as they were read.
        libraries: Root commits of this library; None where they can't be known (a shallow clone).
        people: By whose keys and e-mails the records are proved; None before that is known.
    """

    head: str | None
    kept: Records
    libraries: frozenset[str] | None = None
    people: People | None = None

    @cached_property
    def records(self) -> tuple[Record, ...]:
        """All records, oldest first."""
        return self._proved(self.kept.all())

    def of(self, path: str) -> tuple[Record, ...]:
        """The records of one skill, oldest first."""
        if path not in self._of:
            self._of[path] = self._proved(self.kept.of(path))
        return self._of[path]

    @cached_property
    def signer_changes(self) -> "Mapping[str, SignerChange]":
        """Where a reviewer begins to sign with another key or none, by the record's file."""
        from workbench.reviews.signer_changes import signer_changes

        mailmap = self.people.mailmap if self.people else Mailmap()
        return {change.record.file: change for change in signer_changes(self.records, mailmap)}

    def log(self) -> tuple[Record, ...]:
        """All records, newest first, each with what is to be said of its signer."""
        changes = self.signer_changes
        told = (replace(r, signer_change=changes[r.file].text) if r.file in changes else r for r in self.records)
        return tuple(told)[::-1]

    @cached_property
    def _of(self) -> dict[str, tuple[Record, ...]]:
        return {}

    def _proved(self, some: tuple[Record, ...]) -> tuple[Record, ...]:
        return some if self.people is None else prove(some, self.people, self.libraries)

    def proved(self, people: People) -> "Ledger":
        """The same records, each with how it is proved by these people's keys and e-mails."""
        return replace(self, people=people)


def read_ledger(repository: Repository, *, cached: bool = True) -> Ledger:
    """Every record on the reviews branch, the local one or else a remote's; who said it is not yet judged.

    Args:
        repository: The library's.
        cached: Whether what was read before may be taken from the cache; `verify` does without.

    Raises:
        InputError: A shallow clone holds only the end of the branch.
    """
    head = _head(repository)
    if head is None:
        return Ledger(None, Records(()))
    if repository.is_cut_off(head):
        raise InputError(
            "this clone has only the end of the branch workbench/reviews, so records would be missed",
            where=visible(str(repository.root)),
            remedy="git fetch --unshallow origin workbench/reviews:workbench/reviews",
        )
    with ThreadPoolExecutor(max_workers=1) as beside:
        libraries = beside.submit(_libraries, repository)
        records = _read_all(repository, head, cached=cached)
    return Ledger(head, records, libraries.result())


def _libraries(repository: Repository) -> frozenset[str] | None:
    return None if repository.is_shallow() else frozenset(repository.roots())


def _read_all(repository: Repository, head: str, *, cached: bool) -> Records:
    memory = GitMemory(repository, "ledger") if cached else None
    known = memory.recall() if memory else None
    before = decode_records(known.value) if known else None
    if known is not None and before is not None and known.commit == head:
        return before
    found = None
    if known is not None and before is not None and repository.grew_straight(known.commit, head):
        found = _read_records(repository, f"{known.commit}..{head}", before.all())
    records = Records.of_these(found) if found else _all_records(repository, head)
    if memory is not None:
        memory.remember(head, encode_records(records))
    return records


def _all_records(repository: Repository, head: str) -> Records:
    return records_from_worker(repository, head) or Records.of_these(records_at(repository, head))


def records_at(repository: Repository, commit: str) -> tuple[Record, ...]:
    """Every record that a commit of the branch has in its history, oldest first; who said it is not yet judged."""
    return _read_records(repository, commit, ()) or ()


def _head(repository: Repository) -> str | None:
    """The branch here, or else as `origin` has it, or the only remote.

    Not just any remote's: whoever forks a library can commit in anybody's name there, and to look at a fork's branches
    must not be to believe its reviews.
    """
    local = repository.resolve(REVIEWS_REF)
    if local:
        return _commit_of(repository, local)
    listed = decode(repository.run("for-each-ref", "--format=%(objectname) %(refname)", f"refs/remotes/*/{_BRANCH}"))
    heads = {ref.split("/")[2]: commit for commit, _, ref in (line.partition(" ") for line in listed.splitlines())}
    if not heads or "origin" in heads:
        return heads.get("origin")
    remotes = decode(repository.run("remote")).splitlines()
    return heads.get(remotes[0]) if len(remotes) == 1 else None


def _commit_of(repository: Repository, id_: str) -> str:
    """The commit that the branch is at.

    Raises:
        InputError: It is at something else.
    """
    commit = repository.resolve(f"{id_}^{{commit}}")
    if commit is None:
        what = f"the branch {_BRANCH} is at {id_[:12]}, which is no commit"
        remedy = f"take the shared one: git fetch origin +{_BRANCH}:{_BRANCH}; git reflog {_BRANCH} says where it was"
        raise InputError(what, where=visible(str(repository.root)), remedy=remedy)
    return commit


@dataclass(frozen=True, slots=True)
class _Introduced:
    """A file of the branch as a commit brought it."""

    file: str
    blob: str
    commit: str
    author: str
    at: int


def _read_records(repository: Repository, revisions: str, before: tuple[Record, ...]) -> tuple[Record, ...] | None:
    """All records once those that `revisions` bring are known; None where a known record got a signature since."""
    introduced = list(_introductions(repository, revisions, {(record.file, record.blob) for record in before}))
    from workbench.reviews import records

    contents = _contents(repository, introduced)
    signatures: dict[str, list[bytes]] = {}
    for entry in introduced:
        if entry.file.endswith(SIGNATURE_SUFFIX):
            signatures.setdefault(entry.file.removesuffix(SIGNATURE_SUFFIX), []).append(contents[entry.blob])
    if before and not signatures.keys() <= {entry.file for entry in introduced}:
        return None
    fresh = tuple(
        records.read(
            entry.file,
            contents[entry.blob],
            introduced=entry.commit,
            author=entry.author,
            introduced_at=entry.at,
            blob=entry.blob,
            signed=check_signatures(signatures.get(entry.file, ()), contents[entry.blob]),
        )
        for entry in introduced
        if not entry.file.endswith(SIGNATURE_SUFFIX)
    )
    return (*before, *fresh)


def _contents(repository: Repository, introduced: Sequence[_Introduced]) -> dict[str, bytes]:
    """What the files hold; one that is too large to be a record or a signature is not read, only known as that.

    Raises:
        InputError: Some are not in this clone, a dissent among them for all one knows.
    """
    sizes = repository.sizes(entry.blob for entry in introduced)
    missing = {entry.blob for entry in introduced} - sizes.keys()
    if missing:
        raise InputError(
            f"this clone lacks {plural(len(missing), 'file')} of the branch {_BRANCH}, so records would be missed",
            where=visible(str(repository.root)),
            remedy=f"git fetch --refetch --no-filter origin {_BRANCH}",
        )
    from workbench.reviews.records import MAX_BYTES

    large = {id_ for id_, size in sizes.items() if size > MAX_BYTES}
    return {
        **repository.blobs(id_ for id_ in sizes if id_ not in large),
        **dict.fromkeys(large, bytes(MAX_BYTES + 1)),
    }


def _introductions(repository: Repository, revisions: str, seen: set[tuple[str, str]]) -> Iterator[_Introduced]:
    """Each record file as a commit brought it, in the branch's order, including those that came with a merge."""
    entries = list(repository.log(("%an <%ae>", "%ct"), "--topo-order", revisions, "--"))
    for entry in reversed(entries):
        commit, author, at = entry.fields
        for change in entry.changes:
            if change.mode in _NO_FILES or not (change.path.startswith(_FOLDER) and change.path.endswith(_SUFFIXES)):
                continue
            # What a change left is a record too: its name does not match its bytes, which is how an edit shows.
            key = (change.path, change.id)
            if key not in seen:
                seen.add(key)
                yield _Introduced(*key, commit, author, seconds_of(at))


_NO_FILES = ("000000", "160000")
_FOLDER = "records/"
_SUFFIXES = (".yaml", SIGNATURE_SUFFIX)


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
    blobs = zip(files, repository.store_blobs(list(files.values())), strict=True)
    additions = {path: TreeEntry("100644", "blob", blob, path) for path, blob in blobs}
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
    tidy(repository)
    return commit
