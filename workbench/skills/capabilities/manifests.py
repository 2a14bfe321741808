"""Files that declare what runs: a SKILL.md's frontmatter, `tools.yaml`, MCP servers, packages, notebooks."""

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from workbench.skills import allowed_tools
from workbench.skills.allowed_tools import AllowedTool
from workbench.skills.bounded_yaml import Loaded, YamlError, load
from workbench.skills.capabilities import programs
from workbench.skills.capabilities.hidden import described, looks_like
from workbench.skills.capabilities.hosts import ANY_HOST, hosts_in
from workbench.skills.capabilities.model import Certainty
from workbench.skills.capabilities.python import scan_python
from workbench.skills.capabilities.shell import note_words, scan_shell
from workbench.skills.capabilities.source import Source

MAX_MANIFEST = 256 << 10
MAX_DEPTH = 8

_DECLARES = ("allowed-tools", "allowed_tools", "hooks", "shell", "mcp", "context")
_NAME = re.compile(r"^name:[ \t]*[\"']?([^\n\"'#]{1,200})", re.MULTILINE)
_SIMPLE_TOOLS = re.compile(r"^allowed-tools:[ \t]+([A-Za-z][^\n#:]*(?::[^\n#\s][^\n#:]*)*)\n(?![ \t-])", re.MULTILINE)
"""The usual form: on one line, without quotes. Everything else is left to YAML."""
_WRITING = frozenset(("Write", "Edit", "MultiEdit", "NotebookEdit"))
_READING = frozenset(("Read", "Grep", "Glob"))
_REQUIREMENT = re.compile(
    r"^[ \t]*(?!#)(-[re][ \t]+\S+|[A-Za-z0-9][\w.-]*(?:\[[^\]\n]*\])?[^\n#;]{0,120})", re.MULTILINE
)
_STARTED_BY_ITSELF = frozenset(("preinstall", "install", "postinstall", "prepare", "prepublish"))


def scan_frontmatter(source: Source) -> None:
    """Note what the frontmatter of a SKILL.md allows and starts; `source` is the text between its delimiters."""
    if (name := _NAME.search(source.text)) and (plain := looks_like(name[1].strip())):
        source.add("homoglyph", described(name[1].strip(), plain), name.start(1))
    if not any(word in source.text for word in _DECLARES):
        return
    simple = _SIMPLE_TOOLS.search(source.text)
    if simple and not any(word in source.text for word in _DECLARES[1:]):
        for tool in allowed_tools.parse(simple[1]):
            _grant(source, tool, simple.start())
        return
    loaded = _yaml(source)
    if loaded is None or not isinstance(loaded.value, dict):
        return
    for key in ("allowed-tools", "allowed_tools"):
        at = source.offset_of_line(loaded.line(key) or 1)
        for tool in allowed_tools.parse(loaded.value.get(key)):
            _grant(source, tool, at)
    if loaded.value.get("hooks"):
        for command, line in _commands(loaded, loaded.value["hooks"], ("hooks",), 0):
            part = source.derived(command, line, "sure")
            known = len(source.findings)
            scan_shell(part)
            if len(source.findings) == known:
                source.add("subprocess", programs.ANY_PROGRAM, source.offset_of_line(line))
    shell = loaded.value.get("shell")
    if isinstance(shell, str):
        source.add("subprocess", programs.name_of(shell), source.offset_of_line(loaded.line("shell") or 1), "likely")


def _grant(source: Source, tool: AllowedTool, at: int) -> None:
    source.add("tools", tool.text, at)
    pattern = tool.pattern or ""
    if tool.name == "Bash":
        program = pattern.partition(":")[0].split()
        known = bool(program) and "*" not in program[0]
        source.add("subprocess", programs.name_of(program[0]) if known else programs.ANY_PROGRAM, at, "likely")
    elif tool.name in ("WebFetch", "WebSearch"):
        host = pattern.removeprefix("domain:") if pattern.startswith("domain:") else ANY_HOST
        source.add("network", host, at, "likely")
    elif tool.name in _WRITING or tool.name in _READING:
        source.add("writes" if tool.name in _WRITING else "reads", pattern or programs.ANY_FILE, at, "likely")


def _commands(loaded: Loaded, value: Any, path: tuple[str | int, ...], depth: int) -> Iterator[tuple[str, int]]:
    """Every command of the hooks, whatever they hang on, with its line."""
    if depth > MAX_DEPTH:
        return
    if isinstance(value, dict):
        for key, item in value.items():
            if key == "command" and isinstance(item, str):
                yield item, loaded.line(*path, key) or 1
            else:
                yield from _commands(loaded, item, (*path, key), depth + 1)
    elif isinstance(value, list):
        for number, item in enumerate(value[:200]):
            yield from _commands(loaded, item, (*path, number), depth + 1)


def scan_tools_yaml(source: Source) -> None:
    """Note the programs that a skill's tools start, and what they ask for."""
    loaded = _yaml(source)
    if loaded is None:
        source.add("unreadable", "tools.yaml that can't be read", 0)
        return
    tools = loaded.value.get("tools") if isinstance(loaded.value, dict) else None
    for number, tool in enumerate(tools[:500] if isinstance(tools, list) else ()):
        if not isinstance(tool, dict):
            continue
        run = tool.get("run")
        if isinstance(run, list) and run:
            _run(source, run, loaded.line("tools", number, "run") or 1, "sure")
        _asks(source, loaded, tool, ("tools", number))


