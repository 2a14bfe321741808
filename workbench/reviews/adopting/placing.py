"""Putting folders into the library's work tree so that every one of them can be put back."""

import shutil
from pathlib import Path

from workbench.git import Repository


class Places:
    """The folders that were put into their places, and what was there before.

    What is copied, and what it replaces, waits inside the repository's own folder, where neither git nor anybody who
    looks for skills sees it.
    """

    def __init__(self, repository: Repository) -> None:
        self._root = repository.root
        self._waiting = repository.git_dir / "workbench-adopting"
        self._before: dict[str, Path | None] = {}
        self._count = 0
        shutil.rmtree(self._waiting, ignore_errors=True)  # what an adoption left that was killed; git has it all

    def put(self, source: Path, path: str) -> None:
        """Copy a folder and put it at a path of the work tree; links stay links, `.git` is left out.

        Raises:
            OSError: It can't be copied; what was there before is still there.
            shutil.Error: Likewise.
        """
        self._count += 1
        fresh, before = self._waiting / f"{self._count}", self._waiting / f"{self._count}-before"
        self._waiting.mkdir(parents=True, exist_ok=True)
        shutil.copytree(source, fresh, symlinks=True, ignore=_only_storable)
        fresh.chmod(fresh.stat().st_mode | 0o700)  # else it could not be replaced the next time
        target = self._root / path
        target.parent.mkdir(parents=True, exist_ok=True)
        had = target.exists() or target.is_symlink()
        if had:
            shutil.move(target, before)
        self._before[path] = before if had else None
        shutil.move(fresh, target)

    def put_back(self, path: str) -> None:
        """Make one place as it was; nothing happens where nothing was put."""
        if path not in self._before:
            return
        before = self._before.pop(path)
        target = self._root / path
        if target.is_symlink() or target.is_file():
            target.unlink()
        shutil.rmtree(target, ignore_errors=True)
        if before is not None:
            shutil.move(before, target)

    def put_back_all(self) -> list[str]:
        """Make every place as it was, the last one first, since a skill may hold another; gives the paths."""
        paths = list(reversed(self._before))
        for path in paths:
            self.put_back(path)
        self.settle()
        return paths

    def keep(self, path: str) -> None:
        """What is at this path stays, whatever comes."""
        self._before.pop(path, None)

    def settle(self) -> None:
        """Let go of what was there before."""
        self._before.clear()
        shutil.rmtree(self._waiting, ignore_errors=True)


def _only_storable(folder: str, names: list[str]) -> list[str]:
    """What git can't keep: its own folder, and pipes, sockets and devices."""
    odd = [name for name in names if not _is_storable(Path(folder, name))]
    return [*odd, ".git"]


def _is_storable(path: Path) -> bool:
    return path.is_symlink() or path.is_file() or path.is_dir()
