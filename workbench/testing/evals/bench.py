"""The tools that a model under test has: the skill's files, a folder of its own, and programs in the sandbox.

Nothing of it is on this machine's disk but the skill: the model's files are held here and laid into the sandbox for
each program, so that a program that fills its folder, or leaves links in it, leaves nothing behind.
"""

import json
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from workbench.errors import CancelledError, InputError, RefusedError
from workbench.sandbox.model import Limits, Program, Run
from workbench.sandbox.run import run
from workbench.skills import files
from workbench.skills.model import Skill
from workbench.testing.models.protocol import ToolCall, ToolSpec
from workbench.text import decode, plural, truncate, visible
from workbench.tools.model import Tool

INPUTS, OUTPUTS = "inputs", "outputs"

MAX_TOLD = 20_000
"""Characters that one tool's answer has at most."""
MAX_FILES = 500
MAX_BYTES = 16 << 20
"""Of all files that the model made or was given."""

_LIMITS = Limits(
    wall_seconds=60.0, cpu_seconds=60, file_bytes=32 << 20, disk_bytes=64 << 20, processes=64, output_bytes=MAX_BYTES
)
_MAX_READ = 1 << 20
_LONGEST_NAME = 255
"""Bytes of a file's name that every usual file system takes."""
_PATH = {"type": "string", "description": "Relative to the working folder."}


@dataclass(frozen=True, slots=True)
class Version:
    """The skill as one side has it.

    Attributes:
        root: A library that holds nothing but the skill, without its evaluations.
        tree: Its tree, where git knows it.
    """

    root: Path
    skill: Skill
    tools: tuple[Tool, ...] = ()
    tree: str | None = None

    @property
    def folder(self) -> Path:
        """The skill's folder, free of links."""
        return Path(files.folder_of(self.root, self.skill.id))


@dataclass(frozen=True, slots=True)
class Told:
    """What a tool gave; `text` goes to the model as it is."""

    text: str
    ok: bool = True
    duration_ms: int = 0


class Bench:
    """The tools of one run, and the files that it has made.

    Args:
        version: The skill; None for the side without it.
        given: The files of the evaluation, by their path (`inputs/…`).
        unsandboxed: Run programs without a sandbox, which the user allowed.
        cancel: Set to stop a program.
    """

    def __init__(
        self,
        version: Version | None,
        given: Mapping[str, bytes],
        *,
        unsandboxed: bool = False,
        cancel: threading.Event | None = None,
    ) -> None:
        self._version = version
        self._files = dict(given)
        self._unsandboxed = unsandboxed
        self._cancel = cancel
        self._own = _named_tools(version.tools if version else ())
        self._built_in: dict[str, Callable[[Mapping[str, Any]], Told]] = {
            "list_files": self._list,
            "read_file": self._read,
            "write_file": self._write,
            "run": self._run,
        }

    @property
    def outputs(self) -> dict[str, bytes]:
        """The files below `outputs/`, by their path in the working folder."""
        return {path: data for path, data in sorted(self._files.items()) if path.startswith(f"{OUTPUTS}/")}

    def specs(self) -> tuple[ToolSpec, ...]:
        """The tools as a model is told them."""
        own = [ToolSpec(name, tool.description, dict(tool.input_schema)) for name, tool in self._own.items()]
        return (*_SPECS, *own)

    def call(self, asked: ToolCall) -> Told:
        """Do what a model asks for; what is wrong with it is told to the model.

        Raises:
            RefusedError: Programs can't be confined here.
            CancelledError: `cancel` was set.
        """
        if asked.invalid is not None:
            return Told("the arguments are not a JSON object", ok=False)
        built_in = self._built_in.get(asked.name)
        try:
            _check_text(asked.arguments)
            if built_in is not None:
                _check(asked)
                return built_in(asked.arguments)
            if asked.name in self._own:
                return self._own_tool(self._own[asked.name], asked.arguments)
        except InputError as error:
            return Told(truncate(f"it can't be done: {error.what}", 2_000), ok=False)
        known = ", ".join((*self._built_in, *self._own))
        return Told(f"there is no tool '{truncate(visible(asked.name), 60)}'; there are: {known}", ok=False)

    def _list(self, _: Mapping[str, Any]) -> Told:
        paths = set(self._files)
        if self._version is not None:
            paths |= {path for path, _ in files.walk(str(self._version.folder))}
        listed = sorted(paths)
        more = [f"({len(listed) - MAX_FILES:,} more)"] if len(listed) > MAX_FILES else []
        text = "\n".join((*listed[:MAX_FILES], *more)) or "there are no files"
        return Told(_cut(text.encode("utf-8", "replace").decode()))  # a name may hold bytes that are no text

    def _read(self, arguments: Mapping[str, Any]) -> Told:
        path = _plain(arguments["path"])
        data = self._files.get(path)
        if data is None:
            if self._version is None:
                raise InputError(f"there is no file '{path}'")
            try:
                data = files.read_inside(self._version.folder, path, _MAX_READ + 1)
            except OSError as error:
                raise InputError(f"there is no file '{path}' that can be read") from error
        if files.is_binary(data[:8192]):
            return Told(f"'{path}' is binary ({len(data):,} bytes); a program can read it", ok=False)
        return Told(_cut(decode(data)))

    def _write(self, arguments: Mapping[str, Any]) -> Told:
        path = _plain(arguments["path"])
        if not path.startswith(f"{OUTPUTS}/"):
            raise InputError(f"files are written below {OUTPUTS}/ only")
        data = arguments["content"].encode()
        for other in self._files:
            if other.startswith(f"{path}/") or path.startswith(f"{other}/"):
                raise InputError(f"'{path}' and '{other}' can't both be there: one of them would have to be a folder")
        self._keep({**self._files, path: data})
        return Told(f"wrote {plural(len(data), 'byte')}")

    def _run(self, arguments: Mapping[str, Any]) -> Told:
        stdin = arguments.get("stdin", "").encode()
        folder = self._version.folder if self._version else None
        return self._ran(Program(tuple(arguments["argv"]), folder=folder, stdin=stdin))

    def _own_tool(self, tool: Tool, arguments: Mapping[str, Any]) -> Told:
        from workbench.tools.program import program_for

        assert self._version is not None
        program = program_for(tool, arguments, root=self._version.root)
        return self._ran(program)

    def _ran(self, program: Program) -> Told:
        program = replace(program, files=self._files, limits=_LIMITS, collect=("**",))
        done = run(program, cancel=self._cancel, unsandboxed=self._unsandboxed)
        if done.outcome == "refused":
            raise RefusedError(f"programs can't be confined here: {done.reason}", remedy="see workbench doctor")
        if done.outcome == "cancelled":
            raise CancelledError("the run was stopped")
        note = ""
        if done.outcome != "error":
            try:
                self._keep(done.files)
            except InputError as error:
                note = f"\nno file of this was kept: {error.what}"
        if done.left_out:
            note += f"\nnot kept, too large or not readable: {', '.join(map(visible, done.left_out[:10]))}"
        return Told(_said(done) + note, done.outcome == "ok", done.duration_ms)

    def _keep(self, new: Mapping[str, bytes]) -> None:
        if len(new) > MAX_FILES:
            raise InputError(f"there would be more than {MAX_FILES} files")
        if sum(map(len, new.values())) > MAX_BYTES:
            raise InputError(f"the files would have more than {MAX_BYTES >> 20} MiB")
        self._files = dict(new)


