"""Finding skills: what the words find in the catalogue, narrowed by filters on what skills are and where they stand."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from workbench.reviews.listing import SkillRow
from workbench.reviews.model import Standing
from workbench.skills.catalogue import Catalogue
from workbench.skills.catalogue_texts import capabilities
from workbench.skills.model import Skill
from workbench.skills.query import Query, admits
from workbench.skills.search import Results, search

_UNKNOWN = Standing("draft", ())


@dataclass(frozen=True, slots=True)
class Narrowing:
    """Filters at work on rows.

    Attributes:
        can: What each skill can do, by id; a skill that is missing was not looked at yet.
    """

    query: Query
    can: Mapping[str, frozenset[str]]

    def admits(self, row: SkillRow) -> bool:
        """Whether every filter holds for a skill."""
        return admits(self.query, row, self.can.get(row.id))


def narrowing(catalogue: Catalogue, query: Query) -> Narrowing:
    """The filters of a query, ready to be asked about rows."""
    return Narrowing(query, capabilities(catalogue) if query.asks_for("cap") else {})


def bare_rows(skills: Sequence[Skill]) -> tuple[SkillRow, ...]:
    """Rows for filters that ask neither for states nor for authors: git is not read for them."""
    return tuple(SkillRow(skill, _UNKNOWN) for skill in skills)


def find_skills(catalogue: Catalogue, query: Query, rows: Sequence[SkillRow], *, limit: int) -> Results:
    """The skills among `rows` for which all of a query holds, best first. Raises as `search`."""
    narrowed = narrowing(catalogue, query)
    return search(catalogue, query, limit=limit, among=[row.id for row in rows if narrowed.admits(row)])
