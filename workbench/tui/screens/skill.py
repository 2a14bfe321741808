"""One skill on a screen of its own, where there is no room beside the list."""

from typing import TYPE_CHECKING, ClassVar

from textual import on
from textual.app import ComposeResult

from workbench.commands import Scope
from workbench.tui.bindings import bindings
from workbench.tui.screens.skill_actions import SkillActions
from workbench.tui.widgets.skill_detail import SkillDetail

if TYPE_CHECKING:
    from workbench.reviews.listing import LibraryView, SkillRow


class SkillScreen(SkillActions):
    """The detail of one skill.

    Args:
        skill_id: Its id.
    """

    NAME = "Skill"
    ABOUT = (
        "One skill in full: what it tells an agent, its source with the problems in place, its files, tests, versions,"
        " and who said what about it."
    )
    MODE = "skills"
    SCOPES: ClassVar[tuple[Scope, ...]] = ("skill", "tabs", "lists")
    BINDINGS: ClassVar = bindings("skill", "tabs")
    AUTO_FOCUS = "#skill-text"

    def __init__(self, skill_id: str) -> None:
        super().__init__()
        self._id = skill_id

    def compose_body(self) -> ComposeResult:
        """The detail."""
        yield SkillDetail()

    def on_mount(self) -> None:
        """Show the skill as it was last read."""
        if self.library is not None:
            self.library_changed(self.library)

    @property
    def current_skill(self) -> "SkillRow | None":
        """The skill that is shown."""
        return self.query_one(SkillDetail).row

    def library_changed(self, view: "LibraryView") -> None:
        """Show the skill as it is now; where it is gone, leave."""
        row = next((row for row in view.rows if row.id == self._id), None)
        detail = self.query_one(SkillDetail)
        if row is None and not self.is_current:
            return  # said when one comes back to it
        if row is None:
            self.workbench.say(f"{self._id} is no longer in the library.")
            self.dismiss(None)
        else:
            detail.show(row, top=detail.row is None)

    def on_screen_resume(self) -> None:
        """Back from what was open above: the skill may have changed or gone meanwhile."""
        detail = self.query(SkillDetail)
        if self.library is not None and detail and detail.first().row is not None:
            self.library_changed(self.library)

    def action_next_tab(self) -> None:
        """The next tab."""
        self.query_one(SkillDetail).step_tab(1)

    def action_previous_tab(self) -> None:
        """The previous tab."""
        self.query_one(SkillDetail).step_tab(-1)

    @on(SkillDetail.FileChosen)
    def _file(self, event: SkillDetail.FileChosen) -> None:
        self.workbench.show_file(event.skill, event.path, event.line)
