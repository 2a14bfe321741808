"""What this user last acknowledged, by digest, and how what is there now compares with it.

Only digests are kept, never a text: a settings file may hold secrets.
"""

import difflib
import os
import time
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from workbench.git import Repository
from workbench.skills.inventory.collect import collect, entries_in
from workbench.skills.inventory.model import Entry, Source, Status
from workbench.skills.inventory.texts import MAX_TEXT, readable
from workbench.skills.model import Skipped
from workbench.storage import Store
from workbench.text import decode

Key = tuple[str, str, str, str]
"""Scope, kind, path and name."""

MOST_COMPARED = 3_000
_MOST_COMMITS = 50


@dataclass(frozen=True, slots=True)
class Gone:
    """Something that was acknowledged and is no longer there."""

    kind: str
    path: str
    name: str
    scope: str
    digest: str

    @property
    def key(self) -> Key:
        """What it was known by."""
        return (self.scope, self.kind, self.path, self.name)


@dataclass(frozen=True, slots=True)
class Inventory:
    """What agents read besides skills, with what changed since it was acknowledged.

    Attributes:
        known: The digests that were acknowledged.
    """

    project: str
    entries: tuple[Entry, ...]
    known: Mapping[Key, str]
    gone: tuple[Gone, ...]
    skipped: tuple[Skipped, ...]

    def status(self, entry: Entry) -> Status:
        """How an entry compares with what was acknowledged; what can't be read is never the same."""
        known = self.known.get(entry.key)
        if known is None:
            return "new"
        return "same" if known == entry.digest else "changed"

    @property
    def settled(self) -> bool:
        """Whether everything is as it was acknowledged."""
        return not self.gone and all(self.status(entry) == "same" for entry in self.entries)

    def to_json(self) -> dict[str, Any]:
        """Exact data for scripts."""
        counts = Counter(self.status(entry) for entry in self.entries)
        return {
            "project": self.project,
            "entries": [entry.to_json(self.status(entry)) for entry in self.entries],
            "gone": [asdict(one) for one in self.gone],
            "skipped": [asdict(one) for one in self.skipped],
            "counts": {
                "total": len(self.entries), **{word: counts[word] for word in ("new", "changed", "same")},
                "gone": len(self.gone), "high": sum(entry.risk == "high" for entry in self.entries),
                "problems": sum(entry.problem is not None for entry in self.entries),
            },
        }  # fmt: skip


def take_inventory(
    project: Path, home: Path, env: Mapping[str, str], store: Store, repository: Repository | None = None
) -> Inventory:
    """Look at everything and compare it with what this user acknowledged.

    Args:
        project: The project's folder.
        home: The user's home folder.
        env: The environment in which clients would start.
        store: Keeps what was acknowledged.
        repository: The project's, to say what it tracks; None for none.
    """
    entries, skipped = collect(project, home, env)
    known = _known(store, project)
    present = {entry.key for entry in entries}
    gone = [
        Gone(kind, path, name, scope, digest)
        for (scope, kind, path, name), digest in sorted(known.items())
        if (scope, kind, path, name) not in present
    ]
    return Inventory(str(project), _tracked(entries, repository), known, tuple(gone), skipped)


def acknowledge(store: Store, project: Path, entries: Iterable[Entry], gone: Iterable[Gone] = ()) -> int:
    """Keep the digests of these entries as read, exactly as they were when they were listed, and forget these others.

    Returns:
        How many were kept or forgotten; what can't be read has no digest and is left out.
    """
    now = int(time.time() * 1000)
    rows = [(_owner(e.scope, project), e.kind, e.path, e.name, e.digest, now) for e in entries if e.digest is not None]
    left = [(_owner(one.scope, project), one.kind, one.path, one.name) for one in gone]
    with store.transaction() as connection:
        connection.executemany(
            "INSERT OR REPLACE INTO agent_file (project, kind, path, name, digest, at) VALUES (?, ?, ?, ?, ?, ?)", rows
        )
        connection.executemany("DELETE FROM agent_file WHERE project = ? AND kind = ? AND path = ? AND name = ?", left)
    return len(rows) + len(left)


def text_now(entry: Entry) -> str:
    """What an entry says now, for reading. Raises InputError or OSError where its file can't be read."""
    from workbench.skills import files

    if entry.source is None:
        return ""
    if is_whole_file(entry.source):
        return readable(entry.source, files.read_inside(entry.source.root.folder, entry.source.path, MAX_TEXT))
    return as_lines(entry)


def as_lines(entry: Entry) -> str:
    """An entry of a settings file as text: what it runs and what it says, without values that may be secrets."""
    return "\n".join([*(f"runs: {run}" for run in entry.runs), *entry.about]) + "\n"


