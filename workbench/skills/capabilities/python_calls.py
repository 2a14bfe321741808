"""What the calls of a Python program do: start programs, talk to hosts, install, run code that is not in the text."""

import ast
import re

from workbench.skills.capabilities import python_tables as tables
from workbench.skills.capabilities.hosts import ANY_HOST, UNKNOWN, host_of, hosts_in
from workbench.skills.capabilities.python_files import note_method, note_opened, note_read, note_written
from workbench.skills.capabilities.python_program import Program, module_of
from workbench.skills.capabilities.shell import note_shell_text, note_words

MAX_EMBEDDED = 3
_MOST_WALKED = 300

_ENVIRONMENT = frozenset((
    "os.getenv", "os.getenvb", "os.environ.get", "os.environ.pop", "os.environ.setdefault", "os.putenv",
    "os.environ.__getitem__",
))  # fmt: skip
_IMPORTS = frozenset(("__import__", "importlib.import_module", "importlib.__import__"))
_NAME = re.compile(r"[\w-]+(\.[\w-]+)+")


def note_call(program: Program, node: ast.Call) -> None:
    """Note what one call does."""
    name = program.names.dotted(node.func)
    if name is None:
        # A function of the program's own; scopes are not followed, so one that hides a dangerous name is likely that.
        if isinstance(node.func, ast.Attribute):
            note_method(program, node, node.func)
        elif isinstance(node.func, ast.Name) and node.func.id in ("eval", "exec", "__import__"):
            program.note("dynamic", node.func.id, node, "likely")
        return
    bare = name.removeprefix("builtins.")
    if bare in tables.STARTS or bare in tables.STARTS_LISTED or bare in tables.STARTS_SHELL:
        _starts(program, node, bare)
    elif bare in tables.OPENS:
        note_opened(program, node, bare)
    elif bare in tables.WRITES:
        note_written(program, node, bare)
    elif bare in tables.READS:
        note_read(program, node)
    elif bare in _ENVIRONMENT:
        note_variable(program, node, node.args[0] if node.args else None)
        if isinstance(node.func, ast.Attribute):
            program.known_reads.add(id(node.func.value))
    elif bare.startswith("tempfile."):
        program.note("writes", "temporary files", node)
    elif bare in tables.INSTALLS:
        program.note("install", "packages (pip)", node)
    else:
        _other(program, node, bare)


def note_variable(program: Program, node: ast.AST, key: ast.AST | None) -> None:
    """Note that a variable of the environment is read."""
    name = program.names.text(key)
    program.note("environment", "a variable known at run time" if UNKNOWN in name else name, node)


def _other(program: Program, node: ast.Call, bare: str) -> None:
    names = program.names
    compiles = bare == "compile" and (len(node.args) >= 3 or any(word.arg == "mode" for word in node.keywords))
    if compiles or bare in tables.DYNAMIC or bare.endswith(".loader.exec_module"):
        _dynamic(program, node, bare)
    elif bare in _IMPORTS:
        _imports(program, node)
    elif bare == "getattr" and len(node.args) > 1 and UNKNOWN in names.text(node.args[1]):
        if (module := names.dotted(node.args[0])) in tables.GUARDED:
            program.note("dynamic", f"anything of {module}, by a name known at run time", node)
    elif bare in ("yaml.load", "yaml.load_all"):
        loader = [names.dotted(word.value) or "" for word in node.keywords if word.arg == "Loader"]
        loader += [names.dotted(word) or "" for word in node.args[1:2]]
        if not any("Safe" in one or "getattr" in one or not one for one in loader):
            program.note("dynamic", "yaml.load", node, "likely")
    elif bare in tables.LISTENS:
        program.note("network", "listens for connections", node)
    elif module_of(bare, tables.TALKING_MODULES) or bare.startswith("asyncio.open_connection"):
        _talks(program, node, bare)
    if bare in tables.FETCHES_FILES:
        for host in _hosts(program, node, bare) or [ANY_HOST]:
            program.note("download", f"a file from {host}", node)
    if isinstance(node.func, ast.Attribute):
        note_method(program, node, node.func)


def _imports(program: Program, node: ast.Call) -> None:
    known = program.names.text(node.args[0] if node.args else None)
    if UNKNOWN in known:
        program.note("dynamic", "import of a module known at run time", node)
        return
    program.imported.setdefault(known, node)
    if module_of(known, tables.GUARDED | tables.STARTING_MODULES | tables.TALKING_MODULES | tables.DYNAMIC_MODULES):
        program.note("dynamic", f"import of {known} by name", node, "likely")


