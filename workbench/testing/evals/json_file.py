"""JSON files of evaluations: read within bounds, with the line of what is wrong, and written whole or not at all."""

import json
import os
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from workbench.errors import InputError
from workbench.skills import bounded_yaml
from workbench.text import truncate, visible

MAX_BYTES = 4 << 20
MAX_DEPTH = 64

Place = tuple[str | int, ...]
"""Where in a document: keys and list positions from the top."""


class Document:
    """A JSON document with where it came from, so that what is wrong with a part of it can be said with its line.

    Attributes:
        value: The parsed document.
        where: Path of the file, made harmless.
    """

    def __init__(self, value: Any, text: str, where: str) -> None:
        self.value = value
        self.where = where
        self._text = text

    def wrong(self, place: Place, what: str, remedy: str | None = None) -> InputError:
        """The error that a part of the document is not what it has to be."""
        said = _dotted(place)
        return InputError(f"{said}: {what}" if said else what, where=f"{self.where}{self._line(place)}", remedy=remedy)

    def _line(self, place: Place) -> str:
        # JSON is YAML but for rare cases (tabs, say), in which the line is not known.
        try:
            line = bounded_yaml.load(self._text).line(*place)
        except (InputError, ValueError):
            return ""
        return f":{line}" if line else ""


def parse(data: bytes, where: str) -> Document:
    """A JSON document from bytes.

    Raises:
        InputError: It is too large, not UTF-8, or not JSON; with the line.
    """
    if len(data) > MAX_BYTES:
        raise InputError(f"it is larger than {MAX_BYTES >> 20} MiB and is not read", where=where)
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        raise InputError("it is not UTF-8", where=f"{where}:{line}", remedy="save it as UTF-8") from error
    try:
        value = json.loads(text, parse_constant=_no_constant, object_pairs_hook=_no_twice)
        _check_depth(value)
    except json.JSONDecodeError as error:
        what = f"it is not JSON: {error.msg[:1].lower()}{error.msg[1:]}"
        raise InputError(what, where=f"{where}:{error.lineno}:{error.colno}", remedy=_hint(text, error)) from error
    except RecursionError as error:
        raise InputError("it nests too deep to be read", where=where) from error
    except ValueError as error:
        raise InputError(truncate(visible(str(error)), 160), where=where) from error
    return Document(value, text, where)


def read(path: Path) -> Document:
    """A JSON document from a file that the user named. Raises as `parse`, and InputError where there is none."""
    where = visible(str(path))
    try:
        if not path.is_file():
            what = "it is not a regular file" if path.exists() else "there is no such file"
            raise InputError(what, where=where)
        with path.open("rb") as file:
            data = file.read(MAX_BYTES + 1)
    except OSError as error:
        raise InputError(f"it can't be read: {error.strerror}", where=where) from error
    return parse(data, where)


def write(path: Path, value: Any) -> None:
    """Write a document beside and put it in its place, so that nobody ever reads half of it.

    Raises:
        InputError: It can't be written.
    """
    text = json.dumps(value, indent=2, ensure_ascii=False, allow_nan=False) + "\n"
    write_bytes(path, text.encode("utf-8", "replace"))


def write_bytes(path: Path, data: bytes) -> None:
    """As `write`, for bytes as they are."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(dir=path.parent, prefix=f".{path.name[:40]}.", delete=False) as beside:
            try:
                beside.write(data)
                beside.flush()
                os.fsync(beside.fileno())
                Path(beside.name).chmod(0o644)
                Path(beside.name).replace(path)
            except BaseException:
                Path(beside.name).unlink(missing_ok=True)
                raise
    except OSError as error:
        raise InputError(f"it can't be written: {error.strerror}", where=visible(str(path))) from error


def merged(old: Any, new: Mapping[str, Any]) -> dict[str, Any]:
    """`new` laid over `old`: keys that `new` does not have are kept, in their place."""
    kept = dict(old) if isinstance(old, Mapping) else {}
    for key, value in new.items():
        before = kept.get(key)
        kept[key] = merged(before, value) if isinstance(before, Mapping) and isinstance(value, Mapping) else value
    return kept


def _check_depth(value: Any) -> None:
    waiting = [(value, 0)]
    while waiting:
        part, depth = waiting.pop()
        if depth > MAX_DEPTH:
            raise RecursionError
        if isinstance(part, dict):
            waiting += [(item, depth + 1) for item in part.values()]
        elif isinstance(part, list):
            waiting += [(item, depth + 1) for item in part]


def _no_constant(name: str) -> None:
    raise ValueError(f"it is not JSON: {name} is no number in it")


def _no_twice(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        keys = [key for key, _ in pairs]
        twice = next(key for key in keys if keys.count(key) > 1)
        raise ValueError(f"the key '{twice}' is given twice in one object")
    return found


def _hint(text: str, error: json.JSONDecodeError) -> str | None:
    before = text[: error.pos].rstrip()
    if before.endswith(","):
        return "take away the comma before the closing bracket, or write what has to follow it"
    if text[error.pos : error.pos + 1] == "'":
        return "JSON has double quotes only"
    if text[error.pos : error.pos + 2] in ("//", "/*"):
        return "JSON has no comments"
    return None


def _dotted(place: Place) -> str:
    said = ""
    for part in place:
        said += f"[{part}]" if isinstance(part, int) else f".{visible(part)}" if said else visible(part)
    return said