def is_whole_file(source: Source) -> bool:
    """Whether an entry read there is all of its file, rather than one thing in a settings file."""
    return source.reader not in ("settings", "mcp")


def text_before(repository: Repository, inventory: Inventory, entry: Entry) -> tuple[str, bool] | None:
    """What an entry of the project said before, from git.

    Returns:
        The text and whether it is the very one that was acknowledged; otherwise it is the one at HEAD. None where the
        repository knows neither. It looks at the newest commits that changed the file only.
    """
    source = entry.source
    if source is None or entry.scope != "project" or source.root.scope != "project":
        return None
    known = inventory.known.get(entry.key)
    log = repository.log((), f"-n{_MOST_COMMITS}", "HEAD", "--", _kept_at(source)) if repository.head() else ()
    ids = [change.id for commit in log for change in commit.changes if set(change.id) != {"0"}]
    blobs = repository.blobs(ids)
    at_head: str | None = None
    for number, id_ in enumerate(ids):
        data = blobs.get(id_)
        for old in entries_in(source, data, inventory.project) if data is not None else ():
            if old.key == entry.key:
                text = readable(source, data) if data is not None and is_whole_file(source) else as_lines(old)
                if old.digest == known:
                    return text, True
                at_head = text if number == 0 else at_head
    return None if at_head is None else (at_head, False)


def change_of(
    repository: Repository | None, inventory: Inventory, entry: Entry, now: str
) -> tuple[str, tuple[str, ...]] | None:
    """What changed in an entry since it was acknowledged, as far as git knows.

    Returns:
        A sentence that says with what `now` is compared, or why it can't be, and the lines of a unified diff; None for
        an entry that needs no comparison.
    """
    status = inventory.status(entry)
    if status == "same" or (status == "new" and entry.git != "modified"):
        return None
    before = text_before(repository, inventory, entry) if repository is not None else None
    if before is None:
        return "Only the digest of what you accepted is kept, and git knows no earlier text: read all of it.", ()
    text, exact = before
    old, new = text.splitlines(), now.splitlines()
    if max(len(old), len(new)) > MOST_COMPARED:
        return f"It has more than {MOST_COMPARED:,} lines and is not compared here.", ()
    said = (
        "changed since you accepted it" if exact else "changed since the last commit (what you accepted is not in git)"
    )
    return said, tuple(difflib.unified_diff(old, new, lineterm="", n=3))[2:]


def _owner(scope: str, project: Path) -> str:
    """Whose acknowledgement it is: a user's own files are acknowledged once for all projects."""
    return str(project) if scope == "project" else ""


def _known(store: Store, project: Path) -> dict[Key, str]:
    rows = store.query("SELECT project, kind, path, name, digest FROM agent_file WHERE project IN (?, '')",
                       (str(project),))  # fmt: skip
    return {
        ("project" if row["project"] else "user", row["kind"], row["path"], row["name"]): row["digest"] for row in rows
    }


def _tracked(entries: Sequence[Entry], repository: Repository | None) -> tuple[Entry, ...]:
    """The entries of the project with what its repository makes of their files, in one question to git."""
    if repository is None:
        return tuple(entries)
    paths = {
        entry.source.path: _kept_at(entry.source)
        for entry in entries
        if entry.source and entry.source.root.scope == "project"
    }
    states = _states(repository, set(paths.values()))
    return tuple(
        replace(entry, git=states.get(paths[entry.source.path], "tracked"))
        if entry.source and entry.source.root.scope == "project"
        else entry
        for entry in entries
    )


def _kept_at(source: Source) -> str:
    """Where git keeps a file: it knows no path that goes through a linked folder."""
    folder, _, name = source.path.rpartition("/")
    real = os.path.realpath(source.root.folder / folder)
    inside = os.path.relpath(real, os.path.realpath(source.root.folder))
    return name if inside == "." else f"{inside}/{name}"


def _states(repository: Repository, paths: Collection[str]) -> dict[str, str]:
    if not paths:
        return {}
    said = repository.run(
        "--literal-pathspecs", "status", "--porcelain=v1", "-z", "--untracked-files=all", "--ignored=matching",
        "--no-renames", "--", *sorted(paths),
    )  # fmt: skip
    words = {"??": "untracked", "!!": "ignored"}
    found = {}
    for line in said.split(b"\0"):
        if len(line) > 3:
            found[decode(line[3:])] = words.get(decode(line[:2]), "modified")
    # An ignored folder stands for all that is in it.
    folders = [path for path, word in found.items() if path.endswith("/") and word == "ignored"]
    return found | {path: "ignored" for path in paths if any(path.startswith(folder) for folder in folders)}
