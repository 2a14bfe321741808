"""The versions of a skill that an evaluation compares, each written into a library of its own."""

import shutil
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from workbench.errors import InputError, UsageError
from workbench.git import Repository
from workbench.reviews.comparing import named_tree
from workbench.reviews.listing import SkillRow
from workbench.reviews.trees import current_trees
from workbench.skills import files
from workbench.skills.contents import contents_of_folder
from workbench.skills.model import ROOT_ID
from workbench.skills.reader import read
from workbench.testing.evals.bench import Version
from workbench.testing.evals.evals_file import FOLDER
from workbench.testing.old_trees import scratch_library
from workbench.text import visible
from workbench.tools.manifest import load_tools

APPROVED = "approved"


@contextmanager
def current_version(root: Path, skill_id: str, tree: str | None) -> Iterator[Version]:
    """The skill as it is on disk, without its evaluations, while the context is open. Links are left out.

    Raises:
        InputError: It can't be read, or is too large.
    """
    folder = files.folder_of(root, skill_id)
    with TemporaryDirectory(prefix="workbench-eval-") as scratch:
        own = Path(scratch).resolve() / ("" if skill_id == ROOT_ID else skill_id)
        own.mkdir(parents=True, exist_ok=True)
        for path, content in contents_of_folder(Path(folder)).items():
            if path.split("/")[0] in (FOLDER, ".workbench") or content.mode == "120000":
                continue
            target = own / path
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(content.data)
            target.chmod(0o755 if content.mode == "100755" else 0o644)
        yield _version(Path(scratch).resolve(), skill_id, tree)


@contextmanager
def old_version(repository: Repository, row: SkillRow, revision: str) -> Iterator[Version]:
    """A skill as git has it, without its evaluations, while the context is open.

    Args:
        repository: Where it is.
        row: The skill.
        revision: A revision, a tree, or `approved`.

    Raises:
        UsageError: It was never approved.
        InputError: The revision names no version of the skill.
    """
    with ExitStack() as stack:
        current = stack.enter_context(current_trees(repository, [row.id]))
        if revision == APPROVED:
            tree = row.standing.approved_tree
            if tree is None:
                raise UsageError("it was never approved, so there is no version to compare with", where=visible(row.id))
        else:
            tree = named_tree(current.scratch, row.id, revision)
            if tree is None:
                raise InputError(f"'{visible(revision)}' has no such skill", where=visible(row.id))
        root = stack.enter_context(scratch_library(current.scratch.run, row.id, tree))
        shutil.rmtree(files.folder_of(root, row.id) + f"/{FOLDER}", ignore_errors=True)
        yield _version(root, row.id, tree)


def _version(root: Path, skill_id: str, tree: str | None) -> Version:
    skill = read(root, skill_id)
    return Version(root, skill, load_tools(root, skill)[0], tree)