def _starts(program: Program, node: ast.Call, name: str) -> None:
    """Note the program that a call starts, and what its arguments have it do."""
    at, end = program.offsets(node)
    names, given = program.names, node.args
    program.done.add("subprocess")
    if name in tables.STARTS_LISTED:
        given = given[1:] if ".spawn" in name else given
        if "execv" in name or "spawnv" in name:
            rest = names.words(given[1] if len(given) > 1 else None)[1:]
        else:
            rest = [names.text(one) for one in given[2:]]
        words = [names.text(given[0] if given else None), *rest]
    elif name == "asyncio.create_subprocess_exec":
        words = [word for one in given for word in names.word(one)]
    elif name.startswith("os.posix_spawn"):
        words = names.words(given[1]) if len(given) > 1 else []
    else:
        named = next((word.value for word in node.keywords if word.arg in ("args", "command", "cmd")), None)
        words = names.words(given[0] if given else named)
        if name in tables.STARTS_SHELL or _is_true(node, "shell"):
            before = len(program.source.findings)
            note_shell_text(program.source, " ".join(words), at, end, program.depth)
            if len(program.source.findings) == before:
                program.note("subprocess", "a shell command", node)
            return
        if len(words) == 1 and " " in words[0] and UNKNOWN not in words[0]:
            words = words[0].split()
    note_words(program.source, words or [UNKNOWN], at, end, "sure", program.depth)


def _is_true(node: ast.Call, option: str) -> bool:
    """Whether an option is given and not plainly false."""
    for word in node.keywords:
        if word.arg == option:
            return not (isinstance(word.value, ast.Constant) and not word.value.value)
    return False


def _dynamic(program: Program, node: ast.Call, name: str) -> None:
    program.note("dynamic", name, node)
    if name not in ("eval", "exec", "compile", "pickle.loads", "marshal.loads") or not node.args:
        return
    code = program.names.text(node.args[0])
    if code.strip(UNKNOWN + " ") and name in ("eval", "exec") and program.depth < MAX_EMBEDDED:
        from workbench.skills.capabilities.python import scan_python

        last = getattr(node, "end_lineno", None) or node.lineno
        part = program.source.derived(code, node.lineno, program.source.ceiling, last=last)
        scan_python(part, depth=program.depth + 1, prose=True)
    for host in _fetched(program, node.args[0], 0)[:1]:
        program.note("download", f"code from {host} that is run", node)


def _fetched(program: Program, node: ast.AST, depth: int) -> list[str]:
    """The hosts that an expression, or what its names are set to, gets something from."""
    if depth > 4:
        return []
    for count, inner in enumerate(ast.walk(node)):
        if count > _MOST_WALKED:
            break
        if isinstance(inner, ast.Call):
            name = program.names.dotted(inner.func)
            if name and module_of(name, tables.TALKING_MODULES) and name.rpartition(".")[2] in tables.TALKS:
                return _hosts(program, inner, name) or [ANY_HOST]
        elif isinstance(inner, ast.Name):
            value = program.names.values.get(inner.id)
            if value is not None and (found := _fetched(program, value, depth + 1)):
                return found
    return []


def _talks(program: Program, node: ast.Call, name: str) -> None:
    if name.startswith("urllib.") and not name.startswith(("urllib.request.", "urllib.urlopen", "urllib.urlretrieve")):
        return
    if name.rpartition(".")[2] in tables.TALKS:
        for host in _hosts(program, node, name) or [ANY_HOST]:
            program.note("network", host, node)


def _hosts(program: Program, node: ast.Call, name: str) -> list[str]:
    """The hosts that a call's arguments name."""
    named = [word.value for word in node.keywords if word.arg in ("url", "host", "uri", "address", "base_url")]
    found: list[str] = []
    for number, one in enumerate([*node.args[:3], *named]):
        is_address = isinstance(one, ast.Tuple) and bool(one.elts)
        text = program.names.text(one.elts[0] if isinstance(one, ast.Tuple) and one.elts else one)
        hosts = [host for host, _ in hosts_in(text)]
        takes_name = number == 0 and name.rpartition(".")[2] in tables.TAKE_HOST_NAMES
        if not hosts and (is_address or takes_name) and _NAME.fullmatch(text.partition(":")[0]):
            hosts = [host for host in [host_of(text)] if host]
        found += hosts
    return list(dict.fromkeys(found))
