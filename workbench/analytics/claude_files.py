"""Where Claude Code keeps its logs, and which files of them there are."""

import os
import stat
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from workbench.analytics.claude_origin import Origin
from workbench.config import expanded
from workbench.errors import InputError

_NOT_LOGS = frozenset({"tool-results"})  # big outputs of tools: they may hold anything, but no calls of ours


@dataclass(frozen=True, slots=True)
class LogFile:
    """A log file as it was when the folder was read.

    Attributes:
        path: Its path as bytes: a name need not be UTF-8.
    """

    path: bytes
    origin: Origin
    inode: int
    size: int
    mtime_ns: int

    @property
    def name(self) -> str:
        """The path as the store keeps it: text, with bytes that are not UTF-8 written as escapes."""
        return self.path.decode("utf-8", errors="backslashreplace")


def usual_places() -> list[Path]:
    """The folders that may hold logs, whether they exist or not: of `$CLAUDE_CONFIG_DIR` (a comma list), else two."""
    configured = os.environ.get("CLAUDE_CONFIG_DIR", "")
    places = [expanded(Path(part.strip())) for part in configured.split(",") if part.strip()]
    return places or [Path.home() / ".claude", Path.home() / ".config" / "claude"]


def default_roots() -> list[Path]:
    """The `projects` folders that exist in the usual places."""
    return _distinct(_projects_in(place) for place in usual_places())


def chosen_roots(folders: Sequence[Path]) -> list[Path]:
    """The `projects` folders of the folders a user names: each holds `projects`, is it, or holds projects' folders.

    Raises:
        InputError: A folder is missing, or holds no logs in any of these ways.
    """
    roots = []
    for folder in folders:
        if not folder.is_dir():
            raise InputError(
                "there is no such folder of logs" if not folder.exists() else "this is a file, not a folder of logs",
                where=str(folder),
                remedy="name the folder that holds 'projects', for example ~/.claude",
            )
        root = _projects_in(folder)
        if root is None and (folder.name == "projects" or _holds_projects(folder)):
            root = folder
        if root is None:
            raise InputError(
                "no Claude Code logs here: neither a folder 'projects' nor folders with .jsonl files",
                where=str(folder),
                remedy="name the folder that holds 'projects', for example ~/.claude",
            )
        roots.append(root)
    return _distinct(roots)


def log_files(roots: Sequence[Path]) -> Iterator[LogFile]:
    """Every log file under the `projects` folders, each once, however links lead to it.

    Raises:
        InputError: A folder of projects can't be read.
    """
    seen: set[tuple[int, int]] = set()
    for root in roots:
        try:
            projects = sorted(os.scandir(os.fsencode(root)), key=lambda entry: entry.name)
        except OSError as error:
            raise InputError(f"the logs can't be read: {error.strerror}", where=str(root)) from error
        for project in projects:
            folder = project.name.decode("utf-8", errors="backslashreplace")
            for path, info in _files(project, seen):
                yield LogFile(path, _origin(folder, project.path, path), info.st_ino, info.st_size, info.st_mtime_ns)


def _projects_in(folder: Path) -> Path | None:
    projects = folder / "projects"
    return projects if projects.is_dir() else None


def _holds_projects(folder: Path) -> bool:
    """Whether log files lie in its folders: looked for one level down, where sessions are."""
    return next(folder.glob("*/*.jsonl"), None) is not None


def _distinct(roots: Iterator[Path | None] | list[Path]) -> list[Path]:
    return list({root.resolve(): root for root in roots if root is not None}.values())


def _files(entry: "os.DirEntry[bytes]", seen: set[tuple[int, int]]) -> Iterator[tuple[bytes, os.stat_result]]:
    """Log files at and under an entry. A folder or file that was seen already, by a link or again, is left out.

    What vanishes or can't be opened while it is looked at is left out too; what is unreadable shows when it is read.
    """
    try:
        is_log = entry.name.endswith(b".jsonl")
        info = entry.stat() if is_log or entry.is_dir() else None
    except OSError:
        return
    if info is None or (info.st_dev, info.st_ino) in seen:
        return
    if stat.S_ISREG(info.st_mode):
        seen.add((info.st_dev, info.st_ino))
        yield entry.path, info
    elif stat.S_ISDIR(info.st_mode) and entry.name.decode("ascii", errors="replace") not in _NOT_LOGS:
        seen.add((info.st_dev, info.st_ino))
        try:
            children = sorted(os.scandir(entry.path), key=lambda child: child.name)
        except OSError:
            return
        for child in children:
            yield from _files(child, seen)


def _origin(folder: str, project: bytes, path: bytes) -> Origin:
    """A session's file is `<session>.jsonl`; a subagent's lies under `<session>/subagents/`."""
    parts = path[len(project) :].decode("utf-8", errors="backslashreplace").strip("/").split("/")
    sidechain = "subagents" in parts[:-1]
    session = parts[0] if sidechain and parts[0] != "subagents" else parts[-1]
    return Origin(folder, session.removesuffix(".jsonl"), sidechain)
