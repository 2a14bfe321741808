"""Pull requests by number, through git alone: their head fetched beside the branches, nothing checked out.

Where services keep a request's head: GitHub, Gitea, Forgejo and Gitee as `refs/pull/N/head`, GitLab as
`refs/merge-requests/N/head`, Bitbucket's server as `refs/pull-requests/N/from`; Azure DevOps has only the merge of both
sides, `refs/pull/N/merge`, whose second parent it is. Bitbucket's cloud has none of them.
"""

import re
from dataclasses import dataclass
from pathlib import Path

from workbench.errors import InputError
from workbench.git import Repository, commit_named
from workbench.git.remote import Mirror
from workbench.reviews.model import REVIEWS_REF
from workbench.reviews.sync import remote_address, remote_name
from workbench.text import decode, visible

_REQUEST = re.compile(r"(?P<kind>pr|mr)/(?P<number>[1-9][0-9]{0,8})")
_MERGED = "refs/pull/{}/merge"
_MERGE_REQUEST = "refs/merge-requests/{}/head"
_THEIRS = {
    "pr": ("refs/pull/{}/head", _MERGE_REQUEST, "refs/pull-requests/{}/from", _MERGED),
    "mr": (_MERGE_REQUEST,),
}
_CALLED = {"pr": "pull request", "mr": "merge request"}
_PLACES = "refs/workbench/"
_PROPOSED = re.compile(r"(?:^|/)workbench/(?:propose|update)/")
_DEFAULTS = ("refs/remotes/origin/HEAD", "refs/remotes/origin/main", "refs/remotes/origin/master", "refs/heads/main",
             "refs/heads/master", "HEAD")  # fmt: skip


def is_request(text: str) -> bool:
    """Whether it is `pr/N`, a request of any service, or `mr/N`, a merge request as GitLab keeps it."""
    return _REQUEST.fullmatch(text) is not None


def fetch_pull(repository: Repository, cache: Path, name: str, *, remote: str | None = None) -> str:
    """Bring the head of a pull request, and what it is to be merged into; gives the head's commit.

    Args:
        cache: Where other repositories are kept.
        name: `pr/N` or `mr/N`.
        remote: Its name; by default `origin`, or the only one.

    Raises:
        UsageError: No remote is meant.
        InputError: The remote has no such request, or can't be reached.
    """
    kind, _, number = name.partition("/")
    where = remote_name(repository, remote)
    mirror = Mirror(cache, remote_address(repository, where), credentials=True)
    refs = mirror.refs()
    ref = next((place for place in (form.format(number) for form in _THEIRS[kind]) if place in refs.ids), None)
    if ref is None:
        what = f"{visible(where)} has no {_CALLED[kind]} {number}"
        remedy = "look the number up; or fetch its branch yourself and name a range: main...BRANCH"
        raise InputError(what, where=visible(mirror.address), remedy=remedy)
    mirror.fetch_branch(ref)
    _take(repository, mirror, ref, _place(name))
    if ref == _MERGED.format(number):
        head = repository.resolve(f"{_place(name)}^2^{{commit}}")
        if head is not None:
            repository.run("update-ref", _place(name), head)
    if refs.head is not None and mirror.fetch_branch(refs.head) is not None:
        _take(repository, mirror, refs.head, _base_place(name))
    return commit_of(repository, name)


def commit_of(repository: Repository, name: str) -> str:
    """The commit that a revision, `pr/N` or `mr/N` names; a request that was never fetched names none.

    Raises:
        InputError: It names none.
    """
    request = is_request(name)
    commit = commit_named(repository.resolve, _place(name) if request else name)
    if commit is None:
        remedy = f"workbench review open {name}" if request else "fetch it first, for example: git fetch origin main"
        raise InputError(f"'{visible(name)}' names no commit here", where=visible(str(repository.root)), remedy=remedy)
    return commit


def pull_base(repository: Repository, name: str) -> str:
    """The commit of the branch that a request is to be merged into: the remote's default branch, as it was fetched."""
    places = (_base_place(name), *_DEFAULTS)
    found = next(filter(None, (repository.resolve(f"{place}^{{commit}}") for place in places)), None)
    return found or commit_of(repository, "HEAD")


@dataclass(frozen=True, slots=True)
class Branch:
    """A branch, a remote's branch or a fetched pull request.

    Attributes:
        name: As one writes it: `topic`, `origin/topic`, `pr/12`.
        subject: The first line of its last commit's message.
    """

    name: str
    commit: str
    subject: str

    @property
    def range(self) -> str:
        """What it has over what is checked out, as `review open` takes it."""
        return self.name if is_request(self.name) else f"HEAD...{self.name}"


def branches_ahead(repository: Repository) -> tuple[Branch, ...]:
    """What HEAD does not contain, our own first; of several at one commit the first. HEAD has to be at a commit."""
    places = ("refs/heads", "refs/remotes", *(_PLACES + kind for kind in _THEIRS))
    fields = "%(objectname) %(refname) %(contents:subject)"
    said = decode(repository.run("for-each-ref", "--no-merged=HEAD", f"--format={fields}", *places))
    found: dict[str, Branch] = {}
    for line in said.splitlines():
        commit, _, rest = line.partition(" ")
        ref, _, subject = rest.partition(" ")
        if not ref.endswith((REVIEWS_REF.removeprefix("refs/heads"), "/HEAD")):
            name = ref.removeprefix("refs/heads/").removeprefix("refs/remotes/").removeprefix(_PLACES)
            found.setdefault(commit, Branch(name, commit, subject))
    return tuple(found.values())


@dataclass(frozen=True, slots=True)
class Offer:
    """A range that can be read as one review, and what it is."""

    range: str
    about: str


def offers(repository: Repository) -> tuple[Offer, ...]:
    """The ranges that one may want to read: what HEAD has over the default branch, fetched pull requests, proposals."""
    found = []
    head = repository.resolve("HEAD^{commit}")
    for ref in _DEFAULTS[1:-1]:
        if head is not None and repository.resolve(f"{ref}^{{commit}}") not in (None, head):
            name = ref.removeprefix("refs/remotes/").removeprefix("refs/heads/")
            found.append(Offer(f"{name}...HEAD", f"what is checked out has over {name}"))
    places = [_PLACES + kind for kind in _THEIRS]
    said = decode(repository.run("for-each-ref", "--format=%(refname) %(contents:subject)", *places))
    pulls = [line.removeprefix(_PLACES).partition(" ") for line in said.splitlines()]
    known = [(int(name.rpartition("/")[2]), name, subject) for name, _, subject in pulls if is_request(name)]
    found += [Offer(name, f"fetched: {subject}") for _, name, subject in sorted(known, reverse=True)]
    ahead = branches_ahead(repository) if head is not None else ()
    found += [Offer(one.range, f"proposed: {one.subject}") for one in ahead if _PROPOSED.search(one.name)]
    return tuple(found)


def _place(name: str) -> str:
    return f"{_PLACES}{name}"


def _base_place(name: str) -> str:
    return _PLACES + name.replace("/", "-base/", 1)


def _take(repository: Repository, mirror: Mirror, ref: str, place: str) -> None:
    """Bring what the mirror fetched into the library's object store, under a name of our own."""
    options = ("--quiet", "--no-tags", "--no-recurse-submodules", "--no-write-fetch-head")
    env = {"GIT_ALLOW_PROTOCOL": "file"}
    repository.run("fetch", *options, "--", str(mirror.root), f"+{ref}:{place}", env=env)
