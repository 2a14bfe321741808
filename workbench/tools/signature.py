"""The arguments of a Python function as JSON Schema, read from its source alone: the code is never imported.

Known: str, int, float, bool, None, list[T], dict[str, T], Literal, Optional and `X | Y`, and dataclasses of the same
file. Everything else needs an `input_schema` in the manifest.
"""

import ast
import json
import warnings
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from workbench.text import truncate, visible
from workbench.tools.docstring import Docstring
from workbench.tools.docstring import parse as parse_docstring

_SCALARS = {"str": "string", "int": "integer", "float": "number", "bool": "boolean", "None": "null"}
_TYPING = ("typing", "typing_extensions")
_DEEPEST = 16

Schema = dict[str, Any]


class SignatureError(Exception):
    """The function can't be described; `line` is where in the file."""

    def __init__(self, message: str, line: int | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.line = line


@dataclass(frozen=True, slots=True)
class Signature:
    """What a function takes.

    Attributes:
        schema: Of its arguments, always of type object; None where an annotation is not known.
        description: The docstring's text before its sections.
        problems: Each argument that can't be described, with its line.
    """

    schema: Schema | None
    description: str
    line: int
    problems: tuple[tuple[str, int], ...] = ()


def read_signature(source: str, function: str) -> Signature:
    """Describe the top-level function of that name.

    Raises:
        SignatureError: The source is not Python, has no such function, or it can't be called with named arguments.
    """
    module = _parse(source)
    found = _function(module, function)
    spec = found.args
    if spec.vararg or spec.kwarg:
        star = f"*{spec.vararg.arg}" if spec.vararg else f"**{spec.kwarg.arg}" if spec.kwarg else ""
        raise SignatureError(f"'{function}' takes {visible(star)}; arguments have to be named one by one", found.lineno)
    reader = _Reader(module)
    docstring = parse_docstring(ast.get_docstring(found, clean=False))
    parameters = [*spec.posonlyargs, *spec.args]
    defaults: list[ast.expr | None] = [None] * (len(parameters) - len(spec.defaults)) + list(spec.defaults)
    pairs = [*zip(parameters, defaults, strict=True), *zip(spec.kwonlyargs, spec.kw_defaults, strict=True)]
    fields = [_Field(one.arg, one.annotation, default, default is None, one.lineno) for one, default in pairs]
    try:
        schema = reader.object(fields, docstring)
    except RecursionError as error:
        raise SignatureError(
            f"the arguments of '{function}' nest too deep; give an input_schema", found.lineno
        ) from error
    if reader.definitions:
        schema["$defs"] = reader.definitions
    problems = tuple(reader.problems)
    return Signature(None if problems else schema, docstring.description, found.lineno, problems)


@dataclass(frozen=True, slots=True)
class _Field:
    name: str
    annotation: ast.expr | None
    default: ast.expr | None
    required: bool
    line: int


class _UnknownError(Exception):
    """An annotation that is not known."""


@dataclass(slots=True)
class _Reader:
    """Schemas from annotations; collects the dataclasses it meets and what it does not understand."""

    module: ast.Module
    definitions: dict[str, Schema] = field(default_factory=dict)
    problems: list[tuple[str, int]] = field(default_factory=list)
    names: dict[str, str] = field(init=False)

    def __post_init__(self) -> None:
        self.names = dict(_imported(self.module))

    def object(self, fields: list[_Field], docstring: Docstring) -> Schema:
        """The schema of an object with these fields."""
        properties: dict[str, Schema] = {}
        for one in fields:
            properties[one.name] = schema = self._field(one)
            if text := docstring.arguments.get(one.name):
                schema["description"] = text
            if one.default is not None:
                schema.update(_default(one.default))
        required = [one.name for one in fields if one.required]
        schema = {"type": "object", "properties": properties, "additionalProperties": False}
        return {**schema, "required": required} if required else schema

    def _field(self, one: _Field) -> Schema:
        if one.annotation is None:
            self.problems.append((f"the argument '{visible(one.name)}' has no annotation", one.line))
            return {}
        try:
            return dict(self._schema(one.annotation, 0))
        except _UnknownError:
            written = truncate(visible(_written(one.annotation)), 60)
            what = f"the annotation '{written}' of '{visible(one.name)}' is not known; give an input_schema"
            self.problems.append((what, one.line))
            return {}

    def _schema(self, node: ast.expr, depth: int) -> Schema:
        if depth > _DEEPEST:
            raise _UnknownError
        if isinstance(node, ast.Constant):
            if isinstance(node.value, str):
                return self._schema(_annotation(node.value), depth + 1)
            if node.value is None:
                return {"type": "null"}
        if isinstance(node, ast.BinOp) and isinstance(node.op, ast.BitOr):
            return self._union([node.left, node.right], depth)
        if isinstance(node, ast.Subscript):
            return self._generic(node, depth)
        name = self._name(node)
        if name in _SCALARS:
            return {"type": _SCALARS[name]}
        if name in ("list", "List", "dict", "Dict"):
            return {"type": "array" if name.lower() == "list" else "object"}
        return self._dataclass(name, depth)

    def _generic(self, node: ast.Subscript, depth: int) -> Schema:
        name = self._name(node.value)
        items = list(node.slice.elts) if isinstance(node.slice, ast.Tuple) else [node.slice]
        if name in ("list", "List") and len(items) == 1:
            return {"type": "array", "items": self._schema(items[0], depth + 1)}
        if name in ("dict", "Dict") and len(items) == 2 and self._name(items[0]) == "str":
            return {"type": "object", "additionalProperties": self._schema(items[1], depth + 1)}
        if name == "Literal":
            return _literal(items)
        if name == "Optional" and len(items) == 1:
            return self._union([items[0], ast.Constant(None)], depth)
        if name == "Union":
            return self._union(items, depth)
        raise _UnknownError

    def _union(self, nodes: list[ast.expr], depth: int) -> Schema:
        forms: list[Schema] = []
        for node in nodes:
            schema = self._schema(node, depth + 1)
            forms += schema["anyOf"] if set(schema) == {"anyOf"} else [schema]
        if all(set(form) == {"type"} for form in forms):
            types: list[str] = []
            for form in forms:
                types += form["type"] if isinstance(form["type"], list) else [form["type"]]
            return {"type": list(dict.fromkeys(types))} if len(set(types)) > 1 else {"type": types[0]}
        return {"anyOf": forms}

    def _name(self, node: ast.expr) -> str:
        """The name an annotation goes by, whatever it was imported as; empty if it has none."""
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            node = _annotation(node.value)
        if isinstance(node, ast.Name):
            return self.names.get(node.id, node.id)
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
            return node.attr if self.names.get(node.value.id) in _TYPING else ""
        return ""

    def _dataclass(self, name: str, depth: int) -> Schema:
        reference = {"$ref": f"#/$defs/{name}"}
        if name in self.definitions:
            return reference
        found = next((one for one in self.module.body if isinstance(one, ast.ClassDef) and one.name == name), None)
        if found is None or not any(map(_makes_dataclass, found.decorator_list)) or found.bases:
            raise _UnknownError
        self.definitions[name] = {}  # so that one that holds itself ends here
        docstring = parse_docstring(ast.get_docstring(found, clean=False))
        fields = [
            _Field(one.target.id, one.annotation, _field_default(one.value), one.value is None, one.lineno)
            for one in found.body
            if isinstance(one, ast.AnnAssign) and isinstance(one.target, ast.Name)
        ]
        self.definitions[name].update(self.object(fields, docstring))
        return reference


def _parse(source: str) -> ast.Module:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return ast.parse(source)
    except SyntaxError as error:
        raise SignatureError(f"the file is not Python: {visible(error.msg)}", error.lineno) from error
    except (ValueError, RecursionError, MemoryError) as error:
        raise SignatureError("the file is not Python that can be parsed") from error


def _annotation(text: str) -> ast.expr:
    try:
        return ast.parse(text.strip(), mode="eval").body
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        raise _UnknownError from error


def _function(module: ast.Module, name: str) -> ast.FunctionDef:
    found = None
    for node in module.body:  # the last definition of a name is the one that counts
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.name == name:
            found = node
    if found is None:
        raise SignatureError(f"the file has no top-level function '{visible(name)}'")
    if isinstance(found, ast.AsyncFunctionDef):
        raise SignatureError(f"'{name}' is async; a tool has to be a plain function", found.lineno)
    return found


def _written(node: ast.expr) -> str:
    try:
        return ast.unparse(node)
    except RecursionError:
        return "…"


def _imported(module: ast.Module) -> Iterator[tuple[str, str]]:
    """Local names of what comes from `typing`, and what they mean."""
    for node in module.body:
        if isinstance(node, ast.ImportFrom) and node.module in _TYPING:
            yield from ((alias.asname or alias.name, alias.name) for alias in node.names)
        elif isinstance(node, ast.Import):
            yield from ((alias.asname or alias.name, alias.name) for alias in node.names if alias.name in _TYPING)


def _literal(items: list[ast.expr]) -> Schema:
    values = [_value(item) for item in items]
    if not all(isinstance(value, str | int | bool | None) for value in values):
        raise _UnknownError
    return {"enum": values}


def _value(node: ast.expr) -> Any:
    try:
        return ast.literal_eval(node)
    except (ValueError, TypeError, SyntaxError, RecursionError, MemoryError) as error:
        raise _UnknownError from error


def _default(node: ast.expr) -> Schema:
    """`default`, where it is written as plain data."""
    try:
        value = _value(node)
        return {"default": value} if json.loads(json.dumps(value, allow_nan=False)) == value else {}
    except (_UnknownError, TypeError, ValueError, RecursionError):
        return {}


def _field_default(node: ast.expr | None) -> ast.expr | None:
    """The default of a dataclass's field, out of `field(default=…)` where it is written so."""
    if isinstance(node, ast.Call):
        return next((keyword.value for keyword in node.keywords if keyword.arg == "default"), None)
    return node


def _makes_dataclass(decorator: ast.expr) -> bool:
    node = decorator.func if isinstance(decorator, ast.Call) else decorator
    name = node.id if isinstance(node, ast.Name) else node.attr if isinstance(node, ast.Attribute) else ""
    return name == "dataclass"
