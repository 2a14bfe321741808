"""Sharing the reviews branch: fetched, united with what is here, and pushed. It only ever grows, on either side.

The conversation is held in a bare repository of our own in the user's cache folder, so that nothing that a library's
configuration says can run a program.
"""

import threading
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from workbench.errors import ConflictError, UsageError
from workbench.git import GitError, Repository
from workbench.git.remote import Mirror
from workbench.reviews import last_seen
from workbench.reviews.model import REVIEWS_REF
from workbench.reviews.uniting import united_tree
from workbench.storage import Store
from workbench.text import decode, visible

_THEIRS, _OURS = "refs/workbench/theirs", "refs/workbench/ours"
_ATTEMPTS = 5


@dataclass(frozen=True, slots=True)
class Synced:
    """What came of it.

    Attributes:
        before: The local branch's commit before; None where there was none.
        after: And after.
        fetched: How many commits came.
        pushed: How many went.
        queued: How many wait here, because they could not be sent.
        united: Whether two histories were made one.
        why: Why nothing was exchanged, in words; empty where it was.
    """

    remote: str
    before: str | None
    after: str | None
    fetched: int = 0
    pushed: int = 0
    queued: int = 0
    united: bool = False
    why: str = ""

    def to_json(self) -> dict[str, Any]:
        """The contract of `review sync --json`."""
        return {
            "remote": self.remote, "before": self.before, "after": self.after, "fetched": self.fetched,
            "pushed": self.pushed, "queued": self.queued, "united": self.united, "offline": bool(self.why),
            "why": self.why or None,
        }  # fmt: skip


def sync(
    repository: Repository,
    store: Store,
    cache: Path,
    *,
    remote: str | None = None,
    accept_rewrite: bool = False,
    cancel: threading.Event | None = None,
) -> Synced:
    """Bring the local branch and a remote's to the same head.

    Args:
        repository: The library's.
        store: The user's, which knows the heads seen last.
        cache: Where other repositories are kept.
        remote: Its name; by default `origin`, or the only one.
        accept_rewrite: Take a branch, the remote's or this repository's, that lost what was seen of it. What is here
            stays in any case. Without any remote it is all that is done.
        cancel: Set it to end the conversation.

    Raises:
        UsageError: No remote is meant.
        ConflictError: The remote's branch or the local one was rewritten, or this is checked out or kept moving.
        GitError: The remote refuses what is sent.
    """
    if accept_rewrite and remote is None and not _remotes(repository):
        here = repository.resolve(REVIEWS_REF)
        last_seen.remember(store, repository, here)
        return Synced("", here, here)
    name = remote_name(repository, remote)
    mirror = Mirror(cache, remote_address(repository, name), cancel=cancel, credentials=True)
    outgoing = Mirror(cache, remote_address(repository, name, push=True), cancel=cancel, credentials=True)
    before = repository.resolve(REVIEWS_REF)
    if repository.checked_out(REVIEWS_REF):
        what = "the branch workbench/reviews is checked out, and would move under your feet"
        raise ConflictError(what, where=visible(str(repository.root)), remedy="switch to another branch first")
    result = Synced(name, before, before)
    for _ in range(_ATTEMPTS):
        try:
            theirs = mirror.fetch_branch(REVIEWS_REF)
        except GitError as error:
            return replace(result, queued=_count(repository, result.after, _known(repository, name)), why=error.what)
        _check_rewrite(store, repository, mirror, theirs, name, accept_rewrite)
        result = _unite(repository, result, theirs)
        _refuse_a_rewrite(last_seen.rewritten(store, repository, result.after), str(repository.root), accept_rewrite)
        last_seen.remember(store, repository, theirs, name)
        _note_theirs(repository, name, theirs)
        if result.after is None or result.after == theirs:
            break
        outgoing.refs()
        outgoing.take_from(repository.common_dir, REVIEWS_REF, _OURS)
        if outgoing.push(_OURS, REVIEWS_REF):
            sent = _count(repository, result.after, theirs)
            result = replace(result, pushed=result.pushed + sent)
            last_seen.remember(store, repository, result.after, name)
            _note_theirs(repository, name, result.after)
            break
    else:
        raise ConflictError(f"{visible(name)} kept moving", where=REVIEWS_REF, remedy="try again")
    last_seen.remember(store, repository, result.after)
    return result


