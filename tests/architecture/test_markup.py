"""Text never reaches a widget as markup: what Textual would parse is a literal, or goes through `Content` or `Text`.

A string given to these widgets is parsed for `[markup]`, which lets outside text crash the screen or hide a link in it.
"""

import ast
from collections.abc import Iterator
from pathlib import Path

import workbench.tui

SOURCES = sorted(Path(workbench.tui.__file__).parent.rglob("*.py"))

PARSED = {
    "Static": 0, "Label": 0, "Button": 0, "Checkbox": 0, "RadioButton": 0, "Option": 0, "Tab": 0, "TabPane": 0,
    "Collapsible": 0, "Link": 0, "Digits": 0, "update": 0, "notify": 0, "from_markup": 0, "add_option": 0,
}  # fmt: skip
"""Calls whose argument at this place is parsed as markup when it is a str."""

SAFE = {"Content", "Text", "toned", "toned_lines", "styled", "assemble", "from_rich_text", "join"}
ATTRIBUTES = {"border_title", "border_subtitle", "tooltip", "label"}


def name_of(call: ast.Call) -> str:
    function = call.func
    return function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", "")


def is_safe(node: ast.expr, near: ast.AST | None = None) -> bool:
    """Whether a value can't be outside text that would be parsed; a name is as safe as all it is given in `near`."""
    if isinstance(node, ast.Name) and near is not None:
        given = [
            assign.value
            for assign in ast.walk(near)
            if isinstance(assign, ast.Assign)
            and any(isinstance(target, ast.Name) and target.id == node.id for target in assign.targets)
        ]
        return bool(given) and all(is_safe(value) for value in given)
    if isinstance(node, ast.Constant):
        return not isinstance(node.value, str) or "[" not in node.value
    if isinstance(node, ast.IfExp):
        return is_safe(node.body) and is_safe(node.orelse)
    return isinstance(node, ast.Call) and (name_of(node) in SAFE or name_of(node).startswith("_content"))


def suspects(tree: ast.Module) -> Iterator[tuple[int, str]]:
    functions = [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)]
    inside = {id(child) for function in functions for child in ast.walk(function)}
    for function in functions:
        yield from _suspects_in(function)
    yield from (found for node in ast.walk(tree) if id(node) not in inside for found in _suspect(node, tree))


def _suspects_in(function: ast.AST) -> Iterator[tuple[int, str]]:
    for node in ast.walk(function):
        yield from _suspect(node, function)


def _suspect(node: ast.AST, near: ast.AST) -> Iterator[tuple[int, str]]:
    if isinstance(node, ast.Call) and name_of(node) in PARSED and len(node.args) > PARSED[name_of(node)]:
        off = any(k.arg == "markup" and getattr(k.value, "value", True) is False for k in node.keywords)
        value = node.args[PARSED[name_of(node)]]
        if name_of(node) == "update" and isinstance(node.func, ast.Attribute) and not _is_static(node.func.value):
            return
        if not off and not is_safe(value, near):
            yield node.lineno, f"{name_of(node)}({ast.unparse(value)[:60]})"
    if isinstance(node, ast.Assign):
        for target in node.targets:
            if isinstance(target, ast.Attribute) and target.attr in ATTRIBUTES and not is_safe(node.value, near):
                yield node.lineno, f".{target.attr} = {ast.unparse(node.value)[:60]}"


def _is_static(owner: ast.expr) -> bool:
    """`update` of a Static, as the code writes it: `self.query_one("#title", Static).update(…)`."""
    return "Static" in ast.unparse(owner) or "Label" in ast.unparse(owner)


def test_no_string_reaches_a_widget_as_markup() -> None:
    found = [
        f"{path.relative_to(SOURCES[0].parent)}:{line}: {what}"
        for path in SOURCES
        for line, what in suspects(ast.parse(path.read_text(encoding="utf-8")))
    ]
    assert found == []


def test_the_check_sees_what_it_is_for() -> None:
    bad = """
Static(name)
Static(f"{name}")
self.app.notify(f"{name} failed")
self.query_one("#x", Static).update(text)
self.border_title = name
Label("[b]x[/b]")
"""
    good = """
Static(Content(name))
Static(name, markup=False)
self.app.notify(name, markup=False)
self.query_one("#x", Static).update(toned(name))
self.border_title = Content(name)
Label("plain")
seen.update(names)
"""
    assert len(list(suspects(ast.parse(bad)))) == 6
    assert list(suspects(ast.parse(good))) == []
