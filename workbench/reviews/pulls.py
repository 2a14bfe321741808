"""Pull requests by number, through git alone: their head fetched beside the branches, nothing checked out.

GitHub and those that follow it keep a request's head as `refs/pull/N/head`, GitLab as `refs/merge-requests/N/head`.
"""

import re
from dataclasses import dataclass
from pathlib import Path

from workbench.errors import InputError
from workbench.git import Repository
from workbench.git.remote import Mirror
from workbench.reviews.sync import remote_address, remote_name
from workbench.text import decode, visible

_PULL = re.compile(r"pr/([1-9][0-9]{0,8})")
_THEIRS = ("refs/pull/{}/head", "refs/merge-requests/{}/head")
_PLACES = "refs/workbench/pr/"
_DEFAULTS = ("refs/remotes/origin/HEAD", "refs/remotes/origin/main", "refs/remotes/origin/master", "refs/heads/main",
             "refs/heads/master", "HEAD")  # fmt: skip


def pull_number(text: str) -> int | None:
    """The number in `pr/N`; None where it is something else."""
    found = _PULL.fullmatch(text)
    return int(found[1]) if found else None


def fetch_pull(repository: Repository, cache: Path, number: int, *, remote: str | None = None) -> str:
    """Bring the head of a pull request, and what it is to be merged into; gives the head's commit.

    Args:
        cache: Where other repositories are kept.
        remote: Its name; by default `origin`, or the only one.

    Raises:
        UsageError: No remote is meant.
        InputError: The remote has no such request, or can't be reached.
    """
    name = remote_name(repository, remote)
    mirror = Mirror(cache, remote_address(repository, name), credentials=True)
    refs = mirror.refs()
    ref = next((place for place in (form.format(number) for form in _THEIRS) if place in refs.ids), None)
    if ref is None:
        remedy = "look the number up; or fetch its branch yourself and name a range: main...BRANCH"
        raise InputError(f"{visible(name)} has no pull request {number}", where=visible(mirror.address), remedy=remedy)
    mirror.fetch_branch(ref)
    _take(repository, mirror, ref, _place(number))
    if refs.head is not None and mirror.fetch_branch(refs.head) is not None:
        _take(repository, mirror, refs.head, _base_place(number))
    return commit_of(repository, f"pr/{number}")


def commit_of(repository: Repository, name: str) -> str:
    """The commit that a revision or `pr/N` names; a request that was never fetched names none.

    Raises:
        InputError: It names none.
    """
    number = pull_number(name)
    commit = repository.resolve(f"{_place(number) if number else name}^{{commit}}")
    if commit is None:
        remedy = (
            f"workbench review open pr/{number}" if number else "fetch it first, for example: git fetch origin main"
        )
        raise InputError(f"'{visible(name)}' names no commit here", where=visible(str(repository.root)), remedy=remedy)
    return commit


def pull_base(repository: Repository, name: str) -> str:
    """The commit of the branch that a request is to be merged into: the remote's default branch, as it was fetched."""
    places = (_base_place(pull_number(name) or 0), *_DEFAULTS)
    found = next(filter(None, (repository.resolve(f"{place}^{{commit}}") for place in places)), None)
    return found or commit_of(repository, "HEAD")


@dataclass(frozen=True, slots=True)
class Offer:
    """A range that can be read as one review, and what it is."""

    range: str
    about: str


def offers(repository: Repository) -> tuple[Offer, ...]:
    """The ranges that one may want to read: what HEAD has over the default branch, and the fetched pull requests."""
    found = []
    head = repository.resolve("HEAD^{commit}")
    for ref in _DEFAULTS[1:-1]:
        if head is not None and repository.resolve(f"{ref}^{{commit}}") not in (None, head):
            name = ref.removeprefix("refs/remotes/").removeprefix("refs/heads/")
            found.append(Offer(f"{name}...HEAD", f"what is checked out has over {name}"))
    said = decode(repository.run("for-each-ref", "--format=%(refname) %(contents:subject)", _PLACES))
    pulls = [line.removeprefix(_PLACES).partition(" ") for line in said.splitlines()]
    known = sorted((int(number), subject) for number, _, subject in pulls if number.isdigit())
    found += [Offer(f"pr/{number}", f"fetched: {subject}") for number, subject in reversed(known)]
    return tuple(found)


def _place(number: int) -> str:
    return f"{_PLACES}{number}"


def _base_place(number: int) -> str:
    return f"refs/workbench/pr-base/{number}"


def _take(repository: Repository, mirror: Mirror, ref: str, place: str) -> None:
    """Bring what the mirror fetched into the library's object store, under a name of our own."""
    options = ("--quiet", "--no-tags", "--no-recurse-submodules", "--no-write-fetch-head")
    env = {"GIT_ALLOW_PROTOCOL": "file"}
    repository.run("fetch", *options, "--", str(mirror.root), f"+{ref}:{place}", env=env)
