"""What a Python program does, read from its syntax tree; nothing of it runs."""

import ast
import re
import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from operator import attrgetter
from typing import Any

from workbench.skills.capabilities import programs
from workbench.skills.capabilities import python_tables as tables
from workbench.skills.capabilities.hosts import ANY_HOST, hosts_in
from workbench.skills.capabilities.model import Certainty
from workbench.skills.capabilities.needles import holds_any
from workbench.skills.capabilities.python_calls import note_call, note_variable
from workbench.skills.capabilities.python_program import Program, module_of
from workbench.skills.capabilities.shell import note_host
from workbench.skills.capabilities.source import Source

MAX_TOKENS = 60_000
"""About a second's parsing; more is not read, which counts as every capability."""

_FILE = "<skill>"
_TOKEN = re.compile(r"\w+|[^\w\s]")
_SCRIPT = re.compile(r"^# /// script\n((?:#[^\n]*\n){1,200}?)# ///", re.MULTILINE)
_TRIGGERS = ("import", "open", "eval", "exec", "compile", "__", "://", "getattr", "get_ipython", "read_", "write_")
_NO_NODES = frozenset((
    "ctx", "op", "ops", "id", "attr", "arg", "name", "names", "asname", "module", "level", "kind", "type_comment",
    "conversion", "simple", "is_async", "tag", "kwd_attrs", "lineno", "cls_name", "rest",
))  # fmt: skip


class _Parts(dict[type[ast.AST], Callable[[ast.AST], Sequence[object]]]):
    """How to get the values of a node that are worth a look, all at once; worked out once for each class of nodes."""

    def __missing__(self, kind: type[ast.AST]) -> Callable[[ast.AST], Sequence[object]]:
        # `value` of a constant in a pattern (`case None`) is no node; what it holds does nothing.
        fields = [] if kind is ast.MatchSingleton else [one for one in kind._fields if one not in _NO_NODES]
        if len(fields) > 1:
            self[kind] = attrgetter(*fields)
        else:
            self[kind] = lambda node: [getattr(node, one) for one in fields]
        return self[kind]


_PARTS = _Parts()
_LEARNED = frozenset((
    ast.Import, ast.ImportFrom, ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Assign, ast.AnnAssign,
    ast.NamedExpr, ast.AugAssign, ast.withitem,
))  # fmt: skip
_NO_HOSTS = ("urllib.parse", "urllib.error", "http.client.HTTPException", "requests.exceptions")

# The parser warns of odd escapes on standard error; the filter names this file alone, and holds in every thread.
warnings.filterwarnings("ignore", module=re.escape(_FILE))


def scan_python(source: Source, *, depth: int = 0, prose: bool = False) -> None:
    """Note what a program does.

    Args:
        source: The program.
        depth: How deep it is embedded in other code.
        prose: Whether it is an example in a text: one that can't be parsed is then no finding.
    """
    text = source.text
    if "# /// script" in text:
        _inline_dependencies(source)
    does_something = holds_any(text, _TRIGGERS)
    if prose and not does_something:
        return
    if len(text) > MAX_TOKENS and sum(1 for _ in _TOKEN.finditer(text)) > MAX_TOKENS:
        source.add("unreadable", "Python that is too long to parse", 0)
        return
    try:
        tree = ast.parse(text, _FILE)
        if does_something:
            _scan(Program(source, depth), tree)
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        if not prose:
            line = min(max(0, (getattr(error, "lineno", 1) or 1) - 1), len(source.starts) - 1)
            source.add_at("unreadable", "Python that can't be parsed", line, 1, "sure")


def _inline_dependencies(source: Source) -> None:
    """Dependencies in a script's head (PEP 723): `uv run` and pipx install them."""
    block = _SCRIPT.search(source.text)
    listed = re.search(r"dependencies\s*=\s*\[([^\]]{0,4000})\]", block[1]) if block else None
    if block is None or listed is None:
        return
    for package in re.finditer(r"[\"']([^\"'\n]{1,200})[\"']", listed[1]):
        at = block.start(1) + listed.start(1) + package.start()
        source.add("install", f"{package[1]} (inline dependency)", at, "likely")


@dataclass(slots=True)
class _Tree:
    """The nodes of a program by what they are looked at for."""

    calls: list[ast.Call] = field(default_factory=list)
    reads: list[ast.Attribute | ast.Name] = field(default_factory=list)
    keyed: list[ast.Subscript | ast.Compare] = field(default_factory=list)
    strings: list[ast.Constant] = field(default_factory=list)
    learned: list[ast.AST] = field(default_factory=list)


