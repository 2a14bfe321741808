"""Staging and committing exactly the folders that were copied, whatever else the user has staged."""

import os
from collections.abc import Sequence
from typing import Protocol

from workbench.errors import ConflictError
from workbench.git import GitError, Identity, Repository, named
from workbench.reviews.adopting.model import Found, Outcome
from workbench.reviews.trees import trees_at
from workbench.text import decode, plural, visible

_FROM_STDIN = ("--pathspec-from-file=-", "--pathspec-file-nul")


class Judged(Protocol):
    """A skill and its outcome, which may turn out another once git has stored the copy."""

    found: Found
    outcome: Outcome


def stage(repository: Repository, paths: Sequence[str]) -> dict[str, str]:
    """Stage folders; gives those that git refuses, with its reason.

    Raises:
        ConflictError: Another git command holds the index.
    """
    try:
        _add(repository, paths)
    except GitError as error:
        _check_lock(error)  # else which of them git refuses is known once each is tried alone
    else:
        return {}
    refused = {}
    for path in paths:
        try:
            _add(repository, [path])
        except GitError as error:
            _check_lock(error)
            refused[path] = visible(error.stderr.partition("\n")[0].removeprefix("error: "))
    return refused


def unstage(repository: Repository, paths: Sequence[str]) -> None:
    """Make the index as HEAD has these folders; where even that fails, the work tree still is as it was."""
    if not paths:
        return
    try:
        if repository.head():
            repository.run("--literal-pathspecs", "reset", "--quiet", *_FROM_STDIN, stdin=_listing(paths))
        else:
            options = ("-r", "-f", "-q", "--cached", "--ignore-unmatch")
            repository.run("--literal-pathspecs", "rm", *options, *_FROM_STDIN, stdin=_listing(paths))
    except GitError:
        return


def mark_as_stored(repository: Repository, judged: Sequence[Judged]) -> None:
    """Set the outcomes by what git stores: a copy that only looked different, for line ends say, is the same."""
    ids = [one.found.path for one in judged if one.outcome == "updated"]
    head = repository.head()
    if not ids or head is None:
        return
    before = trees_at(repository, head, ids)
    after = trees_at(repository, index_tree(repository), ids)
    for one in judged:
        if one.outcome == "updated" and before.get(one.found.path) == after.get(one.found.path):
            one.outcome = "same"


def index_tree(repository: Repository) -> str:
    """The tree of the whole index."""
    return decode(repository.run("write-tree")).strip()


def commit(repository: Repository, paths: Sequence[str], who: Identity, *, also: Sequence[str] = ()) -> None:
    """Commit exactly these folders, and the files that go with them."""
    _add(repository, also)
    message = f"Adopt {plural(len(paths), 'skill')} as found\n"
    repository.run(
        "--literal-pathspecs", "commit", "--quiet", "--no-verify", "--no-gpg-sign", "-m", message, *_FROM_STDIN,
        stdin=_listing([*paths, *also]), env=named(who),
    )  # fmt: skip


def _add(repository: Repository, paths: Sequence[str]) -> None:
    if paths:
        repository.run("--literal-pathspecs", "add", "-A", "-f", *_FROM_STDIN, stdin=_listing(paths))


def _check_lock(error: GitError) -> None:
    if "File exists" in error.stderr:
        raise ConflictError(error.what, where=error.where, remedy=error.remedy) from error


def _listing(paths: Sequence[str]) -> bytes:
    return b"\0".join(os.fsencode(path) for path in paths)