def remote_name(repository: Repository, wanted: str | None) -> str:
    """The remote that is meant: the one named, else `origin`, or the only one.

    Raises:
        UsageError: There is none, or none of that name.
    """
    names = _remotes(repository)
    if wanted is not None:
        if wanted not in names:
            known = ", ".join(map(visible, names)) or "there are none"
            raise UsageError(f"there is no remote '{visible(wanted)}'", remedy=f"remotes: {known}")
        return wanted
    if "origin" in names or len(names) == 1:
        return "origin" if "origin" in names else names[0]
    remedy = f"name one: --remote {visible(names[0])}" if names else "git remote add origin URL"
    raise UsageError(
        "this library has no remote, or several and none is origin", where=visible(str(repository.root)), remedy=remedy
    )


def _remotes(repository: Repository) -> list[str]:
    return decode(repository.run("remote")).split("\n")[:-1]


def remote_address(repository: Repository, name: str, *, push: bool = False) -> str:
    """A remote's address; a relative one is a folder beside the work tree's."""
    options = ("--push",) if push else ()
    address = decode(repository.run("remote", "get-url", *options, "--", name)).strip()
    if "://" not in address and "::" not in address and ":" not in address.partition("/")[0]:
        return str((repository.root / address).resolve())
    return address


def _check_rewrite(
    store: Store, repository: Repository, mirror: Mirror, theirs: str | None, name: str, accept: bool
) -> None:
    """Refuse a branch that lost what was seen of it, before anything of it is taken.

    Raises:
        ConflictError: It was rewritten or is gone.
    """
    if theirs is not None:
        _take(repository, mirror)
    _refuse_a_rewrite(last_seen.rewritten(store, repository, theirs, name), name, accept)


def _refuse_a_rewrite(wrong: str | None, where: str, accept: bool) -> None:
    if wrong and not accept:
        remedy = "ask who moved it; --accept-rewrite takes it as it is now, and what is here stays"
        raise ConflictError(wrong, where=visible(where), remedy=remedy)


def _take(repository: Repository, mirror: Mirror) -> None:
    """Bring what the mirror fetched into the library's object store."""
    options = ("--quiet", "--no-tags", "--no-recurse-submodules", "--no-write-fetch-head")
    refs = f"+{REVIEWS_REF}:{_THEIRS}"
    env = {"GIT_ALLOW_PROTOCOL": "file"}
    repository.run("fetch", *options, "--", str(mirror.root), refs, env=env)
    if repository.is_cut_off(_THEIRS):
        # A clone that was made shallow has the branch's end, and git asks for nothing below what it has.
        repository.run("fetch", "--unshallow", *options, "--", str(mirror.root), refs, env=env)


def _unite(repository: Repository, result: Synced, theirs: str | None) -> Synced:
    """Move the local branch to where it holds both histories."""
    ours = repository.resolve(REVIEWS_REF)
    if theirs is None or (ours is not None and repository.is_ancestor(theirs, ours)):
        return replace(result, after=ours)
    came = _count(repository, theirs, ours)
    if ours is None or repository.is_ancestor(ours, theirs):
        repository.move_ref(REVIEWS_REF, theirs, ours, "workbench: sync")
        return replace(result, after=theirs, fetched=result.fetched + came)
    tree = united_tree(repository, ours, theirs)
    message = "Unite reviews\n\nEach record is a file of its own, so nothing is lost on either side.\n"
    merged = repository.commit(tree, [ours, theirs], message, repository.identity(), datetime.now(UTC))
    repository.move_ref(REVIEWS_REF, merged, ours, "workbench: sync")
    return replace(result, after=merged, fetched=result.fetched + came, united=True)


def _known(repository: Repository, name: str) -> str | None:
    """Where the remote's branch was when it was last reached."""
    return repository.resolve(f"refs/remotes/{name}/workbench/reviews")


def _note_theirs(repository: Repository, name: str, commit: str | None) -> None:
    """Keep where the remote's branch is, as any fetch would."""
    if commit is not None:
        place = f"refs/remotes/{name}/workbench/reviews"
        repository.run("update-ref", "-m", "workbench: sync", place, commit)


def _count(repository: Repository, new: str | None, old: str | None) -> int:
    """How many commits `new` has that `old` has not."""
    if new is None:
        return 0
    return int(repository.run("rev-list", "--count", new, *(["--not", old] if old else []), "--"))
