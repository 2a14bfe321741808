"""An update as a reviewable change: what the origin has new, merged with what was changed here, on a branch of its own.

Neither the user's branch, index and files nor any installed copy is touched; with `apply` the files of the skill's own
folder are, and only where git has all that is in it.
"""

import contextlib
import os
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any

from workbench.errors import ConflictError, InputError, RefusedError
from workbench.git import Identity, Repository, TreeEntry
from workbench.reviews.checking import Checked, check_one
from workbench.reviews.lockfile import LOCK_FILE, Lock, hash_of, parse_lock
from workbench.reviews.merging import Merge, MergedFile, merge
from workbench.reviews.origins import Origin, lock_with
from workbench.reviews.trees import WORKBENCH_FOLDER, current_trees, trees_at, write_root_tree
from workbench.reviews.upstream import Theirs, Upstreams
from workbench.skills.contents import Content, contents_of_tree, store
from workbench.skills.files import folder_of
from workbench.skills.model import ROOT_ID, Skill
from workbench.text import plural, visible

BRANCHES = "refs/heads/workbench/update/"

_NO_BRANCH = re.compile(r"[\x00-\x20\x7f~^:?*\[\\]|\.\.|@\{|(?<=/)\.|^\.|\.(?=/|$)|\.lock(?=/|$)")


@dataclass(frozen=True, slots=True)
class Update:
    """What an update of one skill would bring, worked out and not yet written anywhere.

    Attributes:
        head: The commit it is made on.
        origin: Where the skill came from, as it is known now; `renewed` is what it will be.
        base_known: Whether what was taken then could be had; without it every difference is a conflict.
        mine: The files as they are at `head`.
        lock: The new bytes of the library's lock file; None where it stays.
        notes: What a reader has to know, one sentence each.
    """

    skill: Skill
    head: str
    origin: Origin
    renewed: Origin
    theirs: Theirs
    base_known: bool
    mine: Mapping[str, Content]
    merge: Merge
    lock: bytes | None
    notes: tuple[str, ...]

    @property
    def files(self) -> tuple[MergedFile, ...]:
        """The files that are not as mine."""
        return self.merge.files

    @property
    def conflicts(self) -> tuple[MergedFile, ...]:
        """The files that a person has to settle."""
        return self.merge.conflicts

    def to_json(self) -> dict[str, Any]:
        """The contract of `update NAME --json`, without what was written."""
        return {
            "path": self.skill.id,
            "origin": self.origin.to_json(),
            "base": {"revision": self.origin.revision, "tree": self.origin.tree, "known": self.base_known},
            "theirs": self.theirs.to_json(),
            "files": [{"path": file.path, "how": file.how, "why": file.why} for file in self.files],
            "conflicts": [file.path for file in self.conflicts],
            "notes": list(self.notes),
        }


@dataclass(frozen=True, slots=True)
class Branch:
    """The branch that holds an update, and its commit; `fresh` is False where it was there already."""

    name: str
    commit: str
    fresh: bool


def prepare(
    repository: Repository, skill: Skill, origin: Origin, upstreams: Upstreams, ids: Sequence[str]
) -> Update | Checked:
    """What an update of a skill would bring; where there is nothing to bring, what the origin said.

    Args:
        ids: All skills of the library, so that its lock file's entry gets the right name.

    Raises:
        ConflictError: The skill has changes that are not committed, or the lock file can't be read.
        RefusedError: It is pinned.
        InputError: The origin can't be asked, or does not have the skill any more.
    """
    head, tree = _committed(repository, skill.id)
    checked = check_one(skill, origin, tree, repository.run, upstreams)
    theirs = checked.theirs
    if checked.status in ("gone", "unreachable", "unknown"):
        raise InputError(checked.why, where=visible(origin.url or skill.id))
    if checked.status == "pinned":
        remedy = f"take 'pinnedRef' out of its entry in {LOCK_FILE} to follow the origin again"
        raise RefusedError(checked.why, where=visible(skill.id), remedy=remedy)
    if checked.status != "update" or theirs is None:
        return checked
    mine = contents_of_tree(repository.run, tree)
    base = _base(repository, origin, upstreams)
    label = f"{origin.label} {(theirs.revision or theirs.tree)[:12]}"
    merged = merge(repository.run, base, mine, upstreams.contents(origin, theirs), visible(label))
    renewed = replace(
        origin, revision=theirs.revision, tree=theirs.tree, path=theirs.path or origin.path,
        ref=theirs.ref if theirs.ref and theirs.ref.startswith("refs/tags/") else origin.ref,
    )  # fmt: skip
    return Update(
        skill=skill,
        head=head,
        origin=origin,
        renewed=renewed,
        theirs=theirs,
        base_known=base is not None,
        mine=mine,
        merge=merged,
        lock=_lock(repository, head, skill.id, renewed, merged, ids),
        notes=tuple(_notes(origin, theirs, merged, known=base is not None)),
    )


