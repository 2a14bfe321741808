"""A skill as git has it, written into a scratch library, so that cases can run on a tree that is not checked out."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from workbench.errors import InputError
from workbench.git import RunGit, parse_batch, parse_tree
from workbench.skills.model import ROOT_ID
from workbench.testing.cases import FOLDER
from workbench.text import visible

MAX_FILES = 10_000
MAX_BYTES = 512 << 20


@contextmanager
def scratch_library(run: RunGit, skill_id: str, code: str, cases: str | None = None) -> Iterator[Path]:
    """A library that holds one skill with the content of a tree, while the context is open.

    Args:
        run: Runs git where the trees can be read.
        skill_id: Where the skill stands in it.
        code: The tree of its content.
        cases: The tree whose folder of cases it gets instead of its own.

    Raises:
        InputError: A tree is too large to be written, or is not in the clone.
    """
    with TemporaryDirectory(prefix="workbench-tree-") as scratch:
        root = Path(scratch).resolve()
        folder = root if skill_id == ROOT_ID else root / skill_id
        folder.mkdir(parents=True, exist_ok=True)
        written = _entries(run, code)
        if cases is not None and cases != code:
            own = f"{FOLDER}/"
            written = [one for one in written if not one[2].startswith(own)]
            written += [one for one in _entries(run, cases) if one[2].startswith(own)]
        _write(run, folder, written)
        yield root


def _entries(run: RunGit, tree: str) -> list[tuple[str, str, str]]:
    """Mode, id and path of each file and link below a tree; submodules hold nothing here."""
    listed = parse_tree(run("ls-tree", "-z", "-r", "--full-tree", tree))
    if len(listed) > MAX_FILES:
        raise InputError(f"the tree {tree[:12]} holds more than {MAX_FILES:,} files")
    return [(entry.mode, entry.id, entry.path) for entry in listed if entry.kind == "blob"]


def _write(run: RunGit, folder: Path, entries: list[tuple[str, str, str]]) -> None:
    asked = "".join(f"{id_}\n" for id_ in dict.fromkeys(id_ for _, id_, _ in entries)).encode()
    sizes = run("cat-file", "--batch-check=%(objectsize)", stdin=asked).split() if asked else []
    if sum(int(size) for size in sizes if size.isdigit()) > MAX_BYTES:
        raise InputError(f"the tree holds more than {MAX_BYTES >> 20} MiB")
    contents = dict(parse_batch(run("cat-file", "--batch", stdin=asked))) if asked else {}
    for mode, id_, path in entries:
        if id_ not in contents or ".." in path.split("/"):
            raise InputError("the tree is not whole in this clone", where=visible(path), remedy="git fetch")
        target = folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        if mode == "120000":
            # The sandbox shows a link as it is; one that leaves the skill leads to nothing there.
            target.symlink_to(os.fsdecode(contents[id_]))
        else:
            target.write_bytes(contents[id_])
            target.chmod(0o755 if mode == "100755" else 0o644)
