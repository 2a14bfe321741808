"""What the files beside a SKILL.md lack: references that lead nowhere, files that nothing mentions, odd companions.

Everything here is a warning or less: whether a skill is valid depends on its SKILL.md alone.
"""

import json
import posixpath
from collections.abc import Iterator
from dataclasses import replace

from workbench.errors import InputError
from workbench.skills.codes import problem
from workbench.skills.folder import SCRIPTS, Folder
from workbench.skills.links import check_links, mentioned_paths, relative_links
from workbench.skills.mentions import Mentions
from workbench.skills.model import ROOT_ID, SKILL_FILE, Problem
from workbench.skills.openai_yaml import MAX_BYTES, OPENAI_FILE, read_openai_yaml
from workbench.skills.rules_scripts import check_scripts
from workbench.text import plural, truncate, visible

_MARKDOWN = (".md", ".markdown", ".mdx")
_REFERENCES = ("references/", "reference/")
_NOT_ORPHANS = ("tests/", "evals/", "agents/", "node_modules/")
_KNOWN_NAMES = ("license", "licence", "notice", "readme", "changelog", "contributing", "third_party", "copying")
_KNOWN_FILES = ("tools.yaml", "__init__.py", "package.json", "package-lock.json", "pyproject.toml",
                "requirements.txt", "uv.lock", "tsconfig.json", "metadata.json")  # fmt: skip
_ORPHANS_SHOWN = 3
_MAX_EVALS = 1 << 20


def check_folder(folder: Folder, body: str) -> Iterator[Problem]:
    """Everything that is odd about a skill's other files; each problem has its path.

    Args:
        folder: The skill's folder.
        body: The Markdown of its SKILL.md.
    """
    yield from _references(folder, body)
    yield from _orphans(folder, body)
    yield from check_scripts(folder, body)
    yield from _openai(folder)
    yield from _evals(folder)


def _references(folder: Folder, body: str) -> Iterator[Problem]:
    """Links in the documents that SKILL.md leads to, and documents that only these lead to."""
    direct = {link.path for link in relative_links(body)} | {one.path for one in mentioned_paths(body)}
    seen: set[str] = set()
    for path in sorted(folder.texts):
        if not path.endswith(_MARKDOWN) or path == SKILL_FILE:
            continue
        if path not in direct and not path.startswith(_REFERENCES):
            continue
        text = folder.texts[path]
        for wrong in check_links(text, 1, folder.present, posixpath.dirname(path)):
            yield replace(wrong, path=folder.where(path))
        yield from _deeper(folder, path, direct, seen)


def _deeper(folder: Folder, path: str, direct: set[str], seen: set[str]) -> Iterator[Problem]:
    """One warning for the documents that only this reference leads to; `seen` has those that were said before."""
    named = folder.names.get(SKILL_FILE)
    only_here = []
    for link in relative_links(folder.texts[path]):
        target = _target(folder, path, link.path)
        if target is None or target in seen | direct | {path, SKILL_FILE} or not target.endswith(_MARKDOWN):
            continue
        if named and (target in named.words or posixpath.basename(target) in named.words | named.last):
            continue
        seen.add(target)
        only_here.append((target, link))
    if only_here:
        target, link = only_here[0]
        more = f" and {plural(len(only_here) - 1, 'other file')}" if len(only_here) > 1 else ""
        message = f"'{_short(target)}'{more} can only be reached from here; agents may read no further than one level"
        yield problem("deep-reference", message, folder.where(path), link.line, link.column)


def _target(folder: Folder, path: str, link: str) -> str | None:
    """The file that a link in a reference leads to, from its own folder or from the skill's."""
    beside = posixpath.normpath(posixpath.join(posixpath.dirname(path), link))
    return next((one for one in (beside, link) if one in folder.files), None)


def _orphans(folder: Folder, body: str) -> Iterator[Problem]:
    """Files that no other text of the skill names, nor the folder they are in; `FORMS.md` is read as `forms.md`."""
    if folder.skill_id == ROOT_ID or not folder.complete:
        return
    groups: dict[str, list[str]] = {}
    mentions = Mentions(folder.names, SCRIPTS)
    folded = body.casefold()
    for path in folder.files:
        if _may_be_orphan(path) and not mentions.has(path) and ("/" in path or path.casefold() not in folded):
            groups.setdefault(posixpath.dirname(path), []).append(path)
    for above, paths in sorted(groups.items()):
        if len(paths) <= _ORPHANS_SHOWN:
            for path in paths:
                message = f"nothing in the skill mentions '{_short(path)}'"
                yield problem("orphan-file", message, folder.where(path))
        else:
            message = f"nothing in the skill mentions {plural(len(paths), 'file')} in '{_short(above or ROOT_ID)}'"
            yield problem("orphan-file", message, folder.where(paths[0]))


def _may_be_orphan(path: str) -> bool:
    name = posixpath.basename(path).lower()
    hidden = any(part.startswith((".", "__pycache__")) for part in path.split("/"))
    known = (
        name.startswith((*_KNOWN_NAMES, "test_"))
        or name.rpartition(".")[0].endswith(("_test", ".test"))
        or name in _KNOWN_FILES
        or path.startswith(_NOT_ORPHANS)
    )
    return path != SKILL_FILE and not hidden and not known


def _openai(folder: Folder) -> Iterator[Problem]:
    if OPENAI_FILE not in folder.files:
        return
    where = folder.where(OPENAI_FILE)
    try:
        _, wrong = read_openai_yaml(folder.read(OPENAI_FILE, MAX_BYTES + 1), folder.present)
    except (OSError, InputError) as error:
        yield problem("openai-yaml-unreadable", f"it can't be read: {_why(error)}", where)
        return
    yield from (replace(one, path=where) for one in wrong)


def _evals(folder: Folder) -> Iterator[Problem]:
    for path in folder.files:
        if not path.startswith("evals/") or not path.endswith(".json"):
            continue
        try:
            data = folder.read(path, _MAX_EVALS + 1)
        except (OSError, InputError) as error:
            yield problem("evals-invalid", f"it can't be read: {_why(error)}", folder.where(path))
            continue
        if what := _evals_fault(path, data):
            yield problem("evals-invalid", what[0], folder.where(path), what[1], what[2])


def _evals_fault(path: str, data: bytes) -> tuple[str, int | None, int | None] | None:
    """What is wrong with a file of evaluations, with its line and column."""
    if len(data) > _MAX_EVALS:
        return None
    try:
        value = json.loads(data)
    except json.JSONDecodeError as error:
        return f"it is not JSON: {truncate(visible(error.msg), 80)}", error.lineno, error.colno
    except (UnicodeDecodeError, RecursionError, ValueError):
        return "it is not JSON that can be read", None, None
    if posixpath.basename(path) != "evals.json":
        return None
    entries = value.get("evals") if isinstance(value, dict) else None
    if not isinstance(entries, list):
        return "it has no list 'evals'", 1, 1
    for number, entry in enumerate(entries, start=1):
        if not isinstance(entry, dict) or not isinstance(entry.get("prompt"), str):
            return f"evaluation {number} has no 'prompt'", None, None
    return None


def _why(error: OSError | InputError) -> str:
    reason = error.what if isinstance(error, InputError) else error.strerror or "unknown reason"
    return truncate(visible(reason), 80)


def _short(text: str) -> str:
    return truncate(visible(text), 80)
