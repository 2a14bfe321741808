"""`tools.yaml` beside a SKILL.md: the tools that a skill brings, with every problem at its line."""

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from workbench.errors import InputError
from workbench.skills import files
from workbench.skills.bounded_yaml import Loaded, YamlError, load
from workbench.skills.model import ROOT_ID, Problem, Severity, Skill
from workbench.skills.naming import near
from workbench.text import decode, truncate, visible
from workbench.tools import argv, schemas
from workbench.tools.model import CallForm, RunForm, Tool
from workbench.tools.signature import Signature, SignatureError, read_signature

MANIFEST = "tools.yaml"
MAX_BYTES = 256 << 10
MAX_SOURCE = 1 << 20

_KEYS = ("name", "description", "run", "call", "stdin", "input_schema", "output", "output_schema")
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,63}")
_CALL = re.compile(r"(?P<file>[^:\0]+\.py):(?P<function>[A-Za-z_]\w*)")
_INTERPRETERS = ("python", "python3", "sh", "bash", "node", "perl", "ruby")
_ANYTHING: Mapping[str, Any] = {"type": "object"}


def load_tools(root: Path, skill: Skill) -> tuple[tuple[Tool, ...], tuple[Problem, ...]]:
    """The tools of a skill, and everything that is wrong with its `tools.yaml`.

    A tool with an error is among the tools, so that it can be shown, but is not callable. A skill without a manifest
    has no tools. Nothing of the skill is run or imported.

    Args:
        root: The library's folder.
        skill: The skill, whose id is its path in the library.
    """
    path = MANIFEST if skill.id == ROOT_ID else f"{skill.id}/{MANIFEST}"
    if files.lacks(root, skill.id, MANIFEST):
        return (), ()
    try:
        data = files.read_inside(root, path, MAX_BYTES + 1)
    except FileNotFoundError:
        return (), ()
    except InputError as error:
        return (), (Problem("error", "tools-unreadable", error.what, path),)
    except OSError as error:
        return (), (Problem("error", "tools-unreadable", f"it can't be read: {error.strerror}", path),)
    if len(data) > MAX_BYTES:
        what = f"it is larger than {MAX_BYTES >> 10} KiB and is not read"
        return (), (Problem("error", "tools-unreadable", what, path),)
    try:
        loaded = load(decode(data))
        folder = files.folder_of(root, skill.id)
    except YamlError as error:
        return (), (Problem("error", "tools-unreadable", f"it is not YAML: {error.what}", path, error.line),)
    except InputError as error:
        return (), (Problem("error", "tools-unreadable", error.what, path),)
    return _Manifest(root, skill, folder, path, loaded).read()


@dataclass(slots=True)
class _Manifest:
    """One manifest while it is read."""

    root: Path
    skill: Skill
    folder: str
    path: str
    loaded: Loaded
    general: list[Problem] = field(default_factory=list)

    def read(self) -> tuple[tuple[Tool, ...], tuple[Problem, ...]]:
        value = self.loaded.value
        for twice in self.loaded.duplicates:
            what = f"'{_short(twice.key)}' is given twice (first in line {twice.first_line}); the later one counts"
            self.general.append(Problem("warning", "tools-duplicate-key", what, self.path, twice.line))
        if not isinstance(value, dict) or not isinstance(value.get("tools"), list):
            what = "it has to be a mapping with a list 'tools'"
            self.general.append(Problem("error", "tools-shape", what, self.path, self.loaded.line("tools") or 1))
            return (), tuple(self.general)
        self.general += self._unknown_keys(value, (), ("tools",))
        tools: list[Tool] = []
        taken: dict[str, int | None] = {}
        for at, entry in enumerate(value["tools"]):
            tool = _Entry(self, entry, at).read()
            if tool is None:
                continue
            if tool.name in taken:
                what = f"the name '{_short(tool.name)}' is taken by the tool in line {taken[tool.name]}"
                problem = Problem("error", "tool-duplicate", what, self.path, self.loaded.line("tools", at, "name"))
                tool = replace(tool, problems=(*tool.problems, problem))
            taken.setdefault(tool.name, tool.line)
            tools.append(tool)
        return tuple(tools), (*self.general, *(problem for tool in tools for problem in tool.problems))

    def _unknown_keys(
        self, value: Mapping[str, Any], place: tuple[str | int, ...], known: tuple[str, ...]
    ) -> list[Problem]:
        problems = []
        for key in value:
            if key not in known:
                hint = near(key, known) or f"known: {', '.join(known)}"
                what = f"unknown key '{_short(key)}'; {hint}"
                problems.append(Problem("warning", "tools-unknown-key", what, self.path, self.loaded.line(*place, key)))
        return problems


