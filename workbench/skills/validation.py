"""A skill judged as a whole: its SKILL.md, the files beside it, and what clients make of it."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from workbench.errors import InputError
from workbench.skills import reader
from workbench.skills.client_fields import extension
from workbench.skills.client_rules import ClientVerdict, judge
from workbench.skills.clients import CLIENTS, client
from workbench.skills.codes import explained, problem, under_strict
from workbench.skills.folder import look
from workbench.skills.lookalikes import alike, told
from workbench.skills.model import Problem, Severity, Skill
from workbench.skills.rules_folder import check_folder
from workbench.text import truncate, visible

ALL_CLIENTS = tuple(one.id for one in CLIENTS)


@dataclass(frozen=True, slots=True)
class Validation:
    """One skill with everything that is wrong with it, under the profile that was asked for.

    Attributes:
        root: The folder that all paths are relative to.
        problems: Errors first, then by place.
        clients: What each client that was asked about makes of it.
    """

    root: Path
    skill: Skill
    problems: tuple[Problem, ...]
    clients: tuple[ClientVerdict, ...] = ()

    @property
    def ok(self) -> bool:
        """Whether there is no error: a client that was asked about and refuses the skill counts as one."""
        return not any(one.severity == "error" for one in self.problems)

    def to_json(self) -> dict[str, Any]:
        """All of it, for programs."""
        return {
            "path": self.skill.id,
            "name": self.skill.name,
            "ok": self.ok,
            "problems": [one.to_json() for one in self.problems],
            "clients": [one.to_json() for one in self.clients],
        }


def validate(root: Path, skill_id: str, *, strict: bool = False, clients: Sequence[str] = ()) -> Validation:
    """Judge one skill of the work tree; what can't be read is a problem, never an exception.

    Args:
        root: The library, or the folder around the skill.
        skill_id: The skill's folder, relative to `root`.
        strict: Judge by the specification alone: its six fields, and nothing that only most clients take.
        clients: Ids of the clients to ask about.
    """
    return judged(root, reader.read(root, skill_id), strict=strict, clients=clients)


def judged(
    root: Path, skill: Skill, more: Iterable[Problem] = (), *, strict: bool = False, clients: Sequence[str] = ()
) -> Validation:
    """The same for a skill that was already read.

    Args:
        root: As in `validate`.
        skill: As `reader.read` gave it.
        more: Problems that others found, in its tools and cases.
        strict: As in `validate`.
        clients: As in `validate`.
    """
    whole = replace(skill, problems=(*skill.problems, *folder_problems(root, skill)))
    verdicts = tuple(judge(id_, whole) for id_ in dict.fromkeys(clients))
    found = [*whole.problems, *map(explained, more)]
    if strict:
        found = [under_strict(one) for one in found]
    for verdict in verdicts:
        found += _of_client(verdict, skill)
    return Validation(root, skill, reader.in_order(found), verdicts)


def with_lookalikes(judged: Sequence[Validation], among: Sequence[Skill]) -> list[Validation]:
    """The same with a problem for each skill whose name looks like that of another one of the library."""
    names = alike([one.skill for one in judged], among)
    found = []
    for one in judged:
        more = [problem("name-looks-alike", text, one.skill.skill_file, 1) for text in told(names, one.skill.id)]
        found.append(replace(one, problems=reader.in_order([*one.problems, *more])) if more else one)
    return found


def folder_problems(root: Path, skill: Skill) -> tuple[Problem, ...]:
    """What is odd about the files beside a SKILL.md; none where that can't be read itself."""
    if not skill.loads and not skill.frontmatter:
        return ()
    try:
        folder = look(root, skill.id)
        return tuple(check_folder(folder, folder.body))
    except (OSError, InputError) as error:
        if any(one.code == "files-not-listed" for one in skill.problems):
            return ()
        reason = error.what if isinstance(error, InputError) else error.strerror or "unknown reason"
        message = f"not all of the skill's files could be looked at: {truncate(visible(reason), 100)}"
        return (problem("files-not-listed", message, skill.id),)


def count(validations: Iterable[Validation]) -> dict[str, int]:
    """How many skills, errors, warnings and infos there are."""
    found: dict[Severity, int] = {"error": 0, "warning": 0, "info": 0}
    skills = 0
    for one in validations:
        skills += 1
        for wrong in one.problems:
            found[wrong.severity] += 1
    return {"skills": skills, "errors": found["error"], "warnings": found["warning"], "infos": found["info"]}


def _of_client(verdict: ClientVerdict, skill: Skill) -> Iterator[Problem]:
    """A client's verdict as problems, so that it is counted and shown where every other is."""
    label = client(verdict.client).label
    if verdict.refusal is not None:
        yield problem("client-refuses", f"{label} does not load it: {verdict.refusal}", skill.skill_file, 1)
    for warning in verdict.warnings:
        yield problem("client-warns", f"{label}: {warning}", skill.skill_file, 1)
    # Fields of the specification that a client leaves unread are no loss that an author could mend.
    telling = [key for key in verdict.ignored if extension(key)]
    if telling:
        names = ", ".join(truncate(visible(name), 40) for name in telling)
        yield problem("client-ignores", f"{label} ignores {names}", skill.skill_file, 1)
