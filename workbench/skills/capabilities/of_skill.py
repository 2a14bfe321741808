"""What a whole skill can do: every file of its folder, within bounds, following nothing that leads out of it."""

import posixpath
import stat
from pathlib import Path

from workbench.errors import InputError
from workbench.skills import files
from workbench.skills.capabilities.hidden import described, looks_like
from workbench.skills.capabilities.model import Finding, SkillCapabilities, Unread
from workbench.skills.capabilities.scan import MAX_BYTES, is_data, languages_of, scan_file
from workbench.skills.model import ROOT_ID, SKILL_FILE, Skill
from workbench.text import hidden_characters, truncate, visible

MAX_SCANNED = 64 << 20
"""Bytes of one skill; files beyond are listed as not read."""
MAX_FINDINGS = 5_000


def capabilities_of(root: Path, skill: Skill) -> SkillCapabilities:
    """What one skill of the work tree can do; never raises for what its folder holds.

    Args:
        root: The library's folder.
        skill: The skill, whose id is its path in the library. A nested skill's files count for the outer one too.
    """
    found: list[Finding] = []
    unread: list[Unread] = []
    room = MAX_SCANNED
    try:
        folder = files.folder_of(root, skill.id)
        for path, entry in files.walk(folder):
            if skill.id == ROOT_ID and path.startswith(".workbench/"):
                continue
            found += _name(path)
            try:
                data, executable = _read(folder, path, entry.is_symlink(), entry.stat(follow_symlinks=False).st_mode)
            except _NotReadError as error:
                if error.reason:
                    unread.append(Unread(path, error.reason))
                continue
            except (OSError, InputError) as error:
                why = error.what if isinstance(error, InputError) else error.strerror or "it can't be read"
                unread.append(Unread(path, why))
                continue
            room -= len(data)
            if room < 0 or len(found) > MAX_FINDINGS:
                unread.append(Unread(path, "the skill is too large; this file was not scanned"))
                continue
            findings = scan_file(path, data, executable=executable)
            found += findings
            if not findings and is_data(path, data):
                unread.append(Unread(path, "binary data"))
            elif len(data) > MAX_BYTES and not languages_of(path, data, executable=executable):
                unread.append(Unread(path, f"only its first {MAX_BYTES >> 20} MiB were scanned"))
    except (OSError, InputError) as error:
        why = error.what if isinstance(error, InputError) else error.strerror or "it can't be read"
        unread.append(Unread(ROOT_ID, why))
    found.sort(key=lambda one: (one.path != SKILL_FILE, one.path))
    return SkillCapabilities(skill.id, tuple(found), tuple(unread))


class _NotReadError(Exception):
    """A file is left out; an empty reason where it is read under another name."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


def _read(folder: str, path: str, is_link: bool, mode: int) -> tuple[bytes, bool]:
    if is_link:
        link = files.link_of(folder, path)
        shown = f"'{truncate(visible(link.target), 80)}'"
        if link.leaves:
            raise _NotReadError(f"a link to {shown}, outside the skill; it is not followed")
        if link.dangling:
            raise _NotReadError(f"a link to {shown}, which does not exist")
        raise _NotReadError("")
    if not stat.S_ISREG(mode):
        raise _NotReadError("a device, a socket or a pipe")
    return files.read_inside(Path(folder), path, MAX_BYTES + 1), bool(mode & stat.S_IXUSR)


def _name(path: str) -> list[Finding]:
    """What is odd about a file's name."""
    name = posixpath.basename(path)
    if name.isascii() and name.isprintable():
        return []
    found = []
    if plain := looks_like(name):
        found.append(Finding("homoglyph", described(name, plain), path, 1, 1, f"the file's name: {name}", "sure"))
    for _, column, character in hidden_characters(name)[:5]:
        found.append(Finding("hidden", character, path, 1, column, f"the file's name: {visible(name)}", "sure"))
    return found
