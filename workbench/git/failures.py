"""Why git failed, said so that a user knows what to do."""

import shlex
from collections.abc import Sequence
from pathlib import Path

from workbench.errors import InputError
from workbench.git.plumbing import GitError
from workbench.text import decode, visible


def failure(args: Sequence[str], cwd: Path, stderr: bytes, code: int) -> GitError:
    """The error that says why a git command failed, from what it printed, and what to do about it."""
    said = decode(stderr).strip()
    lines = [line for line in said.splitlines() if line.strip() and not line.startswith("hint:")]
    ended = f"it was ended by signal {-code}" if code < 0 else "it gave no reason"
    fatal = [line for line in reversed(lines) if line.startswith("fatal: ")]
    errors = [line for line in lines if line.startswith("error: ")]
    last = visible(next(iter((*fatal, *errors, *reversed(lines))), ended))
    remedy: str | None
    if "Read-only file system" in said:
        last, remedy = "the file system is read-only", "to record a verdict, the repository has to be writable"
    elif "No space left on device" in said:
        last, remedy = "the disk is full", "free some space; nothing was recorded"
    elif "promisor remote" in said:
        return GitError(
            "this clone is a partial one (--filter), and lacks what is asked for",
            where=visible(str(cwd)),
            remedy="git fetch --refetch --no-filter origin; with a git before 2.36: clone it again without --filter",
            stderr=said,
        )
    elif "; cannot create" in said:
        remedy = "rename the branch that is in the way: git branch -m OLD NEW"
    elif "File exists" in said:
        remedy = "another git command may be running; if none is, remove the lock file that git names"
    else:
        remedy = f"to see it yourself: git {' '.join(args[:4])}"
    command = next((arg for arg in args if not arg.startswith("-")), "")
    return GitError(f"git {command} failed: {last}", where=str(cwd), remedy=remedy, stderr=said)


def why_refused(error: GitError, folder: Path) -> InputError:
    """What a user has to know about a repository that git does not open."""
    if "dubious ownership" in error.stderr:
        top = next((place for place in (folder, *folder.parents) if (place / ".git").exists()), folder)
        return InputError(
            "git does not trust this repository, because another user owns it",
            where=str(folder),
            remedy=f"if you trust it: git config --global --add safe.directory {shlex.quote(visible(str(top)))}",
        )
    if "must be run in a work tree" in error.stderr:
        return InputError(
            "there is no work tree here: the repository is bare, or this is inside its .git folder",
            where=visible(str(folder)),
            remedy="clone it, or open its work tree",
        )
    return error
