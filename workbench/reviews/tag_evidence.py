"""Whether a version's tag still names what was released: a tag can be moved by whoever may push one, records can't.

A release leaves a comment on the reviews branch that names the version and the tree. Where there is none (a tag that
was made by hand), the approvals of the tag's tree say of which version they were.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from workbench.errors import InputError, RefusedError
from workbench.reviews.ledger import Ledger
from workbench.reviews.model import Record
from workbench.reviews.versions import Release
from workbench.text import visible

RELEASED = "released"
"""The key of the record of a release; what it holds is `released_fields`."""


def released_fields(version: str, tag: str) -> Mapping[str, Any]:
    """What the record of a release says besides its tree."""
    return {RELEASED: {"version": version, "tag": tag}}


def held_against(releases: Mapping[str, Sequence[Release]], ledger: Ledger) -> dict[str, tuple[Release, ...]]:
    """The releases, each with why its tag is not to be believed where the records say so."""
    return {
        id_: tuple(replace(one, moved=_moved(one, ledger.of(id_))) for one in some) for id_, some in releases.items()
    }


def named_release(releases: Sequence[Release], version: str, where: str, *, moved: bool = False) -> Release:
    """The release that a version names, `v` before it or not, with a tree.

    Args:
        releases: Of one skill.
        version: The version.
        where: The skill, for errors.
        moved: Whether a tag that was moved is taken, too.

    Raises:
        InputError: There is no such version.
        RefusedError: Its tag was moved.
    """
    found = next((one for one in releases if one.version == version.removeprefix("v")), None)
    if found is None or found.tree is None:
        known = ", ".join(visible(one.version) for one in releases) or "none"
        what = f"there is no released version '{visible(version)}'"
        raise InputError(what, where=where, remedy=f"released: {known}")
    if not moved:
        refuse_moved(found, where)
    return found


def refuse_moved(release: Release, where: str) -> None:
    """Stop where a tag is not to be believed.

    Raises:
        RefusedError: It was moved.
    """
    if release.moved:
        remedy = "find out who moved it; workbench version list says what the records know"
        raise RefusedError(f"the tag {visible(release.tag)} was moved: {release.moved}", where=where, remedy=remedy)


def _moved(release: Release, records: Sequence[Record]) -> str | None:
    if release.tree is None:
        return None
    told = next((one for one in records if one.counts and _version_of(one) == release.version), None)
    if told is not None:
        if told.tree == release.tree:
            return None
        who = f"{visible(told.reviewer_name)} on {told.at:%Y-%m-%d}"
        return f"it names the tree {release.tree[:12]}, and {told.tree[:12]} was released by {who}"
    approved = {one.version for one in records if one.counts and one.verdict == "approve" and one.tree == release.tree}
    if approved and None not in approved and release.version not in approved:
        others = ", ".join(sorted(visible(version) for version in approved if version))
        return f"what it names was approved as version {others}"
    return None


def _version_of(record: Record) -> str | None:
    """The version that a record says was released with its tree."""
    said = record.raw.get(RELEASED)
    version = said.get("version") if isinstance(said, Mapping) else None
    return version if isinstance(version, str) else None