def write_branch(repository: Repository, update: Update, who: Identity, at: datetime) -> Branch:
    """Put an update on a branch of its own, in one commit on top of HEAD.

    Raises:
        ConflictError: The branch is there already and holds something else.
    """
    tree = _tree_with(repository, update)
    ref = branch_of(update.skill.id)
    name = ref.removeprefix("refs/heads/")
    there = repository.resolve(ref)
    if there is not None:
        if repository.resolve(f"{there}^{{tree}}") == tree and repository.resolve(f"{there}^") == update.head:
            return Branch(name, there, fresh=False)
        remedy = f"merge it, or remove it: git branch -D {visible(name)}"
        raise ConflictError("the branch of an earlier update is still there", where=visible(name), remedy=remedy)
    commit = repository.commit(tree, [update.head], _message(update), who, at)
    repository.move_ref(ref, commit, None, "workbench: update")
    return Branch(name, commit, fresh=True)


def apply(repository: Repository, update: Update) -> None:
    """Put an update into the skill's folder in the work tree, and into the lock file; git's index stays as it is.

    Raises:
        ConflictError: The folder or the lock file holds what git does not have.
    """
    folder = Path(folder_of(repository.root, update.skill.id))
    _assert_clean(repository, update.skill.id)
    fresh = {path: one for path, one in update.merge.contents.items() if update.mine.get(path) != one}
    gone = [path for path in update.mine if path not in update.merge.contents]
    for path in (*fresh, *gone):
        _assert_no_link(folder, path)
    for path in gone:
        (folder / path).unlink(missing_ok=True)
        _remove_empty(folder, path)
    for path, content in fresh.items():
        _write(folder / path, content)
    if update.lock is not None:
        _write(repository.root / LOCK_FILE, Content("100644", update.lock))


def branch_of(skill_id: str) -> str:
    """The ref of a skill's update; what no ref may hold becomes a dash."""
    name = "root" if skill_id == ROOT_ID else _NO_BRANCH.sub("-", skill_id)
    return f"{BRANCHES}{name}"


def _committed(repository: Repository, skill_id: str) -> tuple[str, str]:
    """HEAD and the skill's tree there, which is the current one, too.

    Raises:
        ConflictError: It is not.
    """
    head = repository.head()
    with current_trees(repository, [skill_id]) as current:
        tree = current.trees.get(skill_id)
    if head is None or tree is None or trees_at(repository, head, [skill_id]).get(skill_id) != tree:
        raise ConflictError(
            "the skill has changes that are not committed",
            where=visible(skill_id),
            remedy="commit them first; an update is made on top of what git has",
        )
    # Git has the tree of a skill at the root only once it is written: it lacks `.workbench`.
    return head, write_root_tree(repository.run, head) if skill_id == ROOT_ID else tree


def _base(repository: Repository, origin: Origin, upstreams: Upstreams) -> dict[str, Content] | None:
    """The files that were taken then: from the library's own history, else from the origin."""
    if origin.tree and repository.resolve(f"{origin.tree}^{{tree}}"):
        with contextlib.suppress(InputError):
            return contents_of_tree(repository.run, origin.tree)
    with contextlib.suppress(InputError):
        return upstreams.base(origin)
    return None


def _notes(origin: Origin, theirs: Theirs, merged: Merge, *, known: bool) -> list[str]:
    notes = [theirs.note] if theirs.note else []
    if not known:
        notes.append("what it was taken from can't be had, so every difference is a conflict")
    if merged.folded:
        notes.append("an installer's metadata was taken out of SKILL.md; the lock file says where the skill came from")
    if origin.said_by not in ("", LOCK_FILE):
        notes.append(f"its origin, which {visible(origin.said_by)} said, is in {LOCK_FILE} now")
    return notes


