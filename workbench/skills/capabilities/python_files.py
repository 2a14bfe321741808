"""Which files a Python program reads and writes."""

import ast

from workbench.skills.capabilities import python_tables as tables
from workbench.skills.capabilities.hosts import UNKNOWN
from workbench.skills.capabilities.programs import ANY_FILE
from workbench.skills.capabilities.python_program import Program


def note_opened(program: Program, node: ast.Call, name: str) -> None:
    """Note a call of `open` or its kin."""
    path = program.names.text(node.args[0]) if node.args else UNKNOWN
    given = next((word.value for word in node.keywords if word.arg == "mode"), None)
    given = given or (node.args[1] if len(node.args) > 1 else None)
    mode = "r" if given is None else program.names.text(given)
    _note(program, node, path, UNKNOWN if name == "os.open" else mode)


def note_written(program: Program, node: ast.Call, name: str) -> None:
    """Note a call that writes, moves or removes a file."""
    number = tables.WRITES[name]
    path = program.names.text(node.args[number]) if len(node.args) > number else UNKNOWN
    program.note("writes", _shown(path) + (" (removed)" if name in tables.REMOVES else ""), node)


def note_read(program: Program, node: ast.Call) -> None:
    """Note a call that reads a file or lists a folder."""
    path = program.names.text(node.args[0]) if node.args else UNKNOWN
    program.note("reads", _shown(path), node)


def note_method(program: Program, node: ast.Call, function: ast.Attribute) -> None:
    """Note methods that only a path (or a table, a plot, an archive) has, of whatever object."""
    method, value, names = function.attr, function.value, program.names
    if method in tables.PATH_ONLY_METHODS:
        base = names.dotted(value) or ""
        if not base.startswith("pathlib.") and not isinstance(value, ast.BinOp):
            return
        path = names.text(value)
        if method == "open":
            given = next((word.value for word in node.keywords if word.arg == "mode"), None)
            given = node.args[0] if node.args else given
            _note(program, node, path, "r" if given is None else names.text(given))
        else:
            program.note("reads" if method == "glob" else "writes", _shown(path), node)
    elif method in tables.READING_METHODS:
        program.note("reads", _shown(names.text(value)), node, "likely")
    elif method in tables.WRITING_METHODS:
        takes_path = method.startswith("to_") or method in ("savefig", "extractall")
        given = (node.args[0] if node.args else None) if takes_path else value
        if method.startswith("to_") and given is None:
            return  # it gives a text
        removed = " (removed)" if method in tables.REMOVING_METHODS else ""
        program.note("writes", _shown(names.text(given)) + removed, node, "likely")


def _note(program: Program, node: ast.Call, path: str, mode: str) -> None:
    shown = _shown(path)
    if mode == UNKNOWN:
        program.note("reads", shown, node, "likely")
        program.note("writes", shown, node, "likely")
        return
    writes = bool(set(mode) & set("wax+"))
    if writes:
        program.note("writes", shown, node)
    if not writes or "+" in mode:
        program.note("reads", shown, node)


def _shown(path: str) -> str:
    shown = path.replace(UNKNOWN, "…").strip()
    return ANY_FILE if not shown.strip("…/. ") or "\n" in path else shown
