"""What the catalogue keeps of a skill: its fields as JSON, a mark of all it was read from, and which code read it.

A mark is made of what `stat` says of every file in the skill's folder, so that an unchanged skill is not opened at all.
As in git's index, a file that changed shortly before it was looked at proves nothing: it may change again within the
same tick of the file system's clock, and no mark is kept of it.
"""

import hashlib
import importlib.util
import json
import marshal
import os
import stat
from collections.abc import Iterable, Sequence
from dataclasses import fields
from functools import cache
from typing import TYPE_CHECKING, Any, NamedTuple

from workbench.errors import InputError
from workbench.skills import files
from workbench.skills.model import Problem, Skill
from workbench.source_mark import source_mark

if TYPE_CHECKING:
    from workbench.skills.frontmatter import Frontmatter

TICK_NS = 2_000_000_000
"""The coarsest clock of a file system in use (FAT) ticks every two seconds."""

_PROBLEM_FIELDS = tuple(f.name for f in fields(Problem))
_DECODE = json.JSONDecoder().decode
_ENCODER = json.JSONEncoder(ensure_ascii=True, separators=(",", ":"))
_TEXTS = ("text", "body", "body_line", "source")


class Mark(NamedTuple):
    """What a folder looked like.

    Attributes:
        changed_ns: The last moment anything in it changed, in nanoseconds since 1970.
        listed: Its files, and whether each is a link.
    """

    digest: bytes
    changed_ns: int
    listed: Sequence[tuple[str, bool]]

    def proves(self, looked_ns: int) -> bool:
        """Whether the same mark later means the same content, if it was made at `looked_ns`."""
        return self.changed_ns < looked_ns - TICK_NS


def mark_of(folder: str, listings: files.Listings | None = None) -> Mark | None:
    """The mark of a skill's folder, which must be free of links; None where not all of it can be seen.

    `listings` are as for `files.walk`.
    """
    seen: list[Any] = []
    listed: list[tuple[str, bool]] = []
    changed = 0
    try:
        for path, entry in files.walk(folder, listings):
            info = entry.stat(follow_symlinks=False)
            seen.append((path, info.st_mode, info.st_size, info.st_mtime_ns, info.st_ctime_ns, info.st_ino))
            if info.st_ctime_ns > changed or info.st_mtime_ns > changed:
                changed = max(info.st_mtime_ns, info.st_ctime_ns)
            is_link = stat.S_ISLNK(info.st_mode)
            listed.append((path, is_link))
            if is_link:
                seen.append(_beyond(f"{folder}/{path}"))
                changed = max(changed, *seen[-1][2:4])
    except (OSError, InputError):
        return None
    data = marshal.dumps(seen, 2)  # later versions write equal values differently
    return Mark(hashlib.blake2b(data, digest_size=16).digest(), changed, listed)


def _beyond(link: str) -> tuple[str, str, int, int, int, int]:
    """Where a link leads and what is there: what is read through a link changes without the link."""
    target, real = os.readlink(link), os.path.realpath(link)  # noqa: PTH115 - a Path would tidy the target up
    try:
        info = os.stat(link)  # noqa: PTH116 - no Path is needed for one call
    except OSError:
        return target, real, 0, 0, 0, 0
    return target, real, info.st_mtime_ns, info.st_ctime_ns, info.st_size, info.st_ino


def blob_id(data: bytes) -> str:
    """The id that git gives these bytes as a blob."""
    return hashlib.sha1(b"blob %d\0" % len(data) + data, usedforsecurity=False).hexdigest()


@cache
def code_mark() -> bytes:
    """A mark of the code that reads skills: what other code read is not what this code would."""
    yaml = importlib.util.find_spec("yaml")
    return source_mark("skills", "text.py", *([yaml.origin] if yaml is not None and yaml.origin else []))


def skill_to_text(skill: Skill) -> str:
    """A skill, all but its id, as JSON."""
    fields_ = [skill.name, skill.description, skill.version, skill.frontmatter, skill.loads]
    return _json([fields_, _told(skill.problems)])


def skill_from_text(skill_id: str, text: str) -> Skill:
    """The skill that `skill_to_text` wrote."""
    (name, description, version, frontmatter, loads), problems = _DECODE(text)
    return Skill(skill_id, name, description, version, frontmatter, _problems(problems) if problems else (), loads)


def frontmatter_to_text(matter: "Frontmatter") -> str:
    """A frontmatter, all but the texts that the bytes give back, as JSON."""
    return _json([[getattr(matter, name) for name in _frontmatter_fields()], _told(matter.problems)])


def frontmatter_from_text(text: str) -> "Frontmatter":
    """The frontmatter that `frontmatter_to_text` wrote, for `frontmatter.parse_again`."""
    from workbench.skills.frontmatter import Frontmatter

    values, problems = json.loads(text)
    return Frontmatter(problems=_problems(problems), **dict(zip(_frontmatter_fields(), values, strict=True)))


@cache
def _frontmatter_fields() -> tuple[str, ...]:
    from workbench.skills.frontmatter import Frontmatter

    return tuple(f.name for f in fields(Frontmatter) if f.name not in ("problems", *_TEXTS))


def _told(problems: Iterable[Problem]) -> list[list[Any]]:
    return [[getattr(problem, name) for name in _PROBLEM_FIELDS] for problem in problems]


def _problems(told: Iterable[Iterable[Any]]) -> tuple[Problem, ...]:
    return tuple(Problem(*values) for values in told)


def _json(value: Any) -> str:
    return _ENCODER.encode(value)


def storable(names: Iterable[str]) -> bool:
    """Whether names can be kept in the catalogue: those that are not UTF-8 can't."""
    try:
        for name in names:
            name.encode("utf-8")
    except UnicodeEncodeError:
        return False
    return True


def utf8(text: str) -> str:
    """A text as SQLite can keep it: lone surrogates, which have no form in UTF-8, become question marks."""
    return text if text.isascii() else text.encode("utf-8", "replace").decode("utf-8")
