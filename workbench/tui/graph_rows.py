"""A graph of dependencies as the rows of a list: problems on top, then every skill, unfolded where one asked for it."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from workbench.skills.dependencies import Edge, Graph, strongest
from workbench.skills.model import Skill
from workbench.text import plural
from workbench.tui.widgets.columns import Column
from workbench.tui.widgets.text_view import TextLine
from workbench.tui.widgets.tones import Span
from workbench.tui.widgets.virtual_list import Row

if TYPE_CHECKING:
    from workbench.skills.model import Problem

COLUMNS = (
    Column("Skill", 0),
    Column("Needs", 6, right=True),
    Column("Needed by", 9, right=True),
    Column("How", 9, least=60),
    Column("Where", 38, least=100),
)
_NEEDS, _NEEDED_BY = "→", "←"
_STEP = "\0"
_SIGNS = {"error": ("×", "bad"), "warning": ("!", "attention"), "info": ("i", "accent")}
_TONES = {"declared": "plain", "import": "accent", "link": "muted", "mention": "muted"}
_LABEL = 15
_MOST_NAMED = 12


@dataclass(frozen=True, slots=True)
class Place:
    """What a row of the list stands for: a problem, a skill, or one step of the way to another."""

    skill: str | None
    problem: "Problem | None" = None
    edge: Edge | None = None


@dataclass(slots=True)
class GraphRows:
    """The rows of one graph, and which of them are unfolded.

    Attributes:
        graph: What is shown.
        declared: Show only what is declared.
        open: Ids of the rows that are unfolded.
        places: What each row on the screen stands for.
    """

    graph: Graph
    declared: bool = False
    open: set[str] = field(default_factory=set)
    places: dict[str, Place] = field(default_factory=dict)
    _needs: Mapping[str, tuple[Edge, ...]] = field(default_factory=dict)
    _needed_by: Mapping[str, tuple[Edge, ...]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._needs = {id_: self._kept(edges, back=False) for id_, edges in self.graph.needs.items()}
        self._needed_by = {id_: self._kept(edges, back=True) for id_, edges in self.graph.needed_by.items()}

    def _kept(self, edges: tuple[Edge, ...], *, back: bool) -> tuple[Edge, ...]:
        """One edge to each other skill, the most certain one."""
        if self.declared:
            edges = tuple(edge for edge in edges if edge.kind == "declared")
        return edges if len(edges) == 1 else strongest(edges, lambda edge: edge.origin if back else edge.to)

    def rows(self) -> list[Row]:
        """Every row, in order."""
        self.places = {}
        rows = list(self._problems())
        for id_, node in sorted(self.graph.nodes.items(), key=lambda item: (item[1].name.casefold(), item[0])):
            label = f"{node.name} {node.version}" if node.version else node.name
            rows.append(self._skill(id_, label))
            if id_ in self.open:
                self._unfold(rows, id_)
        return rows

    def _problems(self) -> Iterator[Row]:
        owners = {Skill(id_, "").skill_file: id_ for id_ in self.graph.nodes}
        for number, problem in enumerate(self.graph.problems):
            sign, tone = _SIGNS[problem.severity]
            row_id = f"problem{_STEP}{number}"
            skill = owners.get(problem.path or "")
            self.places[row_id] = Place(skill, problem=problem)
            name = self.graph.nodes[skill].name if skill is not None else problem.path or ""
            where = Span(_where(problem.path, problem.line), "muted")
            yield Row(
                row_id,
                (
                    Span(f"{sign} {name} {problem.message.removeprefix('it ')}", tone),
                    "",
                    "",
                    Span("declared", tone),
                    where,
                ),
            )

    def _skill(self, id_: str, label: str) -> Row:
        needs, needed_by = len(self._needs.get(id_, ())), len(self._needed_by.get(id_, ()))
        mark = "·" if not needs + needed_by else "▾" if id_ in self.open else "▸"
        self.places[id_] = Place(id_)
        shown = Span(f"{mark} {label}", "plain" if needs + needed_by else "muted")
        return Row(id_, (shown, f"{needs or ''}", f"{needed_by or ''}", "", Span(id_, "muted")))

    def _unfold(self, rows: list[Row], top: str) -> None:
        """The rows under a skill, without recursion: what it needs, what needs it, and so on where that is unfolded."""
        work = [self._steps(top, top, _NEEDED_BY, 1), self._steps(top, top, _NEEDS, 1)]
        while work:
            step = next(work[-1], None)
            if step is None:
                work.pop()
                continue
            row, edge, way, depth = step
            rows.append(row)
            self.places[row.id] = Place(edge.to if way == _NEEDS else edge.origin, edge=edge)
            if row.id in self.open:
                work.append(self._steps(row.id, self.places[row.id].skill or "", way, depth + 1))

    def _steps(self, above: str, id_: str, way: str, depth: int) -> Iterator[tuple[Row, Edge, str, int]]:
        walked = set(above.split(_STEP))
        for edge in (self._needs if way == _NEEDS else self._needed_by).get(id_, ()):
            there = edge.to if way == _NEEDS else edge.origin
            further = len((self._needs if way == _NEEDS else self._needed_by).get(there, ()))
            row_id = f"{above}{_STEP}{way}{_STEP}{there}"
            round_again = there in walked
            mark = "↺" if round_again else "·" if not further else "▾" if row_id in self.open else "▸"
            name = self.graph.nodes[there].name
            label = f"{'   ' * depth}{way} {mark} {name}{_versions(edge)}"
            counts = (f"{further or ''}", "") if way == _NEEDS else ("", f"{further or ''}")
            tone = "attention" if round_again else _TONES[edge.kind]
            how = Span("circle" if round_again else edge.kind, tone)
            where = Span(_where(edge.path, edge.line), "muted")
            yield Row(row_id, (Span(label, tone), *counts, how, where)), edge, way, depth

    def toggle(self, row_id: str) -> bool:
        """Unfold a row, or fold it again; False where there is nothing to unfold."""
        place = self.places.get(row_id)
        if place is None or place.skill is None or place.problem is not None:
            return False
        if row_id in self.open:
            self.open.discard(row_id)
            return True
        *way, there = row_id.split(_STEP)
        along = [self._needs, self._needed_by] if not way else [self._needs if way[-1] == _NEEDS else self._needed_by]
        if there in way or not any(there in edges and edges[there] for edges in along):
            return False
        self.open.add(row_id)
        return True


def about(place: Place, graph: Graph) -> list[Span]:
    """What a row stands for, in full: two lines."""
    if place.problem is not None:
        return [Span(place.problem.message, _SIGNS[place.problem.severity][1]), Span(place.problem.remedy, "muted")]
    if place.edge is not None:
        edge = place.edge
        names = {id_: graph.nodes[id_].name for id_ in (edge.origin, edge.to)}
        verb = {"declared": "requires", "import": "uses the code or a tool of", "link": "links to",
                "mention": "mentions"}[edge.kind]  # fmt: skip
        said = f"{names[edge.origin]} {verb} {edge.requirement or names[edge.to]}"
        return [Span(said), Span(f"in {_where(edge.path, edge.line)}", "muted")]
    needs, needed_by = graph.needs.get(place.skill or "", ()), graph.dependents(place.skill or "")
    if needed_by:
        count = plural(len(needed_by), "other skill needs", "other skills need")
        return [Span(f"{count} it: look there before you change it"), Span(place.skill or "", "muted")]
    return [Span("no other skill needs it" if needs else "it stands alone"), Span(place.skill or "", "muted")]


def summary(rows: GraphRows) -> list[Span]:
    """The head of the screen: how much there is, and what of it is wrong."""
    graph = rows.graph
    declared = sum(edge.kind == "declared" for edge in graph.edges)
    detected = len(graph.edges) - declared
    found = "" if rows.declared else f", {detected:,} detected"
    head = [
        Span(plural(len(graph.nodes), "skill"), "strong"),
        Span(f"   {plural(declared, 'dependency', 'dependencies')} declared{found}", "muted"),
    ]
    errors = sum(problem.severity == "error" for problem in graph.problems)
    if graph.problems:
        sign, tone = ("×", "bad") if errors else ("!", "attention")
        head.append(Span(f"   {sign} {plural(len(graph.problems), 'problem')}", tone))
    else:
        head.append(Span("   ✓ everything declared is there and fits" if declared else "", "good"))
    if graph.skipped:
        head.append(Span(f"   {plural(len(graph.skipped), 'place')} not looked into", "attention"))
    return head


def detail_lines(graph: Graph, skill_id: str) -> Iterator[TextLine]:
    """What a skill needs and what needs it, for its detail."""
    needs = strongest(graph.needs.get(skill_id, ()), lambda edge: edge.to)
    pieces = [_piece(graph.nodes[edge.to].name, edge) for edge in needs]
    pieces += [Span(f"× {one.requirement} (missing)", "bad") for one in graph.missing if one.origin == skill_id]
    yield from _listed("needs", pieces)
    yield from _listed(
        "needed by", [_piece(graph.nodes[edge.origin].name, edge) for edge in graph.dependents(skill_id)]
    )


def _piece(name: str, edge: Edge) -> Span:
    return Span(f"{name}{_versions(edge)} ({edge.kind})", _TONES[edge.kind])


def _versions(edge: Edge) -> str:
    """What is demanded of the version, with a space before it; empty where nothing is."""
    return f" {edge.demand}" if edge.demand else ""


def _listed(label: str, pieces: Sequence[Span]) -> Iterator[TextLine]:
    if pieces:
        spans = [Span(f"{label:<{_LABEL}}", "muted")]
        for number, piece in enumerate(pieces[:_MOST_NAMED]):
            spans += [Span(", " if number else ""), piece]
        if len(pieces) > _MOST_NAMED:
            spans.append(Span(f" and {len(pieces) - _MOST_NAMED:,} more", "muted"))
        yield TextLine(tuple(spans), hang=_LABEL)


def _where(path: str | None, line: int | None) -> str:
    return f"{path or ''}:{line}" if line else path or ""
