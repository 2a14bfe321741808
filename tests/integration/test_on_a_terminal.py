"""What commands print on a real terminal: colours are the terminal's, never letters of a cell."""

import os
import pty
import re
import subprocess
import sys
from typing import Any

import pytest

from workbench.text import cell_width

COLOUR = re.compile(r"\x1b\[[0-9;]*m")


def printed(root: Any, *words: str) -> str:
    """What a command prints on a terminal of 80 columns."""
    own, other = pty.openpty()
    command = [sys.executable, "-m", "workbench", "--library", str(root), *words]
    env = {**os.environ, "TERM": "xterm-256color", "COLUMNS": "80"}
    env.pop("NO_COLOR", None)
    with subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=other, stderr=other, env=env) as running:
        os.close(other)
        said = b""
        while True:
            try:
                read = os.read(own, 65536)
            except OSError:  # Linux's way to say that the other side is closed
                break
            if not read:
                break
            said += read
        os.close(own)
        running.wait()
    return said.decode()


@pytest.mark.parametrize(
    "words",
    [
        ("status",), ("skills", "list"), ("skills", "show", "a"), ("skills", "search", "say"), ("review", "list"),
        ("review", "open", "HEAD~1..HEAD"), ("review", "queue"), ("review", "log"), ("review", "verify"),
        ("version", "list", "a"), ("policy", "check", "a"), ("skills", "validate"), ("skills", "capabilities"),
        ("tools", "list"), ("doctor",),
    ],
    ids=" ".join,
)  # fmt: skip
def test_no_colour_is_shown_as_letters(library: Any, workbench: Any, words: tuple[str, ...]) -> None:
    library.skill("skills/a", body="Say one.\n")
    library.commit()
    workbench("review", "approve", "a", "--reason", "Read.")
    library.skill("skills/a", body="Say two.\n")
    library.commit()
    said = printed(library.root, *words)
    assert said.strip()
    assert "␛" not in said
    assert "\x1b" not in COLOUR.sub("", said)
    if words[-1] == "list":
        assert all(cell_width(COLOUR.sub("", line)) <= 80 for line in said.splitlines())
