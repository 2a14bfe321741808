"""What happened to each skill in the library's own history: one walk of the log for all of them."""

import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from workbench.git import Repository, Wanted, changes_of, seconds_of
from workbench.reviews.branch_worker import steps_from_worker
from workbench.reviews.git_memory import GitMemory
from workbench.reviews.step_store import Step, Steps, decode_steps, encode_steps
from workbench.skills.model import ROOT_ID

MAX_COMMITS = 20_000


@dataclass(frozen=True, slots=True)
class Change:
    """One commit that changed a skill.

    Attributes:
        at: When it was committed, UTC seconds.
        authors: E-mails of its author and co-authors, lower case.
        tree: The skill's tree after it; None where it was removed, or not known.
        version: The version whose tag is on that tree.
        approved: Whether that tree met the rules.
    """

    commit: str
    at: int
    author: str
    authors: frozenset[str]
    subject: str
    tree: str | None
    version: str | None = None
    approved: bool = False


def read_history(
    repository: Repository, ids: Sequence[str], revision: str = "HEAD", *, cached: bool = False
) -> dict[str, list[Change]]:
    """The changes of each skill, newest first, from at most `MAX_COMMITS` commits that touched any of them.

    Args:
        repository: The library's.
        ids: Skill ids.
        revision: Where history ends.
        cached: Whether what was read before, of these skills or of more, may be taken from the cache.
    """
    if not ids:
        return {}
    memory = GitMemory(repository, "history") if cached else None
    tip = repository.resolve(f"{revision}^{{commit}}") if memory else None
    if memory is None or tip is None:
        return _by_skill(_walk(repository, ids, revision), ids)
    known = memory.recall()
    before = decode_steps(known.value) if known else None
    if known is None or before is None or not before.ids.issuperset(ids):
        found = Steps(frozenset(ids), _walk(repository, ids, tip))
    elif known.commit == tip:
        return _by_skill(before.steps, ids)
    elif repository.grew_straight(known.commit, tip):
        since = _walk(repository, sorted(before.ids), f"{known.commit}..{tip}")
        found = Steps(before.ids, (*since, *before.steps)[:MAX_COMMITS])
    else:
        found = Steps(before.ids, _walk(repository, sorted(before.ids), tip))
    if len(found.ids) > 1:  # one skill's alone would take the place of what was read of all
        memory.remember(tip, encode_steps(found))
    return _by_skill(found.steps, ids)


def _walk(repository: Repository, ids: Sequence[str], revisions: str) -> tuple[Step, ...]:
    found = steps_from_worker(repository, ids, revisions)
    return walk(repository, ids, revisions) if found is None else found


def walk(repository: Repository, ids: Sequence[str], revisions: str) -> tuple[Step, ...]:
    """The commits that changed any of these skills, newest first."""
    fields = ("%ct", "%an", "%ae", "%s", "%(trailers:key=Co-authored-by,valueonly,separator=%x1f)")
    entries = [entry.fields for entry in repository.commits(fields, revisions)]
    changed = changes_of(repository, [(commit, parents.split()) for commit, _, parents, *_ in entries], _wanted(ids))
    steps = []
    for (commit, root_tree, _, at, name, email, subject, coauthors), changes in zip(entries, changed, strict=True):
        trees = {os.fsdecode(change.path): change.id for change in changes}
        if ROOT_ID in ids:
            trees[ROOT_ID] = root_tree
        if trees:
            authors = people(email, coauthors)
            steps.append(Step(commit, seconds_of(at), f"{name} <{email}>", tuple(sorted(authors)), subject, trees))
    return tuple(steps[:MAX_COMMITS])


def _wanted(ids: Sequence[str]) -> Wanted:
    """Where changes of these skills are: as deep below the root as all of them are."""
    paths = {os.fsencode(id_) for id_ in ids if id_ != ROOT_ID}
    above = {path[:at] for path in paths for at in range(len(path)) if path[at : at + 1] == b"/"}
    below = os.path.commonpath(paths) if paths else b""
    while b"\n" in below:  # no revision can be asked for by such a path
        below = below.rpartition(b"/")[0]
    return Wanted(below, lambda path, _: path in paths, lambda path, _: not path or path in above)


def _by_skill(steps: Iterable[Step], ids: Sequence[str]) -> dict[str, list[Change]]:
    found: dict[str, list[Change]] = {id_: [] for id_ in ids}
    for step in steps:
        wanted = found.keys() & step.trees.keys()
        authors = frozenset(step.authors) if wanted else frozenset()
        for id_ in wanted:
            found[id_].append(Change(step.commit, step.at, step.author, authors, step.subject, step.trees[id_]))
    return found


def people(email: str, coauthors: str) -> frozenset[str]:
    """E-mails of an author and of those in `Co-authored-by` trailers (separated by U+001F), lower case."""
    return frozenset({email.casefold(), *_emails(coauthors)})


def _emails(trailers: str) -> list[str]:
    return [line.rpartition("<")[2].rstrip(">").strip().casefold() for line in trailers.split("\x1f") if "<" in line]
