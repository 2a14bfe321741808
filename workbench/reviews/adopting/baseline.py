"""The baseline: one record for each adopted skill that says "as found, unread", all in one commit."""

from collections.abc import Sequence
from datetime import datetime
from typing import TypeVar

from workbench.git import Identity, Repository
from workbench.reviews import ledger, records
from workbench.reviews.adopting.model import Adopted
from workbench.reviews.adopting.storing import Judged
from workbench.reviews.digests import digests_at
from workbench.reviews.trees import trees_at
from workbench.skills.reader import read
from workbench.text import plural, visible

REASON = "as found, unread"

JudgedT = TypeVar("JudgedT", bound=Judged)


def without_record(repository: Repository, judged: Sequence[JudgedT]) -> list[JudgedT]:
    """Those that no record names: an adoption that could not end left them so."""
    if not judged:
        return []
    named = {record.path for record in ledger.read_ledger(repository).records}
    return [one for one in judged if one.found.path not in named]


def record(repository: Repository, adopted: Sequence[Adopted], who: Identity, now: datetime) -> str:
    """Record the baseline of these skills as HEAD has them; gives the commit."""
    head = repository.head()
    trees = trees_at(repository, head or "HEAD", [one.path for one in adopted])
    digests = digests_at(repository, head or "HEAD", list(trees))
    library, policy = repository.roots()[0], repository.resolve("HEAD:.workbench")
    files: dict[str, bytes] = {}
    for one in adopted:
        skill = read(repository.root, one.path)
        tree = trees[one.path]
        fields = {
            "schema": records.SCHEMA,
            "path": one.path,
            "skill": skill.name,
            "library": library,
            "tree": tree,
            "digest": digests[one.path],
            "commit": head,
            "base": None,
            "version": skill.version,
            "policy": policy,
            "verdict": "baseline",
            "answers": [],
            "reviewer": {"name": who.name, "email": who.email},
            "via": "cli",
            "reason": REASON,
            "comments": [],
            "checks": {},
            "origin": visible(one.origin),
            "at": records.timestamp(now),
        }
        data = records.encode(fields)
        files[records.file_path(one.path, tree, now, data)] = data
    message = f"Baseline of {plural(len(adopted), 'skill')}: {REASON}\n\nVerdict: baseline\n"
    return ledger.append(repository, files, list(trees.values()), message, who, now)