_SPECS = (
    ToolSpec("list_files", "Lists all files in the working folder.", {"type": "object", "properties": {}}),
    ToolSpec(
        "read_file",
        "Reads a text file.",
        {"type": "object", "properties": {"path": _PATH}, "required": ["path"]},
    ),
    ToolSpec(
        "write_file",
        f"Writes a text file below {OUTPUTS}/, in the place of one that is there.",
        {
            "type": "object",
            "properties": {"path": _PATH, "content": {"type": "string"}},
            "required": ["path", "content"],
        },
    ),
    ToolSpec(
        "run",
        "Runs a program in the working folder, without a shell and without network: its exit code and what it prints.",
        {
            "type": "object",
            "properties": {
                "argv": {
                    "type": "array",
                    "items": {"type": "string"},
                    "minItems": 1,
                    "description": "The program and its arguments.",
                },
                "stdin": {"type": "string"},
            },
            "required": ["argv"],
        },
    ),
)


def _named_tools(tools: tuple[Tool, ...]) -> dict[str, Tool]:
    """The callable tools of a skill under names that no built-in one has."""
    taken = {spec.name for spec in _SPECS}
    return {(f"skill_{tool.name}" if tool.name in taken else tool.name): tool for tool in tools if tool.callable}


def _check_text(arguments: Mapping[str, Any]) -> None:
    """See that all texts can be given to a program or be a file's name."""
    try:
        json.dumps(dict(arguments), ensure_ascii=False).encode()
    except (ValueError, RecursionError) as error:
        raise InputError("the arguments hold text that is not Unicode, or nest too deep") from error


def _check(asked: ToolCall) -> None:
    from workbench.tools.schemas import validate

    schema = next(spec.input_schema for spec in _SPECS if spec.name == asked.name)
    wrong = validate(schema, dict(asked.arguments))
    if wrong:
        raise InputError("; ".join(f"{place or 'the arguments'}: {what}" for place, what in list(wrong.items())[:5]))


def _plain(path: str) -> str:
    parts = [part for part in path.split("/") if part not in ("", ".")]
    long = len(path) > 500 or any(len(part.encode()) > _LONGEST_NAME for part in parts)
    if path.startswith("/") or ".." in parts or "\0" in path or not parts or long:
        raise InputError(f"'{truncate(visible(path), 80)}' is not a path in the working folder")
    return "/".join(parts)


def _said(done: Run) -> str:
    streams = {"stdout": decode(done.result if done.result else done.stdout), "stderr": decode(done.stderr)}
    said = {"exit_code": done.exit_code, **({"problem": done.reason} if done.reason else {})}
    head = json.dumps(said, ensure_ascii=False)
    return "\n".join((head, *(f"{name}:\n{_cut(text)}" for name, text in streams.items() if text)))


def _cut(text: str) -> str:
    if len(text) <= MAX_TOLD:
        return text
    half = MAX_TOLD // 2
    return f"{text[:half]}\n… {len(text) - 2 * half:,} characters left out …\n{text[-half:]}"
