"""Whether the scripts of a skill can be run as its text says, and whether any case runs them."""

import posixpath
import re
from collections.abc import Iterator
from typing import Any

from workbench.errors import InputError
from workbench.skills.bounded_yaml import YamlError, load
from workbench.skills.codes import problem
from workbench.skills.folder import SCRIPTS, Folder, FolderFile
from workbench.skills.model import SKILL_FILE, Problem
from workbench.text import plural, truncate, visible

_HEAD = 256
_TESTED = ("tests/", "evals/")
_SHELLS = ("sh", "bash", "shell", "zsh", "console", "terminal", "shellscript")
_FENCE = re.compile(r"^ {0,3}(`{3,}|~{3,})[ \t]*([\w-]*)")
_RUN = re.compile(
    r"^[ \t]*(?:[$>][ \t]+)?(?:sudo[ \t]+)?(?:\w+=\S*[ \t]+)*\"?(?:\$\{?\w+\}?/|\./)?"
    r"((?:[\w.-]+/)*[\w.-]+)\"?(?=[ \t]|$)"
)
_INLINE = re.compile(r"`\./((?:[\w.-]+/)*[\w.-]+)[^`\n]*`")
_NAMED = re.compile(
    r"(?:\b((?:[Rr]un|[Ee]xecute|[Ii]nvoke|[Cc]all|[Ss]tart)(?:s|ning|ing)?[ \t]{1,3}"
    r"(?:the[ \t]|this[ \t]|script[ \t]){0,2}))?"
    r"`((?:scripts|bin)/(?:[\w.-]+/)*[\w.-]+)(?:`| [^`\n]*`)"
)


def check_scripts(folder: Folder, body: str) -> Iterator[Problem]:
    """Scripts that are run directly but can't be, and those that no case runs; each problem has its path."""
    direct = _run_directly(folder, body)
    scripts = []
    named = {found[2]: bool(found[1]) for found in sorted(_NAMED.finditer(body), key=lambda found: bool(found[1]))}
    for path, file in folder.files.items():
        if path.startswith(_TESTED) or path.startswith("assets/"):
            continue
        if file.executable or path in direct or (path.startswith(("scripts/", "bin/")) and file.suffix in SCRIPTS):
            scripts.append(file)
    for file in scripts:
        yield from _head(folder, file, file.path in direct, named.get(file.path))
    yield from _untested(folder, scripts)


def _run_directly(folder: Folder, body: str) -> set[str]:
    """The files that SKILL.md runs by their own path, without a program before it."""
    runnable = {path for path, file in folder.files.items() if file.suffix in ("", *SCRIPTS)}
    found = {one for one in _INLINE.findall(body) if one in runnable}
    fence = language = ""
    for line in body.split("\n"):
        if ("`" in line or "~" in line) and (marker := _FENCE.match(line)):
            if not fence:
                fence, language = marker[1], marker[2].lower()
            elif marker[1].startswith(fence):
                fence = language = ""
            continue
        if fence and language in _SHELLS and len(line) < 2_000 and (run := _RUN.match(line)):
            path = posixpath.normpath(run[1])
            if "/" in path and path in runnable:
                found.add(path)
    return found


def _head(folder: Folder, file: FolderFile, direct: bool, run: bool | None) -> Iterator[Problem]:
    """What is wrong with a script's first line and its executable bit, where either is used.

    Args:
        direct: Whether SKILL.md surely runs it by its path.
        run: Whether SKILL.md asks to run it, by its path in a sentence; None where no sentence names it so. An agent
            may put a program before it, so that is wrong only where the script itself says that it is run directly.
    """
    try:
        head = folder.read(file.path, _HEAD)
    except (OSError, InputError):
        return
    if not head or b"\0" in head:
        return
    where = folder.where(file.path)
    shown = truncate(visible(file.path), 80)
    first = head.partition(b"\n")[0]
    if not first.startswith(b"#!"):
        if direct or (run is not None and file.executable and file.suffix in SCRIPTS):
            why = f"SKILL.md runs '{shown}' directly" if direct else f"'{shown}' may be executed"
            message = f"{why}, but its first line names no interpreter"
            yield problem("script-no-shebang", message, where, 1, 1)
    elif first.endswith(b"\r") and (direct or run or file.executable):
        message = f"the first line of '{shown}' ends with a carriage return: no system finds that interpreter"
        yield problem("script-line-ends", message, where, 1, len(first))
    if (direct or (run and first.startswith(b"#!"))) and not file.executable:
        how = "directly" if direct else "by its path"
        message = f"SKILL.md runs '{shown}' {how}, but it may not be executed"
        yield problem("script-not-executable", message, where)


def _untested(folder: Folder, scripts: list[FolderFile]) -> Iterator[Problem]:
    """One remark for all scripts that SKILL.md or tools.yaml name and no case runs."""
    named = [folder.names[path] for path in (SKILL_FILE, "tools.yaml") if path in folder.names]
    tested = [names for path, names in folder.names.items() if path.startswith(_TESTED)]
    by_tools = _run_by_tools(folder)
    lacking = []
    for file in scripts:
        name = posixpath.basename(file.path)
        if not any(file.path in one.words or name in one.words | one.last for one in named):
            continue
        covered = any(file.path in one.words or name in one.words | one.last for one in tested)
        if not covered and file.path not in by_tools:
            lacking.append(file.path)
    if lacking:
        more = f" and {plural(len(lacking) - 1, 'other script')}" if len(lacking) > 1 else ""
        message = f"no case runs '{truncate(visible(lacking[0]), 80)}'{more}"
        yield problem("script-without-case", message, folder.where(lacking[0]))


def _run_by_tools(folder: Folder) -> set[str]:
    """The scripts behind the tools that cases call."""
    tools = _yaml(folder, "tools.yaml")
    entries = tools.get("tools") if isinstance(tools, dict) else None
    called = set()
    for path in folder.texts:
        if path.startswith("tests/") and path.endswith((".yaml", ".yml")):
            cases = _yaml(folder, path)
            listed = cases.get("cases") if isinstance(cases, dict) else None
            called |= {str(one.get("tool")) for one in listed or () if isinstance(one, dict)}
    found = set()
    for entry in entries if isinstance(entries, list) else ():
        if isinstance(entry, dict) and str(entry.get("name")) in called:
            run, call = entry.get("run"), entry.get("call")
            found |= {str(part) for part in run if isinstance(part, str)} if isinstance(run, list) else set()
            found |= {call.partition(":")[0]} if isinstance(call, str) else set()
    return found


def _yaml(folder: Folder, path: str) -> Any:
    try:
        return load(folder.texts[path]).value if path in folder.texts else None
    except YamlError:
        return None
