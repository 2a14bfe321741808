"""Making a generated skill again, in the sandbox, and comparing what comes of it with what the library has."""

import hashlib
import time
from collections.abc import Mapping
from dataclasses import dataclass
from threading import Event
from typing import Any

from workbench.errors import CancelledError, InputError
from workbench.git import Repository, WorkTree
from workbench.reviews.diff import FileDiff, diff_trees
from workbench.reviews.diff_text import file_json
from workbench.reviews.generated import inputs_now
from workbench.reviews.library_config import CONFIG_FILE, Recipe
from workbench.reviews.trees import current_trees
from workbench.sandbox.model import OnOutput, Program, Run
from workbench.sandbox.run import run
from workbench.skills.contents import Content, Contents, contents_of_tree, store
from workbench.skills.model import ROOT_ID
from workbench.storage import Store
from workbench.text import decode, truncate, visible

_SAID = 300
_KEPT_SECONDS = 365 * 24 * 3600


@dataclass(frozen=True, slots=True)
class Asked:
    """A rerun that somebody has to say yes to.

    Attributes:
        subject: The hash of the command and of all that it reads: a yes, and what came of it, are bound to that.
        inputs: How many files it is given.
        allowed: Whether this user said yes before.
    """

    recipe: Recipe
    subject: str
    inputs: int
    allowed: bool = False


@dataclass(frozen=True, slots=True)
class Remade:
    """What came of making a skill again.

    Attributes:
        tree: The skill's tree, which was compared.
        files: What differs, from what the library has to what the command made.
        level: How the command was confined.
    """

    skill: str
    tree: str
    recipe: Recipe
    files: tuple[FileDiff, ...]
    level: str
    duration_ms: int

    @property
    def same(self) -> bool:
        """Whether the same bytes came."""
        return not self.files

    def to_json(self) -> dict[str, Any]:
        """The contract of `review regenerate --json`."""
        return {
            "skill": self.skill,
            "tree": self.tree,
            "generated": self.recipe.to_json(),
            "same": self.same,
            "sandbox": self.level,
            "duration_ms": self.duration_ms,
            "files": [file_json(file) for file in self.files],
        }


def ask(repository: Repository, skill: str, recipe: Recipe) -> Asked:
    """What a rerun would run, and on what; nothing runs."""
    if skill == ROOT_ID:
        what = "a skill that is the whole library can't be made again apart from what it is made of"
        raise InputError(what, where=CONFIG_FILE, remedy="give the skill a folder of its own")
    with inputs_now(repository, recipe) as (scratch, tree):
        count = len(scratch.run("ls-tree", "-r", "-z", tree).split(b"\0")) - 1
        return Asked(recipe, _subject(recipe, tree, None), count)


def regenerate(
    repository: Repository,
    skill: str,
    recipe: Recipe,
    expect: str,
    *,
    results: Store | None = None,
    on_output: OnOutput | None = None,
    cancel: Event | None = None,
) -> Remade:
    """Make a skill again from its inputs alone, and compare.

    The command sees the inputs at their places below an empty folder, and nothing else of the library; what it leaves
    in the skill's folder is what it made. It has no network.

    Args:
        expect: The subject that was said yes to.
        results: Where the outcome is kept; None keeps nothing.

    Raises:
        InputError: It changed meanwhile, git does not see the skill, or the command can't be run or failed.
        CancelledError: It was stopped.
    """
    with current_trees(repository, [skill]) as current:
        tree = current.trees.get(skill)
        if tree is None:
            raise InputError("git does not see this folder", where=visible(skill), remedy="is it ignored?")
        with inputs_now(repository, recipe) as (scratch, inputs):
            if _subject(recipe, inputs, None) != expect:
                what = "the inputs changed since the question was answered"
                raise InputError(what, where=visible(skill), remedy="ask again")
            given = contents_of_tree(scratch.run, inputs)
        done = run(_program(skill, recipe, given), on_output=on_output, cancel=cancel)
        if done.outcome == "cancelled":
            raise CancelledError("the command was stopped")
        if done.outcome != "ok" or done.left_out:
            raise InputError(_why(done), where=visible(" ".join(recipe.by)), remedy=_remedy(done))
        files = _compared(current.scratch, skill, tree, given, done.files)
    remade = Remade(skill, tree, recipe, files, done.level, done.duration_ms)
    if results is not None:
        _keep(results, _subject(recipe, inputs, tree), same=remade.same)
    return remade


def last_rerun(results: Store | None, recipe: Recipe, inputs: str, tree: str | None) -> bool | None:
    """Whether making this very tree of these very inputs gave the same; None where that was not tried."""
    if results is None or tree is None:
        return None
    rows = results.query("SELECT same FROM rerun WHERE subject = ?", (_subject(recipe, inputs, tree),))
    return next((bool(row["same"]) for row in rows), None)


def _subject(recipe: Recipe, inputs: str, tree: str | None) -> str:
    parts = (recipe.identity(), inputs.encode(), (tree or "").encode())
    return hashlib.sha256(b"\0".join(parts)).hexdigest()


def _program(skill: str, recipe: Recipe, given: Contents) -> Program:
    links = [path for path, content in given.items() if content.mode == "120000"]
    if links:
        raise InputError("an input is a link, and is not followed", where=visible(links[0]), remedy="name its target")
    files = {path: content.data for path, content in given.items()}
    executable = frozenset(path for path, content in given.items() if content.mode == "100755")
    return Program(argv=recipe.by, files=files, executable=executable, collect=(f"{_literal(skill)}/**",))


def _literal(path: str) -> str:
    """A path as a pattern that names nothing else."""
    return "".join(f"[{character}]" if character in "*?[" else character for character in path)


def _compared(
    scratch: WorkTree, skill: str, tree: str, given: Contents, made: Mapping[str, bytes]
) -> tuple[FileDiff, ...]:
    """What differs between the skill as it is and as it was made; modes are the library's, which no run tells."""
    before = contents_of_tree(scratch.run, tree)
    inside = f"{skill}/"
    after: dict[str, Content] = {}
    for path, data in {**{path: one.data for path, one in given.items()}, **made}.items():
        if path.startswith(inside):
            name = path.removeprefix(inside)
            known = before.get(name)
            after[name] = Content(known.mode if known and known.mode != "120000" else "100644", data)
    return diff_trees(scratch.compare, tree, store(scratch.run, after))


def _why(done: Run) -> str:
    if done.left_out:
        return f"the command left more than can be compared: {visible(done.left_out[0])}"
    said = decode(done.stderr).strip().splitlines()
    last = f": {truncate(visible(said[-1]), _SAID)}" if said else ""
    return f"the command could not make the skill again: {done.reason or done.outcome}{last}"


def _remedy(done: Run) -> str | None:
    if done.outcome == "refused":
        return "workbench doctor says what the sandbox lacks"
    if done.outcome == "failed":
        return f"it sees only the files that 'from' and 'by' of {CONFIG_FILE} name, and no network"
    return None


def _keep(results: Store, subject: str, *, same: bool) -> None:
    now = int(time.time() * 1000)
    with results.transaction() as connection:
        connection.execute("INSERT OR REPLACE INTO rerun (subject, same, at) VALUES (?, ?, ?)", (subject, same, now))
        connection.execute("DELETE FROM rerun WHERE at < ?", (now - _KEPT_SECONDS * 1000,))
