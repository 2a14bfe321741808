"""A git work tree and what can be asked of it."""

import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from functools import cached_property
from pathlib import Path

from workbench.errors import ConflictError, InputError
from workbench.git import log
from workbench.git.environment import OVERRIDES, hardened, switched_off
from workbench.git.failures import failure, why_refused
from workbench.git.grafting import graft
from workbench.git.lasting import Lasting, names_objects_alone
from workbench.git.plumbing import (
    GitError,
    Identity,
    LogEntry,
    TreeEntry,
    format_tree,
    parse_batch,
    parse_log,
    parse_tree,
)
from workbench.git.ref_files import AskGitError, RefFiles
from workbench.git.streaming import stream_objects
from workbench.git.work_tree import WorkTree
from workbench.text import decode, visible


class Repository:
    """A git work tree and what can be asked of it.

    Attributes:
        root: The work tree's top folder.
        git_dir: The repository's own folder (of this work tree).
        common_dir: The folder that all work trees of the repository share.
    """

    def __init__(self, root: Path, git_dir: Path, common_dir: Path | None = None) -> None:
        self.root = root
        self.git_dir = git_dir
        self.common_dir = common_dir or git_dir
        self._refs = RefFiles(self.git_dir, self.common_dir)
        self._lasting = Lasting()

    @classmethod
    def discover(cls, folder: Path) -> "Repository | None":
        """The repository that holds `folder`; None where there is none.

        Raises:
            InputError: git is missing, the repository is bare or damaged, or git refuses it as another user's.
        """
        if shutil.which("git") is None:
            if any((parent / ".git").exists() for parent in (folder, *folder.parents)):
                raise InputError("git is not installed", remedy="install git 2.31 or newer")
            return None
        try:
            places = ("--show-toplevel", "--absolute-git-dir", "--path-format=absolute", "--git-common-dir")
            # Reading a path starts no program, so the drivers that are switched off need not be known yet.
            env = hardened(OVERRIDES)
            lines = run_git(("rev-parse", *places), folder, env).rstrip(b"\n").split(b"\n")
            if len(lines) != 3:  # a path holds a line end: only one at a time can be told from the next
                asked = (places[:1], places[1:2], places[2:])
                lines = [run_git(("rev-parse", *place), folder, env).removesuffix(b"\n") for place in asked]
        except GitError as error:
            if "not a git repository" in error.stderr:
                return None
            raise why_refused(error, folder) from error
        return cls(*(Path(os.fsdecode(line)) for line in lines))

    @classmethod
    def create(cls, folder: Path) -> "Repository":
        """Make a new repository with the branch `main`.

        Raises:
            InputError: The folder can't be written.
        """
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise InputError(f"a repository can't be made: {error.strerror}", where=visible(str(folder))) from error
        run_git(("init", "--quiet", "--initial-branch=main"), folder, hardened(OVERRIDES))
        return cls(folder, folder / ".git")

    def run(
        self,
        *args: str,
        stdin: bytes | None = None,
        env: Mapping[str, str] | None = None,
        ok: Sequence[int] = (0,),
    ) -> bytes:
        """What a git command prints.

        Raises:
            GitError: It ended with an exit code that is not in `ok`.
        """
        return run_git(args, self.root, {**self._environment, **(env or {})}, stdin, ok)

    def lasting(self, *args: str, ok: Sequence[int] = (0,)) -> bytes:
        """What `run` gives, and without asking again where the answer can't have changed.

        That is where objects are named by their full ids alone, in a history that is not cut.
        """
        if not names_objects_alone(args) or self.is_shallow():
            return self.run(*args, ok=ok)
        # Where a command may fail, no output says that something is not here, which may come.
        return self._lasting.get(args, lambda: self.run(*args, ok=ok) or (b"" if ok == (0,) else None))

    @cached_property
    def _environment(self) -> dict[str, str]:
        drivers = ("--null", "--name-only", "--get-regexp", r"^(filter|diff|merge)\..*\..*$")
        listed = run_git(("config", *drivers), self.root, hardened(OVERRIDES), ok=(0, 1))
        # Told of a file system that it is not on, git stores a file under the name of another: which of them is chance.
        case = ("core.ignoreCase", "true" if self.ignores_case else "false")
        return hardened((*OVERRIDES, case, *switched_off(decode(listed).split("\0"))))

    @cached_property
    def ignores_case(self) -> bool:
        """Whether names that differ only in case are one to the work tree's file system, and so to git."""
        try:
            return (self.root / ".git").samefile(self.root / ".GIT")
        except FileNotFoundError:
            return False
        except OSError:
            return True  # what can't be told is taken for a yes: then nothing is left out

    def head(self) -> str | None:
        """The commit at HEAD; None in a repository without commits."""
        return self.resolve("HEAD^{commit}")

    def resolve(self, revision: str) -> str | None:
        """The full object id that `revision` names; None if it names none."""
        name = revision.removesuffix("^{commit}")
        try:
            found = self._refs.commit(name)
        except AskGitError:
            return self._parsed(revision)
        return found if name == revision or found is None else self._parsed(f"{found}^{{commit}}")

    def _parsed(self, revision: str) -> str | None:
        said = self.lasting("rev-parse", "--verify", "--quiet", "--end-of-options", revision, ok=(0, 1, 128))
        return decode(said).strip() or None

    def branch(self) -> str | None:
        """The current branch's name below `refs/heads`; None with a detached head."""
        return _branch_of(self.link("HEAD") or "")

    def link(self, ref: str) -> str | None:
        """The ref that a ref is a link to; None where it is none, or is not there."""
        try:
            return self._refs.link(ref)
        except AskGitError:
            return decode(self.run("symbolic-ref", "--quiet", ref, ok=(0, 1, 128))).strip() or None

    def has_remote_branches(self) -> bool:
        """Whether anything was ever fetched from a remote's branches."""
        try:
            return self._refs.has_any("refs/remotes/")
        except AskGitError:
            return bool(self.run("for-each-ref", "--count=1", "refs/remotes/"))

    def checked_out_at(self) -> tuple[str | None, str | None]:
        """The commit and the branch at HEAD, as `head` and `branch` give them."""
        return self.head(), self.branch()

    def first_root(self, revision: str) -> str | None:
        """The commit without parents where the first parents of a revision end."""
        said = self.lasting("rev-list", "--max-parents=0", "--first-parent", revision, "--")
        return decode(said).strip() or None

    def roots(self) -> tuple[str, ...]:
        """The commits without parents that HEAD descends from; the first is the one by first parents."""
        head = self.head()
        if head is None:
            return ()
        every = decode(self.lasting("rev-list", "--max-parents=0", head, "--")).split()
        first = self.first_root(head) if len(every) > 1 else None
        return tuple(dict.fromkeys(filter(None, (first, *every))))

    def is_ancestor(self, old: str, new: str) -> bool:
        """Whether `new` descends from `old`, or is it; False where one of them is not here."""
        return self.lasting("rev-list", "--count", "--max-count=1", old, "--not", new, "--", ok=(0, 128)) == b"0\n"

    def grew_straight(self, old: str, new: str) -> bool:
        """Whether only plain commits lead from `old` to `new`, so that the log below `old` is the log it was."""
        if not self.is_ancestor(old, new):
            return False
        return not self.lasting("rev-list", "--min-parents=2", "--max-count=1", f"{old}..{new}", "--")

    def is_shallow(self) -> bool:
        """Whether history is cut, so that the root commit can't be known."""
        return (self.common_dir / "shallow").exists()

    def is_cut_off(self, *commits: str) -> bool:
        """Whether a shallow clone holds only the end of the history of one of these."""
        if not self.is_shallow():
            return False
        try:
            boundary = (self.common_dir / "shallow").read_text(encoding="ascii").split()
        except (OSError, UnicodeDecodeError):
            return True
        ends = decode(self.run("rev-list", "--max-parents=0", *commits, "--")).split()
        return not set(boundary).isdisjoint(ends)

    def index_size(self) -> int:
        """How many files the index holds, as its header tells; 0 where there is none."""
        try:
            with (self.git_dir / "index").open("rb") as file:
                return int.from_bytes(file.read(12)[8:], "big")
        except OSError:
            return 0

    def in_progress(self) -> str | None:
        """A merge, rebase, cherry-pick, revert or bisect that waits to be finished, by name."""
        marks = {
            "MERGE_HEAD": "merge", "rebase-merge": "rebase", "rebase-apply": "rebase",
            "CHERRY_PICK_HEAD": "cherry-pick", "REVERT_HEAD": "revert", "BISECT_LOG": "bisect",
        }  # fmt: skip
        return next((name for mark, name in marks.items() if (self.git_dir / mark).exists()), None)

    def identity(self) -> Identity:
        """Who git takes the user for.

        Raises:
            InputError: No e-mail is configured.
        """
        said = decode(self.run("config", "--null", "--get-regexp", r"^user\.(name|email)$", ok=(0, 1)))
        set_ = dict(line.partition("\n")[::2] for line in said.split("\0"))  # of several, the last is in force
        name = os.environ.get("GIT_AUTHOR_NAME") or set_.get("user.name")
        email = os.environ.get("GIT_AUTHOR_EMAIL") or set_.get("user.email") or os.environ.get("EMAIL")
        if not email:
            raise InputError(
                "git does not know who you are, and a review has to name its reviewer",
                where=str(self.root),
                remedy="git config --global user.email you@example.com, and user.name likewise",
            )
        return Identity(name or email.split("@")[0], email)

    def config(self, key: str) -> str | None:
        """One value of git's configuration; None where it is not set."""
        return decode(self.run("config", "--get", key, ok=(0, 1))).rstrip("\n") or None

    def entries(self, revision: str, *options: str) -> list[TreeEntry]:
        """The entries of a tree or commit (`-r` and `-t` as options go through)."""
        return parse_tree(self.lasting("ls-tree", "-z", "--full-tree", *options, revision))

    def ids_of(self, names: Sequence[str]) -> list[str | None]:
        """The object ids that many names (`commit:path`, `tag^{commit}`) stand for, None where one stands for none."""
        return [found[0] if found else None for found in self.look_up(names)]

    def look_up(self, names: Sequence[str]) -> list[tuple[str, str] | None]:
        """Id and type (`blob`, `tree`, …) of the objects that many names stand for, None where one stands for none."""
        if not names:
            return []
        # A name with a line end can't be asked for in this protocol; no revision has one, a hostile path may.
        asked = "".join(f"{'' if chr(10) in name else name}\n" for name in names).encode("utf-8", "surrogateescape")
        said = self.run("cat-file", "--batch-check=%(objectname) %(objecttype)", stdin=asked).split(b"\n")
        found: list[tuple[str, str] | None] = []
        for line in said[: len(names)]:
            id_, _, kind = line.partition(b" ")
            known = kind in (b"blob", b"tree", b"commit", b"tag")
            found.append((id_.decode(), kind.decode()) if known else None)
        return found

    def blobs(self, ids: Iterable[str]) -> dict[str, bytes]:
        """The contents of many objects; those that are not there are left out."""
        wanted = list(dict.fromkeys(ids))
        if not wanted:
            return {}
        return dict(parse_batch(self.run("cat-file", "--batch", stdin="".join(f"{i}\n" for i in wanted).encode())))

    def sizes(self, ids: Iterable[str]) -> dict[str, int]:
        """The sizes of many objects, in bytes; those that are not there are left out."""
        wanted = list(dict.fromkeys(ids))
        if not wanted:
            return {}
        asked = "".join(f"{id_}\n" for id_ in wanted).encode()
        said = decode(self.run("cat-file", "--batch-check=%(objectname) %(objectsize)", stdin=asked)).splitlines()
        return {id_: int(size) for id_, size in (line.split(" ") for line in said) if size.isdigit()}

    def log(self, fields: Sequence[str], *args: str) -> Iterator[LogEntry]:
        """Commits with the fields asked for (`%ct`, …; the id comes first by itself) and their raw changes."""
        return parse_log(
            self.lasting(
                "--literal-pathspecs", "log", "-z", "-c", "--root", "--raw", "--no-renames", "--no-abbrev",
                f"--format={'%x00'.join(('%H', *fields))}", *args,
            ),
            len(fields) + 1,
        )  # fmt: skip

    def stream(self, ids: Sequence[str]) -> Iterator[tuple[str, bytes]]:
        """Types and contents of many objects, one after the other. Raises as `stream_objects`."""
        return stream_objects(ids, self.root, self._environment)

    def store_blob(self, data: bytes) -> str:
        """Write a blob; gives its id."""
        return decode(self.run("hash-object", "-w", "--stdin", stdin=data)).strip()

    def store_blobs(self, contents: Sequence[bytes]) -> list[str]:
        """Write blobs; gives their ids."""
        if len(contents) == 1:
            return [self.store_blob(contents[0])]
        with tempfile.TemporaryDirectory(prefix="workbench-blobs-") as scratch:
            for number, data in enumerate(contents):
                Path(scratch, str(number)).write_bytes(data)
            named = "".join(f"{scratch}/{number}\n" for number in range(len(contents))).encode()
            return decode(self.run("hash-object", "-w", "--no-filters", "--stdin-paths", stdin=named)).split()

    def make_tree(self, entries: Iterable[TreeEntry]) -> str:
        """Write a tree of these entries; gives its id."""
        return decode(self.run("mktree", "-z", "--missing", stdin=format_tree(entries))).strip()

    def make_trees(self, trees: Sequence[Iterable[TreeEntry]]) -> list[str]:
        """Write trees of these entries, none of them empty; gives their ids."""
        listing = b"\0".join(format_tree(entries) for entries in trees)
        return decode(self.run("mktree", "-z", "--missing", "--batch", stdin=listing)).split()

    def graft(self, tree: str | None, additions: Mapping[str, TreeEntry]) -> str:
        """Write `tree` with entries put at their paths (`a/b/c`); gives the new tree's id."""
        return graft(self, tree, additions)

    def commit(self, tree: str, parents: Sequence[str], message: str, who: Identity, at: datetime) -> str:
        """Write a commit object; gives its id. No ref moves."""
        env = {**dated(at), **named(who)}
        args = [option for parent in parents for option in ("-p", parent)]
        return decode(self.run("commit-tree", tree, *args, stdin=message.encode(), env=env)).strip()

    def move_ref(self, ref: str, new: str, old: str | None, reason: str) -> None:
        """Move `ref` from `old` (None: it must not exist) to `new` in one step.

        Raises:
            ConflictError: It is not at `old` any more, or another process (or what is left of one) holds its lock.
        """
        try:
            self.run("update-ref", "--create-reflog", "-m", reason, ref, new, old or "0" * len(new))
        except GitError as error:
            if "expected" in error.stderr or "reference already exists" in error.stderr:
                raise ConflictError(f"{ref} moved meanwhile", where=str(self.root), remedy="try again") from error
            if "File exists" in error.stderr:
                raise ConflictError(error.what, where=str(self.root), remedy=error.remedy) from error
            raise

    def ignores(self, folder: Path) -> bool:
        """Whether a folder inside has nothing to do with the repository: a package in a virtual environment, say."""
        asked = folder.resolve()
        if asked == self.root.resolve():
            return False
        return bool(self.run("check-ignore", "-z", "--stdin", stdin=os.fsencode(asked), ok=(0, 1, 128)))

    def checked_out(self, ref: str) -> bool:
        """Whether any work tree of this repository has `ref` checked out."""
        listed = decode(self.run("worktree", "list", "--porcelain"))
        return f"branch {ref}" in listed.splitlines()

    @contextmanager
    def work_tree(self, folders: Sequence[str], *, alone: bool = False) -> Iterator[WorkTree]:
        """The given folders (relative to the root) as `git add` would store them, while the context is open.

        Everything is written beside the repository: a copy of the index and an object folder of its own, so that
        neither the user's index nor the object store changes, also on a disk that can't be written.

        Args:
            folders: Relative to the root.
            alone: Whether its tree may hold these folders and nothing else.
        """
        with tempfile.TemporaryDirectory(prefix="workbench-git-") as scratch:
            yield WorkTree(self, Path(scratch), folders, alone=alone)


