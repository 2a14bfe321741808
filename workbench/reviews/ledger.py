"""The reviews branch: every record that was ever put on it, and new ones appended in one commit.

Records are read from the branch's history, not from its last tree: a record that a later commit removed or changed
still counts as it was introduced, so that no dissent can be made to vanish by editing the branch.
"""

import re
import time
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cached_property
from typing import TYPE_CHECKING

from workbench.errors import ConflictError, InputError
from workbench.git import Identity, Repository, TreeEntry, tidy
from workbench.reviews.branch_worker import records_from_worker
from workbench.reviews.git_memory import GitMemory
from workbench.reviews.in_force import default_tip
from workbench.reviews.introductions import Branch, Brought, commit_dates, descents, no_earlier, read_branch
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
        beside: Another commit whose records are among these: the remote's branch, where it and the one here each have
            what the other lacks.
        people: By whose keys and e-mails the records are proved; None before that is known.
    """

    head: str | None
    kept: Records
    libraries: frozenset[str] | None = None
    people: People | None = None
    beside: str | None = None

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
    """Every record on the reviews branch, here and as the remote had it when fetched; who said it is not yet judged.

    Args:
        repository: The library's.
        cached: Whether what was read before may be taken from the cache; `verify` does without.

    Raises:
        InputError: A shallow clone holds only the end of the branch.
    """
    head, other = _heads(repository)
    if head is None:
        return Ledger(None, Records(()))
    if repository.is_cut_off(head, *([other] if other else [])):
        raise InputError(
            "this clone has only the end of the branch workbench/reviews, so records would be missed",
            where=visible(str(repository.root)),
            remedy="git fetch --unshallow origin workbench/reviews:workbench/reviews",
        )
    with ThreadPoolExecutor(max_workers=1) as beside:
        libraries = beside.submit(_libraries, repository)
        records = _read_all(repository, head, cached=cached)
        if other is not None:
            more = _read_records(repository, (f"{head}..{other}",), records)
            records = more or _read_records(repository, (head, other)) or Records(())
    return Ledger(head, records, libraries.result(), beside=other)


def _libraries(repository: Repository) -> frozenset[str] | None:
    """The root of the default branch by first parents: what a request merges into itself names no library."""
    if repository.is_shallow():
        return None
    head = repository.head()
    root = repository.first_root(default_tip(repository, head)) if head else None
    return frozenset(filter(None, (root,)))


def _read_all(repository: Repository, head: str, *, cached: bool) -> Records:
    memory = GitMemory(repository, "ledger") if cached else None
    known = memory.recall() if memory else None
    before = decode_records(known.value) if known else None
    if known is not None and before is not None and known.commit == head:
        return before
    found = None
    if known is not None and before is not None and repository.grew_straight(known.commit, head):
        found = _read_records(repository, (f"{known.commit}..{head}",), before)
    records = found or _all_records(repository, head)
    if memory is not None:
        memory.remember(head, encode_records(records))
    return records


def _all_records(repository: Repository, head: str) -> Records:
    return records_from_worker(repository, head) or read_at(repository, head)


def records_at(repository: Repository, commit: str) -> tuple[Record, ...]:
    """Every record that a commit of the branch has in its history, oldest first; who said it is not yet judged."""
    return read_at(repository, commit).all()


def read_at(repository: Repository, commit: str) -> Records:
    """The records that a commit of the branch has in its history."""
    return _read_records(repository, (commit,)) or Records(())


def _heads(repository: Repository) -> tuple[str | None, str | None]:
    """The commit that holds the records, and another one where the branch here and the remote's each have their own.

    What a fetch brought counts at once: a revoke among it is not overlooked until somebody shares reviews again.
    """
    local, theirs = repository.resolve(REVIEWS_REF), _tracked(repository)
    if local is None:
        return theirs, None
    here = _commit_of(repository, local)
    there = repository.resolve(f"{theirs}^{{commit}}") if theirs else None
    if there is None or repository.is_ancestor(there, here):
        return here, None
    return (there, None) if repository.is_ancestor(here, there) else (here, there)


def _tracked(repository: Repository) -> str | None:
    """The branch as `origin` had it when it was fetched, or the only remote.

    Not just any remote's: whoever forks a library can commit in anybody's name there, and to look at a fork's branches
    must not be to believe its reviews.
    """
    if not repository.has_remote_branches():
        return None
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


def _read_records(repository: Repository, revisions: Sequence[str], before: Records | None = None) -> Records | None:
    """All records once those that `revisions` bring are known; None where they say more of a known one.

    A known one got a signature since, or was brought again, or was revoked and is approved now.
    """
    now = time.time()
    known = before.all() if before else ()
    branch = read_branch(repository, revisions, now, before.newest if before else 0)
    contents = _contents(repository, branch.files)
    signatures: dict[str, dict[bytes, int]] = {}
    for entry in branch.files:
        if entry.file.endswith(SIGNATURE_SUFFIX):
            beside = signatures.setdefault(entry.file.removesuffix(SIGNATURE_SUFFIX), {})
            beside[contents[entry.blob]] = min(one.at for one in entry.by)
    if before is not None:
        fresh_files = {(entry.file, entry.blob) for entry in branch.files}
        again = any((record.file, record.blob) in fresh_files for record in known)
        if again or not signatures.keys() <= {file for file, _ in fresh_files}:
            return None
    from workbench.reviews import records

    fresh = [
        records.read(
            entry.file,
            contents[entry.blob],
            introduced=entry.by[0].commit,
            author=entry.by[0].author,
            introduced_at=entry.by[0].at,
            again=entry.by[1:],
            blob=entry.blob,
            signatures=check_signatures(signatures.get(entry.file, {}), contents[entry.blob]),
        )
        for entry in branch.files
        if not entry.file.endswith(SIGNATURE_SUFFIX)
    ]
    revokes = _revokes((*known, *fresh))
    if before is not None and any(record.verdict == "approve" and _about(record) in revokes for record in fresh):
        return None
    dated = _no_earlier_than_what_they_name(repository, fresh, now)
    return Records.of_these((*known, *_after_revokes(dated, revokes, branch)), branch.newest)


def _about(record: Record) -> tuple[str, str]:
    return record.path, record.tree


def _revokes(some: Iterable[Record]) -> dict[tuple[str, str], list[Record]]:
    """The revokes of each tree of each skill."""
    found: dict[tuple[str, str], list[Record]] = {}
    for record in some:
        if record.verdict == "revoke" and record.counts:
            found.setdefault(_about(record), []).append(record)
    return found


def _after_revokes(
    some: Sequence[Record], revokes: Mapping[tuple[str, str], Sequence[Record]], branch: Branch
) -> list[Record]:
    """The records; an approval of a tree that was revoked knows which revokes were there before it came.

    Every commit that brought it has to descend from one that brought the revoke: who copies either to another place of
    the branch makes an approval older by it, and never newer.
    """
    concerned = {_about(record) for record in some if record.verdict == "approve"} & revokes.keys()
    if not concerned:
        return list(some)
    marked: dict[str, list[str]] = {}
    for about in concerned:
        for revoke in revokes[about]:
            for by in revoke.introductions:
                marked.setdefault(by.commit, []).append(revoke.file)
    descends = descents(branch.parents, marked)
    placed = []
    for record in some:
        if record.verdict == "approve" and _about(record) in concerned:
            came = [by.commit for by in record.introductions]
            before = (one.file for one in revokes[_about(record)])
            record = replace(record, after=tuple(f for f in before if all(descends(commit, f) for commit in came)))
        placed.append(record)
    return placed


def _no_earlier_than_what_they_name(repository: Repository, some: Sequence[Record], now: float) -> list[Record]:
    """The records; a signed one did not come before the commit that it names, so that no old key signs what is new."""
    named = {r.commit for r in some if r.signed is not None and r.commit and _COMMIT.fullmatch(r.commit)}
    if not named:
        return list(some)
    dates = {name: at for name, at in commit_dates(repository, named).items() if at <= now}
    found = []
    for record in some:
        floor = dates.get(record.commit or "") if record.signed is not None else None
        if floor is not None:
            again = tuple(replace(one, at=no_earlier(one.at, floor)) for one in record.again)
            record = replace(record, introduced_at=no_earlier(record.introduced_at, floor), again=again)
        found.append(record)
    return found


_COMMIT = re.compile(r"[0-9a-f]{40}(?:[0-9a-f]{24})?")


def _contents(repository: Repository, introduced: Sequence[Brought]) -> dict[str, bytes]:
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
        parent = local or _tracked(repository)
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
