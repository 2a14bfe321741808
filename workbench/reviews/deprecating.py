"""Deprecating a skill or one of its versions: a comment on the reviews branch that names what to use instead.

It is a record like any other: it travels with the reviews, says who and why, is never edited, and takes nothing away.
What was approved stays approved; lists say so and an install warns. Undoing it is another record.
"""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from workbench.errors import UsageError
from workbench.reviews.model import DEPRECATED, Deprecation, Record, Recorded, Standing
from workbench.reviews.tag_evidence import named_release
from workbench.reviews.versions import name_and_version
from workbench.text import visible

if TYPE_CHECKING:
    from workbench.reviews.desk import ReviewDesk


def deprecations(records: Sequence[Record]) -> Mapping[str | None, Deprecation]:
    """What is deprecated of one skill, by version (None: all of it); of several words on one the last counts.

    Args:
        records: Of the skill, oldest first.
    """
    found: dict[str | None, Deprecation] = {}
    for record in records:
        said = record.raw.get(DEPRECATED)
        if not record.counts or not isinstance(said, Mapping):
            continue
        version, successor = (_text(said.get(key)) for key in ("version", "successor"))
        if said.get("undone") is True:
            found.pop(version, None)
        else:
            found[version] = Deprecation(version, successor, record.reason, record.reviewer_name, record.at)
    return found


def deprecation_of(records: Sequence[Record], version: str | None) -> Deprecation | None:
    """The word that holds for a version: its own, else that on the skill as a whole."""
    found = deprecations(records)
    return found.get(version) or found.get(None)


def deprecated_now(standing: Standing) -> Deprecation | None:
    """The word that holds for what stands there now: on its version if its bytes are released, else on the skill."""
    return deprecation_of(standing.records, standing.released)


def deprecate(
    desk: "ReviewDesk",
    name: str,
    version: str | None,
    successor: str | None,
    reason: str,
    *,
    undo: bool = False,
    may_ask: bool = False,
) -> Recorded:
    """Record that a skill or a released version of it is deprecated, or no longer is.

    Args:
        version: A released version; None for the skill as a whole.
        successor: `NAME` or `NAME@VERSION` to use instead.
        undo: Take an earlier word back.
        may_ask: Whether a passphrase may be asked for on the terminal.

    Raises:
        UsageError: The successor is what is deprecated, or there is nothing to undo.
        InputError: There is no such version, of the skill or of the successor.
        WorkbenchError: As `ReviewDesk.decide`.
    """
    row, background = desk.standing(name)
    where = visible(row.id)
    if version is not None:
        version = named_release(background.releases.get(row.id, ()), version, where, moved=True).version
    if undo:
        if version not in deprecations(row.standing.records):
            raise UsageError("it is not deprecated", where=where, remedy="workbench version list shows what is")
        fields: dict[str, Any] = {"version": version, "successor": None, "undone": True}
        return desk.decide(
            row.id, "comment", reason or "No longer deprecated.", extra={DEPRECATED: fields}, may_ask=may_ask
        )
    if successor is not None:
        label, wanted = name_and_version(successor)
        other, others = desk.standing(label)
        if wanted:
            wanted = named_release(others.releases.get(other.id, ()), wanted, visible(other.id)).version
        if other.id == row.id and (not wanted or wanted == version or version is None):
            remedy = "name another skill, or one released version of it: NAME@VERSION"
            raise UsageError("what is deprecated can't be its own successor", where=where, remedy=remedy)
        successor = f"{other.id}@{wanted}" if wanted else other.id
    fields = {"version": version, "successor": successor, "undone": False}
    return desk.decide(row.id, "comment", reason, extra={DEPRECATED: fields}, may_ask=may_ask)


def _text(value: object) -> str | None:
    return value if isinstance(value, str) and value else None
