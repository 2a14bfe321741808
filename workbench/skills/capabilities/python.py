"""What a Python program does, read from its syntax tree; nothing of it runs."""

import ast
import re
import warnings
from collections.abc import Sequence
from dataclasses import dataclass, field

from workbench.skills.capabilities import programs
from workbench.skills.capabilities import python_tables as tables
from workbench.skills.capabilities.hosts import ANY_HOST, UNKNOWN, host_of, hosts_in
from workbench.skills.capabilities.model import Certainty, Kind
from workbench.skills.capabilities.python_names import Names
from workbench.skills.capabilities.shell import note_shell_text, note_urls, note_words
from workbench.skills.capabilities.source import Source

MAX_TOKENS = 60_000
"""About a second's parsing; more is not read, which counts as every capability."""
MAX_EMBEDDED = 3

_FILE = "<skill>"
_TOKEN = re.compile(r"\w+|[^\w\s]")
_SCRIPT = re.compile(r"^# /// script\n((?:#[^\n]*\n){1,200}?)# ///", re.MULTILINE)
_TRIGGERS = ("import", "open", "eval", "exec", "compile", "__", "://", "getattr", "get_ipython", "read_", "write_")
_SKIPPED = (ast.expr_context, ast.operator, ast.unaryop, ast.cmpop, ast.boolop)

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
    if not any(trigger in text for trigger in _TRIGGERS):
        return
    if len(text) > MAX_TOKENS and sum(1 for _ in _TOKEN.finditer(text)) > MAX_TOKENS:
        source.add("unreadable", "Python that is too long to parse", 0)
        return
    try:
        tree = ast.parse(text, _FILE)
        _Program(source, depth).scan(tree)
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
class _Program:
    """One program while its tree is read."""

    source: Source
    depth: int
    names: Names = field(default_factory=Names)
    seen_environment: set[int] = field(default_factory=set)
    done: set[str] = field(default_factory=set)
    imported: dict[str, ast.AST] = field(default_factory=dict)

    def scan(self, tree: ast.Module) -> None:
        calls: list[ast.Call] = []
        reads: list[ast.Attribute | ast.Name] = []
        keyed: list[ast.Subscript | ast.Compare] = []
        strings: list[ast.Constant] = []
        stack: list[ast.AST] = [tree]
        learn = self.names.learn
        learned: list[ast.AST] = []
        while stack:
            node = stack.pop()
            kind = node.__class__
            if kind is ast.Call:
                calls.append(node)  # type: ignore[arg-type]  # its class was compared, which mypy does not follow
            elif kind is ast.Constant:
                strings.append(node)  # type: ignore[arg-type]  # as above
                continue
            elif kind is ast.Attribute or kind is ast.Name:
                reads.append(node)  # type: ignore[arg-type]  # as above
            elif kind is ast.Subscript or kind is ast.Compare:
                keyed.append(node)  # type: ignore[arg-type]  # as above
            elif kind in _LEARNED:
                learned.append(node)
            elif kind is ast.Expr and isinstance(getattr(node, "value", None), ast.Constant):
                continue  # a text that stands alone does nothing
            for name in node._fields:
                value = getattr(node, name, None)
                if value.__class__ is list:
                    stack += [item for item in value if isinstance(item, ast.AST)]
                elif isinstance(value, ast.AST) and not isinstance(value, _SKIPPED):
                    stack.append(value)
        # Imports first, so that what a later line names is known wherever it stands; then in the program's order.
        learned.sort(key=lambda node: (not isinstance(node, ast.Import | ast.ImportFrom), getattr(node, "lineno", 0)))
        for node in learned:
            learn(node)
        self._imports(learned)
        self._stars(learned)
        for call in calls:
            self._call(call)
        for one in keyed:
            self._keyed(one)
        if any(name in self.source.text for name in ("environ", "__builtins__")):
            for read in reads:
                self._read(read)
        self._unused_imports()
        if "://" in self.source.text:
            certainty: Certainty = "likely" if "network" in self.done or self._talks() else "mention"
            for string in strings:
                if isinstance(string.value, str) and "://" in string.value:
                    self._urls(string, string.value, certainty)

    def _talks(self) -> bool:
        return any(_module(name, tables.TALKING_MODULES) for name in self.imported)

    def note(self, kind: Kind, what: str, node: ast.AST, certainty: Certainty = "sure") -> None:
        """Note a finding at a node."""
        self.done.add(kind)
        line = min(getattr(node, "lineno", 1) - 1, len(self.source.starts) - 1)
        last = min((getattr(node, "end_lineno", None) or line + 1) - 1, len(self.source.starts) - 1)
        self.source.add_at(kind, what, line, self._column(node, line), certainty, last=last)

    def offsets(self, node: ast.AST) -> tuple[int, int]:
        """Where a node begins and ends in the text."""
        starts = self.source.starts
        line = min(getattr(node, "lineno", 1) - 1, len(starts) - 1)
        last = min((getattr(node, "end_lineno", None) or line + 1) - 1, len(starts) - 1)
        end = starts[last + 1] if last + 1 < len(starts) else len(self.source.text)
        return starts[line] + self._column(node, line) - 1, end

    def _column(self, node: ast.AST, line: int) -> int:
        """In characters: the tree counts bytes."""
        offset: int = getattr(node, "col_offset", 0)
        start = self.source.starts[line]
        piece = self.source.text[start : start + offset]
        return offset + 1 if piece.isascii() else len(piece.encode()[:offset].decode("utf-8", "replace")) + 1

    def _urls(self, node: ast.AST, text: str, certainty: Certainty) -> None:
        at, _ = self.offsets(node)
        for host, _ in hosts_in(text):
            note_urls(self.source, f"http://{host}", at, certainty) if UNKNOWN not in host else None

    def _imports(self, learned: Sequence[ast.AST]) -> None:
        for node in learned:
            if isinstance(node, ast.Import):
                for one in node.names:
                    self.imported.setdefault(one.name, node)
            elif isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
                self.imported.setdefault(node.module, node)
                for one in node.names:
                    self.imported.setdefault(f"{node.module}.{one.name}", node)
        for name, node in self.imported.items():
            if _module(name, tables.DYNAMIC_MODULES):
                self.note("dynamic", name.partition(".")[0], node, "likely")

    def _stars(self, learned: Sequence[ast.AST]) -> None:
        """`from subprocess import *` names everything that is known of it."""
        known = (*tables.STARTS, *tables.STARTS_SHELL, *tables.STARTS_LISTED, *tables.DYNAMIC, *tables.WRITES)
        for node in learned:
            if isinstance(node, ast.ImportFrom) and node.module and any(name.name == "*" for name in node.names):
                for name in known:
                    module, _, rest = name.rpartition(".")
                    if module == node.module:
                        self.names.aliases.setdefault(rest, name)
                if node.module == "os":
                    self.names.aliases.setdefault("environ", "os.environ")

    def _unused_imports(self) -> None:
        """A module that can do something, where no use of it was understood."""
        for name, node in self.imported.items():
            if "subprocess" not in self.done and _module(name, tables.STARTING_MODULES):
                self.note("subprocess", programs.ANY_PROGRAM, node, "likely")
            elif _module(name, tables.SERVICES):
                self.note("network", f"{_module(name, tables.SERVICES)} (library)", node, "likely")
            elif (
                "network" not in self.done
                and (module := _module(name, tables.TALKING_MODULES))
                and (module != "urllib" or name == "urllib")
                and name not in ("urllib.parse", "urllib.error", "http.client.HTTPException")
            ):
                self.note("network", ANY_HOST, node, "likely")

    def _call(self, node: ast.Call) -> None:
        name = self.names.dotted(node.func)
        if name is None:
            if isinstance(node.func, ast.Attribute):
                self._method(node, node.func)
            elif isinstance(node.func, ast.Name):
                self._hidden_builtin(node, node.func.id)
            return
        bare = name.removeprefix("builtins.")
        if bare in tables.STARTS or bare in tables.STARTS_LISTED or bare in tables.STARTS_SHELL:
            self._starts(node, bare)
        elif bare in tables.OPENS:
            self._opens(node, bare, 0)
        elif bare in tables.WRITES:
            self._writes(node, bare)
        elif bare in tables.READS:
            path = self.names.text(node.args[0]) if node.args else UNKNOWN
            self._reads_path(node, path)
        elif bare in ("os.getenv", "os.environ.get", "os.environ.pop", "os.environ.setdefault", "os.putenv",
                      "os.environ.__getitem__", "os.getenvb"):  # fmt: skip
            self._environment(node, node.args[0] if node.args else None)
            self.seen_environment.add(getattr(node.func, "lineno", 0))
        elif bare.startswith("tempfile."):
            self.note("writes", "temporary files", node)
        elif bare in tables.INSTALLS:
            self.note("install", "packages (pip)", node)
        else:
            self._other(node, name, bare)

    def _other(self, node: ast.Call, name: str, bare: str) -> None:
        first = node.args[0] if node.args else None
        compiles = bare == "compile" and (len(node.args) >= 3 or any(word.arg == "mode" for word in node.keywords))
        if compiles or bare in tables.DYNAMIC or bare.endswith(".loader.exec_module"):
            self._dynamic(node, bare)
        elif bare in ("__import__", "importlib.import_module", "importlib.__import__"):
            known = self.names.text(first)
            if UNKNOWN in known:
                self.note("dynamic", "import of a module known at run time", node)
            else:
                self.imported.setdefault(known, node)
                self.note("dynamic", f"import of {known} by name", node, "likely")
        elif bare == "getattr" and len(node.args) > 1 and UNKNOWN in self.names.text(node.args[1]):
            if (module := self.names.dotted(node.args[0])) in tables.GUARDED:
                self.note("dynamic", f"anything of {module}, by a name known at run time", node)
        elif bare in ("yaml.load", "yaml.load_all"):
            loader = [self.names.dotted(word.value) or "" for word in node.keywords if word.arg == "Loader"]
            loader += [self.names.dotted(word) or "" for word in node.args[1:2]]
            if not any("Safe" in one or "getattr" in one or not one for one in loader):
                self.note("dynamic", "yaml.load", node, "likely")
        elif bare in tables.LISTENS:
            self.note("network", "listens for connections", node)
        elif (module := _module(name, tables.TALKING_MODULES)) or bare.startswith("asyncio.open_connection"):
            self._talk(node, name, bare, module)
        if bare in tables.FETCHES_FILES:
            for host in self._hosts(node) or [ANY_HOST]:
                self.note("download", f"a file from {host}", node)
        if isinstance(node.func, ast.Attribute):
            self._method(node, node.func)

    def _hidden_builtin(self, node: ast.Call, name: str) -> None:
        """A function of the program that has the name of a dangerous one: likely, since scopes are not followed."""
        if name in ("eval", "exec", "__import__"):
            self.note("dynamic", name, node, "likely")

    def _starts(self, node: ast.Call, name: str) -> None:
        at, end = self.offsets(node)
        self.done.add("subprocess")
        if name in tables.STARTS_LISTED:
            given = node.args[1:] if ".spawn" in name else node.args
            if not given:
                words = [UNKNOWN]
            elif "execv" in name or "spawnv" in name:
                words = [self.names.text(given[0]), *self.names.words(given[1] if len(given) > 1 else None)[1:]]
            else:
                words = [self.names.text(given[0]), *(self.names.text(one) for one in given[2:])]
        elif name == "asyncio.create_subprocess_exec":
            words = [word for one in node.args for word in self.names._word(one, 0)] or [UNKNOWN]
        elif name.startswith("os.posix_spawn"):
            words = self.names.words(node.args[1]) if len(node.args) > 1 else [UNKNOWN]
        else:
            given_first = node.args[0] if node.args else next(
                (word.value for word in node.keywords if word.arg in ("args", "command", "cmd")), None
            )  # fmt: skip
            if name in tables.STARTS_SHELL or self._is_true(node, "shell"):
                text = " ".join(self.names.words(given_first))
                note_shell_text(self.source, text, at, end, self.depth)
                line = self._line(node)
                if not any(key[0] == "subprocess" and key[2] >= line for key in self.source.findings):
                    self.note("subprocess", "a shell command", node)
                return
            words = self.names.words(given_first)
            if len(words) == 1 and " " in words[0] and UNKNOWN not in words[0]:
                words = words[0].split()
        note_words(self.source, words or [UNKNOWN], at, end, "sure", self.depth)

    def _line(self, node: ast.AST) -> int:
        return self.source.first_line + getattr(node, "lineno", 1) - 1

    @staticmethod
    def _is_true(node: ast.Call, option: str) -> bool:
        for word in node.keywords:
            if word.arg == option:
                return not (isinstance(word.value, ast.Constant) and not word.value.value)
        return False

    def _opens(self, node: ast.Call, name: str, at: int) -> None:
        path = self.names.text(node.args[0]) if node.args else UNKNOWN
        given = next((word.value for word in node.keywords if word.arg == "mode"), None)
        given = given or (node.args[1] if len(node.args) > 1 else None)
        mode = "r" if given is None else self.names.text(given)
        self._file(node, path, mode, os_open=name == "os.open")

    def _file(self, node: ast.Call, path: str, mode: str, *, os_open: bool = False) -> None:
        shown = _shown(path)
        if os_open or mode == UNKNOWN:
            self.note("reads", shown, node, "likely")
            self.note("writes", shown, node, "likely")
        elif set(mode) & set("wax+"):
            self.note("writes", shown, node)
            if "+" in mode:
                self.note("reads", shown, node)
        else:
            self.note("reads", shown, node)

    def _writes(self, node: ast.Call, name: str) -> None:
        number = tables.WRITES[name]
        path = self.names.text(node.args[number]) if len(node.args) > number else UNKNOWN
        self.note("writes", _shown(path) + (" (removed)" if name in tables.REMOVES else ""), node)

    def _reads_path(self, node: ast.Call, path: str) -> None:
        self.note("reads", _shown(path), node)

    def _method(self, node: ast.Call, function: ast.Attribute) -> None:
        """Methods that only a path (or a table, a plot, an archive) has, of whatever object."""
        method = function.attr
        if method in tables.PATH_ONLY_METHODS:
            base = self.names.dotted(function.value) or ""
            if not base.startswith("pathlib.") and not isinstance(function.value, ast.BinOp):
                return
            if method == "open":
                mode = self.names.text(node.args[0]) if node.args else next(
                    (self.names.text(word.value) for word in node.keywords if word.arg == "mode"), "r"
                )  # fmt: skip
                self._file(node, self.names.text(function.value), mode)
            elif method == "glob":
                self.note("reads", _shown(self.names.text(function.value)), node)
            else:
                self.note("writes", _shown(self.names.text(function.value)), node)
        elif method in tables.READING_METHODS:
            self.note("reads", _shown(self.names.text(function.value)), node, "likely")
        elif method in tables.WRITING_METHODS:
            table = method.startswith("to_") or method in ("savefig", "extractall")
            given = (node.args[0] if node.args else None) if table else function.value
            if method.startswith("to_") and given is None:
                return  # it gives a text
            path = _shown(self.names.text(given))
            self.note("writes", path + (" (removed)" if method in tables.REMOVING_METHODS else ""), node, "likely")

    def _dynamic(self, node: ast.Call, name: str) -> None:
        self.note("dynamic", name, node)
        if name not in ("eval", "exec", "compile", "pickle.loads", "marshal.loads"):
            return
        first = node.args[0] if node.args else None
        code = self.names.text(first)
        if code.strip(UNKNOWN + " ") and name in ("eval", "exec") and self.depth < MAX_EMBEDDED:
            line = getattr(node, "lineno", 1)
            part = self.source.derived(code, line, self.source.ceiling, last=getattr(node, "end_lineno", None) or line)
            scan_python(part, depth=self.depth + 1, prose=True)
        if first is not None:
            for host in self._fetched(first, 0):
                self.note("download", f"code from {host} that is run", node)
                break

    def _fetched(self, node: ast.AST, depth: int) -> list[str]:
        """The hosts that an expression, or what its names are set to, gets something from."""
        if depth > 4:
            return []
        for count, inner in enumerate(ast.walk(node)):
            if count > 300:
                break
            if isinstance(inner, ast.Call):
                name = self.names.dotted(inner.func)
                if name and _module(name, tables.TALKING_MODULES) and name.rpartition(".")[2] in tables.TALKS:
                    return self._hosts(inner) or [ANY_HOST]
            elif isinstance(inner, ast.Name):
                value = self.names.values.get(inner.id)
                if value is not None and (found := self._fetched(value, depth + 1)):
                    return found
        return []

    def _talk(self, node: ast.Call, name: str, bare: str, module: str | None) -> None:
        last = bare.rpartition(".")[2]
        if module == "urllib" and not bare.startswith(("urllib.request", "urllib.urlopen", "urllib.urlretrieve")):
            return
        if last in tables.TALKS or bare.startswith("asyncio.open_connection"):
            for host in self._hosts(node) or [ANY_HOST]:
                self.note("network", host, node)

    def _hosts(self, node: ast.Call) -> list[str]:
        """The hosts that a call's arguments name."""
        given = [
            *node.args[:3],
            *(w.value for w in node.keywords if w.arg in ("url", "host", "uri", "address", "base_url")),
        ]
        found: list[str] = []
        for one in given:
            if isinstance(one, ast.Tuple) and one.elts:
                one = one.elts[0]
            text = self.names.text(one)
            hosts = [host for host, _ in hosts_in(text)]
            if not hosts and re.fullmatch(r"[\w-]+(\.[\w-]+)+(:\d+)?", text) and one in given[:1] + node.args[:1]:
                hosts = [host for host in [host_of(text)] if host]
            elif not hosts and isinstance(one, ast.Constant) is False and re.fullmatch(r"[\w-]+(\.[\w-]+)+", text):
                hosts = [text.lower()]
            found += hosts
        return list(dict.fromkeys(found))

    def _environment(self, node: ast.AST, key: ast.AST | None) -> None:
        name = self.names.text(key)
        self.note("environment", "a variable known at run time" if UNKNOWN in name else name, node)

    def _keyed(self, node: ast.Subscript | ast.Compare) -> None:
        """`os.environ["X"]` and `"X" in os.environ`."""
        if isinstance(node, ast.Subscript):
            if self._is_environment(node.value):
                self.seen_environment.add(id(node.value))
                self._environment(node, node.slice)
            return
        if isinstance(node.ops[0], ast.In | ast.NotIn) and self._is_environment(node.comparators[0]):
            self.seen_environment.add(id(node.comparators[0]))
            self._environment(node, node.left)

    def _is_environment(self, node: ast.AST) -> bool:
        return isinstance(node, ast.Attribute | ast.Name) and self.names.dotted(node) in ("os.environ", "os.environb")

    def _read(self, node: ast.Attribute | ast.Name) -> None:
        """The whole environment, handed on; and what Python keeps its own functions in."""
        if isinstance(node, ast.Name) and node.id == "__builtins__":
            self.note("dynamic", "__builtins__", node, "likely")
        if id(node) in self.seen_environment or not self._is_environment(node):
            return
        if isinstance(getattr(node, "ctx", None), ast.Store) or node.lineno in self.seen_environment:
            return
        self.note("environment", "all variables", node)


def _module(name: str, among: frozenset[str]) -> str | None:
    """The module among these that a dotted name belongs to."""
    while name:
        if name in among:
            return name
        name = name.rpartition(".")[0].removesuffix("()")
    return None


def _shown(path: str) -> str:
    shown = path.replace(UNKNOWN, "…").strip()
    return programs.ANY_FILE if not shown.strip("…/. ") or "\n" in path else shown


_LEARNED = frozenset((
    ast.Import, ast.ImportFrom, ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Assign, ast.AnnAssign,
    ast.NamedExpr, ast.AugAssign, ast.withitem,
))  # fmt: skip
