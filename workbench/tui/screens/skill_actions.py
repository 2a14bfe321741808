"""What can be done with the skill that a screen shows; the screens of skills share it."""

from typing import TYPE_CHECKING

from workbench.errors import InputError
from workbench.text import visible
from workbench.tui.screens.frame import WorkbenchScreen

if TYPE_CHECKING:
    from workbench.reviews.listing import SkillRow
    from workbench.tui.screens.install_actions import InstallActions
    from workbench.tui.screens.version_actions import VersionActions
    from workbench.tui.widgets.skill_detail import SkillDetail


class SkillActions(WorkbenchScreen[None]):
    """A screen with a skill in it that keys act on."""

    @property
    def current_skill(self) -> "SkillRow | None":
        """The skill that keys act on; None where there is none."""
        return None

    def action_review(self) -> None:
        """Show what changed since the last approved tree."""
        from workbench.tui.screens.review import ReviewScreen

        row = self.current_skill
        if row is None:
            return
        if self.workbench.workspace is not None and not self.workbench.workspace.in_git:
            self.workbench.show_error(
                InputError(
                    "reviewing needs a git repository, and this folder is in none",
                    where=visible(str(self.workbench.workspace.root)),
                    remedy="adopt the skills into a git library (in the palette), or run: git init",
                )
            )
            return
        self.workbench.push_screen(ReviewScreen(row.id))

    async def action_run_tests(self) -> None:
        """Run the skill's cases."""
        from workbench.tui.screens.tests import run_tests_of

        if self.current_skill is not None:
            await run_tests_of(self.workbench, self.current_skill.id)

    def action_call_tool(self) -> None:
        """Open the form of one of the skill's tools."""
        from workbench.tui.screens.tools import call_a_tool

        if self.current_skill is not None:
            call_a_tool(self.workbench, self.current_skill.id)

    def action_accept_finding(self) -> None:
        """Accept the finding under the cursor of the tab Can do, with a reason."""
        from workbench.tui.screens.accept_finding import accept_chosen

        accept_chosen(self)

    def action_edit(self) -> None:
        """Open the skill's SKILL.md in the user's editor, and read the library again afterwards."""
        from workbench.tui.editor import edit

        workspace, row = self.workbench.workspace, self.current_skill
        if workspace is not None and row is not None:
            edit(self.workbench, workspace.root / row.skill.skill_file)

    def action_similar(self) -> None:
        """Show the skills like this one."""
        from workbench.tui.screens.similar import SimilarScreen

        row = self.current_skill
        if row is not None:
            self.workbench.push_screen(SimilarScreen(row.id, row.name))

    def action_copy(self) -> None:
        """Copy the skill's path and tree."""
        from workbench.tui.clipboard import copy

        row = self.current_skill
        if row is not None:
            copy(self.workbench, f"{visible(row.id)} {row.standing.tree or ''}".strip())

    def action_release(self) -> None:
        """Tag what is approved as a version."""
        if actions := self._versions():
            actions.release()

    def action_roll_back(self) -> None:
        """Make a commit in which the skill is as it was."""
        if actions := self._versions():
            actions.roll_back()

    def action_test_version(self) -> None:
        """Run the cases of an old version on it."""
        if actions := self._versions():
            actions.test()

    def action_receipt(self) -> None:
        """Show what was decided on the skill, under one digest."""
        if actions := self._versions():
            actions.receipt()

    def action_compare_versions(self) -> None:
        """Show what differs between two states of the skill."""
        if actions := self._versions():
            actions.compare()

    def action_deprecate(self) -> None:
        """Record that the skill or a version of it is deprecated."""
        if actions := self._versions():
            actions.deprecate()

    def action_undo_deprecation(self) -> None:
        """Record that a deprecation no longer holds."""
        if actions := self._versions():
            actions.undo_deprecation()

    def action_install_skill(self) -> None:
        """Put the skill where an agent reads it."""
        if actions := self._installs():
            actions.install()

    def action_quarantine(self) -> None:
        """Take the skill out of all agents' folders."""
        if actions := self._installs():
            actions.quarantine()

    def action_put_back(self) -> None:
        """Put the skill's copies back from quarantine."""
        if actions := self._installs():
            actions.put_back()

    def _versions(self) -> "VersionActions | None":
        from workbench.tui.screens.version_actions import VersionActions

        workspace, row = self.workbench.workspace, self.current_skill
        if workspace is None or row is None:
            return None
        return VersionActions(self, workspace, row, self.chosen_commit)

    def _installs(self) -> "InstallActions | None":
        from workbench.tui.screens.install_actions import InstallActions

        workspace, row = self.workbench.workspace, self.current_skill
        return InstallActions(self, workspace, row) if workspace is not None and row is not None else None

    @property
    def chosen_commit(self) -> str | None:
        """The commit under the cursor, where the tab Versions is open."""
        from workbench.tui.widgets.skill_detail import SkillDetail

        detail = self.query(SkillDetail)
        chosen = detail.first().chosen if detail and detail.first().tab == "Versions" else None
        return chosen.id if chosen else None

    def on_skill_detail_version_chosen(self, event: "SkillDetail.VersionChosen") -> None:
        """Show what changed since a commit."""
        event.stop()
        if actions := self._versions():
            actions.show(event.commit)
