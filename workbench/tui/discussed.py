"""What the comments on a diff are about: one skill, or every skill of a set, whose files have their library's paths."""

from dataclasses import dataclass, replace
from typing import Protocol

from workbench.reviews.changeset import ChangeSet
from workbench.reviews.changeset_diff import place, sources
from workbench.reviews.comment_desk import Talk
from workbench.reviews.composing import Target
from workbench.reviews.drafts import Draft
from workbench.tui.widgets.comment_rows import Remark
from workbench.workspace import Workspace


class Discussed(Protocol):
    """Where comments are read from, and where new ones go."""

    def read(self, workspace: Workspace) -> tuple[Talk, ...]:
        """What was said and is drafted, a skill each; runs in a job."""

    def compose(
        self,
        workspace: Workspace,
        skill: str,
        target: Target,
        text: str,
        *,
        suggestion: str | None = None,
        reply_to: str | None = None,
        resolves: str | None = None,
    ) -> Draft:
        """A draft that is not kept yet; runs in a job."""

    def home(self, path: str) -> tuple[str, str]:
        """The skill of a file in the diff, and the file's path in that skill."""

    def shown(self, skill: str, remark: Remark) -> Remark:
        """What was said about a skill, with the path that its file has in the diff."""


@dataclass(frozen=True)
class OneSkill:
    """The comments on one skill.

    Attributes:
        base: The tree whose lines are the old side. `tree`: the one whose lines are the new side.
    """

    skill: str
    base: str | None
    tree: str

    def read(self, workspace: Workspace) -> tuple[Talk, ...]:
        """As `Discussed.read`."""
        return (workspace.comments.read(self.skill, tree=self.tree, base=self.base),)

    def compose(
        self,
        workspace: Workspace,
        skill: str,
        target: Target,
        text: str,
        *,
        suggestion: str | None = None,
        reply_to: str | None = None,
        resolves: str | None = None,
    ) -> Draft:
        """As `Discussed.compose`."""
        return workspace.comments.compose(
            skill, target, text, suggestion=suggestion, reply_to=reply_to, resolves=resolves, tree=self.tree,
            base=self.base,
        )  # fmt: skip

    def home(self, path: str) -> tuple[str, str]:
        """As `Discussed.home`."""
        return self.skill, path

    def shown(self, skill: str, remark: Remark) -> Remark:
        """As `Discussed.shown`."""
        return remark


@dataclass(frozen=True)
class WholeSet:
    """The comments on all skills of a set."""

    found: ChangeSet

    def read(self, workspace: Workspace) -> tuple[Talk, ...]:
        """As `Discussed.read`."""
        return workspace.set_comments.read(self.found)

    def compose(
        self,
        workspace: Workspace,
        skill: str,
        target: Target,
        text: str,
        *,
        suggestion: str | None = None,
        reply_to: str | None = None,
        resolves: str | None = None,
    ) -> Draft:
        """As `Discussed.compose`."""
        return workspace.set_comments.compose(
            self.found, skill, target, text, suggestion=suggestion, reply_to=reply_to, resolves=resolves
        )

    def home(self, path: str) -> tuple[str, str]:
        """As `Discussed.home`."""
        return sources(self.found)[path]

    def shown(self, skill: str, remark: Remark) -> Remark:
        """As `Discussed.shown`."""
        if remark.path is None:
            return replace(remark, where=f"{skill} as a whole")
        return replace(remark, path=place(skill, remark.path), where=place(skill, remark.where))
