"""What happened to each skill in the library's own history: one walk of the log for all of them."""

from collections.abc import Sequence
from dataclasses import dataclass

from workbench.git import Repository
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


def read_history(repository: Repository, ids: Sequence[str], revision: str = "HEAD") -> dict[str, list[Change]]:
    """The changes of each skill, newest first, from at most `MAX_COMMITS` commits that touched any of them."""
    if not ids:
        return {}
    paths = [] if ROOT_ID in ids else list(ids)
    wanted = set(ids)
    found: dict[str, list[Change]] = {id_: [] for id_ in ids}
    fields = ("%T", "%ct", "%an", "%ae", "%s", "%(trailers:key=Co-authored-by,valueonly,separator=%x1f)")
    for entry in repository.log(fields, "-t", f"--max-count={MAX_COMMITS}", revision, "--", *paths):
        commit, root_tree, at, name, email, subject, coauthors = entry.fields
        authors = people(email, coauthors)
        trees = {c.path: None if c.status.endswith("D") else c.id for c in entry.changes if c.path in wanted}
        if ROOT_ID in wanted:
            trees[ROOT_ID] = root_tree
        for id_, tree in trees.items():
            found[id_].append(Change(commit, int(at), f"{name} <{email}>", authors, subject, tree))
    return found


def people(email: str, coauthors: str) -> frozenset[str]:
    """E-mails of an author and of those in `Co-authored-by` trailers (separated by U+001F), lower case."""
    return frozenset({email.casefold(), *_emails(coauthors)})


def _emails(trailers: str) -> list[str]:
    return [line.rpartition("<")[2].rstrip(">").strip().casefold() for line in trailers.split("\x1f") if "<" in line]
