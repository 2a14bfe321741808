"""A skill of a ToolWeaver store as an agent skill: SKILL.md, its code, and a tool where its function can be described.

The code is parsed and never run or imported.
"""

import ast
import json
import re
import sys
import warnings
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from workbench.reviews.adopting.model import Findings, NewFile, Version
from workbench.reviews.adopting.toolweaver_store import StoredSkill, StoredVersion, read_store, safe_name
from workbench.skills.model import SKILL_FILE
from workbench.skills.rules import MAX_NAME
from workbench.skills.writing import flow, name_for, one_line, quoted, short_digest, skill_file, valid_name
from workbench.text import decode, truncate
from workbench.tools import schemas
from workbench.tools.docstring import parse as parse_docstring
from workbench.tools.signature import SignatureError, read_signature

ENTRY_FILE = "references/toolweaver.json"

_MAX_TAGS = 20
_MAX_EXTRAS = 20
_MAX_VALUE = 200
_MAX_SCHEMA = 64 << 10
_MAX_ENTRY = 256 << 10
_MAX_TEXT = 20_000
_PLAIN_FILE = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_-]{0,99}")
_PACKAGE = re.compile(
    r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}(\[[A-Za-z0-9,_-]{1,50}\])?([<>=!~]=?[0-9A-Za-z.*+!,<>=~-]{1,50})?"
)
_OWN_KEYS = frozenset({"version", "original-name", "source", "tags", "requires", "packages"})


@dataclass(frozen=True, slots=True)
class Converted:
    """A stored skill as it is to be filed: its valid name, where it comes from, its versions with their files."""

    name: str
    origin: str
    versions: tuple[Version, ...]


def convert(folder: Path, findings: Findings) -> list[Converted]:
    """Every skill of a store, each under a valid name of its own.

    Raises:
        InputError: The manifest can't be read, or is no manifest.
    """
    stored = read_store(folder, findings)
    names = _names([skill.name for skill in stored])
    return [
        Converted(
            names[skill.name], skill.origin, tuple(_converted(skill, one, names, findings) for one in skill.versions)
        )
        for skill in stored
    ]


def _names(originals: Sequence[str]) -> dict[str, str]:
    """A valid name for each; where two would be the same, the later one gets a part that is its own."""
    names: dict[str, str] = {}
    taken: set[str] = set()
    for original in originals:
        name = name_for(original)
        if name in taken:
            name = f"{name[: MAX_NAME - 7].rstrip('-')}-{short_digest(original)}"
        names[original] = name
        taken.add(name)
    return names


def _converted(skill: StoredSkill, version: StoredVersion, names: Mapping[str, str], findings: Findings) -> Version:
    code = _Code(skill.name, version)
    if version is skill.versions[-1]:
        for oddity in code.oddities():
            findings.skip(skill.origin, oddity)
    new = {SKILL_FILE: NewFile(_skill_file(skill, version, code, names)), code.path: NewFile(version.code)}
    if code.tool is not None:
        new["tools.yaml"] = NewFile(code.tool.encode())
    if version.own_entry and (entry := _entry_file(version.entry)) is not None:
        new[ENTRY_FILE] = NewFile(entry)
    return Version(version.version if version.tagged else None, new, version.at, code.path)


