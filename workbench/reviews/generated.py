"""What a generated skill is made of: the files that its recipe names, before and now."""

import posixpath
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any

from workbench.errors import InputError
from workbench.git import Repository, TreeEntry, WorkTree, format_tree, parse_tree
from workbench.reviews.diff import CONTEXT, FileDiff, diff_trees
from workbench.reviews.history import Change
from workbench.reviews.library_config import CONFIG_FILE, Recipe, parse_config, recipe_of
from workbench.skills.model import ROOT_ID
from workbench.text import decode, plural, visible

_WILD = frozenset("*?[")


@dataclass(frozen=True, slots=True)
class Inputs:
    """What changed in what a skill is made of.

    Attributes:
        recipe: How it is made.
        commit: The commit whose inputs they are compared with; None where they are compared with nothing.
        base_label: What to call it.
        every: The git tree of all inputs as they are now; paths in it are the library's.
        files: Those that changed, by their paths as seen from the skill's folder (`../../openapi.yaml`).
    """

    recipe: Recipe
    commit: str | None
    base_label: str
    every: str
    files: tuple[FileDiff, ...]

    def to_json(self) -> dict[str, Any]:
        """How it is made and what of that changed, without the lines."""
        changed = [{"path": file.path, "added": file.added, "removed": file.removed} for file in self.files]
        return {**self.recipe.to_json(), "base_label": self.base_label, "inputs": self.every, "changed": changed}


@dataclass(frozen=True, slots=True)
class Generated:
    """A skill that a command makes, by the library's own account.

    Attributes:
        inputs: What it is made of; None where that can't be told.
        trouble: Why not.
        rerun: Whether the last rerun with these very inputs gave these very files; None without one.
    """

    inputs: Inputs | None
    trouble: str | None = None
    rerun: bool | None = None

    @property
    def files(self) -> tuple[FileDiff, ...]:
        """The inputs that changed."""
        return self.inputs.files if self.inputs else ()

    def said(self) -> str:
        """One line on it; made visible."""
        if self.inputs is None:
            return f"what it is made of can't be told: {visible(self.trouble or '')}"
        count = len(self.files)
        since = visible(self.inputs.base_label)
        if self.inputs.commit is None:
            changed = f"{plural(count, 'input')}, compared with {since}"
        else:
            changed = f"{plural(count, 'input') if count else 'no input'} changed since {since}"
        rerun = {None: "not made again yet", True: "made again: the same bytes", False: "made again: other bytes"}
        made = f"made by {visible(' '.join(self.inputs.recipe.by))}"
        return f"{changed}; {rerun[self.rerun]}; {made}"

    def to_json(self) -> dict[str, Any]:
        """All of it but the lines, for programs."""
        return {**(self.inputs.to_json() if self.inputs else {}), "trouble": self.trouble, "rerun_same": self.rerun}


def recipe_in(repository: Repository, skill: str) -> Recipe | None:
    """How the work tree's configuration says that a skill is made; None where it does not say.

    Raises:
        InputError: The configuration can't be used.
    """
    try:
        data = (repository.root / CONFIG_FILE).read_bytes()
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as error:
        what = f"the library's configuration can't be read: {error.strerror}"
        raise InputError(what, where=CONFIG_FILE) from error
    return recipe_of(parse_config(data), skill)


def read_inputs(
    repository: Repository,
    skill: str,
    recipe: Recipe,
    base: str | None,
    changes: Sequence[Change],
    *,
    context: int = CONTEXT,
) -> Inputs:
    """What changed in the inputs of a skill since `base` was its tree.

    Args:
        base: The tree that the skill is compared with, or a commit; None for nothing.
        changes: The skill's history, newest first: it says when that tree came.
    """
    commit, label = _since(repository, base, changes)
    with inputs_now(repository, recipe) as (scratch, every):
        before = () if commit is None else entries_of(scratch, commit)
        files = changed_inputs(scratch, skill, recipe, before, entries_of(scratch, every), context=context)
        return Inputs(recipe, commit, label, every, files)


def changed_inputs(
    scratch: WorkTree,
    skill: str,
    recipe: Recipe,
    before: Iterable[TreeEntry],
    now: Iterable[TreeEntry],
    *,
    context: int = CONTEXT,
) -> tuple[FileDiff, ...]:
    """What differs in the inputs of a skill, by paths as seen from its folder; the scratch index is overwritten.

    Args:
        before: Files of the library; those that the recipe does not name have no say.
    """
    old, new = (write_inputs(scratch, recipe, _outside(entries, skill)) for entries in (before, now))
    return tuple(_seen_from(skill, file) for file in diff_trees(scratch.compare, old, new, context=context))


@contextmanager
def inputs_now(repository: Repository, recipe: Recipe) -> Iterator[tuple[WorkTree, str]]:
    """The tree of all inputs that the work tree has, and where it can be read meanwhile."""
    with repository.work_tree(sorted({_folder_of(pattern) for pattern in recipe.patterns})) as scratch:
        yield scratch, write_inputs(scratch, recipe, entries_of(scratch, scratch.tree))


def _outside(entries: Iterable[TreeEntry], skill: str) -> Iterator[TreeEntry]:
    """What is not in the skill's own folder, where its own diff shows it."""
    inside = "" if skill == ROOT_ID else f"{skill}/"
    return (entry for entry in entries if not entry.path.startswith(inside))


def entries_of(scratch: WorkTree, treeish: str) -> list[TreeEntry]:
    """All files of a commit or a tree."""
    return parse_tree(scratch.run("ls-tree", "-r", "-z", "--full-tree", treeish))


def write_inputs(scratch: WorkTree, recipe: Recipe, entries: Iterable[TreeEntry]) -> str:
    """Write a tree of those entries that a recipe names; it takes the place of what the scratch index holds."""
    scratch.run("read-tree", "--empty")
    listing = b"".join(
        b"%s %s 0\t%s\0" % (entry.mode.encode(), entry.id.encode(), format_tree([entry]).partition(b"\t")[2][:-1])
        for entry in entries
        if recipe.is_input(entry.path)
    )
    scratch.run("update-index", "-z", "--index-info", stdin=listing)
    return decode(scratch.run("write-tree", "--missing-ok")).strip()


def _since(repository: Repository, base: str | None, changes: Sequence[Change]) -> tuple[str | None, str]:
    """The commit whose inputs made a tree, and what to call it; None where nothing is known of it."""
    if base is None:
        return None, "nothing"
    commit = repository.resolve(f"{base}^{{commit}}") or next((c.commit for c in changes if c.tree == base), None)
    if commit is None:
        return None, "nothing: no commit of this history has the tree that the skill is compared with"
    return commit, f"commit {commit[:12]}"


def _folder_of(pattern: str) -> str:
    """The deepest folder that holds all a pattern can name, or the file that it names."""
    parts = pattern.strip("/").split("/")
    plain = next((number for number, part in enumerate(parts) if _WILD & set(part)), len(parts))
    anywhere = "/" not in pattern.rstrip("/")
    return "." if anywhere else "/".join(parts[:plain]) or "."


def _seen_from(skill: str, file: FileDiff) -> FileDiff:
    start = "." if skill == ROOT_ID else skill
    old = posixpath.relpath(file.old_path, start) if file.old_path else None
    return replace(file, path=posixpath.relpath(file.path, start), old_path=old)
