"""From a tool and arguments to the program that the sandbox runs."""

import copy
import functools
import json
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from workbench.errors import InputError
from workbench.sandbox.model import Bind, Limits, Program
from workbench.skills import files
from workbench.text import truncate, visible
from workbench.tools import argv, schemas
from workbench.tools.model import CallForm, Tool

INPUTS = "inputs"
"""Folder in the working folder in which paths from outside are shown."""

_MOST_NAMED = 5


def program_for(
    tool: Tool, arguments: Mapping[str, Any], *, root: Path, network: bool = False, limits: Limits | None = None
) -> Program:
    """The program that a call of the tool runs. Paths among the arguments mean the working folder's.

    Args:
        tool: What to call.
        arguments: Its arguments.
        root: The library's folder.
        network: Whether it may reach the host's network.
        limits: What it may use.

    Raises:
        InputError: The tool has an error, the arguments don't fit its schema, or one can't be given to a program.
    """
    check(tool, arguments)
    stdin = json.dumps(dict(arguments), ensure_ascii=False).encode("utf-8", "surrogatepass")
    form = tool.form
    if isinstance(form, CallForm):
        command: tuple[str, ...] = ("python", "-c", _driver(), form.file, form.function)
    else:
        command = argv.expand(form, arguments)
        stdin = stdin if form.stdin_args else b""
    return Program(
        command,
        folder=Path(files.folder_of(root, tool.skill)),
        stdin=stdin,
        network=network,
        limits=limits or Limits(),
        result_fd=isinstance(form, CallForm),
    )


def program_with_paths(
    tool: Tool,
    arguments: Mapping[str, Any],
    *,
    root: Path,
    cwd: Path,
    network: bool = False,
    limits: Limits | None = None,
) -> Program:
    """As `program_for`, but each path among the arguments means the caller's own file, shown read-only.

    A path that exists in `cwd` means that; else one that exists in the skill means the skill's. Without a sandbox the
    same program works: there the paths are links.

    Raises:
        InputError: As `program_for`, or a path does not exist.
    """
    placed = place_paths(tool, arguments, root=root, cwd=cwd)
    program = program_for(tool, placed.arguments, root=root, network=network, limits=limits)
    return replace(program, binds=placed.binds)


@dataclass(frozen=True, slots=True)
class Placed:
    """Arguments as the program gets them, and the caller's files that are shown to it."""

    arguments: Mapping[str, Any]
    binds: tuple[Bind, ...]


def place_paths(tool: Tool, arguments: Mapping[str, Any], *, root: Path, cwd: Path) -> Placed:
    """Where the paths among the arguments are found in the working folder. Raises as `program_with_paths`."""
    check(tool, arguments)
    folder = files.folder_of(root, tool.skill)
    inside: dict[str, Any] = copy.deepcopy(dict(arguments))
    binds: dict[str, Bind] = {}
    for place in path_places(tool.input_schema, arguments):
        written = _at(inside, place)
        if not written:
            continue
        shown, source = _place_inside(written, ".".join(map(str, place)), folder, cwd, binds)
        if source is not None:
            binds[shown] = Bind(source, shown)
        _put(inside, place, shown)
    return Placed(inside, tuple(binds.values()))


def check(tool: Tool, arguments: Mapping[str, Any]) -> None:
    """See that the tool can be called with these arguments.

    Raises:
        InputError: It can't; the message names each argument that is wrong.
    """
    if not tool.callable:
        problem = next(problem for problem in tool.problems if problem.severity == "error")
        place = f"{problem.path}:{problem.line}" if problem.line else problem.path
        raise InputError(f"the tool can't be called: {problem.message}", where=visible(place or tool.id))
    wrong = schemas.validate(tool.input_schema, dict(arguments))
    if wrong:
        said = [f"'{visible(name)}' {what}" if name else what for name, what in wrong.items()]
        more = f" (and {len(said) - _MOST_NAMED} more)" if len(said) > _MOST_NAMED else ""
        raise InputError(
            f"the arguments don't fit: {'; '.join(said[:_MOST_NAMED])}{more}",
            where=visible(tool.id),
            remedy=f"workbench tools show {visible(tool.id)} says what it takes",
        )


def path_places(schema: Mapping[str, Any], arguments: Any) -> Iterator[schemas.Place]:
    """Where among the arguments the schema has text of `format: path`."""
    waiting: list[tuple[schemas.Place, Any, Any]] = [((), schema, arguments)]
    while waiting:
        place, part, value = waiting.pop()
        said = schemas.resolved(part, schema)
        if isinstance(value, str) and said.get("format") == "path":
            yield place
        elif isinstance(value, Mapping) and isinstance(said.get("properties"), Mapping):
            known = said["properties"]
            waiting += [((*place, name), known[name], item) for name, item in value.items() if name in known]
        elif isinstance(value, list) and isinstance(said.get("items"), Mapping):
            waiting += [((*place, at), said["items"], item) for at, item in enumerate(value)]


def _place_inside(
    written: str, name: str, folder: str, cwd: Path, binds: Mapping[str, Bind]
) -> tuple[str, Path | None]:
    """Where a path is found in the working folder, and what has to be shown there."""
    if "\0" in written:
        raise InputError(f"'{visible(name)}' has a NUL character, which no path has")
    expanded = Path(os.path.expanduser(written))  # noqa: PTH111 - Path.expanduser raises for an unknown user
    source = Path(os.path.realpath(cwd / expanded))
    if not (source.is_file() or source.is_dir()):
        own = Path(os.path.realpath(f"{folder}/{expanded}"))
        if not expanded.is_absolute() and files.is_inside(str(own), folder) and own.exists():
            return written, None
        raise InputError(
            f"'{visible(name)}' is '{truncate(visible(written), 80)}', which is not there",
            remedy=f"relative paths are looked up in {visible(str(cwd))}",
        )
    if files.is_inside(str(source), folder):
        return os.path.relpath(source, folder), None
    base, number = expanded.name if expanded.name not in ("", "..") else source.name or "root", 1
    shown = f"{INPUTS}/{base}"
    while shown in binds and binds[shown].source != source:
        number += 1
        shown = f"{INPUTS}/{number}/{base}"
    return shown, source


def _at(value: Any, place: schemas.Place) -> str:
    for part in place:
        value = value[part]
    return str(value)


def _put(value: Any, place: schemas.Place, text: str) -> None:
    for part in place[:-1]:
        value = value[part]
    value[place[-1]] = text


@functools.cache
def _driver() -> str:
    return Path(__file__).with_name("driver.py").read_text(encoding="utf-8")
