"""Which skill needs which: the graph of a library, and what is wrong with what is declared.

What a skill declares in `metadata.requires` is judged: it can be missing, of the wrong version, or lead back to itself.
What was only detected (`references`) shows what a change would touch, and is never called wrong.
"""

import posixpath
import re
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import Any

from workbench.errors import InputError
from workbench.skills.cycles import cycles_of
from workbench.skills.model import ROOT_ID, Problem, Skill, Skipped
from workbench.skills.reader import read_document
from workbench.skills.references import EdgeKind, Names, references_of
from workbench.skills.requirements import Requirement, declared, requirements_of
from workbench.skills.versions import Range, parse_version, satisfiable
from workbench.text import plural, truncate, visible

_DEMAND = re.compile(r"[<>=!^~].*")

MOST_DEMANDS = 50
"""Different demands on one skill that are held against each other."""

_ORDER: tuple[EdgeKind, ...] = ("declared", "import", "link", "mention")


@dataclass(frozen=True, slots=True)
class Node:
    """A skill in the graph; `id` is its path."""

    id: str
    name: str
    version: str | None


@dataclass(frozen=True, slots=True)
class Edge:
    """One skill names another.

    Attributes:
        origin: The id of the skill that needs.
        to: The id of the skill that is needed.
        kind: How certain that is: `declared`, `import` (its code or tool is used), `link`, `mention`.
        requirement: As written, where it is declared.
        path: The file, relative to the library.
    """

    origin: str
    to: str
    kind: EdgeKind
    requirement: str | None
    path: str
    line: int | None

    @property
    def demand(self) -> str:
        """What is demanded of the version, `>=1.2`; empty where nothing is."""
        found = _DEMAND.search(self.requirement or "")
        return found[0] if found else ""

    def to_json(self) -> dict[str, Any]:
        """Exact data for scripts."""
        return {
            "from": self.origin, "to": self.to, "kind": self.kind, "requirement": self.requirement,
            "path": self.path, "line": self.line,
        }  # fmt: skip


@dataclass(frozen=True, slots=True)
class Missing:
    """A requirement that no skill of the library answers."""

    origin: str
    requirement: str
    path: str
    line: int | None

    def to_json(self) -> dict[str, Any]:
        """Exact data for scripts."""
        return {"from": self.origin, "requirement": self.requirement, "path": self.path, "line": self.line}


@dataclass(frozen=True, slots=True)
class Conflict:
    """A skill whose version is not what others require, or of which no version could be.

    Attributes:
        skill: The id of the skill that is required.
        found: Its version; None where it says none that can be compared.
        requirements: The edges that are not met, or that exclude each other.
    """

    skill: str
    found: str | None
    requirements: tuple[Edge, ...]

    def to_json(self) -> dict[str, Any]:
        """Exact data for scripts."""
        return {
            "skill": self.skill,
            "found": self.found,
            "requirements": [
                {"from": e.origin, "requirement": e.requirement, "path": e.path, "line": e.line}
                for e in self.requirements
            ],
        }


@dataclass(frozen=True)
class Graph:
    """A library's dependencies, or a part of them.

    Attributes:
        nodes: By id.
        edges: Sorted by origin, then by how certain they are.
        cycles: Of what is declared, each as the ids along it; the last one needs the first.
        problems: Everything that is wrong, with its place; `missing`, `conflicts` and `cycles` are among them.
        skipped: What was not looked into, with the reason.
    """

    nodes: Mapping[str, Node]
    edges: tuple[Edge, ...] = ()
    cycles: tuple[tuple[str, ...], ...] = ()
    missing: tuple[Missing, ...] = ()
    conflicts: tuple[Conflict, ...] = ()
    problems: tuple[Problem, ...] = ()
    skipped: tuple[Skipped, ...] = ()

    @property
    def sound(self) -> bool:
        """Whether everything that is declared is there, fits, and goes round in no circle."""
        return not self.problems

    @cached_property
    def needs(self) -> Mapping[str, tuple[Edge, ...]]:
        """The edges by the skill that needs."""
        return _grouped(self.edges, lambda edge: edge.origin)

    @cached_property
    def needed_by(self) -> Mapping[str, tuple[Edge, ...]]:
        """The edges by the skill that is needed."""
        return _grouped(self.edges, lambda edge: edge.to)

    def dependents(self, skill_id: str) -> tuple[Edge, ...]:
        """What needs a skill directly, one edge for each other skill: the most certain one."""
        return strongest(self.needed_by.get(skill_id, ()), lambda edge: edge.origin)

    def to_json(self) -> dict[str, Any]:
        """Exact data for scripts."""
        return {
            "nodes": [asdict(node) for node in self.nodes.values()],
            "edges": [edge.to_json() for edge in self.edges],
            "cycles": [list(cycle) for cycle in self.cycles],
            "missing": [one.to_json() for one in self.missing],
            "conflicts": [one.to_json() for one in self.conflicts],
            "problems": [problem.to_json() for problem in self.problems],
            "skipped": [asdict(one) for one in self.skipped],
        }


