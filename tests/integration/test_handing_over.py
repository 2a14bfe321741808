"""What the command line opens on the screen, in a real terminal: a skill's review, and a range."""

import fcntl
import os
import pty
import select
import struct
import subprocess
import sys
import termios
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

_PATIENCE_SECONDS = 60


class Terminal:
    """The workbench in a terminal of 120×40."""

    def __init__(self, process: "subprocess.Popen[bytes]", master: int) -> None:
        self.process, self._master = process, master
        self.seen = b""

    def until(self, words: bytes) -> None:
        end = time.monotonic() + _PATIENCE_SECONDS
        while words not in self.seen:
            assert time.monotonic() < end, self.seen[-3000:]
            self._read()

    def press(self, keys: bytes) -> None:
        os.write(self._master, keys)

    def end(self) -> int:
        """Wait for the end of the process, reading what it still says; gives its exit code."""
        end = time.monotonic() + _PATIENCE_SECONDS
        while self.process.poll() is None:
            assert time.monotonic() < end, self.seen[-3000:]
            self._read()
        return self.process.returncode

    def _read(self) -> None:
        ready, _, _ = select.select([self._master], [], [], 0.2)
        try:
            self.seen += os.read(self._master, 1 << 16) if ready else b""
        except OSError:
            self.process.wait(_PATIENCE_SECONDS)  # the other side is closed


@contextmanager
def terminal(library: Any, *arguments: str) -> Iterator[Terminal]:
    master, slave = pty.openpty()
    fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", 40, 120, 0, 0))
    env = {**os.environ, "TERM": "xterm-256color"}
    process = subprocess.Popen(
        [sys.executable, "-m", "workbench", "--library", str(library.root), *arguments],
        stdin=slave, stdout=slave, stderr=slave, env=env, start_new_session=True,
    )  # fmt: skip
    os.close(slave)
    try:
        yield Terminal(process, master)
    finally:
        if process.poll() is None:
            process.kill()
            process.wait()
        os.close(master)


@pytest.fixture
def branch(library: Any) -> Any:
    """`a` gains a script on a branch."""
    library.skill("skills/a")
    library.commit()
    library.git("switch", "-q", "-c", "topic")
    library.write("skills/a/scripts/get.sh", "#!/bin/sh\ncurl https://example.com\n")
    library.commit("Reach out")
    return library


def test_a_range_is_opened_on_the_screen(branch: Any) -> None:
    with terminal(branch, "review", "open", "main...HEAD", "--screen") as screen:
        screen.until(b"1 changed place")
        screen.press(b"\x11")
        assert screen.end() == 0


def test_a_skills_name_opens_its_review(branch: Any) -> None:
    with terminal(branch, "review", "a") as screen:
        screen.until(b"Request changes")
        screen.press(b"\x11")
        assert screen.end() == 0


def test_a_range_that_names_nothing_is_said_on_the_screen(branch: Any) -> None:
    with terminal(branch, "review", "open", "nowhere...HEAD", "--screen") as screen:
        screen.until(b"names no commit here")
        screen.press(b"\x11")
        assert screen.end() == 0


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("open", "main...HEAD", "--screen"), "--screen needs a terminal"),
        (("open", "--screen"), "--screen needs a range"),
        (("open", "main...HEAD", "--screen", "--json"), "prints nothing"),
        (("a",), "workbench review diff a"),
        (("skills/a", "--json"), "workbench review diff skills/a --json"),
        (("aprove",), "'aprove' is no command about reviews; and there is no skill 'aprove'"),
        (("aprove", "a"), "No such command 'aprove'"),
    ],
)
def test_without_a_terminal_the_command_that_prints_is_named(
    branch: Any, workbench: Any, arguments: tuple[str, ...], said: str
) -> None:
    done = workbench("review", *arguments)
    assert (done.code, done.out) == (2, "")
    assert said in done.err


def test_the_help_says_that_a_name_opens_a_review(workbench: Any) -> None:
    said = workbench("review", "--help").out
    assert "| NAME" in said
    assert "NAME opens a skill's review" in " ".join(said.split())
