"""Snapshots: texts beside the cases that were looked at once, and are written anew when somebody says yes."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from workbench.errors import InputError
from workbench.skills import files
from workbench.skills.model import ROOT_ID
from workbench.testing.beside import write_beside
from workbench.testing.cases import FOLDER
from workbench.testing.matchers import unified
from workbench.testing.results import CaseResult
from workbench.text import truncate, visible

MAX_BYTES = 64 << 20


@dataclass(frozen=True, slots=True)
class Change:
    """One snapshot that would be written.

    Attributes:
        skill: Skill id.
        name: Its path below the skill's `tests`.
        stored: What it holds now; None where it does not exist.
        fresh: What it would hold.
        cases: The cases that compare with it.
        hindrance: Why it is not written, one sentence; None if it can be.
    """

    skill: str
    name: str
    stored: str | None
    fresh: str
    cases: tuple[str, ...]
    hindrance: str | None = None

    @property
    def path(self) -> str:
        """Its file, relative to the library."""
        return f"{FOLDER}/{self.name}" if self.skill == ROOT_ID else f"{self.skill}/{FOLDER}/{self.name}"

    @property
    def diff(self) -> str:
        """Unified diff from what it holds to what it would hold, of bounded size; not sanitised."""
        return unified(self.stored or "", self.fresh)


def read_snapshot(folder: str, name: str) -> str:
    """The text of a snapshot beside the cases.

    Raises:
        InputError: It leaves the skill, or is not a file of text.
        OSError: It can't be read; FileNotFoundError where it does not exist.
    """
    data = files.read_inside(Path(folder), f"{FOLDER}/{name}", MAX_BYTES + 1)
    if len(data) > MAX_BYTES:
        raise InputError(f"it is larger than {MAX_BYTES >> 20} MiB")
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as error:
        raise InputError("it is not UTF-8") from error


def changes(results: Iterable[CaseResult]) -> list[Change]:
    """The snapshots that do not hold what came, in the order of the results.

    What came is not taken over where the case goes wrong in another way too, or where two cases want different texts.
    """
    found: dict[tuple[str, str], Change] = {}
    for result in results:
        others = [one for one in result.mismatches if one.matcher != "snapshot"]
        hindrance = f"the case goes wrong in another way too: {others[0].message}" if others else None
        for seen in result.snapshots if result.outcome == "failed" else ():
            key = (result.skill, seen.name)
            change = Change(*key, seen.stored, seen.seen, (result.case,), hindrance)
            if (earlier := found.get(key)) is not None:
                cases = (*earlier.cases, result.case)
                reason = earlier.hindrance or hindrance
                if earlier.fresh != seen.seen:
                    reason = f"'{truncate(visible(cases[0]), 60)}' and another case want different texts in it"
                change = Change(*key, seen.stored, earlier.fresh, cases, reason)
            found[key] = change
    return list(found.values())


def write(root: Path, chosen: Sequence[Change]) -> None:
    """Write snapshots, each in one step.

    Raises:
        InputError: One would leave its skill, is a link, or can't be written; those before it are written.
    """
    for change in chosen:
        write_beside(root, change.skill, f"{FOLDER}/{change.name}", change.fresh.encode("utf-8", "backslashreplace"))
