"""What names and expressions of a Python program stand for, as far as its text tells."""

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from workbench.skills.capabilities.hosts import UNKNOWN

_MAX_FOLDING = 24
_MAX_TEXT = 20_000
_PERCENT = re.compile(r"%(?:\(\w*\))?[-#0 +]?[\d*.]*[sdrifxgeac]")
_BRACES = re.compile(r"\{[^{}]{0,80}\}")
_SAME_TEXT = frozenset((
    "str", "os.path.expanduser", "os.path.abspath", "os.path.realpath", "os.path.normpath", "os.fspath", "pathlib.Path",
    "pathlib.PurePath", "pathlib.PosixPath", "shlex.quote", "textwrap.dedent", "urllib.request.Request",
    "os.path.expandvars", "bytes", "urllib.parse.quote",
))  # fmt: skip
"""Calls whose result still says what their first argument says."""
_SAME_METHODS = frozenset(("expanduser", "resolve", "absolute", "strip", "encode", "decode", "rstrip", "lstrip",
                           "as_posix", "lower"))  # fmt: skip


@dataclass(slots=True)
class Names:
    """The names of one program.

    Attributes:
        aliases: What a name stands for: a module (`sp` for `subprocess`), or something of it; `x()` for a call of x.
        values: The expression that a name is set to; None where there are several.
        own: Functions and classes of the program, which hide what Python itself calls so.
    """

    aliases: dict[str, str] = field(default_factory=dict)
    values: dict[str, ast.expr | None] = field(default_factory=dict)
    own: set[str] = field(default_factory=set)

    def learn(self, node: ast.AST) -> None:
        """Take in an import, an assignment or a definition."""
        if isinstance(node, ast.Import):
            for name in node.names:
                self.aliases[name.asname or name.name.partition(".")[0]] = (
                    name.name if name.asname else name.name.partition(".")[0]
                )
        elif isinstance(node, ast.ImportFrom):
            for name in node.names:
                if node.level == 0 and node.module:
                    self.aliases[name.asname or name.name] = f"{node.module}.{name.name}"
        elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            self.own.add(node.name)
        elif isinstance(node, ast.Assign):
            for target in node.targets:
                if isinstance(target, ast.Name):
                    self._bind(target.id, node.value)
        elif isinstance(node, ast.AnnAssign | ast.NamedExpr):
            if isinstance(node.target, ast.Name) and node.value is not None:
                self._bind(node.target.id, node.value)
        elif isinstance(node, ast.AugAssign) and isinstance(node.target, ast.Name):
            self.values[node.target.id] = None
        elif isinstance(node, ast.withitem) and isinstance(node.optional_vars, ast.Name):
            self._bind(node.optional_vars.id, node.context_expr)

    def _bind(self, name: str, value: ast.expr) -> None:
        self.values[name] = value if name not in self.values else None
        if isinstance(value, ast.Await):
            value = value.value
        if isinstance(value, ast.Name | ast.Attribute | ast.Call):
            known = self.dotted(value)
            if known is not None and known.partition(".")[0].partition("(")[0] != name:
                self.aliases.setdefault(name, known)

    def dotted(self, node: ast.AST, depth: int = 0) -> str | None:
        """`subprocess.run` for whatever stands for it; `requests.Session()` for what a call gives; None if unknown."""
        if depth > _MAX_FOLDING:
            return None
        if isinstance(node, ast.Name):
            return self.aliases.get(node.id) or (None if node.id in self.own else node.id)
        if isinstance(node, ast.Attribute):
            base = self.dotted(node.value, depth + 1)
            return None if base is None else f"{base}.{node.attr}"[:200]
        if isinstance(node, ast.Call):
            return self._called(node, depth)
        if isinstance(node, ast.Subscript):
            base = self.dotted(node.value, depth + 1)
            key = self.text(node.slice, depth + 1)
            if key and UNKNOWN not in key:
                if base == "sys.modules":
                    return key
                if base in ("__builtins__", "builtins.__dict__", "globals().__builtins__"):
                    return key
            return None
        return self.dotted(node.value, depth + 1) if isinstance(node, ast.Await) else None

    def _called(self, node: ast.Call, depth: int) -> str | None:
        name = self.dotted(node.func, depth + 1)
        if name in ("__import__", "importlib.import_module", "builtins.__import__") and node.args:
            module = self.text(node.args[0], depth + 1)
            return module if module and UNKNOWN not in module else None
        if name in ("getattr", "builtins.getattr") and len(node.args) > 1:
            base, attribute = self.dotted(node.args[0], depth + 1), self.text(node.args[1], depth + 1)
            return f"{base}.{attribute}" if base and attribute and UNKNOWN not in attribute else None
        return None if name is None else f"{name}()"[:200]

    def text(self, node: ast.AST | None, depth: int = 0) -> str:
        """The text that an expression gives, with `UNKNOWN` for the parts that only a run would tell."""
        if node is None or depth > _MAX_FOLDING:
            return UNKNOWN
        if isinstance(node, ast.Constant):
            value = node.value
            if isinstance(value, bytes):
                return value[:_MAX_TEXT].decode("utf-8", "replace")
            return value[:_MAX_TEXT] if isinstance(value, str) else str(value)[:80]
        if isinstance(node, ast.JoinedStr):
            parts = node.values[:200]
            return "".join(
                self.text(part.value if isinstance(part, ast.FormattedValue) else part, depth + 1) for part in parts
            )[:_MAX_TEXT]
        if isinstance(node, ast.Name):
            value_node = self.values.get(node.id)
            return UNKNOWN if value_node is None else self.text(value_node, depth + 1)
        if isinstance(node, ast.BinOp):
            return self._combined(node, depth)
        if isinstance(node, ast.Call):
            return self._result(node, depth)
        if isinstance(node, ast.Attribute) and self.dotted(node) == "sys.executable":
            return "python"
        if isinstance(node, ast.IfExp):
            return self.text(node.body, depth + 1)
        if isinstance(node, ast.BoolOp):
            return self.text(node.values[-1], depth + 1)
        return UNKNOWN

    def _combined(self, node: ast.BinOp, depth: int) -> str:
        left = self.text(node.left, depth + 1)
        if isinstance(node.op, ast.Add):
            return (left + self.text(node.right, depth + 1))[:_MAX_TEXT]
        if isinstance(node.op, ast.Div):
            return f"{left.rstrip('/')}/{self.text(node.right, depth + 1)}"[:_MAX_TEXT]
        if isinstance(node.op, ast.Mod):
            return _PERCENT.sub(UNKNOWN, left)
        return UNKNOWN

    def _result(self, node: ast.Call, depth: int) -> str:
        if isinstance(node.func, ast.Attribute):
            method = node.func.attr
            if method == "format":
                return _BRACES.sub(UNKNOWN, self.text(node.func.value, depth + 1))
            if method == "join" and len(node.args) == 1 and isinstance(node.args[0], ast.List | ast.Tuple):
                between = self.text(node.func.value, depth + 1)
                return between.join(self.text(part, depth + 1) for part in node.args[0].elts[:100])[:_MAX_TEXT]
            if method in _SAME_METHODS and not node.args:
                return self.text(node.func.value, depth + 1)
            if method == "joinpath":
                parts = [self.text(part, depth + 1) for part in (node.func.value, *node.args[:20])]
                return "/".join(parts)[:_MAX_TEXT]
        name = self.dotted(node.func, depth + 1)
        if name in ("os.path.join", "pathlib.Path", "pathlib.PurePath", "urllib.parse.urljoin") and node.args:
            return "/".join(self.text(part, depth + 1) for part in node.args[:20])[:_MAX_TEXT]
        if name in _SAME_TEXT and node.args:
            return self.text(node.args[0], depth + 1)
        if name == "chr" and node.args and isinstance(node.args[0], ast.Constant):
            code = node.args[0].value
            return chr(code) if isinstance(code, int) and 0 <= code < 0x110000 else UNKNOWN
        if name in ("pathlib.Path.home", "os.path.expanduser"):
            return "~"
        if name in ("base64.b64decode", "bytes.fromhex", "codecs.decode", "base64.b64decode().decode") and node.args:
            return _decoded(name, self.text(node.args[0], depth + 1))
        return UNKNOWN

    def words(self, node: ast.AST | None, depth: int = 0) -> list[str]:
        """The words of a command line that an expression gives."""
        if node is None or depth > _MAX_FOLDING:
            return [UNKNOWN]
        if isinstance(node, ast.List | ast.Tuple):
            return [word for part in node.elts[:200] for word in self.word(part, depth)]
        if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
            return [*self.words(node.left, depth + 1), *self.words(node.right, depth + 1)]
        if isinstance(node, ast.Name):
            value = self.values.get(node.id)
            return [UNKNOWN] if value is None else self.words(value, depth + 1)
        if isinstance(node, ast.Call):
            name = self.dotted(node.func)
            if (name == "shlex.split" and node.args) or (name in ("list", "tuple") and len(node.args) == 1):
                return self.text(node.args[0]).split() if name == "shlex.split" else self.words(node.args[0], depth + 1)
        return [self.text(node, depth + 1)]

    def word(self, node: ast.expr, depth: int = 0) -> Iterator[str]:
        """The words that one element of a list gives."""
        if isinstance(node, ast.Starred):
            yield from self.words(node.value, depth + 1)
        else:
            yield self.text(node, depth + 1)


def _decoded(name: str, text: str) -> str:
    import base64
    import binascii

    if UNKNOWN in text:
        return UNKNOWN
    try:
        data = bytes.fromhex(text) if "hex" in name else base64.b64decode(text, validate=False)
    except (ValueError, binascii.Error):
        return UNKNOWN
    return data.decode("utf-8", "replace") if data else UNKNOWN
