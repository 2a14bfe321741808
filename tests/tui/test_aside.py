"""The screen set aside for another program: it comes back whatever becomes of that program, and ctrl+c is its own."""

import os
import signal
from contextlib import AbstractContextManager, nullcontext
from typing import Any

import pytest
from textual.app import App

from workbench.errors import InputError
from workbench.tui.aside import screen_aside, with_screen_aside


class Driver:
    """A terminal that can be handed over, and whether it is at the moment."""

    can_suspend = True
    away = False

    def suspend_application_mode(self) -> None:
        self.away = True

    def resume_application_mode(self) -> None:
        self.away = False

    def no_automatic_restart(self) -> AbstractContextManager[None]:
        return nullcontext()


@pytest.fixture
def app() -> Any:
    app: Any = App()
    app._driver = Driver()
    app.refresh = lambda **_: None
    return app


def test_the_screen_comes_back_after_a_failure(app: Any) -> None:
    def fail() -> None:
        assert app._driver.away
        raise InputError("a wrong passphrase")

    with pytest.raises(InputError, match="a wrong passphrase"):
        with_screen_aside(app, "The key has a passphrase.", fail)
    assert not app._driver.away


def test_ctrl_c_is_the_programs_own(app: Any) -> None:
    before = signal.getsignal(signal.SIGINT)
    with screen_aside(app):
        os.kill(os.getpid(), signal.SIGINT)
        assert signal.getsignal(signal.SIGINT) is not signal.SIG_IGN  # a program that is started takes that over
    assert signal.getsignal(signal.SIGINT) is before
    assert not app._driver.away