@dataclass(slots=True)
class _Entry:
    """One entry of the list while it is read."""

    manifest: _Manifest
    value: Any
    at: int
    problems: list[Problem] = field(default_factory=list)

    def read(self) -> Tool | None:
        """The tool; None where there is not even a name to list it under."""
        if not isinstance(self.value, dict):
            self._say("error", "tool-shape", "a tool has to be a mapping with a name and 'run' or 'call'")
            self.manifest.general += self.problems
            return None
        self.problems += self.manifest._unknown_keys(self.value, ("tools", self.at), _KEYS)
        name = self._name()
        form, signature = self._form()
        schema = self._input_schema(form, signature)
        output, output_schema = self._output(form)
        if isinstance(form, RunForm):
            self._check_names(form, schema)
        return Tool(
            id=f"{self.manifest.skill.name}.{name}",
            name=name,
            skill=self.manifest.skill.id,
            description=self._description(signature),
            input_schema=schema,
            form=form,
            output=output,
            output_schema=output_schema,
            problems=tuple(sorted(self.problems, key=lambda problem: problem.severity)),
            line=self.manifest.loaded.line("tools", self.at),
        )

    def _say(
        self,
        severity: Severity,
        code: str,
        message: str,
        *place: str | int,
        path: str | None = None,
        line: int | None = None,
    ) -> None:
        where = line if path else self.manifest.loaded.line("tools", self.at, *place)
        self.problems.append(Problem(severity, code, message, path or self.manifest.path, where))

    def _name(self) -> str:
        name = self.value.get("name")
        if isinstance(name, str) and _NAME.fullmatch(name):
            return name
        what = "it has no name" if name is None else f"the name '{_short(str(name))}' is not usable"
        self._say("error", "tool-name", f"{what}; letters, digits, '-' and '_', 64 at most", "name")
        return str(name) if name else f"tool-{self.at + 1}"

    def _description(self, signature: Signature | None) -> str:
        description = self.value.get("description")
        if description is not None and not isinstance(description, str):
            self._say("error", "tool-description", "the description has to be text", "description")
        text = description if isinstance(description, str) else signature.description if signature else ""
        if not text.strip():
            self._say("warning", "tool-description", "it has no description, so no agent knows what it is for")
        return text

    def _form(self) -> tuple[RunForm | CallForm, Signature | None]:
        run, call = self.value.get("run"), self.value.get("call")
        if (run is None) == (call is None):
            what = "it has both 'run' and 'call'" if run is not None else "it has neither 'run' nor 'call'"
            self._say("error", "tool-form", f"{what}; give one of them")
        elif call is not None:
            return self._call_form(call)
        elif not isinstance(run, list):
            self._say("error", "tool-form", "'run' has to be a list: the program and its arguments", "run")
        else:
            return self._run_form(run), None
        return RunForm(()), None

    def _run_form(self, run: list[Any]) -> RunForm:
        stdin = self.value.get("stdin")
        if stdin not in (None, "args"):
            self._say("error", "tool-form", f"'stdin' is '{_short(str(stdin))}'; it can only be 'args'", "stdin")
        try:
            form = argv.parse(run, stdin_args=stdin == "args")
        except argv.TemplateError as error:
            self._say("error", "tool-form", str(error), "run")
            return RunForm(())
        script = _script(form)
        if script is not None and not self._is_file(script):
            self._say("error", "tool-script", f"there is no file '{_short(script)}' in the skill", "run")
        return form

    def _call_form(self, call: Any) -> tuple[RunForm | CallForm, Signature | None]:
        match = _CALL.fullmatch(call) if isinstance(call, str) else None
        if match is None:
            what = f"'call' is '{_short(str(call))}'; it has to be FILE.py:FUNCTION"
            self._say("error", "tool-form", what, "call")
            return CallForm("", ""), None
        if "stdin" in self.value:
            self._say("warning", "tool-form", "'stdin' has no meaning beside 'call'", "stdin")
        form = CallForm(match["file"], match["function"])
        if not self._is_file(form.file):
            self._say("error", "tool-script", f"there is no file '{_short(form.file)}' in the skill", "call")
            return form, None
        return form, self._signature(form)

    def _signature(self, form: CallForm) -> Signature | None:
        path = form.file if self.manifest.skill.id == ROOT_ID else f"{self.manifest.skill.id}/{form.file}"
        try:
            data = files.read_inside(self.manifest.root, path, MAX_SOURCE + 1)
            if len(data) > MAX_SOURCE:
                raise SignatureError(f"the file is larger than {MAX_SOURCE >> 20} MiB and is not read")
            signature = read_signature(decode(data), form.function)
        except (InputError, OSError) as error:
            self._say("error", "tool-script", f"'{_short(form.file)}' can't be read: {_short(str(error))}", "call")
            return None
        except SignatureError as error:
            self._say("error", "tool-signature", error.message, path=path, line=error.line)
            return None
        if "input_schema" not in self.value:
            for message, line in signature.problems:
                self._say("error", "tool-signature", message, path=path, line=line)
        return signature

    def _is_file(self, relative: str) -> bool:
        real = os.path.realpath(f"{self.manifest.folder}/{relative}")
        return files.is_inside(real, self.manifest.folder) and Path(real).is_file()

    def _input_schema(self, form: RunForm | CallForm, signature: Signature | None) -> Mapping[str, Any]:
        given = self.value.get("input_schema")
        if given is None:
            if isinstance(form, CallForm):
                return (signature.schema if signature else None) or _ANYTHING
            return {"type": "object", "properties": {}, "additionalProperties": False}
        if not self._is_schema(given, "input_schema"):
            return _ANYTHING
        if schemas.resolved(given, given).get("type", "object") != "object":
            self._say("error", "tool-schema", "'input_schema' has to be of type object", "input_schema")
            return _ANYTHING
        return {"type": "object", **given}

    def _output(self, form: RunForm | CallForm) -> Any:
        output = self.value.get("output", "json" if isinstance(form, CallForm) else "text")
        if output not in ("json", "text"):
            self._say("error", "tool-output", f"'output' is '{_short(str(output))}'; json or text", "output")
            output = "text"
        schema = self.value.get("output_schema")
        if schema is None or not self._is_schema(schema, "output_schema"):
            return output, None
        if output == "text":
            self._say(
                "warning", "tool-output", "'output_schema' is not looked at while 'output' is text", "output_schema"
            )
        return output, schema

    def _is_schema(self, schema: Any, key: str) -> bool:
        if not isinstance(schema, dict):
            self._say("error", "tool-schema", f"'{key}' has to be a mapping", key)
            return False
        complaints = list(schemas.schema_complaints(schema))
        for place, message in complaints:
            where = f"{key}: {_short('.'.join(map(str, place)))}" if place else key
            self._say("error", "tool-schema", f"{where}: {message}", key, *place)
        for place, message in schemas.schema_doubts(schema):
            self._say("warning", "tool-schema", f"{key}: {message}", key, *place)
        return not complaints

    def _check_names(self, form: RunForm, schema: Mapping[str, Any]) -> None:
        if any(problem.code == "tool-schema" and problem.severity == "error" for problem in self.problems):
            return
        known = schemas.properties(schema)
        used = set(argv.names(form))
        for name in sorted(used - set(known)):
            hint = near(name, list(known)) or "input_schema has no such property"
            self._say("error", "tool-placeholder", f"'{{{_short(name)}}}' in 'run' is not an argument; {hint}", "run")
        for element in form.argv:
            if not isinstance(element, tuple) or element[1] not in known:
                continue
            if schemas.resolved(known[element[1]], schema).get("type") != "boolean":
                what = f"'{_short(element[1])}' decides about a flag but is not a boolean, so it never sets it"
                self._say("error", "tool-placeholder", what, "run")
        unused = [] if form.stdin_args else sorted(set(known) - used)
        for name in unused:
            self._say("warning", "tool-unused", f"the argument '{_short(name)}' is not used in 'run'", "input_schema")


def _script(form: RunForm) -> str | None:
    """The file of the skill that a template runs, as far as that can be told; relative to the skill."""
    program = form.argv[0]
    if not isinstance(program, str):
        return None
    if "/" in program:
        return None if program.startswith("/") else program
    if program not in _INTERPRETERS:
        return None
    for element in form.argv[1:]:
        text = argv.literal(element)
        if text is None or text in ("-c", "-m", "-e", "--"):
            return None
        if not text.startswith("-"):
            return text
    return None


def _short(text: str) -> str:
    return truncate(visible(text), 60)
