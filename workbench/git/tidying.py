"""Packing a repository's loose objects once they are many, as git does by itself after its own commands.

A reviews branch grows by several objects with each verdict, and reading thousands of loose ones takes five times as
long as reading a pack. The user's `gc.auto` holds, also where it says never.
"""

import os
from pathlib import Path
from typing import Protocol

from workbench.git.plumbing import GitError
from workbench.text import decode

_USUAL = 6_700
_SAMPLED = "17"
"""One of 256 folders of loose objects: git itself takes it for all of them."""


class Runner(Protocol):
    """What is tidied."""

    common_dir: Path

    def run(self, *args: str, ok: tuple[int, ...] = (0,)) -> bytes:
        """What a git command prints."""


def tidy(repository: Runner) -> None:
    """Let git pack what is loose, if that is much; where it can't be done now, it is left for the next time."""
    try:
        loose = len(os.listdir(repository.common_dir / "objects" / _SAMPLED))  # noqa: PTH208 - only a count is needed
    except OSError:
        return
    try:
        wanted = _wanted(repository) if loose else 0
        if wanted and loose > -(-wanted // 256):
            repository.run("-c", f"gc.auto={wanted}", "gc", "--auto", "--quiet")
    except GitError:
        return


def _wanted(repository: Runner) -> int:
    """From how many loose objects on the user wants them packed; 0 for never."""
    said = decode(repository.run("config", "--show-scope", "--get-all", "gc.auto", ok=(0, 1)))
    own = [line.partition("\t")[2] for line in said.splitlines() if not line.startswith("command\t")]
    if not own:
        return _USUAL
    return int(own[-1]) if own[-1].isdigit() else 0
