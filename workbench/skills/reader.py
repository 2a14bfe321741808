"""Skills as their files describe them, and everything that is wrong with them."""

import posixpath
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from workbench.errors import InputError
from workbench.skills import files, frontmatter, links, rules
from workbench.skills.codes import explained, problem
from workbench.skills.discovery import find
from workbench.skills.frontmatter import Frontmatter
from workbench.skills.model import MAX_SKILL_FILE, ROOT_ID, SKILL_FILE, Problem, Skill, Skipped
from workbench.text import truncate, visible

MAX_PROBLEMS = 100
PARSER_VERSION = 3
"""Grows when the same bytes give another skill than before: what keeps parsed skills begins anew then."""

Parse = Callable[[bytes], Frontmatter]

_ORDER = {"error": 0, "warning": 1, "info": 2}


@dataclass(frozen=True, slots=True)
class Seen:
    """A skill's folder as it was just listed, so that it need not be listed twice.

    Attributes:
        root: The library's folder, absolute and free of links.
        files: What `files.walk` gave: each path, and whether it is a link.
    """

    root: str
    files: Sequence[tuple[str, bool]]


@dataclass(frozen=True, slots=True)
class Document:
    """A SKILL.md for reading: the whole text, its frontmatter, and the Markdown under it. Nothing is sanitised."""

    source: str
    frontmatter: Frontmatter
    body: str
    body_line: int


def read_all(
    root: Path, exclude: Sequence[str] = (), *, within: str = ""
) -> tuple[tuple[Skill, ...], tuple[Skipped, ...]]:
    """Every skill of a library, those that must not be read included as invalid, and what was left out.

    The arguments are those of `discovery.find`.

    Raises:
        InputError: `root` is not a folder that can be read.
    """
    found = find(root, exclude, within=within)
    skills = [read(root, skill_id) for skill_id in found.ids]
    skills += [unreadable(skill_id, why) for skill_id, why in found.blocked]
    return tuple(sorted(skills, key=lambda skill: skill.id)), found.skipped


def read(root: Path, skill_id: str, *, parse: Parse = frontmatter.parse, seen: Seen | None = None) -> Skill:
    """One skill of the work tree; what can't be read is a skill that does not load, with the reason.

    Args:
        root: The library's folder.
        skill_id: The skill's id.
        parse: What reads the frontmatter; it has to give what `frontmatter.parse` does.
        seen: Its folder, where that was just listed.
    """
    try:
        data = _bytes(root, skill_id) if seen is None else _bytes_below(root, skill_id, seen.root)
    except (OSError, InputError) as error:
        return unreadable(skill_id, _read_problem(skill_id, error))
    folder_name = root.resolve().name if skill_id == ROOT_ID else None
    try:
        present, odd = _contents(root, skill_id, seen)
    except (OSError, InputError) as error:
        present, odd = None, [_folder_problem(skill_id, error)]
    skill = parse_skill(skill_id, data, folder_name=folder_name, present=present, parse=parse)
    return replace(skill, problems=in_order([*skill.problems, *odd])) if odd else skill


def parse_skill(
    skill_id: str,
    data: bytes,
    *,
    folder_name: str | None = None,
    present: Collection[str] | None = None,
    parse: Parse = frontmatter.parse,
) -> Skill:
    """One skill from the bytes of its SKILL.md; never raises.

    Args:
        skill_id: The skill's id.
        data: The file; what goes beyond `MAX_SKILL_FILE` is not read.
        folder_name: The folder's name, where it is not the last part of the id. A root skill's is often unknown (a
            clone can have any name); its name is then not compared.
        present: The skill's files and folders; None if unknown, and its links are then not checked.
        parse: As in `read`.
    """
    if folder_name is None and skill_id != ROOT_ID:
        folder_name = posixpath.basename(skill_id)
    matter = parse(_cut(data))
    problems = [*matter.problems, *rules.check(matter, folder_name)]
    if len(data) > MAX_SKILL_FILE:
        message = f"the file is larger than {MAX_SKILL_FILE >> 20} MiB; what comes after that was not read"
        problems.append(problem("skill-file-too-large", message))
    if present is not None and matter.readable:
        problems += links.check_links(matter.body, matter.body_line, present)
    skill_file = Skill(skill_id, "").skill_file
    values = matter.values
    name = values.get("name")
    metadata = values.get("metadata")
    version = metadata.get("version") if isinstance(metadata, dict) else None
    description = values.get("description")
    return Skill(
        id=skill_id,
        name=name.strip() if isinstance(name, str) and name.strip() else folder_name or skill_id,
        description=description if isinstance(description, str) else "",
        version=version if isinstance(version, str) and version else None,
        frontmatter=values,
        problems=in_order(replace(one, path=one.path or skill_file) for one in problems),
        loads=rules.loads(matter),
    )


