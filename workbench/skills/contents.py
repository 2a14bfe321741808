"""The files of a skill in memory: read from a folder or a tree, and written as a tree."""

import os
import stat
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from workbench.errors import InputError
from workbench.git import RunGit, TreeEntry, format_tree, parse_batch, parse_tree
from workbench.skills.files import MAX_FILES, is_binary, read_inside, walk
from workbench.text import decode, visible

MAX_BYTES = 64 << 20

_SNIFFED = 8 << 10


@dataclass(frozen=True, slots=True)
class Content:
    """One file: its octal git mode (`100644`, `100755`, `120000` for a link) and its bytes, or where the link leads."""

    mode: str
    data: bytes

    @property
    def mergeable(self) -> bool:
        """Whether its lines can be merged with others: a regular file that git takes for text."""
        return self.mode != "120000" and not is_binary(self.data[:_SNIFFED])


Contents = Mapping[str, Content]
"""A skill's files by their path in its folder."""


def contents_of_folder(folder: Path) -> dict[str, Content]:
    """The files on disk; what git can't store is left out.

    Raises:
        InputError: They can't be read, or are too many or too large.
    """
    found: dict[str, Content] = {}
    left = MAX_BYTES
    for path, entry in walk(str(folder)):
        try:
            info = entry.stat(follow_symlinks=False)
            if stat.S_ISLNK(info.st_mode):
                found[path] = Content("120000", os.readlink(os.fsencode(entry.path)))  # noqa: PTH115 - bytes as they are
            elif stat.S_ISREG(info.st_mode):
                data = read_inside(folder, path, left + 1)
                found[path] = Content("100755" if info.st_mode & stat.S_IXUSR else "100644", data)
        except OSError as error:
            raise InputError(f"it can't be read: {error.strerror}", where=visible(f"{folder}/{path}")) from error
        left -= len(found[path].data) if path in found else 0
        if left < 0:
            raise _too_large(str(folder))
    return found


def contents_of_tree(run: RunGit, tree: str) -> dict[str, Content]:
    """The files of a tree; submodules are left out.

    Raises:
        InputError: They are too many or too large, or a name in it would lead out of a folder.
    """
    entries = [e for e in parse_tree(run("ls-tree", "-z", "-r", "--full-tree", tree)) if e.kind == "blob"]
    if len(entries) > MAX_FILES:
        raise InputError(f"the tree holds more than {MAX_FILES:,} files", where=tree)
    ids = list(dict.fromkeys(entry.id for entry in entries))
    asked = "".join(f"{id_}\n" for id_ in ids).encode()
    sizes = run("cat-file", "--batch-check=%(objectsize)", stdin=asked).split() if ids else []
    if sum(int(size) for size in sizes if size.isdigit()) > MAX_BYTES:
        raise _too_large(tree)
    blobs = dict(parse_batch(run("cat-file", "--batch", stdin=asked))) if ids else {}
    for entry in entries:
        if any(part in ("", ".", "..") or part.lower() == ".git" for part in entry.path.split("/")):
            raise InputError("a name in the tree would lead out of the folder", where=visible(entry.path))
        if entry.id not in blobs:
            raise InputError("a file's content is not in this clone", where=visible(entry.path))
    return {entry.path: Content(entry.mode, blobs[entry.id]) for entry in entries}


def write_contents(folder: Path, contents: Contents) -> None:
    """Write files into a new, empty folder, and make sure that they are on disk.

    Raises:
        InputError: A link in them leads out of the folder.
        OSError: The folder can't be written.
    """
    for path, content in contents.items():
        target = folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        if content.mode == "120000":
            leads_to = os.fsdecode(content.data)
            where = os.path.normpath(os.path.join(os.path.dirname(path), leads_to))  # noqa: PTH118, PTH120 - text only
            if leads_to.startswith("/") or where.split("/")[0] == "..":
                raise InputError("a link leads out of the skill, so it is not written", where=visible(path))
            target.symlink_to(leads_to)
            continue
        with target.open("xb") as file:
            file.write(content.data)
            os.fchmod(file.fileno(), 0o755 if content.mode == "100755" else 0o644)
            file.flush()
            os.fsync(file.fileno())


def store(run: RunGit, contents: Contents) -> str:
    """Write these files as a tree, where `run` writes; gives its id."""
    with tempfile.TemporaryDirectory(prefix="workbench-store-") as scratch:
        datas = list(dict.fromkeys(content.data for content in contents.values()))
        for number, data in enumerate(datas):
            Path(scratch, str(number)).write_bytes(data)
        named = "".join(f"{scratch}/{number}\n" for number in range(len(datas))).encode()
        said = run("hash-object", "-w", "--no-filters", "--stdin-paths", stdin=named).split() if datas else []
    ids = {data: decode(id_) for data, id_ in zip(datas, said, strict=True)}
    return _store_folder(run, {path: (one.mode, ids[one.data]) for path, one in contents.items()})


def _store_folder(run: RunGit, listed: Mapping[str, tuple[str, str]]) -> str:
    entries = []
    below: dict[str, dict[str, tuple[str, str]]] = {}
    for path, (mode, id_) in listed.items():
        first, _, rest = path.partition("/")
        if rest:
            below.setdefault(first, {})[rest] = (mode, id_)
        else:
            entries.append(TreeEntry(mode, "blob", id_, first))
    entries += [TreeEntry("040000", "tree", _store_folder(run, inner), name) for name, inner in below.items()]
    return decode(run("mktree", "-z", "--missing", stdin=format_tree(entries))).strip()


def _too_large(where: str) -> InputError:
    return InputError(f"the files have more than {MAX_BYTES >> 20} MiB together", where=visible(where))
