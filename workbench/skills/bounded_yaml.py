"""YAML from strangers: read within bounds, with the line of every key, and scalars as they were written.

The events of a document are counted before anything is built from them, because the C parser composes by recursion
(deep nesting would end the process) and an alias costs nothing to write but repeats what it stands for.
"""

import math
import re
from collections.abc import Collection
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from workbench.errors import InputError
from workbench.skills.simple_yaml import read_simple
from workbench.text import truncate, visible

if TYPE_CHECKING:
    from yaml.events import Event
    from yaml.nodes import MappingNode, Node, ScalarNode

MAX_DEPTH = 32
MAX_NODES = 20_000
_MAX_DIGITS = 1_000

Path = tuple[str | int, ...]
"""Where a value is: keys and list positions from the top."""

_ALIAS = re.compile(r"(?:^|\s)[&*]", re.MULTILINE)
_ALIAS_IN_FLOW = re.compile(r"(?:^|[\s\[\]{},:?\-])[&*]", re.MULTILINE)
_OTHER_LINE_ENDS = re.compile("[\x85\u2028\u2029]")
_STAND_INS = "\ue085\ue828\ue829"
_HIDDEN_LINE_ENDS = str.maketrans("\x85\u2028\u2029", _STAND_INS)
_SHOWN_LINE_ENDS = str.maketrans(_STAND_INS, "\x85\u2028\u2029")

_PREFIX = "tag:yaml.org,2002:"
_TRUE = ("yes", "true", "on")
_CORE_INT = re.compile(r"[-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+")
_CORE_FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?")


class YamlError(InputError):
    """The text is not YAML that can be read; `line` and, where it is known, `column` count from 1."""

    def __init__(self, what: str, line: int, column: int | None = None) -> None:
        super().__init__(what)
        self.line = line
        self.column = column


@dataclass(frozen=True, slots=True)
class Duplicate:
    """A key that a mapping holds twice; the later one counts."""

    key: str
    first_line: int
    line: int
    column: int = 1


@dataclass(frozen=True, slots=True)
class Unquoted:
    """A scalar that other readers turn into something that no longer reads as it was written."""

    path: Path
    written: str
    read_as: str
    line: int
    column: int = 1


@dataclass(slots=True)
class Loaded:
    """A document: its value, and the line and column of everything in it that has a key or a position."""

    value: Any = None
    lines: dict[Path, int] = field(default_factory=dict)
    columns: dict[Path, int] = field(default_factory=dict)
    duplicates: list[Duplicate] = field(default_factory=list)
    unquoted: list[Unquoted] = field(default_factory=list)

    def line(self, *path: str | int) -> int | None:
        """The line of the value at `path`, or of the nearest thing around it."""
        while path and path not in self.lines:
            path = path[:-1]
        return self.lines.get(path)


def load(
    text: str,
    *,
    first_line: int = 1,
    as_written: Collection[str] = (),
    core: bool = False,
    most_values: int = MAX_NODES,
) -> Loaded:
    """Read one YAML document. Keys are text; dates, and numbers that Python has no exact form for, stay as written.

    Args:
        text: The document.
        first_line: The line number of its first line in the file it comes from.
        as_written: Top-level keys below which every scalar stays as written (`version: 1.10` is `"1.10"`).
        core: Read plain scalars as YAML 1.2 does (`yes` is text, `010` is ten), as most clients do; `unquoted` then
            has those that YAML 1.1 reads otherwise.
        most_values: How many values it may have, aliases written out.

    Raises:
        YamlError: It is not YAML, is not one document, uses a tag that is not plain data, or is out of bounds.
    """
    if 2 * len(text) < most_values and (simple := read_simple(text)) is not None:
        lines = {path: first_line + line for path, line in simple.lines.items()}
        return Loaded(simple.value, lines, simple.columns)
    return _parsed(text, first_line, frozenset(as_written), core=core, most_values=most_values)


def _parsed(text: str, first_line: int, as_written: frozenset[str], *, core: bool, most_values: int) -> Loaded:
    import yaml

    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    # YAML 1.2 has two ways to end a line; the parser, which is of YAML 1.1, has three more.
    hides = not text.isascii() and _OTHER_LINE_ENDS.search(text) is not None and not set(_STAND_INS) & set(text)
    if hides:
        text = text.translate(_HIDDEN_LINE_ENDS)
    try:
        if not _within_bounds(text, most_values):
            _check_bounds(text, first_line, most_values)
        parser = loader(text)
        try:
            node = parser.get_single_node()
        finally:
            parser.dispose()
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        # What is never closed is noticed at the end; the last line that says anything is the place to look.
        at = min(mark.index, len(text.rstrip())) if mark else 0
        what = truncate(visible(error.problem or error.context or "it can't be parsed"), 200)
        raise YamlError(what, first_line + text.count("\n", 0, at), _column(text, at)) from error
    except yaml.reader.ReaderError as error:
        before = text.encode("utf-8", "surrogatepass")[: error.position]
        what = f"the control character U+{_code(error.character):04X} is not allowed"
        raise YamlError(what, first_line + before.count(b"\n")) from error
    except (yaml.YAMLError, UnicodeError) as error:
        raise YamlError("it can't be parsed", first_line) from error
    builder = _Builder(text, first_line, as_written, core)
    if node is not None and hides:
        _show_line_ends(node, set())
    if node is not None:
        builder.loaded.value = builder.build(node, (), written=False)
    return builder.loaded


