"""What happened to each skill in the library's own history: one walk of the log for all of them."""

import os
import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from workbench.git import LogEntry, Repository, seconds_of
from workbench.reviews.clean_merges import merged_cleanly
from workbench.reviews.git_memory import GitMemory
from workbench.reviews.moves import BETWEEN, origins
from workbench.reviews.step_store import Step, Steps, decode_steps, encode_steps
from workbench.skills.model import ROOT_ID

_AUTHORS = re.compile(r"^[ \t>*-]*(?:co-authored-by|author)[ \t]*:((?:[^@\n]*\n[ \t]+)?[^\n]*)", re.MULTILINE)
_EMAIL = re.compile(r"[^\s<>()]+@[^\s<>()]+|(?<=<)[^<>]+(?=>)")
_MOSTLY_SKILLS = 30
"""A repository with fewer files than this to each skill holds little else."""
_MOST_MOVES = 5
"""So often a folder is followed where it was renamed again."""


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


class History(dict[str, list[Change]]):
    """The changes of each skill, newest first.

    Attributes:
        moved: For skills that came by a rename, what was done in each folder that they came from before.
    """

    def __init__(self, ids: Iterable[str] = ()) -> None:
        super().__init__({id_: [] for id_ in ids})
        self.moved: dict[str, dict[str, list[Change]]] = {}


def read_history(
    repository: Repository, ids: Sequence[str], revision: str = "HEAD", *, cached: bool = False
) -> History:
    """The changes of each skill, newest first. All of them: whose commit was left out could approve their own change.

    Args:
        repository: The library's.
        ids: Skill ids.
        revision: Where history ends.
        cached: Whether what was read before, of these skills or of more, may be taken from the cache.
    """
    if not ids:
        return History()
    memory = GitMemory(repository, "history") if cached else None
    tip = repository.resolve(f"{revision}^{{commit}}") if memory else None
    if memory is None or tip is None:
        return _by_skill(_walk(repository, ids, revision), ids)
    known = memory.recall()
    before = decode_steps(known.value) if known else None
    found = None
    if known is None or before is None or not before.ids.issuperset(ids):
        found = Steps(frozenset(ids), _walk(repository, ids, tip))
    elif known.commit == tip:
        return _by_skill(before.steps, ids)
    elif repository.grew_straight(known.commit, tip):
        walk = _Walk(repository, sorted(before.ids), f"{known.commit}..{tip}")
        steps = walk.steps()
        # What was moved since was written before, in folders that nobody looked into.
        found = Steps(before.ids, (*steps, *before.steps)) if not walk.moved else None
    if found is None:
        found = Steps(before.ids if before else frozenset(ids), ())
        found = found._replace(steps=_walk(repository, sorted(found.ids), tip))
    if len(found.ids) > 1:  # one skill's alone would take the place of what was read of all
        memory.remember(tip, encode_steps(found))
    return _by_skill(found.steps, ids)


def _walk(repository: Repository, ids: Sequence[str], revisions: str) -> tuple[Step, ...]:
    """The commits that changed any of these skills, newest first, none before one that contains it."""
    return _Walk(repository, ids, revisions).steps()


