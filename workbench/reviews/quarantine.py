"""Quarantine: a skill taken out of all agents' folders at once, and put back exactly where it was.

Each copy is moved, links as links, into the user's data folder beside a manifest that says where it stood.
"""

import errno
import json
import os
import secrets
import shutil
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal

from workbench.errors import ConflictError, InputError
from workbench.skills.treehash import tree_of_folder
from workbench.text import visible

MANIFEST = "manifest.json"

_MAX_MANIFEST = 1 << 20


@dataclass(frozen=True, slots=True)
class Moved:
    """One copy: where it stood, where it is kept, and what happened: `taken`, `restored`, or why not.

    `saved`: a newer one was put back, so this one was put where replaced copies are kept.
    """

    path: str
    kept: str
    outcome: Literal["taken", "restored", "saved", "occupied", "failed"]
    why: str = ""

    def to_json(self) -> dict[str, Any]:
        """One item of `quarantine --json`."""
        return {"path": self.path, "kept": self.kept, "outcome": self.outcome, "why": self.why or None}


@dataclass(frozen=True, slots=True)
class Kept:
    """A copy that is in quarantine: the skill's name, where the copy stood, and where it is kept."""

    name: str
    path: Path
    kept: Path


def in_quarantine(folder: Path) -> tuple[Kept, ...]:
    """Every copy that is in quarantine, the one that was taken out last first."""
    found = []
    for place in sorted(folder.iterdir(), reverse=True) if folder.is_dir() else ():
        if (name := _name(place)) is not None:
            found += [Kept(name, path, kept) for path, kept in _read(place) if os.path.lexists(kept)]
    return tuple(found)


def place_of(path: Path) -> str:
    """A copy's place however its folder was reached; where the copy is a link, the link's."""
    return f"{os.path.realpath(path.parent)}/{path.name}"


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
    place = folder / f"{datetime.now(UTC):%Y%m%dT%H%M%S%fZ}-{secrets.token_hex(3)}"
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


def put_back(name: str, folder: Path, saved: Path | None = None) -> tuple[Moved, ...]:
    """Move the copies of a skill back to where they stood, what was taken out last first.

    One whose place has the same bytes again is done with; one whose place is taken by others stays. Of several that
    stood in one place the last goes back, and the earlier ones to what is saved.

    Args:
        name: As it was taken out.
        folder: The quarantine.
        saved: Where replaced copies are kept; by default beside the quarantine.

    Raises:
        ConflictError: It is not in quarantine.
    """
    moved: list[Moved] = []
    back: set[str] = set()
    for place in reversed(_places(name, folder)):
        left = []
        for path, kept in _read(place):
            if not os.path.lexists(kept):
                continue
            one = _put_back(path, kept, place_of(path) in back, saved or folder.with_name("saved"), name)
            moved.append(one)
            if one.outcome in ("restored", "saved"):
                back.add(place_of(path))
            else:
                left.append((path, kept))
        if not left:
            shutil.rmtree(place, ignore_errors=True)
    if not moved:
        raise ConflictError("it is not in quarantine", where=visible(name))
    return tuple(moved)


def _put_back(path: Path, kept: Path, newer: bool, saved: Path, name: str) -> Moved:
    """Put one copy back; `newer` says that one which was taken out later stands there now."""
    try:
        if not os.path.lexists(path):
            path.parent.mkdir(parents=True, exist_ok=True)
            _move(kept, path)
            return Moved(str(path), str(kept), "restored")
        if _same(path, kept):
            _remove(kept)
            return Moved(str(path), str(kept), "restored", "the same bytes stand there already")
        if newer:
            put = saved / kept.parent.parent.name / kept.parent.name / kept.name
            put.parent.mkdir(parents=True, exist_ok=True)
            _move(kept, put)
            return Moved(str(path), str(put), "saved", "one that was taken out later was put back")
    except OSError as error:
        return Moved(str(path), str(kept), "failed", error.strerror or "it can't be moved")
    remedy = f"move it away, or take it out as well: workbench quarantine {visible(name)}"
    return Moved(str(path), str(kept), "occupied", f"something else stands there now; {remedy}")


def _same(path: Path, kept: Path) -> bool:
    """Whether two copies are the same: links to the same, or folders with the same bytes."""
    if path.is_symlink() or kept.is_symlink():
        return path.is_symlink() and kept.is_symlink() and path.readlink() == kept.readlink()
    try:
        return path.is_dir() and kept.is_dir() and tree_of_folder(path) == tree_of_folder(kept)
    except InputError:
        return False


def _remove(kept: Path) -> None:
    if kept.is_symlink() or not kept.is_dir():
        kept.unlink()
    else:
        shutil.rmtree(kept)


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
    return dict(sorted(Counter(one.name for one in in_quarantine(folder)).items()))


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
