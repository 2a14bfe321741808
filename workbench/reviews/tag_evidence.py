"""Whether a version's tag still names what was released: a tag can be moved by whoever may push one, records can't.

A release leaves a comment on the reviews branch that names the version and the tree. Where there is none (a tag that
was made by hand), the approvals of the tag's tree say of which version they were.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from workbench.errors import InputError, RefusedError
from workbench.reviews.ledger import Ledger
from workbench.reviews.model import Record
from workbench.reviews.versions import Release, Tags, in_order
from workbench.skills.versions import parse_version
from workbench.text import visible

FETCH_TAGS = "git fetch --tags"
RELEASED = "released"
"""The key of the record of a release; what it holds is `released_fields`."""


def released_fields(version: str, tag: str) -> Mapping[str, Any]:
    """What the record of a release says besides its tree."""
    return {RELEASED: {"version": version, "tag": tag}}


def held_against(tags: Tags, ledger: Ledger, ids: Iterable[str]) -> dict[str, tuple[Release, ...]]:
    """The releases of all skills, each with why its tag is not to be believed where the records say so.

    Args:
        tags: What the tags say.
        ledger: The records.
        ids: The skills of which the records' own releases are given, too, where no tag tells of them.
    """
    wanted = frozenset(ids)
    found = {}
    for id_ in dict.fromkeys((*tags.releases, *wanted)):
        records = ledger.of(id_)
        some = [replace(one, moved=_moved(one, records)) for one in tags.releases.get(id_, ())]
        if id_ in wanted:
            some += _without_tag(some, tags.commits, records)
        if some:
            found[id_] = in_order(some)
    return found


def _without_tag(known: Sequence[Release], commits: Mapping[str, str], records: Sequence[Record]) -> Iterator[Release]:
    """The releases that records tell of and `known` does not: their tag was deleted, not fetched, or put elsewhere."""
    tags, versions = {one.tag for one in known}, {one.version for one in known}
    for version, told in _told(records).items():
        tag = str(told.raw[RELEASED].get("tag"))
        if tag in commits and tag not in tags:
            why = f"it is no annotated tag of a commit with the skill, and {_whose(told)}"
            yield Release(version, tag, commits[tag], None, moved=why)
        elif version not in versions:
            yield Release(version, tag, told.commit or "", told.tree, missing=True)


def named_release(releases: Sequence[Release], version: str, where: str, *, moved: bool = False) -> Release:
    """The release that a version names, `v` before it or not, with a tree.

    Args:
        releases: Of one skill.
        version: The version.
        where: The skill, for errors.
        moved: Whether a tag that was moved is taken, too, or the record where there is none.

    Raises:
        InputError: There is no such version, or its tag is not here.
        RefusedError: Its tag was moved.
    """
    found = next((one for one in releases if one.version == version.removeprefix("v")), None)
    if found is not None and not moved:
        refuse_moved(found, where)
    if found is None or found.tree is None:
        known = ", ".join(visible(one.version) for one in releases) or "none"
        what = f"there is no released version '{visible(version)}'"
        raise InputError(what, where=where, remedy=f"released: {known}")
    return found


def refuse_moved(release: Release, where: str) -> None:
    """Stop where a tag is not to be believed.

    Raises:
        InputError: It is not here.
        RefusedError: It was moved.
    """
    if release.missing:
        what = f"version {visible(release.version)} was released, and its tag {visible(release.tag)} is not here"
        raise InputError(what, where=where, remedy=f"{FETCH_TAGS}, unless it was deleted")
    if release.moved:
        remedy = "find out who moved it; workbench version list says what the records know"
        raise RefusedError(f"the tag {visible(release.tag)} was moved: {release.moved}", where=where, remedy=remedy)


def _moved(release: Release, records: Sequence[Record]) -> str | None:
    told = _told(records).get(release.version)
    if told is not None:
        if told.tree == release.tree:
            return None
        names = f"the tree {release.tree[:12]}" if release.tree else "a commit without the skill"
        return f"it names {names}, and {_whose(told)}"
    approved = {one.version for one in records if one.counts and one.verdict == "approve" and one.tree == release.tree}
    if approved and None not in approved and release.version not in approved:
        others = ", ".join(sorted(visible(version) for version in approved if version))
        return f"what it names was approved as version {others}"
    return None


def _whose(told: Record) -> str:
    return f"{told.tree[:12]} was released by {visible(told.reviewer_name)} on {told.at:%Y-%m-%d}"


def _told(records: Sequence[Record]) -> dict[str, Record]:
    """The records of releases by version: the first one of each."""
    found: dict[str, Record] = {}
    for record in records:
        said = record.raw.get(RELEASED) if record.counts else None
        version = said.get("version") if isinstance(said, Mapping) else None
        if isinstance(version, str) and version[:1].isdigit() and parse_version(version):
            found.setdefault(version, record)
    return found
