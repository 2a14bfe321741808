"""Where the results of evaluations lie: `<skill>-workspace/iteration-N/eval-<name>/<configuration>/run-K/`."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from workbench.errors import InputError
from workbench.skills.writing import valid_name
from workbench.testing.evals.model import Eval
from workbench.text import visible

_ITERATION = re.compile(r"iteration-(\d{1,6})")
_MOST_TRIES = 100


@dataclass(frozen=True, slots=True)
class Places:
    """The folders of one iteration; `names` has the folder's name of each evaluation by its id as text."""

    folder: Path
    names: dict[str, str]

    def evaluation(self, one: Eval) -> Path:
        """The folder of an evaluation."""
        return self.folder / self.names[str(one.id)]

    def run(self, one: Eval, configuration: str, number: int) -> Path:
        """The folder of a run, counted from 1."""
        return self.evaluation(one) / configuration / f"run-{number}"


def make_iteration(workspace: Path, evals: Iterable[Eval]) -> Places:
    """A new iteration in a workspace: the folder of the next number is made, also where others do so just now.

    Raises:
        InputError: It can't be made.
    """
    try:
        workspace.mkdir(parents=True, exist_ok=True)
        for _ in range(_MOST_TRIES):
            folder = workspace / f"iteration-{_last(workspace) + 1}"
            try:
                folder.mkdir()
            except FileExistsError:
                continue
            return Places(folder, folder_names(evals))
    except OSError as error:
        raise InputError(f"results can't be kept there: {error.strerror}", where=visible(str(workspace))) from error
    raise InputError("no next iteration could be made", where=visible(str(workspace)), remedy="give another --out")


def iteration_in(workspace: Path, number: int | None = None) -> Path:
    """The folder of an iteration, by default of the last one.

    Raises:
        InputError: There is none.
    """
    try:
        number = number or _last(workspace)
    except OSError:
        number = 0
    folder = workspace / f"iteration-{number}"
    if not number or not folder.is_dir():
        what = f"there is no iteration {number}" if number else "nothing was evaluated yet"
        raise InputError(what, where=visible(str(workspace)), remedy="workbench eval NAME --model MODEL")
    return folder


def runs_of(folder: Path) -> tuple[str, ...]:
    """The runs of an iteration as viewers name them: the path below it, with hyphens between its parts."""
    runs = (run.relative_to(folder).as_posix() for run in folder.glob("*/*/run-*") if run.is_dir())
    return tuple(run.replace("/", "-") for run in sorted(runs))


def folder_names(evals: Iterable[Eval]) -> dict[str, str]:
    """The folder's name of each evaluation by its id as text: safe on every system, and never one for two."""
    names: dict[str, str] = {}
    taken: set[str] = set()
    for one in evals:
        label = str(one.id) if isinstance(one.id, int) else valid_name(one.id) or "x"
        label = label.lstrip("-") or "x"
        base, number = f"eval-{label[:60]}", 1
        name = base
        while name in taken:
            number += 1
            name = f"{base}-{number}"
        taken.add(name)
        names[str(one.id)] = name
    return names


def _last(workspace: Path) -> int:
    numbers = [int(match[1]) for entry in workspace.iterdir() if (match := _ITERATION.fullmatch(entry.name))]
    return max(numbers, default=0)
