"""The skill that comments are about: in the work tree, or as the head of a range or a pull request has it."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from workbench.errors import UsageError
from workbench.workspace import Workspace

if TYPE_CHECKING:
    from workbench.reviews.comment_desk import Talk
    from workbench.reviews.discussed import Discussed

range_option = click.option(
    "--range", "range_", metavar="RANGE|pr/N", help="The skill as the head of this range has it, checked out or not."
)


def discussed(workspace: Workspace, name: str, range_: str | None, tree: str | None = None) -> "tuple[str, Discussed]":
    """The id of the skill that a name means, and where its comments are.

    Args:
        tree: The state in which they are placed, in the work tree's place; a range has its own two sides.

    Raises:
        UsageError: A tree and a range are given, or as `Workspace.find`.
        WorkbenchError: As `SetDesk.open`.
    """
    from workbench.reviews.discussed import OneSkill, WholeSet
    from workbench.skills.naming import resolve

    if range_ is None:
        skill = workspace.find(name).id
        return skill, OneSkill(workspace.comments, skill, tree=tree)
    if tree is not None:
        raise UsageError("--tree and --range exclude each other", remedy="a range has its own two sides")
    found = workspace.sets.open(range_)
    known = [one.skill for one in found.skills]
    return resolve(known, name, cwd=Path.cwd(), root=workspace.root).id, WholeSet(workspace.set_comments, found)


def talk_on(workspace: Workspace, name: str, range_: str | None, tree: str | None = None) -> "Talk":
    """The threads and drafts on a skill. Args and raises as `discussed`."""
    skill, about = discussed(workspace, name, range_, tree)
    talk = next((one for one in about.read() if one.skill == skill), None)
    if talk is None:
        raise UsageError("the range removes this skill, so that nothing can be said on its lines")
    return talk


def talks_on(workspace: Workspace, range_: str) -> "Sequence[Talk]":
    """The threads and drafts on every skill that a range leaves there. Raises as `SetDesk.open`."""
    from workbench.reviews.discussed import WholeSet

    return WholeSet(workspace.set_comments, workspace.sets.open(range_)).read()
