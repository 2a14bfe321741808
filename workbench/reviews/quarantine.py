"""Quarantine: a skill taken out of all agents' folders at once, and put back exactly where it was.

Each copy is moved, links as links, into the user's data folder beside a manifest that says where it stood.
"""

import errno
import json
import os
import secrets
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal

from workbench.errors import ConflictError, InputError
from workbench.text import visible

MANIFEST = "manifest.json"

_MAX_MANIFEST = 1 << 20


@dataclass(frozen=True, slots=True)
class Moved:
    """One copy: where it stood, where it is kept, and what happened: `taken`, `restored`, or why not."""

    path: str
    kept: str
    outcome: Literal["taken", "restored", "occupied", "failed"]
    why: str = ""

    def to_json(self) -> dict[str, Any]:
        """One item of `quarantine --json`."""
        return {"path": self.path, "kept": self.kept, "outcome": self.outcome, "why": self.why or None}


def take_out(name: str, copies: Sequence[Path], folder: Path) -> tuple[Moved, ...]:
    """Move every copy of a skill out of the agents' folders.

    The manifest names a copy before it is moved, so that whatever ends the program, nothing is lost without a trace.

    Args:
        name: The skill's name.
        copies: Their folders, or links to them.
        folder: The quarantine, below the user's data folder.

    Raises:
        ConflictError: No agent has it.
        InputError: The quarantine can't be written.
    """
    if not copies:
        raise ConflictError(
            "no agent's folder has it", where=visible(name), remedy="workbench skills where " + visible(name)
        )
    place = folder / f"{datetime.now(UTC):%Y%m%dT%H%M%SZ}-{secrets.token_hex(3)}"
    moved: list[Moved] = []
    try:
        place.mkdir(parents=True)
        planned = [(copy, place / str(number) / copy.name) for number, copy in enumerate(copies, start=1)]
        _write(place, name, planned)
        for copy, kept in planned:
            kept.parent.mkdir()
            try:
                _move(copy, kept)
                moved.append(Moved(str(copy), str(kept), "taken"))
            except OSError as error:
                moved.append(Moved(str(copy), str(kept), "failed", error.strerror or "it can't be moved"))
    except OSError as error:
        what = f"the quarantine can't be written: {error.strerror}"
        raise InputError(what, where=visible(str(error.filename or place))) from error
    return tuple(moved)


def put_back(name: str, folder: Path) -> tuple[Moved, ...]:
    """Move the copies of a skill back to where they stood; one whose place is taken meanwhile stays.

    Raises:
        ConflictError: It is not in quarantine.
    """
    moved: list[Moved] = []
    for place in _places(name, folder):
        left = []
        for path, kept in _read(place):
            if not os.path.lexists(kept):
                continue
            if os.path.lexists(path):
                moved.append(Moved(str(path), str(kept), "occupied", "something else stands there now"))
                left.append((path, kept))
                continue
            try:
                path.parent.mkdir(parents=True, exist_ok=True)
                _move(kept, path)
                moved.append(Moved(str(path), str(kept), "restored"))
            except OSError as error:
                moved.append(Moved(str(path), str(kept), "failed", error.strerror or "it can't be moved"))
                left.append((path, kept))
        if not left:
            shutil.rmtree(place, ignore_errors=True)
    if not moved:
        raise ConflictError("it is not in quarantine", where=visible(name))
    return tuple(moved)


def _move(source: Path, target: Path) -> None:
    """Rename it; between two file systems it is copied whole first, so that a part never stands in its place.

    Raises:
        OSError: It stays where it is.
    """
    try:
        source.rename(target)
        return
    except OSError as error:
        if error.errno != errno.EXDEV:
            raise
    if source.is_symlink():
        target.symlink_to(source.readlink())
        source.unlink()
        return
    part = target.with_name(f".{target.name}-{secrets.token_hex(4)}")
    try:
        shutil.copytree(source, part, symlinks=True)
        part.rename(target)
    except (OSError, shutil.Error) as error:
        shutil.rmtree(part, ignore_errors=True)
        raise OSError(errno.EIO, f"it can't be copied: {_reason(error)}") from error
    shutil.rmtree(source)


def _reason(error: OSError) -> str:
    """What went wrong first: `copytree` tells all of it at once, as (source, target, why)."""
    told = error.args[0] if isinstance(error, shutil.Error) and error.args else None
    return str(told[0][2]) if isinstance(told, list) and told else error.strerror or "no reason is given"


def quarantined(folder: Path) -> dict[str, int]:
    """How many copies of each skill are in quarantine, by name."""
    found: dict[str, int] = {}
    for place in sorted(folder.iterdir()) if folder.is_dir() else ():
        name = _name(place)
        if name is not None:
            found[name] = found.get(name, 0) + sum(os.path.lexists(kept) for _, kept in _read(place))
    return {name: count for name, count in found.items() if count}


def _places(name: str, folder: Path) -> list[Path]:
    return [place for place in (sorted(folder.iterdir()) if folder.is_dir() else ()) if _name(place) == name]


def _write(place: Path, name: str, planned: Sequence[tuple[Path, Path]]) -> None:
    body = {"name": name, "copies": [{"path": str(path), "kept": str(kept)} for path, kept in planned]}
    beside = place / f".{MANIFEST}"
    beside.write_text(json.dumps(body, indent=2), encoding="utf-8", errors="surrogateescape")
    beside.replace(place / MANIFEST)


def _document(place: Path) -> dict[str, Any]:
    try:
        with (place / MANIFEST).open("rb") as file:
            found = json.loads(file.read(_MAX_MANIFEST).decode("utf-8", "surrogateescape"))
    except (OSError, ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def _name(place: Path) -> str | None:
    name = _document(place).get("name")
    return name if isinstance(name, str) else None


def _read(place: Path) -> list[tuple[Path, Path]]:
    copies = _document(place).get("copies")
    pairs = copies if isinstance(copies, list) else []
    return [
        (Path(one["path"]), Path(one["kept"]))
        for one in pairs
        if isinstance(one, dict) and {"path", "kept"} <= set(one)
    ]