def _branch_of(ref: str) -> str | None:
    """git's own short names grow by `heads/` where a tag has the branch's name, and are then no names any more."""
    return ref.removeprefix("refs/heads/") if ref.startswith("refs/heads/") else None


def dated(at: datetime) -> dict[str, str]:
    """The environment that gives a commit this moment."""
    moment = f"{int(at.timestamp())} {at.astimezone():%z}"
    return {"GIT_AUTHOR_DATE": moment, "GIT_COMMITTER_DATE": moment}


def named(who: Identity) -> dict[str, str]:
    """The environment that makes a commit this person's."""
    return {
        "GIT_AUTHOR_NAME": who.name, "GIT_AUTHOR_EMAIL": who.email,
        "GIT_COMMITTER_NAME": os.environ.get("GIT_COMMITTER_NAME") or who.name,
        "GIT_COMMITTER_EMAIL": os.environ.get("GIT_COMMITTER_EMAIL") or who.email,
    }  # fmt: skip


def run_git(
    args: Sequence[str],
    cwd: Path,
    env: Mapping[str, str],
    stdin: bytes | None = None,
    ok: Sequence[int] = (0,),
) -> bytes:
    """What a git command prints; the log gets a line. Raises as `Repository.run`."""
    began = time.time()
    try:
        done = subprocess.run(["git", *args], cwd=cwd, env=env, input=stdin or b"", capture_output=True, check=False)
    except OSError as error:
        raise InputError(f"git can't be started: {error.strerror}", where=str(cwd)) from error
    log.note(args, str(cwd), began, done.returncode)
    if done.returncode not in ok:
        raise failure(args, cwd, done.stderr, done.returncode)
    return done.stdout