def _show_line_ends(node: "Node", seen: set[int]) -> None:
    """Put the characters back that are no ends of lines; an alias leads to the same node again."""
    import yaml

    if id(node) in seen:
        return
    seen.add(id(node))
    if isinstance(node, yaml.ScalarNode):
        node.value = node.value.translate(_SHOWN_LINE_ENDS)
    elif isinstance(node, yaml.MappingNode):
        for pair in node.value:
            for one in pair:
                _show_line_ends(one, seen)
    elif isinstance(node, yaml.SequenceNode):
        for one in node.value:
            _show_line_ends(one, seen)


def _column(text: str, index: int) -> int:
    return index - text.rfind("\n", 0, index)


def _code(character: Any) -> int:
    return character if isinstance(character, int) else ord(character[:1] or "\0")


def _within_bounds(text: str, most_values: int) -> bool:
    """Whether a text is too short and too flat to break a bound; False where parsing has to tell.

    A block collection begins in a column of its own, or in that of the mapping around it, so columns bound its depth;
    a bracket or brace begins each flow collection. One character can stand for two values (`{a` is a key and nothing).
    """
    if 2 * len(text) >= most_values or (not text.isascii() and _OTHER_LINE_ENDS.search(text)) or "\r" in text:
        return False
    flows = text.count("[") + text.count("{")
    if ("&" in text or "*" in text) and (_ALIAS_IN_FLOW if flows else _ALIAS).search(text):
        return False
    deepest = max(len(line) - len(line.lstrip(" \t-?:")) for line in text.split("\n"))
    return flows + 2 * (deepest + 1) <= MAX_DEPTH


def _check_bounds(text: str, first_line: int, most_values: int) -> None:
    """Refuse what would nest too deep, or be too large once its aliases are written out."""
    import yaml

    sizes: dict[str, int] = {}
    open_nodes: list[tuple[str | None, int]] = []
    total = 0
    for event in yaml.parse(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader)):
        if isinstance(event, yaml.AliasEvent):
            if any(anchor == event.anchor for anchor, _ in open_nodes):
                raise YamlError("an alias stands inside what it stands for", _event_line(text, event, first_line))
            total += sizes.get(event.anchor or "", 1)
        elif isinstance(event, yaml.CollectionStartEvent):
            open_nodes.append((event.anchor, total))
            total += 1
            if len(open_nodes) > MAX_DEPTH:
                raise YamlError(f"it nests deeper than {MAX_DEPTH} levels", _event_line(text, event, first_line))
        elif isinstance(event, yaml.CollectionEndEvent):
            anchor, before = open_nodes.pop()
            if anchor is not None:
                sizes[anchor] = total - before
        elif isinstance(event, yaml.ScalarEvent):
            total += 1
        if total > most_values:
            raise YamlError(f"it has more than {most_values:,} values", _event_line(text, event, first_line))


def _event_line(text: str, event: "Event", first_line: int) -> int:
    return first_line + (text.count("\n", 0, event.start_mark.index) if event.start_mark else 0)


