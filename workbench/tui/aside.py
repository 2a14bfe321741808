"""Doing something with the screen set aside, so that a program can ask its user on the terminal."""

from collections.abc import Callable
from typing import TYPE_CHECKING, TypeVar

from textual.app import SuspendNotSupported

from workbench.errors import InputError

if TYPE_CHECKING:
    from workbench.tui.app import WorkbenchApp

T = TypeVar("T")


def with_screen_aside(app: "WorkbenchApp", said: str, function: Callable[[], T]) -> T:
    """What `function` gives; `said` tells on the terminal why it is asked.

    Raises:
        InputError: This terminal can't be handed over.
        WorkbenchError: As the function.
    """
    try:
        with app.suspend():
            print(said)  # noqa: T201 - the screen is away
            return function()
    except SuspendNotSupported as error:
        remedy = "put the key into an agent: ssh-add"
        raise InputError("this terminal can't be handed to the program that signs", remedy=remedy) from error
    finally:
        app.refresh()
