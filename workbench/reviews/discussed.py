"""What comments are about: one skill, or every skill of a set, whose files are shown under their library's paths."""

from dataclasses import dataclass
from typing import Protocol

from workbench.reviews.changeset import ChangeSet
from workbench.reviews.changeset_diff import place, sources
from workbench.reviews.comment_desk import CommentDesk, Talk
from workbench.reviews.composing import Target, Words
from workbench.reviews.drafts import Draft
from workbench.reviews.set_comments import SetComments


class Discussed(Protocol):
    """Where comments are read from, and where new ones go; both take time."""

    @property
    def several(self) -> bool:
        """Whether it is about a set, so that a place has to name its skill."""

    def read(self) -> tuple[Talk, ...]:
        """What was said and is drafted, a skill each. Raises as `CommentDesk.read`."""

    def compose(self, skill: str, target: Target, words: Words) -> Draft:
        """A draft that is not kept yet. Raises as `CommentDesk.compose`."""

    def home(self, path: str) -> tuple[str, str]:
        """The skill of a file as it is shown, and the file's path in that skill."""

    def shown(self, skill: str, path: str) -> str:
        """The path under which a file of a skill is shown."""


@dataclass(frozen=True)
class OneSkill:
    """The comments on one skill.

    Attributes:
        base: The tree whose lines are the old side; None for the last approved one.
        tree: The tree or revision whose lines are the new side; None for the current state.
    """

    comments: CommentDesk
    skill: str
    base: str | None = None
    tree: str | None = None
    several = False

    def read(self) -> tuple[Talk, ...]:
        """As `Discussed.read`."""
        return (self.comments.read(self.skill, tree=self.tree, base=self.base),)

    def compose(self, skill: str, target: Target, words: Words) -> Draft:
        """As `Discussed.compose`."""
        return self.comments.compose(skill, target, words, tree=self.tree, base=self.base)

    def home(self, path: str) -> tuple[str, str]:
        """As `Discussed.home`."""
        return self.skill, path

    def shown(self, skill: str, path: str) -> str:
        """As `Discussed.shown`."""
        return path


@dataclass(frozen=True)
class WholeSet:
    """The comments on all skills of a set."""

    comments: SetComments
    found: ChangeSet
    several = True

    def read(self) -> tuple[Talk, ...]:
        """As `Discussed.read`."""
        return self.comments.read(self.found)

    def compose(self, skill: str, target: Target, words: Words) -> Draft:
        """As `Discussed.compose`."""
        return self.comments.compose(self.found, skill, target, words)

    def home(self, path: str) -> tuple[str, str]:
        """As `Discussed.home`."""
        return sources(self.found)[path]

    def shown(self, skill: str, path: str) -> str:
        """As `Discussed.shown`."""
        return place(skill, path)
