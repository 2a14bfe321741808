#!/usr/bin/env python3
"""Fill a prompt template. Needs nothing but Python.

    render.py [INPUT.json]    print ../assets/prompt.jinja filled with INPUT (default: standard input)

Exit code 0: done. 1: the input does not fit ../schemas/input.json; standard error says where. 2: something can't be
read or filled.

The template is Jinja2 as far as it is data: text, {{ values }} with the filters below, if, for and comments. Whatever
else it has is refused, so that no template can run anything.
"""

import ast
import json
import re
import runpy
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

MAX_STEPS = 100_000
MAX_OUTPUT = 1 << 20
MAX_INDENT = 100

_TAG = re.compile(r"({{.*?}}|{%.*?%}|{#.*?#})", re.DOTALL)
_FOR = re.compile(r"for\s+(\w+)(?:\s*,\s*(\w+))?\s+in\s+(.+)", re.DOTALL)
_CONSTANTS = {"true": True, "false": False, "none": None, "True": True, "False": False, "None": None}
_MISSING = object()
_NOTHING = "nothing_at_all"


class TemplateError(Exception):
    """The template has something that is not understood here, or takes too long."""


def render(template: str, values: Mapping[str, Any]) -> str:
    """The template filled with values; one that is missing is an empty text, as in Jinja2.

    Raises:
        TemplateError: It can't be filled.
    """
    try:
        return "".join(_Filling(values).run(parse(template)))
    except RecursionError:
        raise TemplateError("it nests too deep") from None


def parse(template: str) -> list[Any]:
    """The parts of a template.

    Raises:
        TemplateError: It has something that is not understood here.
    """
    source = re.sub(r"\r\n?", "\n", template)
    tokens = list(_tokens(source.removesuffix("\n")))
    try:
        body, at = _parse(tokens, 0, ())
    except RecursionError:
        raise TemplateError("it nests too deep") from None
    if at != len(tokens):
        raise TemplateError(f"a tag has no beginning: {tokens[at][1]}")
    return body


def _tokens(source: str) -> Iterator[tuple[str, str]]:
    """(kind, text) of each part: `text`, `value` or `tag`; white space goes where a tag's hyphen says so."""
    parts = _TAG.split(source)
    for at, part in enumerate(parts):
        if at % 2 == 0:
            before, after = parts[at - 1] if at else "", parts[at + 1] if at + 1 < len(parts) else ""
            text = part.lstrip() if before[-3:-2] == "-" else part
            text = text.rstrip() if after[2:3] == "-" else text
            if "{{" in text or "{%" in text or "{#" in text:
                raise TemplateError("a tag is not closed")
            yield "text", text
        elif not part.startswith("{#"):
            yield "value" if part.startswith("{{") else "tag", part[2:-2].strip("-").strip()


def _parse(tokens: Sequence[tuple[str, str]], at: int, ends: tuple[str, ...]) -> tuple[list[Any], int]:
    """The parts up to a tag that ends them."""
    body: list[Any] = []
    while at < len(tokens):
        kind, text = tokens[at]
        word = text.split(None, 1)[0] if text.split() else ""
        if kind == "tag" and word in ends:
            return body, at
        at += 1
        if kind == "text":
            body.append(("text", text))
        elif kind == "value":
            body.append(("value", _expression(text)))
        elif word == "if":
            branch, at = _parse_if(tokens, at, text[2:])
            body.append(branch)
        elif word == "for":
            match = _FOR.fullmatch(text)
            if match is None:
                raise TemplateError(f"this 'for' is not understood: {text}")
            inner, at = _parse(tokens, at, ("endfor",))
            names = [name for name in match.groups()[:2] if name]
            body.append(("for", names, _expression(match[3]), inner))
            at = _past(tokens, at, "endfor")
        else:
            raise TemplateError(f"'{word or text}' is not understood")
    if ends:
        raise TemplateError(f"'{ends[-1]}' is missing")
    return body, at


def _parse_if(tokens: Sequence[tuple[str, str]], at: int, condition: str) -> tuple[Any, int]:
    branches = []
    test: Any = _expression(condition)
    while True:
        inner, at = _parse(tokens, at, ("elif", "else", "endif"))
        branches.append((test, inner))
        text = tokens[at][1] if at < len(tokens) else ""
        if text == "endif":
            return ("if", branches), at + 1
        test = None if text == "else" else _expression(text[4:])
        at += 1


def _past(tokens: Sequence[tuple[str, str]], at: int, word: str) -> int:
    if at >= len(tokens) or tokens[at][1] != word:
        raise TemplateError(f"'{word}' is missing")
    return at + 1


def _expression(text: str) -> ast.expr:
    """An expression; Jinja2's and Python's are written alike as far as they are understood here."""
    line = " ".join(text.split("\n")).strip()
    for written in (line, f"{line} else {_NOTHING}"):  # Jinja2 lets the 'else' of a condition be left out
        try:
            return ast.parse(written, mode="eval").body
        except (SyntaxError, ValueError, MemoryError):
            continue
    raise TemplateError(f"this is not understood: {text}")


