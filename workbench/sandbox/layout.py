"""The private folder of one run: what lies in it before the start, and its removal afterwards."""

import contextlib
import os
import shutil
import stat
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from workbench.sandbox.model import Program

LEFT_OUT = frozenset({".git", ".workbench"})
"""Top-level entries of a skill's folder that are never shown: they are the library's, not the skill's."""


class LayoutError(Exception):
    """The program's folder, files or binds can't be laid out; the message is not sanitised."""


@dataclass(frozen=True, slots=True)
class Layout:
    """The folders of one run, all below one private temporary folder.

    Attributes:
        shown: Host paths to bind read-only (or to copy), with their places relative to the working folder.
        writable: The same for binds that may be written to.
        elsewhere: Binds with an absolute place: source, place, writable.
        links: Symbolic links of the skill that were made again in the working folder.
    """

    root: Path
    shown: tuple[tuple[Path, str], ...]
    writable: tuple[tuple[Path, str], ...]
    elsewhere: tuple[tuple[Path, str, bool], ...]
    links: tuple[str, ...]

    @property
    def work(self) -> Path:
        """The working folder."""
        return self.root / "work"

    @property
    def home(self) -> Path:
        """The empty home folder."""
        return self.root / "home"

    @property
    def tmp(self) -> Path:
        """What the program sees as /tmp."""
        return self.root / "tmp"

    @property
    def shared_memory(self) -> Path:
        """What the program sees as /dev/shm: on disk, so that one watch counts it all."""
        return self.root / "shm"

    @property
    def given(self) -> frozenset[str]:
        """Places in the working folder that were there before the start and are not the program's to write."""
        return frozenset(place for _, place in (*self.shown, *self.writable)) | frozenset(self.links)


def lay_out(root: Path, program: Program) -> Layout:
    """Make the run's folders in `root` and write the program's files.

    A file or bind given with the program wins over an entry of the skill at the same place; a folder of the skill in
    which something is given is shown entry by entry, so that both are there.

    Raises:
        LayoutError: A path leaves the working folder, or does not exist.
    """
    for name in ("work", "home", "tmp", "shm"):
        os.mkdir(f"{root}/{name}", 0o700)  # noqa: PTH102 - this is done for every case
    work = root / "work"
    taken = {_relative(path) for path in program.files}
    for path, content in program.files.items():
        target = work / _relative(path)
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content)
        if path in program.executable:
            target.chmod(0o700)
    inside, elsewhere = [], []
    for bind in program.binds:
        if not bind.source.exists():
            raise LayoutError(f"there is no {bind.source}")
        if bind.target.startswith("/"):
            elsewhere.append((bind.source.absolute(), bind.target, bind.writable))
        else:
            inside.append((bind.source.absolute(), _relative(bind.target), bind.writable))
            taken.add(_relative(bind.target))
    entries = list(_entries(program.folder, taken, work)) if program.folder is not None else []
    return Layout(
        root,
        shown=(*((path, place) for path, place in entries if not path.is_symlink()), *_of(inside, writable=False)),
        writable=tuple(_of(inside, writable=True)),
        elsewhere=tuple(elsewhere),
        links=tuple(_make_links(work, entries)),
    )


def copy_in(layout: Layout, folder: Path | None) -> None:
    """Fill the working folder by copying instead of binding, for a run without a sandbox.

    Links of the skill that leave its folder are left out; binds become links to the real thing.
    """
    own = Path(os.path.realpath(folder)) if folder is not None else None

    def leaving(parent: str, names: list[str]) -> list[str]:
        return [name for name in names if not _belongs(Path(parent, name), own)]

    for source, place in (*layout.shown, *layout.writable):
        target = layout.work / place
        target.parent.mkdir(parents=True, exist_ok=True)
        if own is None or not Path(os.path.realpath(source)).is_relative_to(own):
            target.symlink_to(source)
        elif source.is_dir():
            shutil.copytree(source, target, symlinks=True, ignore=leaving, dirs_exist_ok=True)
        else:
            shutil.copy2(source, target)
    for place in layout.links:
        link = layout.work / place
        if own is not None and not Path(os.path.realpath(own / place)).is_relative_to(own):
            link.unlink()


def remove(root: Path) -> None:
    """Remove a run's folder, whatever its program made of permissions and depth.

    Folders are moved up to the top before they are emptied, so that no path ever gets long.
    """
    top = os.open(root, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
    try:
        number, waiting = 0, ["."]
        while waiting:
            current = waiting.pop()
            here = os.open(current, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW, dir_fd=top)
            try:
                for name in _names(here):
                    if not stat.S_ISDIR(os.stat(name, dir_fd=here, follow_symlinks=False).st_mode):
                        os.unlink(name, dir_fd=here)
                        continue
                    os.chmod(name, 0o700, dir_fd=here)
                    number += 1
                    os.rename(name, f".gone-{number}", src_dir_fd=here, dst_dir_fd=top)
                    waiting.append(f".gone-{number}")
            finally:
                os.close(here)
            if current != ".":
                os.rmdir(current, dir_fd=top)
    finally:
        os.close(top)
    with contextlib.suppress(OSError):
        root.rmdir()


def _names(descriptor: int) -> list[str]:
    with os.scandir(descriptor) as found:
        return [entry.name for entry in found]


def _relative(path: str) -> str:
    pure = PurePosixPath(path)
    if not path or "\0" in path or pure.is_absolute() or ".." in pure.parts or not pure.parts:
        raise LayoutError(f"'{path}' is not a path inside the working folder")
    return str(pure)


def _of(binds: Iterable[tuple[Path, str, bool]], *, writable: bool) -> Iterator[tuple[Path, str]]:
    return ((source, place) for source, place, can_write in binds if can_write is writable)


def _entries(folder: Path, taken: set[str], work: Path) -> Iterator[tuple[Path, str]]:
    """The entries of a skill to show, with their places; folders in which something is taken are gone into."""
    above = {str(parent) for place in taken for parent in PurePosixPath(place).parents}

    def walk(current: Path, prefix: str) -> Iterator[tuple[Path, str]]:
        with os.scandir(current) as found:
            entries = sorted(found, key=lambda entry: entry.name)
        for entry in entries:
            place = prefix + entry.name
            if place in taken or (not prefix and entry.name in LEFT_OUT):
                continue
            if place in above:
                if entry.is_dir(follow_symlinks=False):
                    (work / place).mkdir(parents=True, exist_ok=True)
                    yield from walk(Path(entry.path), place + "/")
            elif entry.is_symlink() or entry.is_file() or entry.is_dir():
                yield Path(entry.path), place

    try:
        yield from walk(folder.absolute(), "")
    except OSError as error:
        raise LayoutError(f"the skill's folder can't be read: {error}") from error


def _make_links(work: Path, entries: Iterable[tuple[Path, str]]) -> Iterator[str]:
    for path, place in entries:
        if path.is_symlink():
            (work / place).symlink_to(path.readlink())
            yield place


def _belongs(path: Path, own: Path | None) -> bool:
    """Whether a skill's entry is copied: files, folders, and links that stay inside."""
    if path.is_symlink():
        return own is not None and Path(os.path.realpath(path)).is_relative_to(own)
    return path.is_file() or path.is_dir()