def _run(source: Source, run: list[Any], line: int, certainty: Certainty) -> None:
    """Note what the program of a tool or a case does; the evidence is all of its words."""
    words = [re.sub(r"\{\w+\}", "\0", word) if isinstance(word, str) else "\0" for word in run[:200]]
    part = source.derived(" ".join(map(str, run[:200])).replace("\n", " "), line, certainty)
    part.around = part.shown_whole()
    note_words(part, words, 0, 1, certainty, 0)


def scan_cases(source: Source) -> None:
    """Note the programs that a skill's test cases start, and whether they ask for the network."""
    loaded = _yaml(source)
    cases = loaded.value.get("cases") if loaded is not None and isinstance(loaded.value, dict) else None
    for number, case in enumerate(cases[:500] if isinstance(cases, list) else ()):
        if not isinstance(case, dict):
            continue
        run = case.get("run")
        if loaded is not None and isinstance(run, list) and run:
            _run(source, run, loaded.line("cases", number, "run") or 1, "likely")
        if loaded is not None:
            _asks(source, loaded, case, ("cases", number))


def _asks(source: Source, loaded: Loaded, value: Mapping[str, Any], path: tuple[str | int, ...]) -> None:
    network = value.get("network")
    if network not in (None, False, "none", "no", "off"):
        at = source.offset_of_line(loaded.line(*path, "network") or 1)
        source.add("network", ANY_HOST, at)
    environment = value.get("pass_env")
    for name in environment if isinstance(environment, list) else ():
        source.add("environment", str(name), source.offset_of_line(loaded.line(*path, "pass_env") or 1))


def scan_mcp(source: Source) -> None:
    """Note the MCP servers that a JSON file has an agent start or talk to."""
    value = _json(source)
    servers = value.get("mcpServers", value.get("servers")) if isinstance(value, dict) else None
    for name, server in list(servers.items())[:200] if isinstance(servers, dict) else ():
        if not isinstance(server, dict):
            continue
        at = max(0, source.text.find(json.dumps(name)))
        command = server.get("command")
        if isinstance(command, str):
            arguments = server.get("args")
            given = [str(one) for one in arguments[:200]] if isinstance(arguments, list) else []
            note_words(source, [command, *given], at, at + 1, "sure", 0)
        for key in ("url", "serverUrl"):
            for host, _ in hosts_in(str(server.get(key, ""))):
                source.add("network", host, at)
        environment = server.get("env")
        for variable in list(environment)[:100] if isinstance(environment, dict) else ():
            source.add("environment", str(variable), at, "likely")


def scan_package(source: Source) -> None:
    """Note what a package.json installs and starts."""
    value = _json(source)
    if not isinstance(value, dict):
        return
    for key in ("dependencies", "devDependencies", "optionalDependencies", "peerDependencies"):
        packages = value.get(key)
        for name, version in list(packages.items())[:300] if isinstance(packages, dict) else ():
            at = max(0, source.text.find(json.dumps(name)))
            source.add("install", f"{name}@{version} (package.json)", at, "mention" if "Dev" in key else "likely")
    scripts = value.get("scripts")
    for name, command in list(scripts.items())[:100] if isinstance(scripts, dict) else ():
        if isinstance(command, str):
            at = max(0, source.text.find(json.dumps(name)))
            certainty: Certainty = "sure" if name in _STARTED_BY_ITSELF else "likely"
            scan_shell(source.derived(command, source.number_of(at) + 1, certainty), prose=True)


def scan_requirements(source: Source) -> None:
    """Note the packages that a requirements file lists."""
    for match in _REQUIREMENT.finditer(source.text):
        what = " ".join(match[1].split()).rstrip(" \\")
        if what:
            source.add("install", f"{what} (requirements)", match.start(1), "likely")


_NO_PYTHON = re.compile(r"\s*[!%?]|\s*[\w.]+\?{1,2}\s*$")
"""Lines of a cell that Jupyter takes for itself: commands, magics, questions."""


def scan_notebook(source: Source) -> None:
    """Note what the code cells of a notebook do."""
    value = _json(source)
    cells = value.get("cells") if isinstance(value, dict) else None
    if not isinstance(cells, list):
        source.add("unreadable", "notebook that can't be read", 0)
        return
    at = 0
    for cell in cells[:1000]:
        if not isinstance(cell, dict) or cell.get("cell_type") != "code":
            continue
        given = cell.get("source")
        text = "".join(map(str, given)) if isinstance(given, list) else str(given or "")
        rows = [row for row in text.split("\n") if row.strip()]
        if not rows:
            continue
        at = _row(source.text, rows[0], at)
        line = source.number_of(at) + 1
        at = _row(source.text, rows[-1], at)
        last = source.number_of(at) + 1
        shell = "\n".join(row.strip()[1:] if row.strip().startswith("!") else "" for row in text.split("\n"))
        code = "\n".join("" if _NO_PYTHON.match(row) else row for row in text.split("\n"))
        if shell.strip():
            scan_shell(source.derived(shell, line, "sure", last=last))
        scan_python(source.derived(code, line, "sure", last=last))


def _row(text: str, row: str, at: int) -> int:
    """Where a line of a cell stands in the notebook's text, from a place on; that place where it is not found."""
    forms = {json.dumps(row, ensure_ascii=only_ascii)[1:-1] for only_ascii in (False, True)}
    places = [text.find(form, at) for form in forms]
    return next((place for place in places if place >= 0), at)


def _yaml(source: Source) -> Loaded | None:
    if len(source.text) > MAX_MANIFEST:
        return None
    try:
        return load(source.text)
    except YamlError:
        return None


def _json(source: Source) -> Any:
    try:
        return json.loads(source.text)
    except (ValueError, RecursionError):
        return None
