"""Patterns over paths, as `.gitignore` writes them: `tests/**`, `vendor`, `**/fixtures/*`."""

import fnmatch
import functools
import re
from collections.abc import Sequence

_Segment = re.Pattern[str] | None
"""One part of a pattern between slashes; None is `**`."""


def matches(pattern: str, path: str) -> bool:
    """Whether `pattern` names `path` or a folder above it.

    `*` and `?` stop at a slash, `**` does not; a pattern without an inner slash matches at any depth. The time is
    bounded by the product of both lengths, whatever a stranger writes.
    """
    wanted = _compiled(pattern)
    parts = path.split("/")
    at = seen = 0
    star, retry = -1, 0
    while seen < len(parts):
        segment = wanted[at] if at < len(wanted) else None
        if at < len(wanted) and segment is None:
            star, retry = at, seen
            at += 1
        elif segment is not None and segment.match(parts[seen]):
            at, seen = at + 1, seen + 1
        elif star >= 0:
            retry += 1
            at, seen = star + 1, retry
        else:
            return False
    return all(segment is None for segment in wanted[at:])


def first_match(patterns: Sequence[str], path: str) -> str | None:
    """The first of `patterns` that matches `path`; None if none does."""
    return next((pattern for pattern in patterns if matches(pattern, path)), None)


@functools.lru_cache(maxsize=256)
def _compiled(pattern: str) -> tuple[_Segment, ...]:
    parts = pattern.strip("/").split("/")
    if "/" not in pattern.rstrip("/"):
        parts.insert(0, "**")
    # A pattern that names a folder names what is in it; `folder/**` names only what is in it.
    parts = [*parts[:-1], "*", "**"] if parts[-1] == "**" else [*parts, "**"]
    return tuple(None if part == "**" else re.compile(fnmatch.translate(part)) for part in parts)