class _Filling:
    """The values, and how much has been done so far."""

    def __init__(self, values: Mapping[str, Any]) -> None:
        self._values = dict(values)
        self._steps = 0
        self._written = 0

    def run(self, body: Sequence[Any]) -> Iterator[str]:
        """The text of each part."""
        for part in body:
            self._step()
            if part[0] == "text":
                yield self._checked(part[1])
            elif part[0] == "value":
                value = self.value(part[1])
                yield self._checked("" if value is _MISSING else str(value))
            elif part[0] == "if":
                chosen: Sequence[Any] = next((inner for test, inner in part[1] if test is None or self.true(test)), [])
                yield from self.run(chosen)
            else:
                yield from self._loop(*part[1:])

    def _loop(self, names: Sequence[str], over: ast.expr, body: Sequence[Any]) -> Iterator[str]:
        value = self.value(over)
        items = [] if value is _MISSING else _listed(value)
        outer = dict(self._values)
        for number, item in enumerate(items, start=1):
            parts = [item] if len(names) == 1 else _listed(item)
            if len(parts) != len(names):
                raise TemplateError("a 'for' names more or fewer parts than there are")
            self._values.update(zip(names, parts, strict=True))
            self._values["loop"] = {
                "index": number, "index0": number - 1, "first": number == 1, "last": number == len(items),
                "length": len(items),
            }  # fmt: skip
            yield from self.run(body)
            self._values = dict(outer)

    def true(self, node: ast.expr) -> bool:
        """Whether a value counts as true."""
        value = self.value(node)
        return value is not _MISSING and bool(value)

    def value(self, node: ast.expr) -> Any:
        """What an expression stands for."""
        self._step()
        if isinstance(node, ast.Constant) and isinstance(node.value, str | int | float | bool | None):
            return node.value
        if isinstance(node, ast.Name):
            return _CONSTANTS[node.id] if node.id in _CONSTANTS else self._values.get(node.id, _MISSING)
        if isinstance(node, ast.Attribute):
            return _item(self.value(node.value), node.attr)
        if isinstance(node, ast.Subscript):
            return _item(self.value(node.value), self.value(node.slice))
        if isinstance(node, ast.List | ast.Tuple):
            items = [self.value(one) for one in node.elts]
            if _MISSING in items:
                raise TemplateError("a list has an item without a value")
            return items
        if isinstance(node, ast.IfExp):
            return self.value(node.body if self.true(node.test) else node.orelse)
        if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not):
            return not self.true(node.operand)
        if isinstance(node, ast.BoolOp):
            return self._logic(node)
        if isinstance(node, ast.Compare):
            return self._compare(node)
        if isinstance(node, ast.BinOp) and isinstance(node.op, ast.BitOr):
            return self._filter(self.value(node.left), node.right)
        raise TemplateError(f"'{ast.unparse(node)}' is not understood")

    def _logic(self, node: ast.BoolOp) -> Any:
        value: Any = None
        for one in node.values:
            value = self.value(one)
            if (value is _MISSING or not value) == isinstance(node.op, ast.And):
                return value
        return value

    def _compare(self, node: ast.Compare) -> bool:
        left = self.value(node.left)
        for op, right_node in zip(node.ops, node.comparators, strict=True):
            if isinstance(op, ast.Is | ast.IsNot):
                if not isinstance(right_node, ast.Name | ast.Constant):
                    raise TemplateError("only simple tests are understood after 'is'")
                word = right_node.id if isinstance(right_node, ast.Name) else str(right_node.value).lower()
                if _test(word)(left) == isinstance(op, ast.IsNot):
                    return False
                continue
            right = self.value(right_node)
            if not _ordered(op, left, right):
                return False
            left = right
        return True

    def _filter(self, value: Any, node: ast.expr) -> Any:
        arguments: list[Any] = []
        if isinstance(node, ast.Call) and not node.keywords:
            arguments = [self.value(one) for one in node.args]
            node = node.func
        if not isinstance(node, ast.Name) or node.id not in FILTERS:
            raise TemplateError(f"the filter '{ast.unparse(node)}' is not understood")
        if value is _MISSING and node.id not in ("default", "d"):
            if node.id in ("tojson", "indent"):
                raise TemplateError(f"there is no value for '{node.id}'")
            value = ""
        try:
            return self._checked(FILTERS[node.id](value, *arguments))
        except (TypeError, ValueError, AttributeError, IndexError) as error:
            raise TemplateError(f"the filter '{node.id}' can't be used on this: {error}") from None

    def _checked(self, value: Any) -> Any:
        if isinstance(value, str):
            self._written += len(value)
            if self._written > MAX_OUTPUT:
                raise TemplateError("it becomes too long")
        return value

    def _step(self) -> None:
        self._steps += 1
        if self._steps > MAX_STEPS:
            raise TemplateError("it takes too long")