def strongest(edges: Iterable[Edge], key: Callable[[Edge], str]) -> tuple[Edge, ...]:
    """One edge for each key: the most certain."""
    found: dict[str, Edge] = {}
    for edge in sorted(edges, key=lambda e: _ORDER.index(e.kind)):
        found.setdefault(key(edge), edge)
    return tuple(sorted(found.values(), key=lambda e: (_ORDER.index(e.kind), key(e))))


def read_graph(root: Path, skills: Sequence[Skill], *, detect: bool = True) -> Graph:
    """The dependencies of all these skills. Reads their files, and so takes time.

    Args:
        root: The library's folder.
        skills: All of its skills: a requirement that none of them answers is missing.
        detect: Look for what is not declared, too.
    """
    names = Names.of(root, skills)
    judged = _Judged(root, {skill.id: skill for skill in skills}, names)
    edges: list[Edge] = []
    skipped: list[Skipped] = []
    for skill in skills:
        if declared(skill.frontmatter):
            edges += judged.requirements(skill)
        if detect and skill.loads:
            found, left_out = references_of(skill, names)
            edges += [Edge(skill.id, one.to, one.kind, None, one.path, one.line) for one in found]
            skipped += left_out
    nodes = {skill.id: Node(skill.id, skill.name, skill.version) for skill in skills}
    ordered = tuple(sorted(edges, key=lambda e: (e.origin, _ORDER.index(e.kind), e.to)))
    judged.versions()
    after = _grouped((edge for edge in ordered if edge.kind == "declared"), lambda edge: edge.origin)
    cycles = cycles_of(nodes, {id_: [edge.to for edge in group] for id_, group in after.items()})
    problems = [*judged.problems, *(_cycle_problem(cycle, ordered, nodes) for cycle in cycles)]
    return Graph(
        nodes, ordered, cycles, tuple(judged.missing), tuple(judged.conflicts), tuple(problems), tuple(skipped)
    )


def around(graph: Graph, ids: Collection[str], *, dependents: bool = False, depth: int | None = None) -> Graph:
    """The part of a graph that these skills need, or with `dependents` that needs them, `depth` steps far."""
    along = graph.needed_by if dependents else graph.needs
    inside = dict.fromkeys(ids)
    edges: list[Edge] = []
    step = list(inside)
    walked = 0
    while step and (depth is None or walked < depth):
        found = [edge for id_ in step for edge in along.get(id_, ())]
        edges += found
        new = dict.fromkeys(edge.origin if dependents else edge.to for edge in found)
        step = [id_ for id_ in new if id_ not in inside]
        inside.update(dict.fromkeys(step))
        walked += 1
    nodes = {id_: node for id_, node in graph.nodes.items() if id_ in inside}
    files = {Skill(id_, "").skill_file for id_ in nodes}
    return replace(
        graph,
        nodes=nodes,
        edges=tuple(sorted(edges, key=lambda e: (e.origin, _ORDER.index(e.kind), e.to))),
        cycles=tuple(cycle for cycle in graph.cycles if inside.keys() >= set(cycle)),
        missing=tuple(one for one in graph.missing if one.origin in inside),
        conflicts=tuple(one for one in graph.conflicts if any(e.origin in inside for e in one.requirements)),
        problems=tuple(problem for problem in graph.problems if problem.path in files),
        skipped=tuple(one for one in graph.skipped if _owner(one.path, inside)),
    )


def _owner(path: str, ids: Collection[str]) -> bool:
    """Whether a path is one of these skills' folders, or in one."""
    while path and path not in ids:
        path = posixpath.dirname(path)
    return bool(path) or ROOT_ID in ids


