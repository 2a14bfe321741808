"""Applying what a comment suggests: its lines put in the place of those in the work tree, and committed if asked."""

import os
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from workbench.errors import ConflictError, InputError
from workbench.git import Repository, TreeEntry
from workbench.reviews.discussion import Placed
from workbench.reviews.threads import Posted
from workbench.reviews.tree_files import lines_of
from workbench.skills import files
from workbench.skills.fixes import Fix, apply
from workbench.skills.model import ROOT_ID, Skill
from workbench.text import decode, first_line, visible

_MAX_BYTES = 4 << 20


@dataclass(frozen=True, slots=True)
class Applied:
    """What applying a suggestion changed.

    Attributes:
        path: The file, relative to the library.
        line: The first line that was replaced.
        commit: The commit; None where the change is left in the work tree.
    """

    skill: str
    path: str
    line: int
    comment: str
    commit: str | None

    def to_json(self) -> dict[str, Any]:
        """The contract of `review apply-suggestion --json`."""
        return {
            "skill": self.skill,
            "path": self.path,
            "line": self.line,
            "comment": self.comment,
            "commit": self.commit,
        }


def apply_suggestion(
    repository: Repository, skill: Skill, placed: Placed, post: Posted, now: datetime, *, commit: bool
) -> Applied:
    """Put a comment's suggestion in the place of its lines; with `commit`, commit that file alone.

    The commit is on what is checked out. What else is staged or changed stays as it is.

    Raises:
        InputError: It suggests nothing, or the file can't be written.
        ConflictError: Its lines are not there any more, or the file has changes that are not committed.
    """
    proposed = post.comment.proposed
    where = visible(placed.place) or visible(skill.id)
    if proposed is None:
        raise InputError(f"the comment {post.comment.id} suggests nothing", where=where)
    if placed.outdated or placed.line is None or placed.side == "old" or placed.path is None:
        what = "the lines that it would replace are not in the skill any more" if placed.outdated else "it has no lines"
        raise ConflictError(what, where=where, remedy="make the change by hand, and answer the comment")
    path = placed.path if skill.id == ROOT_ID else f"{skill.id}/{placed.path}"
    head = repository.head()
    entry = _committed(repository, head, path)
    if operation := repository.in_progress():
        raise ConflictError(f"a {operation} is in progress", where=visible(path), remedy="finish it first")
    before = _read(repository.root, path)
    after = _replaced(before, placed.line, placed.end_line or placed.line, proposed)
    if after == before:
        raise ConflictError("the file already says what is suggested", where=where)
    apply(repository.root, Fix(path, before, after, False, ("suggestion",)))
    made = _commit(repository, head or "", entry, after, skill, post, now) if commit else None
    return Applied(skill.id, path, placed.line, post.comment.id, made)


def _committed(repository: Repository, head: str | None, path: str) -> TreeEntry:
    """The file's entry at HEAD, if index and work tree have the same."""
    said = repository.run("--literal-pathspecs", "status", "--porcelain=v2", "-z", "--ignored", "--", path)
    flags = repository.run("--literal-pathspecs", "ls-files", "-v", "-z", "--", path)
    listed = repository.run("--literal-pathspecs", "ls-tree", "-z", "--full-tree", head, "--", path) if head else b""
    entry = next(iter(listed.split(b"\0")), b"")
    overlooked = flags[:1].islower() or flags[:1] == b"S"
    if said or overlooked or not entry:
        what = "the file has changes that are not committed"
        remedy = "commit or put away what is there first, so that nothing is mixed"
        raise ConflictError(what, where=visible(path), remedy=remedy)
    mode, kind, id_ = entry.partition(b"\t")[0].decode().split()
    return TreeEntry(mode, kind, id_, path)


def _read(root: Path, path: str) -> bytes:
    try:
        data = files.read_inside(root, path, _MAX_BYTES + 1)
    except OSError as error:
        raise InputError(f"it can't be read: {error.strerror}", where=visible(path)) from error
    if lines_of(data) is None:
        raise InputError("it is binary or too large to be changed by a suggestion", where=visible(path))
    return data


def _replaced(data: bytes, line: int, end_line: int, proposed: str) -> bytes:
    """The file with lines (from 1) replaced; line ends stay those of the lines that go, as does a missing last one."""
    lines = data.split(b"\n")
    like = lines[line - 1] if line < len(lines) else lines[0]
    ending = b"\r" if like.endswith(b"\r") else b""
    texts = proposed.removesuffix("\n").split("\n") if proposed else []
    new = [one.removesuffix("\r").encode("utf-8", "replace") + ending for one in texts]
    if end_line == len(lines) and new:
        new[-1] = new[-1].removesuffix(b"\r")
    return b"\n".join([*lines[: line - 1], *new, *lines[end_line:]])


def _commit(
    repository: Repository, head: str, entry: TreeEntry, after: bytes, skill: Skill, post: Posted, now: datetime
) -> str:
    """Commit the file with its new bytes on what is checked out, and let the index know; nothing else is touched."""
    path = entry.path
    stored = decode(repository.run("hash-object", "-w", f"--path={path}", "--stdin", stdin=after)).strip()
    tree = repository.graft(f"{head}^{{tree}}", {path: TreeEntry(entry.mode, "blob", stored, path)})
    record = post.record
    subject = first_line(post.comment.text.partition("```")[0])[:60] or "What a reviewer suggested."
    message = (
        f"Apply a suggestion to {visible(path)}\n\n{subject}\n\n"
        f"Skill: {visible(skill.id)}\nComment: {post.comment.id}\n"
        f"Co-authored-by: {_name(record.reviewer_name)} <{_name(record.reviewer_email)}>\n"
    )
    commit = repository.commit(tree, [head], message, repository.identity(), now)
    listed = f"{entry.mode} {stored}\t".encode() + os.fsencode(path) + b"\0"
    repository.run("update-index", "-z", "--index-info", stdin=listed)
    repository.move_ref("HEAD", commit, head, "workbench: suggestion")
    return commit


def _name(text: str) -> str:
    """A name or e-mail that can't leave its trailer."""
    return visible(text).replace("<", "").replace(">", "")
