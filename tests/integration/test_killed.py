"""An approval that is killed at any point leaves no record or a whole one, and the user's repository as it was."""

import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from workbench import git
from workbench.cli.main import run
from workbench.git import repository

LOCK = ".git/refs/heads/workbench/reviews.lock"
WRITING = ("hash-object", "mktree", "commit-tree", "update-ref")
APPROVE = ("review", "approve", "a", "--reason", "read it")


@pytest.fixture
def busy(library: Any) -> Any:
    """A library with something staged, something changed and something new."""
    library.skill("skills/a")
    library.skill("skills/b")
    library.commit()
    library.write("notes.md", "staged\n")
    library.git("add", "notes.md")
    library.write("notes.md", "changed since\n")
    library.write("new.md", "untracked\n")
    library.git("status")  # which refreshes the index
    return library


def approved_or_nothing(library: Any, before: dict[str, Any]) -> bool:
    """Whether the record is there; it is whole, or there is none, and nothing else changed."""
    assert library.fingerprint() == before
    assert library.git("fsck", "--no-dangling", "--no-progress").strip() == ""
    head = library.git("rev-parse", "-q", "--verify", "workbench/reviews", check=False).strip()
    if not head:
        assert library.state("a") == "draft"
        return False
    listed = library.git("ls-tree", "-r", "--name-only", head).splitlines()
    assert [line.split("/")[0] for line in listed] == ["records", "trees"]
    row = library.workspace().row("a")
    assert (row.state, [record.why_not for record in row.standing.records]) == ("approved", [None])
    return True


def killed_at(number: int, *, after: bool) -> None:
    """Approve in a process that is killed before or after its writing git command of this number."""
    child = os.fork()
    if child == 0:
        real, left = repository.run_git, [number]

        def counted(args: Sequence[str], *rest: Any, **named: Any) -> bytes:
            last = left[0] == 0 and args[0] in WRITING
            if last and not after:
                os.kill(os.getpid(), signal.SIGKILL)
            said = real(args, *rest, **named)
            if last:
                os.kill(os.getpid(), signal.SIGKILL)
            left[0] -= args[0] in WRITING
            return said

        repository.run_git = counted
        os._exit(run(list(APPROVE)))
    os.waitpid(child, 0)


def forget(library: Any) -> None:
    if library.git("rev-parse", "-q", "--verify", "workbench/reviews", check=False):
        library.git("update-ref", "-d", "refs/heads/workbench/reviews")


def test_a_process_killed_between_any_two_commands_leaves_no_record_or_a_whole_one(busy: Any, workbench: Any) -> None:
    before = busy.fingerprint()
    ran = len(git.commands())
    assert workbench(*APPROVE).code == 0
    wrote = [command.argv[1] for command in git.commands()[ran:] if command.argv[1] in WRITING]
    forget(busy)
    for number, command in enumerate(wrote):
        for after in (False, True):
            killed_at(number, after=after)
            assert approved_or_nothing(busy, before) == (command == "update-ref" and after)
            forget(busy)
    assert workbench(*APPROVE).code == 0
    assert approved_or_nothing(busy, before)


@pytest.mark.parametrize("seed", range(5))
def test_git_killed_along_with_it_leaves_at_most_a_lock_that_is_named(busy: Any, workbench: Any, seed: int) -> None:
    before = busy.fingerprint()
    command = [sys.executable, "-m", "workbench", *APPROVE]
    process = subprocess.Popen(command, start_new_session=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    time.sleep(random.Random(seed).uniform(0.1, 0.9))
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    lock: Path = busy.root / LOCK
    if lock.exists():
        said = workbench(*APPROVE)
        assert said.code == 4
        assert "reviews.lock" in said.err
        lock.unlink()
    approved_or_nothing(busy, before)
    assert workbench("review", "approve", "a", "--reason", "again").code == 0
    assert busy.state("a") == "approved"
    assert busy.fingerprint() == before