@dataclass(slots=True)
class _Judged:
    """What is declared, while it is held against what there is."""

    root: Path
    skills: Mapping[str, Skill]
    names: Names
    wanted: dict[str, list[tuple[Edge, Range]]] = field(default_factory=dict)
    missing: list[Missing] = field(default_factory=list)
    conflicts: list[Conflict] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)

    def requirements(self, skill: Skill) -> list[Edge]:
        """The edges that a skill declares; what no skill answers is noted as missing."""
        try:
            matter = read_document(self.root, skill.id).frontmatter
        except InputError as error:
            self.problems.append(Problem("error", "skill-file-unreadable", error.what, skill.skill_file))
            return []
        wanted, problems = requirements_of(matter, skill.skill_file)
        self.problems += problems
        edges = []
        for one in wanted:
            to = self._answer(skill.id, one)
            if to is None:
                self.missing.append(Missing(skill.id, one.text, skill.skill_file, one.line))
                message = f"it requires '{_short(one.text)}', and the library has no skill '{_short(one.name)}'"
                remedy = "add that skill to the library, or take the requirement out"
                self._say("error", "dependency-missing", message, skill, one, remedy)
                continue
            edge = Edge(skill.id, to, "declared", one.text, skill.skill_file, one.line)
            edges.append(edge)
            self.wanted.setdefault(to, []).append((edge, one.range))
        return edges

    def _answer(self, origin: str, one: Requirement) -> str | None:
        """The skill that a requirement means: of several of that name one that fits, beside the origin if it can be."""
        if one.name.strip("/") in self.skills:
            return one.name.strip("/")
        called = self.names.by_name.get(one.name, ())
        fitting = [id_ for id_ in called if _fits(self.skills[id_].version, one.range)]
        nearest = self.names.nearest(one.name, origin)
        if nearest is None or nearest in fitting or not fitting:
            return nearest
        return fitting[0]

    def _say(self, severity: Any, code: str, message: str, skill: Skill, one: Requirement, remedy: str) -> None:
        self.problems.append(Problem(severity, code, message, skill.skill_file, one.line, one.column, remedy))

    def versions(self) -> None:
        """Hold every demand against the version that is there, and the demands on one skill against each other."""
        for id_, wanted in sorted(self.wanted.items()):
            found = self.skills[id_].version
            unmet = [edge for edge, range_ in wanted if not _fits(found, range_)]
            if unmet:
                self.conflicts.append(Conflict(id_, found, tuple(unmet)))
                self.problems += [self._unmet(edge, found) for edge in unmet]
            exclusive = _exclusive(wanted)
            if exclusive:
                if not unmet:
                    self.conflicts.append(Conflict(id_, found, exclusive))
                self.problems.append(self._excluded(id_, exclusive))

    def _unmet(self, edge: Edge, found: str | None) -> Problem:
        name = _short(self.skills[edge.to].name)
        wanted = f"it requires '{_short(edge.requirement or '')}'"
        if found is None or parse_version(found) is None:
            said = "says no version" if found is None else f"says '{_short(found)}', which is no semantic version"
            message = f"{wanted}, and {name} {said}"
            remedy = f"give {name} a 'metadata.version' like 1.2.0"
            return Problem("error", "dependency-version-unknown", message, edge.path, edge.line, remedy=remedy)
        message = f"{wanted}, and the library has {name} {_short(found)}"
        remedy = f"update {name}, or require a version that is there"
        return Problem("error", "dependency-conflict", message, edge.path, edge.line, remedy=remedy)

    def _excluded(self, id_: str, edges: tuple[Edge, ...]) -> Problem:
        said = " and ".join(f"'{_short(e.requirement or '')}' ({_short(self.skills[e.origin].name)})" for e in edges)
        message = f"no version of {_short(self.skills[id_].name)} meets {said}"
        remedy = "change one of these requirements"
        return Problem("error", "dependency-incompatible", message, edges[-1].path, edges[-1].line, remedy=remedy)


def _exclusive(wanted: Sequence[tuple[Edge, Range]]) -> tuple[Edge, ...]:
    """The first demands that exclude each other: one alone, a pair, else all of them; none if all can be met."""
    ranges = list(dict.fromkeys(range_ for _, range_ in wanted))[:MOST_DEMANDS]
    if satisfiable(ranges):
        return ()
    first = {range_: edge for edge, range_ in reversed(wanted)}
    for at, one in enumerate(ranges):
        for other in ranges[: at + 1]:
            if not satisfiable([one, other]):
                return (first[other],) if one is other else (first[other], first[one])
    return tuple(first[range_] for range_ in ranges)


def _fits(version: str | None, range_: Range) -> bool:
    if not range_.clauses:
        return True
    parsed = parse_version(version) if version else None
    return parsed is not None and range_.admits(parsed)


def _cycle_problem(cycle: Sequence[str], edges: Sequence[Edge], nodes: Mapping[str, Node]) -> Problem:
    following = cycle[1] if len(cycle) > 1 else cycle[0]
    edge = next(e for e in edges if e.kind == "declared" and (e.origin, e.to) == (cycle[0], following))
    names = [_short(nodes[id_].name) for id_ in (*cycle, cycle[0])]
    more = [*names[:6], "…", names[-1]] if len(names) > 8 else names
    message = f"it requires itself, round a circle of {plural(len(cycle), 'skill')}: {' → '.join(more)}"
    return Problem(
        "warning", "dependency-cycle", message, edge.path, edge.line, remedy="take out one requirement of the circle"
    )


def _grouped(edges: Iterable[Edge], key: Callable[[Edge], str]) -> dict[str, tuple[Edge, ...]]:
    found: dict[str, list[Edge]] = {}
    for edge in edges:
        found.setdefault(key(edge), []).append(edge)
    return {id_: tuple(group) for id_, group in found.items()}


def _short(text: str) -> str:
    return truncate(visible(text), 80)
