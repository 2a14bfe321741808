"""Folders of the work tree as `git add` would store them, without touching the user's index or object store."""

import os
import posixpath
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple, Protocol

from workbench.git.covering import covering
from workbench.git.index_file import part_of
from workbench.git.plumbing import GitError
from workbench.text import decode

_FEW = 16
"""From more folders on, git's own reading of the whole index is less work."""
_MANY = 64
"""From so many folders on, those above them are added instead: git compares every path with every one it is given."""


class Runner(Protocol):
    """What a scratch work tree needs of its repository."""

    root: Path
    git_dir: Path
    common_dir: Path

    @property
    def ignores_case(self) -> bool:
        """Whether names that differ only in case are one to the work tree's file system, and so to git."""

    def run(
        self,
        *args: str,
        stdin: bytes | None = None,
        env: Mapping[str, str] | None = None,
        ok: Sequence[int] = (0,),
    ) -> bytes:
        """What a git command prints."""

    def head(self) -> str | None:
        """The commit at HEAD."""


class _Oddities(NamedTuple):
    """Paths that git was told to believe unchanged, submodules, and whether a merge left any path open."""

    overlooked: list[bytes]
    submodules: list[bytes]
    unmerged: bool


class WorkTree:
    """Folders of the work tree, stored in a scratch index and object folder.

    Args:
        repository: The repository.
        scratch: An empty folder.
        folders: Relative to the repository's root.
        alone: Whether `tree` may hold nothing else: for a few folders of many that is a fraction of the work.
    """

    def __init__(self, repository: Runner, scratch: Path, folders: Sequence[str], *, alone: bool = False) -> None:
        self._runner = repository
        self._scratch = scratch
        objects = scratch / "objects"
        objects.mkdir()
        self._env = {
            "GIT_INDEX_FILE": str(scratch / "index"),
            "GIT_OBJECT_DIRECTORY": str(objects),
            "GIT_ALTERNATE_OBJECT_DIRECTORIES": str(repository.common_dir / "objects"),
        }
        if not (alone and self._cut_index(scratch / "index", folders)):
            self._copy_index(scratch / "index")
        self.ignored: frozenset[str] = frozenset()
        if len(folders) > _MANY and self._add(_above(folders)):
            # Below a folder that is named itself, git passes over what is ignored.
            self.tree = self._write([])
        else:
            self.ignored = self._ignored(folders)
            self.tree = self._write([folder for folder in folders if folder not in self.ignored])

    def run(self, *args: str, stdin: bytes | None = None, ok: Sequence[int] = (0,)) -> bytes:
        """A git command that sees the scratch objects and the repository's."""
        # What a sparse checkout leaves out may stand there all the same.
        return self._runner.run("-c", "core.sparseCheckout=false", *args, stdin=stdin, env=self._env, ok=ok)

    def compare(self, *args: str, stdin: bytes | None = None, ok: Sequence[int] = (0,)) -> bytes:
        """A git command that sees the same objects, but neither the repository's configuration nor its attributes.

        Those may declare a script binary, or leave a submodule out, and so keep a change from the person who reads it.
        """
        neutral = self._scratch / "neutral"
        if not neutral.exists():
            (neutral / "refs").mkdir(parents=True)
            (neutral / "HEAD").write_text("ref: refs/heads/none\n", encoding="ascii")
            kind = "sha256" if len(self.tree) == 64 else "sha1"
            config = f"[core]\nrepositoryformatversion = 1\nbare = true\n[extensions]\nobjectFormat = {kind}\n"
            (neutral / "config").write_text(config, encoding="ascii")
        env = {**self._env, "GIT_DIR": str(neutral), "GIT_ATTR_NOSYSTEM": "1"}
        return self._runner.run("-c", f"core.attributesFile={os.devnull}", *args, stdin=stdin, env=env, ok=ok)

    def _cut_index(self, target: Path, folders: Sequence[str]) -> bool:
        """Take from the user's index what these folders need; False where all of it has to be taken."""
        index = self._runner.git_dir / "index"
        if not folders or len(folders) > _FEW or "." in folders or self._runner.ignores_case:
            return False
        try:
            part = part_of(index.read_bytes(), [os.fsencode(folder) for folder in folders])
        except FileNotFoundError:
            return False
        if part is None:
            return False
        target.write_bytes(part.data)
        _set_times(target, index)
        if part.overlooked:
            self._see(part.overlooked)
        return True

    def _copy_index(self, target: Path) -> None:
        index = self._runner.git_dir / "index"
        odd = _Oddities([], [], unmerged=False)
        if index.exists():
            shutil.copyfile(index, target)
            _set_times(target, index)
            odd = self._oddities()
            if odd.unmerged:
                target.unlink()
            elif odd.overlooked:
                self._see(odd.overlooked)
        if not target.exists() and self._runner.head() is not None:
            self.run("read-tree", "HEAD")
            odd = self._oddities()
        if odd.submodules:
            self._settle(odd.submodules)

    def _oddities(self) -> "_Oddities":
        """What in the scratch index needs more than `git add`."""
        overlooked, submodules = [], []
        unmerged = False
        for line in self.run("ls-files", "-v", "--stage", "-z").split(b"\0"):
            if line:
                head, _, path = line.partition(b"\t")
                unmerged = unmerged or not head.endswith(b" 0")
                if head[:1].islower() or head[:1] == b"S":
                    overlooked.append(path)
                if head[2:8] == b"160000":
                    submodules.append(path)
        return _Oddities(overlooked, submodules, unmerged)

    def _settle(self, submodules: Sequence[bytes]) -> None:
        """Put the commits that submodules are at into the scratch index, and let git not look at them again.

        To know whether a submodule's files differ, git starts another git in it, which takes its programs from there.
        """
        places = {path: self._runner.root / os.fsdecode(path) for path in submodules}
        there = [path for path, place in places.items() if place.is_dir() and not place.is_symlink()]
        entries = [(path, head) for path in there if (head := self._head_of(os.fsdecode(path)))]
        listing = b"".join(b"160000 %s 0\t%s\0" % (head, path) for path, head in entries)
        self.run("update-index", "-z", "--index-info", stdin=listing)
        self.run("update-index", "--assume-unchanged", "-z", "--stdin", stdin=b"\0".join(there))

    def _head_of(self, folder: str) -> bytes:
        """The commit that a submodule is at; empty where there is none."""
        place = self._runner.root / folder
        if not os.path.lexists(place / ".git"):
            return b""
        return self._runner.run(
            "-C", str(place), "rev-parse", "--verify", "--quiet", "HEAD^{commit}", ok=(0, 1, 128)
        ).strip()

    def _see(self, paths: Sequence[bytes]) -> None:
        """Let git look at these files again; one that is absent by design (a sparse checkout) stays so."""
        present = b"\0".join(path for path in paths if os.path.lexists(self._runner.root / os.fsdecode(path)))
        if present:
            self.run("update-index", "--no-assume-unchanged", "-z", "--stdin", stdin=present)
            self.run("update-index", "--no-skip-worktree", "-z", "--stdin", stdin=present)

    def _ignored(self, folders: Sequence[str]) -> frozenset[str]:
        if not folders:
            return frozenset()
        asked = b"\0".join(os.fsencode(folder) for folder in folders)
        said = self._runner.run("check-ignore", "-z", "--stdin", stdin=asked, ok=(0, 1, 128))
        return frozenset(os.fsdecode(path) for path in said.split(b"\0") if path)

    def _write(self, folders: Sequence[str]) -> str:
        if folders and not self._add(covering(folders)):
            # One folder that git can't store (beyond a link, in another repository) must not hide the others.
            self.ignored |= {folder for folder in folders if not self._add([folder])}
        return decode(self.run("write-tree", "--missing-ok")).strip()

    def _add(self, folders: Sequence[str]) -> bool:
        """Add folders to the scratch index; False where git refuses one of them."""
        try:
            self.run(
                "--literal-pathspecs", "add", "-A", "--ignore-errors", "--pathspec-from-file=-", "--pathspec-file-nul",
                stdin=b"\0".join(os.fsencode(folder) for folder in folders), ok=(0, 1),
            )  # fmt: skip
        except GitError:
            return False
        return True


def _set_times(copy: Path, index: Path) -> None:
    """Give the copy of an index its times: git looks again at files that changed when it was written, or later."""
    times = index.stat()
    os.utime(copy, ns=(times.st_atime_ns, times.st_mtime_ns))


def _above(folders: Sequence[str]) -> list[str]:
    """The folders that hold these, or the whole work tree."""
    above = {posixpath.dirname(folder) for folder in folders}
    return ["."] if "" in above or len(above) > _MANY else sorted(above)