class _Builder:
    """Values from nodes; holds what is found on the way."""

    def __init__(self, text: str, first_line: int, as_written: frozenset[str], core: bool) -> None:
        self.loaded = Loaded()
        self._core = core
        self._text = text
        self._first_line = first_line
        self._as_written = as_written
        self._counted = (0, first_line, 0)
        self._duplicates: set[Duplicate] = set()

    def line(self, node: "Node") -> int:
        """The line a node starts on; libyaml's own count also ends lines where no editor does."""
        return self._place(node)[0]

    def column(self, node: "Node") -> int:
        """The column a node starts in, in characters."""
        return self._place(node)[1]

    def _place(self, node: "Node") -> tuple[int, int]:
        """Line and column, counted on from the node before: from the start each time would take for ever."""
        index = node.start_mark.index
        at, line, start = self._counted if self._counted[0] <= index else (0, self._first_line, 0)
        line += self._text.count("\n", at, index)
        start = max(start, self._text.rfind("\n", at, index) + 1)
        self._counted = (index, line, start)
        return line, index - start + 1

    def build(self, node: "Node", path: Path, *, written: bool) -> Any:
        import yaml

        line, column = self._place(node)
        self.loaded.lines.setdefault(path, line)
        self.loaded.columns.setdefault(path, column)
        if isinstance(node, yaml.MappingNode):
            self._plain_tag(node, "map")
            return self._mapping(node, path, written=written)
        if isinstance(node, yaml.SequenceNode):
            self._plain_tag(node, "seq")
            return [self.build(item, (*path, at), written=written) for at, item in enumerate(node.value)]
        assert isinstance(node, yaml.ScalarNode)
        return self._scalar(node, path, written=written)

    def _plain_tag(self, node: "Node", *known: str) -> None:
        if node.tag.removeprefix(_PREFIX) not in known:
            tag = truncate(visible(node.tag.replace(_PREFIX, "!!")), 60)
            raise YamlError(f"the tag {tag} is not plain data", self.line(node))

    def _mapping(self, node: "MappingNode", path: Path, *, written: bool) -> dict[str, Any]:
        import yaml

        merged: dict[str, Any] = {}
        own: dict[str, Any] = {}
        seen: dict[str, int] = {}
        for key_node, value_node in node.value:
            line, column = self._place(key_node)
            if not isinstance(key_node, yaml.ScalarNode):
                raise YamlError("a key has to be text, not a list or a mapping", line)
            if key_node.tag == f"{_PREFIX}merge":
                merged = {**self._merge(value_node, path, written=written), **merged}
                continue
            key = key_node.value
            if key in seen:
                self._note_duplicate(Duplicate(key, seen[key], line, column))
            seen[key] = line
            self.loaded.lines[(*path, key)] = line
            self.loaded.columns[(*path, key)] = column
            below = written or (not path and key in self._as_written)
            own[key] = self.build(value_node, (*path, key), written=below)
        return {**merged, **own}

    def _note_duplicate(self, found: Duplicate) -> None:
        """Once for each place: a mapping that aliases repeat is built as often as it is repeated."""
        if found not in self._duplicates:
            self._duplicates.add(found)
            self.loaded.duplicates.append(found)

    def _merge(self, node: "Node", path: Path, *, written: bool) -> dict[str, Any]:
        """What `<<` brings in: earlier mappings win over later ones."""
        import yaml

        sources = node.value if isinstance(node, yaml.SequenceNode) else [node]
        result: dict[str, Any] = {}
        for source in sources:
            if not isinstance(source, yaml.MappingNode):
                raise YamlError("'<<' can only merge mappings", self.line(node))
            result = {**self._mapping(source, path, written=written), **result}
        return result

    def _scalar(self, node: "ScalarNode", path: Path, *, written: bool) -> Any:
        self._plain_tag(node, "str", "null", "bool", "int", "float", "timestamp", "value", "binary")
        kind = node.tag.removeprefix(_PREFIX)
        value = older = _convert(kind, node.value)
        if self._core and node.style in ("", None) and not self._has_tag(node):
            value = _core(kind, node.value)
        if not written:
            # Both readings may be equal numbers of different types: `1` and `True`.
            if (type(value), value) != (type(older), older):
                self._note_unquoted(node, path, older)
            return value
        if kind in ("bool", "int", "float") and str(older) != node.value and str(older).lower() != node.value:
            self._note_unquoted(node, path, older)
        return node.value

    def _has_tag(self, node: "ScalarNode") -> bool:
        """Whether its author says what it is: `!!str 1` is text for every reader."""
        written = self._text[node.start_mark.index : node.end_mark.index]
        return written[:1] == "!" or (written[:1] == "&" and written.partition(" ")[2].lstrip()[:1] == "!")

    def _note_unquoted(self, node: "ScalarNode", path: Path, read_as: Any) -> None:
        self.loaded.unquoted.append(Unquoted(path, node.value, str(read_as), self.line(node), self.column(node)))


def _core(kind: str, text: str) -> str | int | float | bool | None:
    """A plain scalar as the core schema of YAML 1.2 reads it; `kind` is what YAML 1.1 takes it for."""
    if kind == "null":
        return None
    if kind == "bool":
        return text.lower() == "true" if text.lower() in ("true", "false") else text
    if _CORE_INT.fullmatch(text):
        base = {"0o": 8, "0x": 16}.get(text[:2], 10)
        return int(text, base) if len(text) <= _MAX_DIGITS else text
    if _CORE_FLOAT.fullmatch(text):
        number = float(text)
        return number if math.isfinite(number) else text
    return text


def _convert(kind: str, text: str) -> str | int | float | bool | None:
    import yaml

    if kind == "null":
        return None
    if kind == "bool":
        return text.lower() in _TRUE
    if kind not in ("int", "float"):
        return text
    constructor = yaml.constructor.SafeConstructor()
    node = yaml.ScalarNode(f"{_PREFIX}{kind}", text)
    try:
        number = constructor.construct_yaml_int(node) if kind == "int" else constructor.construct_yaml_float(node)
        # Neither infinity nor "not a number" nor an integer of thousands of digits has a form in JSON.
        return number if math.isfinite(number) else text
    except (ValueError, OverflowError):
        return text
