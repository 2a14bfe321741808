"""Where the skills of a library are: one bounded walk that follows no link out of it and lists what it leaves out."""

import os
import stat
from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from workbench.errors import InputError
from workbench.skills.files import MAX_FILES, Listings
from workbench.skills.globs import first_match
from workbench.skills.model import ROOT_ID, SKILL_FILE, STAGING, Problem, Skipped
from workbench.text import truncate, visible

MAX_DEPTH = 16
MAX_FOLDERS = 50_000
MAX_LINKS = 5_000

MARKETPLACE = ".claude-plugin/marketplace.json"

_NEVER = frozenset((".git", "__pycache__", STAGING))
_PACKAGES = frozenset(("node_modules", ".venv", ".tox"))


@dataclass(frozen=True, slots=True)
class Found:
    """What a library holds.

    Attributes:
        ids: Folder of every skill that can be read, relative to the library, sorted.
        blocked: Skills that an agent may see but that must not be read, with the reason: they are listed as invalid.
        skipped: Everything else that was left out, with the reason.
        listings: What was in the folders of skills, and in those below, so that nobody need list them again.
    """

    ids: tuple[str, ...]
    blocked: tuple[tuple[str, Problem], ...] = ()
    skipped: tuple[Skipped, ...] = ()
    listings: Listings = field(default_factory=dict, compare=False, repr=False)


def find(root: Path, exclude: Sequence[str] = (), *, within: str = "") -> Found:
    """Every skill of the library at `root`: every folder with an entry named exactly `SKILL.md`.

    Args:
        root: The library's folder.
        exclude: Patterns as in `.gitignore`, matched against the skill's folder.
        within: Look only at and below this folder, relative to the library; empty for all of it.

    Raises:
        InputError: `root` is not a folder that can be read.
    """
    real = os.path.realpath(root)
    try:
        os.scandir(real).close()
    except OSError as error:
        raise InputError(f"the library can't be read: {error.strerror}", where=visible(str(root))) from error
    walk = _Walk(real, within)
    walk.run()
    return walk.found(exclude)


