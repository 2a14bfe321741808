"""The skills most like one: which an agent may take for it, and which of the same name hides another."""

from typing import TYPE_CHECKING, ClassVar

from textual import on
from textual.app import ComposeResult
from textual.widgets import Static

from workbench.commands import Scope
from workbench.text import visible
from workbench.tui.jobs import Job
from workbench.tui.screens.frame import WorkbenchScreen
from workbench.tui.toned import toned
from workbench.tui.widgets.columns import Column
from workbench.tui.widgets.filtered_list import FilteredList
from workbench.tui.widgets.tones import Span
from workbench.tui.widgets.virtual_list import Row, VirtualList

if TYPE_CHECKING:
    from workbench.reviews.listing import LibraryView
    from workbench.skills.similar import Similar

_MOST = 50
_COLUMNS = (
    Column("Skill", 26),
    Column("Score", 5, right=True),
    Column("", 11),
    Column("Shared words", 0),
    Column("Path", 30, least=104),
)


class SimilarScreen(WorkbenchScreen[None]):
    """More like this, the same as `workbench skills similar`.

    Args:
        skill_id: The skill to compare with.
        name: Its name.
    """

    NAME = "More like this"
    ABOUT = (
        "The skills whose names and descriptions share telling words with one. The score compares words, not meanings:"
        " 1 is the same words, 0 none shared. Two skills of the same name hide each other where both are loaded."
    )
    MODE = "skills"
    SCOPES: ClassVar[tuple[Scope, ...]] = ("lists",)

    def __init__(self, skill_id: str, name: str) -> None:
        super().__init__()
        self._skill_id = skill_id
        self._label = name

    def compose_body(self) -> ComposeResult:
        """What is compared, and the list."""
        said = Span(" by shared words, not by meaning", "muted")
        yield Static(toned(" Like ", Span(visible(self._label), "strong"), said), id="similar-title")
        yield FilteredList(_COLUMNS, noun="skill", empty="Comparing…", id="similar-rows")

    def on_mount(self) -> None:
        """Compare."""
        if self.library is not None:
            self.library_changed(self.library)

    def library_changed(self, view: "LibraryView") -> None:
        """Compare with what is there now."""
        skills = [row.skill for row in view.rows]
        if not any(skill.id == self._skill_id for skill in skills):
            return

        def work(_: Job) -> "tuple[Similar, ...]":
            from workbench.skills.similar import similar

            return similar(skills, self._skill_id, limit=_MOST)

        self.run_job("Comparing", work, self._show, group="similar")

    def _show(self, found: "tuple[Similar, ...]") -> None:
        empty = f"No skill shares telling words with {visible(self._label)}."
        self.query_one(FilteredList).show([_row(one) for one in found], empty=empty)

    @on(VirtualList.Opened)
    def _opened(self, event: VirtualList.Opened) -> None:
        self.workbench.show_skill(event.row.id)


def _row(one: "Similar") -> Row:
    same = Span("! same name", "attention") if one.same_name else Span("")
    return Row(one.id, (one.name, f"{one.score:.2f}", same, Span(" ".join(one.shared), "muted"), Span(one.id, "muted")))
