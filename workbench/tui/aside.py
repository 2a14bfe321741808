"""Setting the screen aside, so that a program can have the terminal, or ask its user something."""

import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, TypeVar

from textual.app import SuspendNotSupported

from workbench.errors import InputError

if TYPE_CHECKING:
    from workbench.tui.app import WorkbenchApp

T = TypeVar("T")


@contextmanager
def screen_aside(app: "WorkbenchApp") -> Iterator[None]:
    """The terminal is another program's meanwhile, and so is ctrl+c: it ends that program, not the workbench.

    Raises:
        SuspendNotSupported: This terminal can't be handed over.
    """
    failed: Exception | None = None
    before = signal.signal(signal.SIGINT, _leave_it_to_the_program)  # ignored, it would be ignored there, too
    try:
        with app.suspend():
            try:
                yield
            except Exception as error:  # noqa: BLE001 - Textual brings the screen back only after a body that ends well
                failed = error
    finally:
        signal.signal(signal.SIGINT, before)
    app.refresh()
    if failed is not None:
        raise failed


def _leave_it_to_the_program(_number: int, _frame: object) -> None:
    """Do nothing."""


def with_screen_aside(app: "WorkbenchApp", said: str, function: Callable[[], T]) -> T:
    """What `function` gives; `said` tells on the terminal why it is asked.

    Raises:
        InputError: This terminal can't be handed over.
        WorkbenchError: As the function.
    """
    try:
        with screen_aside(app):
            print(said)  # noqa: T201 - the screen is away
            return function()
    except SuspendNotSupported as error:
        remedy = "put the key into an agent: ssh-add"
        raise InputError("this terminal can't be handed to the program that signs", remedy=remedy) from error
