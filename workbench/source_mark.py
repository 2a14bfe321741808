"""A mark of the code that made a cache: what other code read is not what this code would."""

import hashlib
import os
import sys
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path

from workbench import __version__

_TOP = Path(__file__).parent


@cache
def source_mark(*places: str) -> bytes:
    """16 bytes that differ where the version, Python or one of these sources does.

    Args:
        places: Files, or folders with all below them, relative to this package or absolute.
    """
    said = [__version__, sys.version, *(f"{path}\0{size}\0{changed}" for path, size, changed in sorted(_stats(places)))]
    return hashlib.blake2b("\n".join(said).encode("utf-8", "surrogateescape"), digest_size=16).digest()


def _stats(places: Iterable[str]) -> Iterator[tuple[str, int, int]]:
    waiting = [str(_TOP / place) for place in places]
    while waiting:
        place = waiting.pop()
        if place.endswith(".py"):
            info = os.stat(place)  # noqa: PTH116 - a hundred of them, before anything is shown
            yield place, info.st_size, info.st_mtime_ns
            continue
        with os.scandir(place) as entries:
            waiting += [entry.path for entry in entries if entry.name.endswith(".py") or _is_package(entry)]


def _is_package(entry: "os.DirEntry[str]") -> bool:
    return entry.name != "__pycache__" and entry.is_dir()