def _listed(value: Any) -> list[Any]:
    if isinstance(value, str | list | tuple | dict):
        return list(value)
    raise TemplateError("a 'for' needs a list")


def _item(value: Any, key: Any) -> Any:
    if value is _MISSING:
        raise TemplateError(f"there is no value that could have '{key}'")
    if isinstance(value, dict):
        return value.get(key, _MISSING) if isinstance(key, str | int | float | bool | None) else _MISSING
    if isinstance(value, list | str) and isinstance(key, int) and -len(value) <= key < len(value):
        return value[key]
    return _MISSING


def _ordered(op: ast.cmpop, left: Any, right: Any) -> bool:
    try:
        if isinstance(op, ast.Eq | ast.NotEq):
            return bool((left == right) == isinstance(op, ast.Eq))
        if isinstance(op, ast.In | ast.NotIn):
            return (left in ([] if right is _MISSING else right)) == isinstance(op, ast.In)
        if isinstance(op, ast.Lt | ast.GtE):
            return bool((left < right) == isinstance(op, ast.Lt))
        return bool((left > right) == isinstance(op, ast.Gt))
    except TypeError:
        raise TemplateError("two values can't be compared") from None


def _test(word: str) -> Callable[[Any], bool]:
    if word not in TESTS:
        raise TemplateError(f"the test '{word}' is not understood")
    return TESTS[word]


def _default(value: Any, other: Any = "", falsy: Any = False) -> Any:
    return other if value is _MISSING or (falsy and not value) else value


def _join(value: Any, by: Any = "") -> str:
    parts = [str(one) for one in value]
    if sum(map(len, parts)) + len(str(by)) * len(parts) > MAX_OUTPUT:
        raise TemplateError("it becomes too long")
    return str(by).join(parts)


def _replace(value: Any, old: Any, new: Any) -> str:
    text, old, new = str(value), str(old), str(new)
    if text.count(old) * len(new) > MAX_OUTPUT:
        raise TemplateError("it becomes too long")
    return text.replace(old, new)


def _tojson(value: Any) -> str:
    text = json.dumps(value, sort_keys=True)
    for char in "<>&'":
        text = text.replace(char, f"\\u{ord(char):04x}")
    return text


def _indent(value: Any, width: Any = 4, first: Any = False) -> str:
    if not isinstance(value, str):
        raise TypeError("it has to be text")
    pad = " " * min(int(width), MAX_INDENT)
    head, *rest = f"{value}\n".splitlines()
    return "\n".join([pad + head if first else head, *(pad + line if line else line for line in rest)])


def _title(value: Any) -> str:
    words = re.split(r"([-\s({\[<]+)", str(value))
    return "".join(word[:1].upper() + word[1:].lower() for word in words)


FILTERS: dict[str, Callable[..., Any]] = {
    "default": _default, "d": _default, "upper": lambda v: str(v).upper(), "lower": lambda v: str(v).lower(),
    "capitalize": lambda v: str(v).capitalize(), "title": _title, "trim": lambda v: str(v).strip(), "length": len,
    "count": len, "join": _join, "first": lambda v: next(iter(v), _MISSING),
    "last": lambda v: next(reversed(v), _MISSING), "replace": _replace,
    "string": str, "tojson": _tojson, "indent": _indent,
}  # fmt: skip

TESTS: dict[str, Callable[[Any], bool]] = {
    "defined": lambda v: v is not _MISSING, "undefined": lambda v: v is _MISSING, "none": lambda v: v is None,
    "string": lambda v: isinstance(v, str), "mapping": lambda v: isinstance(v, dict),
    "boolean": lambda v: isinstance(v, bool), "number": lambda v: isinstance(v, int | float),
    "integer": lambda v: isinstance(v, int) and not isinstance(v, bool), "true": lambda v: v is True,
    "false": lambda v: v is False,
}  # fmt: skip


def main(arguments: Sequence[str]) -> int:
    """Do what the command line says; gives the exit code."""
    here = Path(__file__).resolve().parent
    try:
        if len(arguments) > 1:
            raise ValueError("usage: render.py [INPUT.json]")
        text = Path(arguments[0]).read_text(encoding="utf-8") if arguments else sys.stdin.read()
        values = json.loads(text)
        wrong = runpy.run_path(str(here / "check.py"))["wrong_with"]("input", values)
        if wrong:
            sys.stderr.write("".join(f"{one}\n" for one in wrong))
            return 1
        if not isinstance(values, dict):
            raise ValueError("the input has to be a JSON object")
        filled = render((here.parent / "assets/prompt.jinja").read_text(encoding="utf-8"), values)
        sys.stdout.write(filled if filled.endswith("\n") else f"{filled}\n")
    except (OSError, ValueError, RecursionError, TemplateError) as error:
        sys.stderr.write(f"error: {error}\n")
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
