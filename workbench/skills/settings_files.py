"""Reading the settings files of other programs: small, bounded, and never a reason to fail."""

import json
import re
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from workbench.errors import InputError
from workbench.skills import files
from workbench.skills.model import Skipped
from workbench.text import truncate, visible

MAX_SIZE = 4 << 20

_COMMENT = re.compile(r'("(?:[^"\\\n]|\\.)*")|//[^\n]*|/\*.*?\*/', re.DOTALL)
_TRAILING_COMMA = re.compile(r'("(?:[^"\\\n]|\\.)*")|,(?=\s*[}\]])')


def read_mapping(
    folder: Path, relative: str, skipped: list[Skipped], *, comments: bool = False, limit: int = MAX_SIZE
) -> Mapping[str, Any]:
    """The mapping that a JSON or TOML file holds; empty where there is none, with the reason in `skipped` if it is bad.

    Args:
        folder: The folder that the file must not lead out of.
        relative: The file's path in it; `.toml` is read as TOML, all else as JSON.
        skipped: Takes a file that is there but can't be used.
        comments: Whether the JSON may hold comments and trailing commas.
        limit: The largest file to read, in bytes.
    """
    place = str(folder / relative)
    try:
        data = files.read_inside(folder, relative, limit + 1)
    except (FileNotFoundError, NotADirectoryError):
        return {}
    except InputError as error:
        skipped.append(Skipped(place, error.what))
        return {}
    except OSError as error:
        skipped.append(Skipped(place, f"it can't be read: {truncate(visible(error.strerror or 'unknown reason'), 80)}"))
        return {}
    if len(data) > limit:
        skipped.append(Skipped(place, f"larger than {limit >> 20} MiB; it is not read"))
        return {}
    try:
        value = _parsed(data.decode("utf-8-sig"), toml=relative.endswith(".toml"), comments=comments)
    except (ValueError, RecursionError) as error:
        kind = "TOML" if relative.endswith(".toml") else "JSON"
        skipped.append(Skipped(place, f"not {kind} that can be read: {truncate(visible(str(error)), 100)}"))
        return {}
    if not isinstance(value, dict):
        skipped.append(Skipped(place, "it does not hold keys with values"))
        return {}
    return value


def mapping_in(value: Mapping[str, Any], *keys: str) -> Mapping[str, Any]:
    """The mapping at a path of keys; empty where there is none, or something else."""
    found: Any = value
    for key in keys:
        found = found.get(key) if isinstance(found, dict) else None
    return found if isinstance(found, dict) else {}


def texts_in(value: Any) -> tuple[str, ...]:
    """The texts of a list, or the one text; everything else is left out."""
    if isinstance(value, str):
        return (value,)
    return tuple(item for item in value if isinstance(item, str)) if isinstance(value, list) else ()


def _parsed(text: str, *, toml: bool, comments: bool) -> Any:
    if toml:
        return tomllib.loads(text)
    if comments:
        text = _COMMENT.sub(lambda found: found[1] or " ", text)
        text = _TRAILING_COMMA.sub(lambda found: found[1] or "", text)
    return json.loads(text)
