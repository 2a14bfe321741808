"""The log of every git command that this process ran."""

import time
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class GitCommand:
    """One git command that ran: its arguments, where, when (UTC seconds), how long, and what it returned."""

    argv: tuple[str, ...]
    cwd: str
    at: float
    duration_ms: int
    exit_code: int


_commands: deque[GitCommand] = deque(maxlen=1000)
_listeners: list[Callable[[GitCommand], None]] = []


def commands() -> tuple[GitCommand, ...]:
    """The git commands this process ran, oldest first, at most 1,000."""
    return tuple(_commands)


def on_command(listener: Callable[[GitCommand], None]) -> None:
    """Call `listener` after each git command from now on (`--debug` prints them)."""
    _listeners.append(listener)


def note(args: Sequence[str], cwd: str, began: float, exit_code: int) -> None:
    """Write one command down; `began` is UTC seconds."""
    adopt([GitCommand(("git", *args), cwd, began, round((time.time() - began) * 1000), exit_code)])


def adopt(entries: Iterable[GitCommand]) -> None:
    """Write down commands that ran, also those of a program that this one started for it."""
    for entry in entries:
        _commands.append(entry)
        for listener in _listeners:
            listener(entry)