class _Code:
    """What can be told of a stored piece of Python without running it."""

    def __init__(self, name: str, version: StoredVersion) -> None:
        safe = safe_name(name)
        stem = safe if _PLAIN_FILE.fullmatch(safe) else name_for(name)
        self.path = f"scripts/{stem}.py"
        self.text = decode(version.code)
        self.is_text = _is_utf8(version.code)
        self.module = _parsed(self.text)
        self.function = _main_function(self.module, (name, safe)) if self.module else None
        self.description = self._description(version.entry.get("description"))
        self.tool = self._tool(version.entry.get("metadata")) if self.function else None

    def oddities(self) -> Iterator[str]:
        """What somebody should know who reviews it."""
        if not self.is_text:
            yield "its code is not UTF-8; it is kept as it is"
        if self.module is None:
            yield "its code is not Python that this version can parse; it is kept as it is, without a tool"

    def packages(self) -> list[str]:
        """The packages it imports that are not Python's own."""
        found = set()
        for node in ast.walk(self.module) if self.module else ():
            if isinstance(node, ast.Import):
                found |= {alias.name.partition(".")[0] for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
                found.add(node.module.partition(".")[0])
        return sorted(name for name in found if name not in sys.stdlib_module_names and _PACKAGE.fullmatch(name))

    def _description(self, given: Any) -> str:
        if isinstance(given, str) and given.strip():
            return given
        node = self.function or self.module
        said = parse_docstring(ast.get_docstring(node, clean=False)).description if node else ""
        if not said.strip() and self.module:
            said = parse_docstring(ast.get_docstring(self.module, clean=False)).description
        return said

    def _tool(self, metadata: Any) -> str | None:
        """The `tools.yaml` for its function; None where its arguments can't be told."""
        assert self.function is not None
        name = self.function.name
        try:
            signature = read_signature(self.text, name)
        except SignatureError:
            return None
        schema = None
        if signature.schema is None:
            schema = _given_schema(metadata, self.function)
            if schema is None:
                return None
        elif any(schemas.schema_complaints(signature.schema)):
            return None
        shown = one_line(self.description or signature.description)[:1000] or f"Runs {name}."
        tool = (name.lstrip("_")[:MAX_NAME] if name.isascii() else valid_name(name)) or "run"
        lines = ["tools:", f"  - name: {quoted(tool)}", f"    description: {quoted(shown)}"]
        lines.append(f"    call: {quoted(f'{self.path}:{name}')}")
        if schema is not None:
            lines.append(f"    input_schema: {flow(schema)}")
        return "\n".join(lines) + "\n"


def _is_utf8(data: bytes) -> bool:
    try:
        data.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def _parsed(text: str) -> ast.Module | None:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return ast.parse(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None


def _main_function(module: ast.Module, names: Sequence[str]) -> ast.FunctionDef | None:
    """The function that the store would call: the one with the skill's name, else the first that is public."""
    found = [node for node in module.body if isinstance(node, ast.FunctionDef) and not node.decorator_list]
    named = next((node for node in reversed(found) if node.name in names), None)
    return named or next((node for node in found if not node.name.startswith("_")), None)


def _given_schema(metadata: Any, function: ast.FunctionDef) -> dict[str, Any] | None:
    """The schema that the store keeps of a tool's arguments, if it fits the function."""
    schema = metadata.get("input_schema") if isinstance(metadata, dict) else None
    if not isinstance(schema, dict) or schema.get("type") != "object" or len(json.dumps(schema)) > _MAX_SCHEMA:
        return None
    properties = schema.get("properties")
    spec = function.args
    taken = [one.arg for one in (*spec.posonlyargs, *spec.args, *spec.kwonlyargs)]
    without = len(spec.posonlyargs) + len(spec.args) - len(spec.defaults)
    needed = set(taken[:without]) | {
        one.arg for one, default in zip(spec.kwonlyargs, spec.kw_defaults, strict=True) if default is None
    }
    if spec.vararg or spec.kwarg or not isinstance(properties, dict) or not set(properties) <= set(taken):
        return None
    if not needed <= set(properties) or any(schemas.schema_complaints(schema)):
        return None
    return schema


def _skill_file(skill: StoredSkill, version: StoredVersion, code: _Code, names: Mapping[str, str]) -> bytes:
    name = names[skill.name]
    requires, packages = _dependencies(version.entry.get("dependencies"), names, skill.name)
    packages = sorted({*packages, *code.packages()})
    description = code.description.strip() or f"Python code that a ToolWeaver store keeps as {skill.name}."
    needs = f" Packages: {', '.join(packages)}." if packages else " No packages."
    return skill_file(
        name,
        description,
        _body(skill.name, description, code, requires, packages, version.own_entry),
        compatibility=f"Needs Python 3.11 or newer.{needs}",
        metadata=_metadata(skill.name, name, version, requires, packages),
    )


def _metadata(
    original: str, name: str, version: StoredVersion, requires: Sequence[str], packages: Sequence[str]
) -> dict[str, str]:
    values: dict[str, str] = {}
    if version.version is not None:
        values["version"] = version.version
    if original != name:
        values["original-name"] = original
    values["source"] = "toolweaver"
    if tags := _tags(version.entry.get("tags")):
        values["tags"] = " ".join(tags)
    if requires:
        values["requires"] = " ".join(requires)
    if packages:
        values["packages"] = " ".join(packages)
    extras = version.entry.get("metadata")
    for key, value in list(extras.items())[:_MAX_EXTRAS] if isinstance(extras, dict) else ():
        plain = valid_name(str(key)[:64])
        scalar = isinstance(value, str | int | float) and not isinstance(value, bool)
        if plain and plain[0].isalpha() and plain not in _OWN_KEYS and plain not in values and scalar:
            values[plain] = truncate(one_line(str(value)[: 4 * _MAX_VALUE]), _MAX_VALUE)
    return values


def _tags(given: Any) -> list[str]:
    tags = given if isinstance(given, list) else [given]
    words = ["-".join(one_line(tag[:100]).split()) for tag in tags[:_MAX_TAGS] if isinstance(tag, str)]
    return list(dict.fromkeys(word for word in words if word))


def _dependencies(given: Any, names: Mapping[str, str], own: str) -> tuple[list[str], list[str]]:
    """What a skill needs: other skills of the store, by their names here, and packages."""
    listed = [one for one in (given if isinstance(given, list) else [given])[:500] if isinstance(one, str)]
    requires = sorted({names[one] for one in listed if one in names and one != own})
    packages = sorted({one for one in map(str.strip, listed) if one not in names and _PACKAGE.fullmatch(one)})
    return requires, packages


def _body(
    original: str, description: str, code: _Code, requires: Sequence[str], packages: Sequence[str], has_entry: bool
) -> str:
    parts = [f"# {one_line(original)}", description.strip()[:_MAX_TEXT], "## Run it"]
    if code.function is not None:
        name = code.function.name
        parts.append(
            f"The function `{name}` in [{code.path}]({code.path}) does the work. From this skill's folder, with its"
            " arguments in the brackets:"
        )
        parts.append(f"```bash\npython -c \"import runpy; print(runpy.run_path('{code.path}')['{name}']())\"\n```")
    else:
        parts.append(f"The code is in [{code.path}]({code.path}). Read it before you run it.")
    if packages:
        parts.append(f"It imports packages that have to be installed: {', '.join(packages)}.")
    if requires:
        parts.append(f"It uses other skills: {', '.join(requires)}.")
    if has_entry:
        parts.append(f"What the store knew of it is in [{ENTRY_FILE}]({ENTRY_FILE}).")
    return "\n\n".join(parts)


def _entry_file(entry: Mapping[str, Any]) -> bytes | None:
    """The manifest's entry, without the path that the code had on somebody's machine."""
    text = json.dumps({key: value for key, value in entry.items() if key != "code_path"}, indent=2, sort_keys=True)
    return None if len(text) > _MAX_ENTRY else f"{text}\n".encode()
