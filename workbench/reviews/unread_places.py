"""Where agents look for skills and a commit has something that no approval covers: links that lead away, submodules."""

import posixpath
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass

from workbench.git import Repository, TreeEntry
from workbench.skills.clients import CLIENTS
from workbench.skills.model import ROOT_ID
from workbench.text import decode, truncate, visible

_AGENTS = tuple({place.path for client in CLIENTS for place in client.places if place.scope == "project"})
_LINK, _SUBMODULE = "120000", "160000"
_LONGEST_LINK = 4_096


@dataclass(frozen=True, slots=True)
class UnreadPlace:
    """A place of a commit, relative to the repository's root.

    Attributes:
        id: What git has there.
        why: What is wrong, in words.
    """

    path: str
    id: str
    why: str


def unread_places(repository: Repository, revision: str, skills: Collection[str]) -> list[UnreadPlace]:
    """Links in folders named `skills` that lead to no judged skill, and submodules in an agent's own folder.

    Not those within a skill: they are a part of it, and its coverage says what they hide.

    Args:
        skills: Ids of the skills that are judged: a link to one of them, or to a folder above some, says nothing new.
    """
    entries = {entry.path: entry for entry in repository.entries(revision, "-r", "-t")}
    ids = frozenset(skills)
    some = [
        entry
        for entry in entries.values()
        if entry.mode in (_LINK, _SUBMODULE)
        and posixpath.basename(posixpath.dirname(entry.path)) == "skills"
        and ids.isdisjoint((ROOT_ID, *_with_those_above(entry.path)))
    ]
    sizes = repository.sizes(entry.id for entry in some if entry.mode == _LINK) if some else {}
    targets = repository.blobs(id_ for id_, size in sizes.items() if size <= _LONGEST_LINK) if sizes else {}
    known = {above for id_ in ids for above in _with_those_above(id_)}
    return [UnreadPlace(entry.path, entry.id, why) for entry in some if (why := _why(entry, targets, entries, known))]


def _why(
    entry: TreeEntry, targets: Mapping[str, bytes], entries: Mapping[str, TreeEntry], known: Collection[str]
) -> str | None:
    """What is wrong with a link or a submodule; None if nothing is."""
    folder = posixpath.dirname(entry.path)
    if entry.mode == _SUBMODULE:
        return "a submodule in an agent's folder: no approval covers it" if folder.endswith(_AGENTS) else None
    written = decode(targets.get(entry.id, b"/"))
    target = posixpath.normpath(posixpath.join(folder, written))
    shown = truncate(visible(written), 120)
    if target.startswith(("/", "../")) or target == "..":
        return f"a link to {shown}, outside the library: no approval covers it"
    is_file = target in entries and entries[target].mode.startswith("100")
    return None if is_file or target in known else f"a link to {shown}, which is no skill that is judged here"


def _with_those_above(id_: str) -> Iterator[str]:
    while id_:
        yield id_
        id_ = posixpath.dirname(id_)
