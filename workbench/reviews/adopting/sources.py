"""What a user named, or has: which kind of source it is, told by its content, and where its copies are filed."""

import json
import os
from collections.abc import Iterator
from pathlib import Path

from workbench.config import expanded
from workbench.errors import InputError
from workbench.reviews.adopting import prompt_files
from workbench.reviews.adopting.model import Kind, Plugin, Source
from workbench.skills.clients import CLIENTS, own_folder, user_folders
from workbench.skills.discovery import find
from workbench.skills.model import SKILL_FILE
from workbench.text import visible

AGENT_FOLDERS: tuple[tuple[str, str], ...] = user_folders()
"""Each agent's folder of user skills, relative to the home folder."""

STORE_FILE = "manifest.json"
MAX_STORE_FILE = 8 << 20

_ZIP_STARTS = (b"PK\x03\x04", b"PK\x05\x06")
_KNOWN = "a folder of skills, one skill, a .skill or .zip archive, a ToolWeaver store, or prompt templates in YAML"


def agent_sources(home: Path) -> tuple[Source, ...]:
    """The agents' folders that exist under a home folder; one that is a link to another is listed once."""
    found: dict[str, Source] = {}
    for label, relative in AGENT_FOLDERS:
        folder = home / relative
        if folder.is_dir():
            found.setdefault(os.path.realpath(folder), Source(label, folder))
    return tuple(found.values())


def plugins_of(home: Path) -> tuple[Plugin, ...]:
    """The skills in the agents' plugin caches under a home folder, counted by plugin."""
    counts: dict[tuple[str, str], int] = {}
    caches = ((one.id, own_folder(one, home, os.environ) / cache.path) for one in CLIENTS for cache in one.plugins)
    for client, folder in caches:
        if not folder.is_dir():
            continue
        try:
            ids = find(folder).ids
        except InputError:
            continue  # it can't be read, so nothing in it is on offer
        for id_ in ids:
            plugin = id_.rpartition("skills/")[0].rstrip("/") or id_
            counts[client, str(folder / plugin)] = counts.get((client, str(folder / plugin)), 0) + 1
    return tuple(Plugin(client, path, count) for (client, path), count in sorted(counts.items()))


def source_of(named: Path, home: Path, kind: Kind | None = None) -> Source:
    """What a user named, filed under its agent's label if it is an agent's, else under a name of its own.

    Args:
        named: The path.
        home: Whose agents' folders are known.
        kind: How to read it; by default that is told by what is there.

    Raises:
        InputError: There is nothing there, or nothing that can be adopted in this way.
    """
    path = expanded(named)
    if not os.path.exists(path):  # noqa: PTH110 - Path.exists raises for a name that is too long
        raise InputError("there is no such folder or file", where=visible(str(path)))
    if path.name == SKILL_FILE and path.is_file():
        path = path.parent
    kind = _checked(path, kind) if kind else kind_of(path)
    if kind == "skills":
        return Source(_label_of_skills(path, home), path)
    if kind == "toolweaver":
        return Source(_label(path.parent.name if path.name == "skills" else path.name), path, kind)
    if kind == "prompts" and path.is_dir():
        return Source(_label(path.name), path, kind)
    return Source("archives" if kind == "archive" else "prompts", path, kind)


def kind_of(path: Path) -> Kind:
    """What there is at a path.

    Raises:
        InputError: Nothing that can be adopted, or it can't be read.
    """
    try:
        found = _folder_kind(path) if path.is_dir() else _file_kind(path)
    except OSError as error:
        raise InputError(f"it can't be read: {error.strerror}", where=visible(str(path))) from error
    if found is None:
        raise InputError("there is nothing here that can be adopted", where=visible(str(path)), remedy=f"name {_KNOWN}")
    return found


def is_store(data: object) -> bool:
    """Whether parsed JSON is a ToolWeaver manifest, as far as its outermost form says."""
    if not isinstance(data, dict) or not isinstance(data.get("skills"), list):
        return False
    entries = data["skills"]
    return isinstance(data.get("version_history"), dict) or any(
        isinstance(entry, dict) and "code_path" in entry for entry in entries
    )


def _checked(path: Path, kind: Kind) -> Kind:
    """A kind that the user demands, where the path is not even a folder or file as that kind needs it."""
    if path.is_dir() == (kind == "archive") and kind != "prompts":
        wanted = "a file" if kind == "archive" else "a folder"
        raise InputError(f"as {kind} it has to be {wanted}", where=visible(str(path)), remedy="leave --as out")
    return kind


def _folder_kind(folder: Path) -> Kind | None:
    if _has_manifest(folder):
        return "toolweaver"
    found = find(folder)
    misnamed = any(one.path.upper().endswith(SKILL_FILE.upper()) for one in found.skipped)
    if found.ids or found.blocked or misnamed:
        return "skills"
    if any(True for _ in prompt_files.below(folder)):
        return "prompts"
    return "skills" if folder.name == "skills" else None  # a folder for skills may well be empty


def _has_manifest(folder: Path) -> bool:
    file = folder / STORE_FILE
    if not file.is_file() or file.stat().st_size > MAX_STORE_FILE:
        return False
    try:
        return is_store(json.loads(file.read_bytes()))
    except (ValueError, RecursionError):
        return False


def _file_kind(file: Path) -> Kind | None:
    if not file.is_file():
        return None
    with file.open("rb") as opened:
        start = opened.read(4)
    if start in _ZIP_STARTS:
        return "archive"
    why = prompt_files.fault(file)
    if why is not None and file.name.lower().endswith(prompt_files.SUFFIXES):
        what = f"there is nothing here that can be adopted: {why}"
        raise InputError(what, where=visible(str(file)), remedy=f"mend it, or name {_KNOWN}")
    return None if why is not None else "prompts"


def _label_of_skills(path: Path, home: Path) -> str:
    for place in _places(path):
        for source in agent_sources(home):
            if os.path.realpath(source.path) == os.path.realpath(place):
                return source.label
    folder = path.parent if (path / SKILL_FILE).is_file() and path.parent != path.parent.parent else path
    return _label(folder.parent.name if folder.name == "skills" else folder.name)


def _places(path: Path) -> Iterator[Path]:
    """The folder itself, and for a single skill the folder it stands in."""
    yield path
    if (path / SKILL_FILE).is_file():
        yield path.parent


def _label(name: str) -> str:
    """A folder's name as a label: one that git, records and a terminal can hold."""
    plain = name.lstrip(".")
    usable = plain and plain.isprintable() and plain == plain.encode("utf-8", "replace").decode() and "~" not in plain
    return plain if usable else "adopted"