def _lock(
    repository: Repository, head: str, skill_id: str, origin: Origin, merged: Merge, ids: Sequence[str]
) -> bytes | None:
    """The lock file at HEAD with the skill's new origin in it."""
    blob = repository.resolve(f"{head}:{LOCK_FILE}")
    path = repository.root / LOCK_FILE
    lock = parse_lock(path, repository.blobs([blob]).get(blob, b"")) if blob else Lock(path)
    files = {path: one.data for path, one in merged.contents.items() if one.mode != "120000"}
    return lock_with(lock, {skill_id: origin}, skills=ids, hashes={skill_id: hash_of(files)})


def _tree_with(repository: Repository, update: Update) -> str:
    """HEAD's tree with the merged skill and the lock file in it."""
    merged = store(repository.run, update.merge.contents)
    additions: dict[str, TreeEntry] = {}
    base: str | None = f"{update.head}^{{tree}}"
    if update.skill.id == ROOT_ID:
        kept = [entry for entry in repository.entries(update.head) if entry.path == WORKBENCH_FOLDER]
        additions = {entry.path: entry for entry in (*repository.entries(merged), *kept)}
        base = None
    else:
        additions[update.skill.id] = TreeEntry("040000", "tree", merged, update.skill.id)
    if update.lock is not None:
        additions[LOCK_FILE] = TreeEntry("100644", "blob", repository.store_blob(update.lock), LOCK_FILE)
    return repository.graft(base, additions)


def _message(update: Update) -> str:
    """What the commit says: the origin, from what to what, and what is left to do."""
    origin, theirs = update.renewed, update.theirs
    lines = [
        f"Update {visible(update.skill.name)} from {visible(origin.label)}",
        "",
        f"From: {update.origin.revision or update.origin.tree or 'unknown'}",
        f"To: {theirs.revision or theirs.tree}",
    ]
    if update.conflicts:
        lines += ["", f"To settle, {plural(len(update.conflicts), 'conflict')}:"]
        lines += [f"- {visible(file.path)}: {file.why}" for file in update.conflicts]
    return "\n".join([*lines, *(["", *update.notes] if update.notes else [])]) + "\n"


def _assert_clean(repository: Repository, skill_id: str) -> None:
    """Refuse where the folder or the lock file holds what git does not have, ignored files included."""
    inside = "." if skill_id == ROOT_ID else skill_id
    options = ("--porcelain=v1", "-z", "--untracked-files=all", "--ignored", "--no-renames")
    said = repository.run("--literal-pathspecs", "status", *options, "--", inside, LOCK_FILE)
    odd = [os.fsdecode(entry[3:]) for entry in said.split(b"\0") if entry]
    if odd:
        raise ConflictError(
            f"the folder is not clean: git does not have {plural(len(odd), 'change')} in it",
            where=visible(odd[0]),
            remedy="commit or remove them first, or leave --apply out: the update then comes on a branch of its own",
        )


def _assert_no_link(folder: Path, path: str) -> None:
    """Refuse to write through a link: what is beyond it is not the skill's."""
    for parent in Path(path).parents:
        if (folder / parent).is_symlink() and str(parent) != ".":
            raise ConflictError("a folder on the way is a link", where=visible(f"{folder}/{parent}"))


def _write(path: Path, content: Content) -> None:
    """Put one file in its place in one step."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        fresh = path.with_name(f".{path.name[:100]}.updating")
        fresh.unlink(missing_ok=True)
        if content.mode == "120000":
            fresh.symlink_to(os.fsdecode(content.data))
        else:
            with fresh.open("xb") as file:
                file.write(content.data)
                file.flush()
                os.fsync(file.fileno())
            fresh.chmod(0o755 if content.mode == "100755" else 0o644)
        fresh.replace(path)
    except OSError as error:
        raise InputError(f"it can't be written: {error.strerror}", where=visible(str(path))) from error


def _remove_empty(folder: Path, path: str) -> None:
    for parent in Path(path).parents:
        if str(parent) == ".":
            return
        try:
            (folder / parent).rmdir()
        except OSError:
            return
