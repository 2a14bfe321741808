"""The skill that comments are about: in the work tree, or as the head of a range or a pull request has it."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import click

from workbench.errors import UsageError
from workbench.workspace import Workspace

if TYPE_CHECKING:
    from workbench.reviews.changeset import ChangeSet
    from workbench.reviews.comment_desk import Talk
    from workbench.reviews.composing import Target
    from workbench.reviews.drafts import Draft

range_option = click.option(
    "--range", "range_", metavar="RANGE|pr/N", help="The skill as the head of this range has it, checked out or not."
)


@dataclass(frozen=True, slots=True)
class Discussed:
    """One skill, and the set of changes that it is looked at in; None for the work tree."""

    workspace: Workspace
    skill: str
    found: "ChangeSet | None"

    @classmethod
    def named(cls, workspace: Workspace, name: str, range_: str | None) -> "Discussed":
        """The skill that a name means there. Raises as `Workspace.find`, and as `SetDesk.open`."""
        if range_ is None:
            return cls(workspace, workspace.find(name).id, None)
        from workbench.skills.naming import resolve

        found = workspace.sets.open(range_)
        skill = resolve([one.skill for one in found.skills], name, cwd=Path.cwd(), root=workspace.root)
        return cls(workspace, skill.id, found)

    def talk(self, tree: str | None = None) -> "Talk":
        """Its threads and drafts.

        Args:
            tree: Where they are placed; only outside a range, which has its own two sides.

        Raises:
            UsageError: A tree is named beside a range, or the range removes the skill.
        """
        if self.found is None:
            return self.workspace.comments.read(self.skill, tree=tree)
        self._refuse(tree)
        talks = self.workspace.set_comments.read(self.found)
        talk = next((one for one in talks if one.skill == self.skill), None)
        if talk is None:
            raise UsageError("the range removes this skill, so that nothing can be said on its lines")
        return talk

    def compose(
        self, target: "Target", text: str, *, suggestion: str | None, reply_to: str | None, tree: str | None
    ) -> "Draft":
        """A draft that is not kept yet. Args and raises as `CommentDesk.compose`."""
        if self.found is None:
            comments = self.workspace.comments
            return comments.compose(self.skill, target, text, suggestion=suggestion, reply_to=reply_to, tree=tree)
        self._refuse(tree)
        comments_of_set = self.workspace.set_comments
        return comments_of_set.compose(self.found, self.skill, target, text, suggestion=suggestion, reply_to=reply_to)

    @staticmethod
    def _refuse(tree: str | None) -> None:
        if tree is not None:
            raise UsageError("--tree and --range exclude each other", remedy="a range has its own two sides")
