"""A Python program while it is read: its names, and how a finding is noted at a node of its tree."""

import ast
from dataclasses import dataclass, field
from functools import lru_cache

from workbench.skills.capabilities.model import Certainty, Kind
from workbench.skills.capabilities.python_names import Names
from workbench.skills.capabilities.source import Source

_LONG = 80


@dataclass(slots=True)
class Program:
    """One program while its tree is read.

    Attributes:
        source: Its text; takes the findings.
        depth: How deep it is embedded in other code.
        names: What its names stand for.
        done: The kinds that were found in it.
        imported: The modules, and what is imported from them, with where.
        known_reads: Ids of nodes that read the environment, once it is known which variable they read.
    """

    source: Source
    depth: int
    names: Names = field(default_factory=Names)
    done: set[str] = field(default_factory=set)
    imported: dict[str, ast.AST] = field(default_factory=dict)
    known_reads: set[int] = field(default_factory=set)

    def note(self, kind: Kind, what: str, node: ast.AST, certainty: Certainty = "sure") -> None:
        """Note a finding at a node."""
        self.done.add(kind)
        line = min(getattr(node, "lineno", 1) - 1, len(self.source.starts) - 1)
        last = min((getattr(node, "end_lineno", None) or line + 1) - 1, len(self.source.starts) - 1)
        self.source.add_at(kind, what, line, self.column(node, line), certainty, last=last)

    def offsets(self, node: ast.AST) -> tuple[int, int]:
        """Where a node begins and ends in the text."""
        starts = self.source.starts
        line = min(getattr(node, "lineno", 1) - 1, len(starts) - 1)
        last = min((getattr(node, "end_lineno", None) or line + 1) - 1, len(starts) - 1)
        end = starts[last + 1] if last + 1 < len(starts) else len(self.source.text)
        return starts[line] + self.column(node, line) - 1, end

    def column(self, node: ast.AST, line: int) -> int:
        """In characters: the tree counts bytes."""
        offset: int = getattr(node, "col_offset", 0)
        start = self.source.starts[line]
        piece = self.source.text[start : start + offset]
        return offset + 1 if piece.isascii() else len(piece.encode()[:offset].decode("utf-8", "replace")) + 1


def module_of(name: str, among: frozenset[str]) -> str | None:
    """The module among these that a dotted name belongs to."""
    # The same few names are asked for at every call; very long ones, which only a hostile file has, are not kept.
    return _known_module(name, among) if len(name) <= _LONG else _module(name, among)


def _module(name: str, among: frozenset[str]) -> str | None:
    while name:
        if name in among:
            return name
        name = name.rpartition(".")[0].removesuffix("()")
    return None


_known_module = lru_cache(maxsize=4_096)(_module)