def _scan(program: Program, tree: ast.Module) -> None:
    nodes = _sorted_out(tree)
    for node in nodes.learned:
        program.names.learn(node)
    _imports(program, nodes.learned)
    for call in nodes.calls:
        note_call(program, call)
    for one in nodes.keyed:
        _keyed(program, one)
    if "environ" in program.source.text or "__builtins__" in program.source.text:
        for read in nodes.reads:
            _read(program, read)
    _unused_imports(program)
    if "://" in program.source.text:
        talks = "network" in program.done
        for string in nodes.strings:
            if isinstance(string.value, str) and "://" in string.value:
                _urls(program, string, string.value, "likely" if talks else "mention")


def _sorted_out(tree: ast.Module) -> _Tree:
    """One walk over the tree; `ast.walk` would take twice as long."""
    nodes = _Tree()
    stack: list[Any] = [tree]
    while stack:
        node = stack.pop()
        kind = node.__class__
        if kind is ast.Constant:
            nodes.strings.append(node)
            continue
        if kind is ast.Name:
            nodes.reads.append(node)
            continue
        if kind is ast.Call:
            nodes.calls.append(node)
        elif kind is ast.Attribute:
            nodes.reads.append(node)
        elif kind is ast.Subscript or kind is ast.Compare:
            nodes.keyed.append(node)
        elif kind in _LEARNED:
            nodes.learned.append(node)
        elif kind is ast.Expr and node.value.__class__ is ast.Constant:
            continue  # a text that stands alone does nothing
        elif node is None:
            continue  # a dictionary's `**`, or an argument without a default
        for value in _PARTS[kind](node):
            if value.__class__ is list:
                stack += value
            elif value is not None:
                stack.append(value)
    # Imports first, so that what a later line names is known wherever it stands; then in the program's order.
    nodes.learned.sort(key=lambda node: (not isinstance(node, ast.Import | ast.ImportFrom), getattr(node, "lineno", 0)))
    return nodes


def _imports(program: Program, learned: Sequence[ast.AST]) -> None:
    for node in learned:
        if isinstance(node, ast.Import):
            for one in node.names:
                program.imported.setdefault(one.name, node)
        elif isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
            program.imported.setdefault(node.module, node)
            for one in node.names:
                program.imported.setdefault(f"{node.module}.{one.name}", node)
                if one.name == "*":
                    _star(program, node.module)
    for name, where in program.imported.items():
        if module_of(name, tables.DYNAMIC_MODULES):
            program.note("dynamic", name.partition(".")[0], where, "likely")


def _star(program: Program, module: str) -> None:
    """`from subprocess import *` names everything that is known of it."""
    known = (*tables.STARTS, *tables.STARTS_SHELL, *tables.STARTS_LISTED, *tables.DYNAMIC, *tables.WRITES, "os.environ")
    for name in known:
        owner, _, rest = name.rpartition(".")
        if owner == module:
            program.names.aliases.setdefault(rest, name)


def _unused_imports(program: Program) -> None:
    """A module that can do something, where no use of it was understood."""
    started, talked = "subprocess" in program.done, "network" in program.done
    for name, node in program.imported.items():
        if not started and module_of(name, tables.STARTING_MODULES):
            program.note("subprocess", programs.ANY_PROGRAM, node, "likely")
        elif service := module_of(name, tables.SERVICES):
            program.note("network", f"{service} (library)", node, "likely")
        elif not talked and not name.startswith(_NO_HOSTS) and module_of(name, tables.TALKING_MODULES):
            program.note("network", ANY_HOST, node, "likely")


def _urls(program: Program, node: ast.AST, text: str, certainty: Certainty) -> None:
    at, _ = program.offsets(node)
    for host, _ in hosts_in(text):
        note_host(program.source, host, at, certainty)


def _keyed(program: Program, node: ast.Subscript | ast.Compare) -> None:
    """`os.environ["X"]` and `"X" in os.environ`; `os.__dict__[name]`."""
    if isinstance(node, ast.Compare):
        if isinstance(node.ops[0], ast.In | ast.NotIn) and _is_environment(program, node.comparators[0]):
            program.known_reads.add(id(node.comparators[0]))
            note_variable(program, node, node.left)
    elif _is_environment(program, node.value):
        program.known_reads.add(id(node.value))
        note_variable(program, node, node.slice)
    elif (base := program.names.dotted(node.value) or "").endswith(".__dict__"):
        module = base.removesuffix(".__dict__")
        if module in tables.GUARDED:
            program.note("dynamic", f"anything of {module}, by its name as a text", node, "likely")


def _is_environment(program: Program, node: ast.AST) -> bool:
    return isinstance(node, ast.Attribute | ast.Name) and program.names.dotted(node) in ("os.environ", "os.environb")


def _read(program: Program, node: ast.Attribute | ast.Name) -> None:
    """The whole environment, handed on; and what Python keeps its own functions in."""
    if isinstance(node, ast.Name) and node.id == "__builtins__":
        program.note("dynamic", "__builtins__", node, "likely")
    if id(node) in program.known_reads or isinstance(node.ctx, ast.Store) or not _is_environment(program, node):
        return
    program.note("environment", "all variables", node)
