"""A call that was made by hand, saved as a case of its skill: the same arguments have to give the same again."""

import math
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from workbench.errors import ConflictError, InputError, UsageError
from workbench.sandbox.model import Bind
from workbench.skills import files
from workbench.skills.model import ROOT_ID, Skill
from workbench.skills.writing import name_for
from workbench.testing.beside import write_beside
from workbench.testing.case_text import case_text
from workbench.testing.cases import FOLDER, MAX_FILE, load_cases, parse_cases
from workbench.testing.matchers import same
from workbench.testing.model import DEFAULT_TIMEOUT, Case
from workbench.testing.results import CaseResult
from workbench.text import plural, truncate, visible
from workbench.tools import forms
from workbench.tools.model import CallForm, CallResult, Tool
from workbench.tools.program import place_paths

MAX_INLINE = 2_000
"""Characters of a file that is written into the case itself; a longer one becomes a fixture."""

MAX_SHOWN_OUTPUT = 16_000
"""Characters of output that stand in the case itself; more becomes a snapshot beside it."""

MAX_BROUGHT = 8 << 20
MAX_BROUGHT_FILES = 500

_MAX_NAME = 200
_SLOW_SECONDS = DEFAULT_TIMEOUT / 2
_LONGEST_SECONDS = 600


@dataclass(frozen=True, slots=True)
class SavedCase:
    """A case that was written.

    Attributes:
        skill: Skill id.
        name: The case's name.
        path: Its file, relative to the library.
        line: Its line there.
        text: What was added to the file.
        files: Other files that were written for it, relative to the library: fixtures, a snapshot.
    """

    skill: str
    name: str
    path: str
    line: int
    text: str
    files: tuple[str, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """The contract of `saved_case` in `tools call --save-case --json`."""
        return {"skill": self.skill, "name": self.name, "path": self.path, "line": self.line, "files": list(self.files)}


def check_name(root: Path, skill: Skill, name: str) -> None:
    """See that a case of this name can be added; ask before the call is made, since a call may change things.

    Raises:
        UsageError: It can't be a name.
        ConflictError: The skill has a case of this name.
    """
    if not name.strip() or len(name) > _MAX_NAME or "\n" in name:
        what = f"the name of a case has to be one line of at most {_MAX_NAME} characters"
        raise UsageError(what, remedy="say what the call shows, like 'counts rows and nulls'")
    earlier = next((case for case in load_cases(root, skill)[0] if case.name == name), None)
    if earlier is not None:
        shown = truncate(visible(name), 80)
        raise ConflictError(
            f"the skill has a case named '{shown}'", where=visible(earlier.place()), remedy="choose another name"
        )


def save_case(root: Path, skill: Skill, tool: Tool, result: CallResult, name: str, *, cwd: Path) -> SavedCase:
    """Append a case to `tests/<tool>.yaml` that expects of the tool what it just gave.

    Files that the call was given from outside the skill go into the case, or into a fixture where they are long. What
    the file holds already stays as it is, to the byte; the whole is read again before anything is written.

    Args:
        root: The library's folder.
        skill: The skill that brings the tool.
        tool: What was called.
        result: What came of it; `arguments` are what it was called with.
        name: The case's name.
        cwd: The folder that the call looked its paths up in.

    Raises:
        UsageError, ConflictError: As `check_name`.
        InputError: The call can't be repeated from the skill alone, or the file can't take another case.
    """
    check_name(root, skill, name)
    _check_call(tool, result)
    placed = place_paths(tool, result.arguments, root=root, cwd=cwd)
    entry: dict[str, Any] = {"name": name, "tool": tool.name}
    if placed.arguments:
        entry["with"] = dict(placed.arguments)
    inline, beside, fixture = _brought(root, skill, name, placed.binds)
    if inline:
        entry["files"] = inline
    if fixture:
        entry["fixture"] = fixture
    if result.duration_ms > _SLOW_SECONDS * 1000:
        entry["timeout"] = f"{min(_LONGEST_SECONDS, math.ceil(result.duration_ms / 500))}s"
    expect, snapshot = _expectation(root, skill, name, tool, result)
    entry["expect"] = expect
    return _append(root, skill, tool, entry, {**beside, **snapshot})


def said_of(again: CaseResult | None) -> str:
    """What it says about a saved case that it was run again at once."""
    if again is None:
        return "it was not run again"
    if again.outcome == "passed":
        return "it passes when it is run again"
    return f"run again, it does not pass ({again.reason}): what comes differs from run to run; see matchers, normalise"


def _check_call(tool: Tool, result: CallResult) -> None:
    """Refuse what a case could not give again."""
    why = None
    if tool.source != "skill":
        why = "only calls of a skill's own tools can be cases"
    elif result.exit_code is None:
        why = f"the call did not end by itself ({result.outcome}), so there is nothing to expect"
    elif result.truncated:
        why = "its output was cut, so it is not known what to expect"
    elif not result.ok and result.exit_code == 0:
        why = f"the tool breaks its own promise, and a case would only fail: {visible(result.reason or '')}"
    if why:
        raise InputError(why, where=visible(tool.id))
    fields = forms.fields(tool.input_schema)
    secret = next((one.name for one in fields if one.secret and result.arguments.get(one.name)), None)
    if secret is not None:
        what = f"'{visible(secret)}' is secret, and a case is a file that is committed"
        raise InputError(what, where=visible(tool.id), remedy="write the case by hand, with a value made up for it")


def _expectation(
    root: Path, skill: Skill, name: str, tool: Tool, result: CallResult
) -> tuple[dict[str, Any], dict[str, bytes]]:
    """What the case expects, and the snapshot that it needs, by path in the skill."""
    is_function = isinstance(tool.form, CallForm)
    where = "output"
    expect: dict[str, Any] = {}
    if not result.ok:
        expect["exit"] = result.exit_code
        where = "stdout"
        last = next((line for line in reversed(result.stderr.splitlines()) if line.strip()), "").strip()
        if last:
            expect["stderr"] = {"contains": last}
        if is_function or not result.stdout:
            return expect, {}
    if result.ok and (is_function or tool.output == "json"):
        expect[where] = {"json": result.output}
        return expect, {}
    if len(result.stdout) <= MAX_SHOWN_OUTPUT:
        expect[where] = {"equals": result.stdout}
        return expect, {}
    snapshot = _free(root, skill, f"snapshots/{name_for(name)}", ".txt")
    expect[where] = {"snapshot": snapshot.removeprefix(f"{FOLDER}/")}
    return expect, {snapshot: result.stdout.encode("utf-8")}


def _brought(
    root: Path, skill: Skill, name: str, binds: tuple[Bind, ...]
) -> tuple[dict[str, str], dict[str, bytes], str | None]:
    """The caller's files: those for `files`, those of the fixture by path in the skill, and the fixture's path."""
    inline: dict[str, str] = {}
    large: dict[str, bytes] = {}
    room = MAX_BROUGHT
    for bind in binds:
        for path, source in _files_of(bind):
            data = _read(source, room)
            room -= len(data)
            text = _short_text(data)
            if text is None:
                large[path] = data
            else:
                inline[path] = text
            if len(inline) + len(large) > MAX_BROUGHT_FILES:
                raise _too_much()
    if not large:
        return inline, {}, None
    fixture = _free(root, skill, f"fixtures/{name_for(name)}", "")
    return inline, {f"{fixture}/{path}": data for path, data in large.items()}, fixture


def _files_of(bind: Bind) -> Iterator[tuple[str, Path]]:
    """The files of what was shown to the call, by their path in the working folder."""
    if bind.source.is_file():
        yield bind.target, bind.source
        return
    for path, entry in files.walk(str(bind.source)):
        if entry.is_symlink():
            what = "a folder with links in it can't be kept in a case"
            raise InputError(what, where=visible(entry.path), remedy="call the tool with a folder of plain files")
        if entry.is_file():
            yield f"{bind.target}/{path}", Path(entry.path)


def _read(source: Path, room: int) -> bytes:
    try:
        with source.open("rb") as file:
            data = file.read(room + 1)
    except OSError as error:
        why = visible(error.strerror or "the system refused")
        raise InputError(f"a file that the call was given can't be read: {why}", where=visible(str(source))) from error
    if len(data) > room:
        raise _too_much()
    return data


def _too_much() -> InputError:
    return InputError(
        f"the call was given more than {MAX_BROUGHT >> 20} MiB or {MAX_BROUGHT_FILES} files, too much for a case",
        remedy="call the tool with a smaller example that shows the same",
    )


def _short_text(data: bytes) -> str | None:
    """A file's text where a case can hold it; None where it has to be a file of its own."""
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError:
        return None
    return None if len(text) > MAX_INLINE or any(ord(char) < 32 and char not in "\t\r\n" for char in text) else text


def _free(root: Path, skill: Skill, stem: str, suffix: str) -> str:
    """A path below the skill's `tests` that nothing has yet."""
    folder = files.folder_of(root, skill.id)
    number = 1
    while True:
        path = f"{FOLDER}/{stem}{f'-{number}' if number > 1 else ''}{suffix}"
        if not os.path.lexists(f"{folder}/{path}"):
            return path
        number += 1


def _append(root: Path, skill: Skill, tool: Tool, entry: dict[str, Any], beside: dict[str, bytes]) -> SavedCase:
    folder = files.folder_of(root, skill.id)
    prefix = "" if skill.id == ROOT_ID else f"{skill.id}/"
    relative = f"{FOLDER}/{tool.name}.yaml"
    if not os.path.lexists(f"{folder}/{relative}") and os.path.lexists(f"{folder}/{FOLDER}/{tool.name}.yml"):
        relative = f"{FOLDER}/{tool.name}.yml"
    path = f"{prefix}{relative}"
    old = _old(folder, relative, path)
    text = case_text(entry, _indent(old, path))
    new, added = _joined(old, text)
    line = _check_whole(old, new, path, entry)
    written: list[str] = []
    try:
        for name, data in beside.items():
            write_beside(root, skill.id, name, data)
            written.append(name)
        if _old(folder, relative, path) != old:
            raise ConflictError("the file changed meanwhile", where=visible(path), remedy="save the case again")
        write_beside(root, skill.id, relative, new.encode("utf-8"))
    except BaseException:
        for name in written:
            Path(folder, name).unlink(missing_ok=True)
        raise
    return SavedCase(skill.id, entry["name"], path, line, added, tuple(f"{prefix}{name}" for name in written))


def _old(folder: str, relative: str, path: str) -> str:
    """The file of cases as it is, to the byte; empty where there is none."""
    try:
        data = files.read_inside(Path(folder), relative, MAX_FILE + 1)
        return data.decode("utf-8")
    except FileNotFoundError:
        return ""
    except OSError as error:
        raise InputError(f"it can't be read: {visible(error.strerror or 'no reason')}", where=visible(path)) from error
    except UnicodeDecodeError as error:
        raise InputError("it is not UTF-8", where=visible(path), remedy="save the file as UTF-8") from error


def _indent(old: str, path: str) -> int:
    """The column of the dashes in the file's list of cases."""
    if not old.strip():
        return 2
    cases, problems = parse_cases(old.removeprefix("\ufeff"), path)
    if problems:
        one = problems[0]
        where = f"{one.path}:{one.line}" if one.line else one.path
        raise InputError(
            f"the file has an error, so nothing is added to it: {one.message}",
            where=visible(where or path),
            remedy="mend it, and save the case again",
        )
    lines = old.splitlines()
    for case in cases:
        before = lines[case.line - 1][: case.column - 1] if case.line <= len(lines) else ""
        if before.strip() == "-":
            return len(before) - len(before.lstrip(" "))
    return 2


def _joined(old: str, text: str) -> tuple[str, str]:
    """The whole file with a case behind what it holds, and what was added."""
    if not old.strip():
        return f"{old}cases:\n{text}", f"cases:\n{text}"
    newline = "\r\n" if "\r\n" in old else "\n"
    gap = "" if old.endswith("\n") else newline
    added = gap + text.replace("\n", newline)
    return old + added, added


def _check_whole(old: str, new: str, path: str, entry: dict[str, Any]) -> int:
    """See that the whole file says what it said and the new case; gives the new case's line."""
    where = visible(path)
    if len(new.encode("utf-8")) > MAX_FILE:
        raise InputError(f"the file would be larger than {MAX_FILE >> 10} KiB", where=where, remedy="split it")
    before = parse_cases(old.removeprefix("\ufeff"), path)[0] if old.strip() else []
    after, problems = parse_cases(new.removeprefix("\ufeff"), path)
    if not problems and len(after) == len(before) + 1 and after[:-1] == before and _says(after[-1], entry):
        return after[-1].line
    why = problems[0].message if problems else "the case would not be read as it was meant"
    raise InputError(
        f"the case can't be added behind what the file holds: {why}",
        where=where,
        remedy=f"write its list of cases in block style ({plural(len(before), 'case')} in it), or move the file",
    )


def _says(case: Case, entry: dict[str, Any]) -> bool:
    """Whether a case that was read back is the one that was meant, to the type of each value."""
    expect = entry["expect"]
    wanted: dict[str, Any] = next((expect[where] for where in ("output", "stdout") if where in expect), {})
    found = case.expect.output or case.expect.stdout
    values = list(wanted.values())
    return (
        case.name == entry["name"]
        and case.tool == entry["tool"]
        and same(entry.get("with", {}), dict(case.arguments))
        and case.files == entry.get("files", {})
        and len(found) == len(values)
        and all(same(value, matcher.value) for value, matcher in zip(values, found, strict=True))
    )