class _Walk:
    """One reading of the log for some skills; where their folders were renamed, another one for where they came from.

    Args:
        repository: The library's.
        ids: Skill ids.
        revisions: As git takes them.
    """

    def __init__(self, repository: Repository, ids: Sequence[str], revisions: str) -> None:
        self._repository = repository
        self._wanted = frozenset(ids) - {ROOT_ID}
        self._whole = ROOT_ID in ids
        self._revisions = revisions
        self._origins: dict[str, dict[str, set[str]]] = {}
        self._brought: dict[str, set[str]] = {}
        self._below = () if self._whole else _where(repository, self._wanted)

    @property
    def moved(self) -> bool:
        """Whether a folder was found to have been renamed."""
        return any(self._origins.values())

    def steps(self) -> tuple[Step, ...]:
        """The commits that changed any of the skills, here or where they came from."""
        found: tuple[Step, ...] = ()
        for _ in range(_MOST_MOVES):
            found = tuple(self._read())
            fresh = {commit: some for commit, some in self._brought.items() if commit not in self._origins}
            moves = origins(self._repository, fresh)
            self._origins |= {commit: moves.get(commit, {}) for commit in fresh}
            if not moves:
                break
        return found

    def _read(self) -> Iterator[Step]:
        fields = ("%T", "%P", "%ct", "%an", "%ae", "%s", "%B")
        followed: dict[str, set[str]] = {}
        outside = {folder for some in self._origins.values() for ones in some.values() for folder in ones}
        below = (*self._below, *(sorted(outside) if len(self._below) > 1 else ()))
        for entry in self._repository.log(fields, "-t", "--topo-order", self._revisions, *below):
            commit, root_tree, parents, at, name, email, subject, message = entry.fields
            trees: dict[str, str | None] = {ROOT_ID: root_tree} if self._whole else {}
            came = set()
            for change in entry.changes:
                keys = [f"{id_}{BETWEEN}{change.path}" for id_ in followed.get(change.path, ())] if followed else []
                for key in [change.path, *keys] if change.path in self._wanted else keys:
                    # Where a file took a folder's place, or the other way round, git tells both.
                    if not (change.is_removal and key in trees):
                        trees[key] = None if change.is_removal else change.id
                    if change.status == "A":
                        came.add(change.path)
            if came and parents and self._takes_away(entry):
                self._brought[commit] = came
            for folder, ones in self._origins.get(commit, {}).items():
                owners = {*followed.get(folder, ()), *({folder} & self._wanted)}
                for one in ones:
                    followed.setdefault(one, set()).update(owners)
            if trees:
                clean = self._clean(parents.split(), trees)
                for nobodys in (True, False):
                    part = {id_: tree for id_, tree in trees.items() if (id_ in clean) is nobodys}
                    authors = () if nobodys else tuple(sorted(people(email, message)))
                    if part:
                        yield Step(commit, seconds_of(at), f"{name} <{email}>", authors, subject, part)

    def _takes_away(self, entry: LogEntry) -> bool:
        """Whether a commit removes anything; where only a part of it is told, it may."""
        return len(self._below) > 1 or any(change.is_removal for change in entry.changes)

    def _clean(self, parents: Sequence[str], trees: Mapping[str, str | None]) -> frozenset[str]:
        """The keys of what git merged without help."""
        if len(parents) < 2:
            return frozenset()
        places = {key: key.rpartition(BETWEEN)[2] for key in trees}
        clean = merged_cleanly(self._repository, parents, {places[key]: tree for key, tree in trees.items()})
        return frozenset(key for key, place in places.items() if place in clean)


def _where(repository: Repository, ids: Collection[str]) -> tuple[str, ...]:
    """What of the repository git is to look at: all of it, or, where most of it is something else, one folder.

    Told a folder, git compares each commit's trees twice: to choose the commits, and to show what they changed.
    """
    below = os.path.commonpath(ids)
    if not below or repository.index_size() < _MOSTLY_SKILLS * len(ids):
        return ("--",)
    return ("--full-history", "--", below)


def _by_skill(steps: Iterable[Step], ids: Sequence[str]) -> History:
    found = History(ids)
    for step in steps:
        for key, tree in step.trees.items():
            id_, _, place = key.partition(BETWEEN)
            if id_ in found:
                change = Change(step.commit, step.at, step.author, frozenset(step.authors), step.subject, tree)
                if place:
                    found.moved.setdefault(id_, {}).setdefault(place, []).append(change)
                else:
                    found[id_].append(change)
    return found


def people(email: str, message: str) -> frozenset[str]:
    """E-mails of a commit's author and of those that its message names as authors, lower case.

    Named they are on any line `Co-authored-by: …`, not only where git sees a trailer: services put such lines in the
    midst of a squashed message. `git merge --squash` writes `Author: …`.
    """
    said = message.casefold()
    named = (found for line in _AUTHORS.findall(said) for found in _EMAIL.findall(line)) if "author" in said else ()
    return frozenset({email.casefold(), *(one.strip() for one in named)})
