"""The rows of a whole library as they were judged last, for as long as nothing moved that they rest on.

What a row says follows from where git's refs stand, from the names of all skills, and from the skill's own bytes. While
the first two are as they were, a skill whose bytes are as they were is not judged again; those that changed are. What
is kept is a cache for lists: verdicts, installs and `verify` judge anew.
"""

import hashlib
from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TYPE_CHECKING, NamedTuple

import msgspec

from workbench.git import FEW, Repository
from workbench.reviews.at_hand import Position, position_of
from workbench.reviews.coverage import COVERED
from workbench.reviews.git_memory import GitMemory
from workbench.reviews.listing import SkillRow
from workbench.reviews.model import Deprecation, Standing
from workbench.reviews.present import Looking, Present, present
from workbench.skills.model import Skill

if TYPE_CHECKING:
    from workbench.reviews.survey import Ahead, Background


class _Row(NamedTuple):
    """A row as it was judged; `given` is a digest over the skill and its bytes."""

    given: bytes
    standing: Standing
    changed_at: int | None
    authors: frozenset[str]
    deprecated: Deprecation | None


class _Kept(NamedTuple):
    """Rows by skill id; `names` is a digest over the names of all skills of the library."""

    names: bytes
    notes: tuple[str, ...]
    rows: dict[str, _Row]


class Glanced(NamedTuple):
    """The rows of a library, without their records, and what else is known of it."""

    rows: tuple[SkillRow, ...]
    notes: tuple[str, ...]
    position: Position


class _Begun(NamedTuple):
    """What is known, or being looked up, before the skills are."""

    position: Position
    kept: _Kept | None
    looking: Looking | None
    ahead: "Ahead | None"


class Glance:
    """One look at a library's rows; what does not depend on its skills is looked up while they are being read."""

    def __init__(self, repository: Repository) -> None:
        self._repository = repository
        self._memory = GitMemory(repository, f"rows {repository.root}")
        beside = ThreadPoolExecutor(max_workers=1)
        self._begun: Future[_Begun] = beside.submit(self._begin)
        beside.shutdown(wait=False)

    def _begin(self) -> "_Begun":
        """Where everything stands, what is kept of that, and what takes longest of the rest.

        git looks through the whole work tree only where many skills are known: few of a large repository are stored
        and compared in no time, and its status may take seconds.
        """
        known = self._memory.recall()
        ahead = self._ahead() if known is None else None
        position = position_of(self._repository)
        kept = _decoded(known.value) if known is not None and known.commit == _digest(position).hex() else None
        looking = Looking(self._repository) if kept is not None and len(kept.rows) > FEW else None
        return _Begun(position, kept, looking, ahead if known is None or kept is not None else self._ahead())

    def _ahead(self) -> "Ahead | None":
        from workbench.reviews.survey import Ahead

        return Ahead.if_new(self._repository)

    def rows(self, skills: Sequence[Skill]) -> Glanced:
        """The rows of these skills, which are all of the library."""
        position, kept, looking, ahead = self._begun.result()
        seen = present(self._repository, [skill.id for skill in skills], looking)
        names = _digest([(skill.id, skill.name) for skill in skills])
        given = {skill.id: _given(skill, seen) for skill in skills}
        old = kept.rows if kept is not None and kept.names == names else {}
        changed = [skill for skill in skills if skill.id not in old or old[skill.id].given != given[skill.id]]
        if kept is not None and not changed and len(old) == len(skills):
            return Glanced(_as_rows(skills, old), kept.notes, position)
        if len(changed) > FEW:
            changed = list(skills)
        fresh, background = self._judged(changed, skills, seen, ahead)
        rows = {id_: row for id_, row in old.items() if id_ in given} | {
            row.id: _Row(given[row.id], row.standing, row.changed_at, row.authors, row.deprecated) for row in fresh
        }
        self._keep(position, _Kept(names, background.notes, rows), background)
        return Glanced(_as_rows(skills, rows), background.notes, position)

    def _judged(
        self, changed: Sequence[Skill], skills: Sequence[Skill], seen: Present, ahead: "Ahead | None"
    ) -> "tuple[tuple[SkillRow, ...], Background]":
        from workbench.reviews.judging import rows_in_git

        return rows_in_git(self._repository, changed, among=skills, ahead=ahead, seen=seen)

    def _keep(self, position: Position, kept: _Kept, background: "Background") -> None:
        """Keep these rows, if they hold for longer than this moment and nothing moved while they were judged."""
        from workbench.reviews.survey import is_lasting

        if is_lasting(background.policy) and position_of(self._repository) == position:
            self._memory.remember(_digest(position).hex(), _encoded(kept))


def _given(skill: Skill, seen: Present) -> bytes:
    errors = [problem.message for problem in skill.problems if problem.severity == "error"]
    coverage = seen.coverage.get(skill.id, COVERED)
    return _digest((seen.trees.get(skill.id), skill.loads, errors, coverage.beyond, coverage.left_out, coverage.beside))


def _digest(value: object) -> bytes:
    return hashlib.blake2b(repr(value).encode("utf-8", "surrogatepass"), digest_size=16).digest()


def _as_rows(skills: Sequence[Skill], rows: dict[str, _Row]) -> tuple[SkillRow, ...]:
    return tuple(SkillRow(skill, *rows[skill.id][1:]) for skill in skills)


_decoder = msgspec.msgpack.Decoder(_Kept)


def _decoded(data: bytes) -> _Kept | None:
    try:
        return _decoder.decode(data) if data else None
    except msgspec.MsgspecError:
        return None


def _encoded(kept: _Kept) -> bytes:
    """Without the records, which nobody lists; nothing where a name is not UTF-8, so that it is judged each time."""
    from dataclasses import replace

    rows = {id_: row._replace(standing=replace(row.standing, records=())) for id_, row in kept.rows.items()}
    try:
        return msgspec.msgpack.encode(kept._replace(rows=rows))
    except (UnicodeEncodeError, OverflowError):
        return b""
