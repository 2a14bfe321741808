"""The library's skills, each with its state, and beside them the one under the cursor."""

from typing import TYPE_CHECKING, ClassVar

from textual.app import ComposeResult

from workbench.tui.screens.frame import WorkbenchScreen
from workbench.tui.skill_rows import COLUMNS, list_rows
from workbench.tui.widgets.filtered_list import FilteredList

if TYPE_CHECKING:
    from workbench.reviews.listing import LibraryView


class SkillsScreen(WorkbenchScreen[None]):
    """The first screen."""

    NAME = "Skills"
    ABOUT = (
        "The skills of this library. A state is derived from git each time it is shown: an approval holds for exactly"
        " the bytes that were read, and any later change makes it stale."
    )
    MODE = "skills"
    CSS_PATH = "skills.tcss"
    SCOPES: ClassVar = ("lists", "skill", "tabs")

    def compose_body(self) -> ComposeResult:
        """The list; the detail is added once the list stands."""
        yield FilteredList(COLUMNS, noun="skill", empty="Reading the library…", id="skills")

    def on_mount(self) -> None:
        """Show what is already there."""
        super().on_mount()
        if self.library is not None:
            self.library_changed(self.library)

    def library_changed(self, view: "LibraryView") -> None:
        """Show the skills as they are now."""
        self.query_one(FilteredList).show(list_rows(view.rows))
