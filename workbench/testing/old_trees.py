"""A skill as git has it, written into a scratch library, so that cases can run on a tree that is not checked out."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from workbench.git import RunGit
from workbench.skills.contents import contents_of_tree, write_contents
from workbench.skills.model import ROOT_ID
from workbench.testing.cases import FOLDER


@contextmanager
def scratch_library(run: RunGit, skill_id: str, code: str, cases: str | None = None) -> Iterator[Path]:
    """A library that holds one skill with the content of a tree, while the context is open.

    Args:
        run: Runs git where the trees can be read.
        skill_id: Where the skill stands in it.
        code: The tree of its content.
        cases: The tree whose folder of cases it gets instead of its own.

    Raises:
        InputError: A tree is too large to be written, is not whole in the clone, or has a link that leaves it.
    """
    contents = contents_of_tree(run, code)
    if cases is not None and cases != code:
        own = f"{FOLDER}/"
        contents = {path: content for path, content in contents.items() if not path.startswith(own)}
        contents |= {path: one for path, one in contents_of_tree(run, cases).items() if path.startswith(own)}
    with TemporaryDirectory(prefix="workbench-tree-") as scratch:
        root = Path(scratch).resolve()
        folder = root if skill_id == ROOT_ID else root / skill_id
        folder.mkdir(parents=True, exist_ok=True)
        write_contents(folder, contents)
        yield root
