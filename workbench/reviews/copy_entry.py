"""What an entry of a lock file says of the copies that were installed from here: for each agent, what it got.

An entry has one source, and several agents may have got different versions, or copies from different libraries. So
`copies` tells it for each agent, beside `agents`; what the shared formats ask for tells of one of them, and stays where
another tool, or another library, wrote it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from workbench.git import Repository
from workbench.reviews.origins import without_credentials


@dataclass(frozen=True, slots=True)
class ThisLibrary:
    """Which library copies are installed from.

    Attributes:
        source: Its remote, or else its folder.
        is_remote: Whether it is a remote.
        root: Its root commit; None where it can't be known. `roots` are all, where there are several.
        skills: Ids of the skills that it has now.
    """

    source: str
    is_remote: bool
    root: str | None
    roots: frozenset[str]
    skills: frozenset[str]

    @classmethod
    def of(cls, repository: Repository, skills: Sequence[str]) -> "ThisLibrary":
        """The library in a repository with these skills."""
        remote = repository.config("remote.origin.url")
        roots = () if repository.is_shallow() else repository.roots()
        source = without_credentials(remote) if remote else str(repository.root)
        return cls(source, bool(remote), next(iter(roots), None), frozenset(roots), frozenset(skills))

    def installed(self, copy: "Placed") -> bool:
        """Whether a copy is from here: the same place, or, as another clone of it is, the same root commit."""
        return copy.source == self.source or (copy.library is not None and copy.library in self.roots)

    def may_replace(self, copy: "Placed", skill: str) -> bool:
        """Whether a skill goes over a copy: it is one of it, or of a skill that is no longer here."""
        return self.installed(copy) and (copy.skill == skill or copy.skill not in self.skills)


@dataclass(frozen=True, slots=True)
class Placed:
    """What one agent got.

    Attributes:
        tree: The tree.
        skill: The id of the skill in its library.
        source: The library, as `ThisLibrary`; None in an entry of something else.
        library: Its root commit; None where it was not known.
        pinned: Whether just this version was asked for.
        unapproved: Whether it was forced.
        digest: The `computedHash` of a project's lock file.
    """

    tree: str
    skill: str
    source: str | None
    library: str | None = None
    version: str | None = None
    pinned: bool = False
    unapproved: bool = False
    digest: str | None = None

    def to_json(self) -> dict[str, Any]:
        """One item of `copies`; what is not known or not so is left out."""
        said = {
            "tree": self.tree, "source": self.source, "library": self.library, "skillPath": self.skill,
            "version": self.version, "pinned": self.pinned, "unapproved": self.unapproved, "computedHash": self.digest,
        }  # fmt: skip
        return {key: value for key, value in said.items() if value}


def placed(entry: Mapping[str, Any], name: str) -> dict[str, Placed]:
    """What each agent got, by its id; only entries that this program made have any."""
    agents, copies = entry.get("agents"), entry.get("copies")
    found = {}
    for agent, tree in agents.items() if isinstance(agents, Mapping) else ():
        if isinstance(tree, str):
            own = copies.get(agent) if isinstance(copies, Mapping) else None
            said = own if isinstance(own, Mapping) and own.get("tree") == tree else entry
            found[str(agent)] = Placed(
                tree,
                _text(said, "skillPath") or name,
                _text(said, "source"),
                _text(said, "library"),
                _text(said, "version"),
                said.get("pinned") is True,
                said.get("unapproved") is True,
                _text(said, "computedHash"),
            )
    return found


def entry_with(
    old: Mapping[str, Any], agents: Sequence[str], fresh: Placed, library: ThisLibrary, now: datetime, *, user: bool
) -> dict[str, Any]:
    """An entry in which these agents have a new copy.

    Args:
        old: As it was; empty where there was none.
        user: Whether it is in the user's lock file, whose entries say more.
    """
    before = placed(old, fresh.skill)
    after = dict(sorted({**before, **dict.fromkeys(agents, fresh)}.items()))
    fields = {**old, **_copies(after)}
    if _describes(old, before, after, fresh):
        fields |= {
            "source": fresh.source,
            "sourceType": "git" if library.is_remote else "local",
            "skillPath": fresh.skill,
            "tree": fresh.tree,
            "version": fresh.version,
        }
        stamp = f"{now:%Y-%m-%dT%H:%M:%S.000Z}"
        fields |= (
            {
                "sourceUrl": fresh.source,
                "skillFolderHash": fresh.tree,
                "installedAt": old.get("installedAt") or stamp,
                "updatedAt": stamp,
            }
            if user
            else {"computedHash": fresh.digest}
        )
    return {key: value for key, value in fields.items() if value is not None}


def entry_without(old: Mapping[str, Any], agents: Sequence[str]) -> dict[str, Any] | None:
    """An entry in which these agents have no copy; None where nothing is left of it."""
    before = placed(old, "")
    after = {agent: one for agent, one in before.items() if agent not in agents}
    if not after and _head(old) in map(_provenance, before.values()):
        return None
    fields = {**old, **_copies(after)}
    if not after:
        fields |= {"agents": None, "copies": None}
    return {key: value for key, value in fields.items() if value is not None}


def _copies(copies: Mapping[str, Placed]) -> dict[str, Any]:
    return {
        "agents": {agent: one.tree for agent, one in copies.items()},
        "copies": {agent: one.to_json() for agent, one in copies.items()},
        "unapproved": True if any(one.unapproved for one in copies.values()) else None,
    }


def _describes(
    old: Mapping[str, Any], before: Mapping[str, Placed], after: Mapping[str, Placed], fresh: Placed
) -> bool:
    """Whether the entry's own fields tell of the new copy: they are nobody else's, or of a copy that is gone."""
    head = _head(old)
    if head[0] is None or head == _provenance(fresh):
        return True
    return head in map(_provenance, before.values()) and head not in map(_provenance, after.values())


def _head(entry: Mapping[str, Any]) -> tuple[str | None, str | None]:
    return _text(entry, "source"), _text(entry, "skillPath")


def _provenance(copy: Placed) -> tuple[str | None, str | None]:
    return copy.source, copy.skill


def _text(raw: Mapping[str, Any], key: str) -> str | None:
    value = raw.get(key)
    return value if isinstance(value, str) and value else None