@dataclass(slots=True)
class _Walk:
    """One walk over a library, or the part of it below `within`; `root` has no links in it."""

    root: str
    within: str
    ids: list[str] = field(default_factory=list)
    blocked: list[tuple[str, Problem]] = field(default_factory=list)
    skipped: list[Skipped] = field(default_factory=list)
    links: list[str] = field(default_factory=list)
    searched: set[str] = field(default_factory=set)
    listings: Listings = field(default_factory=dict)

    @property
    def in_git(self) -> bool:
        """Whether git keeps the library, so that it can't keep what is inside a further repository."""
        return os.path.lexists(f"{self.root}/.git")

    def run(self) -> None:
        waiting = [(self.within, 0, False)]
        while waiting:
            folder, depth, within_skill = waiting.pop()
            if len(self.searched) >= MAX_FOLDERS:
                left = f"only the first {MAX_FOLDERS:,} folders were searched; {len(waiting) + 1:,} or more were not"
                self.skipped.append(Skipped(folder or ROOT_ID, left))
                return
            try:
                with os.scandir(f"{self.root}/{folder}") as scanned:
                    entries = list(scanned)
                names = {entry.name for entry in entries}
                below = self._look(folder, entries, names)
            except OSError as error:
                self.skipped.append(Skipped(folder or ROOT_ID, _why(error)))
                continue
            self.searched.add(folder)
            within_skill = within_skill or SKILL_FILE in names
            if within_skill and len(entries) <= MAX_FILES:
                self.listings[f"{self.root}/{folder}" if folder else self.root] = entries
            if depth < MAX_DEPTH:
                waiting.extend((path, depth + 1, within_skill) for path in below)
            else:
                deep = f"deeper than {MAX_DEPTH} folders"
                self.skipped.extend(Skipped(path, deep) for path in below)

    def _look(self, folder: str, entries: list["os.DirEntry[str]"], names: set[str]) -> list[str]:
        """Note the skill and the links in one folder; gives the folders to search next."""
        below = []
        prefix = f"{folder}/" if folder else ""
        if folder and ".git" in names and self.in_git:
            self.skipped.append(Skipped(folder, "another git repository; open it as a library of its own"))
            return []
        if "pyvenv.cfg" in names and SKILL_FILE not in names:
            self.skipped.append(Skipped(folder or ROOT_ID, "a virtual environment is not searched"))
            return []
        for entry in entries:
            name = entry.name
            path = prefix + name
            if name == SKILL_FILE:
                self._note_skill(folder or ROOT_ID, entry)
            elif entry.is_symlink():
                self.links.append(path)
            elif name in _PACKAGES and entry.is_dir(follow_symlinks=False):
                self.skipped.append(Skipped(path, "installed packages are not searched"))
            elif name == "__pycache__" and _hides_skill(entry):
                self.skipped.append(Skipped(path, "compiled Python is not searched, though a skill is in it"))
            elif name not in _NEVER and entry.is_dir(follow_symlinks=False):
                below.append(path)
            elif len(name) == len(SKILL_FILE) and name.upper() == SKILL_FILE.upper() and SKILL_FILE not in names:
                self.skipped.append(Skipped(path, f"not a skill: the file has to be named exactly {SKILL_FILE}"))
        return below

    def _note_skill(self, skill_id: str, entry: "os.DirEntry[str]") -> None:
        problem = self._fault(skill_id, entry)
        if problem is None:
            self.ids.append(skill_id)
        else:
            self.blocked.append((skill_id, problem))

    def _fault(self, skill_id: str, entry: "os.DirEntry[str]") -> Problem | None:
        """Why a skill's SKILL.md must not be read."""
        path = SKILL_FILE if skill_id == ROOT_ID else f"{skill_id}/{SKILL_FILE}"
        if entry.is_file(follow_symlinks=False):
            return None
        if not entry.is_symlink():
            kind = "a folder" if entry.is_dir(follow_symlinks=False) else "a device, a socket or a pipe"
            return Problem("error", "skill-file-not-a-file", f"{SKILL_FILE} is {kind}, not a file", path)
        target, reason = self._follow(path)
        if reason is not None:
            return Problem("error", f"skill-file-link-{reason[0]}", f"{SKILL_FILE} {reason[1]}", path)
        if not stat.S_ISREG(Path(self.root, target).stat().st_mode):
            return Problem("error", "skill-file-not-a-file", f"{SKILL_FILE} is a link to no file", path)
        return None

    def _follow(self, path: str) -> tuple[str, tuple[str, str] | None]:
        """Where a link leads, relative to the root; else (what is wrong, in words)."""
        full = f"{self.root}/{path}"
        try:
            real = os.path.realpath(full, strict=True)
        except OSError:
            return "", ("dangling", f"is a link to {_target(full)}, which does not exist")
        if real != self.root and not real.startswith(self.root.rstrip("/") + "/"):
            return "", ("leaves", f"is a link to {_target(full)}, outside the library; it is not followed")
        return real[len(self.root) :].strip("/"), None

    def found(self, exclude: Sequence[str]) -> Found:
        """The result, once everything was walked: what links stand for depends on all of it."""
        ids = sorted(self.ids)
        for path in sorted(self.links)[:MAX_LINKS]:
            self._judge_link(path, ids)
        if len(self.links) > MAX_LINKS:
            left = f"only the first {MAX_LINKS:,} links were followed; {len(self.links) - MAX_LINKS:,} were not"
            self.skipped.append(Skipped(self.within or ROOT_ID, left))
        self._compare_with_marketplace()
        kept = []
        for skill_id in ids:
            if pattern := first_match(exclude, skill_id):
                self.skipped.append(Skipped(skill_id, f"excluded by '{visible(pattern)}'"))
            else:
                kept.append(skill_id)
        blocked = [(path, problem) for path, problem in self.blocked if not first_match(exclude, path)]
        self.skipped += [
            Skipped(path, f"excluded by '{visible(first_match(exclude, path) or '')}'")
            for path, _ in self.blocked
            if first_match(exclude, path)
        ]
        return Found(
            tuple(kept),
            tuple(sorted(blocked, key=lambda item: item[0])),
            tuple(sorted(self.skipped, key=lambda item: item.path)),
            self.listings,
        )

    def _compare_with_marketplace(self) -> None:
        """List what the library's own plugin marketplace names and the walk can't have found."""
        if self.within or not os.path.lexists(f"{self.root}/{MARKETPLACE}"):
            return
        from workbench.skills.plugins import offered_plugins

        skipped: list[Skipped] = []
        offered_plugins(Path(self.root), skipped)
        for one in skipped:
            path = one.path.removeprefix(f"{self.root}/")
            self.skipped.append(Skipped(path, one.reason))

    def _judge_link(self, path: str, ids: list[str]) -> None:
        target, reason = self._follow(path)
        among_skills = Path(self.root, path).parent.name == "skills"
        if reason is not None:
            is_folder = _is_folder(f"{self.root}/{path}")
            if among_skills and (is_folder or reason[0] == "dangling"):
                self.blocked.append(
                    (path, Problem("error", f"folder-link-{reason[0]}", f"the folder {reason[1]}", path))
                )
            elif is_folder:
                self.skipped.append(Skipped(path, reason[1]))
            return
        if not _is_folder(f"{self.root}/{target}"):
            return
        if self._holds_skill(target, ids):
            self.skipped.append(
                Skipped(path, f"a link to {truncate(visible(target or ROOT_ID), 120)}, which is listed")
            )
        elif self._elsewhere(target):
            shown = truncate(visible(target), 120)
            self.skipped.append(Skipped(path, f"a link to {shown}, outside the folder that is shown"))
        elif target not in self.searched and os.path.lexists(f"{self.root}/{target}/{SKILL_FILE}"):
            message = f"the folder is a link to {truncate(visible(target), 120)}, which is not searched for skills"
            self.blocked.append((path, Problem("error", "folder-link-unsearched", message, path)))

    def _elsewhere(self, target: str) -> bool:
        """Whether a folder would be searched, but lies outside the part that is."""
        if not self.within or target == self.within or target.startswith(f"{self.within}/"):
            return False
        return not (_NEVER | _PACKAGES) & set(target.split("/"))

    def _holds_skill(self, folder: str, ids: list[str]) -> bool:
        """Whether a searched folder is a skill or has one below."""
        if not folder:
            return bool(ids)
        if folder not in self.searched:
            return False
        at = bisect_left(ids, folder)
        below = bisect_left(ids, f"{folder}/")
        return (at < len(ids) and ids[at] == folder) or (below < len(ids) and ids[below].startswith(f"{folder}/"))


def _is_folder(path: str) -> bool:
    return os.path.isdir(path)  # noqa: PTH112 - Path.is_dir raises where looking is not permitted


def _hides_skill(entry: "os.DirEntry[str]") -> bool:
    """Whether a SKILL.md lies in a folder that is not searched, or one step below."""
    try:
        with os.scandir(entry.path) as scanned:
            return any(
                one.name == SKILL_FILE
                or (one.is_dir(follow_symlinks=False) and os.path.lexists(f"{one.path}/{SKILL_FILE}"))
                for one in scanned
            )
    except OSError:
        return False


def _target(link: str) -> str:
    try:
        return f"'{truncate(visible(str(Path(link).readlink())), 120)}'"
    except OSError:
        return "nothing"


def _why(error: OSError) -> str:
    if isinstance(error, PermissionError):
        return "permission denied"
    if isinstance(error, FileNotFoundError | NotADirectoryError):
        return "it vanished while the library was read"
    return truncate(visible(error.strerror or "it can't be read"), 120)
