"""The filter of the list of skills: the language of the search, of which words look at the rows that are shown."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from workbench.text import visible
from workbench.tui.widgets.filtered_list import Narrowed

if TYPE_CHECKING:
    from workbench.reviews.listing import SkillRow
    from workbench.skills.query import Filter

HINT = "words, or state:stale author:ada name:csv problem:error cap:network; -state:approved for all others"


class SkillFilter:
    """Filters on skills; what passes is worked out once for the same filters and rows, not at every key.

    Attributes:
        capabilities: What each skill can do, by id; None before anybody looked.
    """

    def __init__(self) -> None:
        self.capabilities: Mapping[str, frozenset[str]] | None = None
        self._rows: Sequence[SkillRow] = ()
        self._last: tuple[tuple[Filter, ...], frozenset[str]] | None = None

    def use(self, rows: "Sequence[SkillRow]") -> None:
        """These are the skills from now on."""
        self._rows, self._last = rows, None

    def know(self, capabilities: Mapping[str, frozenset[str]] | None) -> None:
        """This is what the skills can do."""
        self.capabilities, self._last = capabilities, None

    def narrow(self, text: str) -> Narrowed:
        """What a typed filter comes to."""
        if ":" not in text and '"' not in text:
            return Narrowed(text)
        from workbench.errors import UsageError
        from workbench.skills.query import parse_query

        try:
            query = parse_query(text)
        except UsageError as error:
            return Narrowed("", wrong=visible(f"{error.what}: {(error.remedy or '').partition(' To search')[0]}"))
        words = " ".join((*query.words, *query.phrases))
        if not query.filters:
            return Narrowed(words)
        if query.asks_for("cap") and not self.capabilities:
            return Narrowed("", wrong="what the skills can do is not known yet")
        return Narrowed(words, self._kept(query.filters))

    def _kept(self, filters: "tuple[Filter, ...]") -> frozenset[str]:
        from workbench.skills.query import Query, admitted

        if self._last is None or self._last[0] != filters:
            query = Query(filters=filters)
            self._last = filters, frozenset(admitted(query, self._rows, self.capabilities or {}))
        return self._last[1]
