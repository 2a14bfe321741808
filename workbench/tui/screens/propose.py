"""Putting a folder forward as a skill: a branch and a request, and nothing that is live."""

from pathlib import Path

from workbench.config import expanded
from workbench.reviews.proposals import Proposal
from workbench.tools.forms import Field
from workbench.tui.jobs import run_job
from workbench.tui.screens.form_dialog import FormDialog, Values


class ProposeDialog(FormDialog):
    """Asks which folder, and why."""

    def __init__(self) -> None:
        super().__init__(
            "Propose a skill",
            "A branch with the folder and a request for its review; no live folder changes.",
            (
                Field(("folder",), "text", "Folder", "With its SKILL.md.", required=True),
                Field(("name",), "text", "Name", "By default what its SKILL.md says."),
                Field(("reason",), "text", "What for", "It is kept in git."),
            ),
            "Propose it",
        )

    def agreed(self, values: Values) -> None:
        """Make the branch and the request, and open what it changes."""
        workbench = self.workbench
        workspace = workbench.workspace
        if workspace is None:
            return
        folder, name, reason = (str(values[key]).strip() for key in ("folder", "name", "reason"))

        def proposed(done: Proposal) -> None:
            from workbench.tui.screens.changeset import ChangeSetScreen

            workbench.say(f"{done.path} is proposed on the branch {done.branch}")
            workbench.push_screen(ChangeSetScreen(f"HEAD...{done.branch}"))

        run_job(
            workbench,
            "Proposing it",
            lambda _: workspace.reviews.propose(expanded(Path(folder)), name or None, reason),
            proposed,
            group="propose",
        )
