"""A graph of dependencies as text, as Mermaid and as DOT; no skill's name can leave its label."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from workbench.skills.dependencies import Edge, Graph, Node, strongest
from workbench.text import plural, truncate, visible

MAX_LINES = 2_000
_MAX_DEPTH = 40
_LABEL = 80
_PLAIN = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789 ._-/")


def as_text(graph: Graph, starts: Sequence[str] = (), *, dependents: bool = False) -> Iterator[str]:
    """A tree for each of `starts`, by default for each skill that no other needs; each skill is unfolded once.

    Args:
        graph: What to show.
        starts: Ids to begin with.
        dependents: Go from a skill to what needs it.
    """
    tree = _Tree(graph, dependents)
    for start in starts or tree.tops():
        tree.grow(start)
    yield from tree.lines[:MAX_LINES]
    if len(tree.lines) > MAX_LINES:
        yield f"… {len(tree.lines) - MAX_LINES:,} more lines; --json prints all of it"
    lacking = {one.origin for one in graph.missing}
    alone = sum(id_ not in graph.needs and id_ not in graph.needed_by and id_ not in lacking for id_ in graph.nodes)
    if alone and not starts:
        yield f"{plural(alone, 'skill')} {'needs' if alone == 1 else 'need'} no other, and no other needs {_it(alone)}"


def _it(count: int) -> str:
    return "it" if count == 1 else "them"


@dataclass(slots=True)
class _Tree:
    """Lines while they are drawn, without recursion: a chain may be as long as the library."""

    graph: Graph
    dependents: bool
    lines: list[str] = field(default_factory=list)
    drawn: set[str] = field(default_factory=set)

    @property
    def along(self) -> Mapping[str, tuple[Edge, ...]]:
        return self.graph.needed_by if self.dependents else self.graph.needs

    def end(self, edge: Edge) -> str:
        return edge.origin if self.dependents else edge.to

    def tops(self) -> Iterator[str]:
        """Where to begin so that everything is drawn: what nothing leads to, then what is in circles."""
        back = self.graph.needs if self.dependents else self.graph.needed_by
        yield from (id_ for id_ in self.graph.nodes if id_ in self.along and id_ not in back)
        yield from (id_ for id_ in self.graph.nodes if id_ in self.along and id_ not in self.drawn)

    def grow(self, start: str) -> None:
        """Draw the tree under one skill."""
        if start in self.drawn:
            return
        self.drawn.add(start)
        node = self.graph.nodes[start]
        self.lines.append(f"{label(node)}  ({visible(start)})")
        work = [(start, iter(self._children(start)), "")]
        path = {start}
        while work:
            here, left, stem = work[-1]
            child = next(left, None)
            if child is None:
                work.pop()
                path.discard(here)
                continue
            edge, last = child
            there = self.end(edge)
            seen = (
                "  ↺ circle" if there in path else "  (above)" if there in self.drawn and self._children(there) else ""
            )
            deep = "  …" if len(work) >= _MAX_DEPTH else ""
            branch = "└─ " if last else "├─ "
            self.lines.append(stem + branch + self._said(edge) + (seen or deep))
            if not seen and not deep:
                self.drawn.add(there)
                path.add(there)
                work.append((there, iter(self._children(there)), stem + ("   " if last else "│  ")))

    def _children(self, id_: str) -> list[tuple[Edge, bool]]:
        edges = strongest(self.along.get(id_, ()), self.end)
        return [(edge, at == len(edges)) for at, edge in enumerate(edges, start=1)]

    def _said(self, edge: Edge) -> str:
        place = f"{visible(edge.path)}:{edge.line}" if edge.line else visible(edge.path)
        wanted = f"{edge.kind} {visible(edge.demand)}".rstrip()
        return f"{label(self.graph.nodes[self.end(edge)])}  [{wanted}, {place}]"


def label(node: Node) -> str:
    """A skill's name and version, made visible."""
    version = f" {truncate(visible(node.version), 20)}" if node.version else ""
    return truncate(visible(node.name), _LABEL) + version


def as_mermaid(graph: Graph) -> Iterator[str]:
    """A Mermaid flowchart; dotted lines are what was only detected."""
    ids = {id_: f"n{number}" for number, id_ in enumerate(graph.nodes)}
    yield "flowchart LR"
    for id_, node in graph.nodes.items():
        yield f'  {ids[id_]}["{_entities(label(node))}"]'
    for edge in graph.edges:
        arrow = "-->" if edge.kind == "declared" else "-.->"
        yield f'  {ids[edge.origin]} {arrow}|"{_entities(_on_arrow(edge))}"| {ids[edge.to]}'
    for number, one in enumerate(graph.missing):
        yield f'  m{number}["{_entities(truncate(visible(one.requirement), _LABEL))} is missing"]'
        yield f"  {ids[one.origin]} --x m{number}"


def as_dot(graph: Graph) -> Iterator[str]:
    """A digraph for Graphviz; dashed lines are what was only detected."""
    ids = {id_: f"n{number}" for number, id_ in enumerate(graph.nodes)}
    yield "digraph skills {"
    yield "  rankdir=LR; node [shape=box];"
    for id_, node in graph.nodes.items():
        yield f"  {ids[id_]} [label={_quoted(label(node))}];"
    for edge in graph.edges:
        style = "" if edge.kind == "declared" else ", style=dashed"
        yield f"  {ids[edge.origin]} -> {ids[edge.to]} [label={_quoted(_on_arrow(edge))}{style}];"
    for number, one in enumerate(graph.missing):
        missing = f"{truncate(visible(one.requirement), _LABEL)} is missing"
        yield f"  m{number} [label={_quoted(missing)}, style=dotted];"
        yield f"  {ids[one.origin]} -> m{number};"
    yield "}"


def _on_arrow(edge: Edge) -> str:
    return truncate(visible(edge.requirement), _LABEL) if edge.requirement else edge.kind


def _entities(text: str) -> str:
    """Text for a Mermaid label: whatever could mean something there as its numbered entity."""
    return "".join(char if char in _PLAIN else f"#{ord(char)};" for char in text)


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'
