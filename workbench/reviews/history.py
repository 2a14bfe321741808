"""What happened to each skill in the library's own history: one walk of the log for all of them."""

import os
import re
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

from workbench.git import Repository, seconds_of
from workbench.reviews.clean_merges import merged_cleanly
from workbench.reviews.git_memory import GitMemory
from workbench.reviews.step_store import Step, Steps, decode_steps, encode_steps
from workbench.skills.model import ROOT_ID

_AUTHORS = re.compile(r"^[ \t>*-]*(?:co-authored-by|author)[ \t]*:((?:[^@\n]*\n[ \t]+)?[^\n]*)", re.MULTILINE)
_EMAIL = re.compile(r"[^\s<>()]+@[^\s<>()]+|(?<=<)[^<>]+(?=>)")
_MOSTLY_SKILLS = 30
"""A repository with fewer files than this to each skill holds little else."""


@dataclass(frozen=True, slots=True)
class Change:
    """One commit that changed a skill.

    Attributes:
        at: When it was committed, UTC seconds.
        authors: E-mails of its author and co-authors, lower case; none of a merge that git made without help.
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
    """The changes of each skill, newest first. All of them: whose commit was left out could approve their own change.

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
        found = Steps(before.ids, (*since, *before.steps))
    else:
        found = Steps(before.ids, _walk(repository, sorted(before.ids), tip))
    if len(found.ids) > 1:  # one skill's alone would take the place of what was read of all
        memory.remember(tip, encode_steps(found))
    return _by_skill(found.steps, ids)


def _walk(repository: Repository, ids: Sequence[str], revisions: str) -> tuple[Step, ...]:
    """The commits that changed any of these skills, newest first, none before one that contains it."""
    fields = ("%T", "%P", "%ct", "%an", "%ae", "%s", "%B")
    wanted = frozenset(ids) - {ROOT_ID}
    whole = ROOT_ID in ids
    steps = []
    for entry in repository.log(
        fields, "-t", "--topo-order", revisions, *(() if whole else _where(repository, wanted))
    ):
        commit, root_tree, parents, at, name, email, subject, message = entry.fields
        trees: dict[str, str | None] = {ROOT_ID: root_tree} if whole else {}
        for change in entry.changes:
            # Where a file took a folder's place, or the other way round, git tells both.
            if change.path in wanted and not (change.is_removal and change.path in trees):
                trees[change.path] = None if change.is_removal else change.id
        if trees:
            clean = merged_cleanly(repository, parents.split(), trees) if " " in parents else frozenset()
            for nobodys in (True, False):
                part = {id_: tree for id_, tree in trees.items() if (id_ in clean) is nobodys}
                authors = () if nobodys else tuple(sorted(people(email, message)))
                if part:
                    steps.append(Step(commit, seconds_of(at), f"{name} <{email}>", authors, subject, part))
    return tuple(steps)


def _where(repository: Repository, ids: Collection[str]) -> tuple[str, ...]:
    """What of the repository git is to look at: all of it, or, where most of it is something else, one folder.

    Told a folder, git compares each commit's trees twice: to choose the commits, and to show what they changed.
    """
    below = os.path.commonpath(ids)
    if not below or repository.index_size() < _MOSTLY_SKILLS * len(ids):
        return ("--",)
    return ("--full-history", "--", below)


def _by_skill(steps: Iterable[Step], ids: Sequence[str]) -> dict[str, list[Change]]:
    found: dict[str, list[Change]] = {id_: [] for id_ in ids}
    for step in steps:
        wanted = found.keys() & step.trees.keys()
        authors = frozenset(step.authors) if wanted else frozenset()
        for id_ in wanted:
            found[id_].append(Change(step.commit, step.at, step.author, authors, step.subject, step.trees[id_]))
    return found


def people(email: str, message: str) -> frozenset[str]:
    """E-mails of a commit's author and of those that its message names as authors, lower case.

    Named they are on any line `Co-authored-by: …`, not only where git sees a trailer: services put such lines in the
    midst of a squashed message. `git merge --squash` writes `Author: …`.
    """
    said = message.casefold()
    named = (found for line in _AUTHORS.findall(said) for found in _EMAIL.findall(line)) if "author" in said else ()
    return frozenset({email.casefold(), *(one.strip() for one in named)})