def unreadable(skill_id: str, why: Problem) -> Skill:
    """A skill that exists but can't or must not be read."""
    return Skill(skill_id, posixpath.basename(skill_id), problems=(explained(why),), loads=False)


def parse_document(data: bytes) -> Document:
    """A SKILL.md for reading, from its bytes."""
    matter = frontmatter.parse(_cut(data))
    return Document(matter.source, matter, matter.body, matter.body_line)


def body_of(data: bytes) -> str:
    """The Markdown of a SKILL.md alone, from its bytes."""
    return frontmatter.body_of(_cut(data))


def read_document(root: Path, skill_id: str) -> Document:
    """A SKILL.md of the work tree, for reading.

    Raises:
        InputError: It can't be read, or leads out of the library.
    """
    try:
        return parse_document(_bytes(root, skill_id))
    except OSError as error:
        why = _read_problem(skill_id, error)
        raise InputError(why.message, where=visible(why.path or skill_id)) from error


def _bytes(root: Path, skill_id: str) -> bytes:
    return files.read_inside(root, Skill(skill_id, "").skill_file, MAX_SKILL_FILE + 1)


def _bytes_below(root: Path, skill_id: str, real_root: str) -> bytes:
    """As `_bytes`, without finding out again where the library really is; a SKILL.md may still be a link inside it."""
    try:
        return files.read_below(real_root, Skill(skill_id, "").skill_file, MAX_SKILL_FILE + 1)
    except OSError:
        return _bytes(root, skill_id)


def _cut(data: bytes) -> bytes:
    """The whole lines that fit into `MAX_SKILL_FILE`, so that no character is cut in two."""
    return data if len(data) <= MAX_SKILL_FILE else data[:MAX_SKILL_FILE].rpartition(b"\n")[0]


def _contents(root: Path, skill_id: str, seen: Seen | None) -> tuple[set[str], list[Problem]]:
    """The paths of a skill's files and folders, and what is odd about its links."""
    if seen is not None:
        folder = seen.root if skill_id == ROOT_ID else f"{seen.root}/{skill_id}"
        listed = seen.files
    else:
        folder = files.folder_of(root, skill_id)
        listed = [(path, entry.is_symlink()) for path, entry in files.walk(folder)]
    present: set[str] = set()
    odd = []
    for path, is_link in listed:
        present.add(path)
        above = path.rpartition("/")[0]
        while above and above not in present:
            present.add(above)
            above = above.rpartition("/")[0]
        if is_link and (wrong := _link_problem(folder, path, skill_id)):
            odd.append(wrong)
    return present, odd


def _link_problem(folder: str, path: str, skill_id: str) -> Problem | None:
    where = path if skill_id == ROOT_ID else f"{skill_id}/{path}"
    try:
        link = files.link_of(folder, path)
    except OSError:
        return None
    shown = f"'{truncate(visible(link.target), 80)}'"
    if link.leaves:
        message = f"this link leads to {shown}, outside the skill: what is there is not covered by an approval"
        return problem("file-link-leaves", message, where)
    if link.dangling:
        return problem("file-link-dangling", f"this link leads to {shown}, which does not exist", where)
    return None


def _read_problem(skill_id: str, error: OSError | InputError) -> Problem:
    path = Skill(skill_id, "").skill_file
    if isinstance(error, InputError):
        return problem("skill-file-unreadable", error.what, path)
    if isinstance(error, PermissionError):
        return problem("skill-file-unreadable", f"{SKILL_FILE} can't be read: permission denied", path)
    if isinstance(error, FileNotFoundError | NotADirectoryError):
        return problem("skill-file-vanished", f"{SKILL_FILE} vanished while the library was read", path)
    reason = truncate(visible(error.strerror or "unknown reason"), 80)
    return problem("skill-file-unreadable", f"{SKILL_FILE} can't be read: {reason}", path)


def _folder_problem(skill_id: str, error: OSError | InputError) -> Problem:
    reason = error.what if isinstance(error, InputError) else error.strerror or "unknown reason"
    message = f"not all of the skill's files could be listed: {truncate(visible(reason), 100)}"
    return problem("files-not-listed", message, skill_id)


def in_order(problems: Iterable[Problem]) -> tuple[Problem, ...]:
    """Errors first, then by place; a flood is cut and counted."""
    ordered = sorted(problems, key=lambda p: (_ORDER[p.severity], p.path or "", p.line or 0))
    if len(ordered) > MAX_PROBLEMS:
        more = f"{len(ordered) - MAX_PROBLEMS:,} more problems are not listed"
        return (*ordered[:MAX_PROBLEMS], problem("more-problems", more))
    return tuple(ordered)
