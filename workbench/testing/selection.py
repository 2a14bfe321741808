"""Which cases to run: by name, by tag, those that failed last, those that a change can affect; and why."""

import fnmatch
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from workbench.skills.model import ROOT_ID, Problem, Skill
from workbench.testing.cases import load_cases
from workbench.testing.model import Case
from workbench.testing.reach import SkillFiles, files_of, unreached
from workbench.text import plural, truncate, visible
from workbench.tools.model import Tool

_NAMED = 3


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which cases are asked for; each demand that is given has to hold.

    Attributes:
        case: Exactly this name.
        globs: A name that is one of these, or matches one: `*`, `?`, `[…]`.
        tags: At least one of these tags.
        failed: Failed the last time.
        changed: Changed paths of each skill, relative to it: the cases that they can affect. A skill that is not among
            them has none.
    """

    case: str | None = None
    globs: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    failed: bool = False
    changed: Mapping[str, Collection[str]] | None = None

    @property
    def names(self) -> bool:
        """Whether it asks for names or tags, which have to exist."""
        return self.case is not None or bool(self.globs or self.tags)


@dataclass(frozen=True, slots=True)
class Plan:
    """The cases to run.

    Attributes:
        selected: In the order of their files.
        total: How many cases the skills have.
        why: Why a case was chosen, by skill id and name, where not all were.
        problems: What is wrong with the files of cases.
        unreached: Scripts that no case of their skill reaches, by skill id.
    """

    selected: tuple[tuple[Skill, Case], ...] = ()
    total: int = 0
    why: Mapping[tuple[str, str], str] = field(default_factory=dict)
    problems: tuple[Problem, ...] = ()
    unreached: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


def plan(
    root: Path,
    skills: Sequence[Skill],
    wanted: Wanted,
    *,
    tools: Callable[[Skill], tuple[Tool, ...]],
    failed: Callable[[str], Collection[str]],
) -> Plan:
    """Choose the cases to run. Reads the skills' files.

    Args:
        root: The library's folder.
        skills: The skills whose cases may run, in this order.
        wanted: Which of them.
        tools: Gives the tools of a skill, also of one whose manifest has errors.
        failed: Gives the names of a skill's cases that failed the last time; asked for only where it matters.
    """
    selected: list[tuple[Skill, Case]] = []
    why: dict[tuple[str, str], str] = {}
    problems: list[Problem] = []
    left: dict[str, tuple[str, ...]] = {}
    total = 0
    for skill in skills:
        cases, found = load_cases(root, skill)
        total += len(cases)
        if wanted.changed is not None and not wanted.changed.get(skill.id):
            continue
        problems += found
        files, known = files_of(root, skill.id), {tool.name: tool for tool in tools(skill)} if cases else {}
        reached = {case.name: files.reached(case, known) for case in cases}
        if scripts := unreached(files, reached.values()):
            left[skill.id] = scripts
        reasons = _reasons(skill, cases, wanted, files, reached, failed)
        for case in cases:
            if (reason := reasons.get(case.name)) is not None:
                selected.append((skill, case))
                if reason:
                    why[skill.id, case.name] = reason
    return Plan(tuple(selected), total, why, tuple(problems), left)


def _reasons(
    skill: Skill,
    cases: Sequence[Case],
    wanted: Wanted,
    files: SkillFiles,
    reached: Mapping[str, frozenset[str]],
    failed: Callable[[str], Collection[str]],
) -> dict[str, str]:
    """Why each case of a skill is chosen, empty where all are; a case that is not chosen is left out."""
    found = {case.name: "" for case in cases if _is_named(case, wanted)}
    if wanted.failed:
        last = failed(skill.id)
        found = {name: "failed the last time" for name in found if name in last}
    if wanted.changed is not None:
        affected = _affected(skill, cases, wanted.changed.get(skill.id, ()), files, reached)
        found = {name: affected[name] for name in found if name in affected}
    return found


def _is_named(case: Case, wanted: Wanted) -> bool:
    if wanted.case is not None and case.name != wanted.case:
        return False
    if wanted.globs and not any(case.name == one or fnmatch.fnmatchcase(case.name, one) for one in wanted.globs):
        return False
    return not wanted.tags or any(tag in case.tags for tag in wanted.tags)


def _affected(
    skill: Skill,
    cases: Sequence[Case],
    changed: Collection[str],
    files: SkillFiles,
    reached: Mapping[str, frozenset[str]],
) -> dict[str, str]:
    """The cases that a change can affect, with the reason; all, where it is not known whom a changed file affects."""
    prefix = "" if skill.id == ROOT_ID else f"{skill.id}/"
    found: dict[str, list[str]] = {}
    unknown = []
    for path in changed:
        touched = [
            case.name
            for case in cases
            if case.path == prefix + path or any(_is_at(path, one) for one in reached[case.name])
        ]
        for name in touched:
            found.setdefault(name, []).append(path)
        if not touched and f"{prefix}{path}" not in {case.path for case in cases}:
            unknown.append(path)
    if unknown:
        reason = f"{_listed(unknown)} changed, and which cases that affects is not known"
        return {case.name: reason for case in cases}
    return {name: f"{_listed(paths)} changed" for name, paths in found.items()}


def _is_at(path: str, reached: str) -> bool:
    return path == reached or path.startswith(f"{reached}/")


def _listed(paths: Sequence[str]) -> str:
    listed = sorted(paths)
    more = f" and {plural(len(listed) - _NAMED, 'more file')}" if len(listed) > _NAMED else ""
    return f"{', '.join(truncate(visible(path), 60) for path in listed[:_NAMED])}{more}"
