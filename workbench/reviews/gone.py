"""Skills that the library has no more: their records stay, and audits ask for them."""

from collections.abc import Iterable, Sequence
from datetime import datetime

from workbench.git import Repository
from workbench.reviews.listing import SkillRow
from workbench.reviews.model import Record
from workbench.reviews.survey import Background, read_background, standing_of
from workbench.skills.model import SKILL_FILE, Skill
from workbench.skills.reader import parse_skill


def id_of_records(records: Iterable[Record], name: str) -> str | None:
    """The skill that a path or the last part of one stands for, by what was said of skills; None unless it is one."""
    paths = {record.path for record in records}
    if name in paths:
        return name
    found = [path for path in paths if path.rpartition("/")[2] == name]
    return found[0] if len(found) == 1 else None


def row_of_records(
    repository: Repository, name: str, skills: Sequence[Skill], now: datetime
) -> tuple[SkillRow, Background] | None:
    """A skill that is not there any more, as it was when it was approved last; None where no record is of one.

    Args:
        name: As for `id_of_records`.
        skills: Those that the library has.
    """
    ledger = read_background(repository, (), ()).ledger
    id_ = id_of_records(ledger.records, name)
    if id_ is None:
        return None
    trees = [record.tree for record in ledger.of(id_) if record.verdict == "approve"]
    file = repository.look_up([f"{trees[-1]}:{SKILL_FILE}"])[0] if trees else None
    skill = parse_skill(id_, repository.blobs([file[0]]).get(file[0], b"") if file else b"")
    background = read_background(repository, [skill], [*skills, skill])
    return SkillRow(skill, standing_of(skill, None, background, now)), background
