"""Whether a version's tag still names what was released: a tag can be moved by whoever may push one, records can't.

A release leaves a comment on the reviews branch that names the version and the tree. Where there is none (a tag that
was made by hand), the approvals of the tag's tree say of which version they were. Anybody who may push there can leave
such a comment, too: what one says against a tag, or of a version without one, has to be sound.
"""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from workbench.errors import InputError, RefusedError
from workbench.git import Repository
from workbench.reviews.ledger import Ledger
from workbench.reviews.model import Record
from workbench.reviews.versions import Release, Tags, in_order, trees_then
from workbench.skills.versions import parse_version
from workbench.text import visible

FETCH_TAGS = "git fetch --tags"
RELEASED = "released"
"""The key of the record of a release; what it holds is `released_fields`."""


def released_fields(version: str, tag: str) -> Mapping[str, Any]:
    """What the record of a release says besides its tree."""
    return {RELEASED: {"version": version, "tag": tag}}


Told = tuple[str, Record]
"""The id of a skill, and a record of a release of it."""
Sound = Callable[[Sequence[Told]], Collection[str]]
"""Of some records of releases the files of those whose tree says that version, and was approved by who may."""


def held_against(
    repository: Repository, tags: Tags, ledger: Ledger, ids: Iterable[str], sound: Sound
) -> dict[str, tuple[Release, ...]]:
    """The releases of all skills, each with why its tag is not to be believed where the records say so.

    Args:
        repository: The library's.
        tags: What the tags say.
        ledger: The records.
        ids: The skills of which the records' own releases are given, too: their tags may have another label by now,
            or be of another kind, or not here.
        sound: Says which records are to be believed against a tag, or without one.
    """
    told = _believed({id_: _told(ledger.of(id_)) for id_ in dict.fromkeys((*tags.releases, *ids))}, tags, sound)
    found = {id_: list(tags.releases.get(id_, ())) for id_ in told}
    claimed = [
        (id_, version, tag)
        for id_, records in told.items()
        for version, record in records.items()
        if (tag := _tag_of(record)) in tags.commits and tag not in {one.tag for one in found[id_]}
    ]
    trees = trees_then(repository, [(tags.commits[tag], id_) for id_, _, tag in claimed])
    for (id_, version, tag), tree in zip(claimed, trees, strict=True):
        found[id_].append(Release(version, tag, tags.commits[tag], tree))
    for id_, some in found.items():
        some[:] = [replace(one, moved=_moved(one, told[id_], ledger.of(id_))) for one in some]
        some += _without_tag({one.version for one in some}, tags.odd, told[id_])
    return {id_: in_order(some) for id_, some in found.items() if some}


def _without_tag(known: Collection[str], odd: Mapping[str, str], told: Mapping[str, Record]) -> Iterator[Release]:
    """The releases that records tell of and no annotated tag does: it was replaced, deleted, or not fetched."""
    for version, record in told.items():
        tag = _tag_of(record)
        if tag in odd:
            yield Release(
                version, tag, odd[tag], None, moved=f"it is no annotated tag of a commit, and {_whose(record)}"
            )
        elif version not in known:
            yield Release(version, tag, record.commit or "", record.tree, missing=True)


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


def _moved(release: Release, told: Mapping[str, Record], records: Sequence[Record]) -> str | None:
    record = told.get(release.version)
    if record is not None:
        if record.tree == release.tree:
            return None
        names = f"the tree {release.tree[:12]}" if release.tree else "a commit without the skill"
        return f"it names {names}, and {_whose(record)}"
    approved = {one.version for one in records if one.counts and one.verdict == "approve" and one.tree == release.tree}
    if approved and None not in approved and release.version not in approved:
        others = ", ".join(sorted(visible(version) for version in approved if version))
        return f"what it names was approved as version {others}"
    return None


def _whose(record: Record) -> str:
    return f"{record.tree[:12]} was released by {visible(record.reviewer_name)} on {record.at:%Y-%m-%d}"


def _tag_of(record: Record) -> str:
    """The tag that the record of a release says it made."""
    return str(record.raw[RELEASED].get("tag"))


def version_released(record: Record) -> str | None:
    """The version that the record of a release names; None of any other record."""
    said = record.raw.get(RELEASED) if record.counts else None
    version = said.get("version") if isinstance(said, Mapping) else None
    return version if isinstance(version, str) and version[:1].isdigit() and parse_version(version) else None


def _told(records: Sequence[Record]) -> dict[str, list[Record]]:
    """The records of releases by version: the first one of each tree."""
    found: dict[str, list[Record]] = {}
    for record in records:
        version = version_released(record)
        if version is not None and all(one.tree != record.tree for one in found.get(version, ())):
            found.setdefault(version, []).append(record)
    return found


def _believed(
    told: Mapping[str, Mapping[str, Sequence[Record]]], tags: Tags, sound: Sound
) -> dict[str, dict[str, Record]]:
    """The one record of each version that is believed, by skill: where a tag is contradicted, one that does so."""
    tagged = {(id_, one.version): one.tree for id_, some in tags.releases.items() for one in some}
    every = [(id_, version, records) for id_, versions in told.items() for version, records in versions.items()]
    doubtful = [
        (id_, one)
        for id_, version, records in every
        if [one.tree for one in records] != [tagged.get((id_, version))]
        for one in records
    ]
    good = sound(doubtful) if doubtful else ()
    found: dict[str, dict[str, Record]] = {id_: {} for id_ in told}
    for id_, version, records in every:
        tree = tagged.get((id_, version))
        against = [one for one in records if one.tree != tree and one.file in good]
        agreeing = [one for one in records if one.tree == tree]
        if against or agreeing:
            found[id_][version] = [*against, *agreeing][0]
    return found
