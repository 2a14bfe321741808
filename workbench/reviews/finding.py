"""Finding skills: what the words find in the catalogue, narrowed by filters on what skills are and where they stand."""

from collections.abc import Sequence

from workbench.reviews.listing import SkillRow
from workbench.reviews.model import Standing
from workbench.skills.catalogue import Catalogue
from workbench.skills.catalogue_texts import capabilities
from workbench.skills.model import Skill
from workbench.skills.query import Query, admitted
from workbench.skills.search import Results, search

_UNKNOWN = Standing("draft", ())


def bare_rows(skills: Sequence[Skill]) -> tuple[SkillRow, ...]:
    """Rows for filters that ask neither for states nor for authors: git is not read for them."""
    return tuple(SkillRow(skill, _UNKNOWN) for skill in skills)


def find_skills(catalogue: Catalogue, query: Query, rows: Sequence[SkillRow], *, limit: int) -> Results:
    """The skills among `rows` for which all of a query holds, best first. Raises as `search`."""
    can = capabilities(catalogue) if query.asks_for("cap") else {}
    return search(catalogue, query, limit=limit, among=frozenset(admitted(query, rows, can)))
